"""Cells of many sizes: large where nothing is near, small where the collar may be.

The whole reach is covered by squares on one fixed lattice. A square is split in four while it is
large beside its distance from the nearest place of evidence, and then while it holds more than a
small share of the probability. So an answer may be as wide as the reach or as narrow as a house,
nothing outside a box is forgotten, and the same squares come again as a search goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from receiver.locator.settings import Floats

LogDensity = Callable[[Floats], Floats]
ROOT_M = 10_240.0
SMALLEST_M = 2.5
OPENING = 0.5  # a cell is no larger than this share of its distance from evidence
FINEST_OPENING_M = 40.0
MOST_SHARE = 1.0 / 600.0
MOST_ROUNDS = 14
MOST_REACH_M = 160_000.0
EDGE_SHARE = 0.05
CORNERS = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
CHUNK_VALUES = 400_000


@dataclass(frozen=True, slots=True)
class Leaves:
    """Squares that cover the reach: centres (N, 2), sides (N,), log density at the centres (N,)."""

    points_m: Floats
    side_m: Floats
    log_density: Floats
    grown: bool = False

    @property
    def log_mass(self) -> Floats:
        """Return the log of what each square holds, not normalised."""
        return np.asarray(self.log_density + 2.0 * np.log(self.side_m))

    @property
    def probability(self) -> Floats:
        """Return what each square holds; all together 1."""
        log_mass = self.log_mass
        share = np.exp(log_mass - log_mass.max())
        return np.asarray(share / share.sum())


@dataclass(frozen=True, slots=True)
class Near:
    """Where cells must be small: `points_m` (K, 2), and how small at them, `scale_m` (K,)."""

    points_m: Floats
    scale_m: Floats


def settle(near: Near, reach_m: float, log_density: LogDensity) -> Leaves:
    """Return the cells of an answer.

    Args:
        near: places of evidence; cells grow with the distance from them.
        reach_m: how far about them the collar may be. Where it may be beyond, the reach grows.
        log_density: of points (N, 2), per square metre, not normalised.
    """
    leaves = _settled(near, reach_m, log_density)
    grown = False
    while reach_m < MOST_REACH_M and _pulls_outward(leaves):
        reach_m *= 2.0
        leaves, grown = _settled(near, reach_m, log_density), True
    return replace(leaves, grown=grown)


def _settled(near: Near, reach_m: float, log_density: LogDensity) -> Leaves:
    points_m, side_m = opened(*roots(near, reach_m), near)
    return refine(Leaves(points_m, side_m, log_density(points_m)), log_density)


def roots(near: Near, reach_m: float) -> tuple[Floats, Floats]:
    """Return the squares of the lattice that cover everything within reach."""
    side = ROOT_M * max(1.0, 2.0 ** np.ceil(np.log2(reach_m / 20_000.0)))
    low = np.floor((near.points_m.min(axis=0) - reach_m) / side).astype(int)
    high = np.ceil((near.points_m.max(axis=0) + reach_m) / side).astype(int)
    axes = [(np.arange(low[k], high[k]) + 0.5) * side for k in (0, 1)]
    across, up = np.meshgrid(*axes)
    points_m = np.column_stack([across.ravel(), up.ravel()])
    return points_m, np.full(len(points_m), side)


def opened(points_m: Floats, side_m: Floats, near: Near) -> tuple[Floats, Floats]:
    """Split squares that are large beside their distance from evidence."""
    done: list[tuple[Floats, Floats]] = []
    while len(points_m):
        large = _is_large(points_m, side_m, near)
        done.append((points_m[~large], side_m[~large]))
        points_m, side_m = quarters(points_m[large], side_m[large])
    return np.vstack([points for points, _ in done]), np.concatenate([side for _, side in done])


def _is_large(points_m: Floats, side_m: Floats, near: Near) -> NDArray[np.bool_]:
    allowed = np.empty(len(points_m))
    step = max(1, CHUNK_VALUES // len(near.points_m))
    for begin in range(0, len(points_m), step):
        part = slice(begin, begin + step)
        squared = np.subtract.outer(points_m[part, 0], near.points_m[:, 0]) ** 2
        squared += np.subtract.outer(points_m[part, 1], near.points_m[:, 1]) ** 2
        allowed[part] = np.maximum(OPENING * np.sqrt(squared), near.scale_m).min(axis=1)
    return side_m > np.maximum(allowed, SMALLEST_M)


def quarters(points_m: Floats, side_m: Floats) -> tuple[Floats, Floats]:
    """Return the four quarters of each square."""
    half = side_m / 2.0
    moved = points_m[:, None, :] + CORNERS[None, :, :] * (half / 2.0)[:, None, None]
    return moved.reshape(-1, 2), np.repeat(half, 4)


def refine(leaves: Leaves, log_density: LogDensity) -> Leaves:
    """Split squares that hold much, and large ones beside them, until none does."""
    for _ in range(MOST_ROUNDS):
        split = to_split(leaves)
        if not split.any():
            break
        points_m, side_m = quarters(leaves.points_m[split], leaves.side_m[split])
        leaves = Leaves(
            np.vstack([leaves.points_m[~split], points_m]),
            np.concatenate([leaves.side_m[~split], side_m]),
            np.concatenate([leaves.log_density[~split], log_density(points_m)]),
        )
    return leaves


def to_split(leaves: Leaves) -> NDArray[np.bool_]:
    """Tell which squares hold too much for their size, and which are large beside those."""
    heavy = (leaves.probability > MOST_SHARE) & (leaves.side_m > SMALLEST_M)
    return heavy | _is_beside(leaves, heavy) if heavy.any() else heavy


def _is_beside(leaves: Leaves, heavy: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which squares are large beside their distance from heavy ones.

    The density at the centre of a large square says nothing of its edge, where a peak may begin.
    """
    distance_m, nearest = cKDTree(leaves.points_m[heavy]).query(leaves.points_m)
    allowed = np.maximum(OPENING * distance_m, leaves.side_m[heavy][nearest])
    return np.asarray(leaves.side_m > allowed)


def _bounds(leaves: Leaves) -> tuple[Floats, Floats]:
    half = leaves.side_m[:, None] / 2.0
    return (leaves.points_m - half).min(axis=0), (leaves.points_m + half).max(axis=0)


def at_edge(leaves: Leaves) -> NDArray[np.bool_]:
    """Tell which squares lie along the edge of the reach."""
    low, high = _bounds(leaves)
    half = leaves.side_m[:, None] / 2.0
    outside = (leaves.points_m - half <= low + 1.0) | (leaves.points_m + half >= high - 1.0)
    return np.asarray(outside.any(axis=1))


def _pulls_outward(leaves: Leaves) -> bool:
    """Tell whether a rim along the edge holds more than a flat map would give it."""
    low, high = _bounds(leaves)
    rim = EDGE_SHARE * (high - low)
    outer = ((leaves.points_m < low + rim) | (leaves.points_m > high - rim)).any(axis=1)
    flat = 1.0 - (1.0 - 2.0 * EDGE_SHARE) ** 2
    return float(leaves.probability[outer].sum()) > 1.5 * flat
