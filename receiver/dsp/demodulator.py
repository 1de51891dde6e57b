"""Bits of a keyed carrier, near what theory allows (`receiver.dsp.biphase` has the signals).

phase    c and d together, the bits by their soft decision tanh(L / 2), smoothed both ways. It
begins with the parabola that fits c best, as a crystal has it, or grows from the pure
carrier before over the burst, bit by bit; the evidence tells which is right
clock    start and length of a bit by early and late decisions, again and again
bits     L = 4 A sin(1.1) Im(d e^(-j phase)) T / N0, the logarithm of the odds
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from receiver.dsp.biphase import COS, SIGNS, SIN, Complexes, Floats, Signal, Sync, bit_count
from receiver.dsp.phase import Smooth, smooth_phase

# Of the third difference over a bit: crystals, and what a recording of a real tag has.
STEADY_RAD, WANDERING_RAD = 0.002, (0.005, 0.05, 0.5)
FIT_HZ, FIT_HZ_S = 30.0, 80.0  # how far the parabola may be from that of the carrier alone
GROWING_ROUNDS, ROUNDS = 2, 3
MEMORY = 64  # bits that are smoothed again while it grows
CLOCK_EVERY = 16  # bits
CLOCK_SD, START_SD = 0.002, 0.1  # how far the length of a bit and its start may be off
LATE = (1 / 8, 1 / 32)  # of a bit: early and late, first and then
PEAK = 3.0  # how steeply d falls beside its peak, a bit: 4 or 2, as the next bit is
MOST_ENERGY = 100.0  # of a bit over noise: louder ones are not known any better


class Keyed(NamedTuple):
    """The bits of a burst: their log odds, their clock, the phase, and the amplitude.

    `evidence` is the logarithm of how likely all that is, up to a constant; `fit` how like such a
    burst the signal is, 1 where there is nothing else in it.
    """

    evidence: float
    fit: float
    sign: float
    odds: Floats
    start_s: float
    bit_s: float
    times_s: Floats
    phase: Floats
    amplitude: float


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
        for late in (LATE[0], *ROUNDS * LATE[1:]):
            self._set_clock(phase, total, late, count)
            phase, log_prior = self._smoothed(phase, slice(0, total), total)
            self._measure_amplitude(phase)
        evidence = self._log_likelihood(phase) + log_prior
        number = np.arange(total, dtype=float) - self._before
        times = self._start_s + (number + 0.5) * self._bit_s
        odds = self._odds(phase) * self._sync.sign
        return Keyed(
            evidence=evidence,
            fit=self._fit(phase),
            sign=self._sync.sign,
            odds=odds,
            start_s=self._start_s,
            bit_s=self._bit_s,
            times_s=times,
            phase=phase,
            amplitude=self._amplitude,
        )

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

    def _fit(self, phase: Floats) -> float:
        """Return the correlation of the bits with what was measured, noise taken off."""
        seen, gain = self._seen(phase, slice(0, len(phase)))
        bits = slice(self._before, None)
        noise = 2.0 * len(gain[bits]) * self._noise / self._bit_s
        power = float((np.abs(self._c[bits]) ** 2 + np.abs(self._d[bits]) ** 2).sum()) - noise
        return float(seen.real[bits].sum()) / math.sqrt(max(power * float(gain[bits].sum()), 1e-30))

    def _measure_amplitude(self, phase: Floats) -> None:
        seen, gain = self._seen(phase, slice(0, len(phase)))
        self._amplitude = max(float(seen.real.sum() / gain.sum()), 0.1 * self._amplitude)

    def _set_clock(self, phase: Floats, end: int, late: float, count: int) -> None:
        """Move start and length of the bits to where early and late decisions are alike."""
        part = slice(self._before, end)
        soft, bits = self._soft(phase[part], part), np.arange(end - self._before)
        aside_s = late * self._bit_s * np.array([-1.0, 1.0])
        d = self._signal.halves(self._start_s + aside_s, self._bit_s, len(bits))[1]
        early, behind = (d * np.exp(-1j * phase[part])).imag
        step = soft * (behind - early) / (2.0 * PEAK * self._amplitude * SIN)
        variance = late / 6.0 * self._noise / (self._bit_s * self._amplitude**2 * SIN**2)
        weight, middle = soft**2 / variance, bits - (len(bits) - 1) / 2
        start = float((weight * step).sum() / (weight.sum() + START_SD**-2))
        off = self._bit_s / self._sync.kind.bit_s - 1.0
        rate = float((weight * middle * (step - start)).sum()) - off * CLOCK_SD**-2
        rate /= float((weight * middle**2).sum()) + CLOCK_SD**-2
        self._start_s += (start - rate * float(middle[-1])) * self._bit_s
        self._bit_s *= 1.0 + rate
        self._measure(count)
