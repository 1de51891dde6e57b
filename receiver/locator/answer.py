"""From evidence to an answer: where it may be, how large the search area is, what limits it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from scipy.special import logsumexp

from receiver.columns import Columns, complete
from receiver.locator.belief import Belief, Past, follow
from receiver.locator.beside import beside
from receiver.locator.evidence import Evidence, gather, possible_times
from receiver.locator.limits import limits, reason_for_none
from receiver.locator.raster import Grid, Surface, grid
from receiver.locator.regions import median_point, regions
from receiver.locator.settings import LocatorConfig
from receiver.records import Answer

# A centimetre. The last bits of a sum depend on how many threads took part in it, and a replay must
# give the same line as the live run.
DEGREES_DECIMALS = 7
PRIORS = ("earlier", "reach")


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """An answer with what is behind it, for pictures; None where nothing can be said."""

    answer: Answer
    belief: Belief | None = None
    evidence: Evidence | None = None
    cells: int = 256

    @cached_property
    def grid(self) -> Grid | None:
        """The probability on a regular grid, for pictures."""
        return None if self.belief is None else grid(Surface(self.belief.leaves), self.cells)


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


def posterior(
    columns: Columns, config: LocatorConfig | None = None, past: Past | None = None
) -> Posterior:
    """As `locate`, with the cells and the evidence behind the answer.

    `past` keeps what half hours before the last gave, for the next call of the same search.
    """
    config = config or LocatorConfig()
    table = complete(columns)
    evidence = gather(table, config)
    reason = reason_for_none(table, evidence, config)
    time = _as_of(newest(table), config)
    if evidence is None or reason is not None:
        counts = evidence.counts if evidence else {}
        answer = Answer(collar=config.collar, time=time, counts=counts, reason=reason)
        return Posterior(answer=answer, evidence=evidence, cells=config.cells)
    with np.errstate(under="ignore"):
        return of_belief(follow(evidence, config, past), evidence, config, time)


def of_belief(
    belief: Belief, evidence: Evidence, config: LocatorConfig, time: datetime | None
) -> Posterior:
    """Return a belief with its answer."""
    answer = answer_of(belief, evidence, config, time)
    return Posterior(answer=answer, belief=belief, evidence=evidence, cells=config.cells)


def answer_of(
    belief: Belief, evidence: Evidence, config: LocatorConfig, time: datetime | None
) -> Answer:
    """Return the answer that a belief gives."""
    leaves, surface = belief.leaves, Surface(belief.leaves)
    x_m, y_m = median_point(leaves)
    likeliest = leaves.points_m[int(np.argmax(leaves.log_density))]
    degrees = evidence.grid.to_degrees([x_m, likeliest[0]], [y_m, likeliest[1]])
    latitude, longitude = (np.round(values, DEGREES_DECIMALS) for values in degrees)
    areas = regions(surface, evidence.grid)
    return Answer(
        collar=config.collar,
        time=time,
        latitude_deg=float(latitude[0]),
        longitude_deg=float(longitude[0]),
        map={"latitude_deg": float(latitude[1]), "longitude_deg": float(longitude[1])},
        regions=areas,
        inaudible_probability=round(belief.off_probability, 4),
        contributions_bits=contributions_bits(belief),
        beside=beside(evidence.radio, evidence.bearings, evidence.grid),
        counts=evidence.counts,
        warnings=limits(evidence, (x_m, y_m), areas, belief, config),
    )


def contributions_bits(belief: Belief) -> dict[str, float]:
    """Return for each kind of evidence how many times it halved what the others leave, in bits.

    This is the relative entropy of the answer to the answer without that kind, over the whole
    reach. It is of the last epoch: what was believed before is no kind of evidence of its own.
    """
    log_mass = belief.leaves.log_mass
    full = log_mass - logsumexp(log_mass)
    bits = {}
    for name, part in belief.parts.items():
        if name in PRIORS:
            continue
        without = log_mass - part
        without = without - logsumexp(without)
        bits[name] = round(float(np.exp(full) @ (full - without) / np.log(2.0)), 2)
    return bits


def _as_of(time: datetime | None, config: LocatorConfig) -> datetime | None:
    """Return the time that the answer is for."""
    return max((t for t in (time, config.as_of) if t is not None), default=None)


def newest(columns: Columns) -> datetime | None:
    """Return the time of the newest observation."""
    times = possible_times(columns)
    times = times[np.isfinite(times)]
    return datetime.fromtimestamp(float(times.max()), UTC) if len(times) else None
