"""Start-up of the command against bare Python, in one run. Prints JSON.

Every pair is timed in turn (A B A B ...), so that a drift of the machine's speed hits both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
PACKET = "930ef9636865aba50d1f8e090e031500"


def seconds(command: list[str]) -> float:
    """Run a command and return how long the whole process took."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def quartiles_ms(values: list[float]) -> list[float]:
    """Return the quartiles in milliseconds."""
    return [round(1000 * value, 1) for value in statistics.quantiles(values, n=4)]


def main() -> None:
    """Time help and one decode beside a Python that does nothing."""
    baksan = str(Path(sys.executable).with_name("baksan"))
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "help": [baksan, "--help"],
        "decode": [baksan, "decode", PACKET, "--protocol", "opencollar-edge", "--port", "13"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(RUNS + 1):
        for name, command in commands.items():
            took = seconds(command)
            if run:  # the first round warms the file cache
                times[name].append(took)
    over = {
        name: quartiles_ms([t - p for t, p in zip(times[name], times["python"], strict=True)])
        for name in ("help", "decode")
    }
    result = {
        "bench": "startup",
        "runs": RUNS,
        "quartiles_ms": {name: quartiles_ms(values) for name, values in times.items()},
        "over_bare_python_quartiles_ms": over,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
