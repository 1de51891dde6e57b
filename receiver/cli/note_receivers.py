"""Which receiver a note is about, and what was written down about receivers so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from receiver.cli.note_writing import Desk, say, standing
from receiver.config import Configuration
from receiver.errors import ConfigError
from receiver.records import HAND, Entry, Source
from receiver.setups import KINDS, Register, register

if TYPE_CHECKING:
    from receiver.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a journal and the settings tell about an observer's receivers.

    `rows` holds the entries of all, and this journal's own sources: another team's receiver of the
    same name is another receiver.
    """

    rows: list[Entry | Source]
    configuration: Configuration
    observer: str

    @property
    def cables(self) -> list[str]:
        """The receivers that the observer listens to by a cable."""
        sources = [row for row in self.rows if isinstance(row, Source) and row.role == "receiver"]
        return sorted({row.source for row in sources if row.observer == self.observer})

    def receiver(self, said: str | None) -> str:
        """Return the receiver that is meant: as said, the only one, or the one of the hand.

        Raises:
            ConfigError: there are several, and none was said.
        """
        if said is not None:
            return self._named(said)
        if len(self.cables) > 1:
            raise ConfigError(f"say which: --receiver {' or '.join([*self.cables, HAND])}")
        return next(iter(self.cables), HAND)

    def _named(self, said: str) -> str:
        """Return the name as it was written before; a new one may be a slip, so it is told."""
        named = (r.content.get("receiver") for r in self.rows if isinstance(r, Entry))
        in_file = (setup.receiver for setup in self.configuration.receivers)
        known = sorted({HAND, *self.cables, *in_file, *(n for n in named if isinstance(n, str))})
        near = [name for name in known if name.casefold() == said.casefold()]
        if not near:
            say(f"look: a receiver {said} was not named before; there is {', '.join(known)}")
        return said if said in near or not near else near[0]

    def register(self, without: str = "") -> Register:
        """Return what is known of receivers, leaving out the entry with the id `without`."""
        entries = standing([row for row in self.rows if isinstance(row, Entry)])
        about = (e for e in entries if e.content.get("kind") in KINDS and e.id != without)
        return register(about, self.configuration)


def by_journal(journal: Journal, configuration: Configuration, observer: str) -> Told:
    """Return what a journal tells about an observer's receivers."""
    rows = [
        row
        for row in journal.rows()
        if isinstance(row, Entry) or (isinstance(row, Source) and row.origin == journal.origin)
    ]
    return Told(rows=rows, configuration=configuration, observer=observer)


def receiver_said(desk: Desk, said: str | None) -> str:
    """Return the receiver that a note is about: as said, the only one, or the one of the hand.

    Raises:
        ConfigError: there are several, and none was said.
    """
    return by_journal(desk.journal, desk.configuration, desk.observer).receiver(said)


def by_ear_with(desk: Desk, said: str | None) -> str | None:
    """Return with which receiver somebody listened; not said, it was one without a cable.

    A receiver with a cable may be tested and another in the hand not, so it is never assumed.
    """
    told = by_journal(desk.journal, desk.configuration, desk.observer)
    if said is not None:
        return told.receiver(said)
    if told.cables:
        say(f"taken as without a cable; else add --receiver {' or '.join(told.cables)}")
    return None
