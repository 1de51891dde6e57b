"""The quick screen of one beacon's bins, which runs all the time: where is a closer look worth it?

It has half the resolution of the closer look (`receiver.dsp.slots`): the loudest of two spectra
that follow one another, and of a bin and the frequency half a bin above it, is one cell. Evidence
of jittered pulses is followed as it grows (`receiver.dsp.best_paths`); the cells of the last minute
are kept, and folded now and then for beacons that a quartz times (`receiver.dsp.folding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.best_paths import BestPaths, path_steps
from receiver.dsp.floor import Floor
from receiver.dsp.folding import Fold, Folder
from receiver.dsp.likelihood import ratio
from receiver.dsp.paths import Hypothesis
from receiver.dsp.spectra import HOPS, Columns, Layout, Samples

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]

ROWS = HOPS // 2  # spectra in a column of the screen
ENERGY = 3.0  # of the pulses that evidence is followed for: those of 22 dB-Hz at 20 ms
# The mean of the ratio under noise where a cell is the largest of four: measured on noise.
MEAN = 2.283
FOLD_ENERGY, FOLD_MEAN = 1.5, 1.771
A_UNIT = 56.0  # steps of a cell's amplitude over noise: 255 of them are an energy of 20
FOLDED_S, FOLD_EVERY_S = 60.0, 30.0
# How the cells of the last minute are kept: half nats, where NOTHING is one of no evidence.
STEPS_A_NAT, NOTHING, MOST_STEPS = 2.0, 3, 15
# Folded at first are the louder of two columns, in which noise has so many steps more. A third of
# noise is under LEAST_COARSE; were it 7, of a hundred beacons of 19 dB-Hz one would be lost.
LOUDER_STEPS, LEAST_COARSE = 0.69, 2.0
UNPACKED = 288  # bins whose cells are in order of time at once
SAME_BINS = 3  # places so near each other are one beacon
CARRIER = 0.5  # of the noise: a bin with so much of a carrier tells nothing
MOST_LAST = 20  # places that are looked at in the end
FADES = 0.995  # of it a block: after a while the same evidence is looked at again
# Neighbouring bins add as one tone between them when the second is turned by its middle's phase.
TURN = np.complex64(np.exp(2j * np.pi * 1.05 / 2 / 1.25))
BETWEEN = np.float32(1.0 / (2.0 * (1.0 + 0.234)))  # so much more noise is in such a sum
ENERGIES = (((np.arange(256) + 0.5) / A_UNIT) ** 2).astype(np.float32)  # of a cell's byte


class Place(NamedTuple):
    """Where a closer look is worth it: which bin, with which period.

    `first_s` is the first pulse of a steady beacon, None where jittered pulses were seen.
    """

    number: int
    period_s: float
    first_s: float | None = None


class Limits(NamedTuple):
    """Evidence in nats at which a place is looked at."""

    jittered: float
    grew: float  # since it was looked at before
    steady: float


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
        self._paths = BestPaths(kinds, bins, layout.frames // ROWS)
        self._steps = path_steps(ratio(ENERGY, MEAN).log_of(ENERGIES), kinds)
        self._nats = _nats(ratio(FOLD_ENERGY, FOLD_MEAN).log_of(ENERGIES))
        kept = round(FOLDED_S / self.column_s) // 2 if periods_s else 0
        self._pairs = np.zeros((kept, bins), np.uint8)  # two columns in a byte
        self._pair_count, self._folded_at = 0, 0
        self._looked = np.zeros(bins, np.float32)

    def push(
        self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats, taken: Bools
    ) -> list[Place]:
        """Take the spectra of a block, a multiple of HOPS; return places, but none in `taken`."""
        cells = self._cells(spectra, power, floor, bursts)
        steps = self._steps.take(cells)
        stands = self._columns.of(floor.carrier)[:-1] > CARRIER
        if stands.any():
            steps[:, stands] = 0
        self._keep(cells)
        places = self._grown(steps, taken)
        waited_s = (self._pair_count - self._folded_at) * 2 * self.column_s
        return places + (self._folds(taken) if waited_s >= FOLD_EVERY_S else [])

    def leave(self, number: int) -> None:
        """Leave a bin alone until there is twice as much evidence: a loud beacon is beside it."""
        near = slice(max(0, number - 1), number + 2)
        self._looked[near] = max(2.0 * float(self._looked[number]), self._limits.jittered)

    def forget(self, numbers: slice) -> None:
        """Forget the cells of some bins, so that what ended is not found again."""
        self._pairs[:, numbers] = NOTHING * 17

    def finish(self, least: float, taken: Bools) -> list[Place]:
        """Return the last places: the best folds, and where the evidence is `least`."""
        columns = self._paths.longest_push
        evidence = self._paths.highest(columns)
        grown = _tops(np.where(taken, -np.inf, evidence), least)
        grown = sorted(grown, key=lambda number: -evidence[number])[:MOST_LAST]
        return self._folds(taken) + [self._place(columns, number) for number in grown]

    def _cells(self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats) -> Bytes:
        """Return the amplitude of each cell over noise, (columns, bins), A_UNIT steps a unit."""
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
        cells *= np.float32(A_UNIT**2) / level
        np.sqrt(cells, out=cells)
        np.minimum(cells, np.full(len(level), 255.0, np.float32), out=cells)
        return cells.astype(np.uint8)

    def _keep(self, cells: Bytes) -> None:
        if not len(self._pairs):
            return
        nats = self._nats.take(cells[: len(cells) // 2 * 2])
        pairs = nats[0::2] | nats[1::2] << np.uint8(4)
        into = (self._pair_count + np.arange(len(pairs))) % len(self._pairs)
        self._pairs[into] = pairs
        self._pair_count += len(pairs)

    def _grown(self, steps: Bytes, taken: Bools) -> list[Place]:
        """Return the bins where the evidence grew beyond the limit."""
        places = []
        self._looked *= np.float32(FADES)
        for begin in range(0, len(steps), self._paths.longest_push):
            part = steps[begin : begin + self._paths.longest_push]
            self._paths.push(part)
            evidence = self._paths.highest(len(part))
            for number in _tops(np.where(taken, -np.inf, evidence), self._limits.jittered):
                near = self._looked[max(0, number - SAME_BINS) : number + SAME_BINS + 1]
                if evidence[number] > near.max() + self._limits.grew:
                    self._looked[number] = evidence[number]
                    places.append(self._place(len(part), number))
        return places

    def _place(self, columns: int, number: int) -> Place:
        period = self._paths.best(columns, number).period
        return Place(number, period * self.column_s)

    def _folds(self, taken: Bools) -> list[Place]:
        """Fold the last minute; return the best places."""
        self._folded_at = self._pair_count
        count = min(self._pair_count, len(self._pairs))
        least = round(self._limits.steady * STEPS_A_NAT)
        places = []
        for shortest_s, longest_s in self._periods_s if count else ():
            low, high = shortest_s / self.column_s, longest_s / self.column_s
            folds = {one.bin: one for one in self._folded(count, low, high, least)}
            values = np.full(len(taken), -np.inf, np.float32)
            values[list(folds)] = [one.value for one in folds.values()]
            for number in _tops(np.where(taken, -np.inf, values), least):
                one = folds[number]
                first = 2 * (self._pair_count - count) + one.first
                places.append(Place(number, one.period * self.column_s, first * self.column_s))
        return places

    def _folded(self, count: int, low: float, high: float, least: int) -> Iterator[Fold]:
        """Yield the best fold of each bin, of those that stand out when folded coarsely."""
        coarse = Folder(count, low / 2, high / 2, NOTHING, MOST_STEPS)
        fine = Folder(2 * count, low, high, NOTHING, MOST_STEPS)
        least_coarse = round(LEAST_COARSE + LOUDER_STEPS * 2 * count / low)
        end = self._pair_count % len(self._pairs) if count == len(self._pairs) else 0
        for begin in range(0, self._pairs.shape[1], UNPACKED):
            part = self._pairs[:, begin : begin + UNPACKED]
            pairs = np.concatenate((part[end:count], part[:end]))
            louder = np.maximum(pairs & 15, pairs >> 4)
            worth = np.flatnonzero(coarse.highest(louder) > least_coarse)
            pairs = pairs.take(worth, axis=1)
            steps = np.empty((2 * count, len(worth)), np.uint8)
            steps[0::2], steps[1::2] = pairs & 15, pairs >> 4
            for one in fine.fold(steps, least):
                yield one._replace(bin=begin + int(worth[one.bin]))


def _tops(values: Floats, least: float) -> list[int]:
    """Return the bins whose value is above `least` and above those of their neighbours."""
    tops = []
    for number in np.flatnonzero(values > least):
        near = values[max(0, number - SAME_BINS) : number + SAME_BINS + 1]
        if values[number] == near.max():
            tops.append(int(number))
    return tops


def _nats(log_ratios: Floats) -> Bytes:
    """Return logarithms of ratios in steps of half a nat."""
    steps = np.rint(log_ratios * STEPS_A_NAT) + NOTHING
    return np.asarray(np.clip(steps, 0, MOST_STEPS), np.uint8)
