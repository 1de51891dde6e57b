"""What was not heard, and what was heard too loud: levels of which only a bound is known.

A silence of a place says: the beacon was off, or it was on and missed.

    p(silences | cell) = o + (1 - o) E_P prod_k [1 - b_k (1 - e) (1 - Phi((t_k - m_k) / sd_k))]

o: the chance that the beacon is off, dead or outside the map, one unknown for all silence together,
so that repeated silence moves weight to it and not to the next valley. b_k: the chance that it was
on the air just then (its hours); e: the miss floor, how often a beacon that should be heard is not;
t_k: the weakest level that would have been heard. m_k and sd_k are what the levels that were heard
let expect there (the regression of `receiver.locator.radio` without sectors, at its middle shape
and spread, with the correlation of neighbours). Where nothing was heard, the power is common to all
places and summed over by Gauss-Hermite nodes. Places of silence near each other share their
obstacles: each counts 1 / sum_k exp(-D_jk / 150 m).

A level of an overloaded receiver is a lower bound, Phi((m_k - r_k) / sd_k); an upper bound is a
silence of a beacon that was on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr, logsumexp, ndtr

from receiver.locator.radio import (
    SCALED_AT_DB,
    RadioData,
    correlation,
    covariance,
    distances_db,
    known_offsets_db,
)
from receiver.locator.settings import Floats, LocatorConfig

CORRELATION_M = 150.0
POWER_NODES = 15
CHUNK_VALUES = 200_000
SHAPE = 1  # of the usual shapes: two scales and a part of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundData:
    """Places with a bound: `threshold_db`, `on_probability`, `weight`, `is_lower`, all (K,).

    `mean_db`, `sd_db`: level at 100 m on the scale of the bound. `shared_db2` (K, G): the prior
    covariance of its power with that of each session that heard something.
    """

    x_m: Floats
    y_m: Floats
    threshold_db: Floats
    on_probability: Floats
    weight: Floats
    is_lower: np.ndarray[tuple[int], np.dtype[np.bool_]]
    mean_db: Floats
    sd_db: Floats
    shared_db2: Floats


def bounds(
    points_m: Floats, data: BoundData, heard: RadioData, off_probability: float,
    config: LocatorConfig,
) -> tuple[Floats, float]:  # fmt: skip
    """Return the log-likelihood of bounds at each point (N, 2), and of "inaudible".

    The latter is log o: a beacon that is off is silent everywhere.
    """
    if len(data.x_m) == 0:
        return np.zeros(len(points_m)), 0.0
    expected = _Expected(data, heard, config)
    out = np.empty(len(points_m))
    step = max(1, CHUNK_VALUES // (len(data.x_m) + len(heard.x_m)) // POWER_NODES)
    for begin in range(0, len(points_m), step):
        chunk = points_m[begin : begin + step]
        out[begin : begin + step] = _chunk(expected, chunk, data, off_probability, config)
    return out, float(np.log(off_probability)) if off_probability > 0 else -np.inf


def _chunk(
    expected: _Expected, points_m: Floats, data: BoundData, off_probability: float,
    config: LocatorConfig,
) -> Floats:  # fmt: skip
    total = []
    silent = ~data.is_lower
    for offset_db, log_weight in expected.powers:
        mean, sd = expected.at(points_m, offset_db)
        above = (mean - data.threshold_db) / sd
        heard_if_on = (1.0 - config.miss_share) * ndtr(above[:, silent])
        missed = np.log1p(-data.on_probability[silent] * heard_if_on)
        loud = log_ndtr(above[:, data.is_lower])
        weighed = missed @ data.weight[silent] + loud @ data.weight[data.is_lower]
        total.append(weighed + log_weight)
    on = logsumexp(total, axis=0)
    if not silent.any() or off_probability <= 0:
        return np.asarray(on)
    return np.asarray(np.logaddexp(np.log(off_probability), np.log1p(-off_probability) + on))


class _Expected:
    """What level is expected at the places of the bounds, for a beacon at a point."""

    def __init__(self, data: BoundData, heard: RadioData, config: LocatorConfig) -> None:
        self.data, self.heard, self.config = data, heard, config
        self.power_sd_db = float(data.sd_db.max())
        nodes, weights = np.polynomial.hermite_e.hermegauss(POWER_NODES)
        self.powers = list(zip(nodes * self.power_sd_db, np.log(weights / weights.sum()),
                               strict=True))  # fmt: skip
        if len(heard.x_m):
            self.powers = [(0.0, 0.0)]
            self._krige()

    def _krige(self) -> None:
        data, heard = self.data, self.heard
        shape = self.config.shadowing[min(SHAPE, len(self.config.shadowing) - 1)]
        factor = cho_factor(covariance(heard, shape), lower=True)
        both_x, both_y = np.append(data.x_m, heard.x_m), np.append(data.y_m, heard.y_m)
        count = len(data.x_m)
        across = correlation(both_x, both_y, shape)[:count, count:]
        across = across + data.shared_db2[:, heard.group] / SCALED_AT_DB**2
        self.weights = cho_solve(factor, across.T)  # (M, K)
        self.excess = heard.level_db - heard.group_mean_db[heard.group]
        prior = 1.0 + (data.sd_db / SCALED_AT_DB) ** 2
        kept = np.maximum(prior - np.einsum("km,mk->k", across, self.weights), 0.05)
        self.variance = SCALED_AT_DB**2 * kept
        self.factor = factor

    def at(self, points_m: Floats, offset_db: float) -> tuple[Floats, Floats]:
        """Return mean and standard deviation in dB, (N, K)."""
        data, config = self.data, self.config
        log_d = distances_db(points_m, data.x_m, data.y_m, config.place_error_m)
        if config.loss_db is not None:
            offset = -config.loss_db(points_m, np.column_stack([data.x_m, data.y_m]))
        else:
            offset = np.zeros(1)
        if not len(self.heard.x_m):
            share = data.sd_db / self.power_sd_db
            mean = data.mean_db + share * offset_db + offset - config.exponent * log_d
            variance = SCALED_AT_DB**2 + (config.exponent_sd * log_d) ** 2
            return mean, np.sqrt(variance)
        heard_log_d = distances_db(points_m, self.heard.x_m, self.heard.y_m, config.place_error_m)
        excess = np.broadcast_to(self.excess, heard_log_d.shape)
        known = known_offsets_db(points_m, self.heard, config)
        excess = excess if known is None else excess - known
        exponent, exponent_variance = self._exponent(heard_log_d, excess)
        beside = log_d - heard_log_d @ self.weights
        mean = data.mean_db + offset + excess @ self.weights - exponent[:, None] * beside
        variance = self.variance + exponent_variance[:, None] * beside**2
        return mean, np.sqrt(variance)

    def _exponent(self, log_d: Floats, excess: Floats) -> tuple[Floats, Floats]:
        """Return the exponent that the levels give at each point, and its variance."""
        solved = cho_solve(self.factor, log_d.T).T
        precision = 1.0 / self.config.exponent_sd**2
        gram = np.einsum("nm,nm->n", log_d, solved) / SCALED_AT_DB**2 + precision
        right = -np.einsum("nm,nm->n", solved, excess) / SCALED_AT_DB**2
        right += precision * self.config.exponent
        return right / gram, 1.0 / gram
