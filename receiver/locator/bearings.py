"""Bearings: von Mises about the true direction, single errors, and echoes that are shared.

    l(cell) = sum_k w_k ln[(1 - q_1) mean over alternatives of VM(bearing_k - direction; kappa_k)
                           + q_1 / (2 pi)]                         for the bearings of one area
    p = (1 - q) exp l(cell) + q E,    E = mean of exp l over reflectors anywhere about the area

A bearing may be wrong by itself (q_1 = 5 %: a slip of the hand). But in rocks it is more often
right about the wrong thing: all bearings from one area then point at the same reflector, and
agree. So the share of echoes q (5 % only with the animal in line of sight, 25 % usually, 50 % in
gorges) is one unknown for all bearings from places within 1 km of each other: one reflector cannot
be outvoted by repeats. E is what such bearings would give for a reflector in any direction, every
doubling of its distance from 50 m to 20 km equally likely.

The spread of each bearing is the one given (4 degrees where none is) times one common unknown
factor of 1/2, 1, 2 or 4, with prior factor^-1/2; near the observer the error of his own place is
added. Bearings from one spot are not independent: each counts w = 1 / sum_k exp(-D_jk / 100 m).
Source of the mixture: section 6.3 of the project's locating page, in its von Mises form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import i0e, logsumexp

from receiver.locator.settings import Floats, LocatorConfig

USUAL_SIGMA_DEG = 4.0
FACTORS = np.array([0.5, 1.0, 2.0, 4.0])
CORRELATION_M = 100.0
SMALLEST_SIGMA_DEG = 0.5
SLIP_SHARE = 0.05
AREA_M = 1000.0
REFLECTOR_DIRECTIONS, REFLECTOR_DISTANCES_M = 360, np.geomspace(50.0, 20_000.0, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class BearingData:
    """Bearings from true north. `alternatives_deg` holds all directions of one bearing.

    `x_m`, `y_m`, `sigma_deg`, `weight`, `echo_share`: (B,); `alternatives_deg`: B arrays, the first
    the bearing, the others what fits as well (the back of an axis, a side lobe).
    """

    x_m: Floats
    y_m: Floats
    sigma_deg: Floats
    weight: Floats
    alternatives_deg: tuple[Floats, ...]
    echo_share: Floats


def bearings(points_m: Floats, data: BearingData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-likelihood of bearings at each point (N, 2), and of "inaudible" (-inf)."""
    if len(data.x_m) == 0:
        return np.zeros(len(points_m)), 0.0
    return Bearings(data, config)(points_m), -np.inf


class Bearings:
    """The factor of bearings with what does not depend on the cell computed once."""

    def __init__(self, data: BearingData, config: LocatorConfig) -> None:
        self.data = data
        self.areas = [np.flatnonzero(area) for area in _areas(data, config)]
        self.echoes = [self._echo(area) for area in self.areas]

    def __call__(self, points_m: Floats) -> Floats:
        """Return the log-likelihood at points (N, 2)."""
        total = np.zeros((len(FACTORS), len(points_m)))
        for area, echo in zip(self.areas, self.echoes, strict=True):
            share = float(self.data.echo_share[area].mean())
            direct = self._direct(points_m, area)
            with np.errstate(divide="ignore"):
                total += np.logaddexp(np.log1p(-share) + direct, np.log(share) + echo[:, None])
        log_prior = -0.5 * np.log(FACTORS)
        log_prior -= logsumexp(log_prior)
        return np.asarray(logsumexp(total + log_prior[:, None], axis=0))

    def _direct(self, points_m: Floats, area: NDArray[np.int64]) -> Floats:
        return np.asarray(
            sum(self.data.weight[k] * _one(points_m, self.data, int(k)) for k in area)
        )

    def _echo(self, area: NDArray[np.int64]) -> Floats:
        """Return ln E for each factor."""
        turn = np.arange(REFLECTOR_DIRECTIONS) / REFLECTOR_DIRECTIONS * 2.0 * np.pi
        ring = np.column_stack([np.sin(turn), np.cos(turn)])
        reflectors = (REFLECTOR_DISTANCES_M[:, None, None] * ring[None]).reshape(-1, 2)
        middle = np.array([self.data.x_m[area].mean(), self.data.y_m[area].mean()])
        direct = self._direct(middle + reflectors, area)
        return np.asarray(logsumexp(direct, axis=1) - np.log(len(reflectors)))


def _areas(data: BearingData, config: LocatorConfig) -> list[NDArray[np.bool_]]:
    """Return which bearings are from one area: within 1 km of each other, or on one slope."""
    apart_m = np.hypot(np.subtract.outer(data.x_m, data.x_m), np.subtract.outer(data.y_m, data.y_m))
    near = apart_m <= AREA_M
    if config.slopes is not None:
        slope = config.slopes(np.column_stack([data.x_m, data.y_m]))
        near |= np.equal.outer(slope, slope)
    count, label = connected_components(near, directed=False)
    return [label == number for number in range(count)]


def _one(points_m: Floats, data: BearingData, index: int) -> Floats:
    """Return log p of one bearing for each factor and point, (4, N)."""
    dx = points_m[:, 0] - data.x_m[index]
    dy = points_m[:, 1] - data.y_m[index]
    direction = np.arctan2(dx, dy)
    own_place = 10.0**2 / np.maximum(dx * dx + dy * dy, 1.0)
    sigma = np.radians(np.maximum(data.sigma_deg[index] * FACTORS, SMALLEST_SIGMA_DEG))
    kappa = 1.0 / (sigma[:, None] ** 2 + own_place)
    density = np.zeros_like(kappa)
    for alternative in np.radians(data.alternatives_deg[index]):
        density += np.exp(kappa * (np.cos(direction - alternative) - 1.0))
    density /= len(data.alternatives_deg[index]) * 2.0 * np.pi * i0e(kappa)
    return np.asarray(np.log((1.0 - SLIP_SHARE) * density + SLIP_SHARE / (2.0 * np.pi)))
