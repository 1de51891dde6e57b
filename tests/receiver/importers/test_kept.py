"""Makers' files in the journal: whole, once, merged, with the names of the collars' sheets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from receiver.clock import SimulatedClock
from receiver.config import Collar, Configuration
from receiver.derive import derive
from receiver.errors import InputError
from receiver.importers import kept as keeping
from receiver.importers.history import How, read
from receiver.importers.kept import Kept, keep, kept, lost_zeros, read_file
from receiver.journal import Journal
from receiver.records import Heard

CLOCK = SimulatedClock(datetime(2026, 11, 28, tzinfo=UTC))
HEADS = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier,visible\n"
ROWS = [f"2026-11-24 12:{minute}:00,42.5,43.25,gps,0081267,true\n" for minute in range(10, 20)]
BAKSAN = Configuration(observer="B", collars=(Collar(name="Baksan", ids=("81267",)),))


def table(*rows: str) -> bytes:
    return (HEADS + "".join(rows)).encode()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.create(tmp_path / "ours.journal", BAKSAN)


def said(journal: Journal) -> Kept:
    return kept(journal.rows(), journal.settings)


def test_file_is_kept_byte_for_byte(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PIECE_BYTES", 100)  # rows are cut anywhere
    assert keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    pieces = [row.raw for row in journal.rows() if isinstance(row, Heard)]
    assert len(pieces) > 5
    assert b"".join(pieces) == table(*ROWS)
    assert len(said(journal).fixes) == 10
    assert {fix.collar for fix in said(journal).fixes} == {"Baksan"}


def test_adding_twice_changes_nothing(journal: Journal) -> None:
    assert keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    before, count = said(journal), len(journal)
    assert not keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    assert (said(journal), len(journal)) == (before, count)


def test_files_that_overlap_are_merged(journal: Journal) -> None:
    keep(journal, "a.csv", table(*ROWS[:6]), How(), CLOCK)
    keep(journal, "b.csv", table(*ROWS[3:]), How(), CLOCK)
    fixes = said(journal).fixes
    assert len(fixes) == 10
    assert list(fixes) == sorted(fixes, key=lambda fix: fix.time or CLOCK.now().utc)


def test_where_files_differ_the_later_one_counts(journal: Journal) -> None:
    """A position that somebody has marked as an outlier since is one."""
    keep(journal, "a.csv", table(ROWS[0]), How(), CLOCK)
    keep(journal, "b.csv", table(ROWS[0].replace("true", "false")), How(), CLOCK)
    (fix,) = said(journal).fixes
    assert (fix.position_status, fix.file) == ("bad", "b.csv")


@pytest.mark.parametrize("hours", [-5, 0, 3])
def test_what_the_user_said_of_a_file_is_kept(journal: Journal, hours: int) -> None:
    how = How(utc_offset=timezone(timedelta(hours=hours)), dates="mdy", collar="Baksan & Co?")
    data = b"DATE,TIME,LAT,LON,PDOP,FIX\n05/03/2026,12:00:00,43.25,42.5,2,3D\n"
    keep(journal, "\u043a\u043e\u0448\u043a\u0430?&=#.csv", data, how, CLOCK)
    (fix,) = said(journal).fixes
    assert fix.time == datetime(2026, 5, 3, 12 - hours, tzinfo=UTC)
    assert (fix.device_id, fix.file) == ("Baksan & Co?", "\u043a\u043e\u0448\u043a\u0430?&=#.csv")


def test_same_file_added_again_with_other_words_is_read_by_the_last(journal: Journal) -> None:
    data = HEADS.encode() + b"05/03/2026 12:00:00,42.5,43.25,gps,81267,true\n"
    for dates, count in (("dmy", 2), ("mdy", 4), ("mdy", 4), ("dmy", 6)):
        keep(journal, "a.csv", data, How(dates=dates), CLOCK)
        assert len(journal) == count
        (fix,) = said(journal).fixes
        day, month = (5, 3) if dates == "dmy" else (3, 5)
        assert fix.time == datetime(2026, month, day, 12, tzinfo=UTC)


def test_journals_merge_with_their_files(journal: Journal, tmp_path: Path) -> None:
    keep(journal, "a.csv", table(*ROWS[:6]), How(), CLOCK)
    theirs = Journal.create(tmp_path / "theirs.journal", Configuration())
    keep(theirs, "a.csv", table(*ROWS[:6]), How(), CLOCK)
    keep(theirs, "b.csv", table(*ROWS), How(), CLOCK)
    journal.merge(theirs.path)
    assert journal.merge(theirs.path) == 0
    assert len(said(journal).fixes) == 10
    assert len(said(journal).histories) == 2


def test_damaged_file_is_left_out_and_said(journal: Journal) -> None:
    keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    rows = [row for row in journal.rows() if not isinstance(row, Heard)]
    found = kept(rows, BAKSAN)
    assert found.fixes == ()
    assert "damaged" in found.warnings[0]


def test_damaged_file_can_be_added_again(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row whose check fails is not read: here the bytes were lost like that."""
    keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    rows = list(journal.rows())
    monkeypatch.setattr(journal, "rows", lambda: [r for r in rows if not isinstance(r, Heard)])
    assert said(journal).fixes == ()
    assert keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    monkeypatch.undo()
    assert len(said(journal).fixes) == 10


def test_lost_zeros_are_told_by_the_sheet() -> None:
    fixes = read("a.csv", table(*ROWS), How()).fixes
    (sentence,) = lost_zeros(fixes, BAKSAN)
    assert sentence.startswith("id 0081267 is taken for 81267 of Baksan's sheet")


def test_history_is_no_evidence_of_what_was_heard(journal: Journal) -> None:
    keep(journal, "a.csv", table(*ROWS), How(), CLOCK)
    derived = derive(journal.rows(), BAKSAN)
    assert (derived.observations, derived.packets, derived.warnings) == ([], [], [])


def test_two_sheets_that_know_an_identity_name_nobody(journal: Journal) -> None:
    keep(journal, "a.csv", table(ROWS[0]), How(), CLOCK)
    two = Configuration(
        collars=(Collar(name="A", ids=("81267",)), Collar(name="B", serial="81267"))
    )
    assert kept(journal.rows(), two).fixes[0].collar is None


def test_far_too_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "acceleration.csv"
    path.write_bytes(b"x" * 1000)
    monkeypatch.setattr(keeping, "LARGEST_BYTES", 999)
    with pytest.raises(InputError, match="without the acceleration"):
        read_file(path)
    with pytest.raises(InputError, match="No such file"):
        read_file(tmp_path / "none.csv")
