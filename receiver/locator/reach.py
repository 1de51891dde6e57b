"""Before any fine reasoning: how far a collar may be from where it was heard.

Nobody knows the reach of this collar today: its power, its battery, the body above the antenna, the
rock between. So every doubling of the distance to the nearest place that heard it is equally
likely, from 100 m to the edge of the map: a density of 1 / (d^2 + d_0^2) on the ground. A flat map
would say instead that it is almost surely near the edge, since that is where the area is.

Where a walk gives levels from ten places or more, nine tenths of the weight go to the neighbourhood
of the loud places: (c^2 + (50 m + E / 2)^2)^-2, with c the distance to the places' middle, weighted
by amplitude, and E the extent of the walk. Its radius holds half of its weight. (Section 17.1 of
the project's locating page: it stacks the model with the simplest rule, and uses the levels twice.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from receiver.locator.radio import RadioData
from receiver.locator.settings import Floats, LocatorConfig

NEAREST_M = 100.0
LOUD_SHARE = 0.9
FEWEST_PLACES = 10
CHUNK_VALUES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachData:
    """Places that heard the collar, `places_m` (M, 2); the loud middle and its radius, if any."""

    places_m: Floats
    loud_m: tuple[float, float] | None = None
    radius_m: float = 0.0


def reach_data(radio: RadioData, bearing_x_m: Floats, bearing_y_m: Floats) -> ReachData:
    """Return the data of this factor from levels and the places of bearings."""
    places_m = np.column_stack(
        [np.append(radio.x_m, bearing_x_m), np.append(radio.y_m, bearing_y_m)]
    )
    if len(radio.x_m) < FEWEST_PLACES:
        return ReachData(places_m=places_m)
    extent_m = float(np.hypot(np.ptp(radio.x_m), np.ptp(radio.y_m)))
    return ReachData(places_m=places_m, loud_m=loud_middle(radio), radius_m=50.0 + 0.5 * extent_m)


def loud_middle(radio: RadioData) -> tuple[float, float]:
    """Return the places' middle weighted by amplitude, each group against its own loudest place."""
    loudest = np.array([radio.level_db[radio.group == g].max() for g in radio.group])
    weight = 10.0 ** ((radio.level_db - loudest) / 20.0)
    x_m, y_m = weight @ radio.x_m / weight.sum(), weight @ radio.y_m / weight.sum()
    return float(x_m), float(y_m)


def reach(points_m: Floats, data: ReachData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-density per square metre at points (N, 2); nothing of "inaudible"."""
    if len(data.places_m) == 0:
        return np.zeros(len(points_m)), 0.0
    doublings = np.log1p((config.reach_m / NEAREST_M) ** 2)
    density = 1.0 / ((_nearest_squared(points_m, data) + NEAREST_M**2) * np.pi * doublings)
    if data.loud_m is None:
        return np.log(density), 0.0
    squared = (points_m[:, 0] - data.loud_m[0]) ** 2 + (points_m[:, 1] - data.loud_m[1]) ** 2
    near = data.radius_m**2 / (np.pi * (squared + data.radius_m**2) ** 2)
    return np.log(LOUD_SHARE * near + (1.0 - LOUD_SHARE) * density), 0.0


def _nearest_squared(points_m: Floats, data: ReachData) -> Floats:
    out = np.empty(len(points_m))
    step = max(1, CHUNK_VALUES // len(data.places_m))
    for begin in range(0, len(points_m), step):
        chunk = points_m[begin : begin + step]
        squared = np.subtract.outer(chunk[:, 0], data.places_m[:, 0]) ** 2
        squared += np.subtract.outer(chunk[:, 1], data.places_m[:, 1]) ** 2
        out[begin : begin + step] = squared.min(axis=1)
    return out
