"""The square tiles of web maps (EPSG:3857): where their pixels lie.

World coordinates run from 0 to 1, x to the east from 180 W, y to the south from 85.05 N: those of
a pixel of tile (z, x, y) are (x + column / 256) / 2**z and (y + row / 256) / 2**z.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TILE = 256
DEEPEST = 22
LAST_LATITUDE_DEG = 85.05112878
CIRCUMFERENCE_M = 2.0 * math.pi * 6_378_137.0

Floats = NDArray[np.float64]


def is_tile(z: int, x: int, y: int) -> bool:
    """Tell whether there is such a tile."""
    return 0 <= z <= DEEPEST and 0 <= x < 1 << z and 0 <= y < 1 << z


def latitudes(y: Floats) -> Floats:
    """Return latitudes of world coordinates."""
    return np.degrees(np.arctan(np.sinh(math.pi * (1.0 - 2.0 * y))))


def longitudes(x: Floats) -> Floats:
    """Return longitudes of world coordinates."""
    return x * 360.0 - 180.0


def from_latitudes(latitude_deg: Floats) -> Floats:
    """Return world coordinates y of latitudes."""
    held = np.clip(latitude_deg, -LAST_LATITUDE_DEG, LAST_LATITUDE_DEG)
    return (1.0 - np.arcsinh(np.tan(np.radians(held))) / math.pi) / 2.0


def tile_axes(z: int, x: int, y: int, margin: int = 0) -> tuple[Floats, Floats]:
    """Return latitudes of the rows and longitudes of the columns of a tile's pixel centres."""
    steps = (np.arange(-margin, TILE + margin) + 0.5) / TILE
    return latitudes((y + steps) / 2**z), longitudes((x + steps) / 2**z)


def pixel_m(z: int, latitude_deg: float) -> float:
    """Return how many metres a pixel is at a latitude."""
    return CIRCUMFERENCE_M * math.cos(math.radians(latitude_deg)) / float(TILE << z)
