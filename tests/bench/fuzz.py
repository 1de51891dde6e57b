"""Random and spoilt packets for every format: a Packet or a DecodeError, soon and in 64 MB.

    python tests/bench/fuzz.py [--inputs 1000000] [--seed 5000] [FORMAT ...]

Half of the inputs are random bytes, half are recorded packets with bits flipped, pieces cut out,
repeated or put in from elsewhere; ports, keys and times of reception are random, too. Each has 50
ms of the processor (the quickest of three where the first was slower) and 64 MB more memory than
before. What is decoded is built again, and must be the same bytes. The report is JSON; the program
ends with 1 if a rule was broken.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from protocols import PROTOCOLS, DecodeError, Packet, Protocol, Reception, decode, explain, find

PACKETS = Path(__file__).resolve().parents[2] / "fixtures" / "packets"
LONGEST_S, MOST_BYTES = 0.05, 64 << 20
HEARD = datetime(2026, 11, 28, tzinfo=UTC)
KEY = "000102030405060708090A0B0C0D0E0F"
KEYS = {"nwk_skey": KEY, "app_skey": KEY, "app_key": KEY}
Input = dict[str, Any]


def seeds(protocol: Protocol) -> list[tuple[bytes, int | None]]:
    """Return the recorded packets of a format, and their ports."""
    cases = sorted((PACKETS / protocol.name).glob("*.hex"))
    return [
        (bytes.fromhex(case.read_text()), json.loads(case.with_suffix(".json").read_text())["port"])
        for case in cases
    ]


def inputs(protocol: Protocol, count: int, dice: random.Random) -> Iterator[Input]:
    """Yield what to decode: bytes, port, time and keys."""
    recorded = seeds(protocol)
    ports = [port for _, port in recorded] or [None]
    for _ in range(count):
        if recorded and dice.random() < 0.5:
            data, port = dice.choice(recorded)
            data = spoilt(data, dice.choice(recorded)[0], dice)
        else:
            data = dice.randbytes(int(dice.paretovariate(0.7)) % 600)
            port = dice.choice([*ports, None, dice.randrange(256)])
        yield {
            "data": data,
            "port": port,
            "received": dice.choice([None, HEARD]),
            "context": dice.choice([{}, {"keys": KEYS}]),
        }


def spoilt(data: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return a packet with a few faults."""
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(data) + 1)
        end = min(len(data), place + dice.randrange(1, 9))
        kind = dice.randrange(6)
        if kind == 0:
            data = data[:place]
        elif kind == 1:
            data = data[:place] + data[end:]
        elif kind == 2:
            data = data[:place] + data[place:end] * dice.randrange(2, 9) + data[end:]
        elif kind == 3:
            data = data[:place] + other[place:end] + data[end:]
        elif kind == 4 and place < len(data):
            data = data[:place] + bytes([dice.choice((0, 1, 127, 128, 255))]) + data[place + 1 :]
        elif place < len(data):
            data = data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1 :]
    return data


def fault_of(protocol: Protocol, one: Input) -> str | None:
    """Return the rule that an input breaks, None for none; DecodeError is no fault."""
    data, rest = one["data"], {key: one[key] for key in ("port", "received", "context")}
    try:
        packets = decode(data, protocol=protocol.name, **rest)
    except DecodeError:
        return None
    if not packets or not all(isinstance(packet, Packet) for packet in packets):
        return "no packet, and no error either"
    for packet in packets:
        if packet.latitude_deg is not None and not abs(packet.latitude_deg) <= 90:
            return "a latitude that is none"
        if packet.longitude_deg is not None and not abs(packet.longitude_deg) <= 180:
            return "a longitude that is none"
    if protocol.build(protocol.parse(data, Reception(**rest))) != data:
        return "it is built back to other bytes"
    outer = explain(data, protocol=protocol.name, **rest)[0]
    if sum(field.bits for field in outer.fields) != 8 * len(data):
        return "its fields do not cover its bits"
    return None


def tried(protocol: Protocol, one: Input) -> tuple[str | None, float]:
    """Return the rule that an input breaks, and the seconds that it took."""
    took = []
    for _ in range(3):
        began = time.thread_time()
        try:
            fault = fault_of(protocol, one)
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
        took.append(time.thread_time() - began)
        if fault or took[-1] < LONGEST_S:
            break
    return fault or ("too slow" if min(took) > LONGEST_S else None), min(took)


def report_of(protocol: Protocol, count: int, seed: int) -> dict[str, Any]:
    """Try a format; what broke is told by its first example."""
    dice = random.Random(f"{seed} {protocol.name}")
    faults: Counter[str] = Counter()
    examples: dict[str, str] = {}
    slowest_s = 0.0
    for one in inputs(protocol, count, dice):
        fault, took_s = tried(protocol, one)
        slowest_s = max(slowest_s, took_s)
        if fault:
            faults[fault] += 1
            examples.setdefault(fault, f"{one['data'].hex()} port {one['port']}")
    return {"inputs": count, "slowest_ms": round(slowest_s * 1e3, 2), "faults": dict(faults),
            **({"examples": examples} if examples else {})}  # fmt: skip


def limit_memory() -> None:
    """Let the process have 64 MB more than it has: whoever wants more gets a MemoryError."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, resource.RLIM_INFINITY))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("formats", nargs="*")
    options.add_argument("--inputs", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=5000)
    given = options.parse_args()
    chosen = [find(name) for name in given.formats] or list(PROTOCOLS)
    limit_memory()
    report = {one.name: report_of(one, given.inputs, given.seed) for one in chosen}
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    sys.exit(1 if any(one["faults"] for one in report.values()) else 0)


if __name__ == "__main__":
    main()
