"""Folding: one sum for every period and phase, for beacons that a quartz times.

The fast folding algorithm (Staelin, Proc. IEEE 57, 1969): rows of one period each are added in
pairs, pairs of pairs, and so on, each sum with every drift that it can have. All periods between n
and n + 1 columns take log2(rows) additions a cell. Values are bytes, which are added many
times as quickly as floating numbers; only the last sums need two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Sums = NDArray[np.uint8] | NDArray[np.uint16]

MOST_BINS = 96  # that are folded at once: their sums should stay in the cache


class Fold(NamedTuple):
    """The best sum of a bin: its value, period and first pulse in columns."""

    bin: int
    value: int
    period: float
    first: int


class Folder:
    """Folds bytes of at most `most`, of which `zero` means nothing, in memory of its own."""

    def __init__(self, columns: int, shortest: float, longest: float, zero: int, most: int) -> None:
        """Values will be so many columns; periods are in columns."""
        self._columns, self._zero, self._most = columns, zero, most
        self._shortest, self._longest = shortest, longest
        low = max(1, math.floor(shortest))
        self._bases = range(low, max(math.ceil(longest), low + 1))
        rows = [_row_count(columns, base) for base in self._bases]
        room = max(n * (b + n) for n, b in zip(rows, self._bases, strict=True)) * MOST_BINS
        self._rows, *self._spare = (np.empty(size, np.uint8) for size in (room, 2 * room, 2 * room))

    def highest(self, values: Bytes) -> Ints:
        """Return the value of the best sum of each bin of `values`, (columns, bins)."""
        return np.concatenate(
            [
                np.max([self._sums(part, base)[1] for base in self._bases], axis=0)
                for part in _parts(values)
            ]
        )

    def fold(self, values: Bytes, least: int) -> list[Fold]:
        """Return the best sum of each bin of `values`, (columns, bins), over periods and phases.

        Bins whose best sum is not above `least` are left out.
        """
        best: dict[int, Fold] = {}
        for number, part in enumerate(_parts(values)):
            for base in self._bases:
                for one in self._at(part, base, least):
                    place = number * MOST_BINS + one.bin
                    if place not in best or one.value > best[place].value:
                        best[place] = one._replace(bin=place)
        return list(best.values())

    def _at(self, values: Bytes, base: int, least: int) -> Iterator[Fold]:
        """Yield the best sums for periods of `base` to `base` + 1 columns."""
        added, highest = self._sums(values, base)
        rows = _row_count(self._columns, base)
        for number in np.flatnonzero(highest > least).tolist():
            place = int(added[:, number :: values.shape[1]].argmax())
            drift, first = divmod(place, base)
            period = base + (self._drifts(base, rows).start + drift) / max(1, rows - 1)
            yield Fold(number, int(highest[number]), period, first)

    def _sums(self, values: Bytes, base: int) -> tuple[Sums, Ints]:
        """Return the sums near a base, and the value of the highest of each bin."""
        rows = _row_count(self._columns, base)
        added = self.sums(values, base, self._drifts(base, rows))
        highest = added.max(axis=0).reshape(base, values.shape[1]).max(axis=0)
        return added, highest.astype(np.int64) - self._zero * rows

    def _drifts(self, base: int, rows: int) -> range:
        """Return the drifts over all rows that periods near a base may have."""
        low, high = ((period - base) * (rows - 1) for period in (self._shortest, self._longest))
        first = min(max(0, math.floor(low)), rows - 1)
        return range(first, max(first, min(math.ceil(high), rows - 1)) + 1)

    def sums(self, values: Bytes, base: int, drifts: range) -> Sums:
        """Return the sums of rows of `base` columns, (drifts, columns * bins): one place in memory.

        Drift d ends d columns late; columns go round. Bins are side by side in each column, so
        that the processor adds long rows. Each row is followed by its own beginning, as far as
        drifts reach: then all drifts of two blocks of rows are one addition.
        """
        bins = values.shape[1]
        blocks, width = self._in_rows(values, base), base * bins
        most, (spare, other), held = self._most, self._spare, range(1)
        for needed in _stages(len(blocks), drifts):
            _go_round(blocks, width, width + needed.stop // 2 * bins)
            most *= 2
            kind = np.dtype(np.uint8 if most < 256 else np.uint16)
            shape = (len(blocks) // 2, len(needed) // 2, 2, blocks.shape[2])
            merged = spare[: math.prod(shape) * kind.itemsize].view(kind).reshape(shape)
            used = blocks[:, needed.start // 2 - held.start : needed.stop // 2 - held.start]
            first, second = used[0::2], used[1::2, :, needed.start // 2 * bins :]
            block, row, cell = second.strides
            # The second half of drift 2 d is d columns late, that of drift 2 d + 1 one more.
            steps = (block, row + bins * cell, bins * cell, cell)
            late = as_strided(second, (*shape[:3], width), steps)
            np.add(first[:, :, None, :width], late, out=merged[..., :width], dtype=kind)
            blocks = merged.reshape(shape[0], len(needed), shape[3])
            spare, other, held = other, spare, needed
        begin = drifts.start - held.start
        return blocks[0, begin : begin + len(drifts), :width]

    def _in_rows(self, values: Bytes, base: int) -> Bytes:
        """Return the values in a power of two of rows, (rows, 1, columns * bins and a tail)."""
        rows, width = _row_count(self._columns, base), base * values.shape[1]
        wide = width + rows // 2 * values.shape[1]
        blocks = self._rows[: rows * wide].reshape(rows, 1, wide)
        flat, whole = values.reshape(-1), len(values) // base
        rest = flat[whole * width :]
        blocks[:whole, 0, :width] = flat[: whole * width].reshape(whole, width)
        blocks[whole:] = self._zero
        if len(rest):
            blocks[whole, 0, : len(rest)] = rest
        return blocks


def _parts(values: Bytes) -> list[Bytes]:
    """Return bins of an array, so few that their sums stay in the cache."""
    begins = range(0, values.shape[1], MOST_BINS)
    return [np.ascontiguousarray(values[:, begin : begin + MOST_BINS]) for begin in begins]


def _stages(rows: int, drifts: range) -> list[range]:
    """Return which drifts are needed of two rows, of four, and so on to all: whole pairs."""
    stages, first, last = [], drifts.start, drifts.stop - 1
    while rows > 1:
        stages.append(range(first // 2 * 2, last // 2 * 2 + 2))
        first, last, rows = first // 2, last // 2, rows // 2
    return stages[::-1]


def _go_round(blocks: Sums, width: int, end: int) -> None:
    """Let each row of a width be followed by its own beginning up to an end, if need be again."""
    for begin in range(width, end, width):
        into = blocks[..., begin : min(begin + width, end)]
        into[...] = blocks[..., : into.shape[-1]]


def _row_count(columns: int, base: int) -> int:
    return 1 << max(0, (-(-columns // base) - 1).bit_length())
