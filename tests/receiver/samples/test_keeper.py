"""HEARD: the last and the next minute in a file; real threads, files and a full disk."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.clock import SimulatedClock
from receiver.samples import keeper
from receiver.samples.keeper import Keeper
from receiver.samples.stream import Stream

START = datetime(2026, 11, 27, 5, 45, 12, tzinfo=UTC)
SECOND = 1_000_000_000


class Desk:
    """A stream that is fed second by second of a clock that runs fast, and what was said of it."""

    def __init__(self, folder: Path, stream: Stream, speed: float = 60.0) -> None:
        self.folder, self.stream = folder, stream
        self.clock = SimulatedClock(START, speed)
        self.keeper = Keeper("r30 /ear", stream, self.clock)
        self.said: list[str] = []
        self.notes: list[str] = []
        self.fed = b""

    def feed(self, seconds: float, value: int) -> None:
        size = int(seconds * self.stream.rate_hz) * self.stream.form.frame_bytes
        data = bytes([value]) * size
        self.fed += data
        self.stream.receive(data, START, self.clock.now().monotonic_ns)

    def heard(self) -> None:
        self.keeper.keep(self.folder, self.said.append, self.notes.append)

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 10
        while not any(words in text for text in self.said):
            assert time.monotonic() < deadline, self.said
            time.sleep(0.01)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, Stream("audio", "s16", 8000.0))
    yield made
    made.keeper.close()


def sound(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return file.readframes(file.getnframes())


def test_the_minute_before_and_what_follows_are_in_one_file(desk: Desk) -> None:
    desk.feed(30, 1)
    desk.heard()
    desk.feed(20, 2)
    desk.wait_for("kept beside the journal")
    (path,) = desk.folder.iterdir()
    assert re.fullmatch(r"heard-20261127T0545\d\dZ-r30__ear\.wav", path.name)
    assert sound(path) == desk.fed
    assert desk.notes == [f"audio of r30 /ear is kept in {path.name}: the last 30 s and the next"
                          " 60 s (s16 8 kHz)"]  # fmt: skip
    assert desk.said == [f"kept beside the journal: {path.name}, 50 s"]


def test_only_the_last_minute_is_kept(desk: Desk) -> None:
    desk.feed(100, 1)
    desk.heard()
    desk.keeper.close()
    (path,) = desk.folder.iterdir()
    assert len(sound(path)) == pytest.approx(2 * 8000 * 62, abs=2)


def test_a_second_heard_prolongs_and_a_later_one_begins_another_file(desk: Desk) -> None:
    desk.feed(1, 1)
    desk.heard()
    desk.heard()
    assert desk.said == ["r30 /ear: goes on being kept for 60 s"]
    desk.wait_for("kept beside")
    assert desk.clock.now().monotonic_ns > 60 * SECOND
    desk.said.clear()
    desk.feed(1, 3)
    desk.heard()
    desk.wait_for("kept beside")
    assert len(list(desk.folder.iterdir())) == 2


def test_a_file_is_never_written_over(desk: Desk) -> None:
    taken = desk.folder / "heard-20261127T054512Z-r30__ear.wav"
    taken.write_bytes(b"an older one")
    desk.clock.speed = 1e-6  # it stays the same second
    desk.feed(1, 1)
    desk.heard()
    desk.keeper.close()
    assert taken.read_bytes() == b"an older one"
    assert sound(desk.folder / "heard-20261127T054512Z-r30__ear-2.wav") == desk.fed


def test_nothing_came_in_the_last_minute(desk: Desk) -> None:
    desk.heard()
    assert "nothing came in the last minute" in desk.said[0]
    assert list(desk.folder.iterdir()) == []


def test_the_journal_comes_first_where_the_disk_is_nearly_full(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "KEEP_FREE_BYTES", shutil.disk_usage(desk.folder).total)
    desk.feed(1, 1)
    desk.heard()
    desk.wait_for("and the journal needs them")
    desk.keeper.close()
    assert list(desk.folder.iterdir()) == []
    assert desk.notes == []


@contextmanager
def no_file_longer_than(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_is_told_and_the_next_heard_is_kept(desk: Desk) -> None:
    desk.feed(62, 1)
    with no_file_longer_than(600_000):
        desk.heard()
        desk.wait_for("kept beside the journal")
    assert "cannot be kept: [Errno 27]" in desk.said[0]
    (part,) = desk.folder.iterdir()
    assert len(sound(part)) == 2 * 256_000  # what was written stays, and can be read
    again = Keeper("again", desk.stream, desk.clock)
    again.keep(desk.folder, desk.said.append, desk.notes.append)
    again.close()
    (path,) = desk.folder.glob("*again.wav")
    assert len(sound(path)) > 60 * 16000


def test_a_slow_disk_says_what_is_missing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = keeper._append

    def slow(file: object, data: bytes, write: Callable[[bytes], object]) -> None:
        if not desk.notes:  # while the first piece is written, two minutes come
            desk.feed(124, 2)
        wait(file, data, write)  # type: ignore[arg-type]

    monkeypatch.setattr(keeper, "_append", slow)
    desk.feed(62, 1)
    desk.heard()
    desk.wait_for("are missing: slow disk")


def test_iq_is_named_so_that_rtl_433_knows_its_rate(
    tmp_path: Path, peer: Callable[[str], str]
) -> None:
    stream = Stream("iq", "cu8", 1_024_000.0, 150.2e6)
    desk = Desk(tmp_path, stream)
    desk.feed(0.5, 127)
    desk.heard()
    desk.keeper.close()
    (path,) = tmp_path.iterdir()
    assert path.name.endswith("-r30__ear_150.2M_1024k.cu8")
    assert path.stat().st_size == 1_024_000
    told = subprocess.run(
        [peer("rtl_433"), "-vvv", "-r", str(path)], capture_output=True, text=True, check=False
    )
    assert "1024000" in told.stdout + told.stderr


def test_sound_is_read_by_sox(desk: Desk, peer: Callable[[str], str]) -> None:
    desk.feed(2, 5)
    desk.heard()
    desk.keeper.close()
    (path,) = desk.folder.iterdir()
    told = subprocess.run(
        [peer("sox"), "--info", "-D", str(path)], capture_output=True, text=True, check=True
    )
    assert (float(told.stdout), told.stderr) == (2.0, "")
