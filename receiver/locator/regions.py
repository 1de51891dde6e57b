"""Search areas: the smallest areas that hold 50, 75 and 95 %, as polygons, and the best point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from receiver.geodesy import LocalGrid
from receiver.locator.raster import Box, Surface
from receiver.locator.tree import Leaves, at_edge

CELLS = 160  # a side of the grid on which an area is outlined
SHARES = {"50": 0.50, "75": 0.75, "95": 0.95}
Corner = tuple[int, int]
Mask = NDArray[np.bool_]


def regions(surface: Surface, local: LocalGrid) -> dict[str, dict[str, Any]]:
    """Return for "50", "75", "95" the GeoJSON MultiPolygon and its area in square metres."""
    return {name: region(surface, share, local) for name, share in SHARES.items()}


def region(surface: Surface, share: float, local: LocalGrid) -> dict[str, Any]:
    """Return the smallest area that holds a share."""
    box = surface.box_of(share)
    return outlined(densest(surface, share, box), box, local)


def outlined(mask: Mask, box: Box, local: LocalGrid) -> dict[str, Any]:
    """Return the outline of cells of a box as RFC 7946 wants it, and their area.

    Longitude, latitude; outer rings anticlockwise.
    """
    cell_m = 2.0 * box.half_m / len(mask)
    polygons = [[_degrees(ring, box, cell_m, local) for ring in rings] for rings in outline(mask)]
    geometry = {"type": "MultiPolygon", "coordinates": polygons}
    return {"geometry": geometry, "area_m2": round(float(mask.sum()) * cell_m**2, 1)}


def densest(surface: Surface, share: float, box: Box) -> Mask:
    """Return which of CELLS x CELLS cells of a box are among the densest that hold a share."""
    threshold = surface.threshold(share)
    mask = surface.at(box, CELLS) >= threshold
    column, row = surface.columns_and_rows(box, CELLS)
    # A piece may be smaller than a cell here, and must not be lost.
    dense = surface.relative >= threshold
    mask[row[dense].astype(int), column[dense].astype(int)] = True
    return mask


def touches_edge(leaves: Leaves) -> bool:
    """Tell whether the widest area goes on to the edge of the reach, and perhaps beyond."""
    order = np.argsort(-leaves.log_density, kind="stable")
    held = np.cumsum(leaves.probability[order])
    kept = order[: int(np.searchsorted(held, max(SHARES.values()))) + 1]
    return bool(at_edge(leaves)[kept].any())


def _degrees(ring: list[Corner], box: Box, cell_m: float, local: LocalGrid) -> list[list[float]]:
    corners = np.array([*ring, ring[0]], dtype=float) * cell_m
    x_m = box.x_m - box.half_m + corners[:, 0]
    y_m = box.y_m - box.half_m + corners[:, 1]
    latitude, longitude = local.to_degrees(x_m, y_m)
    pairs = zip(longitude, latitude, strict=True)
    return [[round(float(lon), 7), round(float(lat), 7)] for lon, lat in pairs]


def outline(mask: Mask) -> list[list[list[Corner]]]:
    """Return for each piece its outer ring and its holes, as corners (column, row) of cells.

    Outer rings run anticlockwise, holes clockwise. Cells that touch at a corner only are pieces of
    their own.
    """
    rings = [_without_straight(ring) for ring in _rings(mask)]
    outer = [ring for ring in rings if _signed_area(ring) > 0]
    pieces = [[ring] for ring in sorted(outer, key=_signed_area)]
    for hole in (ring for ring in rings if _signed_area(ring) < 0):
        owner = next(piece for piece in pieces if _inside(*_middle(*hole[:2]), piece[0]))
        owner.append(hole)
    return pieces[::-1]


def _rings(mask: Mask) -> list[list[Corner]]:
    """Walk along the borders of cells with the inside on the left."""
    steps = _border(mask)
    rings = []
    while steps:
        start = next(iter(steps))
        ring, corner, came = [start], start, None
        while True:
            following = _turn_left_first(corner, came, steps[corner])
            steps[corner].remove(following)
            if not steps[corner]:
                del steps[corner]
            corner, came = following, corner
            if corner == start:
                break
            ring.append(corner)
        rings.append(ring)
    return rings


def _border(mask: Mask) -> dict[Corner, list[Corner]]:
    padded = np.pad(mask, 1)
    steps: dict[Corner, list[Corner]] = defaultdict(list)
    inside = padded[1:-1, 1:-1]
    for (down, right), begin, end in (
        ((-1, 0), (0, 0), (1, 0)),  # nothing below: walk east along the lower side
        ((0, 1), (1, 0), (1, 1)),  # nothing right: walk north
        ((1, 0), (1, 1), (0, 1)),  # nothing above: walk west
        ((0, -1), (0, 1), (0, 0)),  # nothing left: walk south
    ):
        rows, columns = mask.shape
        beside = padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        for row, column in zip(*np.nonzero(inside & ~beside), strict=True):
            first = (int(column) + begin[0], int(row) + begin[1])
            steps[first].append((int(column) + end[0], int(row) + end[1]))
    return steps


def _turn_left_first(corner: Corner, came: Corner | None, choices: list[Corner]) -> Corner:
    """Where two pieces touch at a corner, turn left: each piece keeps its own ring."""
    if came is None or len(choices) == 1:
        return choices[0]
    dx, dy = corner[0] - came[0], corner[1] - came[1]
    return max(choices, key=lambda c: dx * (c[1] - corner[1]) - dy * (c[0] - corner[0]))


def _without_straight(ring: list[Corner]) -> list[Corner]:
    return [
        corner
        for before, corner, after in zip(
            [ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True
        )
        if (corner[0] - before[0]) * (after[1] - corner[1])
        != (corner[1] - before[1]) * (after[0] - corner[0])
    ]


def _signed_area(ring: list[Corner]) -> float:
    corners = np.array(ring, dtype=float)
    x, y = corners[:, 0], corners[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2.0


def _inside(x: float, y: float, ring: Sequence[Sequence[float]]) -> bool:
    """Tell whether a point lies in a ring: a ray to the east crosses its border an odd number."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1


def _middle(first: Corner, second: Corner) -> tuple[float, float]:
    """Return the middle of a side, moved a little off the lines on which corners lie."""
    return (first[0] + second[0]) / 2.0 + 1e-6, (first[1] + second[1]) / 2.0 + 1e-6


def contains(geometry: Mapping[str, Any], latitude_deg: float, longitude_deg: float) -> bool:
    """Tell whether a point is inside a MultiPolygon; holes are outside."""
    rings = (ring for polygon in geometry["coordinates"] for ring in polygon)
    return sum(_inside(longitude_deg, latitude_deg, ring) for ring in rings) % 2 == 1


def median_point(leaves: Leaves) -> tuple[float, float]:
    """Return the point of least expected distance (Weiszfeld's iteration on the cells)."""
    held = leaves.probability
    kept = held > held.max() * 1e-9
    points_m, p = leaves.points_m[kept], held[kept]
    softening_m = float(leaves.side_m[np.argmax(held)]) / 2.0
    here = p @ points_m / p.sum()
    for _ in range(200):
        distance_m = np.hypot(points_m[:, 0] - here[0], points_m[:, 1] - here[1])
        weight = p / np.maximum(distance_m, softening_m)
        before, here = here, weight @ points_m / weight.sum()
        if np.hypot(*(here - before)) < softening_m / 50.0:
            break
    return float(here[0]), float(here[1])
