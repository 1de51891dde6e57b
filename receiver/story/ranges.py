"""The home range: a kernel on a grid of metres, by the number of independent positions."""

from __future__ import annotations

import numpy as np

from receiver.story.contacts import DAY_S, Floats
from receiver.story.facts import HomeRange
from receiver.story.ground import Track

FEWEST_POSITIONS, SHORTEST_SPAN_S, FEW_EFFECTIVE = 10, 3 * DAY_S, 10.0
SETTLED = 4.0  # independent positions that a home range needs to be one
SMALLEST_BANDWIDTH_M = 10.0  # a fix is no better
CELLS_A_BANDWIDTH, MOST_CELLS, REACH_BANDWIDTHS = 4.0, 400, 4.0


def home_range(found: Track) -> HomeRange | None:
    """Return the kernel home range; None where positions are too few or cover too few days."""
    if len(found) < FEWEST_POSITIONS or np.ptp(found.time_s) < SHORTEST_SPAN_S:
        return None
    effective = effective_positions(found)
    h_m = bandwidth_m(found.x_m, found.y_m, effective)
    _, _, density, cell_m = kernel(found.x_m, found.y_m, h_m)
    warnings = []
    if effective < FEW_EFFECTIVE:
        warnings.append(
            f"fixes follow each other closely: they are worth {effective:.0f} independent places,"
            " so the true range may be much larger"
        )
    if cell_m > h_m:
        warnings.append("a few far places make the map coarse: the areas are rough")
    return HomeRange(
        positions=len(found),
        effective=effective,
        bandwidth_m=h_m,
        area_50_m2=area_m2(density, cell_m, 0.5),
        area_95_m2=area_m2(density, cell_m, 0.95),
        warnings=tuple(warnings),
    )


def effective_positions(found: Track) -> float:
    """Return how many independent positions a track is worth: N = 1 + T / tau, at most all.

    tau is the time after which the place is forgotten, of the correlation of positions that follow
    each other: an Ornstein-Uhlenbeck range has rho = exp(-dt / tau).
    """
    gaps_s = np.diff(found.time_s)
    usual_s = float(np.median(gaps_s))
    near = np.flatnonzero(np.abs(gaps_s - usual_s) <= 0.5 * usual_s)
    x_m, y_m = found.x_m - found.x_m.mean(), found.y_m - found.y_m.mean()
    power = float((x_m[near] ** 2 + y_m[near] ** 2).sum())
    both = float((x_m[near] * x_m[near + 1] + y_m[near] * y_m[near + 1]).sum())
    rho = both / power if power > 0 else 0.0
    if rho <= 0.0:
        return float(len(found))
    tau_s = -usual_s / np.log(min(rho, 1.0 - 1e-9))
    return float(np.clip(1.0 + np.ptp(found.time_s) / tau_s, 1.0, len(found)))


def bandwidth_m(x_m: Floats, y_m: Floats, effective: float) -> float:
    """Return the reference bandwidth: sigma N^(-1/6), sigma^2 the mean of both variances.

    Worton, Ecology 70 (1989); "href" of adehabitatHR. N is the number of independent positions.
    """
    sigma_m = np.sqrt(0.5 * (x_m.var(ddof=1) + y_m.var(ddof=1)))
    return max(float(sigma_m * effective ** (-1.0 / 6.0)), SMALLEST_BANDWIDTH_M)


def kernel(x_m: Floats, y_m: Floats, h_m: float) -> tuple[Floats, Floats, Floats, float]:
    """Return the axes, the density per square metre (y, x) and the side of a cell.

    Positions are shared out among the four nearest cells, then smoothed along each axis.
    """
    reach_m = REACH_BANDWIDTHS * h_m
    extent_m = max(float(np.ptp(x_m)), float(np.ptp(y_m))) + 2.0 * reach_m
    cell_m = max(h_m / CELLS_A_BANDWIDTH, extent_m / MOST_CELLS)
    axes = [_axis(values, reach_m, cell_m) for values in (x_m, y_m)]
    counts = _shared_out(axes, x_m, y_m, cell_m)
    smooth = [np.exp(-0.5 * (np.subtract.outer(a, a) / h_m) ** 2) for a in axes]
    density = smooth[1] @ counts @ smooth[0]
    return axes[0], axes[1], density / (density.sum() * cell_m**2), cell_m


def _axis(values: Floats, reach_m: float, cell_m: float) -> Floats:
    low, high = float(values.min()) - reach_m, float(values.max()) + reach_m
    cells = int(np.ceil((high - low) / cell_m)) + 2
    return np.asarray(low + cell_m * np.arange(cells, dtype=float))


def _shared_out(axes: list[Floats], x_m: Floats, y_m: Floats, cell_m: float) -> Floats:
    """Return how many positions belong to each cell (y, x): linear binning."""
    counts = np.zeros((len(axes[1]), len(axes[0])))
    across, up = ((v - axis[0]) / cell_m for v, axis in zip((x_m, y_m), axes, strict=True))
    i, j = across.astype(int), up.astype(int)
    for right, above in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = np.abs(1 - right - (across - i)) * np.abs(1 - above - (up - j))
        np.add.at(counts, (j + above, i + right), share)
    return counts


def level_of(density: Floats, share: float) -> float:
    """Return the density above which a share of the whole lies."""
    ordered = np.sort(density, axis=None)[::-1]
    mass = np.cumsum(ordered) / ordered.sum()
    return float(ordered[int(np.searchsorted(mass, share))])


def area_m2(density: Floats, cell_m: float, share: float) -> float:
    """Return the smallest area that holds a share of the whole."""
    return float((density >= level_of(density, share)).sum() * cell_m**2)
