"""Lines and detections a second of every instrument, beside plain cutting of the lines. JSON.

Recordings of `fixtures/instruments`, again and again in pieces of 64 bytes; the bound is what plain
Python needs to cut the same bytes at line ends (`bytes.split`). Station files of `../shared/data`
are read once, whole. NMEA sentences run beside pynmea2 in the same rounds; ours also joins RMC and
GGA and watches for a receiver that stands still or jumps.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pynmea2

from receiver import instruments, positions
from receiver.address import parse_address
from receiver.simulator import gps

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
PIECE_BYTES, ROUNDS, ROUND_S = 64, 5, 0.2
NOW = datetime(2026, 11, 24, tzinfo=UTC)
STATIONS = (("rxg-134:file:x", "argos/gonio_ex_log.txt"),)
WALK_S = 600


def pieces(content: bytes) -> list[bytes]:
    """Cut bytes as a serial port gives them."""
    return [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]


def rate(run: Callable[[], object]) -> float:
    """Return runs a second."""
    began, runs = time.perf_counter(), 0
    while time.perf_counter() - began < ROUND_S:
        run()
        runs += 1
    return runs / (time.perf_counter() - began)


def quartiles(values: list[float]) -> list[int]:
    """Return the quartiles as whole numbers."""
    return [round(value) for value in statistics.quantiles(values, n=4)]


def recording(path: Path) -> dict[str, Any]:
    """Time one recording and the cutting of its lines, in turn."""
    content = bytes.fromhex(path.with_suffix(".hex").read_text())
    address = parse_address(json.loads(path.read_text())["address"])
    parser, cut = instruments.build(address), pieces(content)
    found = 0

    def read() -> None:
        nonlocal found
        found += sum(len(parser.receive(piece, NOW, 1)) for piece in cut)

    def split() -> None:
        for piece in cut:
            piece.split(b"\n")

    read()  # what is imported or compiled once is not a matter of speed
    ours, bound, runs, found = [], [], 0.0, 0
    for _ in range(ROUNDS):
        ours.append(rate(read))
        bound.append(rate(split))
        runs += ours[-1] * ROUND_S
    lines = max(content.count(b"\n"), content.count(b"\r"), content.count(b"\xfd"), 1)
    return {
        "lines_a_second_quartiles": quartiles([lines * r for r in ours]),
        "detections_a_second": round(statistics.median(ours) * found / runs),
        "mb_a_second": round(statistics.median(ours) * len(content) / 1e6, 2),
        "times_slower_than_split": round(statistics.median(bound) / statistics.median(ours), 1),
    }


def station(address: str, path: Path) -> dict[str, Any]:
    """Read a real file whole."""
    if not path.exists():
        return {"skipped": f"{path.name} is not here"}
    content = path.read_bytes()
    parser = instruments.build(parse_address(address))
    began = time.perf_counter()
    found = sum(len(parser.receive(content[at : at + 4096], NOW, 1))
                for at in range(0, len(content), 4096))  # fmt: skip
    took_s = time.perf_counter() - began
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    lines = text.count(b"\n")
    return {"lines": lines, "detections": found, "lines_a_second": round(lines / took_s)}


def stations() -> dict[str, Any]:
    """Read all real station files."""
    known = [(address, DATA / name) for address, name in STATIONS]
    gnomes = sorted((DATA / "sensorgnome").glob("*.txt*"))
    known += [(f"sensorgnome:file:{path.name}", path) for path in gnomes]
    return {path.name: station(address, path) for address, path in known}


def sentences() -> dict[str, Any]:
    """Time NMEA sentences of a walk, and pynmea2 reading the same ones."""
    walk = [
        gps.sentences(43.0 + s / 1e5, 42.0, datetime.fromtimestamp(1.79e9 + s, UTC))
        for s in range(WALK_S)
    ]
    content = b"".join(walk)
    lines = content.decode().split("\r\n")[:-1]
    ours, theirs, values = [], [], []
    for _ in range(ROUNDS):
        source = positions.build(parse_address("nmea:file:x"))
        began = time.perf_counter()
        for piece in pieces(content):
            source.receive(piece, NOW, 1)
        middle = time.perf_counter()
        for line in lines:
            told = pynmea2.parse(line)
            values.append((told.latitude, told.longitude, told.timestamp))  # it parses when asked
        ours.append(len(lines) / (middle - began))
        theirs.append(len(lines) / (time.perf_counter() - middle))
    return {
        "sentences_a_second_quartiles": quartiles(ours),
        "pynmea2_quartiles": quartiles(theirs),
        "times_faster": round(statistics.median(ours) / statistics.median(theirs), 2),
    }


def main() -> None:
    """Time everything."""
    cases = sorted((ROOT / "fixtures" / "instruments").glob("*/*.json"))
    result = {
        "bench": "instrument_speed",
        "rounds": ROUNDS,
        "recordings": {f"{path.parent.name}/{path.stem}": recording(path) for path in cases},
        "station_files": stations(),
        "nmea": sentences(),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
