"""The last minute of the signal about some frequencies, small enough to be kept for fifty beacons.

One spectrum of each pulse length is kept, as far as the beacon may have drifted, divided by the
noise. From it comes the energy of a pulse at any time and frequency within, as in
`receiver.dsp.zoom`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from receiver.dsp.spectra import HOPS, Columns, Layout, Samples

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

KEPT_S = 64.0
GUARD = 12  # bins beyond those that may hold the beacon: half of BINS, and what is off of it
BINS = 20  # that are transformed back about a frequency
POINTS = BINS * 4 // 5  # in a pulse length
TAPER = 4
EARLY = 2  # points by which the filter rings before the frame
PARTS = 12  # of a bin, in which frequencies are given
COLUMNS = 8  # energies in a pulse length
STEP, MOST = 6.0, 127.0  # of a stored value at the noise's own amplitude, and the largest

_FADE = np.sin(0.5 * np.pi * (np.arange(TAPER) + 0.5) / TAPER) ** 2
_TAPER = np.concatenate((_FADE, np.ones(BINS - 2 * TAPER), _FADE[::-1])).astype(np.float32)
# The cut begins BINS / 2 below the bin: half a turn for each point.
_SIGNS = (1.0 - 2.0 * (np.arange(BINS) % 2)).astype(np.float32)


class Channel:
    """Spectra of some stretches of bins, one a pulse length, each value in two bytes.

    A stretch that is too loud for them is made smaller as a whole, with the noise in it.
    """

    def __init__(self, layout: Layout, stretches: Sequence[range]) -> None:
        self.layout, self.stretches = layout, stretches
        wide = [range(bins.start - GUARD, bins.stop + GUARD) for bins in stretches]
        ends = np.cumsum([len(bins) for bins in wide])
        # Where bin 0 would be in the columns of each stretch.
        self._zeros = [int(end) - bins.stop for end, bins in zip(ends, wide, strict=True)]
        self._columns = Columns(layout, wide)
        self._kept = round(KEPT_S / layout.pulse_s)
        self._ring = np.zeros((self._kept, self._columns.count, 2), np.int8)
        self._noise = np.zeros((self._kept, len(wide)), np.float32)
        self._clipped = np.zeros(self._kept, np.float32)
        self._steps = np.full((self._kept, len(wide)), STEP, np.float32)
        self._lengths = [len(bins) for bins in wide]
        self._begins = np.cumsum([0, *self._lengths[:-1]])
        self._middles = [int(end) - len(bins) // 2 for end, bins in zip(ends, wide, strict=True)]
        self._number = 0
        self._scale = float(np.square(layout.window()).sum()) / layout.pulse

    @property
    def frames(self) -> int:
        """How many pulse lengths are kept."""
        return min(self._number, self._kept)

    def push(self, spectra: Samples, level: Floats, bursts: Floats, clipped: Floats) -> None:
        """Take every spectrum that is one pulse length after the one before."""
        noise = self._columns.of(level)
        scaled = self._columns.of(spectra)
        scaled *= (STEP / np.sqrt(noise)).astype(np.float32)
        if (bursts != 1.0).any():
            scaled /= np.sqrt(bursts)[:, None]
        values = scaled.view(np.float32)
        into = (self._number + np.arange(len(values))) % self._kept
        self._steps[into] = STEP
        self._clipped[into] = clipped
        if values.max(initial=0.0) > MOST or values.min(initial=0.0) < -MOST:
            loudest = np.maximum.reduceat(np.abs(values), 2 * self._begins, axis=1)
            smaller = np.minimum(1.0, MOST / np.maximum(loudest, 1.0)).astype(np.float32)
            scaled *= np.repeat(smaller, self._lengths, axis=1)
            self._steps[into] *= smaller
        np.rint(values, out=values)
        self._ring[into] = values.reshape(len(values), -1, 2)
        self._noise[into] = noise[self._middles] * bursts[:, None]
        self._number += len(values)

    def forget(self, stretch: int, bins: range) -> None:
        """Forget what was in some bins until now."""
        zero = self._zeros[stretch]
        self._ring[:, zero + bins.start : zero + bins.stop] = 0

    def _latest(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return what is kept in order of time."""
        end = self._number % self._kept
        whole = self._number >= self._kept
        return np.concatenate((array[end:], array[:end])) if whole else array[:end]

    def noise(self, stretch: int) -> Floats:
        """Return the mean square of noise in a sample, for each pulse length that is kept."""
        window_power = np.float32(np.square(self.layout.window()).sum())
        return np.asarray(self._latest(self._noise[:, stretch]) / window_power)

    def clipped(self) -> Floats:
        """Return which share of the values was cut off in each pulse length that is kept."""
        return np.asarray(self._latest(self._clipped))

    @property
    def first_sample(self) -> float:
        """The sample with which the first pulse length that is kept begins."""
        frames = self._number - self.frames
        # The sum of points n to m is the signal from half a point before n to half one after m.
        return frames * self.layout.pulse - self.layout.pulse / POINTS / 2

    def energy(self, stretch: int, bin_number: int, offsets: NDArray[np.float64]) -> Floats:
        """Return the energy of a pulse over the density of noise, (columns, offsets).

        Column c is a pulse that begins c / COLUMNS pulse lengths after `first_sample`; offsets are
        in bins above `bin_number`, multiples of 1 / PARTS.
        """
        signal = self._baseband(stretch, bin_number)
        pairs = signal[: len(signal) // 2 * 2 : 2] + signal[1::2]
        sums, width = _turned(pairs, offsets), 1
        while width < COLUMNS:
            sums = sums[width:] + sums[:-width]
            width *= 2
        energy = np.square(np.abs(sums))
        # The two points of a pair were added before they were turned.
        energy *= (self._scale / np.cos(np.pi / BINS * offsets) ** 2).astype(np.float32)
        return np.asarray(energy)

    def energy_near(
        self,
        stretch: int,
        bin_number: int,
        columns: Ints,
        reach: int,
        offsets: NDArray[np.float64],
    ) -> Floats:
        """Return the energies about some columns only, (columns, 2 `reach` + 1, offsets).

        The middle ones are those of the columns; offsets are any within 5 bins.
        """
        step = POINTS // COLUMNS
        begins = (columns - reach) * step + EARLY
        first = begins // POINTS - 1
        count = 3 + 2 * reach * step // POINTS
        signal = _added(self._pieces(stretch, bin_number, first[:, None] + np.arange(count + 1)))
        starts = (begins - first * POINTS)[:, None] + step * np.arange(2 * reach + 1)
        points = np.arange(POINTS)
        pulses = signal[np.arange(len(columns))[:, None, None], starts[:, :, None] + points]
        turns = np.exp(-2j * np.pi / BINS * points[:, None] * offsets).astype(np.complex64)
        return np.asarray(np.square(np.abs(pulses @ turns)) * np.float32(self._scale))

    def _baseband(self, stretch: int, bin_number: int) -> Samples:
        """Return the signal about a bin, POINTS a pulse length, from `first_sample` on."""
        return _added(self._pieces(stretch, bin_number, np.arange(self.frames)))[EARLY:]

    def _pieces(self, stretch: int, bin_number: int, frames: Ints) -> Samples:
        """Return what frames add to the signal about a bin, (..., BINS); zeros beyond the kept."""
        middle = self._zeros[stretch] + bin_number
        numbers = self._number - self.frames + frames
        at = numbers % self._kept
        kept = self._ring[at, middle - BINS // 2 : middle + BINS // 2].astype(np.float32)
        cut = kept.view(np.complex64)[..., 0]
        turns = np.exp(-2j * np.pi * np.mod(0.2 * HOPS * numbers * bin_number, 1.0))
        turns /= self._steps[at, stretch]
        turns[(frames < 0) | (frames >= self.frames)] = 0.0
        cut *= _TAPER
        cut *= turns.astype(np.complex64)[..., None]
        pieces = scipy.fft.ifft(cut, axis=-1, overwrite_x=True)
        pieces *= _SIGNS
        return np.concatenate((pieces[..., -EARLY:], pieces[..., :-EARLY]), axis=-1)


def _added(pieces: Samples) -> Samples:
    """Return the signal of frames that follow one another, (..., frames, BINS): (..., points)."""
    *others, frames, _ = pieces.shape
    signal = np.zeros((*others, frames + 1, POINTS), np.complex64)
    signal[..., :-1, :] += pieces[..., :POINTS]
    signal[..., 1:, : BINS - POINTS] += pieces[..., POINTS:]
    return signal.reshape(*others, -1)


def _turned(pairs: Samples, offsets: NDArray[np.float64]) -> Samples:
    """Return sums of two points, (columns,), moved down by each offset: (columns, offsets)."""
    again = BINS * PARTS // 2  # columns after which all turns come back to where they began
    turns = np.exp(-4j * np.pi / BINS * np.arange(again)[:, None] * offsets).astype(np.complex64)
    turned = np.empty((len(pairs), len(offsets)), np.complex64)
    whole = len(pairs) // again * again
    np.multiply(
        pairs[:whole].reshape(-1, again, 1), turns, out=turned[:whole].reshape(-1, *turns.shape)
    )
    np.multiply(pairs[whole:, None], turns[: len(pairs) - whole], out=turned[whole:])
    return turned
