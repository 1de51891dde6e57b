"""Faults that were found once, each as the case in which it was found."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receiver import recording
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.corrections import standing, taken_back
from receiver.errors import ConfigError, JournalError, SourceError
from receiver.journal import Journal, Writer
from receiver.links import open_link
from receiver.recording import Session, View, record
from receiver.records import Entry, Place, Row
from receiver.search import Places

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def note(identity: str, content: dict[str, Any] | None = None) -> Entry:
    return Entry(
        id=identity, observer="A", time=T0, content=content or {"kind": "note", "text": "x"}
    )


@pytest.mark.parametrize(
    ("supersedes", "gone"),
    [({}, set()), ({"b": "a"}, {"a"}), ({"b": "a", "c": "b"}, {"b"}),
     ({"b": "a", "c": "b", "d": "c"}, {"a", "c"}), ({"b": "a", "c": "a"}, {"a"}),
     ({"b": "nobody"}, {"nobody"})],
)  # fmt: skip
def test_correction_taken_back_gives_the_original_again(
    supersedes: dict[str, str], gone: set[str]
) -> None:
    assert taken_back(supersedes) == gone


def test_circle_of_hostile_corrections_ends() -> None:
    for circle in ({"a": "b", "b": "a"}, {"a": "a"}, {"a": "b", "b": "c", "c": "a"}):
        assert taken_back(circle) <= {"a", "b", "c"}
    long = {str(k + 1): str(k) for k in range(50_000)}
    assert len(taken_back(long)) == 25_000
    entries = [note("a"), note("b", {"supersedes_id": "a"}), note("c", {"supersedes_id": 5})]
    assert [entry.id for entry in standing(entries)] == ["b", "c"]


def test_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        parse_address("nmea:file:walk\udcff.nmea")


def test_program_that_fails_is_lost_and_one_that_ends_is_at_its_end() -> None:
    for command, fault in (("false", "ended with code 1"), ("true", "read to its end")):
        link = open_link(parse_address(f"ctt:pipe:{command}"))
        with pytest.raises(SourceError, match=fault):  # noqa: PT012
            for _ in range(50):
                link.read(0.1)
        link.close()


def test_row_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    faults: list[str] = []
    with Journal.create(tmp_path / "s.journal", Configuration()) as journal:
        writer = Writer(journal, faults.append)
        for row in (note("a"), note("b", {"kind": "note", "x": float("nan")}), note("c")):
            writer.submit(row)
        assert writer.flush(10)
        writer.stop()
        assert [row.id for row in journal.rows() if isinstance(row, Entry)] == ["a", "c"]
        assert journal.check() == []
    assert len(faults) == 1
    assert "an entry row" in faults[0] or "a entry row" in faults[0]


def test_fault_in_looking_never_ends_a_recording(tmp_path: Path) -> None:
    views: list[View] = []

    def look(view: View) -> None:
        views.append(view)
        raise RuntimeError("a fault of the screen")

    session = Session(
        addresses=[parse_address("fixed:43,42")], journal=tmp_path / "s.journal",
        configuration=Configuration(), clock=SystemClock(), seconds=1.7,
    )  # fmt: skip
    record(session, lambda events: None, look, threading.Event())
    assert len(views) >= 3
    assert [fault for fault in views[-1].faults if "a fault of the screen" in fault]
    assert len(views[-1].faults) == 1


def test_fault_in_the_locator_hides_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded case: with it nobody saw a level, a STOP or a call any more."""
    monkeypatch.setattr(recording, "ANSWER_EVERY_S", 0.2)
    monkeypatch.setattr(recording, "_locate", lambda *parts: 1 / 0)
    views: list[float] = []
    session = Session(
        addresses=[parse_address("fixed:43,42")], journal=tmp_path / "s.journal",
        configuration=Configuration(), clock=SystemClock(), seconds=2.0, look_s=0.1,
    )  # fmt: skip
    faults: list[str] = []

    def look(view: View) -> None:
        views.append(view.now_ns / 1e9)
        faults[:] = view.faults

    record(session, lambda events: None, look, threading.Event())
    assert len(views) >= 6
    assert views[-1] - views[0] > 1.0
    assert any("ZeroDivisionError" in fault for fault in faults)


def test_two_programs_that_make_one_journal_do_not_both_have_it(tmp_path: Path) -> None:
    results: list[str] = []

    def make() -> None:
        try:
            Journal.create(tmp_path / "s.journal", Configuration()).close()
            results.append("made")
        except JournalError as error:
            results.append(str(error))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("made") == 1
    with Journal.open(tmp_path / "s.journal") as journal:
        assert journal.check() == []


def test_reader_sees_one_moment_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    with Journal.create(path, Configuration()) as journal:
        journal.append([note(f"{k:03d}") for k in range(100)])
        with Journal.open(path, readonly=True) as reader:
            rows = reader.rows()
            first = next(rows)
            journal.append([note("later")])
            seen = [first, *rows]
        assert len([row for row in seen if isinstance(row, Entry)]) == 100


def test_merge_of_many_rows_comes_whole(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "theirs.journal", Configuration()) as theirs:
        theirs.append([note(f"{k:05d}") for k in range(1234)])
    with Journal.create(tmp_path / "ours.journal", Configuration()) as ours:
        assert ours.merge(tmp_path / "theirs.journal") >= 1234
        assert ours.merge(tmp_path / "theirs.journal") == 0
        assert ours.check() == []
        rows: list[Row] = list(ours.rows())
        assert len([row for row in rows if isinstance(row, Entry)]) >= 1234


def test_place_that_holds_no_more_hides_no_older_one_that_does() -> None:
    fixed = Place(time=T0, latitude_deg=43.0, longitude_deg=42.0, holds_s=1e9)
    said = replace(fixed, time=T0 + timedelta(minutes=1), latitude_deg=44.0, holds_s=900.0)
    places = Places([fixed, said])
    during, after = (places.at(T0 + timedelta(minutes=m)) for m in (10, 30))
    assert during is not None
    assert after is not None
    assert (during.place.latitude_deg, after.place.latitude_deg) == (44.0, 43.0)
