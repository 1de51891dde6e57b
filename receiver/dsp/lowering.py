"""A narrow band out of a stream of samples, at a lower rate; and sound from one rate to another.

Blocks may be of any size. One finite filter does both steps of lowering: its taps are turned by the
frequency that is wanted, and only the samples that are kept are computed, so that a megahertz costs
little more than reading it.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

STOP_DB = 60.0
LEAST_RATE = 2.0  # of the low rate over the width: half of it is for the filter's slope
MOST_WIDTH = 0.8  # of the rate
SOUND_TAPS = 24  # of each phase, at the higher of two rates of sound


class Lowering:
    """Moves `offset_hz` to zero and keeps `width_hz` about it, at `low_hz`.

    Real samples (sound) come out twice as large, so that a sine of full scale is a tone of it.
    `delay` is how many samples the middle of the filter lies before the newest sample.
    """

    def __init__(
        self, rate_hz: float, offset_hz: float, width_hz: float, *, is_real: bool = False
    ) -> None:
        width_hz = min(width_hz, MOST_WIDTH * rate_hz)
        self._every = max(1, int(rate_hz // (LEAST_RATE * width_hz)))
        self.low_hz = rate_hz / self._every
        stop_hz = self.low_hz - width_hz / 2
        if is_real:  # what lies at minus the offset is the same sound again
            stop_hz = min(stop_hz, max(2 * abs(offset_hz) - width_hz / 2, 0.6 * width_hz))
        taps = _low_pass(rate_hz, width_hz / 2, stop_hz)
        self.delay = (len(taps) - 1) // 2
        turns = np.exp(-2j * np.pi * offset_hz / rate_hz * np.arange(len(taps)))
        self._taps = (taps * turns * (2.0 if is_real else 1.0)).astype(np.complex64)
        self._turn = offset_hz / rate_hz
        self._kept: NDArray[Any] = np.zeros(len(taps) - 1, np.float32 if is_real else np.complex64)
        self._wait, self._count = 0, 0  # samples until one is kept; samples that were

    def push(self, samples: NDArray[Any]) -> Samples:
        """Return the samples that are kept; the first is that of the first sample."""
        data = np.concatenate((self._kept, samples))
        size = len(self._taps)
        self._kept = data[len(samples) :]
        windows = np.lib.stride_tricks.sliding_window_view(data, size)[self._wait :: self._every]
        windows = windows[: max(0, math.ceil((len(samples) - self._wait) / self._every))]
        numbers = self._count + np.arange(len(windows))
        self._count += len(windows)
        self._wait += len(windows) * self._every - len(samples)
        # A window begins `size - 1` samples before the one that it is for.
        begins = numbers * self._every - (size - 1)
        turned = np.exp(-2j * np.pi * np.mod(begins * self._turn, 1.0))
        return np.asarray((windows @ self._taps) * turned, np.complex64)


class Resampler:
    """Real or complex samples from one rate to another (a ratio of whole numbers), in any blocks.

    `delay_s` is how much later they come out.
    """

    def __init__(self, rate_hz: float, to_hz: float, width_hz: float | None = None) -> None:
        ratio = Fraction(to_hz / rate_hz).limit_denominator(2000)
        self._up, self._down = ratio.numerator, ratio.denominator
        least_hz = min(rate_hz, to_hz)
        pass_hz = 0.42 * least_hz if width_hz is None else width_hz / 2
        size = math.ceil(SOUND_TAPS * max(1.0, rate_hz / to_hz))
        taps = _windowed(size * self._up, 0.5 * (pass_hz + least_hz / 2) / (rate_hz * self._up))
        # Phase p of the filter, newest sample last.
        self._phases = (taps * self._up).reshape(size, self._up).T[:, ::-1].astype(np.float32)
        self.delay_s = 0.0 if ratio == 1 else (size / 2) / rate_hz
        self._kept: NDArray[Any] = np.zeros(size - 1, np.float32)
        self._first, self._count = 0, 0  # number of the first kept sample + size - 1; outputs

    def push(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Return what can be told by now."""
        if self._up == self._down:
            return samples
        size = self._phases.shape[1]
        data = np.concatenate((self._kept, samples))
        end = self._first + len(samples)  # outputs for inputs before this one are known
        until = -(-end * self._up // self._down)
        numbers = np.arange(self._count, until)
        steps = numbers * self._down
        windows = np.lib.stride_tricks.sliding_window_view(data, size)
        at = steps // self._up - self._first
        out = np.einsum("nk,nk->n", windows[at], self._phases[steps % self._up])
        self._count, self._first = until, end
        self._kept = data[len(data) - (size - 1) :]
        return np.asarray(out)


def _low_pass(rate_hz: float, pass_hz: float, stop_hz: float) -> NDArray[np.float64]:
    """Return taps, an odd number of them (Kaiser's formula for their number)."""
    slope = 2 * math.pi * (stop_hz - pass_hz) / rate_hz
    size = max(1, math.ceil((STOP_DB - 7.95) / (2.285 * slope))) | 1
    return _windowed(size, 0.5 * (pass_hz + stop_hz) / rate_hz)


def _windowed(size: int, edge: float) -> NDArray[np.float64]:
    """Return a windowed sinc that passes below `edge` (of the rate), of unit sum."""
    beta = 0.1102 * (STOP_DB - 8.7)
    at = np.arange(size) - (size - 1) / 2
    taps = np.sinc(2 * edge * at) * np.kaiser(size, beta)
    return np.asarray(taps / taps.sum())
