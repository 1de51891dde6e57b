"""A burst of two-tone FSK with a known pattern before it, at a carrier that is not quite known.

Energies decide: |sum of the samples of a bit, turned back by a tone|^2, for the upper and the lower
tone (noncoherent, square law). Where the tones lie whole multiples of the bit rate apart, the bit
error rate of that is exp(-x / 2) / 2 at an Eb/N0 of x (Proakis, Digital Communications).

For carriers 1/5 of the bit rate apart and times 1/8 of a bit apart, the energies of the pattern's
tones less those of the other ones are added up. A burst is where that is largest, if it is at least
`LEAST_SHARE` of all energy there: in noise the share is 0 +- 1 / sqrt(2 bits of the pattern), in a
burst x / (x + 2). Between the steps carrier and time are interpolated.

The payload is read there. Where it is refused it is read again a little earlier, later, lower and
higher, which halves the packets lost at the limit. Chance has more tries then: a second check,
which should be harder, is for these.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.gate import Floats, Samples

Doubles = NDArray[np.float64]
Check = Callable[[bytes], bool]

LEAST_SHARE = 0.6
LEAST_EBN0 = 4.0  # of pattern and payload: noise seems to have 2
MOST_UNEVEN = 2.0  # how much louder one of them may be than the other
BESIDE_BITS = 12  # more than the 8 by which a preamble, moved, looks like itself
STEPS = 8  # of time in a bit
CARRIER_STEP = 0.2  # of the bit rate
LOW_RATE_HZ = 250e3  # the rate is brought down by a whole number, to no less than this
TAPS = 8  # of the filter before that, on each side of its middle, for each sample that is kept
PASSED = 0.35  # of the low rate
TRIES = ((0.0, 0.0), (-0.06, 0.0), (0.06, 0.0), (0.0, -0.1), (0.0, 0.1))  # bits, bit rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulation:
    """How a burst is sent. `pattern` is bits as text, of which 1 is the upper tone."""

    bit_rate_hz: float
    deviation_hz: float
    carrier_error_hz: float
    pattern: str
    payload_bits: int

    @property
    def bits(self) -> int:
        """How many bits pattern and payload have."""
        return len(self.pattern) + self.payload_bits

    @property
    def burst_s(self) -> float:
        """How long they are."""
        return self.bits / self.bit_rate_hz

    @property
    def width_hz(self) -> float:
        """The width within which a burst lies, wherever its carrier is."""
        return 2 * (self.deviation_hz + self.carrier_error_hz + self.bit_rate_hz)

    def carriers_hz(self) -> Doubles:
        """Return the carriers that are looked for, from the one that it should be."""
        step_hz = CARRIER_STEP * self.bit_rate_hz
        reach = math.ceil(self.carrier_error_hz / step_hz)
        return np.asarray(np.arange(-reach, reach + 1) * step_hz, np.float64)


class Checks(NamedTuple):
    """Tell whether a payload is one: as it was read first, and as it was read again."""

    first: Check
    again: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class FskBurst:
    """A burst whose payload was accepted.

    `time_s` is the begin of its pattern, from the first sample; `offset_hz` its carrier above the
    middle of the band. `power` is in squares of the samples' unit, noise taken off; `ebn0` the
    energy of a bit over the density of noise. `tries` counts how often its payload was read.
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
    """Of each bit of a burst: of its upper tone and of the lower one, or of the right and wrong."""

    upper: Floats
    lower: Floats


class Search:
    """Finds the bursts that begin in a segment of samples, and reads them.

    It is given a stretch of `length` samples, `before` of which come before the segment.
    `full_scale` is the value at which samples are cut off.
    """

    def __init__(
        self,
        rate_hz: float,
        modulation: Modulation,
        carrier_hz: float,
        segment: int,
        full_scale: float,
    ) -> None:
        self._modulation, self._carrier_hz = modulation, carrier_hz
        self._rate_hz, self._full_scale = rate_hz, full_scale
        self._every = max(1, int(rate_hz // LOW_RATE_HZ))
        self._low_hz = rate_hz / self._every
        self._bit = self._low_hz / modulation.bit_rate_hz  # samples
        self._taps = _low_pass(self._every)
        self._half = len(self._taps) // 2
        # A little before and after the segment is searched as well: what fits better there does
        # not begin in the segment.
        beside, within = math.ceil(BESIDE_BITS * self._bit), segment / self._every
        self._times = math.ceil((within + 2 * beside) / self._bit * STEPS)
        self._allowed = beside - self._bit, beside + within + self._bit
        self._count = math.ceil(within + 2 * beside + (modulation.bits + 1) * self._bit)
        self.before = self._half + beside * self._every
        self.length = 2 * self._half + self._count * self._every
        self._pattern = np.array(list(modulation.pattern)) == "1"
        self._carriers_hz = modulation.carriers_hz()

    def bursts(self, samples: Samples, checks: Checks) -> list[FskBurst]:
        """Return the bursts in a stretch in order of time, counted from the segment's begin."""
        low = self._low(samples)
        excess, likely = self._excess(low)
        found: list[FskBurst] = []
        while (peak := self._best(excess, likely)) is not None:
            if self._allowed[0] <= peak.at < self._allowed[1]:
                burst = self._read(low, samples, peak, checks)
                found += [] if burst is None else [burst]
        return sorted(found, key=lambda burst: burst.time_s)

    # --- the search ---

    def _low(self, samples: Samples) -> Samples:
        """Return the samples at the low rate, the carrier that is looked for at 0 Hz."""
        signal = (samples - np.complex64(samples.mean(dtype=np.complex128))) * self._mixer
        if self._every == 1:
            return signal[: self._count]
        windows = np.lib.stride_tricks.sliding_window_view(signal, len(self._taps))
        return np.asarray(windows[:: self._every][: self._count] @ self._taps)

    @cached_property
    def _mixer(self) -> Samples:
        return np.ravel(_turns(np.array([self._carrier_hz]), self._rate_hz, self.length))

    @cached_property
    def _tones(self) -> Samples:
        """What turns back the upper tone of each carrier, then the lower one of each."""
        deviation_hz = self._modulation.deviation_hz
        tones_hz = np.add.outer([deviation_hz, -deviation_hz], self._carriers_hz).ravel()
        return _turns(tones_hz, self._low_hz, self._count)

    def _excess(self, low: Samples) -> tuple[Floats, Floats]:
        """Return the energies of the pattern less those of its opposite, (carriers, times).

        Beside it the same again, but zero where that is too small a share of all.
        """
        steps = np.arange(self._times + len(self._pattern) * STEPS, dtype=np.float64)
        at = steps * (self._bit / STEPS)
        upper, lower = np.split(_energies(low * self._tones, at, STEPS), 2)
        excess = _signed_sums(upper - lower, self._modulation.pattern, STEPS)[:, : self._times]
        whole = _signed_sums(upper + lower, "1" * len(self._pattern), STEPS)[:, : self._times]
        return excess, np.where(excess > LEAST_SHARE * whole, excess, np.float32(0.0))

    def _best(self, excess: Floats, likely: Floats) -> _Peak | None:
        """Return the highest peak and blank what lies within a burst of it, None without one."""
        place = np.unravel_index(int(np.argmax(likely)), likely.shape)
        carrier, time = int(place[0]), int(place[1])
        if not likely[carrier, time] > 0.0:
            return None
        reach = self._modulation.bits * STEPS
        likely[:, max(0, time - reach) : time + reach] = 0.0
        step_hz = CARRIER_STEP * self._modulation.bit_rate_hz
        return _Peak(
            at=(time + _tent(excess[carrier], time)) * self._bit / STEPS,
            carrier_hz=self._carriers_hz[carrier] + _parabola(excess[:, time], carrier) * step_hz,
        )

    # --- the burst ---

    def _read(self, low: Samples, samples: Samples, peak: _Peak, checks: Checks) -> FskBurst | None:
        bit_rate_hz = self._modulation.bit_rate_hz
        for number, (late, high) in enumerate(TRIES):
            there = _Peak(peak.at + late * self._bit, peak.carrier_hz + high * bit_rate_hz)
            energies = self._energies_at(low, there)
            is_upper = energies.upper > energies.lower
            payload = np.packbits(is_upper[len(self._pattern) :]).tobytes()
            if self._is_burst(energies) and checks[min(number, 1)](payload):
                return self._burst(samples, there, energies, payload, number + 1)
        return None

    def _energies_at(self, low: Samples, peak: _Peak) -> _Energies:
        first, bits = max(0, math.floor(peak.at)), self._modulation.bits
        part = low[first : first + math.ceil((bits + 1) * self._bit)]
        deviation_hz = self._modulation.deviation_hz
        tones_hz = peak.carrier_hz + np.array([deviation_hz, -deviation_hz])
        at = np.maximum(0.0, peak.at - first + np.arange(bits + 1) * self._bit)
        turned = part * _turns(tones_hz, self._low_hz, len(part))
        return _Energies(*_energies(turned, at, 1))

    def _right_and_wrong(self, energies: _Energies) -> _Energies:
        """Return the energies of the tones that were sent, and of the others."""
        is_upper = energies.upper > energies.lower
        is_upper[: len(self._pattern)] = self._pattern
        return _Energies(np.where(is_upper, *energies), np.where(is_upper, *energies[::-1]))

    def _is_burst(self, energies: _Energies) -> bool:
        """Tell whether the payload, too, stands out of noise, and is as loud as the pattern."""
        right, wrong = self._right_and_wrong(energies)
        pattern, payload = right[: len(self._pattern)].mean(), right[len(self._pattern) :].mean()
        return bool(
            right.mean() > (1.0 + LEAST_EBN0) * wrong.mean()
            and max(pattern, payload) < MOST_UNEVEN * min(pattern, payload)
        )

    def _burst(
        self, samples: Samples, peak: _Peak, energies: _Energies, payload: bytes, tries: int
    ) -> FskBurst:
        right, wrong = (float(one.mean()) for one in self._right_and_wrong(energies))
        begin = self._half + peak.at * self._every
        end = begin + self._modulation.bits * self._bit * self._every
        values = samples[round(begin) : round(end)].view(np.float32)
        return FskBurst(
            # Sums are up to the middle between two samples.
            time_s=(begin - 0.5 * self._every - self.before) / self._rate_hz,
            offset_hz=float(self._carrier_hz + peak.carrier_hz),
            power=(right - wrong) / self._bit**2,
            ebn0=(right - wrong) / wrong if wrong > 0.0 else math.inf,
            saturated=bool((np.abs(values) >= self._full_scale).any()),
            payload=payload,
            tries=tries,
        )


def _low_pass(every: int) -> Floats:
    """Return the taps of a filter before only one in so many samples is kept."""
    half = TAPS * every if every > 1 else 0
    at = np.arange(-half, half + 1)
    taps = np.sinc(2 * PASSED * at / every) * np.kaiser(2 * half + 1, 6.0)
    return np.asarray(taps / taps.sum(), np.float32)


def _turns(tones_hz: Doubles, rate_hz: float, count: int) -> Samples:
    """Return what turns tones back to 0 Hz, (tones, samples)."""
    angles = -2j * np.pi / rate_hz * tones_hz[:, None] * np.arange(count)
    return np.asarray(np.exp(angles), np.complex64)


def _energies(signals: Samples, at: Doubles, apart: int) -> Floats:
    """Return the energies of signals between times, in samples, that are so many steps apart."""
    sums = np.zeros((len(signals), signals.shape[1] + 1), np.complex64)
    np.cumsum(signals, axis=1, out=sums[:, 1:])
    whole = np.minimum(at.astype(np.int64), signals.shape[1] - 1)
    there = np.take(sums, whole, axis=1)
    there += (np.take(sums, whole + 1, axis=1) - there) * (at - whole).astype(np.float32)
    between = there[:, apart:] - there[:, :-apart]
    return np.asarray(between.real**2 + between.imag**2)


def _signed_sums(values: Floats, pattern: str, apart: int) -> Floats:
    """Return sums of values so many steps apart, with + for a 1 of a pattern and - for a 0.

    A part of the pattern that comes again, or turned over, is added up once.
    """
    known = {"1": values}

    def of(part: str) -> Floats:
        if part not in known:
            half = len(part) // 2
            late = apart * half
            left, right = of(part[:half]), of(_turned_over(part[half:]))
            count = values.shape[1] - apart * (len(part) - 1)
            add = np.add if part[half] == "1" else np.subtract
            known[part] = add(left[:, :count], right[:, late : late + count])
        return known[part]

    sums = of(_turned_over(pattern))
    return sums if pattern[0] == "1" else -sums


def _turned_over(part: str) -> str:
    """Return a pattern, or its opposite, whichever begins with a 1."""
    return part if part[0] == "1" else part.translate(str.maketrans("01", "10"))


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


def _neighbours(values: Floats, at: int) -> tuple[float, float, float]:
    """Return a value between the two beside it, zero beyond the ends."""
    before = values[at - 1] if at > 0 else 0.0
    after = values[at + 1] if at + 1 < len(values) else 0.0
    return float(before), float(values[at]), float(after)
