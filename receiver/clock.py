"""Time. The one place that reads it: a clock is made at the edge and passed in.

Every stamp carries UTC for people and files, and a monotonic count that no clock setting can
turn back. A simulated clock runs the same code in seconds instead of an hour.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """One instant: `utc` (timezone-aware) and `monotonic_ns` since this boot."""

    utc: datetime
    monotonic_ns: int


class Clock(Protocol):
    """What the rest of the program knows of time."""

    source: str
    boot_id: str
    speed: float

    def now(self) -> Stamp:
        """Return this instant."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait `seconds` of this clock or until `stop` is set; return whether it is set."""
        ...

    def slept_ns(self) -> int:
        """Return how long the computer has slept since it was started; `monotonic_ns` stood."""
        ...


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"


class SystemClock:
    """The computer's clock."""

    source = "system"
    speed = 1.0

    def __init__(self) -> None:
        self.boot_id = _boot_id()

    def now(self) -> Stamp:
        """Return this instant."""
        return Stamp(utc=datetime.now(UTC), monotonic_ns=time.monotonic_ns())

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait `seconds` or until `stop` is set; return whether it is set."""
        return stop.wait(seconds)

    def slept_ns(self) -> int:
        """Return how long the computer has slept since it was started (0 where nobody knows)."""
        boottime = getattr(time, "CLOCK_BOOTTIME", None)  # Linux: goes on while it sleeps
        if boottime is None:
            return 0
        slept_ns = time.clock_gettime_ns(boottime) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        return max(slept_ns, 0)


class SimulatedClock:
    """A clock that starts at `start` (UTC) and runs `speed` times as fast as the computer's."""

    source = "simulated"

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self.boot_id = "simulated"
        self.speed = speed
        self._start = start
        self._origin_ns = time.monotonic_ns()
        self._slept_ns = 0

    def now(self) -> Stamp:
        """Return this simulated instant."""
        elapsed_ns = int((time.monotonic_ns() - self._origin_ns) * self.speed)
        passed_us = (elapsed_ns + self._slept_ns) / 1000
        return Stamp(utc=self._start + timedelta(microseconds=passed_us), monotonic_ns=elapsed_ns)

    def sleep(self, seconds: float) -> None:
        """Let the computer sleep: the time goes on, its monotonic count does not."""
        self._slept_ns += round(seconds * 1e9)

    def slept_ns(self) -> int:
        """Return how long the simulated computer has slept."""
        return self._slept_ns

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait `seconds` of simulated time or until `stop` is set; return whether it is set."""
        return stop.wait(seconds / self.speed)
