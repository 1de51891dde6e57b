"""A burst of two-tone FSK with a known pattern before it, at a carrier that is not quite known.

Energies decide: |sum of the samples of a bit, turned back by a tone|^2, for the upper and the lower
tone (noncoherent, square law). Where the tones lie whole multiples of the bit rate apart, the bit
error rate of that is exp(-x / 2) / 2 at an Eb/N0 of x.

For carriers 1/5 of the bit rate apart and times 1/8 of a bit apart, the energies of the pattern's
tones less those of the other ones are added up. A burst is where that is largest, if it is at least
`LEAST_SHARE` of all energy there: in noise the share is 0 +- 1 / sqrt(2 bits of the pattern), in a
burst x / (x + 2). Between the steps carrier and time are interpolated. What the bits say, the
caller's check accepts or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.gate import Floats, Samples

Doubles = NDArray[np.float64]
Check = Callable[[bytes], bool]

LEAST_SHARE = 0.6
LEAST_EBN0 = 4.0  # of pattern and payload: noise seems to have 2
MOST_UNEVEN = 2.0  # how much louder one of them may be than the other
BESIDE_BITS = 12  # more than the two bytes by which a preamble looks like itself, moved
STEPS = 8  # of time in a bit
CARRIER_STEP = 0.2  # of the bit rate
LOW_RATE_HZ = 250e3  # the rate is brought down by a whole number, to no less than this
TAPS = 8  # of the filter before that, on each side of its middle, for each sample that is kept
PASSED = 0.25  # of the low rate
# Tried one after the other until the check accepts: bits late, steps of the carrier high.
TRIES = ((0.0, 0.0), (-0.06, 0.0), (0.06, 0.0), (0.0, -0.5), (0.0, 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulation:
    """How a burst is sent. `pattern` is bits as text, of which 1 is the upper tone."""

    bit_rate_hz: float
    deviation_hz: float
    carrier_error_hz: float
    pattern: str
    payload_bits: int

    @property
    def burst_s(self) -> float:
        """How long pattern and payload are."""
        return (len(self.pattern) + self.payload_bits) / self.bit_rate_hz

    @property
    def width_hz(self) -> float:
        """The width within which a burst lies, wherever its carrier is."""
        return 2 * (self.deviation_hz + self.carrier_error_hz + self.bit_rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class FskBurst:
    """A burst whose payload was accepted.

    `time_s` is the begin of its pattern, from the first sample; `offset_hz` its carrier above the
    middle of the band. `power` is in squares of the samples' unit, noise taken off; `ebn0` the
    energy of a bit over the density of noise. `tries` counts how often its payload was checked.
    """

    time_s: float
    offset_hz: float
    power: float
    ebn0: float
    saturated: bool
    payload: bytes
    tries: int


class _Peak(NamedTuple):
    """Where the pattern fits best: low-rate samples from the stretch's begin, carrier in hertz."""

    at: float
    carrier_hz: float


class _Energies(NamedTuple):
    """Of the bits of a burst: of the upper tone and of the lower one."""

    upper: Floats
    lower: Floats


class Search:
    """Finds the bursts that begin in a stretch of samples, and reads them.

    A stretch has `length` samples, and `before` of them come before the segment in which bursts may
    begin. `most` is the value at which samples are cut off.
    """

    def __init__(
        self, rate_hz: float, modulation: Modulation, carrier_hz: float, segment: int, most: float
    ) -> None:
        self._modulation, self._carrier_hz, self._most = modulation, carrier_hz, most
        self._every = max(1, int(rate_hz // LOW_RATE_HZ))
        self._rate_hz, self._low_hz = rate_hz, rate_hz / self._every
        self._bit = self._low_hz / modulation.bit_rate_hz  # samples in a bit
        self._taps = _low_pass(self._every)
        self._half = len(self._taps) // 2
        self._bits = len(modulation.pattern) + modulation.payload_bits
        # A little before and after the segment is searched as well: what fits better there does
        # not begin in the segment.
        beside = math.ceil(BESIDE_BITS * self._bit)
        within = segment / self._every
        self._count = math.ceil(within + 2 * beside + (self._bits + 1) * self._bit)
        self._times = math.ceil((within + 2 * beside) / self._bit * STEPS)
        self._allowed = (beside - self._bit, beside + within + self._bit)
        self.before = self._half + beside * self._every
        self.length = 2 * self._half + self._count * self._every
        self._search_turns: Samples | None = None
        self._pattern = np.array(list(modulation.pattern)) == "1"
        step_hz = CARRIER_STEP * modulation.bit_rate_hz
        reach = math.ceil(modulation.carrier_error_hz / step_hz)
        self._carriers_hz = np.arange(-reach, reach + 1) * step_hz

    def bursts(self, samples: Samples, check: Check) -> list[FskBurst]:
        """Return the bursts in a stretch in order of time, counted from the segment's begin."""
        low = self._low(samples)
        excess, likely = self._excess(low)
        found: list[FskBurst] = []
        while (peak := self._best(excess, likely)) is not None:
            if self._allowed[0] <= peak.at < self._allowed[1]:
                burst = self._read(low, samples, peak, check)
                found += [] if burst is None else [burst]
        return sorted(found, key=lambda burst: burst.time_s)

    def _low(self, samples: Samples) -> Samples:
        """Return the samples at the low rate, the carrier that is looked for at 0 Hz."""
        turns = -2j * np.pi * self._carrier_hz / self._rate_hz * np.arange(self.length)
        signal = (samples - samples.mean(dtype=np.complex128)) * np.exp(turns)
        windows = np.lib.stride_tricks.sliding_window_view(signal, len(self._taps))
        return np.asarray(windows[:: self._every][: self._count] @ self._taps, np.complex64)

    def _turns(self, tones_hz: Doubles, count: int) -> Samples:
        """Return what turns back tones, (tones, samples)."""
        angles = -2j * np.pi / self._low_hz * tones_hz[:, None] * np.arange(count)
        return np.exp(angles).astype(np.complex64)

    def _excess(self, low: Samples) -> tuple[Floats, Floats]:
        """Return energies of the pattern less those of its opposite, (carriers, times).

        Beside it the same again, but zero where that is too small a share of all.
        """
        bits = len(self._pattern)
        at = np.arange(self._times + bits * STEPS) * (self._bit / STEPS)
        deviation_hz = self._modulation.deviation_hz
        if self._search_turns is None:
            tones_hz = np.add.outer([deviation_hz, -deviation_hz], self._carriers_hz)
            self._search_turns = self._turns(tones_hz.ravel(), len(low))
        energies = _energies(_sums(low * self._search_turns), at, STEPS)
        upper, lower = np.split(energies, 2)
        right, wrong = upper - lower, upper + lower
        excess, whole = np.zeros((2, len(self._carriers_hz), self._times), np.float32)
        for bit, is_upper in enumerate(self._pattern):
            late = slice(bit * STEPS, bit * STEPS + self._times)
            excess += right[:, late] if is_upper else -right[:, late]
            whole += wrong[:, late]
        return excess, np.where(excess > LEAST_SHARE * whole, excess, 0.0)

    def _best(self, excess: Floats, likely: Floats) -> _Peak | None:
        """Return the highest peak and blank what lies within a burst of it, None without one."""
        carrier, time = np.unravel_index(int(np.argmax(likely)), likely.shape)
        if not likely[carrier, time] > 0.0:
            return None
        by_time = _tent(excess[carrier], int(time))
        by_carrier = _parabola(excess[:, time], int(carrier))
        step_hz = CARRIER_STEP * self._modulation.bit_rate_hz
        likely[:, max(0, time - self._bits * STEPS) : time + self._bits * STEPS] = 0.0
        return _Peak(
            at=(float(time) + by_time) * self._bit / STEPS,
            carrier_hz=float(self._carriers_hz[carrier]) + by_carrier * step_hz,
        )

    def _read(
        self, low: Samples, samples: Samples, peak: _Peak, check: Check
    ) -> FskBurst | None:
        step_hz = CARRIER_STEP * self._modulation.bit_rate_hz
        for tries, (late, high) in enumerate(TRIES, start=1):
            moved = _Peak(peak.at + late * self._bit, peak.carrier_hz + high * step_hz)
            energies = self._energies_of(low, moved)
            payload = _payload(energies, len(self._pattern))
            if self._is_burst(energies) and check(payload):
                return self._burst(samples, moved, energies, payload, tries)
        return None

    def _is_burst(self, energies: _Energies) -> bool:
        """Tell whether the payload stands out of noise, and is as loud as the pattern."""
        right, wrong = self._right_and_wrong(energies)
        pattern, payload = np.split(right, [len(self._pattern)])
        uneven = payload.mean() / pattern.mean()
        return bool(
            right.mean() > (1.0 + LEAST_EBN0) * wrong.mean()
            and 1.0 / MOST_UNEVEN < uneven < MOST_UNEVEN
        )

    def _right_and_wrong(self, energies: _Energies) -> _Energies:
        """Return the energies of the tones that were sent, and of the others."""
        is_upper = energies.upper > energies.lower
        is_upper[: len(self._pattern)] = self._pattern
        return _Energies(np.where(is_upper, *energies), np.where(is_upper, *energies[::-1]))

    def _energies_of(self, low: Samples, peak: _Peak) -> _Energies:
        deviation_hz = self._modulation.deviation_hz
        tones_hz = peak.carrier_hz + np.array([deviation_hz, -deviation_hz])
        first = max(0, math.floor(peak.at))
        part = low[first : first + math.ceil((self._bits + 1) * self._bit)]
        at = np.maximum(0.0, peak.at - first + np.arange(self._bits + 1) * self._bit)
        upper, lower = _energies(_sums(part * self._turns(tones_hz, len(part))), at, 1)
        return _Energies(upper, lower)

    def _burst(
        self, samples: Samples, peak: _Peak, energies: _Energies, payload: bytes, tries: int
    ) -> FskBurst:
        right, wrong = (float(one.mean()) for one in self._right_and_wrong(energies))
        begin = self._half + peak.at * self._every
        end = begin + self._bits * self._bit * self._every
        values = samples[round(begin) : round(end)].view(np.float32)
        return FskBurst(
            time_s=(begin - 0.5 * self._every - self.before) / self._rate_hz,
            offset_hz=self._carrier_hz + peak.carrier_hz,
            power=(right - wrong) / self._bit**2,
            ebn0=(right - wrong) / wrong if wrong > 0.0 else math.inf,
            saturated=bool((np.abs(values) >= self._most).any()),
            payload=payload,
            tries=tries,
        )


def _low_pass(every: int) -> Doubles:
    """Return the taps of a filter before only one in so many samples is kept."""
    half = TAPS * every if every > 1 else 0
    at = np.arange(-half, half + 1)
    taps = np.sinc(2 * PASSED * at / every) * np.kaiser(2 * half + 1, 6.0)
    return np.asarray(taps / taps.sum())


def _sums(signals: Samples) -> Samples:
    """Return the sums of signals up to each of their samples, (signals, samples + 1)."""
    sums = np.zeros((len(signals), signals.shape[1] + 1), np.complex64)
    np.cumsum(signals, axis=1, out=sums[:, 1:])
    return sums


def _energies(sums: Samples, at: Doubles, apart: int) -> Floats:
    """Return the energies between times, in samples, that are so many steps apart."""
    whole = np.minimum(at.astype(np.int64), sums.shape[1] - 2)
    there = np.take(sums, whole, axis=1)
    there += (np.take(sums, whole + 1, axis=1) - there) * (at - whole).astype(np.float32)
    signal = there[:, apart:] - there[:, :-apart]
    return np.asarray(signal.real**2 + signal.imag**2, np.float32)


def _payload(energies: _Energies, pattern_bits: int) -> bytes:
    bits = (energies.upper > energies.lower)[pattern_bits:]
    return np.packbits(bits).tobytes()


def _neighbours(values: Floats, at: int) -> tuple[float, float, float]:
    before = values[at - 1] if at > 0 else 0.0
    after = values[at + 1] if at + 1 < len(values) else 0.0
    return float(before), float(values[at]), float(after)


def _tent(values: Floats, at: int) -> float:
    """Return where, from a value on, the top of two straight slopes lies, in steps."""
    before, middle, after = _neighbours(values, at)
    rise = middle - min(before, after)
    return 0.5 * (after - before) / rise if rise > 0.0 else 0.0


def _parabola(values: Floats, at: int) -> float:
    """Return where, from a value on, the top of the parabola through three values lies."""
    before, middle, after = _neighbours(values, at)
    bend = 2 * middle - before - after
    return 0.5 * (after - before) / bend if bend > 0.0 else 0.0
