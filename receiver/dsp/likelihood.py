"""How much more probable an energy is with a pulse than without: the likelihood ratio of a cell.

The energy q of a cell is exponential with mean one under noise. With a pulse of energy r over the
density of noise it is non-central chi-squared with two degrees of freedom, so that

    L(q) = exp(-r) I0(2 sqrt(r q))

(Whalen, Detection of Signals in Noise, 1971, section 7.4). L has mean one under noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import i0e

Floats = NDArray[np.float32]

STEPS_A_UNIT = 64  # of the table
MOST_LOG = 8.0  # one loud impulse is not many pulses, and two make no track


@dataclass(frozen=True, slots=True)
class Ratio:
    """Tables of the likelihood ratio and its logarithm for pulses of one energy."""

    ratio: Floats
    log: Floats

    def of(self, energy: Floats) -> Floats:
        """Return the ratio of each cell."""
        return self.ratio[_index(energy, len(self.ratio))]

    def log_of(self, energy: Floats) -> Floats:
        """Return the logarithm of the ratio of each cell."""
        return self.log[_index(energy, len(self.log))]


def beyond(energy: Floats, pulse_energy: float) -> Floats:
    """Return how many nats the tables leave out: nothing but for loud pulses."""
    logs = _log_ratio(energy.astype(np.float64), pulse_energy) - MOST_LOG
    return np.maximum(logs, 0.0).astype(np.float32)


def _index(energy: Floats, size: int) -> NDArray[np.int32]:
    scaled = energy * np.float32(STEPS_A_UNIT)
    np.minimum(scaled, np.float32(size - 1), out=scaled)
    return scaled.astype(np.int32)


@cache
def ratio(pulse_energy: float, noise_mean: float = 1.0) -> Ratio:
    """Return the tables for a pulse energy.

    `noise_mean` is the mean of the ratio under noise where a cell is not one energy but the largest
    of some; the ratio is divided by it.
    """
    top = 4
    while _log_ratio(np.array([float(top)]), pulse_energy)[0] < MOST_LOG:
        top += 1
    middles = (np.arange(top * STEPS_A_UNIT) + 0.5) / STEPS_A_UNIT
    logs = np.minimum(_log_ratio(middles, pulse_energy), MOST_LOG) - np.log(noise_mean)
    return Ratio(np.exp(logs).astype(np.float32), logs.astype(np.float32))


def _log_ratio(q: NDArray[np.float64], r: float) -> NDArray[np.float64]:
    root = 2.0 * np.sqrt(r * q)
    return np.asarray(np.log(i0e(root)) + root - r)
