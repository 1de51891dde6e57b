"""Lenth's estimators against table 2 of his paper, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

from receiver.locator.triangulation import Rule, triangulate

# R. V. Lenth, Technometrics 23 (1981) 149-154: x, y, bearing; the sixth is the one that is off.
BEARINGS = np.array(
    [[9, 3.2, 234], [9.4, 5.5, 215], [9.95, 9.05, 196], [8.7, 8.7, 193], [8.07, 9.7, 188],
     [5.6, 9, 250], [4.4, 8.9, 160], [1.85, 5.25, 118]]
)  # fmt: skip
# Table 2: x, y, their standard errors and correlation, as printed.
TABLE: dict[tuple[int, Rule], tuple[float, ...]] = {
    (7, "mle"): (7.23, 1.98, 0.156, 0.156, 0.664),
    (7, "huber"): (7.21, 1.98, 0.152, 0.152, 0.662),
    (7, "andrews"): (7.21, 1.97, 0.156, 0.155, 0.669),
    (8, "mle"): (5.87, 1.13, 1.490, 1.733, 0.509),
    (8, "huber"): (6.78, 1.66, 0.883, 0.945, 0.600),
    (8, "andrews"): (7.21, 1.97, 0.156, 0.155, 0.669),
}
# From the project's locating page, section 13: kappa and the spread in degrees.
SPREAD: dict[tuple[int, Rule], tuple[float, float]] = {
    (7, "mle"): (395.7, 2.88), (7, "huber"): (419.8, 2.80), (7, "andrews"): (431.0, 2.76),
    (8, "mle"): (5.49, 24.45), (8, "huber"): (13.53, 15.57), (8, "andrews"): (431.0, 2.76),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_table_of_the_paper(case: tuple[int, Rule]) -> None:
    """To the printed digits; two standard errors of Huber's differ by one in the last."""
    count, rule = case
    used = BEARINGS if count == 8 else np.delete(BEARINGS, 5, axis=0)
    fix = triangulate(*used.T, rule=rule)
    assert fix.covariance_m2 is not None
    errors = np.sqrt(np.diag(fix.covariance_m2))
    correlation = fix.covariance_m2[0, 1] / errors.prod()
    found = (fix.x_m, fix.y_m, *errors, correlation)
    for value, printed, digits in zip(found, TABLE[case], (2, 2, 3, 3, 3), strict=True):
        assert value == pytest.approx(printed, abs=1.05 * 10.0**-digits)
    assert (fix.kappa, fix.sigma_deg) == pytest.approx(SPREAD[case], rel=2e-3)


def test_case_of_white() -> None:
    """Another program's example (section 13 of the page)."""
    fix = triangulate(
        np.array([750142.0, 751674.0, 750985.0]), np.array([4393673.0, 4393630.0, 4395022.0]),
        np.array([48.0, 331.0, 160.0]),
    )  # fmt: skip
    assert (fix.x_m, fix.y_m) == pytest.approx((751146.8, 4394578.2), abs=0.1)


def test_two_bearings_have_a_point_and_no_spread() -> None:
    fix = triangulate(np.array([-800.0, 0.0]), np.array([0.0, -700.0]), np.array([90.0, 0.0]))
    assert (fix.x_m, fix.y_m) == pytest.approx((0.0, 0.0), abs=1e-6)
    assert fix.covariance_m2 is None
    assert (fix.area_m2, fix.ellipse, fix.sigma_deg) == (None, None, None)


def test_two_bearings_of_five_degrees_that_cross_a_kilometre_away() -> None:
    """123 m: section 14 of the project's locating page."""
    fix = triangulate(
        np.array([-1000.0, 0.0]), np.array([0.0, -1000.0]), np.array([90.0, 0.0]), sigma_deg=5.0
    )
    assert fix.covariance_m2 is not None
    assert math.sqrt(np.trace(fix.covariance_m2)) == pytest.approx(123.0, rel=0.01)
    assert fix.ellipse is not None
    assert fix.area_m2 == pytest.approx(math.pi * fix.ellipse[0] * fix.ellipse[1])


def test_ellipse_lies_along_the_bearings() -> None:
    """Three bearings from the south, almost parallel: long north and south."""
    fix = triangulate(
        np.array([-100.0, 0.0, 100.0]), np.full(3, -3000.0), np.array([2.0, 0.1, 358.0]),
        sigma_deg=3.0,
    )  # fmt: skip
    assert fix.ellipse is not None
    long_m, short_m, azimuth_deg = fix.ellipse
    assert long_m > 5 * short_m
    assert min(azimuth_deg, 180 - azimuth_deg) < 5


REFUSED = {
    "one": ([0.0], [0.0], [10.0], "two bearings are needed"),
    "not a number": ([0.0, 1.0], [0.0, math.nan], [10.0, 20.0], "two bearings are needed"),
    "parallel": ([0.0, 100.0], [0.0, 0.0], [0.0, 0.0], "do not cross"),
    "one place": ([5.0, 5.0], [5.0, 5.0], [0.0, 0.0], "do not cross"),
    "away from each other": ([-100.0, 100.0], [0.0, 0.0], [315.0, 45.0], "behind the places"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("rule", ["mle", "huber", "andrews"])
def test_says_why_there_is_no_fix(name: str, rule: Rule) -> None:
    *numbers, words = REFUSED[name]
    fix = triangulate(*map(np.array, numbers), rule=rule)  # type: ignore[arg-type]
    assert fix.x_m is None
    assert words in str(fix.reason)


def test_wild_bearings_never_raise() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        count = rng.integers(2, 7)
        x, y = rng.uniform(-1e3, 1e3, (2, count))
        for rule in ("mle", "huber", "andrews"):
            fix = triangulate(x, y, rng.uniform(0, 360, count), rule=rule)  # type: ignore[arg-type]
            assert (fix.x_m is None) == (fix.reason is not None)
            if fix.x_m is not None:
                assert math.isfinite(fix.x_m)
