"""The count of samples as a clock: jitter, drift, samples that were lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from receiver.clock import Stamp
from receiver.samples.audit import SampleClock

START = datetime(2026, 11, 27, tzinfo=UTC)
RATE_HZ, PIECE = 250_000.0, 25_000


def stamp(seconds: float) -> Stamp:
    return Stamp(utc=START + timedelta(seconds=seconds), monotonic_ns=round(seconds * 1e9) + 10**12)


def run(
    clock: SampleClock, pieces: int, begin_s: float = 0.0, drift: float = 0.0, seed: int = 1
) -> list[float]:
    """Feed pieces of a tenth of a second; each arrives up to 60 ms late."""
    late = np.random.default_rng(seed).exponential(0.01, pieces).clip(0, 0.06)
    step_s = PIECE / RATE_HZ * (1 + drift)
    return [clock.add(PIECE, stamp(begin_s + (n + 1) * step_s + late[n])) for n in range(pieces)]


def test_times_are_those_of_the_samples_not_of_their_arrival() -> None:
    clock = SampleClock(RATE_HZ)
    assert sum(run(clock, 200)) == 0.0
    made = clock.made_at(10.0 * RATE_HZ)
    assert (made.utc - START).total_seconds() == pytest.approx(10.0, abs=0.005)
    assert made.monotonic_ns / 1e9 == pytest.approx(1010.0, abs=0.005)
    assert 0.0 < clock.uncertainty_s < 0.07


@pytest.mark.parametrize("drift", [1e-4, -1e-4])
def test_a_crystal_that_drifts_loses_nothing(drift: float) -> None:
    clock = SampleClock(RATE_HZ)
    run(clock, 3000, drift=drift)
    assert clock.lost_samples == 0
    made = clock.made_at(3000 * PIECE)
    assert (made.utc - START).total_seconds() == pytest.approx(300.0 * (1 + drift), abs=0.01)


@pytest.mark.parametrize("hole_s", [0.05, 0.4, 7.0])
def test_lost_samples_are_noticed_and_the_clock_goes_on(hole_s: float) -> None:
    clock = SampleClock(RATE_HZ)
    run(clock, 100)
    missing = sum(run(clock, 100, 10.0 + hole_s, seed=2))
    assert missing == pytest.approx(hole_s, abs=0.01)
    assert clock.lost_samples == pytest.approx(hole_s * RATE_HZ, rel=0.25)
    made = clock.made_at(clock.count)
    assert (made.utc - START).total_seconds() == pytest.approx(20.0 + hole_s, abs=0.01)


def test_a_program_that_was_kept_waiting_loses_nothing() -> None:
    clock = SampleClock(RATE_HZ)
    run(clock, 50)
    for _ in range(20):  # two seconds, all at once and late
        clock.add(PIECE, stamp(7.2))
    run(clock, 60, 7.0, seed=3)
    assert clock.lost_samples == 0


def test_no_sample_has_no_time() -> None:
    with pytest.raises(ValueError, match="no sample"):
        SampleClock(RATE_HZ).made_at(0)
