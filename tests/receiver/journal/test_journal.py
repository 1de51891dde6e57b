"""The record of a search: only ever added to, checked, merged, and safe against what happens."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.clock import Stamp, SystemClock
from receiver.config import Collar, Configuration, Setup, configuration_from
from receiver.errors import InputError, JournalCorruptError, JournalError
from receiver.journal import Journal, Writer
from receiver.records import Entry, Gap, Heard, Row, Source

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
CONFIGURATION = Configuration(observer="B", collars=(Collar(name="Baksan", ids=("26ba4500",)),))


def rows(count: int = 1) -> list[Row]:
    heard = [
        Heard(source="radio", kind="bytes", time=NOW, monotonic_ns=i, boot_id="boot",
              clock_source="system", raw=bytes([i % 256, 0xFD, 0x00]))
        for i in range(count)
    ]  # fmt: skip
    return [
        Source(source="radio", address="icom:serial:/dev/ttyUSB0?model=r75", observer="B"),
        *heard,
        Entry(id="e1", observer="B", time=NOW, content={"kind": "note", "text": "снег, 'quoted'"}),
        Gap(source="radio", time=NOW, monotonic_ns=9, boot_id="boot", reason="cable pulled"),
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "search.journal"
    with Journal.create(path, CONFIGURATION) as journal:
        journal.append(rows(5))
    return path


def plain(found: list[Row]) -> list[Row]:
    return [replace(row, seq=0, origin="") for row in found]


def test_what_was_written_comes_back_in_order(path: Path) -> None:
    with Journal.open(path, readonly=True) as journal:
        found = list(journal.rows())
        assert plain(found) == rows(5)
        assert [row.seq for row in found] == list(range(1, 9))
        assert {row.origin for row in found} == {journal.origin}
        assert journal.configuration == CONFIGURATION
        assert journal.check() == journal.problems == []
        assert [row.seq for row in journal.rows(after=6)] == [7, 8]


def test_journal_is_as_safe_as_sqlite_can_make_it(path: Path) -> None:
    with Journal.open(path) as journal:
        connection = journal._connection
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        strict = connection.execute("SELECT name FROM pragma_table_list WHERE strict").fetchall()
        assert {"heard", "entry", "gap", "source", "header", "batch"} <= {n for (n,) in strict}


@pytest.mark.parametrize("table", ["source", "heard", "entry", "gap", "header", "batch"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET rowid = rowid + 1"])
def test_nothing_is_ever_changed_or_deleted(path: Path, table: str, verb: str) -> None:
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        connection.execute(verb.format(table))
    connection.close()


def changed_behind_its_back(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "words"),
    [("UPDATE heard SET raw = x'00' WHERE seq = 3", "heard row 3 was damaged"),
     ("UPDATE heard SET monotonic_ns = 77 WHERE seq = 4", "heard row 4 was damaged"),
     ("DELETE FROM heard WHERE seq = 3", "heard row 3 is missing or changed"),
     ("UPDATE heard SET raw = x'00', crc32 = 5 WHERE seq = 3", "heard row 3"),
     ("UPDATE batch SET rows = '[]'", "batch 1 was changed"),
     ("UPDATE entry SET content = 'no json'", "entry row 7 was damaged")],
)  # fmt: skip
def test_change_behind_its_back_is_seen(path: Path, statement: str, words: str) -> None:
    changed_behind_its_back(path, statement)
    with Journal.open(path, readonly=True) as journal:
        assert any(words in problem for problem in journal.check())


def test_damaged_row_is_left_out_and_the_others_are_kept(path: Path) -> None:
    changed_behind_its_back(path, "UPDATE heard SET raw = x'00' WHERE seq = 3")
    with Journal.open(path, readonly=True) as journal:
        assert [row.seq for row in journal.rows()] == [1, 2, 4, 5, 6, 7, 8]


def test_any_flipped_byte_is_seen_or_harmless(path: Path, tmp_path: Path) -> None:
    """Flip one byte at many places: what is read is what was written, or a problem is told."""
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    for position in range(0, len(content), 397):
        spoilt = tmp_path / "spoilt.journal"
        spoilt.write_bytes(
            content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :]
        )
        try:
            with Journal.open(spoilt, readonly=True) as journal:
                problems = journal.check()
                same = plain(list(journal.rows())) == rows(5)
        except (InputError, JournalError):
            continue
        except sqlite3.DatabaseError:
            pytest.fail(f"byte {position}: sqlite's own error came through")
        assert same or problems, position


@pytest.mark.parametrize(
    "content", [b"", b"words", bytes(4096), b"SQLite format 3\0" + bytes(100)], ids=len
)
def test_what_is_no_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises((InputError, JournalError)) as caught:
        Journal.open(path)
    assert str(path) in str(caught.value)


def test_other_database_and_newer_form_are_refused(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(InputError, match="not a journal"):
        Journal.open(other)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer"):
        Journal.open(path)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        Journal.open(tmp_path / "nosuch")
    with pytest.raises(InputError, match="directory"):
        Journal.open(tmp_path)
    with pytest.raises(JournalError, match="cannot be made"):
        Journal.create(tmp_path / "no" / "such.journal", CONFIGURATION)


def test_existing_journal_is_not_made_again(path: Path) -> None:
    with pytest.raises(JournalError, match="exists already"):
        Journal.create(path, CONFIGURATION)


def test_truncated_file_is_told(path: Path, tmp_path: Path) -> None:
    content = path.read_bytes()
    cut = tmp_path / "cut.journal"
    cut.write_bytes(content[: len(content) // 2])
    try:
        with Journal.open(cut, readonly=True) as journal:
            problems = journal.check()
    except JournalCorruptError as error:
        problems = [str(error)]
    assert str(cut) in problems[0]


def test_merging_twice_changes_nothing(path: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours.journal"
    with Journal.create(ours, Configuration(observer="A")) as journal:
        journal.append(rows(2))
        assert journal.merge(path) == 9  # and a row with the settings it was made with
        merged = list(journal.rows())
        assert journal.merge(path) == 0
        assert list(journal.rows()) == merged
        assert len(merged) == 5 + 9
        assert journal.check() == []
        journal.append(rows(1))  # goes on with its own numbers
        assert max(row.seq for row in journal.rows() if row.origin == journal.origin) == 9
    with Journal.open(path) as theirs:
        assert theirs.merge(ours) == 9
        assert theirs.merge(path) == 0
        first = {(row.origin, row.seq): row for row in theirs.rows()}
    with Journal.open(ours) as journal:
        now = {(row.origin, row.seq): row for row in journal.rows() if row.seq > 0}
        assert now == first  # row 0 is their header, which they have as a header


def test_merging_a_copy_that_went_on(path: Path, tmp_path: Path) -> None:
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy.journal"
    shutil.copy(path, copy)
    with Journal.open(path) as journal:
        journal.append(rows(1))
    with Journal.open(copy) as journal:
        assert journal.merge(path) == 4


def test_settings_are_those_written_last(path: Path) -> None:
    changed = Configuration(observer="B", collars=(Collar(name="Cegem"),))
    stamp, clock = Stamp(utc=NOW, monotonic_ns=5), SystemClock()
    with Journal.open(path) as journal:
        assert journal.settings == CONFIGURATION
        journal.adopt(CONFIGURATION, stamp, clock)  # nothing new: nothing is written
        assert len(list(journal.rows())) == 8
        journal.adopt(changed, stamp, clock)
        assert journal.settings == changed
        assert journal.configuration == CONFIGURATION
        assert journal.check() == []


def test_receivers_of_another_team_come_with_its_journal(tmp_path: Path) -> None:
    theirs = Configuration(observer="B", receivers=(Setup(receiver="r30", antenna="yagi"),))
    Journal.create(tmp_path / "theirs.journal", theirs).close()
    with Journal.create(tmp_path / "ours.journal", Configuration()) as ours:
        assert ours.merge(tmp_path / "theirs.journal") == 1
        [row] = ours.rows()
    assert isinstance(row, Entry)
    assert configuration_from(row.content["settings"]) == theirs


def test_receivers_of_the_settings_are_adopted(path: Path) -> None:
    changed = replace(CONFIGURATION, receivers=(Setup(receiver="r30", attenuator_db=20.0),))
    stamp, clock = Stamp(utc=NOW, monotonic_ns=5), SystemClock()
    with Journal.open(path) as journal:
        journal.adopt(changed, stamp, clock)
        journal.adopt(changed, stamp, clock)
        assert journal.settings == changed
        assert len(list(journal.rows())) == 9


def test_two_programs_may_add_at_the_same_time(path: Path) -> None:
    with Journal.open(path) as first, Journal.open(path) as second:
        for _ in range(5):
            first.append(rows(1))
            second.append(rows(1))
        seqs = [row.seq for row in first.rows()]
        assert seqs == list(range(1, 8 + 40 + 1))
        assert first.check() == []


def test_journal_that_may_not_be_written_can_be_read(path: Path) -> None:
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.chmod(0o444)
    with Journal.open(path, readonly=True) as journal:
        assert len(list(journal.rows())) == 8
        with pytest.raises(JournalError, match="not saved"):
            journal.append(rows(1))


# --- the writer -------------------------------------------------------------------------------


def test_writer_saves_what_it_was_given(path: Path) -> None:
    faults: list[str] = []
    with Journal.open(path) as journal:
        writer = Writer(journal, faults.append)
        for row in rows(500):
            writer.submit(row)
        writer.close()
        assert (writer.committed, writer.waiting) == (503, 0)
        assert len(list(journal.rows())) == 8 + 503
    assert faults == []


def test_full_disk_is_told_and_nothing_is_lost(path: Path) -> None:
    """A limit on pages is what SQLite meets when the disk is full."""
    faults: list[str] = []
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA max_page_count = 1")
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        writer = Writer(journal, faults.append)
        for row in rows(2000):
            writer.submit(row)
        deadline = time.monotonic() + 5
        while not faults and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "disk is full" in faults[0]
        assert writer.waiting > 0
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        assert writer.flush(10)
        writer.stop()
        assert len(list(journal.rows())) == 8 + 2003


def test_what_a_person_entered_never_waits_for_room(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded case: with the memory full of readings, keys hung, a call to everybody too."""
    monkeypatch.setattr("receiver.journal.writer.WAITING_ROWS", 5)
    monkeypatch.setattr("receiver.journal.writer.RETRY_INTERVAL_S", 0.05)
    faults: list[str] = []
    with Journal.open(path) as journal:
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        writer = Writer(journal, faults.append)
        flood = threading.Thread(target=lambda: [writer.submit(row) for row in rows(2000)])
        flood.start()
        deadline = time.monotonic() + 10
        while not (faults and writer.waiting >= 5) and time.monotonic() < deadline:
            time.sleep(0.02)
        entry = next(row for row in rows(1) if isinstance(row, Entry))
        begin = time.monotonic()
        for _ in range(20):
            writer.submit(entry)
        assert time.monotonic() - begin < 1.0
        time.sleep(0.3)
        assert len(faults) == 1  # told once, and not again at each attempt
        assert "disk is full" in writer.fault
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        flood.join(10)
        assert writer.flush(10)
        assert writer.fault == ""
        writer.stop()


def test_closing_on_a_full_disk_says_how_much_was_not_saved(path: Path) -> None:
    with Journal.open(path) as journal:
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        writer = Writer(journal, lambda fault: None)
        for row in rows(2000):
            writer.submit(row)
        with pytest.raises(JournalError, match="rows could not be saved"):
            writer.close(0.5)


def test_kill_loses_nothing_that_was_called_saved(tmp_path: Path) -> None:
    path = tmp_path / "search.journal"
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from receiver.config import Configuration; from receiver.journal import Journal, Writer\n"
        "from receiver.records import Heard\n"
        "journal = Journal.create(Path(sys.argv[1]), Configuration())\n"
        "writer = Writer(journal, print)\n"
        "i = 0\n"
        "while True:\n"
        "    now = datetime.now(UTC)\n"
        "    writer.submit(Heard(source='r', kind='bytes', time=now, monotonic_ns=i,\n"
        "                        boot_id='b', clock_source='s', raw=b'x' * 50)); i += 1\n"
        "    if i % 64 == 0:\n"
        "        writer.flush(); print(writer.committed, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    saved = 0
    for _ in range(20):
        saved = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with Journal.open(path) as journal:
        assert journal.check() == []
        assert len(list(journal.rows())) >= saved


def test_source_that_floods_a_full_disk_has_to_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receiver.journal.writer.WAITING_BYTES", 1_000_000)
    with Journal.open(path) as journal:
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        writer = Writer(journal, lambda fault: None)
        flood = Heard(source="r", kind="bytes", time=NOW, monotonic_ns=0, boot_id="b",
                      clock_source="s", raw=bytes(65_536))  # fmt: skip
        thread = threading.Thread(target=lambda: [writer.submit(flood) for _ in range(200)])
        thread.start()
        time.sleep(0.5)
        assert writer.waiting <= 16
        journal._connection.execute("PRAGMA max_page_count = 1000000")
        thread.join(20)
        assert writer.flush(20)
        writer.stop()
        assert writer.committed == 200
