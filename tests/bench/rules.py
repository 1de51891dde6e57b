"""Peers' rules for signal strength, as sections 4 and 6 of the locating page define them.

Each takes x, y in metres and levels in dBm, (m,) each, of what was heard; it returns a Claim, or
None where the rule fails. Re-implemented from their definitions; no peer's code is here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import curve_fit, least_squares

Floats = np.ndarray
Point = tuple[float, float]
CHI2_95 = 5.991


@dataclass(frozen=True)
class Claim:
    """A point, and a 95 % region where the rule has one: an ellipse or a disc."""

    x_m: float
    y_m: float
    covariance: Floats | None = None
    radius_m: float | None = None

    def holds(self, truth: Point) -> bool | None:
        """Tell whether the region holds the truth, None for a rule without one."""
        error = np.array([truth[0] - self.x_m, truth[1] - self.y_m])
        if self.radius_m is not None:
            return bool(np.hypot(*error) <= self.radius_m)
        if self.covariance is None:
            return None
        if not np.isfinite(self.covariance).all() or np.linalg.det(self.covariance) <= 0:
            return False
        return bool(error @ np.linalg.solve(self.covariance, error) <= CHI2_95)

    @property
    def area_ha(self) -> float:
        """Area of the region, NaN for none."""
        if self.radius_m is not None:
            return math.pi * self.radius_m**2 / 1e4
        if self.covariance is None or not np.linalg.det(self.covariance) > 0:
            return math.nan
        return math.pi * CHI2_95 * math.sqrt(float(np.linalg.det(self.covariance))) / 1e4


Rule = Callable[[Floats, Floats, Floats], Claim | None]


def loudest(x: Floats, y: Floats, r: Floats) -> Claim:
    """Stand where it was loudest (4.1)."""
    best = int(np.argmax(r))
    return Claim(float(x[best]), float(y[best]))


def centroid(x: Floats, y: Floats, r: Floats) -> Claim:
    """Return the middle of the places, weighted by amplitude (4.2)."""
    weight = 10.0 ** ((r - r.max()) / 20.0)
    return Claim(float(weight @ x / weight.sum()), float(weight @ y / weight.sum()))


def thinned(x: Floats, y: Floats, step_m: float) -> list[int]:
    """Return the first reading and each that is a step from the last one kept."""
    kept = [0]
    for k in range(1, len(x)):
        if math.hypot(x[k] - x[kept[-1]], y[k] - y[kept[-1]]) >= step_m:
            kept.append(k)
    return kept


def fixed_exponent(
    x: Floats, y: Floats, r: Floats, *, step_m: float = 10.0, by_places: bool = False
) -> Claim | None:
    """Exponent 2.5, power free, five grids of 41 x 41, a disc of radius by chi2 (4.3)."""
    kept = thinned(x, y, step_m)
    x, y, r = x[kept], y[kept], r[kept]
    extent = math.hypot(np.ptp(x), np.ptp(y))
    if len(x) < 4 or extent < max(4 * step_m, 4.0):
        return None
    middle = ((x.min() + x.max()) / 2, (y.min() + y.max()) / 2)
    best, lowest, reach = middle, math.inf, max(1.5 * extent, 300.0)
    half = reach
    for _ in range(5):
        points, cost = _costs(x, y, r, best, half, 41)
        index = int(np.argmin(cost))
        if cost[index] < lowest:
            best, lowest = (float(points[index, 0]), float(points[index, 1])), float(cost[index])
        half /= 10.0
    points, cost = _costs(x, y, r, middle, reach, 121)
    squares = {(math.floor(a / 50), math.floor(b / 50)) for a, b in zip(x, y, strict=True)}
    many = len(squares) if by_places else len(x)
    inside = cost <= lowest + 6.0 * max(lowest, 4.0) / many
    away = np.hypot(points[inside, 0] - best[0], points[inside, 1] - best[1])
    radius = max((float(away.max()) if inside.any() else 0.0) + reach / 120, step_m)
    return Claim(*best, radius_m=radius)


def _costs(
    x: Floats, y: Floats, r: Floats, middle: Point, half: float, cells: int
) -> tuple[Floats, Floats]:
    offsets = np.linspace(-half, half, cells)
    across, up = np.meshgrid(middle[0] + offsets, middle[1] + offsets)
    distance = np.hypot(np.subtract.outer(across.ravel(), x), np.subtract.outer(up.ravel(), y))
    error = r + 25.0 * np.log10(np.maximum(distance, 5.0))
    return np.column_stack([across.ravel(), up.ravel()]), error.var(axis=1)


def nlls(x: Floats, y: Floats, r: Floats) -> Claim:
    """Least squares over place, power and exponent (1 to 6), from two starts (4.4)."""

    def error(p: Floats) -> Floats:
        return r - (p[2] - 5.0 * p[3] * np.log10((p[0] - x) ** 2 + (p[1] - y) ** 2 + 1.0))

    low, high = [-np.inf, -np.inf, -200, 1], [np.inf, np.inf, 200, 6]
    first = loudest(x, y, r)
    fits = [
        least_squares(error, [sx + 1, sy + 1, min(r.max(), 199.0), 2.5], bounds=(low, high),
                      x_scale=[100, 100, 10, 1])
        for sx, sy in ((first.x_m, first.y_m), (float(x.mean()), float(y.mean())))
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.cost))
    covariance = None
    if abs(np.linalg.det(best.jac.T @ best.jac)) > 0:
        spread = 2 * best.cost / max(len(x) - 4, 1)
        covariance = np.linalg.inv(best.jac.T @ best.jac)[:2, :2] * spread
    return Claim(float(best.x[0]), float(best.x[1]), covariance)


def narrow_nlls(x: Floats, y: Floats, r: Floats) -> Claim | None:
    """As a drone's ground station bounds it: exponent 2 to 2.1, one start (4.5)."""
    if len(x) < 4:
        return None

    def error(p: Floats) -> Floats:
        return r - (p[2] - 5.0 * p[3] * np.log10((p[0] - x) ** 2 + (p[1] - y) ** 2 + 1.0))

    fit = least_squares(
        error, [float(x.mean()), float(y.mean()), min(r.max(), 199.0), 2.0],
        bounds=([-np.inf, -np.inf, -200, 2], [np.inf, np.inf, 200, 2.1]),
        x_scale=[100, 100, 10, 1],
    )  # fmt: skip
    return Claim(float(fit.x[0]), float(fit.x[1]))


WALK_RULES: dict[str, Rule] = {
    "loudest": loudest,
    "centroid": centroid,
    "fixed_exponent": fixed_exponent,
    "fixed_exponent_by_places": lambda x, y, r: fixed_exponent(x, y, r, by_places=True),
    "nlls": nlls,
    "nlls_2_to_2.1": narrow_nlls,
}


@dataclass(frozen=True)
class Decay:
    """RSS(d) = a exp(-S d) + K, fitted to training readings (4.6)."""

    a: float
    s: float
    k: float

    @classmethod
    def fitted(cls, distance: Floats, level: Floats) -> Decay:
        """Fit by least squares from the page's start."""
        start = (40.0, 0.003, -90.0)
        found, _ = curve_fit(lambda d, a, s, k: a * np.exp(-s * d) + k, distance, level, start,
                             maxfev=10_000)  # fmt: skip
        return cls(*map(float, found))

    def at(self, distance: Floats) -> Floats:
        """Return the level at distances."""
        return np.asarray(self.a * np.exp(-self.s * distance) + self.k)

    def multilateration(self, x: Floats, y: Floats, r: Floats) -> Claim | None:
        """Distances from levels, then least squares on them (Paxton 2022)."""
        near = r > self.k + 0.5
        if near.sum() < 3:
            return None
        x, y, r = x[near], y[near], r[near]
        e = np.maximum(10.0, -np.log(np.minimum((r - self.k) / self.a, 1.0)) / self.s)
        best = int(np.argmax(r))
        fit = least_squares(lambda p: e - np.hypot(p[0] - x, p[1] - y),
                            [x[best] + 1, y[best] + 1], method="lm")  # fmt: skip
        gram = fit.jac.T @ fit.jac
        covariance = None
        if abs(np.linalg.det(gram)) > 1e-12:
            covariance = np.linalg.inv(gram) * 2 * fit.cost / max(len(x) - 2, 1)
        return Claim(float(fit.x[0]), float(fit.x[1]), covariance)

    def on_grid(self, x: Floats, y: Floats, r: Floats, cells: Floats) -> Claim:
        """Return the cell of least squared difference of levels (CellTrackTech)."""
        distance = np.hypot(np.subtract.outer(cells[:, 0], x), np.subtract.outer(cells[:, 1], y))
        best = int(np.argmin(((r - self.at(distance)) ** 2).sum(axis=1)))
        return Claim(float(cells[best, 0]), float(cells[best, 1]))
