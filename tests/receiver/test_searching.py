"""A running homing search in front of its faces, and a journal that runs again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.clock import SimulatedClock, SystemClock
from receiver.config import Collar, Configuration
from receiver.errors import InputError
from receiver.homing.snapshot import Snapshot
from receiver.journal import Journal
from receiver.notes import content
from receiver.recording import Running, Session, record
from receiver.records import Entry, jsonable
from receiver.replaying import begin_of, replay
from receiver.searching import Searching

T0 = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
SHEETS = Configuration(collars=(Collar(name="M7"), Collar(name="F2")))


def entry(what: content.Content, seconds: float) -> Entry:
    return content.entry(what, "A", SimulatedClock(T0 + timedelta(seconds=seconds)))


@pytest.fixture
def walked(tmp_path: Path) -> Path:
    """A journal with three entries and a long night between the last two."""
    path = tmp_path / "walk.journal"
    with Journal.create(path, SHEETS) as journal:
        journal.append([
            entry({"kind": "place", "latitude_deg": 43.0, "longitude_deg": 42.0}, 0),
            entry({**content.heard("clear"), "collar": "M7"}, 10),
            entry(content.call("danger"), 40_000),
        ])  # fmt: skip
    return path


def test_replay_shows_all_that_was_written_and_skips_the_night(walked: Path) -> None:
    clock, shown = SimulatedClock(begin_of(walked), 120.0), list[Snapshot]()
    searching = Searching(SHEETS, clock, "M7", faces=[shown.append])
    replay(walked, clock, lambda: "M7", searching.on_events, searching.on_view,
           threading.Event(), look_s=0.02)  # fmt: skip
    assert shown[-1].heard_count == 1
    assert [call.text for call in shown[-1].calls] == ["DANGER"]
    assert shown[-1].machine.saved == 3
    assert len(shown) < 200  # 40,000 s in less than four


def test_replay_can_be_stopped(walked: Path) -> None:
    clock, stop = SimulatedClock(begin_of(walked), 1.0), threading.Event()
    searching = Searching(SHEETS, clock, "M7", faces=[lambda snapshot: stop.set()])
    replay(walked, clock, lambda: "M7", searching.on_events, searching.on_view, stop, 0.01)


def test_empty_journal_cannot_be_replayed(tmp_path: Path) -> None:
    path = tmp_path / "empty.journal"
    Journal.create(path, Configuration()).close()
    with pytest.raises(InputError, match="nothing was recorded"):
        begin_of(path)


def test_what_a_phone_enters_is_saved_and_comes_back(tmp_path: Path) -> None:
    searching = Searching(SHEETS, SystemClock(), "M7")
    stop, saved = threading.Event(), list[bool]()
    row = content.entry({**content.heard("clear"), "collar": "M7"}, "phone 1", SystemClock())

    def begun(running: Running) -> None:
        searching.begin(running.writer.submit, running.writer.flush)
        saved.append(searching.submit(row))

    def look(snapshot: Snapshot) -> None:
        if snapshot.heard_count:
            stop.set()

    searching.faces.append(look)
    session = Session(addresses=(), journal=tmp_path / "s.journal", configuration=SHEETS,
                      clock=SystemClock(), seconds=10.0, look_s=0.05,
                      homed=lambda: searching.collar)  # fmt: skip
    record(replace(session, addresses=(parse_address("fixed:43,42"),)), searching.on_events,
           searching.on_view, stop, begun)  # fmt: skip
    assert saved == [True]
    assert searching.entry(row.id) is not None
    assert searching.entry("another") is None


def test_map_is_plain_json_before_and_after_anything_is_known() -> None:
    searching = Searching(SHEETS, SimulatedClock(T0), "M7")
    told = searching.map()
    assert told["belief"] is None
    assert told["walk"] == []
    assert told["version"] == searching.map_version()
    assert jsonable(told)
    assert searching.belief_png(night=True) is None
    assert searching.tile(10, 1, 1) is None
    assert searching.relief(10, 1, 1, False) is None


def test_next_collar_goes_round() -> None:
    searching = Searching(SHEETS, SimulatedClock(T0), "M7")
    assert searching.next_collar() == "F2"
    assert searching.next_collar() == "M7"
    alone = Searching(Configuration(collars=(Collar(name="M7"),)), SimulatedClock(T0), "M7")
    assert alone.next_collar() is None


def test_what_is_entered_before_the_recording_begins_waits_for_it() -> None:
    searching, written = Searching(SHEETS, SimulatedClock(T0), "M7"), list[Entry]()
    row = entry(content.heard("clear"), 0)
    assert searching.submit(row) is False
    searching.begin(written.append, lambda seconds: True)
    assert written == [row]
