"""Following a journal: what a search says so far, live and in replay, in the same lines.

Live, rows are read back from the journal after their commit, just as a replay reads them; so the
lines of a replay are those of the live run, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

from receiver.config import Collar, Configuration, configuration_from, setup_to
from receiver.derive import Derivation, Derived, Event, Read
from receiver.journal import Journal
from receiver.keys import beside
from receiver.records import (
    SETTINGS,
    SETUP,
    STORY,
    Answer,
    Detection,
    Entry,
    Gap,
    Place,
    Row,
    Source,
    jsonable,
)

if TYPE_CHECKING:
    from receiver.locator import Past, Posterior

# A level from a sheet was measured in the open; on an animal, in rock, it is another.
SHEET_LEVEL_SD_DB = 8.0
_NAMES: dict[type, str] = {
    Detection: "detection",
    Read: "packet",
    Place: "place",
    Gap: "gap",
    Entry: "entry",
}


def line(name: str, record: Any) -> str:
    """Return one line of JSON: `{name: record}`."""
    return json.dumps({name: jsonable(record)}, allow_nan=False, ensure_ascii=False)


def event_line(event: Event) -> str:
    """Return the line of one event."""
    return line(_NAMES[type(event)], event)


def closing_lines(derived: Derived, answer: Answer) -> Iterator[str]:
    """Yield what ends the stream: observations, those without a place, warnings, the answer."""
    for observation in derived.observations:
        yield line("observation", observation)
    for observation in derived.unplaced:
        yield line("unplaced", observation)
    for warning in derived.warnings:
        yield line("warning", warning)
    yield line("answer", answer)


class Follower:
    """Reads a journal as it grows and derives what it says.

    Settings may change on the way (a collar's sheet was mended): then everything up to there is
    derived anew, in silence, by what is known now.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.history_changes = 0  # of collars' histories, and of what the leader says of them
        self.listened_until: datetime | None = None
        self._histories: set[tuple[str, str]] = set()
        self._keys, self.keys_fault = beside(journal.path)
        self._own = journal.configuration
        self._others: dict[str, Collar] = {}
        self._derivation = Derivation(self._own, self._keys)
        self._last_seq = -1
        self._foretold: dict[tuple[object, ...], Row] = {}  # told before they were on the disk
        self._is_misnumbered = False

    @property
    def configuration(self) -> Configuration:
        """The settings by now: our own, and the sheets of collars that only other teams have."""
        own = {collar.name for collar in self._own.collars}
        others = tuple(collar for name, collar in self._others.items() if name not in own)
        return replace(self._own, collars=(*self._own.collars, *others))

    def result(self) -> Derived:
        """Return everything so far, joined by time."""
        derived = self._derivation.result()
        if self.keys_fault is not None:
            derived.warnings.append(self.keys_fault)
        return derived

    def complaints(self, since: datetime) -> list[str]:
        """Return what was wrong with places, or the clock, since a time."""
        return [said for time, said in self._derivation.complaints if time >= since]

    def news(self, waiting: Iterable[Row] = ()) -> list[Event]:
        """Take the rows that were committed since the last call; return what they say.

        Rows that are `waiting` for a disk that takes none are told now, and not again later.
        """
        committed = list(self.journal.rows(after=self._last_seq))
        events = [event for row in committed for event in self._tell_once(row)]
        self._last_seq = max(self._last_seq, 0)  # what came from other journals is not read twice
        if self._is_misnumbered and not self._foretold:
            self._is_misnumbered = False
            self._derive_anew(None)
        saved = {_mark(row) for row in committed}
        new = [row for row in waiting if _mark(row) not in saved]
        return [*events, *(event for row in new for event in self._foretell(row))]

    def _tell_once(self, row: Row) -> list[Event]:
        """Take a committed row, unless it was told before."""
        told = self._foretold.pop(_mark(row), None)
        if told is None:
            return self.add(row)
        self._last_seq = row.seq
        self._is_misnumbered |= row.seq != told.seq  # another program has written before it
        return []

    def _foretell(self, row: Row) -> list[Event]:
        """Take a row that is not on the disk, under the number that it would get."""
        number = self._last_seq + len(self._foretold) + 1
        row = replace(row, origin=self.journal.origin, seq=number)
        self._foretold[_mark(row)] = row
        self._note(row)
        return self._feed(row)

    def add(self, row: Row) -> list[Event]:
        """Take one row, in the order of the journal; return what it says."""
        if row.origin == self.journal.origin:
            self._last_seq = row.seq
        if isinstance(row, Entry) and row.content.get("kind") == SETTINGS:
            self._change(row)
        self._note(row)
        return self._feed(row)

    def _note(self, row: Row) -> None:
        """Note until when was listened, and that a collar's history is another one now."""
        if isinstance(row, Source) and row.role == "history":
            self._histories.add((row.origin, row.source))
        if isinstance(row, Entry):
            told = row.content.get("kind") in (STORY, SETTINGS) or "supersedes_id" in row.content
            self.history_changes += bool(self._histories) and told
        elif (row.origin, row.source) in self._histories:
            self.history_changes += 1
        elif not isinstance(row, Source):
            self.listened_until = max(self.listened_until or row.time, row.time)

    def _feed(self, row: Row) -> list[Event]:
        """Derive from a row; what another team's receivers hear with is said in its settings."""
        if isinstance(row, Entry) and row.origin != self.journal.origin:
            for setup in _setups_of(row):
                self._derivation.add(setup)
        return self._derivation.add(row)

    def use(self, configuration: Configuration) -> None:
        """Derive everything so far by other settings."""
        self._own = configuration
        self._derive_anew(None)

    def _change(self, row: Entry) -> None:
        try:
            changed = configuration_from(row.content["settings"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # nothing that this program wrote
        before = self.configuration
        if row.origin == self.journal.origin:
            self._own = replace(changed, simulation=self._own.simulation)
        else:
            for collar in changed.collars:
                self._others.setdefault(collar.name, collar)
        now = self.configuration
        if (now.collars, now.receivers) != (before.collars, before.receivers):
            self._derive_anew(row)

    def _derive_anew(self, end: Row | None) -> None:
        """Derive all rows before `end`, or all that were told, anew."""
        self._derivation = Derivation(self.configuration, self._keys)
        known = takewhile(lambda row: not _is_same(row, end), self.journal.rows())
        told = takewhile(self._is_told, known) if end is None else known
        for row in chain(told, self._foretold.values()):
            self._feed(row)

    def _is_told(self, row: Row) -> bool:
        """Tell whether a row of the journal was read: what came meanwhile comes with the news."""
        return row.origin != self.journal.origin or row.seq <= self._last_seq


def _is_same(row: Row, other: Row | None) -> bool:
    return other is not None and (row.origin, row.seq) == (other.origin, other.seq)


def _mark(row: Row) -> tuple[object, ...]:
    """Return what tells a row from all others also before it has a number."""
    names = ("id", "source", "boot_id", "monotonic_ns", "raw", "reason", "ended", "address")
    return type(row), *(getattr(row, name, None) for name in names)


def _setups_of(row: Entry) -> list[Entry]:
    """Return the setups in a row of settings as entries of the one whose settings they are."""
    if row.content.get("kind") != SETTINGS:
        return []
    try:
        settings = configuration_from(row.content["settings"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return []
    return [
        replace(
            row,
            id=f"{row.id}/{setup.receiver}",
            observer=settings.observer,
            content={"kind": SETUP, "receiver": setup.receiver, **setup_to(setup)},
        )
        for setup in settings.receivers
    ]


def answer_of(
    derived: Derived, collar: str | None, past: Past | None = None, **assumed: Any
) -> Posterior:
    """Return the answer that observations give; `assumed` goes before the collar's sheet."""
    from receiver.columns import columns
    from receiver.locator import LocatorConfig, posterior
    from receiver.locator.settings import LED_WALK_M

    sheet = of_sheet(derived.collars, collar)
    if collar in derived.resting or (collar is None and len(derived.resting) == 1):
        sheet.setdefault("movement", "still")
    if derived.guided:
        sheet["shortest_walk_m"] = LED_WALK_M
    known = {**sheet, "antennas": derived.antennas, **assumed}
    config = LocatorConfig(collar=collar, **known)
    return posterior(columns(derived.observations), config, past)


def of_sheet(collars: tuple[Collar, ...], name: str | None) -> dict[str, Any]:
    """Return what a collar's sheet says of the locator's assumptions; of the only one without."""
    named = [c for c in collars if name is None or c.name == name]
    if len(named) != 1:
        return {}
    known: dict[str, Any] = {}
    if named[0].movement is not None:
        known["movement"] = named[0].movement
    if named[0].level_at_100_m_dbm is not None:
        known["level_at_100_m_db"] = (named[0].level_at_100_m_dbm, SHEET_LEVEL_SD_DB)
    return known
