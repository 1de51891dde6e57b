"""What goes wrong in the field: cables, floods, sleep, two radios on a line, rigctld, own radio."""

from __future__ import annotations

import itertools
import os
import pty
import re
import socket
import subprocess
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.address import Address, parse_address
from receiver.clock import SimulatedClock, SystemClock
from receiver.config import Collar, Configuration
from receiver.derive import derive
from receiver.errors import SourceError
from receiver.instruments import build
from receiver.instruments.icom import CONTROLLER, METER, frame
from receiver.journal import Journal, Writer
from receiver.links import EndOfInput, Link
from receiver.listen import ASLEEP, Listening, Recorder
from receiver.records import OWN_RADIO, Detection, Gap, Heard, Row
from receiver.scanning import Plan
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.simulator.servers import Forwarder, TalkingServer, free_udp_port

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.create(tmp_path / "s.journal", Configuration()) as made:
        yield made


@pytest.fixture
def writer(journal: Journal) -> Iterator[Writer]:
    made = Writer(journal, pytest.fail)
    yield made
    made.stop()


def rows_of(journal: Journal, writer: Writer) -> list[Row]:
    assert writer.flush(10)
    return list(journal.rows())


# --- the cable ------------------------------------------------------------------------------------


class Cable:
    """A cable that is pulled in the middle of each third sentence, and plugged in again."""

    datagrams = False

    def __init__(self, sentences: Iterator[bytes]) -> None:
        self._sentences = sentences
        self._cut: bytes | None = None

    def read(self, timeout_s: float) -> bytes:
        if self._cut is not None:
            raise SourceError("the cable was pulled")
        try:
            sentence = next(self._sentences)
        except StopIteration:
            raise EndOfInput("all was said") from None
        if sentence.startswith(b"CUT"):
            self._cut = sentence
            return sentence[3:9]
        return sentence

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def test_cable_pulled_200_times_loses_no_whole_sentence(
    journal: Journal, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cycle: two whole readings, the beginning of a third, and the cable is pulled."""
    said = [
        part
        for k in range(200)
        for part in (
            b"PWR,%d,01503400\r" % (2 * k),
            b"PWR,%d,01503400\r" % (2 * k + 1),
            b"CUTPWR,9",
        )
    ]
    sentences = iter(said)

    def open_link(address: Address) -> Link:
        return Cable(sentences)

    monkeypatch.setattr("receiver.listen.open_link", open_link)
    monkeypatch.setattr("receiver.listen.FIRST_PAUSE_S", 0.0001)
    clock = SimulatedClock(T0, speed=1000.0)
    recorder = Recorder(parse_address("u=uniden:serial:/dev/x"), "A", writer, clock)
    begin = time.monotonic()
    recorder.run(threading.Event())
    assert time.monotonic() - begin < 20
    rows = rows_of(journal, writer)
    gaps = [row.ended for row in rows if isinstance(row, Gap)]
    assert gaps[:-1] == [False, True] * 200  # the last one is the end of the input
    derivation_levels = [event.level_raw for event in _events(rows) if isinstance(event, Detection)]
    assert derivation_levels == [float(k) for k in range(400)]


def _events(rows: list[Row]) -> list[object]:
    from receiver.derive import Derivation

    derivation = Derivation(Configuration())
    return [event for row in rows for event in derivation.add(row)]


def test_two_radios_on_one_bus_are_told_apart() -> None:
    """Both answer on one wire, and the bus echoes the questions; a collision spoils one frame."""
    ours, other = (
        frame(CONTROLLER, METER + b"\x01\x20", 0x4A),
        frame(CONTROLLER, METER + b"\x00\x10", 0x5A),
    )
    echo = frame(0x4A, METER)
    collision = ours[:5] + b"\xfc\xfc" + ours[5:]
    stream = (other + echo + ours + other + collision + echo + ours) * 50
    one, two = (build(parse_address(f"icom:serial:/dev/x?model={m}")) for m in ("r8500", "r75"))
    assert [d.level_raw for d in _read(one, stream)] == [120.0] * 100
    assert [d.level_raw for d in _read(two, stream)] == [10.0] * 100


def _read(instrument: object, stream: bytes) -> list[Detection]:
    found = instrument.receive(stream, NOW, 1)  # type: ignore[attr-defined]
    return [one for one in found if isinstance(one, Detection)]


# --- a flood --------------------------------------------------------------------------------------


def test_slow_receiver_loses_no_byte_beside_a_flood(tmp_path: Path) -> None:
    """One source floods with 10 MB a second and more, another speaks at 20 lines a second."""
    with Journal.create(tmp_path / "s.journal", Configuration()) as journal:
        writer = Writer(journal, pytest.fail)
        flood, slow = TalkingServer(), TalkingServer()
        addresses = [
            f"flood=ctt:tcp://127.0.0.1:{flood.port}",
            f"slow=ctt:tcp://127.0.0.1:{slow.port}",
        ]
        listening = Listening([parse_address(a) for a in addresses], "A", writer, SystemClock())
        wait_for(lambda: flood._clients and slow._clients)
        stop = threading.Event()
        sent = [0]

        def pour() -> None:
            block = b"78664C3304,-78\r\n" * 4096
            while not stop.is_set():
                with suppress(OSError):
                    flood.say(block)
                sent[0] += len(block)

        thread = threading.Thread(target=pour)
        thread.start()
        spoken = b""
        begin = time.monotonic()
        for number in range(60):
            line = b"78664C33,-%d\r\n" % number
            spoken += line
            slow.say(line)
            time.sleep(0.05)
        seconds = time.monotonic() - begin
        stop.set()
        flood.close()
        thread.join(10)
        wait_for(lambda: listening.statuses[1].chunks > 0)
        time.sleep(0.3)
        listening.close()
        rows = rows_of(journal, writer)
        writer.stop()
        slow.close()
    heard = [row for row in rows if isinstance(row, Heard) and row.source == "slow"]
    assert b"".join(row.raw for row in heard) == spoken
    assert sent[0] / seconds > 1e6
    steps = [(b.monotonic_ns - a.monotonic_ns) / 1e9 for a, b in itertools.pairwise(heard)]
    assert max(steps) < 2.0  # it was never left waiting for long


# --- sleep, own radio, keep-alive -----------------------------------------------------------------


def test_sleep_is_a_gap_of_every_source_and_nobody_is_blamed(
    journal: Journal, writer: Writer
) -> None:
    server = TalkingServer()
    radio = SerialServer(IcomRadio(0x4A, 150_350_000, lambda: 100).hear)
    clock = SimulatedClock(T0)
    addresses = [f"gps=nmea:tcp://127.0.0.1:{server.port}",
                 f"r=icom:serial:{radio.path}?model=r8500&poll_s=0.02"]  # fmt: skip
    listening = Listening([parse_address(a) for a in addresses], "A", writer, clock)
    wait_for(lambda: listening.statuses[1].chunks > 5)
    clock.sleep(3600.0)
    count = listening.statuses[1].chunks
    wait_for(lambda: listening.statuses[1].chunks > count + 5)
    time.sleep(0.3)
    listening.close()
    gaps = [row for row in rows_of(journal, writer) if isinstance(row, Gap)]
    assert {(gap.source, gap.reason) for gap in gaps} == {("gps", ASLEEP), ("r", ASLEEP)}
    for name in ("gps", "r"):
        begin, end = [gap for gap in gaps if gap.source == name]
        assert (begin.ended, end.ended) == (False, True)
        assert 3599 < (end.time - begin.time).total_seconds() < 3602
    server.close()
    radio.close()


def test_own_radio_is_a_gap_of_receivers_only(journal: Journal, writer: Writer) -> None:
    server = TalkingServer()
    addresses = [f"gps=nmea:tcp://127.0.0.1:{server.port}", f"c=ctt:tcp://127.0.0.1:{server.port}"]
    listening = Listening([parse_address(a) for a in addresses], "A", writer, SystemClock())
    wait_for(lambda: len(server._clients) == 2)
    listening.own_radio(True)
    listening.own_radio(False)
    listening.close()
    rows = rows_of(journal, writer)
    gaps = [(row.source, row.reason, row.ended) for row in rows if isinstance(row, Gap)]
    assert gaps == [("c", OWN_RADIO, False), ("c", OWN_RADIO, True)]
    assert derive(rows, Configuration()).warnings == []
    server.close()


PULL = bytes.fromhex("02 0001 02 00000000000000a1")


def test_gateway_that_stops_its_keep_alive_is_told_and_one_without_never(
    journal: Journal, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receiver.instruments.semtech.KEEP_ALIVE_S", 0.3)
    port, other = free_udp_port(), free_udp_port()
    addresses = [f"a=semtech:udp://127.0.0.1:{port}", f"b=semtech:udp://127.0.0.1:{other}"]
    listening = Listening([parse_address(a) for a in addresses], "A", writer, SystemClock())
    one, two = listening.statuses
    wait_for(lambda: one.state == two.state == "hearing")
    alive, quiet = Forwarder(port), Forwarder(other)
    alive.send(PULL)
    quiet.send(b"\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\xa1{}")
    wait_for(lambda: one.state == "silent", 5)
    assert two.state == "hearing"
    alive.send(PULL)
    wait_for(lambda: one.state == "hearing", 5)
    listening.close()
    alive.close()
    quiet.close()


def test_station_may_be_expected_to_report(journal: Journal, writer: Writer) -> None:
    server = TalkingServer()
    address = f"c=ctt:tcp://127.0.0.1:{server.port}?expected_s=0.3"
    listening = Listening([parse_address(address)], "A", writer, SystemClock())
    wait_for(lambda: server._clients)
    server.say(b"78664C33,-7\r\n")
    wait_for(lambda: listening.statuses[0].state == "silent", 5)
    listening.close()
    server.close()


# --- rigctld --------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def rigctld(program: str, port: int, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [program, *words, "-T", "127.0.0.1", "-t", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def test_rigctld_that_is_killed_is_a_gap_and_found_again(
    journal: Journal, writer: Writer, peer: Callable[[str], str]
) -> None:
    program, port = peer("rigctld"), free_port()
    server = rigctld(program, port, "-m", "1")
    address = parse_address(f"r=rigctld:tcp://127.0.0.1:{port}?poll_s=0.02")
    listening = Listening([address], "A", writer, SystemClock())
    status = listening.statuses[0]
    wait_for(lambda: status.chunks > 10)
    server.kill()
    server.wait()
    begin = time.monotonic()
    wait_for(lambda: status.state == "lost", 5)
    assert time.monotonic() - begin < 2.0
    server = rigctld(program, port, "-m", "1")
    count = status.chunks
    wait_for(lambda: status.chunks > count + 10, 15)
    listening.close()
    server.kill()
    server.wait()
    gaps = [row.ended for row in rows_of(journal, writer) if isinstance(row, Gap)]
    assert gaps in ([False, True], [False, True] * 2)  # it may hang up once while it begins


def test_radio_silent_behind_rigctld_is_told_within_its_deadline(
    journal: Journal, writer: Writer, peer: Callable[[str], str]
) -> None:
    """Hamlib holds each question for seconds; this side gives up after two."""
    radio, deaf = IcomRadio(0x96, 150_350_000, lambda: 120), [False]
    server = SerialServer(lambda data: b"" if deaf[0] else radio.hear(data))
    port = free_port()
    daemon = rigctld(peer("rigctld"), port, "-m", "3079", "-r", server.path, "-s", "19200")
    address = parse_address(f"r=rigctld:tcp://127.0.0.1:{port}?poll_s=0.02")
    listening = Listening([address], "A", writer, SystemClock())
    status = listening.statuses[0]
    wait_for(lambda: status.chunks > 10, 20)
    deaf[0] = True
    begin = time.monotonic()
    wait_for(lambda: status.state == "lost", 10)
    assert time.monotonic() - begin < 4.0
    assert "timeout=200,retry=0" in status.reason
    listening.close()
    daemon.kill()
    daemon.wait()
    server.close()


# --- scanning, end to end -------------------------------------------------------------------------


def test_scan_finds_the_beacon_on_a_real_line(journal: Journal, writer: Writer) -> None:
    """Two collars; only the second transmits, 450 Hz from its nominal frequency."""
    collars = (
        Collar(name="A", frequency_hz=150.1e6, frequency_drift_hz=100.0),
        Collar(name="B", frequency_hz=150.2e6, frequency_drift_hz=700.0,
               pulses_per_minute={"normal": 120.0}),
    )  # fmt: skip
    begin = time.monotonic()

    def level() -> int:
        heard = abs(radio.frequency_hz - 150_200_450) <= 250
        return 134 if heard and (time.monotonic() - begin) % 0.5 < 0.15 else 62

    radio = IcomRadio(0x4A, 149_000_000, level)
    radio.mode = 5
    server = SerialServer(radio.hear)
    plan = Plan(collars=collars, dwell_s=2.5, hold_s=30.0)
    address = parse_address(f"r=icom:serial:{server.path}?model=r8500&poll_s=0.02")
    listening = Listening([address], "A", writer, SystemClock(), plan)
    status = listening.statuses[0]
    scan = listening._recorders[0]._scan
    assert scan is not None
    wait_for(lambda: scan.hits >= 2, 40)  # in the first round, on a computer that has nothing else
    assert (status.tuned, radio.mode) == ("B 150.2005", 3)  # CW
    time.sleep(1.0)
    assert status.tuned == "B 150.2005"  # it was heard, so the dial stays
    listening.close()
    rows = rows_of(journal, writer)
    server.close()
    heard = [e for e in _events(rows) if isinstance(e, Detection) and e.frequency_hz == 150_200_500]
    assert max(d.level_raw or 0 for d in heard) == 134
    assert {d.mode for d in heard} == {"CW"}


def test_receiver_is_never_told_anything_unasked(journal: Journal, writer: Writer) -> None:
    """Without a scan only questions go out: a receiver in use must not be retuned."""
    peer_end, own = pty.openpty()
    tty.setraw(own)
    address = parse_address(f"r=icom:serial:{os.ttyname(own)}?model=r8500&poll_s=0.02")
    listening = Listening([address], "A", writer, SystemClock())
    said = b""
    radio = IcomRadio(0x4A, 150_100_000, lambda: 50)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        data = os.read(peer_end, 4096)
        said += data
        os.write(peer_end, radio.hear(data))
    listening.close()
    bodies = {body[:1] for body in re.findall(rb"\xfe\xfe\x4a\xe0(.*?)\xfd", said, re.DOTALL)}
    assert bodies <= {b"\x03", b"\x04", b"\x11", b"\x14", b"\x15", b"\x16"}
    assert all(len(b) <= 2 for b in re.findall(rb"\xfe\xfe\x4a\xe0(.*?)\xfd", said, re.DOTALL))
    os.close(peer_end)
    os.close(own)
