"""A journal runs again: at its pace, without its nights, over clocks that were set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver import replaying
from receiver.clock import SimulatedClock
from receiver.config import Configuration
from receiver.derive import Event
from receiver.errors import InputError
from receiver.journal import Journal
from receiver.recording import View
from receiver.records import Detection, Entry, Heard, Place, Row, Source

T0 = datetime(2026, 11, 28, 6, tzinfo=UTC)


def at_place(seconds: float, observer: str = "A") -> Heard:
    return Heard(source=f"gps{observer}", kind="datagram", time=T0 + timedelta(seconds=seconds),
                 monotonic_ns=0, boot_id="b", clock_source="system", raw=b"43.0,42.0")  # fmt: skip


def note(seconds: float) -> Entry:
    return Entry(id=f"n{seconds}", observer="A", time=T0 + timedelta(seconds=seconds),
                 content={"kind": "note", "text": "x"})  # fmt: skip


def gps(observer: str = "A") -> Source:
    return Source(source=f"gps{observer}", address=f"gps{observer}=fixed:43.0,42.0",
                  observer=observer, role="position")  # fmt: skip


def saved(path: Path, *rows: Row) -> Path:
    with Journal.create(path, Configuration(observer="A")) as journal:
        journal.append(rows)
    return path


class Seen:
    """What a replay gave, and how far its clock was by then."""

    def __init__(self, path: Path, speed: float, seconds: float | None = None) -> None:
        self.clock = SimulatedClock(replaying.begin_of(path), speed)
        self.events: list[tuple[Event, datetime, float]] = []
        self.views: list[int] = []
        self.stop = threading.Event()
        replaying.replay(path, self.clock, lambda: None, self.on_events, self.on_view, self.stop,
                         seconds)  # fmt: skip

    def on_events(self, events: list[Event]) -> None:
        now = self.clock.now()
        self.events += [(event, now.utc, now.monotonic_ns / 1e9) for event in events]

    def on_view(self, view: View) -> None:
        assert view.now is not None
        self.views.append(view.saved)


def test_each_row_comes_when_its_time_has_come(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal", gps(), *[at_place(n) for n in range(0, 50, 5)])
    seen = Seen(path, speed=100.0)
    times = [event.time for event, _, _ in seen.events]
    assert times == [T0 + timedelta(seconds=n) for n in range(0, 50, 5)]
    assert all(event.time <= now for event, now, _ in seen.events)
    assert seen.views[-1] == 11
    assert len(seen.views) > 3  # not all at once


def test_night_is_skipped_and_the_clock_of_the_replay_with_it(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal", note(0), note(40_000), note(40_001))
    seen = Seen(path, speed=120.0)
    late, now, elapsed_s = seen.events[-1]
    assert 61.0 <= elapsed_s < 1_000.0  # a minute of the pause, as far as this machine keeps up
    assert now >= late.time
    assert (now - late.time).total_seconds() < 1_000.0


def test_clock_that_was_set_back_is_followed(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal", note(0), note(3600 * 24 * 365), note(10), note(12))
    seen = Seen(path, speed=120.0)
    assert [event.id for event, _, _ in seen.events if isinstance(event, Entry)] == [
        "n0", "n31536000", "n10", "n12"]  # fmt: skip
    last, now, _ = seen.events[-1]
    assert abs((now - last.time).total_seconds()) < 1_000.0  # no year ago


def test_entry_that_took_long_to_type_sets_no_clock_back(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal", gps(), at_place(0), at_place(40), note(5), at_place(41))
    times = [now for _, now, _ in Seen(path, speed=100.0).events]
    assert times == sorted(times)


def test_what_others_heard_is_not_heard_here(tmp_path: Path) -> None:
    theirs = saved(
        tmp_path / "b.journal",
        gps("B"),
        at_place(0, "B"),
        Source(source="r", address="r=semtech:udp://0.0.0.0:1700", observer="B"),
    )
    path = saved(tmp_path / "a.journal", gps(), at_place(1))
    with Journal.open(path) as journal:
        journal.merge(theirs)
    seen = Seen(path, speed=100.0)
    assert {event.observer for event, _, _ in seen.events if isinstance(event, Place)} == {"A", "B"}
    assert not [event for event, _, _ in seen.events if isinstance(event, Detection)]


def test_it_ends_after_the_seconds_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal", *[note(n) for n in range(0, 5000, 50)])
    seen = Seen(path, speed=100.0, seconds=60.0)
    assert 2 <= len(seen.events) < 90


def test_empty_journal_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.journal")
    with pytest.raises(InputError, match="nothing was recorded"):
        replaying.begin_of(path)


def test_journals_that_were_merged_run_side_by_side(tmp_path: Path) -> None:
    """Recorded case: the other team's whole day ran first, and then ours began again at dawn."""
    theirs = saved(tmp_path / "b.journal", gps("B"), *[at_place(n, "B") for n in (5, 15, 25)])
    ours = saved(tmp_path / "a.journal", gps(), *[at_place(n) for n in (0, 10, 20)])
    with Journal.open(ours) as journal:
        journal.merge(theirs)
        assert len(journal.origins) == 2
        assert sorted(map(repr, journal.rows())) == sorted(
            repr(row) for origin in journal.origins for row in journal.rows_of(origin)
        )
    seen = Seen(ours, speed=100.0)
    places = [event for event, _, _ in seen.events if isinstance(event, Place)]
    assert [place.time for place in places] == [T0 + timedelta(seconds=n) for n in range(0, 30, 5)]
    assert [place.observer for place in places] == ["A", "B"] * 3
