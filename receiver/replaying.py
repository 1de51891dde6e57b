"""A journal that runs again at its own pace, or faster, in front of the same faces."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from receiver.answering import Answers
from receiver.clock import SimulatedClock
from receiver.derive import Event
from receiver.errors import InputError
from receiver.journal import Journal
from receiver.live import Follower
from receiver.locator import Past
from receiver.locator.settings import LED_WALK_M
from receiver.recording import ANSWER_EVERY_S, View
from receiver.records import Row, Source

LONGEST_PAUSE_S = 60.0  # of the search: a night between two days is skipped


@contextmanager
def _closing(rows: Iterator[Row]) -> Iterator[Iterator[Row]]:
    """Give rows, and let go of the journal's cursors however it ends."""
    try:
        yield rows
    finally:
        close = getattr(rows, "close", None)
        if close is not None:
            close()


def begin_of(path: Path) -> datetime:
    """Return when the first row of a journal was written.

    Raises:
        InputError: nothing was written in it.
    """
    with Journal.open(path, readonly=True) as journal, _closing(journal.rows()) as rows:
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
    look_s: float = 0.1,
) -> None:
    """Run a journal through `on_events` and `on_view` until its end, or until `stop` is set."""
    view, past, next_answer_s = View(begin=clock.now().utc), Past(), 0.0
    view.clock_source = clock.source
    with Journal.open(path, readonly=True) as journal, _closing(journal.rows()) as written:
        follower = Follower(journal)
        answers = Answers(follower, collar())
        rows = _paced(written)
        waiting = next(rows, None)
        while waiting is not None and not stop.wait(look_s):
            now = clock.now()
            view.now, view.now_ns = now.utc, now.monotonic_ns
            events: list[Event] = []
            while waiting is not None and waiting[0] <= now.utc.timestamp():
                events += follower.add(waiting[1])
                waiting, view.saved = next(rows, None), view.saved + 1
            on_events(events)
            if now.monotonic_ns / 1e9 >= next_answer_s:
                answers.about(collar())
                view.derived, view.posterior = answers.answer(
                    now.utc, past, shortest_walk_m=LED_WALK_M
                )
                view.answered_ns = now.monotonic_ns
                next_answer_s = now.monotonic_ns / 1e9 + ANSWER_EVERY_S
            on_view(view)


def _paced(rows: Iterator[Row]) -> Iterator[tuple[float, Row]]:
    """Give each row the second of the replay at which it comes: as it was, without long pauses."""
    last, cut_s = None, 0.0
    for row in rows:
        said = None if isinstance(row, Source) or row.time.year <= 1970 else row.time.timestamp()
        if said is not None and last is not None:
            cut_s += max(said - last - LONGEST_PAUSE_S, min(said - last, 0.0), 0.0)
        last = said if said is not None else last
        yield (last - cut_s if last is not None else 0.0), row
