"""Biphase-L beside a carrier: the means of half bits, and where known bits begin.

A bit is + in its first half and - in its second, or the other way round, and keys the phase by
+-1.1 rad. With the means h1 and h2 of the halves, c = (h1 + h2) / 2 is the carrier that is left,
A cos(1.1) e^(j phase), and d = (h1 - h2) / 2 the bit b, j b A sin(1.1) e^(j phase). Noise in both
is N0 / T, of which half is in each direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

INDEX_RAD = 1.1
COS, SIN = math.cos(INDEX_RAD), math.sin(INDEX_RAD)
SIGNS = (1.0, -1.0)
STEPS = 16  # places in a bit where known bits are looked for
SYNCS, APART = 3, 5  # places that are told, and how many steps they are apart
SHIFTS, SHIFT = 9, 0.4  # frequencies that are tried, and how far apart, over the length of the sync
PIECES = 4  # of a bit, whose energy is looked at
LEAST_SHARE, LEAST_OVER_NOISE = 0.75, 5.5  # of a sync, against the carrier and against noise
UNSURE = 2.5  # standard deviations by which noise may make the share smaller


@dataclass(frozen=True, slots=True)
class Signalling:
    """How a kind of burst is keyed: bits a second, known bits first, lengths that it may have."""

    name: str
    bit_rate_hz: float
    sync: str
    lengths: tuple[int, ...]

    @property
    def bit_s(self) -> float:
        """Length of a bit."""
        return 1.0 / self.bit_rate_hz

    @property
    def signs(self) -> Floats:
        """The known bits as +1 and -1."""
        return np.where(np.array(list(self.sync)) == "1", 1.0, -1.0)

    @property
    def longest_s(self) -> float:
        """How long its bits take at most."""
        return max(self.lengths) * self.bit_s


class Signal:
    """A stretch of samples about a carrier, of which the mean between any two times is asked.

    It is zero outside. Times are seconds from its first sample.
    """

    def __init__(self, samples: Complexes, rate_hz: float) -> None:
        self.samples, self.rate_hz = samples, rate_hz
        self._sums = np.concatenate(([0.0], np.cumsum(samples)))

    def means(self, begins_s: Floats, length_s: float) -> Complexes:
        """Return the means of stretches of one length."""
        at, width = begins_s * self.rate_hz, length_s * self.rate_hz
        return np.asarray((self._sum(at + width) - self._sum(at)) / width)

    def halves(
        self, start_s: Floats | float, bit_s: float, count: int
    ) -> tuple[Complexes, Complexes]:
        """Return (..., count) c and d of so many bits, for each start."""
        begins = np.asarray(start_s)[..., None] + np.arange(count) * bit_s
        first, second = (self.means(begins + late, bit_s / 2) for late in (0.0, bit_s / 2))
        return (first + second) / 2, (first - second) / 2

    def _sum(self, at: Floats) -> Complexes:
        whole = np.clip(np.floor(at).astype(np.int64), 0, len(self._sums) - 2)
        part = np.clip(at - whole, 0.0, 1.0)
        return np.asarray(self._sums[whole] * (1.0 - part) + self._sums[whole + 1] * part)


class Sync(NamedTuple):
    """Where the known bits are. `share` is their amplitude by that of the carrier before."""

    kind: Signalling
    start_s: float
    sign: float
    share: float
    over_noise: float

    @property
    def is_sure(self) -> bool:
        """Tell whether this is no play of noise."""
        share = self.share * (1.0 + UNSURE / self.over_noise)
        return share > LEAST_SHARE and self.over_noise > LEAST_OVER_NOISE


def find_syncs(
    signal: Signal, kind: Signalling, begin_s: float, end_s: float, amplitude: float, noise: float
) -> list[Sync]:
    """Return where within a time the known bits fit best, as they are or inverted.

    The best and some others follow each other: half a bit off, ones look like zeros.
    """
    bit_s, signs = kind.bit_s, kind.signs
    starts = np.arange(begin_s, end_s, bit_s / STEPS)
    c, d = signal.halves(starts, bit_s, len(signs))
    span_s = len(signs) * bit_s
    hertz = (np.arange(SHIFTS) - SHIFTS // 2) * SHIFT / span_s
    turns = np.exp(-2j * np.pi * np.outer(np.arange(len(signs)) * bit_s, hertz))
    left, keyed = c @ turns, (d * signs) @ turns
    # Both signs: the carrier that is left tells which.
    fits = np.abs(np.stack([COS * left - 1j * sign * SIN * keyed for sign in SIGNS]))
    best, amounts = fits.max(axis=(0, 2)), np.abs(keyed).max(axis=1) / len(signs)
    found = []
    for _ in range(SYNCS):
        row = int(best.argmax())
        found.append(
            Sync(
                kind=kind,
                start_s=float(starts[row]),
                sign=SIGNS[int(fits[:, row].max(axis=1).argmax())],
                share=float(amounts[row]) / (amplitude * SIN),
                over_noise=float(amounts[row]) / math.sqrt(noise / (2.0 * span_s)),
            )
        )
        best[max(0, row - APART) : row + APART + 1] = 0.0
    return found


def bit_count(signal: Signal, sync: Sync, amplitude: float, noise: float) -> int:
    """Return how many bits a burst has, of those that it may have, by its energy alone."""
    kind, longest = sync.kind, max(sync.kind.lengths)
    piece_s = kind.bit_s / PIECES  # so short that a wrong clock does no harm
    begins_s = sync.start_s + np.arange(PIECES * longest, dtype=float) * piece_s
    means = signal.means(begins_s, piece_s)
    energy = np.square(np.abs(means)).reshape(longest, PIECES).mean(axis=1)
    worth = np.cumsum(energy - noise / piece_s - amplitude**2 / 2)
    return max(kind.lengths, key=lambda bits: worth[bits - 1])
