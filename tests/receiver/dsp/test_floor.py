"""The noise floor: its medians, gain steps, carriers, impulses."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.floor import Floor, median_of_nine


def exponential(rows: int, bins: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=(rows, bins)).astype(np.float32)


def test_network_gives_the_median() -> None:
    rows = exponential(9, 5000)
    np.testing.assert_array_equal(median_of_nine(rows), np.median(rows, axis=0))


def test_floor_is_the_mean_of_noise() -> None:
    floor = Floor()
    for seed in range(8):
        floor.update(3.0 * exponential(96, 3000, seed), 4)
    assert np.mean(floor.level) == pytest.approx(3.0, rel=0.05)
    assert np.std(floor.level) < 0.5


@pytest.mark.parametrize("step", [0.01, 0.3, 5.0, 100.0])
def test_a_turned_gain_is_followed_at_once(step: float) -> None:
    floor = Floor()
    floor.update(exponential(96, 3000, 1), 4)
    floor.update(step * exponential(96, 3000, 2), 4)
    assert np.mean(floor.level) == pytest.approx(step, rel=0.1)


def test_a_carrier_is_told_from_noise_and_from_pulses() -> None:
    floor = Floor()
    for seed in range(6):
        power = exponential(96, 3000, seed)
        power[:, 700] += 30.0
        power[40:44, 1500] += 500.0
        floor.update(power, 4)
    assert floor.carrier[700] > 5.0
    assert floor.carrier[1500] == 0.0
    assert np.count_nonzero(floor.carrier) < 10
    assert floor.level[700] == pytest.approx(1.0, rel=0.4)


def test_an_impulse_over_the_whole_band_is_measured() -> None:
    floor, power = Floor(), exponential(96, 3000)
    floor.update(power, 4)
    power[10] *= 20.0
    bursts = floor.bursts(power)
    assert bursts[10] == pytest.approx(20.0, rel=0.3)
    assert np.count_nonzero(bursts > 1.0) == 1
