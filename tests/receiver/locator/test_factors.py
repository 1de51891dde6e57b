"""Factors other than levels against brute force: plain integrals and other people's densities."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from receiver.locator.bearings import FACTORS, SLIP_SHARE, BearingData, Bearings, bearings
from receiver.locator.movement import spread_m
from receiver.locator.radio import RadioData
from receiver.locator.reach import ReachData, loud_middle, reach
from receiver.locator.settings import LocatorConfig
from receiver.locator.sightings import SightingData, sightings

POINTS = np.array([[0.0, 0.0], [120.0, -40.0], [400.0, 300.0], [-90.0, 250.0]])

# --- bearings ---------------------------------------------------------------------------------


def bearing_data(weight: float = 1.0, share: float = 0.2) -> BearingData:
    """Two bearings from one area, one from another 4 km away."""
    return BearingData(
        x_m=np.array([-500.0, 300.0, 4800.0]),
        y_m=np.array([0.0, -500.0, 200.0]),
        sigma_deg=np.array([5.0, 10.0, 4.0]),
        weight=np.full(3, weight),
        alternatives_deg=(np.array([88.0]), np.array([340.0, 160.0]), np.array([268.0])),
        echo_share=np.full(3, share),
    )


def plain(data: BearingData, points: np.ndarray, area: list[int], factor: float) -> np.ndarray:
    """Return the product of the densities of an area's bearings, with scipy's von Mises."""
    product = np.ones(len(points))
    for k in area:
        dx, dy = points[:, 0] - data.x_m[k], points[:, 1] - data.y_m[k]
        sigma = math.radians(data.sigma_deg[k] * factor)
        kappa = 1.0 / (sigma**2 + 100.0 / (dx * dx + dy * dy))
        each = [stats.vonmises.pdf(np.arctan2(dx, dy) - math.radians(a), kappa)
                for a in data.alternatives_deg[k]]  # fmt: skip
        density = (1 - SLIP_SHARE) * np.mean(each, axis=0) + SLIP_SHARE / (2 * math.pi)
        product *= density ** data.weight[k]
    return product


def test_bearings_of_an_area_share_their_echo() -> None:
    """Summed over reflectors in ten rings about each area, one in each degree."""
    data, areas = bearing_data(0.7), ([0, 1], [2])
    turn = np.radians(np.arange(360.0))
    total = np.zeros(len(POINTS))
    for factor, prior in zip(FACTORS, FACTORS**-0.5 / (FACTORS**-0.5).sum(), strict=True):
        product = np.full(len(POINTS), prior)
        for area in areas:
            middle = np.array([data.x_m[area].mean(), data.y_m[area].mean()])
            echoes = [
                plain(
                    data, middle + d * np.column_stack([np.sin(turn), np.cos(turn)]), area, factor
                )
                for d in np.geomspace(50, 20_000, 10)
            ]
            product *= 0.8 * plain(data, POINTS, area, factor) + 0.2 * float(np.mean(echoes))
        total += product
    found, inaudible = bearings(POINTS, data, LocatorConfig())
    np.testing.assert_allclose(found, np.log(total), rtol=1e-6)
    assert inaudible == -math.inf


def test_one_reflector_is_not_outvoted_by_repeats() -> None:
    """Six bearings from one area agree; two others from far apart cross elsewhere.

    With each bearing an echo by itself, six that agree would be believed whatever the rest says.
    """
    rng = np.random.default_rng(2)
    x = np.append(rng.uniform(-100, 100, 6), [3000.0, -2500.0])
    y = np.append(rng.uniform(-100, 100, 6), [0.0, 500.0])
    collar, reflector = np.array([300.0, 2500.0]), np.array([1500.0, 500.0])
    aims = [reflector] * 6 + [collar] * 2
    toward = np.array(aims) - np.column_stack([x, y])
    bearing = np.degrees(np.arctan2(toward[:, 0], toward[:, 1])) % 360
    data = BearingData(
        x_m=x, y_m=y, sigma_deg=np.full(8, 4.0), weight=np.ones(8),
        alternatives_deg=tuple(np.array([b]) for b in bearing), echo_share=np.full(8, 0.25),
    )  # fmt: skip
    axis = np.arange(-4000, 4000, 50.0)
    points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
    share = np.exp(bearings(points, data, LocatorConfig())[0])
    share /= share.sum()
    close = np.hypot(*(points - collar).T) < 300
    assert share[close].sum() > 0.3


def test_bearings_from_one_slope_share_their_echo_however_far_apart() -> None:
    """As if they were from one area: the same as with the places called near."""
    data = bearing_data()
    one_slope = LocatorConfig(slopes=lambda places: np.zeros(len(places), dtype=np.int64))
    own_slopes = LocatorConfig(slopes=lambda places: np.arange(len(places)))
    assert len(Bearings(data, one_slope).areas) == 1
    assert len(Bearings(data, own_slopes).areas) == 2
    apart = bearings(POINTS, data, own_slopes)[0]
    np.testing.assert_allclose(apart, bearings(POINTS, data, LocatorConfig())[0])
    assert (bearings(POINTS, data, one_slope)[0] != apart).all()


def test_two_places_of_mirrored_coordinates_are_two_places() -> None:
    """They look like a table of distances; once that was a warning."""
    data = BearingData(
        x_m=np.array([0.0, 700.0]), y_m=np.array([700.0, 0.0]), sigma_deg=np.full(2, 4.0),
        weight=np.ones(2), alternatives_deg=(np.array([0.0]), np.array([90.0])),
        echo_share=np.full(2, 0.25),
    )  # fmt: skip
    assert np.isfinite(bearings(POINTS, data, LocatorConfig())[0]).all()


def test_one_bearing_that_is_off_does_not_spoil_two_that_meet() -> None:
    data = BearingData(
        x_m=np.array([-5000.0, 0.0, 5000.0]), y_m=np.array([0.0, -5000.0, 0.0]),
        sigma_deg=np.full(3, 4.0), weight=np.ones(3),
        alternatives_deg=(np.array([90.0]), np.array([0.0]), np.array([45.0])),
        echo_share=np.full(3, 0.25),
    )  # fmt: skip
    axis = np.linspace(-6000, 6000, 121)
    points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
    values, _ = bearings(points, data, LocatorConfig())
    assert np.hypot(*points[np.argmax(values)]) <= 200.0


def test_line_of_sight_is_believed_more_than_a_gorge() -> None:
    """Off the bearing what is left is the echo: 25 times likelier in a gorge than in sight."""
    off = np.array([[0.0, 900.0]])
    alone = {"x_m": np.array([-500.0]), "y_m": np.zeros(1), "sigma_deg": np.array([2.0]),
             "weight": np.ones(1), "alternatives_deg": (np.array([180.0]),)}  # fmt: skip
    sight = BearingData(**alone, echo_share=np.array([0.05]))  # type: ignore[arg-type]
    gorge = replace(sight, echo_share=np.array([0.5]))
    gain = bearings(off, gorge, LocatorConfig())[0] - bearings(off, sight, LocatorConfig())[0]
    floor = (0.05 + 0.95 * SLIP_SHARE, 0.5 + 0.5 * SLIP_SHARE)
    assert gain[0] == pytest.approx(math.log(floor[1] / floor[0]), abs=0.05)


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


# --- movement ---------------------------------------------------------------------------------


def test_animal_that_lives_goes_a_kilometre_in_three_hours_and_three_in_a_day() -> None:
    ages_s = np.array([0.0, 3 * 3600.0, 24 * 3600.0])
    np.testing.assert_allclose(spread_m(ages_s), [0, 1000, 3000])
    np.testing.assert_allclose(spread_m(ages_s, "still"), 0.0)


def test_resident_stays_about_its_range_and_a_disperser_does_not() -> None:
    month_s = np.array([30 * 86_400.0])
    assert 4000 < spread_m(month_s, "resident")[0] < 5000
    assert spread_m(month_s, "dispersing")[0] == pytest.approx(90_000)
    assert spread_m(month_s, "resident") < spread_m(month_s) < spread_m(month_s, "dispersing")


# --- reach ------------------------------------------------------------------------------------


def test_reach_is_a_density_over_the_ground() -> None:
    config = LocatorConfig()
    for data in (
        ReachData(places_m=np.zeros((1, 2))),
        ReachData(places_m=np.zeros((1, 2)), loud_m=(0.0, 0.0), extent_m=0.0),
    ):

        def ring(log_d: float, data: ReachData = data) -> float:
            distance_m = math.exp(log_d)
            value, _ = reach(np.array([[distance_m, 0.0]]), data, config)
            return math.exp(float(value[0])) * 2 * math.pi * distance_m**2

        total, _ = integrate.quad(ring, -3, math.log(config.reach_m), limit=400)
        assert total == pytest.approx(1.0, abs=2e-3)


def test_every_doubling_of_the_distance_is_equally_likely() -> None:
    data, config = ReachData(places_m=np.zeros((1, 2))), LocatorConfig()

    def share(low_m: float, high_m: float) -> float:
        def ring(distance_m: float) -> float:
            value, _ = reach(np.array([[distance_m, 0.0]]), data, config)
            return math.exp(float(value[0])) * 2 * math.pi * distance_m

        return float(integrate.quad(ring, low_m, high_m)[0])

    assert share(2000, 4000) == pytest.approx(share(8000, 16000), rel=0.01)


def test_loud_middle_weighs_each_receiver_by_its_own_scale() -> None:
    data = RadioData(
        x_m=np.array([0.0, 60.0, 130.0, 200.0]), y_m=np.array([0.0, 35.0, -20.0, 90.0]),
        level_db=np.array([-92.0, -88.0, -97.0, -103.0]), group=np.array([0, 1, 0, 1]),
        group_mean_db=np.zeros(2), group_covariance_db2=np.diag([300.0, 300.0]),
    )  # fmt: skip
    other = replace(data, level_db=data.level_db + np.array([0, 100, 0, 100.0]))
    assert loud_middle(other) == pytest.approx(loud_middle(data))
