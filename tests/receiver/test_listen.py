"""Recording over real links: lost, found again, silent, asked; and replay equals live."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.errors import ConfigError
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.records import Gap, Heard, Row, Source
from receiver.simulator import gateway, gps
from receiver.simulator.icom_radio import IcomRadio, SerialServer
from receiver.simulator.servers import Forwarder, TalkingServer, free_udp_port
from receiver.status import Status

BAKSAN = str(Path(sys.executable).with_name("baksan"))


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


class Recording:
    """A journal that is being written by the sources of a test."""

    def __init__(self, path: Path, *addresses: str) -> None:
        self.path = path
        self.journal = Journal.create(path, Configuration())
        self.writer = Writer(self.journal, pytest.fail)
        self.listening = Listening(
            [parse_address(text) for text in addresses], "A", self.writer, SystemClock()
        )

    @property
    def status(self) -> Status:
        return self.listening.statuses[0]

    def rows(self) -> list[Row]:
        assert self.writer.flush(5)
        return list(self.journal.rows())

    def close(self) -> list[Row]:
        self.listening.close()
        rows = self.rows()
        self.writer.close()
        self.journal.close()
        return rows


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., Recording]]:
    made: list[Recording] = []

    def make(*addresses: str) -> Recording:
        made.append(Recording(tmp_path / "search.journal", *addresses))
        return made[-1]

    yield make
    for recording in made:
        recording.listening.close()
        recording.writer.stop()
        recording.journal.close()


def test_bytes_are_written_as_they_came(record: Callable[..., Recording]) -> None:
    server = TalkingServer()
    recording = record(f"gps=nmea:tcp://127.0.0.1:{server.port}")
    wait_for(lambda: server._clients)
    server.say(b"half a sen")
    wait_for(lambda: recording.status.chunks == 1)
    server.say(b"tence\r\n")
    wait_for(lambda: recording.status.chunks == 2)
    rows = recording.close()
    assert isinstance(rows[0], Source)
    assert [row.raw for row in rows if isinstance(row, Heard)] == [b"half a sen", b"tence\r\n"]
    server.close()


def test_receiver_that_is_unplugged_and_returns_is_two_gap_rows(
    record: Callable[..., Recording], tmp_path: Path
) -> None:
    name = tmp_path / "radio0"
    first = SerialServer(IcomRadio(0x4A, 150_350_000, lambda: 100).hear)
    name.symlink_to(first.path)
    recording = record(f"r=icom:serial:{name}?model=r8500&poll_s=0.02")
    wait_for(lambda: recording.status.chunks > 5)
    begin = time.monotonic()
    first.close()
    name.unlink()
    wait_for(lambda: recording.status.state == "lost")
    assert time.monotonic() - begin < 2.0
    assert "radio0" in recording.status.reason
    time.sleep(0.3)
    second = SerialServer(IcomRadio(0x4A, 150_350_000, lambda: 100).hear)
    name.symlink_to(second.path)
    count = recording.status.chunks
    wait_for(lambda: recording.status.chunks > count + 5)
    rows = recording.close()
    gaps = [row for row in rows if isinstance(row, Gap)]
    assert [(gap.ended, gap.source) for gap in gaps] == [(False, "r"), (True, "r")]
    second.close()


def test_one_lost_source_takes_no_other_along(record: Callable[..., Recording]) -> None:
    server = TalkingServer()
    recording = record("dead=nmea:tcp://127.0.0.1:9", f"gps=nmea:tcp://127.0.0.1:{server.port}")
    dead, alive = recording.listening.statuses
    wait_for(lambda: dead.state == "lost" and server._clients)
    server.say(b"x\r\n")
    wait_for(lambda: alive.state == "hearing" and alive.chunks == 1)
    rows = recording.close()
    assert len([row for row in rows if isinstance(row, Gap)]) == 1  # not one for every attempt
    server.close()


def test_receiver_that_does_not_answer_is_told(record: Callable[..., Recording]) -> None:
    peer, own = pty.openpty()
    tty.setraw(own)
    recording = record(f"r=icom:serial:{os.ttyname(own)}?model=r75&poll_s=0.05")
    wait_for(lambda: recording.status.state == "lost", 5)
    assert "no answer for 2 s" in recording.status.reason
    assert "is the receiver on" in recording.status.reason
    recording.close()
    os.close(peer)
    os.close(own)


def test_wrong_speed_is_hinted_at(record: Callable[..., Recording]) -> None:
    """Bytes as a port at the wrong speed gives them: many, and none of them means anything."""
    peer, own = pty.openpty()
    tty.setraw(own)
    recording = record(f"gps=nmea:serial:{os.ttyname(own)}?baud=4800")
    wait_for(lambda: recording.status.state == "hearing")
    for _ in range(20):
        os.write(peer, bytes(range(128, 256)))
        time.sleep(0.01)
    wait_for(lambda: "wrong speed" in recording.status.reason)
    from datetime import UTC, datetime

    os.write(peer, b"\r\n" + gps.sentences(43.0, 42.0, datetime.now(UTC)))
    os.write(peer, b"x")
    wait_for(lambda: recording.status.reason == "")
    recording.close()
    os.close(peer)
    os.close(own)


def test_position_that_falls_silent_is_shown_as_silent(
    record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = TalkingServer()
    recording = record(f"gps=nmea:tcp://127.0.0.1:{server.port}")
    monkeypatch.setattr(recording.listening._recorders[0].parser, "expected_interval_s", 0.3)
    wait_for(lambda: server._clients)
    server.say(b"x\r\n")
    wait_for(lambda: recording.status.state == "silent", 5)
    server.say(b"x\r\n")
    wait_for(lambda: recording.status.state == "hearing", 5)
    recording.close()
    server.close()


def test_forwarder_gets_its_answers(record: Callable[..., Recording]) -> None:
    port = free_udp_port()
    recording = record(f"gate=semtech:udp://127.0.0.1:{port}")
    wait_for(lambda: recording.status.state == "hearing")
    forwarder = Forwarder(port)
    heard = gateway.Reception(-100, -5.0)
    for token in range(20):
        forwarder.send(gateway.push_data("00000000000000a1", token, bytes(20), heard, 0))
        time.sleep(0.005)
    wait_for(lambda: (forwarder.collect(), forwarder.acknowledged == 20)[1])
    rows = recording.close()
    assert len([row for row in rows if isinstance(row, Heard) and row.kind == "datagram"]) == 20
    forwarder.close()


def test_file_ends_and_so_does_listening(record: Callable[..., Recording], tmp_path: Path) -> None:
    log = tmp_path / "log.nmea"
    log.write_bytes(b"$x\r\n" * 100)
    recording = record(f"nmea:file:{log}")
    wait_for(lambda: recording.listening.ended)
    assert recording.status.state == "ended"
    rows = recording.close()
    assert [type(row) for row in rows] == [Source, Heard, Gap]


def test_wrong_address_is_refused_before_anything_is_recorded(
    record: Callable[..., Recording],
) -> None:
    with pytest.raises(ConfigError, match="unknown instrument"):
        record("r=nosuch:tcp://127.0.0.1:1")


# --- the command ------------------------------------------------------------------------------


class World:
    """A GPS, a gateway and a network server that talk for a while."""

    def __init__(self) -> None:
        self.gps, self.server = TalkingServer(), TalkingServer()
        self.port = free_udp_port()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        from datetime import UTC, datetime

        from receiver.simulator.collar import lorawan_frame, status

        forwarder, count = Forwarder(self.port), 0
        while not self.stop.wait(0.05):
            count += 1
            now = datetime.now(UTC)
            self.gps.say(gps.sentences(43.0 + count * 1e-5, 42.0 + (count % 7) * 1e-4, now))
            heard = gateway.Reception(-100 - count % 9, -5.0)
            frame = lorawan_frame("26ba4500", count, 4, bytes(16))
            forwarder.send(gateway.push_data("00000000000000a1", count, frame, heard, count))
            payload = status(3.6, 8.0, 93)
            event = gateway.chirpstack_event("ff", "g2", 4, payload, heard, now)
            self.server.say(event[:50])
            self.server.say(event[50:])
        forwarder.close()

    def close(self) -> None:
        self.stop.set()
        self.thread.join()
        self.gps.close()
        self.server.close()

    @property
    def sources(self) -> list[str]:
        return [
            f"gps=nmea:tcp://127.0.0.1:{self.gps.port}",
            f"gate=semtech:udp://127.0.0.1:{self.port}",
            f"server=chirpstack:tcp://127.0.0.1:{self.server.port}",
        ]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, bytes]:
    """One live run of the command: its journal, what it printed, what it told."""
    path = tmp_path_factory.mktemp("live") / "search.journal"
    world = World()
    command = [BAKSAN, "listen", *world.sources, "--journal", str(path), "--jsonl"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(2.5)
    note = [BAKSAN, "note", "bearing", "90", "--sharp", "--journal", str(path)]
    subprocess.run(note, check=True, capture_output=True, timeout=30)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=30)
    world.close()
    assert process.returncode == 130, told
    return path, printed, told


def test_replay_gives_byte_for_byte_what_the_live_run_gave(
    live: tuple[Path, bytes, bytes],
) -> None:
    path, printed, _ = live
    done = subprocess.run(
        [BAKSAN, "replay", str(path), "--jsonl"], capture_output=True, check=False
    )
    assert done.stdout == printed
    kinds = {next(iter(json.loads(line))) for line in printed.splitlines()}
    assert {"detection", "packet", "place", "entry", "observation", "answer"} <= kinds
    lines = printed.splitlines()
    assert sum(b'"kind": "packet"' in line for line in lines) > 50


def test_replay_of_a_merged_journal_and_at_a_speed_is_the_same(
    live: tuple[Path, bytes, bytes], tmp_path: Path
) -> None:
    path, printed, _ = live
    ours = tmp_path / "ours.journal"
    Journal.create(ours, Configuration()).close()
    for _ in range(2):
        done = subprocess.run([BAKSAN, "import", str(path), "--to", str(ours)], check=False)
        assert done.returncode == 0
    merged = subprocess.run(
        [BAKSAN, "replay", str(ours), "--jsonl"], capture_output=True, check=False
    )
    assert merged.stdout == printed
    fast = [BAKSAN, "replay", str(path), "--jsonl", "--speed", "1000"]
    assert subprocess.run(fast, capture_output=True, check=False).stdout == printed


def test_live_run_tells_what_a_person_wants_to_know(live: tuple[Path, bytes, bytes]) -> None:
    _, _, told = live
    text = told.decode()
    assert "saved " in text
    assert "look out" in text or "IT MAY BE AT" in text
    assert "Traceback" not in text


def test_second_interrupt_ends_at_once_and_nothing_committed_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "search.journal"
    world = World()
    process = subprocess.Popen(
        [BAKSAN, "listen", *world.sources, "--journal", str(path)], stderr=subprocess.PIPE
    )
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    world.close()
    assert process.returncode == 130
    with Journal.open(path) as journal:
        assert journal.check() == []
        assert len(list(journal.rows())) > 20


@pytest.mark.parametrize(
    ("words", "code", "say"),
    [(["nosuch:tcp://127.0.0.1:1"], 2, "unknown instrument"),
     (["icom:serial:/dev/null?model=x"], 2, "model="),
     (["fixed:43,42", "fixed:44,42"], 2, "two sources are called fixed"),
     (["fixed:43,42", "--config", "/nosuch.toml"], 2, "nosuch.toml")],
)  # fmt: skip
def test_wrong_words_are_one_line(words: list[str], code: int, say: str, tmp_path: Path) -> None:
    path = tmp_path / "search.journal"
    command = [BAKSAN, "listen", *words, "--journal", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == code
    assert say in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = [BAKSAN, "listen", "fixed:43,42", "--journal", str(tmp_path / "no" / "x.journal")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, "cannot be made" in done.stderr) == (5, True)


def test_several_programs_listen_on_one_udp_port_only_once(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        source = f"semtech:udp://127.0.0.1:{taken.getsockname()[1]}"
        command = [BAKSAN, "listen", source, "--journal", str(tmp_path / "s.journal"),
                   "--seconds", "1"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "LOST" in done.stderr or "cannot listen" in done.stderr


def test_source_that_can_never_open_is_told_and_takes_no_other_along(tmp_path: Path) -> None:
    command = [BAKSAN, "listen", "fixed:43,42", "nmea:serial:/dev/null?baud=fast",
               "--journal", str(tmp_path / "s.journal"), "--seconds", "1.5"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0
    assert "nmea ended: nmea:serial:/dev/null?baud=fast: baud 'fast' is not a number" in done.stderr
    assert "Traceback" not in done.stderr


def test_cable_of_another_program_is_pulled_and_put_back(
    record: Callable[..., Recording], peer: Callable[[str], str], tmp_path: Path
) -> None:
    """The cable is socat: killed in the middle of a sentence and started again, as a USB hub is."""
    program, ours, theirs = peer("socat"), tmp_path / "ours", tmp_path / "theirs"

    def plug() -> subprocess.Popen[bytes]:
        cable = subprocess.Popen([program, f"pty,rawer,link={theirs}", f"pty,rawer,link={ours}"])
        wait_for(lambda: ours.exists() and theirs.exists())
        return cable

    cable = plug()
    recording = record(f"gps=nmea:serial:{ours}")
    wait_for(lambda: recording.status.state == "hearing" or recording.status.since_ns)
    sentences = gps.sentences(43.0, 42.0, SystemClock().now().utc)
    for number in range(2):
        with theirs.open("wb", buffering=0) as far:
            count = recording.status.chunks
            while recording.status.chunks == count:  # what is said before we listen is not heard
                far.write(sentences)
                time.sleep(0.05)
            far.write(sentences[:20])
            time.sleep(0.2)
        cable.terminate()
        cable.wait()
        wait_for(lambda: recording.status.state == "lost")
        if number == 0:
            cable = plug()
    rows = recording.close()
    gaps = [row.ended for row in rows if isinstance(row, Gap)]
    assert gaps[:3] == [False, True, False]
    heard = b"".join(row.raw for row in rows if isinstance(row, Heard))
    assert heard.count(sentences[:20]) - heard.count(sentences) == 2
