"""Made-up Argos bursts with a known truth: what the demodulator is held against.

A burst is a pure carrier, then biphase-L: the phase is +-1.1 rad, a 1 is + in the first half of its
bit and - in the second (the other way round where `inverted`). Sources: section 3 of the notes in
`protocols.argos`. Noise is white, of density `NOISE` a hertz, so that a burst of c dB-Hz has an
amplitude of 10^(c / 20). The energy of a bit, Eb, is all that is sent in it, with the carrier that
is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.complex64]

CARRIER_S, INDEX_RAD, BIT_RATE_HZ = 0.16, 1.1, 400.0
NOISE = 1.0  # power of the noise in a band of 1 Hz


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """One burst: its bits as text of 0 and 1, when, where, how loud.

    `frequency_hz` counts from the centre and holds at the start, `drift_hz_s` is how it changes.
    """

    bits: str
    cn0_dbhz: float
    start_s: float = 0.5
    frequency_hz: float = 0.0
    drift_hz_s: float = 0.0
    inverted: bool = False
    bit_rate_hz: float = BIT_RATE_HZ
    carrier_s: float = CARRIER_S
    index_rad: float = INDEX_RAD
    phase_rad: float = 0.0

    @property
    def duration_s(self) -> float:
        """How long it is on the air."""
        return self.carrier_s + len(self.bits) / self.bit_rate_hz


def cn0_of(eb_n0_db: float, bit_rate_hz: float = BIT_RATE_HZ) -> float:
    """Return the level in dB-Hz at which a bit has so much energy."""
    return eb_n0_db + 10.0 * math.log10(bit_rate_hz)


def wave(sent: Transmission, rate_hz: float, size: int) -> NDArray[np.complex128]:
    """Return the burst alone, in `size` samples from the first of the scene on.

    A sample stands for its time: one in which the phase jumps has the mean of both phases.
    """
    time = (np.arange(size) + 0.5) / rate_hz - sent.start_s
    inside = np.clip(time * rate_hz + 0.5, 0.0, 1.0)
    inside *= np.clip((sent.duration_s - time) * rate_hz + 0.5, 0.0, 1.0)
    phase = sent.phase_rad + 2 * np.pi * time * (sent.frequency_hz + sent.drift_hz_s * time / 2)
    signs = _halves(sent)
    per_s = 2.0 * sent.bit_rate_hz
    ends = np.concatenate(([0.0], np.cumsum(signs)))
    edges = (np.arange(size + 1) / rate_hz - sent.start_s - sent.carrier_s) * per_s
    integral = np.interp(edges, np.arange(len(ends)), ends)
    data = np.diff(integral) * rate_hz / per_s
    keyed = np.diff(np.clip(edges, 0.0, len(signs))) * rate_hz / per_s
    shape = (1.0 - keyed) + keyed * math.cos(sent.index_rad) + 1j * math.sin(sent.index_rad) * data
    amplitude = 10.0 ** (sent.cn0_dbhz / 20.0) * math.sqrt(NOISE)
    return np.asarray(amplitude * inside * shape * np.exp(1j * phase))


def _halves(sent: Transmission) -> NDArray[np.float64]:
    """Return the sign of the phase in each half bit."""
    ones = np.array([bit == "1" for bit in sent.bits], dtype=bool) ^ sent.inverted
    signs = np.repeat(np.where(ones, 1.0, -1.0), 2) * np.tile([1.0, -1.0], len(ones))
    return np.asarray(signs)


def samples(
    sent: Sequence[Transmission], rate_hz: float, duration_s: float, seed: int | None
) -> Samples:
    """Return bursts in noise, or without noise where `seed` is None."""
    size = round(duration_s * rate_hz)
    total = np.zeros(size, np.complex128)
    for one in sent:
        total += wave(one, rate_hz, size)
    if seed is not None:
        noise = np.random.default_rng(seed).standard_normal((size, 2)).view(np.complex128)[:, 0]
        total += noise * math.sqrt(NOISE * rate_hz / 2.0)
    return total.astype(np.complex64)
