"""Listening for minutes on real `rigctld -m 1` and gpsd with gpsfake: memory, and readings lost.

    python tests/bench/soak.py [SECONDS]     (60; the issue's figure is of 600)

Both servers are reached through relays that count the bytes which they pass on; the journal must
hold every one of them. Memory is the resident set of `baksan listen`. Prints JSON.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from receiver.journal import Journal
from receiver.records import Gap, Heard
from receiver.simulator import gps

BAKSAN = str(Path(sys.executable).with_name("baksan"))
LOOK_S, WARM_SHARE = 2.0, 0.1


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Relay:
    """Passes bytes on between one client and a server, and counts what the server says."""

    def __init__(self, server_port: int) -> None:
        self.passed = 0
        self.stopped = threading.Event()
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        """Accept one client after the other."""
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.server_port))
            threading.Thread(target=self.pump, args=(client, server, False), daemon=True).start()
            self.pump(server, client, True)

    def pump(self, source: socket.socket, sink: socket.socket, count: bool) -> None:
        """Pass on until one side closes."""
        with suppress(OSError):
            while (data := source.recv(65536)) and not self.stopped.is_set():
                sink.sendall(data)
                self.passed += len(data) if count else 0


def resident_kb(pid: int) -> int:
    """Return the resident set of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def track(path: Path, seconds: int) -> None:
    """Write a log of NMEA sentences for gpsfake."""
    begin = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with path.open("wb") as file:
        for i in range(seconds):
            file.write(gps.sentences(43.35 + 1e-5 * (i % 500), 42.44, begin + timedelta(seconds=i)))


def listen(folder: Path, relays: dict[str, Relay], seconds: float) -> tuple[list[int], str]:
    """Run `baksan listen`; return its memory now and then, and what it told."""
    sheet = "[collars.soak]\nfrequency_hz = 145000000\npulses_per_minute = { normal = 60 }\n"
    (folder / "baksan.toml").write_text(sheet)
    sources = [f"{name}:tcp://127.0.0.1:{relay.port}" for name, relay in relays.items()]
    sources[0] += "?curve=hamlib&poll_s=0.1"
    process = subprocess.Popen(
        [BAKSAN, "listen", *sources, "--journal", str(folder / "soak.journal")],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    memory, end = [], time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        time.sleep(LOOK_S)
        memory.append(resident_kb(process.pid))
    for relay in relays.values():  # what is passed on now will be read before the end
        relay.stopped.set()
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    return memory, told


def main() -> None:
    """Start the servers, listen, count."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    programs = [
        shutil.which(p) or shutil.which(p, path="/usr/sbin") for p in ("rigctld", "gpsfake")
    ]
    if None in programs:
        sys.stdout.write('{"bench": "soak", "skipped": "rigctld or gpsfake is not installed"}\n')
        return
    rig_port, gps_port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        track(folder / "walk.nmea", 300)
        servers = [
            subprocess.Popen([programs[0], "-m", "1", "-T", "127.0.0.1", "-t", str(rig_port)]),
            subprocess.Popen(["timeout", str(seconds + 60), programs[1], "-q", "-c", "0.5", "-P",
                              str(gps_port), str(folder / "walk.nmea")],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        ]  # fmt: skip
        time.sleep(3.0)
        relays = {"rigctld": Relay(rig_port), "gpsd": Relay(gps_port)}
        try:
            memory, told = listen(folder, relays, seconds)
        finally:
            for server in servers:
                server.terminate()
        with Journal.open(folder / "soak.journal", readonly=True) as journal:
            rows = list(journal.rows())
    saved = {name: sum(len(r.raw) for r in rows if isinstance(r, Heard) and r.source == name)
             for name in relays}  # fmt: skip
    warm = memory[int(len(memory) * WARM_SHARE)]
    result = {
        "bench": "soak", "seconds": seconds,
        "rows": sum(isinstance(row, Heard) for row in rows),
        "gaps": sum(isinstance(row, Gap) for row in rows),
        "bytes_sent": {name: relay.passed for name, relay in relays.items()},
        "bytes_saved": saved,
        "memory_mb": {"at_a_tenth": round(warm / 1024, 1), "end": round(memory[-1] / 1024, 1),
                      "most": round(max(memory) / 1024, 1)},
        "growth_mb": round((memory[-1] - warm) / 1024, 2),
        "each_tenth_mb": [round(memory[i * len(memory) // 10] / 1024, 1) for i in range(10)],
        "last_word": told.strip().splitlines()[-1] if told.strip() else "",
    }  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
