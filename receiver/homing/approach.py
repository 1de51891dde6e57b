"""The approach limit: how far a searcher is from the search area, and whether he must stop.

The animal may be alive. Inside the search area (95 %) plus the limit nobody is led on: the leader
decides, and lowers the limit by typing. A limit of 0 is no limit: the leader has lifted it.

A search begins inside its own search area: after the first beep that is everything around, many
square kilometres, and a STOP that always stands says nothing. So an area that is larger than 20
discs of the limit (300 m: 5.7 km2) stops nobody by itself: there the chance of being nearer than
the limit counts, and stops from 1 in 5 on. (A first beep alone, without any direction, leaves about
1 in 6 of it within 300 m: every doubling of the distance up to the usual reach is equally likely.)
A STOP that stands goes only once that chance is below 1 in 10, and the area is larger than 30 discs
or more than 1.2 limits away: it must not come and go by itself.
(Chosen on 60 made-up searches, seeds 7000 to 7059.)

The outline is drawn flat about the searcher's own place (azimuthal equidistant), so that lengths
from there are true; a side of 20 km may lie some metres beside the straight line on a sphere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from receiver.geodesy import LocalGrid
from receiver.homing.snapshot import Approach

USUAL_LIMIT_M, DROPPED_LIMIT_M = 300.0, 30.0
AREA, DEFINITE_DISCS, NEAR_SHARE, LEFT_SHARE = "95", 20, 0.2, 0.1
LEFT_DISCS, LEFT_EDGE = 30, 1.2  # what a STOP that stands goes by: it must not come and go
if TYPE_CHECKING:
    from receiver.locator import Posterior

Floats = NDArray[np.float64]


def approach(
    posterior: Posterior | None,
    place_deg: tuple[float, float] | None,
    limit_m: float,
    off_m: float = 0.0,
    *,
    has_stopped: bool = False,
) -> Approach:
    """Return how a searcher at (latitude, longitude), up to `off_m` beside it, stands to the limit.

    Who does not know better where he is keeps so much more away. `has_stopped`: STOP stands.
    """
    if posterior is None or place_deg is None or AREA not in posterior.answer.regions:
        return Approach(limit_m=limit_m, edge_m=None, must_stop=False)
    area = posterior.answer.regions[AREA]
    edge_m = distance_m(area["geometry"], *place_deg)
    kept_away_m = limit_m + off_m if limit_m > 0 else 0.0
    share = share_within(posterior, place_deg, kept_away_m)
    area_m2 = float(area["area_m2"])
    stop = must_stop(edge_m, area_m2, share, kept_away_m, has_stopped=has_stopped)
    return Approach(limit_m=limit_m, edge_m=edge_m, must_stop=stop)


def must_stop(
    edge_m: float | None,
    area_m2: float,
    share_within: float,
    limit_m: float,
    *,
    has_stopped: bool = False,
) -> bool:
    """Tell whether a searcher `edge_m` from the search area (0 inside) must not be led on.

    `share_within` is the chance that the collar is nearer than the limit. `has_stopped`: STOP
    stands, and goes only where all of this is clearly past.
    """
    if edge_m is None or limit_m <= 0:
        return False
    discs, edge, near_share = (
        (LEFT_DISCS, LEFT_EDGE, LEFT_SHARE) if has_stopped else (DEFINITE_DISCS, 1.0, NEAR_SHARE)
    )
    is_definite = area_m2 <= discs * math.pi * limit_m**2
    return share_within >= near_share or (is_definite and edge_m <= edge * limit_m)


def share_within(posterior: Posterior, place_deg: tuple[float, float], radius_m: float) -> float:
    """Return the chance that the collar is within a distance of a place.

    A cell counts by how much of it lies within, as if it were a strip as wide as its side.
    """
    if posterior.belief is None or posterior.evidence is None:
        return 0.0
    x_m, y_m = posterior.evidence.grid.to_xy(*place_deg)
    leaves = posterior.belief.leaves
    away_m = np.hypot(leaves.points_m[:, 0] - x_m, leaves.points_m[:, 1] - y_m)
    part = np.clip(0.5 + (radius_m - away_m) / leaves.side_m, 0.0, 1.0)
    # A cell much larger than the disc holds no more of it than their areas allow.
    part = np.minimum(part, math.pi * radius_m**2 / leaves.side_m**2)
    return float(leaves.probability @ part)


def distance_m(
    geometry: Mapping[str, Any], latitude_deg: float, longitude_deg: float
) -> float | None:
    """Return the metres from a place to a GeoJSON MultiPolygon, 0 inside; holes are outside.

    None where the geometry has no side.
    """
    sides = _sides_m(geometry, LocalGrid(latitude_deg, longitude_deg))
    if len(sides) == 0:
        return None
    return 0.0 if _is_inside(sides) else float(_nearest_m(sides))


def _sides_m(geometry: Mapping[str, Any], grid: LocalGrid) -> Floats:
    """Return the sides of all rings, (K, 2 ends, 2), in metres about the place."""
    rings = [ring for polygon in geometry["coordinates"] for ring in polygon]
    if not rings:
        return np.empty((0, 2, 2))
    corners = np.array([corner[:2] for ring in rings for corner in ring], dtype=float)
    points_m = np.column_stack(grid.to_xy(corners[:, 1], corners[:, 0]))
    sides = np.stack([points_m[:-1], points_m[1:]], axis=1)
    between_rings = np.cumsum([len(ring) for ring in rings])[:-1] - 1
    return np.delete(sides, between_rings, axis=0)


def _is_inside(sides_m: Floats) -> bool:
    """Tell whether the origin is inside: a ray to the east crosses an odd number of sides."""
    (x1, y1), (x2, y2) = sides_m[:, 0].T, sides_m[:, 1].T
    across = (y1 > 0) != (y2 > 0)
    rise = np.where(across, y2 - y1, 1.0)
    return bool(np.count_nonzero(across & (x1 - y1 * (x2 - x1) / rise > 0)) % 2)


def _nearest_m(sides_m: Floats) -> float:
    """Return the distance of the origin from the nearest point of any side."""
    begin, along = sides_m[:, 0], sides_m[:, 1] - sides_m[:, 0]
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(-(begin * along).sum(axis=1) / squared, 0.0, 1.0)
    nearest = begin + share[:, None] * along
    return float(np.hypot(nearest[:, 0], nearest[:, 1]).min())
