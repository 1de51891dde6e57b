"""A map drawn from heights alone: shaded slopes and contour lines, one web-mercator tile at a time.

Slopes by Horn's method (Proc. IEEE 69, 1981) on the tile's own pixels, lit from the north-west.
Contour lines stand every 10 to 500 m by zoom, every fifth one stronger.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from receiver.ui.web.elevation import Elevation
from receiver.ui.web.mercator import TILE, is_tile, pixel_m, tile_axes
from receiver.ui.web.png import Pixels, png

Floats = NDArray[np.float64]
SUN_AZIMUTH_DEG, SUN_HEIGHT_DEG = 315.0, 45.0
CONTOURS_M = ((15, 10.0), (14, 20.0), (12, 50.0), (10, 100.0))  # from this zoom on
WIDEST_M = 500.0
THIN_PX, STRONG_PX = 0.55, 1.0  # half widths
FIRST_ZOOM = 7
# Darkest slope, lightest slope, thin and strong lines: red, green, blue.
DAY = ((120, 118, 112), (252, 250, 244), (150, 105, 60), (120, 70, 30))
NIGHT = ((0, 0, 0), (58, 0, 0), (84, 0, 0), (124, 0, 0))


def relief_tile(
    elevation: Elevation, z: int, x: int, y: int, *, night: bool = False
) -> bytes | None:
    """Return a tile as PNG, None where no height is known or the tile would be too wide."""
    if not is_tile(z, x, y) or z < FIRST_ZOOM:
        return None
    latitude, longitude = tile_axes(z, x, y, margin=1)
    heights = elevation.heights(latitude, longitude)
    if np.isnan(heights[1:-1, 1:-1]).all():
        return None
    cell_m = pixel_m(z, float(latitude[TILE // 2]))
    return png(drawn(heights, cell_m, contour_m(z), NIGHT if night else DAY))


def contour_m(z: int) -> float:
    """Return how far contour lines are apart at a zoom, in metres of height."""
    return next((step for zoom, step in CONTOURS_M if z >= zoom), WIDEST_M)


def drawn(
    heights: Floats, cell_m: float, step_m: float, colours: tuple[tuple[int, ...], ...]
) -> Pixels:
    """Return (rows, columns, 4) of heights with a margin of one; see-through where not known."""
    dark, light, thin, strong = (np.array(colour, float) for colour in colours)
    east, south = slopes(heights, cell_m)
    shade = shaded(east, south)[..., None]
    middle = heights[1:-1, 1:-1]
    rise_m = np.hypot(east, south) * cell_m
    picture = dark + (light - dark) * shade
    for colour, apart_m, half_px in ((thin, step_m, THIN_PX), (strong, 5 * step_m, STRONG_PX)):
        line = on_line(middle, rise_m, apart_m, half_px)[..., None]
        picture = picture * (1 - line) + colour * line
    known = np.isfinite(shade[..., 0]) & np.isfinite(middle)
    opaque = np.concatenate([picture, np.full((*middle.shape, 1), 255.0)], axis=-1)
    return np.where(known[..., None], np.nan_to_num(opaque), 0.0).round().astype(np.uint8)


def slopes(heights: Floats, cell_m: float) -> tuple[Floats, Floats]:
    """Return the rise to the east and to the south, metres a metre (Horn's eight neighbours)."""
    h = heights
    across = h[:-2] + 2 * h[1:-1] + h[2:]
    down = h[:, :-2] + 2 * h[:, 1:-1] + h[:, 2:]
    return (across[:, 2:] - across[:, :-2]) / (8 * cell_m), (down[2:] - down[:-2]) / (8 * cell_m)


def shaded(east: Floats, south: Floats) -> Floats:
    """Return how brightly a slope is lit, 0 to 1."""
    azimuth, height = math.radians(SUN_AZIMUTH_DEG), math.radians(SUN_HEIGHT_DEG)
    to_east = math.cos(height) * math.sin(azimuth)
    to_south = -math.cos(height) * math.cos(azimuth)
    lit = math.sin(height) - east * to_east - south * to_south
    return np.asarray(np.clip(lit / np.sqrt(1.0 + east**2 + south**2), 0.0, 1.0))


def on_line(heights: Floats, rise_m: Floats, apart_m: float, half_px: float) -> Floats:
    """Return how much of each pixel a contour line covers; `rise_m` is the rise over a pixel.

    Where lines would be less than three pixels apart, they fade.
    """
    away_m = np.abs(heights - apart_m * np.round(heights / apart_m))
    with np.errstate(divide="ignore", invalid="ignore"):
        away_px = np.where(rise_m > 0, away_m / rise_m, np.inf)
        room_px = np.where(rise_m > 0, apart_m / rise_m, np.inf)
    covered = np.clip(half_px + 0.5 - away_px, 0.0, 1.0)
    return np.asarray(covered * np.clip((room_px - 2.0) / 3.0, 0.0, 1.0))
