"""The quick screen of one beacon's bins, which runs all the time: where is a closer look worth it?

It has half the resolution of the closer look (`receiver.dsp.slots`): the loudest of two spectra
that follow one another, and of a bin and the frequency half a bin above it, is one cell. Evidence
of jittered pulses is followed as it grows (`receiver.dsp.paths`); the cells of the last minute are
kept, and folded now and then for beacons that a quartz times (`receiver.dsp.folding`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.floor import Floor
from receiver.dsp.folding import Steps, fold
from receiver.dsp.likelihood import STEPS_A_UNIT, Ratio, ratio
from receiver.dsp.paths import Hypothesis, Paths
from receiver.dsp.spectra import HOPS, Columns, Layout, Samples

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

ROWS = HOPS // 2  # spectra in a column of the screen
ENERGY = 3.0  # of the pulses that evidence is followed for: those of 22 dB-Hz at 20 ms
# The mean of the ratio under noise where a cell is the largest of four: measured on noise.
MEAN = 2.283
FOLD_ENERGY, FOLD_MEAN = 1.5, 1.771
FOLDED_S, FOLD_EVERY_S = 60.0, 30.0
STEPS_A_NAT, LEAST_STEPS, MOST_STEPS = 2.0, -3, 15  # how the cells of the last minute are kept
SAME_BINS = 3  # places so near each other are one beacon
CARRIER = 0.5  # of the noise: a bin with so much of a carrier tells nothing
MOST_LAST = 20  # places that are looked at in the end
FADES = 0.995  # of it a block: after a while the same evidence is looked at again
# Neighbouring bins add as one tone between them when the second is turned by its middle's phase.
TURN = np.complex64(np.exp(2j * np.pi * 1.05 / 2 / 1.25))
BETWEEN = np.float32(1.0 / (2.0 * (1.0 + 0.234)))  # so much more noise is in such a sum


class Place(NamedTuple):
    """Where a closer look is worth it: which bin, with which period, and how it was seen."""

    number: int
    period_s: float
    steady: bool


class Limits(NamedTuple):
    """Evidence in nats at which a place is looked at."""

    jittered: float
    grew: float  # since it was looked at before
    steady: float
    folded: float  # what a bin must have of jittered evidence to be folded


class Screen:
    """Follows the evidence in some bins for beacons of the same periods.

    Bins that follow one another stand side by side; what is half a bin above the last one of a
    stretch is not looked at.
    """

    def __init__(
        self,
        layout: Layout,
        stretches: Sequence[range],
        kinds: tuple[Hypothesis, ...],
        limits: Limits,
        periods_s: tuple[tuple[float, float], ...],
    ) -> None:
        """`periods_s` are the shortest and longest period of each rate that is folded for."""
        self.column_s = ROWS * layout.hop_s
        end = stretches[-1].stop
        self._columns = Columns(layout, [*stretches, range(end, end + 1)])
        self._limits, self._periods_s = limits, periods_s
        bins = sum(len(stretch) for stretch in stretches)
        self._paths = Paths(kinds, bins, layout.frames // ROWS)
        self._table, self._stored = ratio(ENERGY, MEAN), _stored(ratio(FOLD_ENERGY, FOLD_MEAN))
        kept = round(FOLDED_S / self.column_s) // 2 if periods_s else 0
        self._pairs = np.zeros((kept, bins), np.uint8)  # two columns in a byte
        self._pair_count, self._folded_at = 0, 0
        self._highest = np.zeros(bins, np.float32)
        self._looked = np.zeros(bins, np.float32)
        self._last = (self._highest, np.zeros(bins, np.int64))

    def push(
        self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats, taken: Bools
    ) -> list[Place]:
        """Take the spectra of a block, a multiple of HOPS; return places, but none in `taken`."""
        index = self._index(spectra, power, floor, bursts)
        ratios = self._table.ratio.take(index, mode="clip")
        stands = self._columns.of(floor.carrier)[:-1] > CARRIER
        if stands.any():
            ratios[:, stands] = 1.0
        self._keep(index)
        places = self._grown(ratios, taken)
        waited_s = (self._pair_count - self._folded_at) * 2 * self.column_s
        return places + (self._folds(taken) if waited_s >= FOLD_EVERY_S else [])

    def leave(self, number: int) -> None:
        """Leave a bin alone until there is twice as much evidence: a loud beacon is beside it."""
        near = slice(max(0, number - 1), number + 2)
        self._looked[near] = max(2.0 * float(self._looked[number]), self._limits.jittered)

    def forget(self, numbers: slice) -> None:
        """Forget the cells of some bins, so that what ended is not found again."""
        self._pairs[:, numbers] = 0

    def finish(self, least: float, taken: Bools) -> list[Place]:
        """Return the last places: the best folds, and where the evidence is `least`."""
        evidence, columns = self._last
        grown = _tops(np.where(taken, -np.inf, evidence), least)
        grown = sorted(grown, key=lambda number: -evidence[number])[:MOST_LAST]
        return self._folds(taken) + [self._place(number, int(columns[number])) for number in grown]

    def _index(self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats) -> Ints:
        """Return for each cell, (columns, bins), the place of its energy in the tables."""
        rows, level = self._columns.of(spectra), self._columns.of(floor.level)[:-1]
        between = rows[:, 1:] * TURN
        between += rows[:, :-1]
        energy = np.abs(between)
        np.square(energy, out=energy)
        energy *= BETWEEN
        np.maximum(energy, self._columns.of(power)[:, :-1], out=energy)
        if (bursts != 1.0).any():
            energy /= bursts[:, None]
        cells = np.maximum(energy[0::ROWS], energy[1::ROWS])
        for row in range(2, ROWS):
            np.maximum(cells, energy[row::ROWS], out=cells)
        cells *= np.float32(STEPS_A_UNIT) / level
        np.minimum(cells, np.float32(1e6), out=cells)
        return cells.astype(np.int64)

    def _keep(self, index: Ints) -> None:
        if not len(self._pairs):
            return
        nats = self._stored.take(index[: len(index) // 2 * 2], mode="clip")
        pairs = nats[0::2] | nats[1::2] << np.uint8(4)
        into = (self._pair_count + np.arange(len(pairs))) % len(self._pairs)
        self._pairs[into] = pairs
        self._pair_count += len(pairs)

    def _grown(self, ratios: Floats, taken: Bools) -> list[Place]:
        """Return the bins where the evidence grew beyond the limit."""
        places = []
        step = self._paths.longest_push
        self._looked *= np.float32(FADES)
        for begin in range(0, len(ratios), step):
            part = ratios[begin : begin + step]
            total, scale = self._paths.push(part)
            columns = total.argmax(axis=0)
            highest = total[columns, np.arange(len(columns))]
            evidence = np.log(highest + np.float32(1e-30)) + scale
            np.maximum(self._highest, evidence, out=self._highest)
            self._last = evidence, len(part) - 1 - columns
            for number in _tops(np.where(taken, -np.inf, evidence), self._limits.jittered):
                near = self._looked[max(0, number - SAME_BINS) : number + SAME_BINS + 1]
                if evidence[number] > near.max() + self._limits.grew:
                    self._looked[number] = evidence[number]
                    places.append(self._place(number, int(self._last[1][number])))
        return places

    def _place(self, number: int, back: int) -> Place:
        period = self._paths.best(back, number).period
        return Place(number, period * self.column_s, steady=False)

    def _folds(self, taken: Bools) -> list[Place]:
        """Fold the last minute of the bins with some evidence; return the best places."""
        self._folded_at = self._pair_count
        worth = np.flatnonzero((self._highest > self._limits.folded) & ~taken)
        self._highest[:] = -np.inf
        count = min(self._pair_count, len(self._pairs))
        if not len(worth) or not count:
            return []
        steps = self._unpacked(worth, count)
        least = round(self._limits.steady * STEPS_A_NAT)
        places = []
        for shortest_s, longest_s in self._periods_s:
            low, high = shortest_s / self.column_s, longest_s / self.column_s
            folds = {int(worth[one.bin]): one for one in fold(steps, low, high, least)}
            values = np.full(len(taken), -np.inf, np.float32)
            values[list(folds)] = [one.value for one in folds.values()]
            for number in _tops(values, least):
                places.append(Place(number, folds[number].period * self.column_s, steady=True))
        return places

    def _unpacked(self, numbers: Ints, count: int) -> Steps:
        """Return the cells of some bins, (columns, bins), in order of time."""
        begin = self._pair_count - count
        order = (begin + np.arange(count)) % len(self._pairs)
        pairs = self._pairs[np.ix_(order, numbers)]
        steps = np.empty((2 * count, len(numbers)), np.int16)
        steps[0::2], steps[1::2] = pairs & 15, pairs >> 4
        steps += np.int16(LEAST_STEPS)
        return steps


def _tops(values: Floats, least: float) -> list[int]:
    """Return the bins whose value is above `least` and above those of their neighbours."""
    tops = []
    for number in np.flatnonzero(values > least):
        near = values[max(0, number - SAME_BINS) : number + SAME_BINS + 1]
        if values[number] == near.max():
            tops.append(int(number))
    return tops


def _stored(table: Ratio) -> NDArray[np.uint8]:
    """Return the logarithms of a table in steps of half a nat, the lowest as zero."""
    steps = np.rint(table.log * STEPS_A_NAT) - LEAST_STEPS
    return np.asarray(np.clip(steps, 0, MOST_STEPS), np.uint8)
