"""RTL-SDR behind rtl_tcp: commands, header, an emulated server, the real rtl_433 as its client."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from receiver.address import parse_address
from receiver.cli import run
from receiver.clock import SystemClock
from receiver.config import Collar, Configuration
from receiver.derive import derive
from receiver.errors import ConfigError, SourceError
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.records import Heard, Source
from receiver.samples import build
from receiver.samples.files import open_samples
from receiver.samples.rtl_tcp import Command, RtlTcpStream, command
from receiver.simulator.beacons import Scene, Tag, cu8
from receiver.simulator.rtl_tcp_server import RtlTcpServer

NOW = datetime(2026, 11, 27, tzinfo=UTC)
RATE_HZ = 250_000.0


def stream(text: str = "") -> RtlTcpStream:
    made = build(parse_address(f"rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M{text}"))
    assert isinstance(made, RtlTcpStream)
    return made


def test_commands_are_those_of_rtl_tcp() -> None:
    """Typed after rtl_tcp.c of librtlsdr: a byte and a big-endian number."""
    assert command(Command.FREQUENCY_HZ, 150_100_000) == bytes.fromhex("0108f25820")
    assert command(Command.CORRECTION_PPM, -3) == bytes.fromhex("05fffffffd")
    assert [int(c) for c in Command] == list(range(1, 15))


def test_it_is_set_up_with_a_fixed_gain() -> None:
    hello = stream("&rate=300k&gain=40.2&ppm=-7&bias_tee=1&direct=2").hello()
    orders = [hello[at : at + 5] for at in range(0, len(hello), 5)]
    assert orders == [
        command(Command.RATE_HZ, 300_000),
        command(Command.FREQUENCY_HZ, 150_100_000),
        command(Command.DIGITAL_AGC, 0),
        command(Command.GAIN_MODE, 1),
        command(Command.GAIN_TENTHS_DB, 402),
        command(Command.CORRECTION_PPM, -7),
        command(Command.DIRECT_SAMPLING, 2),
        command(Command.BIAS_TEE, 1),
    ]


def test_header_may_be_cut_anywhere() -> None:
    data = b"RTL0" + bytes([0, 0, 0, 5, 0, 0, 0, 29]) + bytes(range(200))
    for cut in range(1, len(data)):
        one = stream()
        samples = b""
        for part in (data[:cut], data[cut:]):
            one.receive(part, NOW, 1)
            samples += one.fresh
        assert samples == bytes(range(200))
        assert one.tuner == "R820T"
        one.reset()
        one.receive(data, NOW, 1)
        assert one.fresh == bytes(range(200))


def test_another_server_is_told() -> None:
    with pytest.raises(SourceError, match="no rtl_tcp"):
        stream().receive(b"HTTP/1.1 200 OK\r\n", NOW, 1)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("rtl-tcp:tcp://127.0.0.1:1", "which frequency"),
        ("rtl-tcp:tcp://127.0.0.1:1?frequency=150M&rate=500k", "cannot make 500000 samples"),
        ("rtl-tcp:tcp://127.0.0.1:1?frequency=150M&gain=auto", "gain=auto"),
        ("rtl-tcp:tcp://127.0.0.1:1?frequency=150M&gain=90", "0 to 60 dB"),
        ("rtl-tcp:tcp://127.0.0.1:1?frequency=150M&ppm=nan", "ppm=nan"),
    ],
)
def test_wrong_options(address: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(parse_address(address))


@pytest.fixture
def serve() -> Iterator[Callable[..., RtlTcpServer]]:
    servers: list[RtlTcpServer] = []

    def start(pieces: list[bytes], pause_s: float = 0.0) -> RtlTcpServer:
        servers.append(RtlTcpServer(lambda: pieces, lambda: time.sleep(pause_s)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ook(bits: str) -> bytes:
    """Return bits as rtl_433's pulse-position decoder reads them, keyed on a carrier."""
    short, long, pulse = (int(RATE_HZ * us / 1e6) for us in (500, 1000, 500))
    parts = [np.zeros(20_000)]
    for _ in range(3):
        for bit in bits:
            parts += [np.ones(pulse), np.zeros(long if bit == "1" else short)]
        parts += [np.ones(pulse), np.zeros(5000)]
    keyed = np.concatenate([*parts, np.zeros(60_000)])
    tone = 60.0 * keyed * np.exp(0.2j * np.arange(len(keyed)))
    noise = np.random.default_rng(1).normal(0, 1.0, (2, len(keyed)))
    both = np.column_stack([tone.real + noise[0], tone.imag + noise[1]])
    return np.clip(np.rint(both + 127.5), 0, 255).astype(np.uint8).tobytes()


def test_rtl_433_takes_the_emulated_server_for_a_real_one(
    peer: Callable[[str], str], serve: Callable[..., RtlTcpServer]
) -> None:
    data = ook("110100111000111101010101") * 8
    server = serve([data[i : i + 65_536] for i in range(0, len(data), 65_536)])
    program = subprocess.Popen(
        [
            peer("rtl_433"), "-d", f"rtl_tcp:127.0.0.1:{server.port}", "-f", "433.92M", "-s",
            "250k", "-g", "40", "-R", "0", "-F", "json", "-X",
            "n=test,m=OOK_PPM,s=500,l=1000,r=4000,bits=24",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert program.stdout is not None
        killer = threading.Timer(20.0, program.kill)
        killer.start()
        line = program.stdout.readline()
        killer.cancel()
        asked = {(Command.FREQUENCY_HZ, 433_920_000), (Command.RATE_HZ, 250_000)}
        patience_s = time.monotonic() + 10  # the server reads them while it sends
        while not asked <= {*server.commands} and time.monotonic() < patience_s:
            time.sleep(0.02)
    finally:
        program.kill()
        program.communicate()
    said = json.loads(line)
    assert "d38f55" in json.dumps(said).lower()
    assert asked <= {*server.commands}


def pieces(cn0_dbhz: float, duration_s: float, seed: int = 3) -> list[bytes]:
    tag = Tag(frequency_hz=12_400.0, cn0_dbhz=cn0_dbhz)
    scene = Scene(rate_hz=RATE_HZ, duration_s=duration_s, seed=seed, tags=(tag,))
    data = b"".join(cu8(scene))
    return [data[i : i + 50_000] for i in range(0, len(data), 50_000)]


def test_a_beacon_is_heard_live_and_recorded(
    tmp_path: Path, serve: Callable[..., RtlTcpServer], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    sheet = "[collars.leo]\nfrequency_hz = 150112000\npulses_per_minute = {normal = 50}\n"
    (tmp_path / "baksan.toml").write_text(sheet, encoding="utf-8")
    sent = pieces(38.0, 8.0)
    server = serve(sent)
    address = f"rtl-tcp:tcp://127.0.0.1:{server.port}?frequency=150.1M&rate=250k"
    # The server hangs up at its end: what was heard is told, and that it was lost.
    assert run(["detect", address, "--json", "--record", "gorge", "--png", "w.png"]) == 3
    out, err = capsys.readouterr()
    (track,) = json.loads(out)["tracks"]
    assert track["collar"] == "leo"
    assert track["frequency_hz"] == pytest.approx(150_112_400.0, abs=20.0)
    assert "HEARD leo" in err
    assert "connection lost" in err
    assert "gorge.sigmf-data" in err
    recorded = open_samples(tmp_path / "gorge.sigmf-meta")
    assert (recorded.rate_hz, recorded.frequency_hz) == (250e3, 150.1e6)
    assert recorded.start is not None
    assert b"".join(recorded.chunks()) == b"".join(sent)
    assert run(["detect", "gorge.sigmf-meta", "--json"]) == 0
    (again,) = json.loads(capsys.readouterr().out)["tracks"]
    assert again["frequency_hz"] == track["frequency_hz"]
    assert again["pulse_count"] == track["pulse_count"]
    assert run(["detect", address, "--record", "gorge"]) == 5  # nothing is written over


def test_slots_become_levels_of_the_search(
    tmp_path: Path, serve: Callable[..., RtlTcpServer]
) -> None:
    collar = Collar(name="leo", frequency_hz=150_112_000.0, pulses_per_minute={"normal": 50.0})
    configuration = Configuration(collars=(collar,))
    server = serve(pieces(36.0, 30.0), 0.01)
    journal = Journal.create(tmp_path / "s.journal", configuration)
    writer = Writer(journal, pytest.fail)
    address = f"sdr=rtl-tcp:tcp://127.0.0.1:{server.port}?frequency=150.1M&rate=250k"
    sources = [parse_address(address), parse_address("fixed:43.35,42.44")]
    listening = Listening(sources, "A", writer, SystemClock(), None, (collar,))
    status = listening.statuses[0]
    deadline = time.monotonic() + 30
    while status.state != "lost":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    listening.close()
    writer.flush(5.0)
    rows = list(journal.rows())
    writer.stop()
    journal.close()
    assert {row.role for row in rows if isinstance(row, Source)} == {"samples", "position"}
    lines = b"".join(r.raw for r in rows if isinstance(r, Heard) and r.source == "sdr")
    assert {json.loads(line)["kind"] for line in lines.splitlines()} == {"pulse", "slot", "track"}
    derived = derive(rows, configuration)
    levels = [o for o in derived.observations if o.kind == "level"]
    # Samples came faster than in the field, so that all are within some seconds: one level or two.
    assert levels
    assert {o.collar for o in levels} == {"leo"}
    expected = 20 * np.log10(Scene(rate_hz=RATE_HZ, duration_s=1, seed=1).amplitude(36.0) / 127.5)
    assert levels[0].level_db == pytest.approx(expected, abs=1.0)
    assert levels[0].level_unit == "dBFS"
    assert levels[0].latitude_deg == 43.35
