"""Every factor against brute force: plain integrals and other people's densities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from receiver.locator.bearings import FACTORS, BearingData, bearings
from receiver.locator.radio import RadioData, covariance, distances_db, radio
from receiver.locator.reach import ReachData, loud_middle, reach
from receiver.locator.settings import SHADOWING, LocatorConfig
from receiver.locator.sightings import SightingData, sightings, spread_m

POINTS = np.array([[0.0, 0.0], [120.0, -40.0], [400.0, 300.0], [-90.0, 250.0]])


def levels(groups: int = 1) -> RadioData:
    return RadioData(
        x_m=np.array([0.0, 60.0, 130.0, 200.0, 40.0]),
        y_m=np.array([0.0, 35.0, -20.0, 90.0, 160.0]),
        level_db=np.array([-92.0, -88.0, -97.0, -103.0, -99.0]),
        group=np.arange(5) % groups,
        group_mean_db=np.array([-95.0, -2.0])[:groups],
        group_sd_db=np.array([18.0, 30.0])[:groups],
    )


def integrated(data: RadioData, point: np.ndarray, config: LocatorConfig) -> float:
    """Integrate power, exponent and spread by quadrature over their priors, for the first shape.

    Given s, everything is normal, so the powers go into the covariance; n and s are summed.
    """
    (shape,) = config.shadowing
    log_d = distances_db(point[None, :], data.x_m, data.y_m, config.place_error_m)[0]
    places = len(log_d)
    mean = data.group_mean_db[data.group]
    correlation = covariance(data, shape, config.spread_db)
    total = 0.0
    log_s, s_step = np.linspace(math.log(0.5), math.log(200.0), 400, retstep=True)
    for s in np.exp(log_s):
        # s^2 ~ scaled inverse chi^2(a0, s0^2)
        a0, v0 = config.spread_weight, config.spread_db**2
        prior_s = stats.invgamma(a0 / 2, scale=a0 * v0 / 2).pdf(s * s) * 2 * s * s
        sd_n = config.exponent_sd * s / config.spread_db
        n, n_step = np.linspace(config.exponent - 8 * sd_n, config.exponent + 8 * sd_n, 161,
                                retstep=True)  # fmt: skip
        residual = data.level_db - mean + np.multiply.outer(n, log_d)
        normal = stats.multivariate_normal(np.zeros(places), s * s * correlation)
        weight = stats.norm(config.exponent, sd_n).pdf(n)
        total += prior_s * float((normal.pdf(residual) * weight).sum() * n_step) * s_step
    return math.log(total)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", SHADOWING[:2])
def test_radio_is_the_integral_over_power_exponent_and_spread(
    groups: int, shape: tuple[tuple[float, float], ...]
) -> None:
    data, config = levels(groups), LocatorConfig(shadowing=(shape,))
    found, inaudible = radio(POINTS, data, config)
    for value, point in zip(found, POINTS, strict=True):
        assert value == pytest.approx(integrated(data, point, config), abs=2e-3)
    assert inaudible == -math.inf


def test_shapes_are_averaged_with_equal_weight() -> None:
    data = levels()
    each = [radio(POINTS, data, LocatorConfig(shadowing=(s,)))[0] for s in SHADOWING]
    together, _ = radio(POINTS, data, LocatorConfig())
    np.testing.assert_allclose(together, np.log(np.mean(np.exp(each), axis=0)), rtol=1e-12)


def test_common_offset_of_a_group_is_a_matter_of_its_prior_only() -> None:
    """With a wide prior on power, 30 dB more everywhere changes the shape of the answer little."""
    data = levels()
    louder = RadioData(
        x_m=data.x_m, y_m=data.y_m, level_db=data.level_db + 30, group=data.group,
        group_mean_db=data.group_mean_db + 30, group_sd_db=data.group_sd_db,
    )  # fmt: skip
    one, _ = radio(POINTS, data, LocatorConfig())
    two, _ = radio(POINTS, louder, LocatorConfig())
    np.testing.assert_allclose(one, two, rtol=1e-12)


def test_loss_of_the_ground_is_added_to_what_was_heard() -> None:
    def loss_db(points: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.full((len(points), len(places)), 12.0)

    data = levels()
    quieter = RadioData(
        x_m=data.x_m, y_m=data.y_m, level_db=data.level_db - 12, group=data.group,
        group_mean_db=data.group_mean_db, group_sd_db=data.group_sd_db,
    )  # fmt: skip
    with_loss, _ = radio(POINTS, quieter, LocatorConfig(loss_db=loss_db))
    without, _ = radio(POINTS, data, LocatorConfig())
    np.testing.assert_allclose(with_loss, without, rtol=1e-12)


def test_many_places_count_less_than_their_number() -> None:
    rng = np.random.default_rng(1)
    many = RadioData(
        x_m=rng.uniform(0, 300, 120), y_m=rng.uniform(0, 300, 120),
        level_db=rng.normal(-100, 6, 120), group=np.zeros(120, dtype=np.int64),
        group_mean_db=np.array([-95.0]), group_sd_db=np.array([18.0]),
    )  # fmt: skip
    tempered, _ = radio(POINTS, many, LocatorConfig())
    one_chunk = LocatorConfig()
    data_points = np.repeat(POINTS, 3, axis=0)
    again, _ = radio(data_points, many, one_chunk)
    np.testing.assert_allclose(again[::3], tempered)
    assert np.ptp(tempered) < 200


def test_no_levels_say_nothing() -> None:
    empty = RadioData(
        x_m=np.empty(0), y_m=np.empty(0), level_db=np.empty(0), group=np.empty(0, dtype=np.int64),
        group_mean_db=np.empty(0), group_sd_db=np.empty(0),
    )  # fmt: skip
    values, inaudible = radio(POINTS, empty, LocatorConfig())
    assert (values == 0).all()
    assert inaudible == 0.0


# --- bearings ---------------------------------------------------------------------------------


def bearing_data(weight: float = 1.0) -> BearingData:
    return BearingData(
        x_m=np.array([-500.0, 300.0, 800.0]),
        y_m=np.array([0.0, -700.0, 200.0]),
        sigma_deg=np.array([5.0, 10.0, 4.0]),
        weight=np.full(3, weight),
        alternatives_deg=(np.array([88.0]), np.array([340.0, 160.0]), np.array([250.0])),
    )


def test_bearings_are_von_mises_with_echoes() -> None:
    """Summed one by one with scipy's own von Mises density."""
    data, config = bearing_data(0.7), LocatorConfig(bearing_outlier_share=0.2)
    expected = []
    prior = FACTORS**-0.5 / (FACTORS**-0.5).sum()
    for x, y in POINTS:
        product = np.ones(len(FACTORS))
        for k in range(3):
            dx, dy = x - data.x_m[k], y - data.y_m[k]
            sigma = np.radians(data.sigma_deg[k] * FACTORS)
            kappa = 1.0 / (sigma**2 + 100.0 / (dx * dx + dy * dy))
            density = np.mean(
                [stats.vonmises(kappa).pdf(math.atan2(dx, dy) - math.radians(a))
                 for a in data.alternatives_deg[k]], axis=0
            )  # fmt: skip
            product *= (0.8 * density + 0.2 / (2 * math.pi)) ** 0.7
        expected.append(math.log(float(prior @ product)))
    found, inaudible = bearings(POINTS, data, config)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert inaudible == -math.inf


def test_one_bearing_that_is_off_does_not_spoil_two_that_meet() -> None:
    data = BearingData(
        x_m=np.array([-500.0, 0.0, 500.0]), y_m=np.array([0.0, -500.0, 0.0]),
        sigma_deg=np.full(3, 4.0), weight=np.ones(3),
        alternatives_deg=(np.array([90.0]), np.array([0.0]), np.array([45.0])),
    )  # fmt: skip
    axis = np.linspace(-600, 600, 121)
    across, up = np.meshgrid(axis, axis)
    points = np.column_stack([across.ravel(), up.ravel()])
    values, _ = bearings(points, data, LocatorConfig())
    assert np.hypot(*points[np.argmax(values)]) <= 20.0


# --- sightings and positions ------------------------------------------------------------------


@pytest.mark.parametrize("is_disc", [True, False])
@pytest.mark.parametrize("radius_m", [20.0, 200.0])
def test_sighting_is_a_density_over_the_ground(is_disc: bool, radius_m: float) -> None:
    data = SightingData(
        x_m=np.zeros(1), y_m=np.zeros(1), radius_m=np.array([radius_m]), trust=np.array([0.8]),
        age_s=np.zeros(1), is_disc=np.array([is_disc]),
    )  # fmt: skip
    config = LocatorConfig()

    def ring(distance_m: float) -> float:
        value, _ = sightings(np.array([[distance_m, 0.0]]), data, config)
        anywhere = 0.2 / (math.pi * config.reach_m**2)
        return (math.exp(float(value[0])) - anywhere) * 2 * math.pi * distance_m

    total, _ = integrate.quad(ring, 0, 40 * radius_m, limit=400, points=[radius_m])
    assert total == pytest.approx(0.8, abs=2e-3)


def test_old_sighting_spreads_as_an_animal_walks() -> None:
    np.testing.assert_allclose(spread_m(np.array([0.0, 3 * 3600.0, 24 * 3600.0])), [0, 1000, 3000])


def test_sightings_multiply() -> None:
    one = SightingData(
        x_m=np.zeros(1), y_m=np.zeros(1), radius_m=np.array([50.0]), trust=np.array([0.9]),
        age_s=np.array([100.0]), is_disc=np.array([True]),
    )  # fmt: skip
    two = SightingData(
        x_m=np.zeros(2), y_m=np.zeros(2), radius_m=np.full(2, 50.0), trust=np.full(2, 0.9),
        age_s=np.full(2, 100.0), is_disc=np.array([True, True]),
    )  # fmt: skip
    a, b = sightings(POINTS, one, LocatorConfig()), sightings(POINTS, two, LocatorConfig())
    np.testing.assert_allclose(2 * a[0], b[0])


# --- reach ------------------------------------------------------------------------------------


def test_reach_is_a_density_over_the_ground() -> None:
    config = LocatorConfig()
    for data in (
        ReachData(places_m=np.zeros((1, 2))),
        ReachData(places_m=np.zeros((1, 2)), loud_m=(0.0, 0.0), radius_m=150.0),
    ):

        def ring(log_d: float, data: ReachData = data) -> float:
            distance_m = math.exp(log_d)
            value, _ = reach(np.array([[distance_m, 0.0]]), data, config)
            return math.exp(float(value[0])) * 2 * math.pi * distance_m**2

        total, _ = integrate.quad(ring, -3, math.log(config.reach_m), limit=400)
        assert total == pytest.approx(1.0, abs=1e-3)


def test_every_doubling_of_the_distance_is_equally_likely() -> None:
    data, config = ReachData(places_m=np.zeros((1, 2))), LocatorConfig()

    def share(low_m: float, high_m: float) -> float:
        def ring(distance_m: float) -> float:
            value, _ = reach(np.array([[distance_m, 0.0]]), data, config)
            return math.exp(float(value[0])) * 2 * math.pi * distance_m

        return float(integrate.quad(ring, low_m, high_m)[0])

    assert share(2000, 4000) == pytest.approx(share(8000, 16000), rel=0.01)


def test_loud_middle_weighs_each_receiver_by_its_own_scale() -> None:
    data = levels(2)
    other = RadioData(
        x_m=data.x_m, y_m=data.y_m, level_db=data.level_db + np.array([0, 100, 0, 100, 0.0]),
        group=data.group, group_mean_db=data.group_mean_db, group_sd_db=data.group_sd_db,
    )  # fmt: skip
    assert loud_middle(other) == pytest.approx(loud_middle(data))
