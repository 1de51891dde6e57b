"""From a byte on the line to a row on the disk, and what ten sources cost. JSON.

Latency: one source over TCP says a line each 50 ms; a row counts as saved when its transaction is
committed with full synchronisation. Cost: ten sources over TCP say 20 lines a second each, from a
process of their own; ours beside a bare program (`select`, one SQLite table with the same pragmas,
a commit each 50 ms) that takes the same lines in the same run. Nothing may be lost.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import selectors
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `receiver.recording` does

from receiver.address import parse_address
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.derive import Derivation
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.records import Heard

LINES, EVERY_S, ROUNDS = 60, 0.05, 3
SOURCES, SECONDS = 10, 10.0
LINE = b"+EVT:RXP2P:-60:11:930EF9636865ABA50D1F8E090E031500\r\n"
PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")


def latency_ms(folder: Path) -> list[float]:
    """Return for each line how long it took to be committed."""
    server = socket.create_server(("127.0.0.1", 0))
    address = parse_address(f"rak=rak:tcp://127.0.0.1:{server.getsockname()[1]}")
    took = []
    with Journal.create(folder / "a.journal", Configuration()) as journal:
        writer = Writer(journal, sys.stderr.write)
        listening = Listening([address], "A", writer, SystemClock())
        link, _ = server.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(LINES):
            before, began = writer.committed, time.perf_counter()
            link.sendall(LINE)
            while writer.committed == before:
                time.sleep(0.0002)
            took.append((time.perf_counter() - began) * 1e3)
            time.sleep(max(0.0, EVERY_S - took[-1] / 1e3))
        listening.close()
        writer.close()
    server.close()
    return took


def speak(told: Connection) -> None:
    """Serve the sources, each 20 lines a second, until all were asked to stop; in a process."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(SOURCES)]
    told.send([server.getsockname()[1] for server in servers])
    links = [server.accept()[0] for server in servers]
    begin, said = time.monotonic(), 0
    while (now := time.monotonic()) < begin + SECONDS:
        for link in links:
            link.sendall(LINE)
        said += len(links)
        time.sleep(max(0.0, begin + said / len(links) * EVERY_S - now))
    for link in links:
        link.close()
    told.send(said)


def cost(take: Callable[[list[int], Path], int], folder: Path) -> dict[str, Any]:
    """Run one recorder against the sources; return its share of one core, and what it saved."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=speak, args=(theirs,))
    process.start()
    ports = ours.recv()
    cpu, wall = time.process_time(), time.perf_counter()
    saved = take(ports, folder)
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    said = ours.recv()
    process.join()
    return {"cpu_share": round(share, 4), "said": said, "saved": saved}


def ours(ports: list[int], folder: Path) -> int:
    """Record with baksan, and derive what each row says, as a live run does."""
    addresses = [parse_address(f"r{k}=rak:tcp://127.0.0.1:{port}") for k, port in enumerate(ports)]
    with Journal.create(folder / "b.journal", Configuration()) as journal:
        writer = Writer(journal, sys.stderr.write)
        listening = Listening(addresses, "A", writer, SystemClock())
        with Journal.open(folder / "b.journal", readonly=True) as copy:
            derivation, seen = Derivation(Configuration()), -1
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                time.sleep(0.5)
                for row in copy.rows(after=seen):
                    seen = max(seen, row.seq)
                    derivation.add(row)
        listening.close()
        writer.flush(5.0)
        saved = sum(row.raw.count(b"\n") for row in journal.rows() if isinstance(row, Heard))
        writer.close()
        return saved


def bare(ports: list[int], folder: Path) -> int:
    """Take the lines with as little as will do."""
    connection = sqlite3.connect(folder / "c.db", isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute("CREATE TABLE heard (time INTEGER, source INTEGER, raw BLOB)")
    selector, saved = selectors.DefaultSelector(), 0
    for number, port in enumerate(ports):
        link = socket.create_connection(("127.0.0.1", port))
        selector.register(link, selectors.EVENT_READ, number)
    rows: list[tuple[int, int, bytes]] = []
    last = time.monotonic()
    while selector.get_map():
        for key, _ in selector.select(EVERY_S):
            link = key.fileobj  # type: ignore[assignment]
            if raw := link.recv(4096):
                rows.append((time.time_ns(), key.data, raw))
            else:
                selector.unregister(link)
        if rows and time.monotonic() - last >= EVERY_S:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO heard VALUES (?, ?, ?)", rows)
            connection.execute("COMMIT")
            saved += sum(row[2].count(b"\n") for row in rows)
            rows, last = [], time.monotonic()
    connection.close()
    return saved + sum(row[2].count(b"\n") for row in rows)


def main() -> None:
    """Measure both."""
    rounds: list[dict[str, float]] = []
    costs: dict[str, list[dict[str, Any]]] = {"baksan": [], "bare": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            took = sorted(latency_ms(Path(folder)))
            rounds.append({"median": round(statistics.median(took), 2),
                           "p99": round(took[int(0.99 * len(took))], 2),
                           "max": round(took[-1], 2)})  # fmt: skip
            costs["baksan"].append(cost(ours, Path(folder)))
            costs["bare"].append(cost(bare, Path(folder)))
    share = {name: statistics.median(c["cpu_share"] for c in own) for name, own in costs.items()}
    result = {
        "bench": "listening",
        "latency_ms": rounds,
        "ten_sources_20_lines_a_second": costs,
        "times_the_cost_of_the_bare_program": round(share["baksan"] / share["bare"], 2),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
