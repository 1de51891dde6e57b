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
NEIGHBOURS = 32  # bins that share a median
NEW_SHARE = 0.3  # of a block in the average over blocks
JUMP = 4.0
CLIP = 4.0  # so many floors at most count for a bin's own mean: a beacon's pulses are no carrier
CLIPPED_MEAN = 1.0 - math.exp(-CLIP)  # of an exponential variable with mean one
STANDS_OUT = 1.35
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


def smooth(values: Floats) -> Floats:
    """Return the median of `NEIGHBOURS` bins, interpolated between such groups, round the band."""
    groups = max(1, len(values) // NEIGHBOURS)
    size = len(values) // groups
    medians = np.median(values[: groups * size].reshape(groups, size), axis=1)
    middles = (np.arange(groups) + 0.5) * size - 0.5
    at = np.arange(len(values))
    return np.interp(at, middles, medians, period=len(values)).astype(np.float32)


@dataclass(slots=True)
class Floor:
    """The floor and the carriers of a band, block by block.

    `level` is the mean power of noise in each bin, `carrier` what a steady carrier has over it in
    units of that, 0 where there is none.
    """

    level: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    carrier: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    _own: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def update(self, power: Floats, apart: int) -> None:
        """Take the spectra of a block; those `apart` rows from each other share no samples."""
        if len(power) == 0:
            return
        chosen = np.linspace(0, len(power) - 1, MEDIAN_OF).round().astype(int)
        middle = median_of_nine(power[chosen]) / np.float32(LN2)
        level = np.maximum(smooth(middle), LEAST_LEVEL)
        self.level = followed(self.level, level)
        most = CLIP * np.maximum(self.level, middle)
        own = np.minimum(power[::apart], most).mean(axis=0) / np.float32(CLIPPED_MEAN)
        own = np.maximum(own, LEAST_LEVEL)
        self._own = followed(self._own, own)
        over = self._own / self.level
        self.carrier = np.where(over > STANDS_OUT, over - 1.0, 0.0).astype(np.float32)

    def bursts(self, power: Floats) -> Floats:
        """Return how far each spectrum as a whole stands over the floor, 1 where it does not."""
        step = max(1, power.shape[1] // SAMPLED_BINS)
        ratio = power[:, ::step] / self.level[::step]
        middle = np.median(ratio, axis=1) / LN2
        return np.where(middle > BURST, middle, 1.0).astype(np.float32)


def followed(old: Floats, new: Floats) -> Floats:
    """Return an average over blocks that follows the whole band, and a jump of a bin, at once."""
    if not len(old):
        return new
    old = old * np.median(new / old)
    jumped = (new > JUMP * old) | (new * JUMP < old)
    return np.where(jumped, new, (1.0 - NEW_SHARE) * old + NEW_SHARE * new).astype(np.float32)
