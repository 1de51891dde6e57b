"""Folding: one sum for every period and phase, for beacons that a quartz times.

The fast folding algorithm (Staelin, Proc. IEEE 57, 1969): rows of one period each are added in
pairs, pairs of pairs, and so on, each sum with every drift that it can have. All periods between n
and n + 1 columns take log2(rows) additions a cell.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Fold(NamedTuple):
    """The best sum: its value, period and first pulse in columns, and which bin."""

    value: float
    period: float
    first: float
    bin: int


def sums(rows: Floats, bins: int = 1) -> Floats:
    """Return the sums of rows, (drifts, columns * bins): drift d ends d columns late.

    `rows` is (a power of two, columns * bins), bins side by side in each column so that the
    processor adds long rows; columns go round.
    """
    count, width = rows.shape
    blocks, drifts = rows.reshape(count, 1, width), 1
    while len(blocks) > 1:
        merged = np.empty((len(blocks) // 2, 2 * drifts, width), np.float32)
        for drift in range(2 * drifts):
            first, second = blocks[0::2, drift // 2], blocks[1::2, drift // 2]
            late = (drift + 1) // 2 * bins % width
            into = merged[:, drift]
            np.add(first[:, : width - late], second[:, late:], out=into[:, : width - late])
            if late:
                np.add(first[:, -late:], second[:, :late], out=into[:, -late:])
        blocks, drifts = merged, 2 * drifts
    return np.asarray(blocks[0])


def fold(logs: Floats, shortest: float, longest: float) -> Fold:
    """Return the best sum of `logs`, (columns, bins), over all periods, phases and bins.

    Periods are in columns.
    """
    bins = logs.shape[1]
    best = Fold(-math.inf, 0.0, 0.0, 0)
    for base in range(math.floor(shortest), math.ceil(longest)):
        count = len(logs) // base
        padded = np.zeros((1 << max(0, (count - 1).bit_length()), base * bins), np.float32)
        padded[:count] = logs[: count * base].reshape(count, base * bins)
        added = sums(padded, bins)
        place = int(added.argmax())
        if added.flat[place] > best.value:
            drift, column = divmod(place, base * bins)
            period = base + drift / max(1, len(padded) - 1)
            best = Fold(float(added.flat[place]), period, column // bins, column % bins)
    return best
