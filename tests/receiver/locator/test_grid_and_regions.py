"""The grid that zooms, and the outlines of search areas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.geodesy import LocalGrid
from receiver.locator.grid import Box, evaluate, zoom
from receiver.locator.regions import contains, densest, median_point, outline, region, regions


def normal(x_m: float, y_m: float, sd_m: float):  # type: ignore[no-untyped-def]
    def log_likelihood(points: np.ndarray) -> np.ndarray:
        squared = (points[:, 0] - x_m) ** 2 + (points[:, 1] - y_m) ** 2
        return np.asarray(-0.5 * squared / sd_m**2)

    return log_likelihood


@pytest.mark.parametrize("sd_m", [30.0, 300.0, 3000.0])
def test_area_of_a_normal_distribution(sd_m: float) -> None:
    """Its smallest areas are discs: 95 % of it in pi (2.4477 sd)^2."""
    near, start = Box(0, 0, 400.0), Box(0, 0, 20_400.0)
    zoomed = zoom(start, near, 256, normal(500.0, -300.0, sd_m))
    found = regions(zoomed.grid, LocalGrid(43.0, 42.0))
    for name, radius in (("50", 1.1774), ("75", 1.6651), ("95", 2.4477)):
        assert found[name]["area_m2"] == pytest.approx(math.pi * (radius * sd_m) ** 2, rel=0.05)
    assert median_point(zoomed.grid) == pytest.approx((500.0, -300.0), abs=0.1 * sd_m)
    assert not zoomed.grown
    assert zoomed.grid.probability.sum() + zoomed.grid.beyond == pytest.approx(1.0)
    assert zoomed.grid.beyond <= 0.02


def test_small_peak_far_from_the_places_is_not_missed() -> None:
    """A mixture: half of it narrow at the places, half of it wide and 8 km away."""

    def two(points: np.ndarray) -> np.ndarray:
        close, far = normal(0, 0, 40.0)(points), normal(8000, 0, 800.0)(points)
        return np.logaddexp(close - 2 * math.log(40.0), far - 2 * math.log(800.0))

    zoomed = zoom(Box(0, 0, 20_400.0), Box(0, 0, 400.0), 256, two)
    area = regions(zoomed.grid, LocalGrid(43.0, 42.0))["95"]["area_m2"]
    assert area > math.pi * (1.5 * 800.0) ** 2


def test_box_grows_where_mass_is_at_its_edge() -> None:
    zoomed = zoom(Box(0, 0, 20_000.0), Box(0, 0, 500.0), 96, normal(30_000, 0, 2000.0))
    assert zoomed.grown
    assert zoomed.wide.x_m[-1] > 30_000
    assert median_point(zoomed.grid)[0] == pytest.approx(30_000, abs=300)


def test_flat_map_does_not_grow_for_ever() -> None:
    zoomed = zoom(Box(0, 0, 20_000.0), Box(0, 0, 500.0), 96, lambda p: np.zeros(len(p)))
    assert not zoomed.grown
    assert zoomed.wide.x_m[-1] < 21_000


def test_narrow_disc_is_not_lost_between_the_cells_of_a_wide_map() -> None:
    """Nine tenths in a disc of 100 m, the rest anywhere within 20 km: both have to be seen."""

    def disc(points: np.ndarray) -> np.ndarray:
        inside = np.hypot(points[:, 0], points[:, 1]) < 100.0
        return np.where(inside, math.log(0.9 / (math.pi * 100.0**2)), math.log(0.1 / 41_000.0**2))

    zoomed = zoom(Box(0, 0, 20_300.0), Box(0, 0, 300.0), 256, disc)
    found = regions(zoomed.grid, LocalGrid(43.0, 42.0))
    assert found["75"]["area_m2"] < 20 * math.pi * 100.0**2
    assert found["95"]["area_m2"] > 0.3 * 41_000.0**2
    points, log_areas = zoomed.quadrature()
    assert np.exp(disc(points) + log_areas).sum() == pytest.approx(1.0, abs=0.02)


MASKS = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=6, max_size=6)


@given(MASKS)
def test_outlines_enclose_exactly_the_cells(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    if not mask.any():
        return
    grid = evaluate(Box(0.0, 0.0, 300.0), 6, lambda p: np.zeros(len(p)))
    local = LocalGrid(43.0, 42.0)
    found = region(mask, grid, local)
    assert found["area_m2"] == pytest.approx(mask.sum() * 100.0**2)
    for row in range(6):
        for column in range(6):
            lat, lon = local.to_degrees(grid.x_m[column], grid.y_m[row])
            assert contains(found["geometry"], float(lat), float(lon)) == mask[row, column]


@given(MASKS)
def test_rings_are_closed_turn_as_geojson_wants_and_have_the_cells_area(
    rows: list[list[bool]],
) -> None:
    mask = np.array(rows)
    total = 0.0
    for rings in outline(mask):
        for number, ring in enumerate(rings):
            x, y = np.array(ring, dtype=float).T
            signed = float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
            assert (signed > 0) == (number == 0)
            total += signed
    assert total == pytest.approx(mask.sum())


def test_fewest_cells_hold_the_share() -> None:
    probability = np.array([[0.4, 0.3], [0.2, 0.1]])
    assert densest(probability, 0.5).sum() == 2
    assert densest(probability, 0.95).sum() == 4
    assert densest(np.full((2, 2), 0.25), 0.5).sum() == 2
