"""Groups of pulses at one frequency, and their rhythm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.dsp.pulses import Pulse
from receiver.dsp.rhythm import Groups, expected_alarms_h, rhythm


def pulse(time_s: float, frequency_hz: float = 0.0) -> Pulse:
    return Pulse(
        sample=time_s * 1000.0,
        frequency_hz=frequency_hz,
        q=30.0,
        noise=1.0,
        pulse_s=0.02,
        rate_hz=1000.0,
    )


@pytest.mark.parametrize("missed", [(), (3, 7, 8), (1, 2, 3, 11, 15, 16)])
def test_period_with_missed_pulses(missed: tuple[int, ...]) -> None:
    times = [0.4 + 0.87 * n for n in range(20) if n not in missed]
    found = rhythm(times)
    assert found.regular
    assert found.period_s == pytest.approx(0.87, rel=1e-3)
    assert found.jitter == pytest.approx(0.0, abs=1e-6)


def test_jitter_is_a_share_of_the_period() -> None:
    steps = 1.2 + np.random.default_rng(1).normal(0.0, 0.006, 300)
    assert rhythm(np.cumsum(steps).tolist()).jitter == pytest.approx(0.005, rel=0.15)


def test_what_has_no_period_is_irregular() -> None:
    times = np.sort(np.random.default_rng(5).uniform(0.0, 60.0, 60)).tolist()
    assert not rhythm(times).regular
    with pytest.raises(ValueError, match="no rhythm"):
        rhythm([1.0])


@given(times=st.lists(st.floats(0, 1e5), min_size=2, max_size=60))
def test_any_times_have_some_rhythm(times: list[float]) -> None:
    found = rhythm(sorted(times))
    assert np.isfinite(found.period_s)


def test_two_beacons_are_two_groups_that_end() -> None:
    groups, told = Groups(), []
    for second in range(12):
        told += groups.push(
            [pulse(second, 50.0 * second / 12), pulse(second + 0.5, 400.0)], second + 1
        )
    assert {group.number for group in told} == {1, 2}
    assert [group.count for group in told[-2:]] == [12, 12]
    ended = groups.push([], 60.0)
    assert [group.ended for group in ended] == [True, True]
    assert groups.push([], 120.0) == []


def test_single_pulses_are_no_group() -> None:
    groups = Groups()
    assert groups.push([pulse(1.0, 0.0), pulse(2.0, 500.0), pulse(40.0, 0.0)], 41.0) == []
    assert groups.finish() == []


def test_expected_alarms_are_those_of_random_pulses() -> None:
    """Counts the pairs among pulses that come at random, against the formula."""
    rng, rate_h_khz, band_khz, hours = np.random.default_rng(2), 60.0, 300.0, 4.0
    count = rng.poisson(rate_h_khz * band_khz * hours)
    times = np.sort(rng.uniform(0, hours * 3600, count))
    pairs = 0
    frequencies = rng.uniform(0, band_khz * 1000, count)
    for i, time in enumerate(times):
        after = np.flatnonzero((times > time) & (times <= time + 10.0))
        pairs += int((np.abs(frequencies[after] - frequencies[i]) <= 150.0).sum())
    expected = expected_alarms_h(2, rate_h_khz, band_khz, 0.02) * hours
    assert pairs == pytest.approx(expected, rel=0.15)
