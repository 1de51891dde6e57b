"""Phones beside the recording: 1,000 strangers, and a phone that takes nothing. Prints JSON.

    python tests/bench/web.py [STALLED_SECONDS]     (60; the target is of minutes)

A recorder writes a row each 10 ms to a journal through its writer, and ticks each 50 ms, while
1,000 connections are opened from another process: half say nothing, half ask for what they may not
have. Told are the rows lost and how late the ticks were, without the strangers and with them. Then
one phone stops reading its live connection while another one reads: told is how much the resident
memory grew from the first tenth on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.homing.snapshot import Advice, Approach, Machine, Said, Snapshot, Where
from receiver.journal import Journal, Writer
from receiver.records import Entry, Heard
from receiver.ui.web.search import Options
from receiver.ui.web.server import Serving, serve

CONNECTIONS, FLOOD_S, TICK_S, ROW_S = 1000, 10.0, 0.05, 0.01
TEXT = "a line of words as they stand on a screen " * 4


class Search:
    """A search that stands still; its snapshots are as large as real ones."""

    configuration = Configuration()
    clock = SystemClock()

    def snapshot(self) -> Snapshot:
        """Return some 10 kB."""
        said = tuple(Said(text=TEXT, age_s=1.0) for _ in range(50))
        return Snapshot(
            time=self.clock.now().utc,
            collar="Leo",
            collars=("Leo",),
            simulation=True,
            approach=Approach(limit_m=300.0, edge_m=None, must_stop=False),
            advice=Advice(deed="listen"),
            machine=Machine(saved=0, waiting=0, is_stuck=False),
            where=Where(),
            entered=said,
        )

    def snapshot_age_s(self) -> float:
        """Return 0."""
        return 0.0

    def map(self) -> dict[str, Any]:
        """Return an hour's walk."""
        return {"walk": [[43.0, 42.0, 0.5, float(k)] for k in range(3600)]}

    def map_version(self) -> int:
        """Return 1."""
        return 1

    def belief_png(self, number: int, night: bool) -> bytes | None:
        """Return nothing."""

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return nothing."""

    def relief(self, z: int, x: int, y: int, night: bool) -> bytes | None:
        """Return nothing."""

    def entry(self, identity: str) -> Entry | None:
        """Return nothing."""

    def submit(self, entry: Entry) -> bool:
        """Forget it."""
        return True


class Recorder:
    """Writes rows and ticks until it is told to end."""

    def __init__(self, path: Path) -> None:
        self.path, self.late_s, self.written = path, list[float](), 0
        self._stop = threading.Event()
        self._clock = SystemClock()
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._write, self._tick)]
        for thread in self._threads:
            thread.start()

    def _write(self) -> None:
        with Journal.create(self.path, Configuration()) as journal:
            writer = Writer(journal, print_fault)
            while not self._stop.wait(ROW_S):
                now = self._clock.now()
                writer.submit(Heard(source="r", kind="bytes", time=now.utc, boot_id="b",
                                    monotonic_ns=now.monotonic_ns, clock_source="system",
                                    raw=b"\xfe\xfe\xe0\x58\x15\x02\x01\x20\xfd"))  # fmt: skip
                self.written += 1
            writer.close()

    def _tick(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            due += TICK_S
            time.sleep(max(0.0, due - time.monotonic()))
            self.late_s.append(max(0.0, time.monotonic() - due))
            due = max(due, time.monotonic() - TICK_S)

    def end(self) -> dict[str, Any]:
        """Return what was lost and how late the ticks were."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with Journal.open(self.path, readonly=True) as journal:
            there = sum(isinstance(row, Heard) for row in journal.rows())
        late = sorted(self.late_s)
        return {"rows": self.written, "lost": self.written - there,
                "tick_late_ms_p99": round(1e3 * late[int(0.99 * (len(late) - 1))], 1),
                "tick_late_ms_max": round(1e3 * late[-1], 1)}  # fmt: skip


def flood(port: int, seconds: float, opened: Any) -> None:
    """Hold connections open, each new when it was hung up on; in a process of its own."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    asking = f"GET /state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    links: dict[int, socket.socket] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for k in range(CONNECTIONS):
            if time.monotonic() > end:
                return
            try:
                if k not in links:
                    own = f"127.0.{1 + k // 250}.{1 + k % 250}", 0
                    links[k] = socket.create_connection(("127.0.0.1", port), 0.2, own)
                    links[k].setblocking(False)
                    opened.value += 1
                if is_gone(links[k], asking if k % 2 else b""):
                    links.pop(k).close()
            except OSError:
                if k in links:
                    links.pop(k).close()


def is_gone(link: socket.socket, asking: bytes) -> bool:
    """Ask, or only look; tell whether the other side has hung up."""
    if asking:
        link.sendall(asking)
    try:
        return not link.recv(4096)
    except BlockingIOError:
        return False


def strangers(serving: Serving, folder: Path) -> dict[str, Any]:
    """Measure the recorder without strangers, then with a thousand."""
    told = {}
    port = int(serving.url.rpartition(":")[2])
    for name, seconds in (("alone", 0.0), ("with_1000_connections", FLOOD_S)):
        recorder = Recorder(folder / f"{name}.journal")
        context = multiprocessing.get_context("spawn")
        opened = context.Value("i", 0)
        process = context.Process(target=flood, args=(port, seconds, opened))
        process.start()
        with closing(paired(serving)) as phone, live(serving, phone) as socket_of:
            end, frames = time.monotonic() + FLOOD_S, 0
            while time.monotonic() < end:
                socket_of.recv(timeout=10)
                frames += 1
        process.join()
        told[name] = {**recorder.end(), "connections_made": opened.value,
                      "frames_a_second": round(frames / FLOOD_S, 2)}  # fmt: skip
    return told


def print_fault(text: str) -> None:
    """Tell of what should not happen."""
    sys.stderr.write(f"{text}\n")


def paired(serving: Serving) -> httpx.Client:
    """Return a phone's client with its cookie."""
    phone = httpx.Client(base_url=serving.url, headers={"X-Baksan": "1"})
    token = serving.invite("operator").partition("#")[2]
    phone.post("/pair", json={"token": token}).raise_for_status()
    return phone


def live(serving: Serving, phone: httpx.Client) -> ClientConnection:
    """Open a live connection."""
    token = phone.get("/state").json()["live_token"]
    cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    return connect(serving.url.replace("http", "ws", 1) + "/live", compression=None, max_queue=1,
                   subprotocols=[Subprotocol("baksan"), Subprotocol(token)],
                   additional_headers={"Cookie": cookies}, ping_interval=None)  # fmt: skip


def stall(port: int, cookies: str, token: str, seconds: float) -> None:
    """Open a live connection by hand and never read it; in a process of its own."""
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Protocol: baksan, {token}\r\nCookie: {cookies}\r\n\r\n".encode()
    )
    time.sleep(seconds)


def stalled(serving: Serving, seconds: float) -> dict[str, Any]:
    """Measure memory while phones that take nothing connect again and again, and one reads."""
    port = int(serving.url.rpartition(":")[2])
    context, resident = multiprocessing.get_context("spawn"), list[float]()
    with ExitStack() as stack:
        quick, slow = (stack.enter_context(closing(paired(serving))) for _ in range(2))
        reading = stack.enter_context(live(serving, quick))
        cookies = "; ".join(f"{name}={value}" for name, value in slow.cookies.items())
        begun, frames, process = time.monotonic(), 0, None
        while time.monotonic() - begun < seconds:
            if process is None or not process.is_alive():
                token = slow.get("/state").json()["live_token"]
                process = context.Process(target=stall, args=(port, cookies, token, seconds / 2))
                process.start()
            reading.recv(timeout=10)
            frames += 1
            resident.append(resident_mb())
        if process is not None:
            process.terminate()
            process.join()
    warm = resident[len(resident) // 10]
    return {"seconds": seconds, "frames_of_the_other": frames, "resident_mb": round(warm, 1),
            "grown_mb": round(max(resident) - warm, 2)}  # fmt: skip


def resident_mb() -> float:
    """Return this process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Measure both."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        serving = stack.enter_context(serve(Search(), Options(port=0)))
        result = {
            "bench": "web",
            **strangers(serving, folder),
            "stalled": stalled(serving, seconds),
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
