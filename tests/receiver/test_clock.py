from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from receiver.clock import SimulatedClock, SystemClock

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_system_clock_is_timezone_aware_and_runs_forward() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.utc.tzinfo is UTC
    assert second.monotonic_ns >= first.monotonic_ns


def test_simulated_clock_starts_where_it_is_told_and_runs_faster() -> None:
    clock = SimulatedClock(START, speed=1000.0)
    began = time.monotonic()
    time.sleep(0.02)
    elapsed = clock.now().utc - START
    ceiling = timedelta(seconds=1000.0 * (time.monotonic() - began) + 1)
    assert timedelta(seconds=20) <= elapsed <= ceiling


def test_simulated_utc_and_monotonic_agree() -> None:
    stamp = SimulatedClock(START, speed=50.0).now()
    assert abs((stamp.utc - START).total_seconds() - stamp.monotonic_ns / 1e9) < 1e-5


def test_waiting_takes_simulated_seconds_and_ends_when_stopped() -> None:
    clock, stop = SimulatedClock(START, speed=1000.0), threading.Event()
    began = time.monotonic()
    assert clock.wait(10.0, stop) is False
    assert time.monotonic() - began < 1.0
    stop.set()
    assert clock.wait(1e6, stop) is True


def test_sleep_stops_the_count_and_not_the_time() -> None:
    clock = SimulatedClock(datetime(2026, 11, 24, tzinfo=UTC))
    before = clock.now()
    clock.sleep(3600.0)
    after = clock.now()
    assert clock.slept_ns() == 3600 * 10**9
    assert 3600 <= (after.utc - before.utc).total_seconds() < 3610
    assert after.monotonic_ns - before.monotonic_ns < 10 * 10**9
    assert SystemClock().slept_ns() >= 0
