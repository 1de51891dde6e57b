"""The last minute of the signal about one frequency, small enough to be kept for fifty beacons.

One spectrum of each pulse length is kept, as far as the beacon may have drifted, divided by the
noise. From it comes the energy of a pulse at any time and frequency within, as in
`receiver.dsp.zoom`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
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
PARTS = 4  # of a bin, in which frequencies are given
COLUMNS = 8  # energies in a pulse length
STEP = 14.0  # of a stored value at the noise's own amplitude; 127 is 38 dB above it


_FADE = np.sin(0.5 * np.pi * (np.arange(TAPER) + 0.5) / TAPER) ** 2
_TAPER = np.concatenate((_FADE, np.ones(BINS - 2 * TAPER), _FADE[::-1])).astype(np.float32)
# The cut begins BINS / 2 below the bin: half a turn for each point.
_SIGNS = (1.0 - 2.0 * (np.arange(BINS) % 2)).astype(np.float32)


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
        rows = chosen(spectra, self._columns)
        noise = chosen(level, self._columns) * bursts[:, None]
        values = np.ascontiguousarray(rows).view(np.float32).reshape(len(rows), -1, 2)
        packed = np.abs(values)
        packed *= (np.float32(STEP**2) / np.sqrt(noise))[:, :, None]
        np.sqrt(packed, out=packed)
        packed += np.float32(0.5)
        np.minimum(packed, np.float32(127.0), out=packed)
        np.copysign(packed, values, out=packed)
        count = len(rows)
        if self._end + count > len(self._ring):
            keep = slice(self._end - self._kept, self._end)
            self._ring[: self._kept] = self._ring[keep]
            self._noise[: self._kept] = self._noise[keep]
            self._end = self._kept
        self._ring[self._end : self._end + count] = packed
        self._noise[self._end : self._end + count] = noise[:, len(self._columns) // 2]
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
        in bins above `bin_number`, multiples of 1 / PARTS.
        """
        signal = self._baseband(bin_number)
        sums, width = _turned(signal, offsets), 1
        while width < POINTS:
            sums = sums[width:] + sums[:-width]
            width *= 2
        pulses = sums[:: POINTS // COLUMNS]
        energy = np.square(np.abs(pulses))
        energy *= np.float32(self._scale)
        return np.asarray(energy)

    def _baseband(self, bin_number: int) -> Samples:
        """Return the signal about a bin, POINTS a pulse length, from `first_sample` on."""
        middle = bin_number - self._first
        kept = self._ring[self._end - self.frames : self._end, middle - BINS // 2 :][:, :BINS]
        roots = kept.astype(np.float32) / np.float32(STEP)
        cut = (roots * np.abs(roots)).view(np.complex64)[:, :, 0]
        frames = (self._number - self.frames + np.arange(self.frames)) * HOPS
        turns = np.exp(-2j * np.pi * np.mod(0.2 * frames * bin_number, 1.0)).astype(np.complex64)
        pieces = scipy.fft.ifft(cut * _TAPER * turns[:, None], axis=1)
        pieces *= _SIGNS
        pieces = np.concatenate((pieces[:, -EARLY:], pieces[:, :-EARLY]), axis=1)
        signal = np.zeros((self.frames + 1, POINTS), np.complex64)
        signal[:-1] += pieces[:, :POINTS]
        signal[1:, : BINS - POINTS] += pieces[:, POINTS:]
        return signal.reshape(-1)[EARLY:]


def chosen(array: NDArray[Any], columns: Ints) -> NDArray[Any]:
    """Return columns that follow one another round the band; a view where they do not go round."""
    first, last = int(columns[0]), int(columns[-1])
    return array[..., first : last + 1] if first <= last else array[..., columns]


def _turned(signal: Samples, offsets: NDArray[np.float64]) -> Samples:
    """Return the signal moved down by each offset, (points, offsets)."""
    again = BINS * PARTS  # points after which all turns come back to where they began
    turns = np.exp(-2j * np.pi / BINS * np.arange(again)[:, None] * offsets).astype(np.complex64)
    rows = -(-len(signal) // again)
    padded = np.zeros(rows * again, np.complex64)
    padded[: len(signal)] = signal
    turned = padded.reshape(rows, again, 1) * turns
    return np.asarray(turned.reshape(rows * again, len(offsets))[: len(signal)])
