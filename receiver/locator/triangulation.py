r"""Triangulation by Lenth: maximum likelihood, Huber and Andrews, with covariance and ellipse.

What users of LOAS and Locate know. Source: R. V. Lenth, On finding the source of a signal,
Technometrics 23 (1981) 149-154; each rule's table 2 is repeated in the tests.

With th_i = 90 - bearing_i, s = sin th, c = cos th, z = s x - c y, and weights w (1 for MLE):

    x sum(w s s*) - y sum(w c s*) =  sum(w s* z)
   -x sum(w s c*) + y sum(w c c*) = -sum(w c* z)       s* = dy / d^3,  c* = dx / d^3

again and again, d from the last point; first s* = s, c* = c. The spread of bearings is one for all:
its kappa comes from their agreement (Mardia's approximation), or from `sigma_deg` where it is
known. Robust weights are of t = sign(phi) sqrt(2 kappa (1 - cos phi)), phi the error of a bearing.

The region is as honest as its model: no echoes (or few), no common error, a true spread. In gorges
none of that holds; the bearing map of `receiver.locator.bearings` is beside it for that reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from receiver.locator.settings import Floats

Rule = Literal["mle", "huber", "andrews"]
RULES: tuple[Rule, ...] = ("mle", "huber", "andrews")
TUNING = 1.5
STEPS, CLOSE = 500, 1e-9
CHI2_95 = 5.991
SMALLEST_SPREAD_KAPPA = 1e8  # bearings that meet in a point have no spread of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A point with its covariance in square metres, or the `reason` why there is none.

    `kappa` is the concentration of the bearings, `sigma_deg` their spread, `weights` what each
    counted in the end (MLE: 1), `area_m2` that of the 95 % ellipse.
    """

    rule: Rule
    x_m: float | None = None
    y_m: float | None = None
    covariance_m2: Floats | None = None
    kappa: float | None = None
    steps: int = 0
    weights: Floats | None = None
    reason: str | None = None

    @property
    def sigma_deg(self) -> float | None:
        """Spread of the bearings in degrees."""
        return None if self.kappa is None else math.degrees(1.0 / math.sqrt(self.kappa))

    @property
    def area_m2(self) -> float | None:
        """Area of the 95 % ellipse."""
        if self.covariance_m2 is None:
            return None
        return math.pi * CHI2_95 * math.sqrt(float(np.linalg.det(self.covariance_m2)))

    @property
    def ellipse(self) -> tuple[float, float, float] | None:
        """Half axes of the 95 % ellipse in metres, and the bearing of the longer in degrees."""
        if self.covariance_m2 is None:
            return None
        values, vectors = np.linalg.eigh(self.covariance_m2)
        long_m, short_m = np.sqrt(CHI2_95 * values[::-1])
        azimuth_deg = math.degrees(math.atan2(vectors[0, 1], vectors[1, 1])) % 180.0
        return float(long_m), float(short_m), azimuth_deg


def triangulate(
    x_m: Floats,
    y_m: Floats,
    bearing_deg: Floats,
    rule: Rule = "mle",
    sigma_deg: float | None = None,
) -> Fix:
    """Return where bearings meet.

    Args:
        x_m: places east, (B,).
        y_m: places north, (B,).
        bearing_deg: from true north, clockwise, (B,).
        rule: how bearings that are off are treated.
        sigma_deg: spread of the bearings where it is known; else it comes from their agreement.
    """
    if len(x_m) < 2 or not np.isfinite([x_m, y_m, bearing_deg]).all():
        return Fix(rule=rule, reason="two bearings are needed")
    if len(x_m) == 2 and sigma_deg is None:
        sigma_deg = math.nan  # two lines always meet: they tell nothing of their own spread
    origin = float(np.mean(x_m)), float(np.mean(y_m))
    scale = max(float(np.hypot(np.ptp(x_m), np.ptp(y_m))), 1e-9)
    x, y = (x_m - origin[0]) / scale, (y_m - origin[1]) / scale
    fix = _solved(x, y, np.radians(90.0 - bearing_deg), rule, sigma_deg)
    if fix.x_m is None or fix.y_m is None:
        return fix
    return Fix(
        rule=rule,
        x_m=origin[0] + scale * fix.x_m,
        y_m=origin[1] + scale * fix.y_m,
        covariance_m2=None if fix.covariance_m2 is None else fix.covariance_m2 * scale**2,
        kappa=fix.kappa,
        steps=fix.steps,
        weights=fix.weights,
    )


def _solved(x: Floats, y: Floats, theta: Floats, rule: Rule, sigma_deg: float | None) -> Fix:
    sin, cos = np.sin(theta), np.cos(theta)
    z = sin * x - cos * y
    toward_s, toward_c, weights = sin, cos, np.ones(len(x))
    point, kappa = np.full(2, np.inf), math.nan
    for step in range(1, STEPS + 1):
        matrix = np.array(
            [[weights * sin @ toward_s, -(weights * cos @ toward_s)],
             [-(weights * sin @ toward_c), weights * cos @ toward_c]]
        )  # fmt: skip
        right = np.array([weights * z @ toward_s, -(weights * z @ toward_c)])
        if not abs(np.linalg.det(matrix)) > 1e-12 * max(float(np.abs(matrix).max()) ** 2, 1e-300):
            return Fix(rule=rule, steps=step, reason="the bearings do not cross")
        before, point = point, np.linalg.solve(matrix, right)
        dx, dy = point[0] - x, point[1] - y
        cubed = np.maximum(np.hypot(dx, dy), 1e-9) ** 3
        toward_s, toward_c = dy / cubed, dx / cubed
        phi = np.angle(np.exp(1j * (theta - np.arctan2(dy, dx))))
        kappa = _kappa(phi, weights, sigma_deg)
        if np.abs(point - before).max() < CLOSE * max(1.0, float(np.abs(point).max())):
            return _fix(rule, point, step, (sin, cos, toward_s, toward_c), weights, kappa, phi)
        if rule != "mle":
            weights = _weights(rule, phi, kappa)
        if weights.sum() < 1e-9:
            return Fix(rule=rule, steps=step, reason="no two bearings agree")
    return Fix(rule=rule, steps=STEPS, reason="the bearings do not settle on a point")


def _fix(
    rule: Rule, point: Floats, step: int, parts: tuple[Floats, Floats, Floats, Floats],
    weights: Floats, kappa: float, phi: Floats,
) -> Fix:  # fmt: skip
    if float(np.cos(phi) @ weights) <= 0:
        return Fix(rule=rule, steps=step, reason="the bearings cross behind the places")
    sin, cos, toward_s, toward_c = parts
    off = -0.5 * float(weights @ (toward_s * cos + toward_c * sin))
    information = np.array(
        [[weights @ (toward_s * sin), off], [off, weights @ (toward_c * cos)]], dtype=float
    )
    covariance = None
    if math.isfinite(kappa) and np.linalg.eigvalsh(information)[0] > 0:
        covariance = np.linalg.inv(information) / kappa
    return Fix(
        rule=rule, x_m=float(point[0]), y_m=float(point[1]), covariance_m2=covariance,
        kappa=kappa if math.isfinite(kappa) else None, steps=step, weights=weights,
    )  # fmt: skip


def _kappa(phi: Floats, weights: Floats, sigma_deg: float | None) -> float:
    """Return the concentration from the mean cosine; of bearings that are all wild a small one."""
    if sigma_deg is not None:
        mean_cos = math.exp(-0.5 * math.radians(sigma_deg) ** 2)
    else:
        mean_cos = float(weights @ np.cos(phi) / weights.sum())
    if math.isnan(mean_cos):
        return math.nan
    rest = 1.0 - mean_cos
    bend = 0.48794 - 0.82905 * mean_cos - 1.3915 * mean_cos**2
    inverse = 2.0 * rest + rest**2 * bend / mean_cos if mean_cos > 0 else math.inf
    if inverse <= 0:  # the approximation fails for wild bearings
        inverse = 2.0 * rest
    return 1.0 / max(inverse, 1.0 / SMALLEST_SPREAD_KAPPA)


def _weights(rule: Rule, phi: Floats, kappa: float) -> Floats:
    if not math.isfinite(kappa):
        return np.ones(len(phi))
    t = np.sign(phi) * np.sqrt(2.0 * kappa * (1.0 - np.cos(phi)))
    size = np.maximum(np.abs(t), 1e-12)
    if rule == "huber":
        return np.asarray(np.minimum(1.0, TUNING / size))
    inside = size <= TUNING * math.pi
    return np.asarray(np.where(inside, TUNING * np.sin(size / TUNING) / size, 0.0))
