r"""Levels: log-distance with unknown power and exponent, integrated out in closed form.

    r_j = P_g - n L_j - loss_j + e_j,   L_j = 10 log10(d_j / 100 m),   d_j^2 = dx^2 + dy^2 + h^2
    P_g ~ N(m_g, t_g^2) for each group g of one receiver session and scale,   n ~ N(n_0, s_n^2)
    e ~ N(0, s^2 S): neighbouring places share their obstacles

Readings of one 10 m square are one place: repeats there are no new evidence. S is one of a few
shapes, equally likely, each a sum of exp(-D / scale) and a part of its own for each place; s^2 has
an inverse gamma prior, and the priors of P and n scale with it (section 5.2 of the project's
locating page; the shapes are those of its section 17.1).

S and the groups depend only on where people listened, not on the candidate cell. So per shape
K = S + Z T Z' / s_0^2 (Z: which place is of which group, T: the variances t_g^2) is factored once,
K = C C'. With z = C^-1 (r + loss - m) and, for each cell, a = -C^-1 L, the exponent is the only
number left, and it goes in closed form: with Q = s_0^2 / s_n^2

    G = a'a + Q        b = a'z + Q n_0        R = z'z + Q n_0^2 - b^2 / G
    log p = -(a_0 + M)/2 log(a_0 s_0^2 + R) - log(G)/2 - sum log diag C + constants

One triangular product for the whole grid and each shape. Because the model is still simpler than
the ground, the log-likelihood is multiplied by T = min(1, sqrt(60 / M)) (section 17.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import gammaln, logsumexp

from receiver.locator.settings import Floats, LocatorConfig

CHUNK_VALUES = 200_000  # 1.6 MB: stays in the cache, and a long search needs no more memory
TEMPERED_PLACES = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioData:
    """Places with a mean level each. `group` numbers receiver sessions from 0.

    `x_m`, `y_m`, `level_db`, `group`: (M,). `group_mean_db`, `group_sd_db`: (G,).
    """

    x_m: Floats
    y_m: Floats
    level_db: Floats
    group: np.ndarray[tuple[int], np.dtype[np.int64]]
    group_mean_db: Floats
    group_sd_db: Floats


@dataclass(frozen=True, slots=True)
class Whitening:
    """What one shape of correlation does: `inverse` is C^-1 (M, M)."""

    inverse: Floats
    log_det_half: float


def radio(points_m: Floats, data: RadioData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-likelihood of levels at each point (N, 2), and of "inaudible" (-inf).

    A collar that was heard is not inaudible.
    """
    places = len(data.x_m)
    if places == 0:
        return np.zeros(len(points_m)), 0.0
    shapes = [_whitening(data, shape, config) for shape in config.shadowing]
    out = np.empty(len(points_m))
    step = max(1, CHUNK_VALUES // places)
    for begin in range(0, len(points_m), step):
        chunk = points_m[begin : begin + step]
        out[begin : begin + step] = _chunk(chunk, data, shapes, config)
    return min(1.0, (TEMPERED_PLACES / places) ** 0.5) * out, -np.inf


def distances_db(points_m: Floats, x_m: Floats, y_m: Floats, error_m: float) -> Floats:
    """Return 10 log10(d / 100 m) from points (N, 2) to places (M,), softened by their error."""
    squared = np.subtract.outer(points_m[:, 0], x_m) ** 2
    squared += np.subtract.outer(points_m[:, 1], y_m) ** 2
    squared += error_m**2
    np.log10(squared, out=squared)
    squared *= 5.0
    squared -= 20.0
    return squared


def covariance(data: RadioData, shape: tuple[tuple[float, float], ...], spread_db: float) -> Floats:
    """Return K for one shape: pairs of (share, scale in metres), scale 0 for a place's own part."""
    distance_m = np.hypot(
        np.subtract.outer(data.x_m, data.x_m), np.subtract.outer(data.y_m, data.y_m)
    )
    total = np.zeros_like(distance_m)
    for share, scale_m in shape:
        total += share * (np.exp(-distance_m / scale_m) if scale_m else np.eye(len(total)))
    same = np.equal.outer(data.group, data.group)
    return np.asarray(total + same * (data.group_sd_db[data.group] / spread_db) ** 2)


def _whitening(
    data: RadioData, shape: tuple[tuple[float, float], ...], config: LocatorConfig
) -> Whitening:
    factor = cholesky(covariance(data, shape, config.spread_db), lower=True)
    inverse = solve_triangular(factor, np.eye(len(factor)), lower=True)
    return Whitening(np.ascontiguousarray(inverse), float(np.log(np.diag(factor)).sum()))


def _chunk(
    points_m: Floats, data: RadioData, shapes: list[Whitening], config: LocatorConfig
) -> Floats:
    log_d = distances_db(points_m, data.x_m, data.y_m, config.place_error_m)
    excess = (data.level_db - data.group_mean_db[data.group])[None, :]
    if config.loss_db is not None:
        excess = excess + config.loss_db(points_m, np.column_stack([data.x_m, data.y_m]))
    evidence = [_evidence(log_d, excess, shape, config) for shape in shapes]
    return np.asarray(logsumexp(evidence, axis=0) - np.log(len(evidence)))


def _evidence(log_d: Floats, excess: Floats, shape: Whitening, config: LocatorConfig) -> Floats:
    """Return the log-likelihood for one shape; P, n and s integrated out."""
    a, z = -log_d @ shape.inverse.T, excess @ shape.inverse.T
    a0, v0, places = config.spread_weight, config.spread_db**2, log_d.shape[1]
    q = v0 / config.exponent_sd**2
    g = np.einsum("ij,ij->i", a, a) + q
    b = np.einsum("ij,ij->i", a, np.broadcast_to(z, a.shape)) + q * config.exponent
    r = np.einsum("ij,ij->i", z, z) + q * config.exponent**2 - b**2 / g
    constant = (
        gammaln((a0 + places) / 2) - gammaln(a0 / 2) + 0.5 * a0 * np.log(a0 * v0)
        + 0.5 * np.log(q) - 0.5 * places * np.log(np.pi) - shape.log_det_half
    )  # fmt: skip
    return np.asarray(constant - 0.5 * (a0 + places) * np.log(a0 * v0 + r) - 0.5 * np.log(g))
