"""Sightings by people and positions from packets: discs and points that spread with their age.

    sighting   trust * disc(radius) + (1 - trust) * anywhere
    position   trust * N(0, accuracy^2 + spread^2) + (1 - trust) * anywhere

What is old spreads as the animal moves (`receiver.locator.movement`). "Anywhere" is the disc of the
reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from receiver.locator.movement import spread_m
from receiver.locator.settings import Floats, LocatorConfig

SMALLEST_RADIUS_M = 10.0
ROOT_2 = 2.0**0.5
EDGE_POWER = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingData:
    """Discs and points: `x_m`, `y_m`, `radius_m`, `trust`, `age_s`, `is_disc`, all (K,)."""

    x_m: Floats
    y_m: Floats
    radius_m: Floats
    trust: Floats
    age_s: Floats
    is_disc: np.ndarray[tuple[int], np.dtype[np.bool_]]


def sightings(points_m: Floats, data: SightingData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-likelihood of sightings and positions at each point (N, 2).

    "Inaudible", that is outside the map, leaves only the share that is wrong.
    """
    total, inaudible = np.zeros(len(points_m)), 0.0
    anywhere = 1.0 / (np.pi * config.reach_m**2)
    for k in range(len(data.x_m)):
        distance_m = np.hypot(points_m[:, 0] - data.x_m[k], points_m[:, 1] - data.y_m[k])
        scale_m = np.hypot(
            max(data.radius_m[k], SMALLEST_RADIUS_M),
            spread_m(data.age_s[k], config.movement) / ROOT_2,
        )
        shape = _disc if data.is_disc[k] else _point
        doubt = (1.0 - data.trust[k]) * anywhere
        total += np.log(data.trust[k] * shape(distance_m, float(scale_m)) + doubt)
        inaudible += float(np.log(doubt)) if doubt > 0 else -np.inf
    return total, inaudible


def _disc(distance_m: Floats, radius_m: float) -> Floats:
    """Return a flat density with a soft edge that integrates to 1 over the plane."""
    area_factor = (2 * np.pi / EDGE_POWER) / np.sin(2 * np.pi / EDGE_POWER)
    inside = 1.0 / (1.0 + (distance_m / radius_m) ** EDGE_POWER)
    return np.asarray(inside / (np.pi * radius_m**2 * area_factor))


def _point(distance_m: Floats, sigma_m: float) -> Floats:
    """Return the density of a round normal distribution."""
    return np.asarray(np.exp(-0.5 * (distance_m / sigma_m) ** 2) / (2 * np.pi * sigma_m**2))
