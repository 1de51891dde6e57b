"""Before any fine reasoning: how far a collar may be from where it was heard.

Nobody knows the reach of this collar today: its power, its battery, the body above the antenna, the
rock between. So with few places every doubling of the distance d to the nearest place that heard it
is equally likely, from 100 m to the edge of the map: 1 / (d^2 + d_0^2) on the ground. A flat map
would say instead that it is almost surely near the edge, since that is where the area is.

With ten places or more on a walk of some extent (`LocatorConfig.shortest_walk_m`), people have gone
where it was loud, and the extent E of their walk tells what scale the search has. (Who stands still
has many places, too, by the errors of his GPS, and they tell nothing; who is led from the first
beep on is not yet where it is loud.) Then the density is the sum of three, with weights that were
chosen on made-up walks (`receiver.simulator.trials`, seeds below 120) by the log of what they gave
the truth:

    0.39   1 / (1 + (d / 30 m)^2) / (1 + (d / R)^2)^2,  R = 200 m + E: near where anybody was
    0.58   (1 + (c / R)^2)^-3,  R = 35 m + 1.7 E / (1 + E / 4 km), c from the places' middle
    0.03   that of few places: anywhere within reach

(Middle: weighted by amplitude. From a car the walk is long, but not the reach of the radio.)
The middle part uses the levels twice: it stacks the model with the simplest rule (section 17.1 of
the project's locating page).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from receiver.locator.radio import RadioData
from receiver.locator.settings import Floats, LocatorConfig

NEAREST_M, NEAREST_ON_A_WALK_M = 100.0, 30.0
LOUD_M, LOUD_EXTENTS, FULL_EXTENT_M = 35.0, 1.7, 4000.0
NEAR_SHARE, LOUD_SHARE, FAR_SHARE = 0.39, 0.58, 0.03
FEWEST_PLACES = 10
CHUNK_VALUES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachData:
    """Places that heard the collar, `places_m` (M, 2), and the extent of a walk.

    `loud_m` is the loud middle of a walk, None where there was none.
    """

    places_m: Floats
    loud_m: tuple[float, float] | None = None
    extent_m: float = 0.0


def reach_data(
    radio: RadioData, bearing_x_m: Floats, bearing_y_m: Floats, shortest_walk_m: float
) -> ReachData:
    """Return the data of this factor from levels and the places of bearings."""
    places_m = np.column_stack(
        [np.append(radio.x_m, bearing_x_m), np.append(radio.y_m, bearing_y_m)]
    )
    if len(radio.x_m) < FEWEST_PLACES or extent(radio) < shortest_walk_m:
        return ReachData(places_m=places_m)
    return ReachData(places_m=places_m, loud_m=loud_middle(radio), extent_m=extent(radio))


def extent(radio: RadioData) -> float:
    """Return the diagonal of the box about the places of levels, in metres."""
    return float(np.hypot(np.ptp(radio.x_m), np.ptp(radio.y_m)))


def loud_middle(radio: RadioData) -> tuple[float, float]:
    """Return the places' middle weighted by amplitude, each scale against its own loudest place."""
    loudest = np.full(len(radio.group_mean_db), -np.inf)
    np.maximum.at(loudest, radio.group, radio.level_db)
    of_scale = np.where(radio.group_covariance_db2 > 0, loudest[None, :], -np.inf).max(axis=1)
    weight = 10.0 ** ((radio.level_db - of_scale[radio.group]) / 20.0)
    x_m, y_m = weight @ radio.x_m / weight.sum(), weight @ radio.y_m / weight.sum()
    return float(x_m), float(y_m)


def reach(points_m: Floats, data: ReachData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-density per square metre at points (N, 2); nothing of "inaudible"."""
    if len(data.places_m) == 0:
        return np.zeros(len(points_m)), 0.0
    return of_nearest(points_m, nearest_squared(points_m, data.places_m), data, config), 0.0


def of_nearest(points_m: Floats, squared: Floats, data: ReachData, config: LocatorConfig) -> Floats:
    """Return the log-density at points whose squared distance to the nearest place is known."""
    doublings = np.log1p((config.reach_m / NEAREST_M) ** 2)
    far = 1.0 / ((squared + NEAREST_M**2) * np.pi * doublings)
    if data.loud_m is None:
        return np.asarray(np.log(far))
    near = _near(np.sqrt(squared), data.extent_m) / _mass_near(data.extent_m)
    c_squared = (points_m[:, 0] - data.loud_m[0]) ** 2 + (points_m[:, 1] - data.loud_m[1]) ** 2
    extent_m = data.extent_m / (1.0 + data.extent_m / FULL_EXTENT_M)
    radius_squared = (LOUD_M + LOUD_EXTENTS * extent_m) ** 2
    loud = 2.0 / (np.pi * radius_squared) * (1.0 + c_squared / radius_squared) ** -3
    return np.asarray(np.log(NEAR_SHARE * near + LOUD_SHARE * loud + FAR_SHARE * far))


def _near(distance_m: Floats, extent_m: float) -> Floats:
    squared = distance_m**2
    scale_squared = (200.0 + extent_m) ** 2
    close = 1.0 / (1.0 + squared / NEAREST_ON_A_WALK_M**2)
    return np.asarray(close / (1.0 + squared / scale_squared) ** 2)


def _mass_near(extent_m: float) -> float:
    """Return the integral of the near part about a line as long as the walk's extent."""
    distance_m = np.geomspace(0.5, 2e5, 2000)
    return float(
        np.trapezoid(
            _near(distance_m, extent_m) * 2.0 * (np.pi * distance_m + extent_m), distance_m
        )
    )


def nearest_squared(points_m: Floats, places_m: Floats) -> Floats:
    """Return the squared distance from each point to the nearest place."""
    out = np.empty(len(points_m))
    step = max(1, CHUNK_VALUES // len(places_m))
    for begin in range(0, len(points_m), step):
        chunk = points_m[begin : begin + step]
        squared = np.subtract.outer(chunk[:, 0], places_m[:, 0]) ** 2
        squared += np.subtract.outer(chunk[:, 1], places_m[:, 1]) ** 2
        out[begin : begin + step] = squared.min(axis=1)
    return out
