"""The last minute of the signal about one frequency, small enough to be kept for fifty beacons.

One spectrum of each pulse length is kept, as far as the beacon may have drifted, divided by the
noise. From it comes the energy of a pulse at any time and frequency within, as in
`receiver.dsp.zoom`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.spectra import HOPS, Layout, Samples

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

KEPT_S = 64.0
GUARD = 10  # bins beyond those that may hold the beacon
BINS = 20  # that are transformed back about a frequency
POINTS = BINS * 4 // 5  # in a pulse length
TAPER = 4
EARLY = 2  # points by which the filter rings before the frame
COLUMNS = 8  # energies in a pulse length
STEP = 14.0  # of a stored value at the noise's own amplitude; 127 is 38 dB above it


def _taper() -> NDArray[np.float64]:
    fade = np.sin(0.5 * np.pi * (np.arange(TAPER) + 0.5) / TAPER) ** 2
    taper = np.ones(BINS)
    taper[:TAPER], taper[-TAPER:] = fade, fade[::-1]
    return taper


class Channel:
    """Spectra of one stretch of bins, one a pulse length, each value in two bytes.

    Values are kept as their square root: relative to itself each is then equally exact.
    """

    def __init__(self, layout: Layout, bins: Ints) -> None:
        self.layout = layout
        first, last = int(bins[0]) - GUARD, int(bins[-1]) + GUARD
        self._first = first
        self._columns = np.arange(first, last + 1) % layout.size
        self._kept = round(KEPT_S / layout.pulse_s)
        self._ring = np.zeros((2 * self._kept, len(self._columns), 2), np.int8)
        self._noise = np.zeros(2 * self._kept, np.float32)
        self._end = 0
        self._number = 0
        self._scale = float(np.square(layout.window()).sum()) / layout.pulse

    @property
    def frames(self) -> int:
        """How many pulse lengths are kept."""
        return min(self._number, self._kept)

    def push(self, spectra: Samples, level: Floats, bursts: Floats) -> None:
        """Take every spectrum that is one pulse length after the one before."""
        rows = spectra[:, self._columns]
        noise = level[self._columns] * bursts[:, None]
        values = (rows / np.sqrt(noise)).astype(np.complex64).view(np.float32)
        packed = np.copysign(np.sqrt(np.abs(values)) * STEP, values)
        packed = np.clip(np.rint(packed), -127, 127).astype(np.int8)
        count = len(rows)
        if self._end + count > len(self._ring):
            keep = slice(self._end - self._kept, self._end)
            self._ring[: self._kept] = self._ring[keep]
            self._noise[: self._kept] = self._noise[keep]
            self._end = self._kept
        self._ring[self._end : self._end + count] = packed.reshape(count, -1, 2)
        self._noise[self._end : self._end + count] = noise.mean(axis=1)
        self._end += count
        self._number += count

    def noise(self) -> Floats:
        """Return the mean square of noise in a sample, for each pulse length that is kept."""
        kept = self._noise[self._end - self.frames : self._end]
        return kept / np.float32(np.square(self.layout.window()).sum())

    @property
    def first_sample(self) -> float:
        """The sample with which the first pulse length that is kept begins."""
        frames = self._number - self.frames
        return frames * self.layout.pulse + self.layout.edge / 2

    def energy(self, bin_number: int, offsets: NDArray[np.float64]) -> Floats:
        """Return the energy of a pulse over the density of noise, (columns, offsets).

        Column c is a pulse that begins c / COLUMNS pulse lengths after `first_sample`; offsets are
        in bins above `bin_number`.
        """
        signal = self._baseband(bin_number)
        turns = np.exp(-2j * np.pi / BINS * np.arange(len(signal))[:, None] * offsets)
        sums = np.zeros((len(signal) + 1, len(offsets)), np.complex128)
        np.cumsum(signal[:, None] * turns, axis=0, out=sums[1:])
        step = POINTS // COLUMNS
        pulses = (sums[POINTS:] - sums[:-POINTS])[::step]
        energy = np.square(np.abs(pulses)) * self._scale
        return energy.astype(np.float32)

    def _baseband(self, bin_number: int) -> NDArray[np.complex128]:
        """Return the signal about a bin, POINTS a pulse length, from `first_sample` on."""
        middle = bin_number - self._first
        kept = self._ring[self._end - self.frames : self._end, middle - BINS // 2 :][:, :BINS]
        values = np.square(kept.astype(np.float32) / np.float32(STEP))
        values = np.copysign(values, kept)
        cut = values.view(np.complex64)[:, :, 0]
        frames = (self._number - self.frames + np.arange(self.frames)) * HOPS
        turns = np.exp(-2j * np.pi * np.mod(0.2 * frames * bin_number, 1.0))
        pieces = np.fft.ifft(cut * _taper() * turns[:, None], axis=1)
        pieces = np.roll(pieces * (1.0 - 2.0 * (np.arange(BINS) % 2)), EARLY, axis=1)
        signal = np.zeros((self.frames + 1, POINTS), np.complex128)
        signal[:-1] += pieces[:, :POINTS]
        signal[1:, : BINS - POINTS] += pieces[:, POINTS:]
        return signal.reshape(-1)[EARLY:]
