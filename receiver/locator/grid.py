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


@dataclass(frozen=True, slots=True)
class Zoomed:
    """The last grid; the one over the whole reach; closer looks at the places; did it grow?"""

    grid: Grid
    wide: Grid
    details: tuple[Grid, ...]
    grown: bool

    def quadrature(self) -> tuple[Floats, Floats]:
        """Return points (N, 2) over the whole reach, the closer looks in them, and log areas."""
        points, log_areas = [], []
        levels = (self.wide, *self.details)
        for number, grid in enumerate(levels):
            across, up = np.meshgrid(grid.x_m, grid.y_m)
            here = np.column_stack([across.ravel(), up.ravel()])
            if number + 1 < len(levels):
                here = here[~_inside(here, levels[number + 1])]
            points.append(here)
            log_areas.append(np.full(len(here), 2.0 * np.log(grid.cell_m)))
        return np.vstack(points), np.concatenate(log_areas)


def zoom(start: Box, near: Box, cells: int, log_likelihood: LogLikelihood) -> Zoomed:
    """Return the grid of an answer.

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
    details = tuple(evaluate(b, SEARCH_CELLS, log_likelihood) for b in _nested(near, start))
    box, beyond = _best_start(start, wide, details)
    for _ in range(ZOOMS):
        looked = with_details(evaluate(box, SEARCH_CELLS, log_likelihood, beyond), details)
        smaller, left = _holding(looked)
        if smaller.half_m > 0.8 * box.half_m:
            break
        box, beyond = smaller, left
    grid = with_details(evaluate(box, cells, log_likelihood, beyond), details)
    return Zoomed(grid, wide, details, grown)


def with_details(grid: Grid, details: tuple[Grid, ...]) -> Grid:
    """Return a grid whose cells hold what closer looks find in them, not only at their centres.

    A disc of 100 m that holds nearly everything falls between the centres of cells of 400 m.
    """
    values = grid.log_likelihood
    for fine in details:
        if fine.cell_m < grid.cell_m / 2.0:
            values = _averaged(grid, values, fine)
    share = np.exp(values - values.max())
    probability = share * ((1.0 - grid.beyond) / share.sum())
    return Grid(grid.x_m, grid.y_m, probability, values, grid.beyond)


def _averaged(grid: Grid, values: Floats, fine: Grid) -> Floats:
    """Return the log of each cell's mean density, where `fine` covers it the mean of `fine`."""
    cells, cell_m = len(grid.x_m), grid.cell_m
    columns = np.floor((fine.x_m - grid.x_m[0]) / cell_m + 0.5).astype(int)
    rows = np.floor((fine.y_m - grid.y_m[0]) / cell_m + 0.5).astype(int)
    inside_x = (columns >= 0) & (columns < cells)
    inside_y = (rows >= 0) & (rows < cells)
    if not (inside_x.any() and inside_y.any()):
        return values
    index = np.add.outer(rows[inside_y] * cells, columns[inside_x]).ravel()
    densities = fine.log_likelihood[np.ix_(inside_y, inside_x)].ravel()
    peak = max(float(values.max()), float(densities.max()))
    count = np.bincount(index, minlength=cells**2)
    covered = count > 0
    share = np.minimum(count[covered] * (fine.cell_m / cell_m) ** 2, 1.0)
    mean = np.bincount(index, np.exp(densities - peak), cells**2)[covered] / count[covered]
    out = values.ravel().copy()
    with np.errstate(divide="ignore"):
        out[covered] = peak + np.log(share * mean + (1.0 - share) * np.exp(out[covered] - peak))
    return np.asarray(out.reshape(values.shape))


def _inside(points_m: Floats, grid: Grid) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    half = grid.cell_m / 2.0
    x_m, y_m = points_m[:, 0], points_m[:, 1]
    return np.asarray(
        (x_m > grid.x_m[0] - half) & (x_m < grid.x_m[-1] + half)
        & (y_m > grid.y_m[0] - half) & (y_m < grid.y_m[-1] + half)
    )  # fmt: skip


def edge_share(grid: Grid) -> float:
    """Return the share of probability in the outermost ring of cells."""
    return float(grid.probability.sum() - grid.probability[1:-1, 1:-1].sum())


def _pulls_outward(grid: Grid) -> bool:
    """Tell whether the edge is likelier than a flat map would make it."""
    cells = len(grid.x_m)
    flat = 1.0 - ((cells - 2) / cells) ** 2
    return edge_share(grid) > 1.2 * flat


def _best_start(start: Box, wide: Grid, details: tuple[Grid, ...]) -> tuple[Box, float]:
    """Return the box to zoom from, and the share outside: a closer one when it holds enough."""
    for close in reversed(details):
        box = Box(
            float(close.x_m[0] + close.x_m[-1]) / 2.0,
            float(close.y_m[0] + close.y_m[-1]) / 2.0,
            close.cell_m * len(close.x_m) / 2.0,
        )
        inside, outside = _log_mass(close), _log_mass_outside(wide, box)
        beyond = float(np.exp(outside - np.logaddexp(inside, outside)))
        if beyond < MOST_BEYOND / 2:
            return box, beyond
    return start, 0.0


def _nested(near: Box, start: Box) -> list[Box]:
    """Return closer looks between the whole reach and the places, the widest first."""
    middle = Box(near.x_m, near.y_m, (near.half_m * start.half_m) ** 0.5)
    return [box for box in (middle, near) if box.half_m < 0.5 * start.half_m]


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
