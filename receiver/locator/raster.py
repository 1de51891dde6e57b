"""Cells of many sizes drawn on a regular grid, for pictures and outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator

from receiver.locator.settings import Floats
from receiver.locator.tree import Leaves, quarters

LOWEST = -1e4  # of a log density beside the highest: zero, but a number


@dataclass(frozen=True, slots=True)
class Box:
    """A square: its middle and its half side, in metres."""

    x_m: float
    y_m: float
    half_m: float

    def axes(self, cells: int) -> tuple[Floats, Floats]:
        """Return the centres of `cells` x `cells` cells."""
        offsets = (np.arange(cells) + 0.5) / cells * 2.0 - 1.0
        return self.x_m + self.half_m * offsets, self.y_m + self.half_m * offsets


@dataclass(frozen=True, slots=True)
class Grid:
    """Cell centres and the probability of each cell, `probability[row of y, column of x]`.

    The cells' probabilities add up to 1 - `beyond`.
    """

    x_m: Floats
    y_m: Floats
    probability: Floats
    beyond: float = 0.0

    @property
    def cell_m(self) -> float:
        """Side of a cell."""
        return float(self.x_m[1] - self.x_m[0])


class Surface:
    """The log density between the centres of cells, relative to its highest."""

    def __init__(self, leaves: Leaves) -> None:
        self.leaves = leaves
        relative = np.maximum(leaves.log_density - leaves.log_density.max(), LOWEST)
        self.relative = relative
        self._between = LinearNDInterpolator(leaves.points_m, relative)
        # Within a cell the density bends: quarters tell better than centres what each holds.
        points_m, side_m = quarters(leaves.points_m, leaves.side_m)
        values = np.asarray(self._between(points_m), dtype=float)
        values = np.where(np.isfinite(values), values, np.repeat(relative, 4))
        order = np.argsort(-values, kind="stable")
        held = np.cumsum(np.exp(values[order]) * side_m[order] ** 2)
        self._falling, self._held = values[order], held / held[-1]

    def at(self, box: Box, cells: int) -> Floats:
        """Return the log density at the centres of a grid, (cells, cells)."""
        x_m, y_m = box.axes(cells)
        across, up = np.meshgrid(x_m, y_m)
        values = np.asarray(self._between(across, up), dtype=float)
        return np.where(np.isfinite(values), values, LOWEST)

    def box_of(self, share: float) -> Box:
        """Return the square about the densest cells that hold a share."""
        kept = self.relative >= min(self.threshold(share), 0.0)
        half = self.leaves.side_m[kept, None]  # a whole side: density falls off between centres
        low = (self.leaves.points_m[kept] - half).min(axis=0)
        high = (self.leaves.points_m[kept] + half).max(axis=0)
        middle = (low + high) / 2.0
        return Box(float(middle[0]), float(middle[1]), float((high - low).max()) / 2.0)

    def threshold(self, share: float) -> float:
        """Return the log density above which the densest cells hold a share."""
        last = int(np.searchsorted(self._held, share * (1.0 - 1e-12)))
        return float(self._falling[min(last, len(self._falling) - 1)])

    def share_denser_than(self, x_m: float, y_m: float) -> float:
        """Return the share of the probability where the density is higher than at a point.

        Of a truth it is uniform between 0 and 1 when areas are what they say.
        """
        value = float(self._between(x_m, y_m))
        if not np.isfinite(value):
            return 1.0
        count = int(np.searchsorted(-self._falling, -value))
        return float(self._held[count - 1]) if count else 0.0

    def columns_and_rows(self, box: Box, cells: int) -> tuple[Floats, Floats]:
        """Return in which column and row of a grid the centre of each cell lies."""
        scale = cells / (2.0 * box.half_m)
        low = np.array([box.x_m - box.half_m, box.y_m - box.half_m])
        found = np.floor((self.leaves.points_m - low) * scale)
        return found[:, 0], found[:, 1]


def grid(surface: Surface, cells: int, share: float = 0.98) -> Grid:
    """Return the square that holds a share of the probability, as a regular grid."""
    box = surface.box_of(share)
    x_m, y_m = box.axes(cells)
    density = np.exp(surface.at(box, cells))
    column, row = surface.columns_and_rows(box, cells)
    inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
    cell_m = 2.0 * box.half_m / cells
    # Where cells are smaller than the grid's, what they hold is added up, or a peak would be lost.
    small = inside & (surface.leaves.side_m < cell_m)
    index = (row[small] * cells + column[small]).astype(int)
    mass = np.exp(surface.relative[small]) * surface.leaves.side_m[small] ** 2
    summed = np.bincount(index, mass, cells**2) / cell_m**2
    covered = np.bincount(index, surface.leaves.side_m[small] ** 2, cells**2) / cell_m**2 > 0.5
    density = np.where(covered.reshape(cells, cells), summed.reshape(cells, cells), density)
    held = float(surface.leaves.probability[inside].sum())
    probability = density * (held / density.sum())
    return Grid(x_m, y_m, probability, beyond=max(1.0 - held, 0.0))
