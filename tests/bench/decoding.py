"""Packets decoded a second, beside bare `struct.unpack` of the same bytes in the same run. JSON."""

from __future__ import annotations

import json
import statistics
import struct
import sys
import time
from collections.abc import Callable

from protocols import decode

FIX = bytes.fromhex("930ef9636865aba50d1f8e090e031500")  # port 13, a real collar
STATUS = bytes.fromhex("f40e0400a0009a3c7f7f73187255 0000".replace(" ", ""))  # port 4, a real one
REPEATS, ROUNDS = 2000, 7


def rate(call: Callable[[], object]) -> float:
    """Return calls a second."""
    began = time.perf_counter()
    for _ in range(REPEATS):
        call()
    return REPEATS / (time.perf_counter() - began)


def main() -> None:
    """Time two messages and `struct.unpack`, in turn."""
    calls: dict[str, Callable[[], object]] = {
        "struct_unpack": lambda: struct.unpack("<BBIiiH", FIX),
        "short_fix": lambda: decode(FIX, protocol="opencollar-edge", port=13),
        "status": lambda: decode(STATUS, protocol="opencollar-edge", port=4),
    }
    rates: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            rates[name].append(rate(call))
    quartiles = {
        name: [round(q) for q in statistics.quantiles(v, n=4)] for name, v in rates.items()
    }
    median = {name: statistics.median(values) for name, values in rates.items()}
    result = {
        "bench": "decoding",
        "rounds": ROUNDS,
        "packets_a_second_quartiles": quartiles,
        "times_slower_than_struct": {
            name: round(median["struct_unpack"] / median[name], 1)
            for name in ("short_fix", "status")
        },
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
