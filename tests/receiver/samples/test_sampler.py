"""Sources of samples beside others: real pipes, files, a source that dies, the own radio."""

from __future__ import annotations

import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import derive
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.records import OWN_RADIO, Entry, Gap, Heard, Row, Source

# A ramp of 16-bit numbers, 8000 a second, in pieces of an odd number of bytes.
RAMP = (
    "import sys, time\n"
    "k = 0\n"
    "while True:\n"
    "    data = b''.join((n % 30000).to_bytes(2, 'little') for n in range(k, k + 401))\n"
    "    for part in (data[:333], data[333:]):\n"
    "        sys.stdout.buffer.write(part)\n"
    "        sys.stdout.buffer.flush()\n"
    "    k += 401\n"
    "    time.sleep(0.05)\n"
)


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def ramp(tmp_path: Path) -> str:
    program = tmp_path / "ramp.py"
    program.write_text(RAMP)
    return f"{sys.executable} {program}"


class Search:
    """Sources that are recorded into a journal."""

    def __init__(self, folder: Path, *sources: str) -> None:
        self.folder, self.said = folder, list[str]()
        self.journal = Journal.create(folder / "s.journal", Configuration())
        self.writer = Writer(self.journal, pytest.fail)
        addresses = [parse_address(source) for source in sources]
        self.listening = Listening(addresses, "A", self.writer, SystemClock())

    def close(self) -> list[Row]:
        self.listening.close()
        self.writer.close()
        rows = list(self.journal.rows())
        self.journal.close()
        return rows


@pytest.fixture
def search(tmp_path: Path) -> Iterator[Callable[..., Search]]:
    made: list[Search] = []

    def make(*sources: str) -> Search:
        made.append(Search(tmp_path, *sources))
        return made[-1]

    yield make
    for one in made:
        one.listening.close()
        one.writer.stop()
        one.journal.close()


def test_heard_keeps_the_sound_of_a_program_and_the_journal_names_the_file(
    search: Callable[..., Search], ramp: str
) -> None:
    one = search(f"ear=audio:pipe:?rate=8k {ramp}", "fixed:43.35,42.44")
    ear = one.listening.statuses[0]
    wait_for(lambda: ear.level_dbfs is not None)
    assert (ear.role, ear.state, ear.tuned) == ("samples", "hearing", "s16 8 kHz")
    one.listening.heard(one.folder, one.said.append)
    (path,) = _files(one.folder)
    wait_for(lambda: path.stat().st_size > 44)
    rows = one.close()
    with wave.open(str(path)) as file:
        data = file.readframes(file.getnframes())
    numbers = [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
    assert len(numbers) > 4000
    assert numbers == [n % 30000 for n in range(len(numbers))]
    notes = [row.content["text"] for row in rows if isinstance(row, Entry)]
    assert len(notes) == 1
    assert f"audio of ear is kept in {path.name}" in notes[0]
    # Nothing else of it is in the journal, and what is there is read without a complaint.
    assert {row.source for row in rows if isinstance(row, Heard | Source)} == {"fixed", "ear"}
    assert derive(rows, Configuration()).warnings == []


def _files(folder: Path) -> list[Path]:
    wait_for(lambda: list(folder.glob("heard-*")))
    return list(folder.glob("heard-*"))


def test_file_of_iq_is_read_to_its_end_and_can_still_be_kept(
    search: Callable[..., Search], tmp_path: Path
) -> None:
    samples = bytes(range(256)) * 1000
    (tmp_path / "x.cu8").write_bytes(samples + b"half")
    one = search(f"sdr=iq:file:{tmp_path / 'x.cu8'}?rate=250k&format=cs16", "fixed:43,42")
    status = one.listening.statuses[0]
    wait_for(lambda: status.state == "ended")
    one.listening.heard(one.folder, one.said.append)
    (path,) = _files(one.folder)
    rows = one.close()
    assert path.name.endswith("-sdr_250k.cs16")
    assert path.read_bytes() == samples + b"half"
    (end,) = [row.reason for row in rows if isinstance(row, Gap)]
    assert end.endswith("read to its end")


def test_program_that_dies_is_started_again(search: Callable[..., Search], tmp_path: Path) -> None:
    program = tmp_path / "dies.py"
    program.write_text("import sys; sys.stdout.buffer.write(bytes(range(200))); sys.exit(3)")
    one = search(f"ear=audio:pipe:{sys.executable} {program}", "fixed:43,42")
    status = one.listening.statuses[0]
    wait_for(lambda: status.chunks >= 2)
    wait_for(lambda: status.state == "lost")
    assert "ended with code 3" in status.reason
    assert any(isinstance(row, Gap) and row.source == "ear" for row in one.close())


def test_zeros_are_told(search: Callable[..., Search], tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(100_000))
    one = search(f"ear=audio:pipe:tail -c +1 -f {tmp_path / 'zeros'}", "fixed:43,42")
    status = one.listening.statuses[0]
    wait_for(lambda: status.reason.startswith("only zeros come"))
    assert status.level_dbfs is None
    wait_for(lambda: status.state == "silent")


def test_own_radio_that_was_forgotten_ends_with_the_recording(
    search: Callable[..., Search], tmp_path: Path
) -> None:
    one = search("ttn:file:/dev/null", "fixed:43,42")
    one.listening.own_radio(True)
    rows = one.close()
    ends = [row.ended for row in rows if isinstance(row, Gap) and row.reason == OWN_RADIO]
    assert ends == [False, True]
