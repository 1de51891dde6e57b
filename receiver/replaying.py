"""A journal that runs again at its own pace, or faster, in front of the same faces."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from receiver.answering import Answers
from receiver.clock import SimulatedClock
from receiver.derive import Event
from receiver.errors import InputError
from receiver.journal import Journal
from receiver.live import Follower
from receiver.locator import Past
from receiver.recording import ANSWER_EVERY_S, View
from receiver.records import EXPORT, Entry, Place, Row, Source

LOOK_S = 0.1
LONGEST_PAUSE_S = 60.0  # of the search: a night between two days is skipped
LONGEST_TYPED = timedelta(hours=12)
SET_BACK_S = 2.0  # rows of several sources are that far out of order


def begin_of(path: Path) -> datetime:
    """Return when the first row of a journal was written.

    Raises:
        InputError: nothing was written in it.
    """
    with Journal.open(path, readonly=True) as journal, _given(journal) as rows:
        for row in rows:
            if not isinstance(row, Source) and row.time.year > 1970:
                return row.time
    raise InputError(f"{path}: nothing was recorded in it")


def replay(
    path: Path,
    clock: SimulatedClock,
    collar: Callable[[], str | None],
    on_events: Callable[[list[Event]], None],
    on_view: Callable[[View], None],
    stop: threading.Event,
    seconds: float | None = None,
) -> None:
    """Run a journal through `on_events` and `on_view` until its end, or until `stop` is set.

    `seconds` are those of the search after which it ends; `collar` gives the one homed in on.
    """
    view, past, next_answer_s = View(clock_source=clock.source), Past(), 0.0
    with Journal.open(path, readonly=True) as journal, _given(journal) as given:
        follower, rows = Follower(journal), _Rows(given, clock)
        answers = Answers(follower, collar())
        while not rows.ended and not stop.wait(LOOK_S):
            events = [e for row in rows.due() for e in _of(row, follower, journal.origin)]
            now = clock.now()
            view.now, view.now_ns, view.saved = now.utc, now.monotonic_ns, rows.count
            on_events(events)
            if now.monotonic_ns / 1e9 >= next_answer_s:
                answers.about(collar())
                view.derived, view.posterior = answers.answer(now.utc, past)
                view.answered_ns = now.monotonic_ns
                next_answer_s = now.monotonic_ns / 1e9 + ANSWER_EVERY_S
            on_view(view)
            if seconds is not None and now.monotonic_ns / 1e9 > seconds:
                return


def _given(journal: Journal) -> closing[Generator[Row]]:
    """Return the rows of a search, which end with it also where not all were read.

    What was given away of it afterwards is no part of how it went.
    """
    return closing(row for row in _by_time(journal) if not _is_export(row))


def _by_time(journal: Journal) -> Iterator[Row]:
    """Yield the rows of all journals that were merged as they went on side by side."""
    walks = [_dated(journal.rows_of(origin)) for origin in journal.origins]
    return (row for _, row in heapq.merge(*walks, key=lambda dated: dated[0]))


def _dated(rows: Iterable[Row]) -> Iterator[tuple[datetime, Row]]:
    """Yield rows with a time that never goes back, as their clock may have."""
    last = datetime.min.replace(tzinfo=UTC)
    for row in rows:
        last = last if isinstance(row, Source) else max(last, row.time)
        yield last, row


def _is_export(row: Row) -> bool:
    return isinstance(row, Entry) and row.content.get("kind") == EXPORT


def _of(row: Row, follower: Follower, origin: str) -> list[Event]:
    """Return what a row says to this searcher; what others' receivers heard, they heard."""
    events = follower.add(row)
    is_own = row.origin == origin
    return events if is_own else [e for e in events if isinstance(e, Place | Entry)]


class _Rows:
    """The rows of a journal as its clock comes to them.

    Over a long pause, and over a clock that was set, the replay's clock is set, too: ages are
    counted by its monotonic count, which is not.
    """

    def __init__(self, rows: Iterator[Row], clock: SimulatedClock) -> None:
        self.count, self._clock = 0, clock
        self._rows = rows
        self._last: datetime | None = None
        self._next = next(self._rows, None)

    @property
    def ended(self) -> bool:
        return self._next is None

    def due(self) -> Iterator[Row]:
        """Yield the rows that come by now."""
        while self._next is not None and self._is_due(self._next):
            yield self._next
            self._next, self.count = next(self._rows, None), self.count + 1

    def _was_begun_earlier(self, row: Row) -> bool:
        """Tell whether a row is an entry that took long to type: no clock was set for it."""
        if not isinstance(row, Entry) or self._last is None:
            return False
        return timedelta(0) < self._last - row.time < LONGEST_TYPED

    def _is_due(self, row: Row) -> bool:
        if isinstance(row, Source) or row.time.year <= 1970:
            return True
        if self._was_begun_earlier(row):
            return True
        if self._last is not None:
            step_s = (row.time - self._last).total_seconds()
            skipped_s = max(step_s - LONGEST_PAUSE_S, 0.0) + min(step_s + SET_BACK_S, 0.0)
            self._clock.sleep(skipped_s)
        self._last = row.time
        return row.time <= self._clock.now().utc
