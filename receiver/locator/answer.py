"""From evidence to an answer: where it may be, how large the search area is, what limits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from receiver.columns import Columns, complete
from receiver.locator.bearings import bearings
from receiver.locator.evidence import Evidence, gather
from receiver.locator.grid import Box, Grid, Zoomed, zoom
from receiver.locator.limits import limits, reason_for_none
from receiver.locator.radio import radio
from receiver.locator.reach import reach
from receiver.locator.regions import median_point, regions
from receiver.locator.settings import Floats, LocatorConfig
from receiver.locator.sightings import sightings
from receiver.records import Answer

NEAR_MARGIN_M = 300.0
# A centimetre. The last bits of a sum depend on how many threads took part in it, and a replay must
# give the same line as the live run.
DEGREES_DECIMALS = 7
Factor = Callable[[Floats], tuple[Floats, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """An answer with the grid behind it, for pictures; both None where nothing can be said."""

    answer: Answer
    grid: Grid | None = None
    evidence: Evidence | None = None


def locate(columns: Columns, config: LocatorConfig | None = None) -> Answer:
    """Say where the collar may be.

    Args:
        columns: arrays under the names of an Observation (`receiver.columns`); `kind` is needed.
        config: what is assumed.

    Returns an Answer; where nothing can be said its `reason` says why. Never NaN.

    Raises:
        InputError: the columns are not columns of observations.
    """
    return posterior(columns, config).answer


def posterior(columns: Columns, config: LocatorConfig | None = None) -> Posterior:
    """As `locate`, with the grid and the evidence behind the answer."""
    config = config or LocatorConfig()
    table = complete(columns)
    evidence = gather(table, config)
    reason = reason_for_none(table, evidence, config)
    time = _time(table)
    if evidence is None or reason is not None:
        counts = evidence.counts if evidence else {}
        answer = Answer(collar=config.collar, time=time, counts=counts, reason=reason)
        return Posterior(answer=answer, evidence=evidence)
    return _answer(evidence, config, time)


def _answer(evidence: Evidence, config: LocatorConfig, time: datetime | None) -> Posterior:
    factors = _factors(evidence, config)

    def total(points_m: Floats) -> Floats:
        before = reach(points_m, evidence.reach, config)[0]
        return np.asarray(before + sum(factor(points_m)[0] for factor in factors.values()))

    start, near = _boxes(evidence, config)
    with np.errstate(under="ignore"):
        zoomed = zoom(start, near, config.cells, total)
        bits = _bits(zoomed, factors, lambda points: reach(points, evidence.reach, config))
    grid = zoomed.grid
    x_m, y_m = median_point(grid)
    row, column = np.unravel_index(int(np.argmax(grid.probability)), grid.probability.shape)
    degrees = evidence.grid.to_degrees([x_m, grid.x_m[column]], [y_m, grid.y_m[row]])
    latitude, longitude = (np.round(values, DEGREES_DECIMALS) for values in degrees)
    areas = regions(grid, evidence.grid)
    answer = Answer(
        collar=config.collar,
        time=time,
        latitude_deg=float(latitude[0]),
        longitude_deg=float(longitude[0]),
        map={"latitude_deg": float(latitude[1]), "longitude_deg": float(longitude[1])},
        regions=areas,
        inaudible_probability=0.0 if _was_heard(evidence) else None,
        contributions_bits=bits,
        counts=evidence.counts,
        warnings=limits(evidence, (x_m, y_m), areas, zoomed),
    )
    return Posterior(answer=answer, grid=grid, evidence=evidence)


def _was_heard(evidence: Evidence) -> bool:
    return len(evidence.radio.x_m) + len(evidence.bearings.x_m) > 0


def _factors(evidence: Evidence, config: LocatorConfig) -> dict[str, Factor]:
    """Return the factors that have something to say, by name."""
    found: dict[str, Factor] = {}
    if len(evidence.radio.x_m):
        found["levels"] = lambda points: radio(points, evidence.radio, config)
    if len(evidence.bearings.x_m):
        found["bearings"] = lambda points: bearings(points, evidence.bearings, config)
    if len(evidence.sightings.x_m):
        found["sightings"] = lambda points: sightings(points, evidence.sightings, config)
    return found


def _boxes(evidence: Evidence, config: LocatorConfig) -> tuple[Box, Box]:
    """Return everything within reach, and the surroundings of the places themselves."""
    places = np.vstack(
        [evidence.listened_m, np.column_stack([evidence.sightings.x_m, evidence.sightings.y_m])]
    )
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2.0, float((high - low).max()) / 2.0
    near = Box(float(middle[0]), float(middle[1]), half + max(NEAR_MARGIN_M, half))
    return Box(near.x_m, near.y_m, half + config.reach_m), near


def _bits(zoomed: Zoomed, factors: dict[str, Factor], before: Factor) -> dict[str, float]:
    """Return for each kind of evidence how many times it halved what the others leave, in bits.

    This is the relative entropy of the answer to the answer without that kind, over the whole
    reach; without any, what is known `before` is left.
    """
    points, log_areas = zoomed.quadrature()
    parts = {name: factor(points)[0] for name, factor in factors.items()}
    together = np.asarray(log_areas + before(points)[0] + sum(parts.values()))
    full = _normal(together)
    bits = {}
    for name, part in parts.items():
        without = _normal(together - part)
        bits[name] = round(float(np.exp(full) @ (full - without) / np.log(2.0)), 2)
    return bits


def _normal(log_values: Floats) -> Floats:
    peak = log_values.max()
    return np.asarray(log_values - peak - np.log(np.exp(log_values - peak).sum()))


def _time(columns: Columns) -> datetime | None:
    """Return the time of the newest observation."""
    times = columns["time"].astype(float)
    times = times[np.isfinite(times)]
    return datetime.fromtimestamp(float(times.max()), UTC) if len(times) else None
