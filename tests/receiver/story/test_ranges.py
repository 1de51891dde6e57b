"""The kernel home range against scipy's, and against ranges whose area is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from receiver.records import Fix
from receiver.story import ground, ranges
from receiver.story.contacts import DAY_S, Floats

MakeFix = Callable[..., Fix]


def round_points(count: int, sigma_m: float) -> Floats:
    """Return points whose sample covariance is exactly round, as scipy's bandwidth then is."""
    points = np.random.default_rng(7).normal(size=(2, count))
    points -= points.mean(axis=1, keepdims=True)
    points = np.linalg.inv(np.linalg.cholesky(np.cov(points))) @ points
    return np.asarray(sigma_m * points)


def wandering(days: float, tau_days: float, sigma_m: float, hours: float = 3.0) -> Floats:
    """Return an Ornstein-Uhlenbeck track: columns hours, east and north."""
    rng, count = np.random.default_rng(11), int(days * 24 / hours)
    keep = np.exp(-hours / 24 / tau_days)
    steps = rng.normal(size=(count, 2)) * sigma_m * np.sqrt(1 - keep**2)
    place = rng.normal(size=2) * sigma_m
    rows = []
    for i in range(count):
        place = keep * place + steps[i]
        rows.append((hours * i, *place))
    return np.array(rows)


@pytest.mark.parametrize("count", [30, 300])
def test_density_and_areas_are_those_of_scipy(count: int) -> None:
    points = round_points(count, 2000.0)
    h_m = ranges.bandwidth_m(points[0], points[1], count)
    other = gaussian_kde(points, bw_method="scott")
    assert h_m == pytest.approx(np.sqrt(other.covariance[0, 0]))
    x_m, y_m, density, cell_m = ranges.kernel(points[0], points[1], h_m)
    every = other(np.vstack([v.ravel() for v in np.meshgrid(x_m, y_m)])).reshape(density.shape)
    assert np.abs(density - every).max() < 0.02 * every.max()
    for share in (0.5, 0.95):
        mass = np.sort(every.ravel())[::-1]
        cells = int(np.searchsorted(np.cumsum(mass) / mass.sum(), share)) + 1
        assert ranges.area_m2(density, cell_m, share) == pytest.approx(cells * cell_m**2, rel=0.02)


def test_area_of_a_round_normal_range_is_known() -> None:
    """95 % of it lie within 5.991 pi sigma^2; the kernel widens sigma by its bandwidth."""
    points = round_points(20_000, 1000.0)
    h_m = ranges.bandwidth_m(points[0], points[1], 20_000)
    _, _, density, cell_m = ranges.kernel(points[0], points[1], h_m)
    expected = 5.991 * np.pi * (1000.0**2 + h_m**2)
    assert ranges.area_m2(density, cell_m, 0.95) == pytest.approx(expected, rel=0.03)
    expected = 1.386 * np.pi * (1000.0**2 + h_m**2)
    assert ranges.area_m2(density, cell_m, 0.5) == pytest.approx(expected, rel=0.05)


def home_range(fix: MakeFix, track: Floats) -> ranges.HomeRange | None:
    found = ground.track(ground.trusted([fix(*row) for row in track.tolist()]))
    assert found is not None
    return ranges.home_range(found)


def test_close_fixes_are_worth_few_independent_ones(fix: MakeFix) -> None:
    found = home_range(fix, wandering(days=120, tau_days=2.0, sigma_m=2500.0))
    assert found is not None
    assert found.effective == pytest.approx(1 + 120 / 2.0, rel=0.35)
    assert found.area_95_m2 == pytest.approx(5.991 * np.pi * 2500.0**2, rel=0.4)
    assert found.warnings == ()


def test_a_range_watched_too_briefly_is_said(fix: MakeFix) -> None:
    found = home_range(fix, wandering(days=6, tau_days=3.0, sigma_m=2500.0))
    assert found is not None
    assert "may be much larger" in found.warnings[0]


def test_few_places_give_no_range(fix: MakeFix) -> None:
    track = wandering(days=60, tau_days=1.0, sigma_m=500.0)
    assert home_range(fix, track[:9]) is None
    assert home_range(fix, track[:20]) is None  # within three days
    assert np.ptp(track[:20, 0]) * 3600 < 3 * DAY_S


def test_the_same_place_again_and_again_has_a_small_range(fix: MakeFix) -> None:
    found = home_range(fix, np.array([(24.0 * i, 0.0, 0.0) for i in range(30)]))
    assert found is not None
    assert 0 < found.area_95_m2 < 10_000
