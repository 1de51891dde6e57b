"""A grid that zooms: from the whole reach of the radio down to where the collar may be.

The first box is everything within reach of the places of listening, not the walk alone. It is
looked at in three scales, because an answer may be as wide as the reach or as narrow as a house;
then the box shrinks, step by step, to what holds all but two in a hundred. That rest is not thrown
away: it is counted as `beyond` the map. Where the collar may be beyond the edge, the box grows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from receiver.locator.settings import Floats

LogLikelihood = Callable[[Floats], Floats]

MOST_BEYOND = 0.02
SEARCH_CELLS = 96
CLOSEST_BOX_M = 60.0
EDGE_SHARE = 0.02
MOST_REACH_M = 160_000.0
ZOOMS = 12


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
    log_likelihood: Floats
    beyond: float = 0.0

    @property
    def cell_m(self) -> float:
        """Side of a cell."""
        return float(self.x_m[1] - self.x_m[0])


def evaluate(box: Box, cells: int, log_likelihood: LogLikelihood, beyond: float = 0.0) -> Grid:
    """Return the grid over a box, outside of which is a share `beyond` of the probability."""
    x_m, y_m = box.axes(cells)
    across, up = np.meshgrid(x_m, y_m)
    values = log_likelihood(np.column_stack([across.ravel(), up.ravel()])).reshape(cells, cells)
    share = np.exp(values - values.max())
    return Grid(x_m, y_m, share * ((1.0 - beyond) / share.sum()), values, beyond)


def zoom(
    start: Box, near: Box, cells: int, log_likelihood: LogLikelihood
) -> tuple[Grid, Grid, bool]:
    """Return the last grid, the grid over the whole reach, and whether the reach had to grow.

    Args:
        start: everything within reach.
        near: the places of listening, where an answer may be narrow.
        cells: cells a side of the last grid.
        log_likelihood: of points (N, 2).
    """
    grown = False
    wide = evaluate(start, SEARCH_CELLS, log_likelihood)
    while edge_share(wide) > EDGE_SHARE and start.half_m < MOST_REACH_M and _pulls_outward(wide):
        start = Box(start.x_m, start.y_m, 2.0 * start.half_m)
        wide = evaluate(start, SEARCH_CELLS, log_likelihood)
        grown = True
    box, beyond = _best_start(start, near, wide, log_likelihood)
    for _ in range(ZOOMS):
        smaller, left = _holding(evaluate(box, SEARCH_CELLS, log_likelihood, beyond))
        if smaller.half_m > 0.8 * box.half_m:
            break
        box, beyond = smaller, left
    return evaluate(box, cells, log_likelihood, beyond), wide, grown


def edge_share(grid: Grid) -> float:
    """Return the share of probability in the outermost ring of cells."""
    return float(grid.probability.sum() - grid.probability[1:-1, 1:-1].sum())


def _pulls_outward(grid: Grid) -> bool:
    """Tell whether the edge is likelier than a flat map would make it."""
    cells = len(grid.x_m)
    flat = 1.0 - ((cells - 2) / cells) ** 2
    return edge_share(grid) > 1.2 * flat


def _best_start(
    start: Box, near: Box, wide: Grid, log_likelihood: LogLikelihood
) -> tuple[Box, float]:
    """Return the box to zoom from, and the share outside: a closer one when it holds enough."""
    for box in _nested(near, start):
        inside = _log_mass(evaluate(box, SEARCH_CELLS, log_likelihood))
        outside = _log_mass_outside(wide, box)
        beyond = float(np.exp(outside - np.logaddexp(inside, outside)))
        if beyond < MOST_BEYOND / 2:
            return box, beyond
    return start, 0.0


def _nested(near: Box, start: Box) -> list[Box]:
    middle = Box(near.x_m, near.y_m, (near.half_m * start.half_m) ** 0.5)
    return [box for box in (near, middle) if box.half_m < 0.5 * start.half_m]


def _log_mass(grid: Grid) -> float:
    peak = float(grid.log_likelihood.max())
    total = np.exp(grid.log_likelihood - peak).sum() * grid.cell_m**2
    return peak + float(np.log(total))


def _log_mass_outside(grid: Grid, box: Box) -> float:
    beyond_x = np.abs(grid.x_m - box.x_m) > box.half_m
    beyond_y = np.abs(grid.y_m - box.y_m) > box.half_m
    beyond = beyond_x[None, :] | beyond_y[:, None]
    values = grid.log_likelihood[beyond]
    if values.size == 0:
        return -np.inf
    peak = float(values.max())
    return peak + float(np.log(np.exp(values - peak).sum() * grid.cell_m**2))


def _holding(grid: Grid) -> tuple[Box, float]:
    """Return a square that leaves out half of what may still be left out, and the share outside."""
    order = np.argsort(grid.probability, axis=None)[::-1]
    total = np.cumsum(grid.probability.ravel()[order])
    spare = max(MOST_BEYOND - grid.beyond, 0.0) / 2.0
    kept = order[: int(np.searchsorted(total, total[-1] - spare)) + 1]
    rows, columns = np.unravel_index(kept, grid.probability.shape)
    x_low, x_high = grid.x_m[columns.min()], grid.x_m[columns.max()]
    y_low, y_high = grid.y_m[rows.min()], grid.y_m[rows.max()]
    half = max(x_high - x_low, y_high - y_low) / 2.0 + 2.0 * grid.cell_m
    box = Box(
        float(x_low + x_high) / 2.0, float(y_low + y_high) / 2.0, max(float(half), CLOSEST_BOX_M)
    )
    outside_x = np.abs(grid.x_m - box.x_m) > box.half_m
    outside_y = np.abs(grid.y_m - box.y_m) > box.half_m
    lost = float(grid.probability[outside_x[None, :] | outside_y[:, None]].sum())
    return box, grid.beyond + lost
