"""A part of the band, thinned out: samples cut anywhere come in, blocks of one length go out.

The part is moved to 0 Hz, filtered and thinned out by a whole number. A band that is hardly wider
than the part stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.complex64]

BLOCK_S = 0.1
LEAST_RATIO = 1.2  # of the rate that goes out to the width of the part
STOP_DB = 60.0


class Block(NamedTuple):
    """Samples of a part, and which share of the values they came from was cut off."""

    samples: Samples
    clipped: float


class Band:
    """Gives `width_hz` about `middle_hz` (from the centre) at `rate_hz` samples a second."""

    def __init__(
        self, rate_hz: float, middle_hz: float, width_hz: float, full_scale: float = np.inf
    ) -> None:
        self._full_scale = full_scale
        self._factor = max(1, int(rate_hz / (LEAST_RATIO * width_hz)))
        self.rate_hz = rate_hz / self._factor
        self._size = max(1, round(BLOCK_S * self.rate_hz)) * self._factor
        # A block has a whole number of turns, so that one table serves them all.
        turns = round(middle_hz / rate_hz * self._size) if self._factor > 1 else 0
        self.middle_hz = turns * rate_hz / self._size
        self._turns = np.exp(-2j * np.pi * np.mod(turns / self._size * np.arange(self._size), 1.0))
        self._turns = self._turns.astype(np.complex64)
        self._taps = _taps(rate_hz, width_hz, self.rate_hz) if self._factor > 1 else np.ones(1)
        self._before: Samples = np.zeros(len(self._taps) - 1, np.complex64)
        self._waiting: Samples = np.zeros(0, np.complex64)

    @property
    def delay_s(self) -> float:
        """How much later what comes out is than its time, by the filter."""
        return (len(self._taps) - 1) / 2 / (self.rate_hz * self._factor)

    def push(self, samples: Samples) -> Iterator[Block]:
        """Take samples; yield the blocks that are complete."""
        self._waiting = np.concatenate((self._waiting, samples))
        begin = 0
        while len(self._waiting) - begin >= self._size:
            yield self._block(self._waiting[begin : begin + self._size])
            begin += self._size
        self._waiting = self._waiting[begin:].copy()

    def finish(self) -> Iterator[Block]:
        """Yield the last samples; what the filter still holds is not waited for."""
        whole = len(self._waiting) // self._factor * self._factor
        if whole:
            yield self._block(self._waiting[:whole])

    def _block(self, samples: Samples) -> Block:
        clipped = float(np.mean(np.abs(samples.view(np.float32)) >= self._full_scale))
        if self._factor == 1:
            return Block(samples, clipped)
        from scipy import signal  # 50 MB that a narrow band does without

        moved = np.concatenate((self._before, samples * self._turns[: len(samples)]))
        self._before = moved[len(moved) - len(self._before) :].copy()
        # The first outputs lack what came before; they begin with a whole number of steps.
        late = len(self._taps) - 1
        out = signal.upfirdn(self._taps, moved[late % self._factor :], down=self._factor)
        first = late // self._factor
        return Block(out[first : first + len(samples) // self._factor], clipped)


def _taps(rate_hz: float, width_hz: float, out_hz: float) -> NDArray[np.float32]:
    """Return a low-pass filter that keeps the part, and what would fall into it out."""
    from scipy import signal

    fade_hz = out_hz - width_hz
    count, beta = signal.kaiserord(STOP_DB, 2.0 * fade_hz / rate_hz)
    taps = signal.firwin(count | 1, out_hz / 2, window=("kaiser", beta), fs=rate_hz)
    return np.asarray(taps, np.float32)
