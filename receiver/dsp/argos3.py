"""Bits of an Argos-3 PTT-A3 burst behind its carrier.

Source: AS3-SP-516-274-CNES as the Python package argos3 1.0.7 has it; no recording of a real tag is
known. 400 symbols a second of two bits: I as it is, Q in biphase-L, both as root raised cosines of
roll-off 0.8. Before that 82 ms of carrier, which is I of ones without Q; first come 15 symbols that
are known, 2BEEEEBF in turn on I and Q. The bits are coded by `receiver.dsp.viterbi`, and change
places within three symbols.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from receiver.dsp.phase import smooth_phase
from receiver.dsp.viterbi import decoded, encoded

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SYMBOL_S, ROLL_OFF, SPAN = 0.0025, 0.8, 6  # symbols on each side of a pulse
KNOWN = np.array([int(bit) for bit in f"{0x2BEEEEBF:030b}"]).reshape(-1, 2) * 2.0 - 1.0
TAILS = (7, 8, 9)
LENGTHS = tuple(24 + 32 * n + TAILS[(n - 1) % 3] for n in range(1, 9))
CARRIER_SYMBOLS = 30  # of 32.8, that are certainly in it
# Which bits of three symbols stand where: of I and Q in turn, as they are sent.
PLACES = {3: (1, 0, 2, 4, 3, 5), 2: (1, 0, 2, 3), 1: (1, 0)}
STEPS = 16
LEAST_SHARE, LEAST_OVER_NOISE = 0.6, 5.5
ROUGHNESS_RAD, ROUNDS, AHEAD = 0.01, 3, 4
LONGEST_S = (len(KNOWN) + max(LENGTHS)) * SYMBOL_S


class Decoded(NamedTuple):
    """A burst: where its symbols begin and how many there are, which sign Q has, its bits.

    `sync_errors` of the 30 known bits came wrong, and `code_errors` is the share of the coded ones.
    """

    start_s: float
    symbols: int
    sign: float
    bits: str
    sync_errors: int
    code_errors: float


class Shaped:
    """The matched filters of I and Q, asked at any time."""

    def __init__(self, samples: Complexes, rate_hz: float) -> None:
        half = round(SPAN * SYMBOL_S * rate_hz)
        time = np.arange(-half, half + 1) / rate_hz
        pulse = root_raised_cosine(time / SYMBOL_S)
        early, late = (
            root_raised_cosine((time + aside) / (SYMBOL_S / 2))
            for aside in (SYMBOL_S / 4, -SYMBOL_S / 4)
        )
        self.rate_hz = rate_hz
        self._i, self._q = (
            fftconvolve(samples, shape[::-1] / math.sqrt(float(shape @ shape)), mode="same")
            for shape in (pulse, early - late)
        )

    def symbols(self, start_s: Floats | float, count: int) -> tuple[Complexes, Complexes]:
        """Return (..., count) what I and Q are at so many symbols from a time on."""
        times = np.asarray(start_s)[..., None] + np.arange(count) * SYMBOL_S
        at = np.clip(times * self.rate_hz, 0, len(self._i) - 2)
        whole = at.astype(np.int64)
        part = at - whole
        i, q = (y[whole] * (1.0 - part) + y[whole + 1] * part for y in (self._i, self._q))
        return i, q


def root_raised_cosine(time: Floats) -> Floats:
    """Return the pulse at times in symbols; its height is that of its formula."""
    x = np.asarray(time, float) + 1e-9  # not on its two gaps
    a = ROLL_OFF
    above = np.sin(np.pi * x * (1 - a)) + 4 * a * x * np.cos(np.pi * x * (1 + a))
    return np.asarray(above / (np.pi * x * (1 - (4 * a * x) ** 2)))


def find(shaped: Shaped, begin_s: float, end_s: float, noise: float) -> tuple[float, float] | None:
    """Return where the known symbols are, and the sign of Q; None where that is not sure."""
    starts = np.arange(begin_s, end_s, SYMBOL_S / STEPS)
    i, q = shaped.symbols(starts, len(KNOWN))
    level_i, level_q = i @ KNOWN[:, 0], q @ KNOWN[:, 1]
    fits = np.abs(np.stack([level_i - 1j * sign * level_q for sign in (1.0, -1.0)]))
    which, row = np.unravel_index(fits.argmax(), fits.shape)
    over_noise = abs(level_q[row]) / math.sqrt(noise * shaped.rate_hz * len(KNOWN) / 2.0)
    if abs(level_q[row]) < LEAST_SHARE * abs(level_i[row]) or over_noise < LEAST_OVER_NOISE:
        return None
    return float(starts[row]), (1.0, -1.0)[which]


def decode(
    samples: Complexes, rate_hz: float, begin_s: float, end_s: float, noise: float
) -> Decoded | None:
    """Return the bits of a burst whose symbols begin within a time, None where there are none."""
    shaped = Shaped(samples, rate_hz)
    found = find(shaped, begin_s, end_s, noise)
    if found is None:
        return None
    start_s, sign = found
    before = min(CARRIER_SYMBOLS, int(start_s / SYMBOL_S))
    i, q = shaped.symbols(start_s - before * SYMBOL_S, before + len(KNOWN) + max(LENGTHS))
    q = -1j * sign * q
    amplitude = float(np.abs(i[: before + len(KNOWN)]).mean())
    variance = noise * rate_hz / 2.0
    count = _count(np.abs(i[before:]) ** 2 + np.abs(q[before:]) ** 2, amplitude, variance)
    total = before + len(KNOWN) + count
    odds = _odds(i[:total], q[:total], before, amplitude, max(variance, amplitude**2 / 100.0))
    wrong = int((np.sign(odds[: len(KNOWN)]) != KNOWN).sum())
    coded = _in_order(odds[len(KNOWN) :])
    bits = decoded(coded)
    return Decoded(
        start_s=start_s,
        symbols=len(KNOWN) + count,
        sign=sign,
        bits="".join(str(bit) for bit in bits),
        sync_errors=wrong,
        code_errors=float(((coded > 0.0) != encoded(bits)).mean()),
    )


def _count(energy: Floats, amplitude: float, variance: float) -> int:
    """Return how many coded symbols there are, of those that there may be, by their energy."""
    worth = np.cumsum(energy - 4.0 * variance - amplitude**2)
    return max(LENGTHS, key=lambda symbols: worth[len(KNOWN) + symbols - 1])


def _odds(
    i: Complexes, q: Complexes, before: int, amplitude: float, variance: float
) -> Floats:  # fmt: skip
    """Return the log odds of both bits of the symbols behind the carrier."""
    known = np.zeros((len(i), 2))
    known[:before, 0] = 1.0
    known[before : before + len(KNOWN)] = KNOWN
    scale, phase = 2.0 * amplitude / variance, np.zeros(len(i))
    phase[:] = np.angle(i[:before].sum())
    ends = [*range(before, len(i), AHEAD), *[len(i)] * ROUNDS]
    for end in ends:
        turn = np.exp(-1j * phase)
        both = np.stack([i * turn, q * turn], axis=1)
        soft = np.where(known != 0.0, known, np.tanh(scale * both.real / 2.0))
        soft[:before, 1] = 0.0
        gain = np.square(soft).sum(axis=1)
        error = (soft * both.imag).sum(axis=1) / np.maximum(amplitude * gain, 1e-12)
        weight = gain * amplitude**2 / variance
        weight[end:] = 0.0
        part = slice(0, min(end + AHEAD, len(i)))
        moved = phase[part] + np.clip(error[part], -1.0, 1.0)
        phase[part] = smooth_phase(moved, weight[part], ROUGHNESS_RAD).phase
        phase[part.stop :] = phase[part.stop - 1]
    turn = np.exp(-1j * phase[before:])
    return scale * np.stack([(i[before:] * turn).real, (q[before:] * turn).real], axis=1)


def _in_order(odds: Floats) -> Floats:
    """Return the log odds of the code's two bits, which change places within three symbols."""
    flat, out = odds.reshape(-1), np.empty(odds.size)
    for begin in range(0, len(odds), 3):
        places = PLACES[min(3, len(odds) - begin)]
        part = flat[2 * begin : 2 * begin + len(places)]
        out[2 * begin + np.array(places)] = part
    return out.reshape(-1, 2)
