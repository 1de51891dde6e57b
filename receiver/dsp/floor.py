"""The noise floor of every bin, the carriers that stand in it, and impulses over the whole band.

The floor of a bin is the median of nine spectra of a block, smoothed over its neighbours by another
median and over blocks. What all bins have in common (somebody turned the gain) is followed at once,
and so is a jump of some. What a bin has over its neighbours all the time is a carrier.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LN2 = math.log(2.0)  # the median of an exponential variable with mean one
NEIGHBOURS = 32  # bins that share a median in a wide band
NEW_SHARE, SLOW_SHARE = 0.3, 0.05  # of a block in the average over blocks
JUMP = 4.0
CLIP = 4.0  # so many floors at most count for a bin's own mean: a beacon's pulses are no carrier
CLIPPED_MEAN = 1.0 - math.exp(-CLIP)  # of an exponential variable with mean one
STANDS_OUT, STEADY = 1.35, 1.2
BURST = 1.25
MEDIAN_OF = 9
LEAST_LEVEL = np.float32(1e-15)  # of samples that say nothing
SAMPLED_BINS = 300

# Compare-and-swap pairs after which the median of nine stands in the middle (Paeth, Graphics Gems,
# 1990): 19 comparisons.
_NETWORK = (
    (1, 2), (4, 5), (7, 8), (0, 1), (3, 4), (6, 7), (1, 2), (4, 5), (7, 8), (0, 3), (5, 8),
    (4, 7), (3, 6), (1, 4), (2, 5), (4, 7), (4, 2), (6, 4), (4, 2),
)  # fmt: skip


def median_of_nine(rows: Floats) -> Floats:
    """Return the median of each column of nine rows."""
    lines = [row.copy() for row in rows]
    spare = np.empty_like(lines[0])
    for low, high in _NETWORK:
        np.minimum(lines[low], lines[high], out=spare)
        np.maximum(lines[low], lines[high], out=lines[high])
        lines[low], spare = spare, lines[low]
    return np.asarray(lines[4])


def row_medians(rows: Floats) -> Floats:
    """Return the median of each row: sorting all is ten times as quick as `np.median` of rows."""
    ordered, half = np.sort(rows, axis=1), rows.shape[1] // 2
    return np.asarray(0.5 * (ordered[:, half] + ordered[:, ~half]))


def neighbours(bins: int) -> int:
    """Return how many bins share a median in a band of so many."""
    return min(NEIGHBOURS, max(4, bins // 30))


def smooth(values: Floats) -> Floats:
    """Return the median of neighbouring bins, interpolated between such groups, round the band.

    In a narrow band, as of sound, the noise rises and falls within few bins.
    """
    groups = max(1, len(values) // neighbours(len(values)))
    size = len(values) // groups
    medians = row_medians(values[: groups * size].reshape(groups, size))
    logs = np.log(np.maximum(medians, LEAST_LEVEL))
    middles = (np.arange(groups) + 0.5) * size - 0.5
    at = np.arange(len(values))
    return np.exp(np.interp(at, middles, logs, period=len(values))).astype(np.float32)


@dataclass(slots=True)
class Floor:
    """The floor and the carriers of a band, block by block.

    `level` is the mean power of noise in each bin, `carrier` what a steady carrier has over it in
    units of that, 0 where there is none.
    """

    level: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    carrier: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    _own: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    _middle: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    _blocks: int = 0

    def update(self, power: Floats, apart: int) -> None:
        """Take the spectra of a block; those `apart` rows from each other share no samples."""
        if len(power) == 0:
            return
        chosen = np.linspace(0, len(power) - 1, MEDIAN_OF).round().astype(int)
        middle = median_of_nine(power[chosen]) / np.float32(LN2)
        level = np.maximum(smooth(middle), LEAST_LEVEL)
        # Where fewer bins share a median, more blocks do: the floor must be exact to some percent.
        self._blocks += 1
        share = max(NEW_SHARE * neighbours(len(level)) / NEIGHBOURS, 1.0 / self._blocks)
        self.level = followed(self.level, level, min(NEW_SHARE, share))
        most = CLIP * np.maximum(self.level, middle)
        own = np.minimum(power[::apart], most).mean(axis=0) / np.float32(CLIPPED_MEAN)
        own = np.maximum(own, LEAST_LEVEL)
        self._own = followed(self._own, own, NEW_SHARE)
        slow = max(SLOW_SHARE, 1.0 / self._blocks)
        self._middle = followed(self._middle, np.maximum(middle, LEAST_LEVEL), slow)
        over = self._own / self.level
        # The median of noise is low beside its mean, that of a carrier is not: so the flank of a
        # filter, or a modulated carrier's side bands, are told from a carrier.
        is_noise = (self._middle > STANDS_OUT * self.level) & (self._middle < STEADY * self._own)
        is_noise &= self._blocks * SLOW_SHARE > 0.5
        self.level = np.where(is_noise, self._middle, self.level)
        is_carrier = (over > STANDS_OUT) & ~is_noise
        self.carrier = np.where(is_carrier, over - 1.0, 0.0).astype(np.float32)

    def bursts(self, power: Floats) -> Floats:
        """Return how far each spectrum as a whole stands over the floor, 1 where it does not."""
        step = max(1, power.shape[1] // SAMPLED_BINS)
        ratio = power[:, ::step] / self.level[::step]
        middle = row_medians(ratio) / LN2
        return np.where(middle > BURST, middle, 1.0).astype(np.float32)


def followed(old: Floats, new: Floats, share: float) -> Floats:
    """Return an average over blocks that follows the whole band, and a jump of a bin, at once."""
    if not len(old):
        return new
    old = old * np.median(new / old)
    jumped = (new > JUMP * old) | (new * JUMP < old)
    return np.where(jumped, new, (1.0 - share) * old + share * new).astype(np.float32)
