"""The thread of sound: into a file, without a device, with too much to do, with a fault."""

from __future__ import annotations

import sys
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from receiver.address import parse_address
from receiver.clock import Stamp, SystemClock
from receiver.config import Configuration
from receiver.errors import SourceError
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.records import Detection
from receiver.samples.stream import Stream
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.ui.sound import open_sound
from receiver.ui.sound import out as sound_out
from receiver.ui.sound.out import SoundOut
from receiver.ui.sound.sinks import LEAD, MOST_WAITING, Waiting

Out = NDArray[np.int16]


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def frames(path: Path) -> Out:
    if path.stat().st_size < 44:
        return np.zeros(1, np.int16)
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


class Kept:
    """A sink that keeps, waits or fails as told."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.pieces: list[Out] = []
        self.go_on, self.fault, self.closed = threading.Event(), fault, False
        self.go_on.set()

    def write(self, sound: Out) -> None:
        self.go_on.wait(10.0)
        if self.fault is not None:
            raise self.fault
        self.pieces.append(sound)

    def close(self) -> None:
        self.closed = True


def packet() -> Detection:
    clock = SystemClock()
    return Detection(
        kind="packet", time=clock.now().utc, monotonic_ns=clock.now().monotonic_ns, level_db=-80.0
    )


def test_nothing_wanted_is_nothing() -> None:
    assert open_sound(None, SystemClock(), pytest.fail) is None


def test_packets_go_into_a_file_that_is_whole_at_any_time(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    sound = open_sound(str(path), SystemClock(), pytest.fail)
    assert sound is not None
    wait_for(lambda: len(frames(path)) > 2000)
    sound.readings("lora", [packet()])
    wait_for(lambda: np.abs(frames(path)).max() > 5000)
    sound.close()
    sound.close()
    assert np.abs(frames(path)).max() > 5000


def test_a_file_that_cannot_be_written_is_said_in_a_line(tmp_path: Path) -> None:
    said: list[str] = []
    assert open_sound(str(tmp_path / "no" / "x.wav"), SystemClock(), said.append) is None
    (line,) = said
    assert "sound cannot be written" in line
    assert line.endswith("the search goes on without it")


def test_without_the_extra_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    said: list[str] = []
    assert open_sound("default", SystemClock(), said.append) is None
    (line,) = said
    assert "pip install 'baksan[audio]'" in line


class Device:
    """What sounddevice has, as far as it is used; no sound."""

    PortAudioError = RuntimeError

    def __init__(self, name: str) -> None:
        self.name = name
        self.fill: Callable[..., None] | None = None

    def query_devices(self, device: str | None, kind: str) -> dict[str, str]:
        if device == "none":
            raise ValueError("No output device matching 'none'")
        return {"name": self.name}

    def RawOutputStream(self, *, callback: Any, **options: Any) -> Any:  # noqa: N802 its name
        assert (options["samplerate"], options["channels"], options["dtype"]) == (
            48_000,
            1,
            "int16",
        )
        self.fill = callback
        return SimpleNamespace(start=lambda: None, close=lambda: None, active=True)


@pytest.mark.parametrize(("name", "warned"), [("AirPods", True), ("HDA Intel Analog", False)])
def test_a_device_is_played_on_and_wireless_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, name: str, warned: bool
) -> None:
    device = Device(name)
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    said: list[str] = []
    sound = open_sound("default", SystemClock(), said.append)
    assert sound is not None
    assert ["wireless" in line for line in said] == [True] * warned
    sound.readings("lora", [packet()])
    heard = bytearray()

    def is_heard() -> bool:
        block = bytearray(2 * 480)
        if device.fill is not None:
            device.fill(block, 480, None, None)
        heard.extend(block)
        return bool(np.abs(np.frombuffer(heard, "<i2")).max() > 5000)

    wait_for(is_heard)
    sound.close()


def test_a_device_that_is_not_there_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Device("x"))
    said: list[str] = []
    assert open_sound("none", SystemClock(), said.append) is None
    assert "sound device none: No output device matching 'none'" in said[0]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (SourceError("it is gone"), "it is gone"),
        (ValueError("odd"), "by a fault: ValueError('odd')"),
    ],
)
def test_a_fault_ends_the_sound_with_a_line_and_nothing_else(fault: Exception, why: str) -> None:
    said: list[str] = []
    sink = Kept(fault)
    sound = SoundOut(sink, SystemClock(), said.append)
    wait_for(lambda: said and sink.closed)
    assert why in said[0]
    assert said[0].endswith("the search goes on")
    sound.readings("lora", [packet()])  # told for nothing, and nothing happens
    sound.close()


def test_who_records_never_waits_and_a_hole_begins_a_new_stretch() -> None:
    sink = Kept()
    sink.go_on.clear()  # a device that hangs
    sound = SoundOut(sink, SystemClock(), pytest.fail)
    stream = Stream("audio", "s16", 48_000.0)
    clock = SystemClock()
    begin = time.monotonic()
    for _ in range(2000):
        sound.samples("ear", stream, bytes(9600), clock.now(), False)
    assert time.monotonic() - begin < 2.0
    assert sound._tasks.qsize() == sound_out.WAITING
    sink.go_on.set()
    wait_for(sound._tasks.empty)
    sound.samples("ear", stream, bytes(9600), clock.now(), False)
    sound.close()
    made = sum(len(piece) for piece in sink.pieces)
    assert made >= (sound_out.WAITING - 1) * 4800


def test_sound_for_a_device_is_late_by_little_and_without_gaps() -> None:
    waiting = Waiting()
    assert waiting.get(100) == bytes(200)
    waiting.put(np.ones(LEAD - 1, np.int16))
    assert waiting.get(100) == bytes(200)  # still gathering
    waiting.put(np.ones(1, np.int16))
    assert waiting.get(LEAD - 20) == np.ones(LEAD - 20, np.int16).tobytes()
    assert waiting.get(100) == np.ones(20, np.int16).tobytes() + bytes(160)
    waiting.put(np.arange(MOST_WAITING + 5, dtype=np.int16))
    assert np.frombuffer(waiting.get(1), np.int16)[0] == 5  # the oldest went


# --- told by the recorders ----------------------------------------------------------------------


class Told:
    """A tap that keeps what it is told."""

    def __init__(self) -> None:
        self.found: list[Detection] = []
        self.data: list[bytes] = []
        self.firsts: list[bool] = []

    def samples(self, source: str, stream: Stream, data: bytes, stamp: Stamp, first: bool) -> None:
        self.data.append(data)
        self.firsts.append(first)

    def readings(self, source: str, found: Any) -> None:
        self.found += found

    def beacons(self, source: str, stream: Stream, tracks: Any) -> None:
        """Not looked at."""


@pytest.fixture
def tapped(tmp_path: Path) -> Any:
    begun: list[Any] = []

    def begin(source: str) -> Told:
        told, clock = Told(), SystemClock()
        journal = Journal.create(tmp_path / "s.journal", Configuration())
        writer = Writer(journal, pytest.fail)
        listening = Listening([parse_address(source)], "A", writer, clock, tap=told)
        begun.extend((listening, writer, journal))
        return told

    yield begin
    if begun:
        listening, writer, journal = begun
        listening.close()
        writer.close()
        journal.close()


def test_readings_of_a_meter_are_told_as_they_come(tapped: Callable[[str], Told]) -> None:
    server = SerialServer(IcomRadio(0x4A, 150_350_000, lambda: 100).hear)
    told = tapped(f"r=icom:serial:{server.path}?model=r8500&poll_s=0.02")
    wait_for(lambda: len(told.found) > 3)
    assert told.found[-1].kind == "meter"
    assert told.found[-1].level_raw == 100
    server.close()


def test_every_packet_is_told_not_only_the_first(
    tapped: Callable[[str], Told], tmp_path: Path
) -> None:
    lines = tmp_path / "lines"
    lines.write_text('{"time":"2026-11-28 10:00:00","model":"x","id":1,"rssi":-9.5}\n' * 5)
    told = tapped(f"rtl=rtl-433:file:{lines}")
    wait_for(lambda: len(told.found) >= 5)


def test_samples_are_told_whole_and_a_stretch_begins_once(
    tapped: Callable[[str], Told], tmp_path: Path
) -> None:
    (tmp_path / "x.s16").write_bytes(bytes(range(200)) * 1001)
    told = tapped(f"ear=audio:file:{tmp_path / 'x.s16'}?rate=16k")
    wait_for(lambda: sum(map(len, told.data)) == 200_200)
    assert told.firsts == [True] + [False] * (len(told.firsts) - 1)
