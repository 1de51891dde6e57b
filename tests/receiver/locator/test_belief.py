"""What is carried from one half hour to the next: against plain sums and dense matrices."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from receiver.locator.belief import Belief, carried, power
from receiver.locator.movement import spread_m
from receiver.locator.radio import SCALED_AT_DB, RadioData, correlation, distances_db
from receiver.locator.settings import LocatorConfig
from receiver.locator.tree import Leaves

CONFIG = LocatorConfig()
LEVELS = RadioData(
    x_m=np.array([0.0, 60.0, 130.0, 200.0]), y_m=np.array([0.0, 35.0, -20.0, 90.0]),
    level_db=np.array([-92.0, -88.0, -97.0, -103.0]), group=np.array([0, 1, 0, 1]),
    group_mean_db=np.array([-95.0, -95.0]),
    group_covariance_db2=np.array([[360.0, 324.0], [324.0, 724.0]]),
    ranked=np.zeros(4, dtype=bool), labels=("dBm\tA\t\t", "dBm\tA\tno antenna\t"),
)  # fmt: skip


def belief(points: list[tuple[float, float, float, float]], radio: RadioData = LEVELS) -> Belief:
    """Return a belief of cells (x, y, side, log density)."""
    x, y, side, density = np.array(points).T
    return Belief(
        time_s=0.0, leaves=Leaves(np.column_stack([x, y]), side, density), off_probability=0.0,
        was_heard=True, radio=radio, power_before=None,
    )  # fmt: skip


CELLS = [(0.0, 0.0, 50.0, 0.0), (400.0, 100.0, 100.0, -1.0), (-900.0, 700.0, 200.0, -3.0)]


@pytest.mark.parametrize("hours", [0.5, 3.0, 24.0])
def test_what_was_believed_spreads_as_the_animal_may_have_gone(hours: float) -> None:
    """Its mass stays one, and its spread is that of the cells and of the way gone."""
    known = belief(CELLS)
    gone_m = float(spread_m(np.array([hours * 3600.0]))[0])
    step = gone_m / 25.0
    axis = np.arange(-9 * gone_m - 1500, 9 * gone_m + 1500, step)
    points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
    density = np.exp(carried(known, hours * 3600.0, CONFIG)(points)) * step**2
    assert density.sum() == pytest.approx(1.0, abs=2e-3)
    middle = density @ points
    p, cells = known.leaves.probability, known.leaves.points_m
    np.testing.assert_allclose(middle, p @ cells, atol=0.1 * gone_m)
    away = (density * ((points - middle) ** 2).sum(axis=1)).sum()
    within = (p * ((cells - p @ cells) ** 2).sum(axis=1)).sum()
    # Two in a hundred go three times as far: (0.98 + 0.02 * 9) of the square.
    assert away == pytest.approx(within + 1.16 * gone_m**2, rel=0.1)


def test_collar_that_lies_still_stays() -> None:
    known, still = belief(CELLS), LocatorConfig(movement="still")
    at = carried(known, 86_400.0, still)(known.leaves.points_m)
    assert np.argmax(at) == 0
    far = carried(known, 86_400.0, still)(np.array([[300.0, -300.0]]))
    assert far[0] < at[0] - 15


def test_power_and_exponent_are_those_of_generalised_least_squares() -> None:
    """For one cell: the posterior mean by conditioning a dense normal distribution."""
    known = power(belief([(40.0, 80.0, 10.0, 0.0)]), CONFIG)
    assert known is not None
    log_d = distances_db(np.array([[40.0, 80.0]]), LEVELS.x_m, LEVELS.y_m, 10.0)[0]
    own = np.diag([36.0, 400.0])[np.ix_(LEVELS.group, LEVELS.group)]
    noise = SCALED_AT_DB**2 * correlation(LEVELS.x_m, LEVELS.y_m, CONFIG.shadowing[1]) + own
    design = np.column_stack([np.ones(4), -log_d])
    prior = np.diag([324.0, CONFIG.exponent_sd**2])
    total = design @ prior @ design.T + noise
    gain = prior @ design.T @ np.linalg.inv(total)
    mean = np.array([-95.0, CONFIG.exponent])
    mean = mean + gain @ (LEVELS.level_db - design @ mean)
    spread = prior - gain @ design @ prior
    assert known.mean_db == pytest.approx(mean[0], abs=1e-6)
    assert known.exponent == pytest.approx(mean[1], abs=1e-6)
    assert known.sd_db == pytest.approx(math.sqrt(spread[0, 0]), abs=1e-6)
    assert known.exponent_sd == pytest.approx(math.sqrt(spread[1, 1]), abs=1e-6)


def test_power_of_two_scales_or_of_counts_is_not_carried() -> None:
    mixed = replace(LEVELS, labels=("dBm\tA\t\t", "hand\tA\t\t"))
    counts = replace(LEVELS, ranked=np.ones(4, dtype=bool))
    assert power(belief(CELLS, mixed), CONFIG) is None
    assert power(belief(CELLS, counts), CONFIG) is None
