"""Where the collar may be, as a picture to lay over a map: darker and redder is likelier.

The picture's rows are even in web-mercator, as the map's are, and its columns in longitude. Shown
is the square root of the probability of a cell beside that of the likeliest, so that faint areas
are seen; where there is little of it the map shows through. By day lightness and hue both change,
for the sun and for the colour-blind; by night only how bright a red is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from receiver.geodesy import LocalGrid
from receiver.locator import Posterior
from receiver.locator.raster import Grid
from receiver.ui.web.mercator import from_latitudes, latitudes
from receiver.ui.web.png import Pixels, png

Floats = NDArray[np.float64]
SIDE = 320  # pixels
LEAST = 0.06  # of the square root: below it nothing is drawn
# Share shown: red, green, blue, alpha. Pale yellow, orange, crimson, dark violet.
DAY = np.array([
    [0.00, 255, 240, 140, 0], [0.06, 255, 240, 140, 70], [0.35, 253, 170, 50, 130],
    [0.65, 220, 50, 50, 165], [1.00, 80, 0, 80, 190],
])  # fmt: skip
NIGHT = np.array([
    [0.00, 0, 0, 0, 0], [0.06, 60, 0, 0, 110], [0.35, 110, 0, 0, 150],
    [0.65, 170, 0, 0, 180], [1.00, 255, 0, 0, 210],
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Overlay:
    """A PNG and the degrees of its four sides."""

    png: bytes
    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The degrees of the four sides of a picture."""

    south: float
    west: float
    north: float
    east: float


def overlay(posterior: Posterior, *, night: bool = False) -> Overlay | None:
    """Return the picture, None where nothing can be said."""
    grid, evidence = posterior.grid, posterior.evidence
    if grid is None or evidence is None:
        return None
    frame = frame_of(grid, evidence.grid)
    shown = shares(grid, evidence.grid, frame)
    picture = png(coloured(shown, NIGHT if night else DAY))
    return Overlay(picture, frame.south, frame.west, frame.north, frame.east)


def frame_of(grid: Grid, local: LocalGrid) -> Frame:
    """Return the sides of the rectangle of degrees that holds a grid of metres."""
    half = grid.cell_m / 2.0
    x_m = np.linspace(grid.x_m[0] - half, grid.x_m[-1] + half, 9)
    y_m = np.linspace(grid.y_m[0] - half, grid.y_m[-1] + half, 9)
    across, up = np.meshgrid(x_m, y_m)  # sides are bent: corners alone do not bound them
    latitude, longitude = local.to_degrees(across, up)
    return Frame(
        south=float(latitude.min()),
        west=float(longitude.min()),
        north=float(latitude.max()),
        east=float(longitude.max()),
    )


def shares(grid: Grid, local: LocalGrid, frame: Frame) -> Floats:
    """Return what is to be shown, 0 to 1, for SIDE x SIDE pixels, the northernmost row first."""
    centres = (np.arange(SIDE) + 0.5) / SIDE
    top, bottom = from_latitudes(np.array([frame.north, frame.south]))
    latitude = latitudes(top + (bottom - top) * centres)
    longitude = frame.west + (frame.east - frame.west) * centres
    across, down = np.meshgrid(longitude, latitude)
    x_m, y_m = local.to_xy(down, across)
    root = np.sqrt(grid.probability / grid.probability.max())
    column = (x_m - grid.x_m[0]) / grid.cell_m
    row = (y_m - grid.y_m[0]) / grid.cell_m
    return between(root, row, column)


def between(values: Floats, row: Floats, column: Floats) -> Floats:
    """Return values between the nodes of an array (bilinear), 0 outside of them."""
    padded = np.pad(values, 1)
    row = np.clip(row + 1.0, 0.0, padded.shape[0] - 1.000001)
    column = np.clip(column + 1.0, 0.0, padded.shape[1] - 1.000001)
    i, j = row.astype(int), column.astype(int)
    down, right = row - i, column - j
    upper = padded[i, j] * (1 - right) + padded[i, j + 1] * right
    lower = padded[i + 1, j] * (1 - right) + padded[i + 1, j + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)


def coloured(shown: Floats, ramp: Floats) -> Pixels:
    """Return red, green, blue and alpha of shares by a ramp."""
    channels = [np.interp(shown, ramp[:, 0], ramp[:, n]) for n in (1, 2, 3, 4)]
    pixels = np.stack(channels, axis=-1).round().astype(np.uint8)
    pixels[shown < LEAST] = 0
    return pixels
