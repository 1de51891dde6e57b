"""CTT and SensorGnome: real station files to the last line, gzip, spoilt and hostile input."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.instruments.ctt import Ctt
from receiver.instruments.sensorgnome import SensorGnome, make
from receiver.records import Detection

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def read(station: SensorGnome | Ctt, content: bytes, step: int = 4096) -> list[Detection]:
    return [one for at in range(0, len(content), step)
            for one in station.receive(content[at : at + step], NOW, 1)
            if isinstance(one, Detection)]  # fmt: skip


def test_real_station_files_are_read_to_the_last_line(shared: Path) -> None:
    """Counted by hand with grep: p lines and T lines; every CTT line has a checksum that fits."""
    tags = pulses = 0
    for path in sorted((shared / "data/sensorgnome").glob("*.txt*")):
        content = path.read_bytes()
        text = gzip.decompress(content) if path.suffix == ".gz" else content
        lines = text.decode().splitlines()
        station = make(parse_address(f"sensorgnome:file:{path.name}"))
        found = read(station, content)
        assert station.refused == 0
        kinds = [detection.kind for detection in found]
        assert kinds.count("pulse") == sum(line.startswith("p") for line in lines), path.name
        assert kinds.count("packet") == sum(line.startswith("T") for line in lines), path.name
        tags, pulses = tags + kinds.count("packet"), pulses + kinds.count("pulse")
        assert {d.device_id for d in found if d.kind == "packet"} <= {"78664C33"}
    assert tags == 1004
    assert pulses == 854


def test_vectors_of_single_lines(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    vectors = [v for v in map(json.loads, lines) if v["protocol"] == "sensorgnome.line"]
    seen = 0
    for vector in vectors:
        decoded = vector["decoded"]
        found = read(SensorGnome(own_time=True), vector["text"].encode() + b"\n")
        if decoded["kind"] == "pulse":
            (pulse,) = found
            assert (pulse.level_db, pulse.noise_db) == (decoded["sig_db"], decoded["noise_db"])
            assert pulse.receiver == f"port {decoded['port']}"
        elif decoded["kind"] == "ctt_tag":
            assert [d.device_id for d in found] == ([decoded["id"]] if decoded["crc_ok"] else [])
        else:
            assert found == []
            continue
        assert found[0].time.timestamp() == pytest.approx(decoded["ts"], abs=1e-3)
        seen += 1
    assert seen >= 5


def test_times_are_those_of_arrival_when_live() -> None:
    line = b"p3,1639705882.0769,2.414,-33.14,-53.52\n"
    live = make(parse_address("sensorgnome:tcp://127.0.0.1:1"))
    assert read(live, line)[0].time == NOW


@pytest.mark.parametrize("line", [b"p3,nan,x,y,z", b"p3,1,2", b"T1,1,XYZ,-5", b"T1,1,78664C3305,-5",
                                  b"G,1,2", b"S,1", b",,,", b"p,,,,"])  # fmt: skip
def test_spoilt_line_gives_nothing(line: bytes) -> None:
    assert read(SensorGnome(own_time=True), line + b"\n") == []


def test_absurd_clock_is_not_believed() -> None:
    (found,) = read(SensorGnome(own_time=True), b"p3,99999999999,2.4,-33,-53\n")
    assert found.time == NOW


def test_damaged_gzip_gives_what_was_whole() -> None:
    whole = gzip.compress(b"p3,1639705882.0769,2.414,-33.14,-53.52\n" * 2000, compresslevel=1)
    station = SensorGnome(own_time=True)
    found = read(station, whole[: len(whole) // 2])
    assert len(found) > 100
    spoilt = bytearray(whole)
    spoilt[len(whole) // 2] ^= 0xFF
    station = SensorGnome(own_time=True)
    read(station, bytes(spoilt))
    read(SensorGnome(own_time=True), b"\x1f\x8b" + bytes(100))


def test_packed_flood_does_not_fill_the_memory() -> None:
    """50 MB of one endless line in 50 KB of gzip: only the end of a line is ever kept."""
    import tracemalloc

    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    read(SensorGnome(own_time=True), bomb, 65536)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15_000_000


@given(st.lists(st.binary(max_size=60)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    for station in (SensorGnome(own_time=True), Ctt()):
        for chunk in chunks:
            station.receive(chunk, NOW, 1)
        station.reset()
        line = b"T1,1,78664C3304,-79\n" if isinstance(station, SensorGnome) else b"78664C33,-7\n"
        assert len(station.receive(line, NOW, 1)) == 1


@pytest.mark.parametrize(
    "line", ['{"data": 5}', '{"data": {"id": 5}}', '{"data": {"id": "78664C3305"}}', "{", "[]",
             '{"data": {"id": "XYZ"}, "meta": []}', '{"meta":{"rssi":-70},"data":{}}'],
)  # fmt: skip
def test_json_that_is_no_tag_is_passed_over(line: str) -> None:
    assert read(Ctt(), line.encode() + b"\n") == []


@pytest.mark.parametrize("rssi", ["true", '"loud"', "null", "1e300"])
def test_strength_that_is_none_is_unknown(rssi: str) -> None:
    line = f'{{"data":{{"tag":{{"id":"78664C33"}}}},"rssi":{rssi}}}\n'
    (found,) = read(Ctt(), line.encode())
    assert (found.level_db, found.level_unit) == (None, None)
