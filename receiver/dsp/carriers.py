"""Pure carriers of 160 ms, in spectra of 20 ms: what Argos bursts begin with.

A carrier is eight spectra in a row that stand over the floor, along a straight line that may rise
or fall by 1.4 kHz a second. Each spectrum counts with the logarithm of 1 + its power over the
floor: as good as the sum of powers in noise, and one click does not make a carrier. The floor is
the median of the neighbours in the quieter half seconds; where more stands in a bin for seconds,
that is its floor.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from receiver.dsp.spectra import HOPS, Layout

Floats = NDArray[np.float32]

SPECTRUM_S = 0.02
SPECTRA, APART = 8, 2  # that make a carrier; rows are half a spectrum apart
SPAN = (SPECTRA - 1) * APART  # rows from the first to the last
SLOPES = range(-5, 6)  # bins from the first to the last
# Noise gives a sum like this less than once in eight hours in 100 kHz (tests/bench/argos.py).
LEAST_SUM = 14.1
NEAR_ROWS, NEAR_BINS = 16, 12  # only the largest sum within counts
BEFORE, CHUNK, BEHIND = 16, 50, 120  # rows: a chunk is looked through when those behind it came
NEIGHBOURS = 64  # bins that share a median
QUIET = 0.3  # the floor is that of the quieter chunks: bursts come and go
CHUNKS = 7  # that tell the floor
OWN_FLOOR = 1.35  # times that of the neighbours: there stands something all the time
ENDED, AFTER = 0.6, 6  # what may be left of the carrier in the spectra after it
LN2 = math.log(2.0)
BESIDE, ALONE = range(6, 40), 4.0  # bins to the sides, and how far it must stand over them
LOUD = 1.6  # neighbouring bins that stand so far over the floor together


class Carrier(NamedTuple):
    """A carrier: its start, its frequency there (of the spectra's 0), how that drifts.

    `power` is its power, `noise` that of noise in 1 Hz, both in squared units of the samples.
    """

    time_s: float
    frequency_hz: float
    drift_hz_s: float
    power: float
    noise: float


class CarrierFinder:
    """Finds carriers in rows of power, `layout.size` bins each, that come two hops apart."""

    def __init__(self, layout: Layout, lowest_hz: float, highest_hz: float) -> None:
        self._layout = layout
        low, high = (math.ceil(hz / layout.bin_hz) for hz in (lowest_hz, highest_hz))
        most = layout.size // 2 - 1
        self._low = max(low, -most)
        self._bins = np.arange(self._low, min(high, most) + 1) % layout.size
        self._rows: Floats = np.zeros((0, len(self._bins)), np.float32)
        self._medians: deque[Floats] = deque(maxlen=CHUNKS)
        self._levels: deque[Floats] = deque(maxlen=CHUNKS)
        self._counted = 0  # the number of the row of which no median was taken yet
        self._first = 0  # the number of the first row that is kept
        self._done = 0  # the number of the row that is looked through next

    @property
    def row_s(self) -> float:
        """Seconds from one row to the next."""
        return APART * self._layout.hop_s * HOPS / 4

    def push(self, power: Floats) -> Iterator[Carrier]:
        """Take rows; yield the carriers that begin in the rows that are decided now."""
        self._rows = np.concatenate((self._rows, power[:, self._bins]))
        while self._first + len(self._rows) >= self._done + CHUNK + BEHIND:
            yield from self._chunk(CHUNK)

    def finish(self) -> Iterator[Carrier]:
        """Yield the carriers that begin in the last rows, as far as they are whole."""
        left = self._first + len(self._rows) - self._done - SPAN
        while left > 0:
            yield from self._chunk(min(left, CHUNK))
            left -= CHUNK

    def _chunk(self, size: int) -> Iterator[Carrier]:
        begin = self._done - self._first
        rows = self._rows[max(0, begin - BEFORE) : begin + size + BEHIND]
        begin = min(begin, BEFORE)
        level, quiet = self._floor()
        ratio = rows / level
        worth = np.log1p(ratio / loudness(ratio))
        early = min(begin, NEAR_ROWS)
        sums, slopes = _sums(worth[begin - early : begin + size + NEAR_ROWS + SPAN])
        best = maximum_filter(sums, (2 * NEAR_ROWS + 1, 2 * NEAR_BINS + 1), mode="nearest")
        inside = slice(early, early + size)
        found = np.argwhere((sums[inside] == best[inside]) & (sums[inside] > LEAST_SUM))
        for row, column in found:
            place = begin + int(row), int(column), int(slopes[early + row, column])
            if _ends(ratio, *place) and _stands_alone(ratio, *place):
                yield self._carrier(rows, quiet, *place)
        self._done += size
        keep = max(0, self._done - BEFORE - self._first)
        self._rows, self._first = self._rows[keep:], self._first + keep

    def _floor(self) -> tuple[Floats, Floats]:
        """Return the floor by the newest rows and those before, and that of noise alone."""
        while (left := self._first + len(self._rows) - self._counted) >= CHUNK or not self._medians:
            begin = self._counted - self._first
            median = np.median(self._rows[begin : begin + CHUNK], axis=0) / LN2
            self._medians.append(median.astype(np.float32))
            self._levels.append(shared(median))
            self._counted += min(left, CHUNK)
        own, level = (
            np.quantile(np.stack(chunks), QUIET, axis=0, method="lower")
            for chunks in (self._medians, self._levels)
        )
        stands = own > OWN_FLOOR * level if len(self._medians) > 1 else False
        return np.where(stands, own, level).astype(np.float32), level

    def _carrier(
        self, rows: Floats, quiet: Floats, row: int, column: int, slope: int
    ) -> Carrier:  # fmt: skip
        """Measure a carrier."""
        power = float(_path(rows, row, column, slope, 0, SPECTRA).mean() - quiet[column])
        number = self._done - min(self._done - self._first, BEFORE) + row
        window = self._layout.window().astype(float)
        noise = float(quiet[column]) / (self._layout.rate_hz * float(np.square(window).sum()))
        span_s = SPAN * self.row_s
        return Carrier(
            time_s=number * self.row_s,
            frequency_hz=(self._low + column) * self._layout.bin_hz,
            drift_hz_s=slope * self._layout.bin_hz / span_s,
            power=max(power, 0.0) / float(window.sum()) ** 2,
            noise=noise,
        )


def shared(own: Floats) -> Floats:
    """Return the median of neighbouring bins, interpolated between groups of them."""
    parts = np.array_split(own, max(1, len(own) // NEIGHBOURS))
    ends = np.cumsum([len(part) for part in parts])
    middles = ends - np.array([len(part) / 2 for part in parts])
    medians = np.maximum([np.median(part) for part in parts], 1e-15)
    smooth = np.exp(np.interp(np.arange(len(own)) + 0.5, middles, np.log(medians)))
    return np.asarray(smooth, np.float32)


def loudness(ratio: Floats) -> Floats:
    """Return how far neighbouring bins together stand over the floor, 1 where they do not.

    So neither a click nor a wide signal is a carrier.
    """
    groups = max(1, ratio.shape[1] // NEIGHBOURS)
    size = ratio.shape[1] // groups
    parts = ratio[:, : groups * size].reshape(len(ratio), groups, size)
    middle = np.median(parts, axis=2) / np.float32(LN2)
    loud = np.repeat(np.where(middle > LOUD, middle, np.float32(1.0)), size, axis=1)
    return np.pad(loud, ((0, 0), (0, ratio.shape[1] - groups * size)), mode="edge")


def _ends(ratio: Floats, row: int, column: int, slope: int) -> bool:
    """Tell whether a carrier ends, as far as that is known, and does not only drift aside."""
    here = _path(ratio, row, column, slope, 0, SPECTRA).mean() - 1.0
    after = [
        _path(ratio, row, near, slope, SPECTRA, AFTER)
        for near in range(max(0, column - 1), column + 2)
    ]
    after = [one for one in after if len(one) == AFTER]
    return not after or bool(np.max(after, axis=0).mean() - 1.0 < ENDED * here)


def _stands_alone(ratio: Floats, row: int, column: int, slope: int) -> bool:
    """Tell whether it is quieter on both sides, so that this is no part of a wide signal."""
    here = _path(ratio, row, column, slope, 0, SPECTRA).mean()
    for side in (-1, 1):
        beside = [
            _path(ratio, row, near, slope, 0, SPECTRA).mean()
            for near in (column + side * off for off in BESIDE)
            if near + min(0, slope) >= 0 and near + max(0, slope) < ratio.shape[1]
        ]
        if beside and float(np.median(beside)) > here / ALONE:
            return False
    return True


def _sums(worth: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return for each row and bin the largest sum of a line that begins there, and its slope."""
    most = max(SLOPES)
    padded = np.pad(worth, ((0, 0), (most, most)))
    rows, bins = max(0, len(worth) - SPAN), worth.shape[1]
    best = np.full((rows, bins), -1.0, np.float32)
    slopes = np.zeros((rows, bins), np.int64)
    for slope in SLOPES:
        total = np.zeros((rows, bins), np.float32)
        for step in range(SPECTRA):
            aside = most + _aside(slope, step)
            total += padded[step * APART : step * APART + rows, aside : aside + bins]
        better = total > best
        best[better], slopes[better] = total[better], slope
    return best, slopes


def _aside(slope: int, step: int) -> int:
    return round(slope * step / (SPECTRA - 1))


def _path(
    ratio: Floats, row: int, column: int, slope: int, first: int, count: int
) -> NDArray[np.float64]:
    """Return what stands along a line, as far as the rows and bins go."""
    steps = np.arange(first, first + count)
    rows = row + APART * steps
    columns = column + np.array([_aside(slope, int(step)) for step in steps])
    inside = (rows < len(ratio)) & (columns >= 0) & (columns < ratio.shape[1])
    return np.asarray(ratio[rows[inside], columns[inside]], float)
