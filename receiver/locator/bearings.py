"""Bearings: von Mises about the true direction, and a share of echoes from anywhere.

    p = (1 - q) mean over alternatives of VM(bearing - direction; kappa) + q / (2 pi)

Source: section 6.3 of the project's locating page, in its von Mises form. The spread of each
bearing is the one given (4 degrees where none is) times one common unknown factor of 1/2, 1, 2 or
4, with prior factor^-1/2; near the observer the error of his own place is added. Bearings from one
place are not independent: the log-likelihood of each counts 1 / sum_k exp(-D_jk / 100 m).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import i0e, logsumexp

from receiver.locator.settings import Floats, LocatorConfig

USUAL_SIGMA_DEG = 4.0
FACTORS = np.array([0.5, 1.0, 2.0, 4.0])
CORRELATION_M = 100.0
SMALLEST_SIGMA_DEG = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BearingData:
    """Bearings from true north. `alternatives_deg` holds all directions of one bearing.

    `x_m`, `y_m`, `sigma_deg`, `weight`: (B,); `alternatives_deg`: B arrays, the first the bearing.
    """

    x_m: Floats
    y_m: Floats
    sigma_deg: Floats
    weight: Floats
    alternatives_deg: tuple[Floats, ...]


def bearings(points_m: Floats, data: BearingData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-likelihood of bearings at each point (N, 2), and of "inaudible" (-inf)."""
    if len(data.x_m) == 0:
        return np.zeros(len(points_m)), 0.0
    total = np.zeros((len(FACTORS), len(points_m)))
    for index in range(len(data.x_m)):
        total += data.weight[index] * _one(points_m, data, index, config.bearing_outlier_share)
    log_prior = -0.5 * np.log(FACTORS)
    log_prior -= logsumexp(log_prior)
    return np.asarray(logsumexp(total + log_prior[:, None], axis=0)), -np.inf


def _one(points_m: Floats, data: BearingData, index: int, outlier_share: float) -> Floats:
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
    return np.asarray(np.log((1.0 - outlier_share) * density + outlier_share / (2.0 * np.pi)))
