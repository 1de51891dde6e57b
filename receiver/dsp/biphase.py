"""Bits of a carrier whose phase is keyed by +-1.1 rad in biphase-L, near what theory allows.

A bit is + in its first half and - in its second, or the other way round. With the means h1 and h2 of
the halves, c = (h1 + h2) / 2 is the carrier that is left, A cos(1.1) e^(j phase), and
d = (h1 - h2) / 2 the bit, j b A sin(1.1) e^(j phase). Noise in both is N0 / T.

    sync     the known bits, coherently, at every start and some frequencies: both c and d count
    phase    c and d together, the bits by their soft decision tanh(L / 2), smoothed both ways. It
             begins with the parabola that fits c best, as a crystal has it, or grows from the pure
             carrier before over the burst, bit by bit; the evidence tells which is right
    clock    start and length of a bit by early and late decisions, again and again
    bits     L = 4 A sin(1.1) Im(d e^(-j phase)) T / N0, the logarithm of the odds
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.phase import Smooth, smooth_phase

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

INDEX_RAD = 1.1
COS, SIN = math.cos(INDEX_RAD), math.sin(INDEX_RAD)
# Of the third difference over a bit: crystals, and what a recording of a real tag has.
STEADY_RAD, WANDERING_RAD = 0.002, (0.005, 0.05, 0.5)
GROWING_ROUNDS = 2
FIT_HZ, FIT_HZ_S = 30.0, 80.0  # how far the parabola may be from that of the carrier alone
MEMORY = 64  # bits that are smoothed again meanwhile
CLOCK_EVERY = 16
CLOCK_SD, START_SD = 0.002, 0.1  # how far the length of a bit and its start may be off
LATE = (1 / 8, 1 / 32)  # of a bit: early and late, first and then
LEAST_SHARE, LEAST_OVER_NOISE = 0.5, 5.5  # of a sync, against the carrier and against noise
ROUNDS = 4
SIGNS = (1.0, -1.0)
SYNCS, APART = 3, 5  # places of the sync that are tried, and how many sixteenths of a bit apart
MOST_ENERGY = 100.0  # of a bit over noise: louder ones are not known any better


@dataclass(frozen=True, slots=True)
class Signalling:
    """How a kind of burst is keyed: bits a second, known bits first, lengths that it may have."""

    name: str
    bit_rate_hz: float
    sync: str
    lengths: tuple[int, ...]

    @property
    def bit_s(self) -> float:
        """Length of a bit."""
        return 1.0 / self.bit_rate_hz

    @property
    def signs(self) -> Floats:
        """The known bits as +1 and -1."""
        return np.where(np.array(list(self.sync)) == "1", 1.0, -1.0)

    @property
    def longest_s(self) -> float:
        """How long its bits take at most."""
        return max(self.lengths) * self.bit_s


class Signal:
    """A stretch of samples about a carrier, of which the mean between any two times is asked.

    It is zero outside. Times are seconds from its first sample.
    """

    def __init__(self, samples: Complexes, rate_hz: float) -> None:
        self.rate_hz, self.end_s = rate_hz, len(samples) / rate_hz
        self._sums = np.concatenate(([0.0], np.cumsum(samples)))
        self._points = np.arange(len(self._sums))

    def means(self, begins_s: Floats, length_s: float) -> Complexes:
        """Return the means of stretches of one length."""
        at, width = begins_s * self.rate_hz, length_s * self.rate_hz
        return np.asarray((self._sum(at + width) - self._sum(at)) / width)

    def halves(self, start_s: Floats | float, bit_s: float, count: int) -> tuple[Floats, Floats]:
        """Return (..., count) c and d of so many bits, for each start."""
        begins = np.asarray(start_s)[..., None] + np.arange(count) * bit_s
        first, second = (self.means(begins + late, bit_s / 2) for late in (0.0, bit_s / 2))
        return (first + second) / 2, (first - second) / 2

    def _sum(self, at: Floats) -> Complexes:
        whole = np.clip(np.floor(at).astype(np.int64), 0, len(self._sums) - 2)
        part = np.clip(at - whole, 0.0, 1.0)
        return np.asarray(self._sums[whole] * (1.0 - part) + self._sums[whole + 1] * part)


class Sync(NamedTuple):
    """Where the known bits are. `share` is their amplitude by that of the carrier before."""

    kind: Signalling
    start_s: float
    sign: float
    share: float
    over_noise: float

    @property
    def is_sure(self) -> bool:
        """Tell whether this is no play of noise."""
        return self.share > LEAST_SHARE and self.over_noise > LEAST_OVER_NOISE


def find_syncs(
    signal: Signal, kind: Signalling, begin_s: float, end_s: float, amplitude: float, noise: float
) -> list[Sync]:
    """Return where within a time the known bits fit best, as they are or inverted.

    The best and some others follow each other: half a bit off, ones look like zeros.
    """
    bit_s, signs = kind.bit_s, kind.signs
    starts = np.arange(begin_s, end_s, bit_s / 16)
    c, d = signal.halves(starts, bit_s, len(signs))
    span_s = len(signs) * bit_s
    hertz = np.arange(-4, 5) * 0.4 / span_s
    turns = np.exp(-2j * np.pi * np.outer(np.arange(len(signs)) * bit_s, hertz))
    left, keyed = c @ turns, (d * signs) @ turns
    # Both signs: the carrier that is left tells which.
    fits = np.abs(np.stack([COS * left - 1j * sign * SIN * keyed for sign in SIGNS]))
    best, amounts = fits.max(axis=(0, 2)), np.abs(keyed).max(axis=1) / len(signs)
    found = []
    for _ in range(SYNCS):
        row = int(best.argmax())
        found.append(
            Sync(
                kind=kind,
                start_s=float(starts[row]),
                sign=SIGNS[int(fits[:, row].max(axis=1).argmax())],
                share=float(amounts[row]) / (amplitude * SIN),
                over_noise=float(amounts[row]) / math.sqrt(noise / (2.0 * span_s)),
            )
        )
        best[max(0, row - APART) : row + APART + 1] = 0.0
    return found


class Keyed(NamedTuple):
    """The bits of a burst: their log odds, their clock, the phase, and the amplitude.

    `evidence` is the logarithm of how likely all that is, up to a constant.
    """

    evidence: float
    sign: float
    odds: Floats
    start_s: float
    bit_s: float
    times_s: Floats
    phase: Floats
    amplitude: float


def bit_count(signal: Signal, sync: Sync, amplitude: float, noise: float) -> int:
    """Return how many bits a burst has, of those that it may have, by its energy alone."""
    kind = sync.kind
    c, d = signal.halves(sync.start_s, kind.bit_s, max(kind.lengths))
    energy = 2.0 * (np.abs(c) ** 2 + np.abs(d) ** 2)
    worth = np.cumsum(energy - 4.0 * noise / kind.bit_s - amplitude**2)
    return max(kind.lengths, key=lambda bits: worth[bits - 1])


def demodulated(
    signal: Signal, syncs: list[Sync], carrier_s: float, amplitude: float, noise: float
) -> Keyed:
    """Return the bits of a burst whose carrier lasts from `carrier_s` to the sync.

    Which place and sign the sync has, and how the oscillator wanders, is told by the evidence.
    """
    count = bit_count(signal, syncs[0], amplitude, noise)

    def read(sync: Sync, roughness_rad: float = STEADY_RAD) -> Keyed:
        return Demodulator(signal, sync, carrier_s, amplitude, noise, roughness_rad).bits(count)

    either = [sync._replace(sign=sign) for sync in syncs for sign in SIGNS]
    steady = [(read(sync), sync) for sync in either]
    best, sync = max(steady, key=lambda one: one[0].evidence)
    return max((best, *(read(sync, rough) for rough in WANDERING_RAD)), key=lambda k: k.evidence)


class Demodulator:
    """Reads the bits behind a carrier whose phase and frequency were taken off roughly."""

    def __init__(
        self, signal: Signal, sync: Sync, carrier_s: float, amplitude: float, noise: float,
        roughness_rad: float = STEADY_RAD,
    ) -> None:  # fmt: skip
        """Begin; the carrier lasts from `carrier_s` to the start of the sync.

        A phase that is not steady grows.
        """
        self._signal, self._sync = signal, sync
        self._start_s, self._bit_s = sync.start_s, sync.kind.bit_s
        self._amplitude = amplitude
        self._noise = max(noise, amplitude**2 * self._bit_s / MOST_ENERGY)
        self._before = max(4, int((sync.start_s - carrier_s) / self._bit_s))
        self._roughness, self._grows = roughness_rad, roughness_rad > STEADY_RAD

    def bits(self, count: int) -> Keyed:
        """Return so many bits."""
        self._measure(count)
        phase = self._grown(count) if self._grows else self._fitted()
        total, log_prior = len(phase), 0.0
        for number in range(ROUNDS):
            self._set_clock(phase, total, LATE[min(number, 1)], count)
            phase, log_prior = self._smoothed(phase, slice(0, total), total)
            self._measure_amplitude(phase)
        evidence = self._log_likelihood(phase) + log_prior
        times = self._start_s + (np.arange(total) - self._before + 0.5) * self._bit_s
        odds = self._odds(phase) * self._sync.sign
        return Keyed(
            evidence, self._sync.sign, odds, self._start_s, self._bit_s, times, phase,
            self._amplitude,
        )  # fmt: skip

    def _fitted(self) -> Floats:
        """Return the parabola that fits the carrier best, before the bits and in them."""
        total = len(self._c)
        time = (np.arange(total) - (total - 1) / 2) * self._bit_s
        span_s = total * self._bit_s
        hertz = np.arange(-FIT_HZ, FIT_HZ, 0.4 / span_s)
        drifts = np.arange(-FIT_HZ_S, FIT_HZ_S, 1.0 / span_s**2)
        chirps = np.exp(-1j * np.pi * np.outer(drifts, time**2))
        tones = np.exp(-2j * np.pi * np.outer(time, hertz))
        found = (chirps * (self._c * self._left())) @ tones
        row, column = np.unravel_index(np.abs(found).argmax(), found.shape)
        turns = time * (hertz[column] + 0.5 * drifts[row] * time)
        return np.asarray(np.angle(found[row, column]) + 2 * np.pi * turns)

    def _grown(self, count: int) -> Floats:
        """Return the phase as it goes on from the carrier, bit by bit."""
        total = self._before + count
        phase, known = np.zeros(total), self._before + len(self._sync.kind.signs)
        for end in range(self._before, total + 1):
            if end > known and (end - known) % CLOCK_EVERY == 0:
                self._set_clock(phase, end, LATE[0], count)
            reach = slice(max(0, end - MEMORY), min(end + 1, total))
            for _ in range(GROWING_ROUNDS):
                phase[reach] = self._smoothed(phase, reach, end).phase
        return phase

    def _measure(self, count: int) -> None:
        """Measure c and d of the carrier's stretches and of the bits, with the clock as it is."""
        total = self._before + count
        first_s = self._start_s - self._before * self._bit_s
        self._c, self._d = self._signal.halves(first_s, self._bit_s, total)
        self._d[: self._before] = 0.0
        self._known = np.zeros(total)
        signs = self._sync.kind.signs * self._sync.sign
        self._known[self._before : self._before + len(signs)] = signs

    def _left(self) -> Floats:
        """Return which share of the amplitude is in c: all of it before the bits."""
        return np.where(np.arange(len(self._c)) < self._before, 1.0, COS)

    def _odds(self, phase: Floats) -> Floats:
        keyed = (self._d * np.exp(-1j * phase))[self._before :]
        return np.asarray(4.0 * self._amplitude * SIN * self._bit_s / self._noise * keyed.imag)

    def _soft(self, phase: Floats, part: slice) -> Floats:
        """Return the bits between -1 and 1; known ones are known."""
        keyed = (self._d[part] * np.exp(-1j * phase)).imag
        soft = np.tanh(2.0 * self._amplitude * SIN * self._bit_s / self._noise * keyed)
        return np.where(self._known[part] != 0.0, self._known[part], soft)

    def _seen(self, phase: Floats, part: slice) -> tuple[Complexes, Floats]:
        """Return the carrier with the bits taken off, about 0, and its amplitude over A."""
        left, soft = self._left()[part], self._soft(phase, part)
        seen = (left * self._c[part] - 1j * SIN * soft * self._d[part]) * np.exp(-1j * phase)
        return seen, left**2 + SIN**2 * soft**2

    def _smoothed(self, phase: Floats, part: slice, measured: int) -> Smooth:
        """Return the phase of a part by what was measured up to some stretch."""
        old = phase[part]
        seen, gain = self._seen(old, part)
        error = np.clip(seen.imag / (self._amplitude * gain), -1.0, 1.0)
        weight = 2.0 * self._amplitude**2 * gain * self._bit_s / self._noise
        weight[np.arange(part.start, part.stop) >= measured] = 0.0
        return smooth_phase(old + error, weight, self._roughness)

    def _log_likelihood(self, phase: Floats) -> float:
        """Return how likely what was measured is at a phase, whatever the bits are."""
        turn = np.exp(-1j * phase)
        scale = 2.0 * self._amplitude * self._bit_s / self._noise
        left = scale * self._left() * (self._c * turn).real
        keyed = scale * SIN * (self._d * turn).imag
        known = self._known * keyed
        either = np.logaddexp(keyed, -keyed) - math.log(2.0)
        return float((left + np.where(self._known != 0.0, known, either)).sum())

    def _measure_amplitude(self, phase: Floats) -> None:
        seen, gain = self._seen(phase, slice(0, len(phase)))
        self._amplitude = max(float(seen.real.sum() / gain.sum()), 0.1 * self._amplitude)

    def _set_clock(self, phase: Floats, end: int, late: float, count: int) -> None:
        """Move start and length of the bits to where early and late decisions are alike."""
        bits = np.arange(end - self._before)
        turned = np.exp(-1j * phase[self._before : end])
        part = slice(self._before, end)
        soft = self._soft(phase[part], part)
        early, behind = (
            (self._signal.halves(self._start_s + way * late * self._bit_s, self._bit_s, len(bits))[1]
             * turned).imag
            for way in (-1, 1)
        )  # fmt: skip
        # The peak falls by 3 A sin(1.1) a bit on both sides on average: 4 or 2, as the next bit is.
        step = soft * (behind - early) / (6.0 * self._amplitude * SIN)
        variance = late / 6.0 * self._noise / (self._bit_s * self._amplitude**2 * SIN**2)
        weight = soft**2 / variance
        middle = bits - (len(bits) - 1) / 2
        start = float((weight * step).sum() / (weight.sum() + START_SD**-2))
        off = self._bit_s / self._sync.kind.bit_s - 1.0
        rate = float((weight * middle * (step - start)).sum()) - off * CLOCK_SD**-2
        rate /= float((weight * middle**2).sum()) + CLOCK_SD**-2
        self._start_s += (start - rate * float(middle[-1])) * self._bit_s
        self._bit_s *= 1.0 + rate
        self._measure(count)
