"""Folding: one sum for every period and phase, for beacons that a quartz times.

The fast folding algorithm (Staelin, Proc. IEEE 57, 1969): rows of one period each are added in
pairs, pairs of pairs, and so on, each sum with every drift that it can have. All periods between n
and n + 1 columns take log2(rows) additions a cell. Values are whole numbers of 16 bits, which are
added three times as quickly as floating ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Steps = NDArray[np.int16]


class Fold(NamedTuple):
    """The best sum of a bin: its value, period and first pulse in columns."""

    bin: int
    value: int
    period: float
    first: int


def sums(rows: Steps, bins: int = 1) -> Steps:
    """Return the sums of rows, (drifts, columns * bins): drift d ends d columns late.

    `rows` is (a power of two, columns * bins), bins side by side in each column so that the
    processor adds long rows; columns go round.
    """
    count, width = rows.shape
    blocks, drifts = rows.reshape(count, 1, width), 1
    while len(blocks) > 1:
        merged = np.empty((len(blocks) // 2, 2 * drifts, width), rows.dtype)
        for drift in range(2 * drifts):
            first, second = blocks[0::2, drift // 2], blocks[1::2, drift // 2]
            late = (drift + 1) // 2 * bins % width
            into = merged[:, drift]
            np.add(first[:, : width - late], second[:, late:], out=into[:, : width - late])
            if late:
                np.add(first[:, -late:], second[:, :late], out=into[:, -late:])
        blocks, drifts = merged, 2 * drifts
    return np.asarray(blocks[0])


def fold(values: Steps, shortest: float, longest: float, least: int) -> list[Fold]:
    """Return the best sum of each bin of `values`, (columns, bins), over all periods and phases.

    Periods are in columns. Bins whose best sum is not above `least` are left out.
    """
    bins = values.shape[1]
    best: dict[int, Fold] = {}
    for base in range(math.floor(shortest), max(math.ceil(longest), math.floor(shortest) + 1)):
        count = -(-len(values) // base)
        padded = np.zeros((1 << max(0, (count - 1).bit_length()), base * bins), np.int16)
        padded.reshape(-1, bins)[: len(values)] = values
        added = sums(padded, bins).reshape(-1, bins)
        for number in np.flatnonzero(added.max(axis=0) > least).tolist():
            place = int(added[:, number].argmax())
            value = int(added[place, number])
            if number not in best or value > best[number].value:
                drift, first = divmod(place, base)
                period = base + drift / max(1, len(padded) - 1)
                best[number] = Fold(number, value, period, first)
    return list(best.values())
