"""Cells of many sizes, and the outlines of search areas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from receiver.geodesy import LocalGrid
from receiver.locator.raster import Box, Surface, grid
from receiver.locator.regions import (
    contains,
    median_point,
    outline,
    outlined,
    regions,
    touches_edge,
)
from receiver.locator.tree import Near, settle


def normal(x_m: float, y_m: float, sd_m: float):  # type: ignore[no-untyped-def]
    def log_likelihood(points: np.ndarray) -> np.ndarray:
        squared = (points[:, 0] - x_m) ** 2 + (points[:, 1] - y_m) ** 2
        return np.asarray(-0.5 * squared / sd_m**2)

    return log_likelihood


PLACES = Near(np.array([[0.0, 0.0], [300.0, 100.0]]), np.array([40.0, 40.0]))
LOCAL = LocalGrid(43.0, 42.0)


@pytest.mark.parametrize("sd_m", [30.0, 300.0, 3000.0])
def test_area_of_a_normal_distribution(sd_m: float) -> None:
    """Its smallest areas are discs: 95 % of it in pi (2.4477 sd)^2."""
    leaves = settle(PLACES, 20_000.0, normal(500.0, -300.0, sd_m))
    found = regions(Surface(leaves), LOCAL)
    for name, radius in (("50", 1.1774), ("75", 1.6651), ("95", 2.4477)):
        assert found[name]["area_m2"] == pytest.approx(math.pi * (radius * sd_m) ** 2, rel=0.03)
    assert median_point(leaves) == pytest.approx((500.0, -300.0), abs=0.02 * sd_m)
    assert not leaves.grown
    assert np.exp(logsumexp(leaves.log_mass)) == pytest.approx(2 * math.pi * sd_m**2, rel=0.02)


def test_cells_cover_everything_within_reach_once() -> None:
    leaves = settle(PLACES, 20_000.0, normal(500.0, -300.0, 50.0))
    rng = np.random.default_rng(1)
    points = rng.uniform(-20_000, 20_000, (500, 2))
    off = np.abs(points[:, None, :] - leaves.points_m[None]) < leaves.side_m[None, :, None] / 2
    assert (off.all(axis=2).sum(axis=1) == 1).all()


def test_small_peak_far_from_the_places_is_not_missed() -> None:
    """A mixture: half of it narrow at the places, half of it wide and 8 km away."""

    def two(points: np.ndarray) -> np.ndarray:
        close, far = normal(0, 0, 40.0)(points), normal(8000, 0, 800.0)(points)
        return np.logaddexp(close - 2 * math.log(40.0), far - 2 * math.log(800.0))

    leaves = settle(PLACES, 20_000.0, two)
    area = regions(Surface(leaves), LOCAL)["95"]["area_m2"]
    assert area > math.pi * (1.5 * 800.0) ** 2
    assert leaves.probability[leaves.points_m[:, 0] > 4000].sum() == pytest.approx(0.5, abs=0.01)


def test_reach_grows_where_mass_is_at_its_edge() -> None:
    leaves = settle(PLACES, 20_000.0, normal(30_000, 0, 2000.0))
    assert leaves.grown
    assert median_point(leaves)[0] == pytest.approx(30_000, abs=300)


def test_flat_map_does_not_grow_for_ever() -> None:
    leaves = settle(PLACES, 20_000.0, lambda p: np.zeros(len(p)))
    assert not leaves.grown
    assert touches_edge(leaves)
    low, high = leaves.points_m.min(), leaves.points_m.max()
    assert -31_000 < low < high < 31_000


def test_narrow_disc_is_not_lost_between_the_cells_of_a_wide_map() -> None:
    """Nine tenths in a disc of 100 m, the rest anywhere within 20 km: both have to be seen."""

    def disc(points: np.ndarray) -> np.ndarray:
        inside = np.hypot(points[:, 0], points[:, 1]) < 100.0
        return np.where(inside, math.log(0.9 / (math.pi * 100.0**2)), math.log(0.1 / 41_000.0**2))

    found = regions(Surface(settle(PLACES, 20_000.0, disc)), LOCAL)
    assert found["75"]["area_m2"] == pytest.approx(math.pi * 100.0**2, rel=0.3)
    assert found["95"]["area_m2"] > 0.3 * 41_000.0**2


def test_picture_holds_what_the_cells_hold() -> None:
    leaves = settle(PLACES, 20_000.0, normal(500.0, -300.0, 60.0))
    picture = grid(Surface(leaves), 128)
    assert picture.probability.sum() + picture.beyond == pytest.approx(1.0)
    assert picture.beyond <= 0.02
    row, column = np.unravel_index(np.argmax(picture.probability), picture.probability.shape)
    assert math.hypot(picture.x_m[column] - 500, picture.y_m[row] + 300) < 10


def test_cells_agree_with_a_dense_grid() -> None:
    """Four peaks of random places and widths: what half planes hold, by brute force."""
    rng = np.random.default_rng(5)
    for _ in range(5):
        peaks = [(*rng.uniform(-900, 900, 2), float(rng.uniform(15, 300))) for _ in range(4)]

        def density(points: np.ndarray, peaks: list[tuple[float, ...]] = peaks) -> np.ndarray:
            each = [normal(x, y, sd)(points) - 2 * math.log(sd) for x, y, sd in peaks]
            return np.asarray(logsumexp(each, axis=0))

        leaves = settle(PLACES, 5_000.0, density)
        axis = np.arange(-2500, 2500, 4.0) + 2.0
        points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
        dense = np.exp(density(points))
        for edge in (-500.0, 0.0, 500.0):
            held = leaves.probability[leaves.points_m[:, 0] < edge].sum()
            assert held == pytest.approx(dense[points[:, 0] < edge].sum() / dense.sum(), abs=0.02)


MASKS = st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=6, max_size=6)


@given(MASKS)
def test_outlines_enclose_exactly_the_cells(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    if not mask.any():
        return
    box = Box(0.0, 0.0, 300.0)
    x_m, y_m = box.axes(6)
    found = outlined(mask, box, LOCAL)
    assert found["area_m2"] == pytest.approx(mask.sum() * 100.0**2)
    for row in range(6):
        for column in range(6):
            lat, lon = LOCAL.to_degrees(x_m[column], y_m[row])
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
