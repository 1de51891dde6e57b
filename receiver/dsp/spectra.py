"""Overlapping spectra as long as a pulse, of samples cut anywhere.

The window is one pulse length T and an edge: flat, with raised-cosine edges of 5 % of T. Windows
that are T apart add up to one, so that frames which are `HOPS` apart give the signal back (see
`receiver.dsp.zoom`). Spectra are padded to 5/4 T: bins of 0.8 / T.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

HOPS = 4  # spectra in a pulse length
EDGE = 0.05  # of a pulse length: each edge of the window
BLOCK_S = 0.5  # the noise floor is measured in blocks
BATCH_POINTS, BATCH_ROWS = 2**16, 8  # at once: in the cache, but enough rows for the processor
SMOOTH = 7  # largest prime factor of a good length of a transform


@dataclass(frozen=True, slots=True)
class Layout:
    """How samples become spectra. Lengths are in samples."""

    rate_hz: float
    pulse: int
    edge: int
    size: int
    frames: int

    @property
    def hop(self) -> int:
        """Samples from one spectrum to the next."""
        return self.pulse // HOPS

    @property
    def length(self) -> int:
        """Samples in a window."""
        return self.pulse + self.edge

    @property
    def pulse_s(self) -> float:
        """The pulse length that is listened for."""
        return self.pulse / self.rate_hz

    @property
    def hop_s(self) -> float:
        """Seconds from one spectrum to the next."""
        return self.hop / self.rate_hz

    @property
    def bin_hz(self) -> float:
        """Hertz from one bin to the next."""
        return self.rate_hz / self.size

    def window(self) -> Floats:
        """Return the window: `length` values; windows that are `pulse` apart add up to one."""
        rise = np.sin(0.5 * np.pi * (np.arange(self.edge) + 0.5) / self.edge) ** 2
        window = np.ones(self.length)
        window[: self.edge], window[-self.edge :] = rise, rise[::-1]
        return window.astype(np.float32)


def layout(rate_hz: float, pulse_s: float) -> Layout:
    """Return the layout nearest to a pulse length whose transforms are quick.

    Raises:
        ValueError: a pulse has fewer than 80 samples.
    """
    wanted = pulse_s * rate_hz
    if not 80 <= wanted <= 1e6:
        raise ValueError(f"a pulse of {wanted:.0f} samples; expected 80 to 1,000,000")
    step = 4 * HOPS
    near = round(wanted / step)
    choices = range(max(5, round(near * 0.98)), max(5, round(near * 1.02)) + 1)
    factor = min(choices, key=lambda n: (_largest_prime(n) > SMOOTH, abs(n * step - wanted)))
    pulse = factor * step
    hops = max(16, round(BLOCK_S * rate_hz * HOPS / pulse / 8) * 8)
    return Layout(rate_hz, pulse, max(2, round(EDGE * pulse)), pulse * 5 // 4, hops)


def _largest_prime(number: int) -> int:
    factor, largest = 2, 1
    while factor * factor <= number:
        while number % factor == 0:
            number, largest = number // factor, factor
        factor += 1
    return max(largest, number)


class Columns:
    """Stretches of bins side by side, round the band, as they are cut out of spectra."""

    def __init__(self, layout: Layout, stretches: Sequence[range]) -> None:
        self._slices: list[slice] = []
        for bins in stretches:
            first, length = bins.start % layout.size, len(bins)
            head = min(length, layout.size - first)
            self._slices += [slice(first, first + head)]
            self._slices += [slice(0, length - head)] if length > head else []
        self.count = sum(len(bins) for bins in stretches)

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the columns of an array whose last axis is the band, as a copy."""
        return np.concatenate([array[..., part] for part in self._slices], axis=-1)


class Spectra:
    """Cuts a stream of samples into blocks of spectra.

    A block has `layout.frames` new spectra after the last 2 * HOPS of the block before; the arrays
    are used again by the next block. `spectra` is (frames + 2 HOPS, size) complex, `power` its
    squared magnitude; `clipped` the share of values in its samples that reach `full_scale`;
    `first` is the number of the first row's frame since the beginning.
    """

    def __init__(self, layout: Layout, full_scale: float = np.inf) -> None:
        self.layout, self._full_scale = layout, full_scale
        self.carried = 2 * HOPS
        rows = layout.frames + self.carried
        self.spectra: Samples = np.zeros((rows, layout.size), np.complex64)
        self.power: Floats = np.zeros((rows, layout.size), np.float32)
        self.clipped: Floats = np.zeros(rows, np.float32)
        self.first = -self.carried
        # Each value twice: real numbers are multiplied twice as quickly as complex ones.
        self._window = np.repeat(layout.window(), 2)
        self._needed = (layout.frames - 1) * layout.hop + layout.length
        self._waiting: Samples = np.zeros(0, np.complex64)

    def push(self, samples: Samples) -> Iterator[int]:
        """Take samples; yield for each block that is complete how many new rows it has."""
        self._waiting = np.concatenate((self._waiting, samples))
        begin, block = 0, self.layout.frames * self.layout.hop
        while len(self._waiting) - begin >= self._needed:
            self._fill(self._waiting[begin:], self.layout.frames)
            yield self.layout.frames
            self._carry()
            begin += block
        self._waiting = self._waiting[begin:].copy()

    def finish(self) -> Iterator[int]:
        """Yield the last block, as far as samples go; zeros follow them."""
        frames = max(0, (len(self._waiting) - self.layout.length) // self.layout.hop + 1)
        self._fill(self._waiting, frames)
        self.spectra[self.carried + frames :] = 0
        self.power[self.carried + frames :] = 0
        yield frames

    def _carry(self) -> None:
        for rows in (self.spectra, self.power, self.clipped):
            rows[: self.carried] = rows[-self.carried :]
        self.first += self.layout.frames

    def _fill(self, samples: Samples, frames: int) -> None:
        if not frames:
            return
        self._transform(samples, frames)
        reached = _reached(samples, frames + HOPS - 1, self.layout.hop, self._full_scale)
        share = np.convolve(reached, np.full(HOPS, 1.0 / HOPS), "valid")
        self.clipped[self.carried : self.carried + frames] = share[:frames]

    def _transform(self, samples: Samples, frames: int) -> None:
        hop, length = self.layout.hop, self.layout.length
        values = samples.view(np.float32)
        batch = max(BATCH_ROWS, BATCH_POINTS // self.layout.size)
        for begin in range(0, frames, batch):
            end = min(begin + batch, frames)
            rows = self.spectra[self.carried + begin : self.carried + end]
            rows[:, length:] = 0
            cut = sliding_window_view(values[begin * 2 * hop :], 2 * length)[:: 2 * hop]
            into = rows.view(np.float32)[:, : 2 * length]
            np.multiply(cut[: end - begin], self._window, out=into)
            transformed = scipy.fft.fft(rows, axis=1, overwrite_x=True)
            if not np.shares_memory(transformed, rows):
                rows[:] = transformed
            power = self.power[self.carried + begin : self.carried + end]
            np.abs(rows, out=power)
            np.square(power, out=power)


def _reached(samples: Samples, hops: int, hop: int, full_scale: float) -> Floats:
    """Return for each hop which share of its values is cut off at full scale."""
    values = samples[: hops * hop].view(np.float32).reshape(-1, 2 * hop)
    shares = np.zeros(hops, np.float32)
    highest = np.maximum(values.max(axis=1), -values.min(axis=1))
    for number in np.flatnonzero(highest >= full_scale):
        shares[number] = np.mean(np.abs(values[number]) >= full_scale)
    return shares
