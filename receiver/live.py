"""Following a journal: what a search says so far, live and in replay, in the same lines.

Live, rows are read back from the journal after their commit, just as a replay reads them; so the
lines of a replay are those of the live run, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from receiver.config import Configuration
from receiver.derive import Derivation, Derived, Event, Read
from receiver.journal import Journal
from receiver.records import Answer, Detection, Entry, Gap, Heard, Place, Row, jsonable

if TYPE_CHECKING:
    from receiver.locator import Posterior

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
    """Reads a journal as it grows and derives what it says."""

    def __init__(self, journal: Journal, configuration: Configuration | None = None) -> None:
        self.derivation = Derivation(configuration or journal.configuration)
        self.rows = 0
        self._journal = journal
        self._last_seq = 0
        self._first = True

    def news(self) -> list[Event]:
        """Take the rows that were committed since the last call; return what they say."""
        events: list[Event] = []
        for row in self._new_rows():
            events += self.derivation.add(row)
            self.rows += isinstance(row, Heard | Entry | Gap)
            if row.origin == self._journal.origin:
                self._last_seq = row.seq
        return events

    def _new_rows(self) -> Iterable[Row]:
        first, self._first = self._first, False
        return self._journal.rows() if first else self._journal.rows(after=self._last_seq)


def answer_of(derived: Derived, collar: str | None) -> Posterior:
    """Return the answer that observations give."""
    from receiver.columns import columns
    from receiver.locator import LocatorConfig, posterior

    return posterior(columns(derived.observations), LocatorConfig(collar=collar))
