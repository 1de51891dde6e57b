"""The factor of levels against brute force: dense covariances, and sums over everything unknown."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from receiver.locator.radio import (
    SCALED_AT_DB,
    RadioData,
    antenna_gain_db,
    covariance,
    design,
    distances_db,
    radio,
    variants,
)
from receiver.locator.settings import SHADOWING, LocatorConfig

POINTS = np.array([[0.0, 0.0], [120.0, -40.0], [400.0, 300.0], [-90.0, 250.0]])
UNTEMPERED = LocatorConfig(temper=1.0, sparse_share=1.0)


def levels(groups: int = 1) -> RadioData:
    return RadioData(
        x_m=np.array([0.0, 60.0, 130.0, 200.0, 40.0]),
        y_m=np.array([0.0, 35.0, -20.0, 90.0, 160.0]),
        level_db=np.array([-92.0, -88.0, -97.0, -103.0, -99.0]),
        group=np.arange(5) % groups,
        group_mean_db=np.array([-95.0, -2.0])[:groups],
        group_covariance_db2=np.array([[360.0, 324.0], [324.0, 360.0]])[:groups, :groups],
    )


def summed(data: RadioData, point: np.ndarray, config: LocatorConfig) -> float:
    """Return log p by dense normal densities: every unknown put into the covariance of levels."""
    log_d = distances_db(point[None], data.x_m, data.y_m, config.place_error_m)[0]
    dx, dy = data.x_m - point[0], data.y_m - point[1]
    turn = np.arctan2(dx, dy)
    near = np.sqrt(dx**2 + dy**2) / np.sqrt(dx**2 + dy**2 + config.place_error_m**2)
    found = []
    for shape, spread, sector in itertools.product(
        config.shadowing, config.spreads_db, config.sectors_db
    ):
        total = spread**2 * covariance(data, shape)
        total += config.exponent_sd**2 * np.outer(log_d, log_d)
        for size, column in (
            (1.0, near * np.cos(turn)), (1.0, near * np.sin(turn)),
            (0.7, near**2 * np.cos(2 * turn)), (0.7, near**2 * np.sin(2 * turn)),
            (0.2, log_d * near * np.cos(turn)), (0.2, log_d * near * np.sin(turn)),
        ):  # fmt: skip
            total += (sector * size) ** 2 * np.outer(column, column)
        mean = data.group_mean_db[data.group] - config.exponent * log_d
        found.append(stats.multivariate_normal(mean, total).logpdf(data.level_db))
    return float(np.log(np.mean(np.exp(found))))


@pytest.mark.parametrize("groups", [1, 2])
def test_radio_is_the_integral_over_everything_unknown(groups: int) -> None:
    data = levels(groups)
    found, inaudible = radio(POINTS, data, UNTEMPERED)
    expected = [summed(data, point, UNTEMPERED) for point in POINTS]
    np.testing.assert_allclose(found, expected, atol=1e-3)  # the product is in float32
    assert inaudible == -math.inf


def test_many_places_are_summed_right_too() -> None:
    rng = np.random.default_rng(4)
    many = RadioData(
        x_m=rng.uniform(0, 400, 150), y_m=rng.uniform(0, 400, 150),
        level_db=rng.normal(-100, 8, 150), group=np.zeros(150, dtype=np.int64),
        group_mean_db=np.array([-95.0]), group_covariance_db2=np.array([[360.0]]),
    )  # fmt: skip
    found, _ = radio(POINTS, many, UNTEMPERED)
    expected = np.array([summed(many, point, UNTEMPERED) for point in POINTS])
    tempered = (70 / 150) ** 0.5 * (expected - expected.max())
    np.testing.assert_allclose(found - found.max(), tempered, atol=1e-3)


def test_shapes_are_averaged_with_equal_weight() -> None:
    data = levels()
    each = [radio(POINTS, data, replace(UNTEMPERED, shadowing=(shape,)))[0] for shape in SHADOWING]
    together, _ = radio(POINTS, data, UNTEMPERED)
    np.testing.assert_allclose(together, np.log(np.mean(np.exp(each), axis=0)), rtol=1e-9)


def test_common_offset_of_a_group_is_a_matter_of_its_prior_only() -> None:
    data = levels()
    louder = replace(data, level_db=data.level_db + 30, group_mean_db=data.group_mean_db + 30)
    one, _ = radio(POINTS, data, UNTEMPERED)
    two, _ = radio(POINTS, louder, UNTEMPERED)
    np.testing.assert_allclose(one, two, rtol=1e-9)


def test_loss_of_the_ground_is_added_to_what_was_heard() -> None:
    """A ridge in the east takes 12 dB from a point; levels 12 dB weaker are then no surprise."""

    def loss_db(points: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.where(np.add.outer(points[:, 0], places[:, 0]) > 100.0, 12.0, 0.0)

    data = levels()
    for point in POINTS:
        loss = loss_db(point[None], data.places_m)[0]
        stronger = replace(data, level_db=data.level_db + loss)
        with_loss, _ = radio(point[None], data, replace(UNTEMPERED, loss_db=loss_db))
        assert with_loss[0] == pytest.approx(radio(point[None], stronger, UNTEMPERED)[0][0])


def test_map_of_losses_moves_the_answer_to_the_truth() -> None:
    """A wall that takes 20 dB: without its map the collar seems to be on the other side."""
    rng, collar = np.random.default_rng(7), np.array([150.0, 0.0])
    x, y = rng.uniform(-300, 300, (2, 60))

    def loss_db(points: np.ndarray, places: np.ndarray) -> np.ndarray:
        return 20.0 * (np.subtract.outer(np.sign(points[:, 0] - 100), np.sign(places[:, 0] - 100))
                       != 0)  # fmt: skip

    places = np.column_stack([x, y])
    log_d = distances_db(collar[None], x, y, 1.0)[0]
    level = -95 - 2.8 * log_d - loss_db(collar[None], places)[0] + rng.normal(0, 3, 60)
    data = RadioData(
        x_m=x, y_m=y, level_db=level, group=np.zeros(60, dtype=np.int64),
        group_mean_db=np.array([-95.0]), group_covariance_db2=np.array([[360.0]]),
    )  # fmt: skip
    axis = np.linspace(-400, 400, 81)
    points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
    known = points[np.argmax(radio(points, data, replace(UNTEMPERED, loss_db=loss_db))[0])]
    unknown = points[np.argmax(radio(points, data, UNTEMPERED)[0])]
    assert np.hypot(*(known - collar)) <= 40
    assert np.hypot(*(unknown - collar)) > np.hypot(*(known - collar))


def test_antenna_that_points_away_explains_a_weak_level() -> None:
    """Two levels from one place: with the pattern known, their difference gives a direction."""
    pattern = ((0.0, 0.0), (30.0, -2.2), (60.0, -9.3), (90.0, -20.0), (180.0, -8.7))
    config = replace(UNTEMPERED, antennas={"h": pattern}, sectors_db=(0.0,))
    data = RadioData(
        x_m=np.zeros(2), y_m=np.zeros(2), level_db=np.array([-90.0, -110.0]),
        group=np.zeros(2, dtype=np.int64), group_mean_db=np.array([-95.0]),
        group_covariance_db2=np.array([[360.0]]), antenna=("h", "h"),
        azimuth_deg=np.array([0.0, 90.0]),
    )  # fmt: skip
    ahead, aside = np.array([[0.0, 200.0]]), np.array([[200.0, 0.0]])
    assert radio(ahead, data, config)[0][0] > radio(aside, data, config)[0][0] + 2.0
    blind = replace(config, antennas={})
    assert radio(ahead, data, blind)[0][0] == pytest.approx(radio(aside, data, blind)[0][0])
    plain = replace(data, level_db=data.level_db - np.array([0.0, -20.0]))
    alone = radio(ahead, plain, blind)[0][0]
    assert radio(ahead, data, config)[0][0] == pytest.approx(alone, abs=1e-3)


@pytest.mark.parametrize(
    ("off_deg", "gain_db"), [(0, 0.0), (15, -1.1), (-30, -2.2), (330, -2.2), (180, -8.7), (90, -25)]
)
def test_gain_off_the_axis_comes_from_the_table(off_deg: float, gain_db: float) -> None:
    pattern = ((0.0, 0.0), (30.0, -2.2), (60.0, -9.3), (90.0, -50.0), (180.0, -8.7))
    assert antenna_gain_db(pattern, np.array([off_deg]))[0] == pytest.approx(gain_db)


def test_counts_of_a_meter_tell_the_order_and_not_the_scale() -> None:
    data = levels()
    scores = stats.norm.ppf((stats.rankdata(data.level_db) - 0.5) / 5)
    counts = replace(data, level_db=scores, ranked=np.ones(5, dtype=bool))
    each = [
        radio(POINTS, replace(counts, level_db=scores * s, ranked=None), UNTEMPERED)[0]
        for s in (5.0, 10.0, 20.0)
    ]
    found, _ = radio(POINTS, counts, UNTEMPERED)
    np.testing.assert_allclose(found, np.log(np.mean(np.exp(each), axis=0)), rtol=1e-9)
    assert len(variants(data)) == 1


def test_spread_of_power_scales_with_that_of_levels() -> None:
    data = levels()
    assert covariance(data, ((1.0, 0.0),))[0, 1] == pytest.approx(360.0 / SCALED_AT_DB**2)


def test_columns_are_zero_at_the_point_itself() -> None:
    data = levels()
    columns = design(np.array([[0.0, 0.0]]), data, UNTEMPERED)[0, :, 0]
    np.testing.assert_allclose(columns, [10.0, 0, 0, 0, 0, 0, 0], atol=1e-6)


def test_no_levels_say_nothing() -> None:
    empty = RadioData(
        x_m=np.empty(0), y_m=np.empty(0), level_db=np.empty(0), group=np.empty(0, dtype=np.int64),
        group_mean_db=np.empty(0), group_covariance_db2=np.empty((0, 0)),
    )  # fmt: skip
    values, inaudible = radio(POINTS, empty, LocatorConfig())
    assert (values == 0).all()
    assert inaudible == 0.0
