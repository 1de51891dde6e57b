"""Where in a stream a short burst may be: more energy than noise, in a narrow band, for a while.

Spectra of a millisecond, not overlapping. Each bin of the band is divided by its own noise, the
median over a block of a tenth of a second, so that a steady carrier or the spike at the middle of a
receiver's band counts no more than any other bin. The sum over `bins` bins and `window` spectra is
then of mean n = bins * window and standard deviation sqrt(n) in noise. A burst adds its energy over
the density of noise: 72 bits at 6 dB of Eb/N0 are 290 beside an n of 500, or 13 standard
deviations. At `LEAST` of them the gate costs a burst that could be decoded nothing, and opens in
noise about once a week.

A burst fills the spectra that follow the one it begins in, each of them: so those that only hold
its end, or that lie before it, stay closed.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

FRAME_S = 1e-3
FRAMES = 128  # of a block, whose median is the noise
LEAST = 6.0  # standard deviations
LEAST_FILLED = 4.0  # of one spectrum that a burst fills: at 7 dB of Eb/N0 it has 10
LEAST_FRAMES = 16  # fewer do not say what noise is
TINY = np.float32(1e-20)  # in place of the noise of a stretch of zeros
BATCH_POINTS = 2**15  # transformed at once: in the cache


class Gate:
    """Opens for the spectra of a block in which a burst may begin. Blocks are given in order."""

    def __init__(self, rate_hz: float, middle_hz: float, width_hz: float, burst_s: float) -> None:
        self.frame = scipy.fft.next_fast_len(round(FRAME_S * rate_hz))
        self.block = FRAMES * self.frame
        self.window = math.ceil(burst_s * rate_hz / self.frame) + 1
        self.filled = max(1, round(burst_s * rate_hz / self.frame - 1.0))
        half, middle = width_hz / 2, middle_hz
        first = math.ceil((middle - half) * self.frame / rate_hz)
        last = math.floor((middle + half) * self.frame / rate_hz)
        self._columns = np.arange(first, last + 1) % self.frame
        self._noise: Floats = np.zeros(len(self._columns), np.float32)

    def energy(self, samples: Samples, known: int) -> Floats:
        """Return the energy of each spectrum of a block over the density of noise.

        Args:
            samples: a block.
            known: so many of its spectra are of samples that there are; zeros follow them.
        """
        power = self._power(samples.reshape(FRAMES, self.frame))
        if known >= LEAST_FRAMES:
            middle = np.partition(power[:known], known // 2, axis=0)[known // 2]
            self._noise = middle / np.float32(math.log(2.0))
        return np.asarray((power / np.maximum(self._noise, TINY)).sum(axis=1))

    def opens(self, energy: Floats) -> NDArray[np.bool_]:
        """Tell for each spectrum, but the last `window - 1`, whether a burst may begin in it."""
        sums = np.convolve(energy, np.ones(self.window, np.float32), "valid")
        mean = self.window * len(self._columns)
        filled = np.lib.stride_tricks.sliding_window_view(energy[1:], self.filled).min(axis=1)
        one = len(self._columns)
        return np.asarray(
            (sums > mean + LEAST * math.sqrt(mean))
            & (filled[: len(sums)] > one + LEAST_FILLED * math.sqrt(one))
        )

    def _power(self, rows: Samples) -> Floats:
        step = max(1, BATCH_POINTS // self.frame)
        power = np.empty((FRAMES, len(self._columns)), np.float32)
        for begin in range(0, FRAMES, step):
            spectra = scipy.fft.fft(rows[begin : begin + step], axis=1)
            kept = spectra[:, self._columns]
            power[begin : begin + step] = kept.real**2 + kept.imag**2
        return power
