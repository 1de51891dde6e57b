"""Rows saved a second with FULL synchronisation, beside bare SQLite with the same pragmas. JSON.

Both write 64 rows a transaction to the same disk, in turn; `single` commits every row, as a note by
hand does.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from receiver.config import Configuration
from receiver.journal import Journal
from receiver.records import Heard

ROWS, BATCH, ROUNDS = 6400, 64, 5
RAW = bytes(range(60))


def heard(number: int) -> Heard:
    """Return one row."""
    return Heard(source="r", kind="bytes", time=datetime.now(UTC), monotonic_ns=number,
                 boot_id="b", clock_source="system", raw=RAW)  # fmt: skip


def journal_rate(folder: Path, rows: int, batch: int) -> float:
    """Return rows a second into a journal."""
    made = [heard(number) for number in range(rows)]
    with Journal.create(folder / "a.journal", Configuration()) as journal:
        began = time.perf_counter()
        for start in range(0, rows, batch):
            journal.append(made[start : start + batch])
        return rows / (time.perf_counter() - began)


def sqlite_rate(folder: Path, rows: int, batch: int) -> float:
    """Return rows a second into one table without any check."""
    connection = sqlite3.connect(folder / "b.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE heard (time INTEGER, source TEXT, raw BLOB)")
    began = time.perf_counter()
    for start in range(0, rows, batch):
        connection.execute("BEGIN")
        for number in range(start, min(start + batch, rows)):
            connection.execute("INSERT INTO heard VALUES (?, ?, ?)", (number, "r", RAW))
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return rows / took


def main() -> None:
    """Time both in turn."""
    rates: dict[str, list[float]] = {"journal": [], "sqlite": [], "single": [], "sqlite_single": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=".") as name:
            folder = Path(name)
            rates["journal"].append(journal_rate(folder, ROWS, BATCH))
            rates["sqlite"].append(sqlite_rate(folder, ROWS, BATCH))
        with tempfile.TemporaryDirectory(dir=".") as name:
            folder = Path(name)
            rates["single"].append(journal_rate(folder, 300, 1))
            rates["sqlite_single"].append(sqlite_rate(folder, 300, 1))
    pairs = {"batches": ("journal", "sqlite"), "single": ("single", "sqlite_single")}
    result = {
        "bench": "journal_speed",
        "rounds": ROUNDS,
        "rows_a_second_quartiles": {
            name: [round(q) for q in statistics.quantiles(values, n=4)]
            for name, values in rates.items()
        },
        "share_of_bare_sqlite": {
            name: [round(a / b, 2) for a, b in zip(rates[ours], rates[bare], strict=True)]
            for name, (ours, bare) in pairs.items()
        },
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
