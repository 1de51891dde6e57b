r"""Levels: log-distance with unknown power, exponent, sectors and slope, all integrated out.

    r_j = P_g - n L_j - loss_j + gain_j + sum_k=1,2 (a_k cos k t + b_k sin k t)
                                        + L_j (u cos t + v sin t) + e_j
    L_j = 10 log10(d_j / 100 m),  d_j^2 = dx^2 + dy^2 + h^2,  t: from the cell to the place
    P_g ~ N(m_g, T)  one power for a scale and an offset for each session,   n ~ N(n_0, s_n^2)
    a_1, b_1 ~ N(0, A^2)   a_2, b_2 ~ N(0, (0.7 A)^2)   u, v ~ N(0, (A / 5)^2)
    e ~ N(0, s^2 S): neighbouring places share their obstacles

Source: section 17.1 of the project's locating page. S (one of a few shapes), s and A (a few values
each) are equally likely and summed. Readings of one 10 m square are one place: repeats there are no
new evidence.

S and the sessions depend only on where people listened, not on the candidate cell. So for each
shape K = S + Z T Z' / s_0^2 is factored once, K = C C' (Z: which place is of which session; s_0 =
6.5 dB, so T holds for the middle spread and scales with the others). With X the columns of n, a, b,
u, v: W = C^-1 X, z = C^-1 (r - m), G = W'W, g = W'z, V the prior precisions, mu = (n_0, 0, ...):

    b = g / s^2 + V mu        M = G / s^2 + V
    log p(cell | S, s, A) = b'M^-1 b / 2 - log|M| / 2 + log|V| / 2 - (z'z / s^2 + n_0^2 / s_n^2) / 2
                            - log|C| - m log s

One triangular product (in float32) for each cell and shape; small 7 x 7 Cholesky solves for all
cells and values at once. As the model is still simpler than the ground, the sum is multiplied by
T = temper min(1, sqrt(70 / m)), and by 1 falling to 0.85 where places lie 20 to 60 m and more apart
(from a car, from a ridge): chosen on made-up walks (`receiver.simulator.trials`, seeds below 3000).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.spatial import cKDTree
from scipy.special import logsumexp

from receiver.locator.settings import Floats, LocatorConfig, Shape

Products = NDArray[np.floating[Any]]  # float32, or float64 where asked for
COLUMNS = 7
CHUNK_VALUES = 300_000  # 1.2 MB in float32: stays in the cache
CHUNK_POINTS = 384
TEMPERED_PLACES = 70.0
DENSE_SPARSE_M = np.array([20.0, 60.0])
SCALED_AT_DB = 6.5
SLOPE_SHARE, SECOND_SHARE = 0.2, 0.7
DEEPEST_NULL_DB = 25.0
RANK_SCALES_DB = (5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioData:
    """Places with a mean level each. `group` numbers receiver sessions from 0.

    `x_m`, `y_m`, `level_db`, `group`: (M,). `group_mean_db`: (G,), `group_covariance_db2`: (G, G).
    `ranked`: places whose `level_db` is the normal score of a meter's count, of unknown scale.
    `square_m` is the side of the squares, `labels` name the groups. `antenna` names the pattern of
    each place, "" for none; `azimuth_deg` is where it pointed.
    """

    x_m: Floats
    y_m: Floats
    level_db: Floats
    group: NDArray[np.int64]
    group_mean_db: Floats
    group_covariance_db2: Floats
    square_m: float = 10.0
    ranked: NDArray[np.bool_] | None = None
    labels: tuple[str, ...] = ()
    antenna: tuple[str, ...] = ()
    azimuth_deg: Floats | None = None

    @property
    def places_m(self) -> Floats:
        """Places as (M, 2)."""
        return np.column_stack([self.x_m, self.y_m])


@dataclass(frozen=True, slots=True)
class Whitening:
    """What one shape of correlation does: `inverse` is C^-1 (M, M), `z` the whitened levels."""

    inverse: Floats
    transposed: Products
    z: Floats
    log_det_half: float


@dataclass(frozen=True, slots=True)
class Grams:
    """Of each shape (first axis) and point (last axis): G (S, 7, 7, N), g (S, 7, N), z'z (S, N)."""

    gram: Floats
    cross: Floats
    square: Floats


def radio(points_m: Floats, data: RadioData, config: LocatorConfig) -> tuple[Floats, float]:
    """Return the log-likelihood of levels at each point (N, 2), and of "inaudible" (-inf).

    A collar that was heard is not inaudible.
    """
    if len(data.x_m) == 0:
        return np.zeros(len(points_m)), 0.0
    found = [Radio(variant, config)(points_m) for variant in variants(data)]
    return np.asarray(logsumexp(found, axis=0) - np.log(len(found))), -np.inf


def variants(data: RadioData) -> list[RadioData]:
    """Return the data once, or where meters only count once for each scale that they may have.

    A count without a curve tells which place was louder, not by how much: its rank becomes a normal
    score, and one standard deviation of it 5, 10 or 20 dB, equally likely.
    """
    if data.ranked is None or not data.ranked.any():
        return [data]
    scales = np.where(data.ranked[None, :], np.array(RANK_SCALES_DB)[:, None], 1.0)
    return [replace(data, level_db=data.level_db * scale, ranked=None) for scale in scales]


class Radio:
    """The factor of levels with what does not depend on the cell computed once."""

    def __init__(self, data: RadioData, config: LocatorConfig) -> None:
        self.data, self.config = data, config
        self.shapes = [whitening(data, shape, config) for shape in config.shadowing]

    def __call__(self, points_m: Floats) -> Floats:
        """Return the tempered log-likelihood at points (N, 2)."""
        out = np.empty(len(points_m))
        step = max(1, CHUNK_VALUES // (COLUMNS * len(self.data.x_m)))
        for begin in range(0, len(points_m), step):
            part = slice(begin, begin + step)
            out[part] = self.of_grams(self.grams(points_m[part]))
        return out

    def of_grams(self, grams: Grams) -> Floats:
        """Return the tempered log-likelihood from the sums over places."""
        places, count = len(self.data.x_m), grams.square.shape[-1]
        tempered = temper(self.data, self.config)
        out = np.empty(count)
        for begin in range(0, count, CHUNK_POINTS):
            part = slice(begin, begin + CHUNK_POINTS)
            some = Grams(grams.gram[..., part], grams.cross[..., part], grams.square[..., part])
            out[part] = evidence(some, self.shapes, places, self.config)
        return tempered * out

    def grams(self, points_m: Floats) -> Grams:
        """Return the sums over places that the evidence needs."""
        columns = design(points_m, self.data, self.config)
        offsets = known_offsets_db(points_m, self.data, self.config)
        count, places = len(points_m), len(self.data.x_m)
        gram = np.empty((len(self.shapes), COLUMNS, COLUMNS, count))
        cross = np.empty((len(self.shapes), COLUMNS, count))
        square = np.empty((len(self.shapes), count))
        for number, shape in enumerate(self.shapes):
            white = (columns.reshape(-1, places) @ shape.transposed).reshape(count, COLUMNS, places)
            gram[number] = np.matmul(white, white.transpose(0, 2, 1)).transpose(1, 2, 0)
            if offsets is None:
                cross[number] = (white @ shape.z.astype(white.dtype)).T
                square[number] = shape.z @ shape.z
            else:
                z = shape.z - offsets @ shape.inverse.T
                cross[number] = np.einsum("nkm,nm->kn", white, z)
                square[number] = np.einsum("nm,nm->n", z, z)
        return Grams(gram, cross, square)


def temper(data: RadioData, config: LocatorConfig) -> float:
    """Return the exponent of the likelihood: less for many places, and for places far apart."""
    places = len(data.x_m)
    share = np.interp(np.log(spacing_m(data)), np.log(DENSE_SPARSE_M), (1.0, config.sparse_share))
    return float(config.temper * share * min(1.0, (TEMPERED_PLACES / max(places, 1)) ** 0.5))


def spacing_m(data: RadioData) -> float:
    """Return the median distance of a place of levels to the nearest other one."""
    if len(data.x_m) < 2:
        return float(DENSE_SPARSE_M[0])
    distance_m, _ = cKDTree(data.places_m).query(data.places_m, k=2)
    return float(max(np.median(distance_m[:, 1]), 1.0))


def design(points_m: Floats, data: RadioData, config: LocatorConfig) -> Products:
    """Return the columns of n, a_1, b_1, a_2, b_2, u, v for each point and place, (N, 7, M)."""
    dx = data.x_m[None, :] - points_m[:, :1]
    dy = data.y_m[None, :] - points_m[:, 1:]
    squared = dx * dx + dy * dy + config.place_error_m**2
    log_d = 5.0 * np.log10(squared) - 20.0
    distance = np.sqrt(squared)
    north, east = dy / distance, dx / distance
    out = np.empty((len(points_m), COLUMNS, len(data.x_m)), dtype=config.precision)
    out[:, 0], out[:, 1], out[:, 2] = -log_d, north, east
    out[:, 3], out[:, 4] = north * north - east * east, 2.0 * north * east
    out[:, 5], out[:, 6] = log_d * north, log_d * east
    return out


def distances_db(points_m: Floats, x_m: Floats, y_m: Floats, error_m: float) -> Floats:
    """Return 10 log10(d / 100 m) from points (N, 2) to places (M,), softened by their error."""
    squared = np.subtract.outer(points_m[:, 0], x_m) ** 2
    squared += np.subtract.outer(points_m[:, 1], y_m) ** 2
    return np.asarray(5.0 * np.log10(squared + error_m**2) - 20.0)


def known_offsets_db(points_m: Floats, data: RadioData, config: LocatorConfig) -> Floats | None:
    """Return gain of the antenna less loss of the ground for points and places, None for none."""
    offsets: Floats | None = None
    if config.loss_db is not None:
        offsets = -config.loss_db(points_m, data.places_m)
    for place, (name, azimuth_deg) in enumerate(_pointed(data, config)):
        if name not in config.antennas or not np.isfinite(azimuth_deg):
            continue
        if offsets is None:
            offsets = np.zeros((len(points_m), len(data.x_m)))
        toward_deg = np.degrees(
            np.arctan2(points_m[:, 0] - data.x_m[place], points_m[:, 1] - data.y_m[place])
        )
        offsets[:, place] += antenna_gain_db(config.antennas[name], toward_deg - azimuth_deg)
    return offsets


def _pointed(data: RadioData, config: LocatorConfig) -> Iterator[tuple[str, float]]:
    if not config.antennas or data.azimuth_deg is None:
        return iter(())
    return zip(data.antenna, data.azimuth_deg, strict=True)


def antenna_gain_db(pattern: Sequence[tuple[float, float]], off_axis_deg: Floats) -> Floats:
    """Return the gain off an antenna's axis from a table of degrees and dB.

    A table of 0-180 holds for both sides. A null is never deeper than 25 dB: bodies, ground and
    rock fill it.
    """
    angle = np.abs((off_axis_deg + 180.0) % 360.0 - 180.0)
    degrees, gain = np.array(sorted(pattern)).T
    gain = np.maximum(gain, gain.max() - DEEPEST_NULL_DB)
    if degrees.max() > 180.0:
        return np.asarray(np.interp(off_axis_deg % 360.0, degrees, gain, period=360.0))
    return np.asarray(np.interp(angle, degrees, gain))


def correlation(x_m: Floats, y_m: Floats, shape: Shape) -> Floats:
    """Return S for one shape: pairs of (share, scale in metres), scale 0 for a place's own part."""
    distance_m = np.hypot(np.subtract.outer(x_m, x_m), np.subtract.outer(y_m, y_m))
    total = np.zeros_like(distance_m)
    for share, scale_m in shape:
        total += share * (np.exp(-distance_m / scale_m) if scale_m else np.eye(len(total)))
    return total


def covariance(data: RadioData, shape: Shape) -> Floats:
    """Return K for one shape."""
    sessions = data.group_covariance_db2[np.ix_(data.group, data.group)]
    return correlation(data.x_m, data.y_m, shape) + sessions / SCALED_AT_DB**2


def whitening(data: RadioData, shape: Shape, config: LocatorConfig) -> Whitening:
    """Factor K of one shape and whiten the levels."""
    factor = cholesky(covariance(data, shape), lower=True)
    inverse = solve_triangular(factor, np.eye(len(factor)), lower=True)
    z = inverse @ (data.level_db - data.group_mean_db[data.group])
    transposed: Products = np.ascontiguousarray(inverse.T).astype(config.precision)
    return Whitening(inverse, transposed, z, float(np.log(np.diag(factor)).sum()))


def evidence(grams: Grams, shapes: list[Whitening], places: int, config: LocatorConfig) -> Floats:
    """Return log p at each point, the mean over shapes, spreads and sectors."""
    spreads = np.array(config.spreads_db)
    sectors = np.array([a for a in config.sectors_db if a > 0])
    base = -np.array([shape.log_det_half for shape in shapes])[:, None, None]
    base = base - places * np.log(spreads)[None, :, None]
    base = base - 0.5 * grams.square[:, None, :] / spreads[None, :, None] ** 2
    base = base - 0.5 * (config.exponent / config.exponent_sd) ** 2
    parts = []
    if len(sectors) < len(config.sectors_db):
        parts.append((base + _without_sectors(grams, spreads, config)).reshape(-1, base.shape[-1]))
    if len(sectors):
        found = base[:, :, None, :] + _with_sectors(grams, spreads, sectors, config)
        parts.append(found.reshape(-1, base.shape[-1]))
    values = np.concatenate(parts)
    constant = 0.5 * places * np.log(2.0 * np.pi) + np.log(len(values))
    highest = values.max(axis=0)
    values -= highest
    np.exp(values, out=values)
    return np.asarray(highest + np.log(values.sum(axis=0)) - constant)


def _without_sectors(grams: Grams, spreads: Floats, config: LocatorConfig) -> Floats:
    precision = 1.0 / config.exponent_sd**2
    matrix = grams.gram[:, None, 0, 0] / spreads[None, :, None] ** 2 + precision
    right = grams.cross[:, None, 0] / spreads[None, :, None] ** 2 + precision * config.exponent
    return np.asarray(0.5 * right**2 / matrix - 0.5 * np.log(matrix) + 0.5 * np.log(precision))


def precisions(sector_db: Floats, config: LocatorConfig) -> Floats:
    """Return V for values of A: (7, A)."""
    one = 1.0 / sector_db**2
    first = np.full_like(one, 1.0 / config.exponent_sd**2)
    second, slope = one / SECOND_SHARE**2, one / SLOPE_SHARE**2
    return np.array([first, one, one, second, second, slope, slope])


def _with_sectors(grams: Grams, spreads: Floats, sectors: Floats, config: LocatorConfig) -> Floats:
    """Return the evidence of all columns, (shapes, spreads, sectors, points).

    A Cholesky factor of 7 x 7 written out, each entry an array over all values and points.
    """
    shapes, count = grams.square.shape
    size = shapes, len(spreads), len(sectors), count
    weight = 1.0 / spreads[None, :, None, None] ** 2
    prior = precisions(sectors, config)
    half: list[list[Floats]] = []
    inverses: list[Floats] = []
    solved: list[Floats] = []
    determinant, product = np.ones(size), np.empty(size)
    for i in range(COLUMNS):
        row: list[Floats] = []
        for j in range(i + 1):
            entry = grams.gram[:, None, None, i, j] * weight
            if i == j:
                entry = entry + prior[i][None, None, :, None]
            else:
                entry = np.broadcast_to(entry, size).copy()
            for k in range(j):
                np.multiply(row[k], row[k] if i == j else half[j][k], out=product)
                entry -= product
            if i == j:
                np.sqrt(entry, out=entry)
            else:
                entry *= inverses[j]
            row.append(entry)
        inverses.append(1.0 / row[i])
        right = np.broadcast_to(grams.cross[:, None, None, i] * weight, size).copy()
        if i == 0:
            right += config.exponent / config.exponent_sd**2
        for k in range(i):
            np.multiply(row[k], solved[k], out=product)
            right -= product
        right *= inverses[i]
        solved.append(right)
        determinant *= row[i]
        half.append(row)
    total = 0.5 * sum(part * part for part in solved) - np.log(determinant)
    return np.asarray(total + 0.5 * np.log(prior).sum(axis=0)[None, None, :, None])
