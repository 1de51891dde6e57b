"""A recording session: what the screen is given, and what happens when the disk is full."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from receiver import recording
from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import Event, derive
from receiver.errors import JournalError
from receiver.journal import Journal
from receiver.notes import content as notes
from receiver.recording import Running, Session, View, record
from receiver.records import Place, Row
from receiver.simulator.servers import TalkingServer


def session(path: Path, *sources: str, seconds: float | None = None) -> Session:
    return Session(
        addresses=[parse_address(text) for text in sources],
        journal=path / "search.journal",
        configuration=Configuration(),
        clock=SystemClock(),
        seconds=seconds,
    )


def test_session_ends_with_its_sources_and_goes_on_in_the_same_journal(tmp_path: Path) -> None:
    log = tmp_path / "walk.nmea"
    log.write_bytes(
        b"$GPRMC,123518,A,4807.038,N,01131.000,E,022.4,084.4,230326,003.1,W*62\r\n"
        b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
    )
    events: list[Event] = []
    for count in (1, 2):
        derived, posterior = record(
            session(tmp_path, f"nmea:file:{log}"), events.extend, lambda view: None,
            threading.Event(),
        )  # fmt: skip
        assert len(derived.places) == 2 * count
        assert posterior.answer.reason is not None
    assert sum(isinstance(event, Place) for event in events) == 2 + 4


def test_screen_is_given_what_is_saved_and_where(tmp_path: Path) -> None:
    views: list[tuple[int, str]] = []

    def look(view: View) -> None:
        views.append((view.saved, view.statuses[0].state))

    record(session(tmp_path, "fixed:43,42", seconds=1.2), lambda e: None, look, threading.Event())
    assert views[-1] == (2, "hearing")


def test_silence_that_does_not_count_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who says "silent" with an untested receiver must not believe that it proves anything."""
    faults: list[str] = []

    def say(running: Running) -> None:
        silent = notes.silence(5.0) | {"receiver": "r30"}
        running.writer.submit(notes.entry(silent, "A", running.session.clock))

    def look(view: View) -> None:
        faults[:] = view.faults

    monkeypatch.setattr(recording, "ANSWER_EVERY_S", 0.5)
    record(session(tmp_path, "fixed:43,42", seconds=2.0), lambda e: None, look,
           threading.Event(), say)  # fmt: skip
    (told,) = faults
    assert "does not count" in told
    assert "no radio check of today" in told


def test_what_cannot_be_saved_goes_into_a_journal_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescue = tmp_path / "elsewhere"
    rescue.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(rescue))
    monkeypatch.setattr(recording, "FINISH_S", 0.5)
    ours, append = tmp_path / "search.journal", Journal.append

    def full(self: Journal, rows: list[Row]) -> list[Row]:
        if self.path == ours:
            raise JournalError("the disk is full")
        return append(self, rows)

    monkeypatch.setattr(Journal, "append", full)
    server, stop = TalkingServer(), threading.Event()
    threading.Timer(1.0, stop.set).start()
    source = f"gps=nmea:tcp://127.0.0.1:{server.port}"
    threading.Timer(0.5, server.say, [b"x\r\n"]).start()
    with pytest.raises(JournalError, match=r"they are in .*elsewhere.*baksan import"):
        record(session(tmp_path, source), lambda e: None, lambda v: None, stop)
    monkeypatch.undo()
    server.close()
    (folder,) = rescue.iterdir()
    assert folder.stat().st_mode & 0o077 == 0  # places of a living animal are nobody else's
    (saved,) = folder.glob("*.journal")
    with Journal.open(ours) as journal:
        assert journal.merge(saved) >= 2
        assert derive(journal.rows(), journal.configuration).warnings == []


def test_nothing_left_anywhere_says_how_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nosuch"))
    monkeypatch.setattr(recording, "FINISH_S", 0.3)

    def full(self: Journal, rows: list[Row]) -> list[Row]:
        raise JournalError("the disk is full")

    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(JournalError, match="the last 2 rows could not be saved anywhere"):
        record(session(tmp_path, "fixed:43,42", seconds=0.6), lambda e: None, lambda v: None,
               threading.Event())  # fmt: skip


def test_rows_that_cannot_be_saved_for_a_while_are_told(tmp_path: Path) -> None:
    """Another program holds the journal: what waits is said, and is saved afterwards."""
    source = "nmea:pipe:sh -c 'while :; do echo x; sleep 0.1; done'"
    seen, stop = list[bool](), threading.Event()
    Journal.create(tmp_path / "search.journal", Configuration()).close()
    holder = sqlite3.connect(tmp_path / "search.journal", isolation_level=None,
                             check_same_thread=False)  # fmt: skip

    def look(view: View) -> None:
        if view.saved > 2 and not seen:
            holder.execute("BEGIN IMMEDIATE")
            seen.append(False)
        elif seen and not seen[-1] and view.is_stuck:
            holder.execute("ROLLBACK")
            seen.append(True)
        elif True in seen and not view.is_stuck:
            stop.set()

    record(session(tmp_path, source, seconds=20), lambda e: None, look, stop)
    holder.close()
    assert seen == [False, True]
    assert stop.is_set()


def test_who_is_guided_sees_what_a_full_disk_does_not_take(tmp_path: Path) -> None:
    """Level, place and STOP must not stand still because no row can be saved."""
    source = "gps=nmea:pipe:sh -c 'while :; do echo \"$0\"; sleep 0.1; done' {place}"
    source = source.format(
        place="$GPRMC,123518,A,4807.038,N,01131.000,E,022.4,084.4,230326,003.1,W*62"
    )
    stuck, free, stop = threading.Event(), threading.Event(), threading.Event()
    Journal.create(tmp_path / "search.journal", Configuration()).close()
    holder = sqlite3.connect(tmp_path / "search.journal", isolation_level=None,
                             check_same_thread=False)  # fmt: skip
    seen: list[tuple[int, int]] = []
    places: list[Place] = []

    def take(events: list[Event]) -> None:
        places.extend(event for event in events if isinstance(event, Place))

    def look(view: View) -> None:
        if view.saved > 2 and not stuck.is_set():
            holder.execute("BEGIN IMMEDIATE")
            stuck.set()
        elif view.is_stuck and not free.is_set():
            seen.append((view.saved, len(places)))
            if len(seen) == 4:
                holder.execute("ROLLBACK")
                free.set()
        elif free.is_set() and not view.is_stuck:
            stop.set()

    guided = replace(session(tmp_path, source, seconds=20), homed=lambda: None)
    record(guided, take, look, stop)
    holder.close()
    assert len({saved for saved, _ in seen}) == 1
    assert seen[-1][1] > seen[0][1]
    with Journal.open(tmp_path / "search.journal") as journal:
        assert len(derive(journal.rows(), Configuration()).places) == len(places)


def test_a_wrong_clock_and_a_gps_without_a_place_are_told_while_it_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ANSWER_EVERY_S", 0.5)
    said = (
        "$GPRMC,123518,A,4807.038,N,01131.000,E,022.4,084.4,230316,003.1,W*61",
        "$GPRMC,123519,A,0000.000,N,00000.000,E,000.0,084.4,230316,003.1,W*66",
    )
    told: list[list[str]] = []
    for sentence in said:
        source = f"gps=nmea:pipe:sh -c 'echo \"$0\"; sleep 3' {sentence}"
        faults: list[str] = []

        def look(view: View, faults: list[str] = faults) -> None:
            faults[:] = view.faults

        record(session(tmp_path, source, seconds=2.5), lambda e: None, look, threading.Event())
        told.append(faults)
    assert "GPS and the computer's clock differ by" in told[0][0]
    assert told[1] == ["source gps: GPS says 0, 0: it has no place"]
