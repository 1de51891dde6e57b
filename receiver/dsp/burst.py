"""One Argos burst: its carrier measured exactly, and its bits where they can be read.

160 ms of carrier, then 24 known bits, then the rest: PTT-A2 of 400 bit/s or Argos-4 VLD of 200. The
length of a burst is told by its energy: so it can be held against the length that its bits say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp import argos3
from receiver.dsp.biphase import Signal, Signalling, Sync, find_syncs
from receiver.dsp.carriers import Carrier
from receiver.dsp.demodulator import Keyed, demodulated

Samples = NDArray[np.complex64]

PTT_A2 = Signalling("ptt-a2", 400.0, f"{0xFFFE2F:024b}", tuple(48 + 32 * n for n in range(1, 9)))
VLD = Signalling("vld", 200.0, f"{0xAC5353:024b}", (26 + 45, 26 + 3 * 45))
KINDS = (PTT_A2, VLD)
CARRIER_S, A3_CARRIER_S = 0.16, 0.082
MARGIN_S = 0.08  # how far the start of a carrier may be off
LONGEST_S = CARRIER_S + max(kind.longest_s for kind in KINDS) + MARGIN_S
NARROW_HZ = 48_000.0  # samples a second in which bits are looked at: edges lose 0.1 dB
CARRIER_PART = (0.01, 0.15)  # of the carrier that is certainly in it
PIECES = 112  # in which that is cut to find frequency and drift
STEP_HZ, STEP_HZ_S = 1.25, 20.0
FINE_HZ = np.arange(-64, 65) * STEP_HZ
FINE_HZ_S = np.arange(-15, 16) * STEP_HZ_S
A3_SYNC_ERRORS, A3_CODE_ERRORS = 3, 0.12  # of 30; share of the coded bits
COHERENT = 0.6  # of the power of single spectra, that is left of a carrier in all of it
MOST_DOUBT = 0.06  # the chance that a bit is wrong
LEAST_FIT = 0.9  # of a signal to such a burst


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A burst, from the start of its carrier. `kind` is None where no sync was found.

    Frequencies count from the centre of the samples; `frequency_hz` is that of the middle of the
    carrier, `drift_hz_s` the mean over the burst. `power` is that of the whole burst, `noise` that
    of noise in 1 Hz, in squared units of the samples. `bits` are text of 0 and 1 with the sync as
    it should be; of it `sync_errors` came wrong, of the rest `expected_errors` are in the mean of
    such bursts.
    """

    time_s: float
    duration_s: float | None
    frequency_hz: float
    drift_hz_s: float
    power: float
    noise: float
    saturated: bool
    kind: str | None = None
    inverted: bool | None = None
    bits: str = ""
    bit_rate_hz: float | None = None
    sync_errors: int | None = None
    expected_errors: float | None = None

    @property
    def cn0_dbhz(self) -> float:
        """Its power over the noise in 1 Hz."""
        return 10.0 * math.log10(max(self.power, 1e-30) / max(self.noise, 1e-30))


def read(
    samples: Samples, rate_hz: float, carrier: Carrier, lead_s: float, *, saturated: bool = False
) -> Burst | None:
    """Read a burst whose carrier begins `lead_s` after the first sample.

    None where that is no carrier: voice, data and pulses do not add up over 140 ms.
    """
    rough = _Line(carrier.frequency_hz, carrier.drift_hz_s, lead_s)
    signal = _taken_off(samples, rate_hz, rough)
    fine, power = _fine(signal, lead_s)
    if power < COHERENT * carrier.power:
        return None
    line = _Line(rough.frequency_hz + fine.frequency_hz, rough.drift_hz_s + fine.drift_hz_s, lead_s)
    signal = _taken_off(samples, rate_hz, line)
    noise = carrier.noise
    power = max(power - noise / (CARRIER_PART[1] - CARRIER_PART[0]), 1e-30)
    burst = Burst(
        time_s=carrier.time_s,
        duration_s=None,
        frequency_hz=line.frequency_hz + line.drift_hz_s * CARRIER_S / 2,
        drift_hz_s=line.drift_hz_s,
        power=power,
        noise=noise,
        saturated=saturated,
    )
    read = _decoded_a3(burst, signal, lead_s)  # first: a code tells best whether it is right
    syncs = _syncs(signal, lead_s + CARRIER_S, math.sqrt(power), noise)
    return read if read.kind or not syncs else _decoded(burst, signal, syncs, lead_s)


class _Line(NamedTuple):
    """A frequency that drifts, as it is `at_s` after the first sample."""

    frequency_hz: float
    drift_hz_s: float
    at_s: float

    def turns(self, time_s: NDArray[np.floating]) -> NDArray[np.complex128]:
        since_s = time_s - self.at_s
        turns = since_s * (self.frequency_hz + 0.5 * self.drift_hz_s * since_s)
        return np.asarray(np.exp(-2j * np.pi * turns))


def _taken_off(samples: Samples, rate_hz: float, line: _Line) -> Signal:
    """Return the samples with a line moved to 0 Hz, thinned out by sums."""
    moved = samples * line.turns((np.arange(len(samples)) + 0.5) / rate_hz)
    factor = max(1, int(rate_hz / NARROW_HZ))
    whole = len(moved) // factor * factor
    return Signal(moved[:whole].reshape(-1, factor).mean(axis=1), rate_hz / factor)


def _fine(signal: Signal, lead_s: float) -> tuple[_Line, float]:
    """Return frequency and drift of the carrier where it has most power, and that power."""
    begin_s, end_s = CARRIER_PART
    piece_s = (end_s - begin_s) / PIECES
    since_s = np.asarray(begin_s + np.arange(PIECES) * piece_s, float)
    pieces = signal.means(lead_s + since_s, piece_s)
    middle_s = since_s + piece_s / 2
    chirps = np.exp(-1j * np.pi * np.outer(FINE_HZ_S, (middle_s - middle_s.mean()) ** 2))
    tones = np.exp(-2j * np.pi * np.outer(middle_s, FINE_HZ))
    power = np.abs((chirps * pieces) @ tones / PIECES) ** 2
    row, column = np.unravel_index(power.argmax(), power.shape)
    drift = float(FINE_HZ_S[row]) + STEP_HZ_S * _vertex(power[:, column], int(row))
    hertz = float(FINE_HZ[column]) + STEP_HZ * _vertex(power[row], int(column))
    return _Line(hertz - drift * float(middle_s.mean()), drift, lead_s), float(power.max())


def _vertex(values: NDArray[np.float64], at: int) -> float:
    """Return how far from the largest value, in steps, a parabola through three is highest."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = values[at - 1 : at + 2]
    return float(0.5 * (before - after) / min(before - 2.0 * here + after, -1e-30))


def _syncs(signal: Signal, expected_s: float, amplitude: float, noise: float) -> list[Sync]:
    """Return where the sync may be, of the kind that fits best; nothing where none is sure."""
    begin_s, end_s = expected_s - MARGIN_S, expected_s + MARGIN_S
    found = [find_syncs(signal, kind, begin_s, end_s, amplitude, noise) for kind in KINDS]
    best = max(found, key=lambda syncs: syncs[0].share)
    return [sync for sync in best if sync.is_sure]


def _decoded(burst: Burst, signal: Signal, syncs: list[Sync], lead_s: float) -> Burst:
    """Return a burst with its bits, or without where they are too doubtful."""
    kind = syncs[0].kind
    begin_s = max(0.0, syncs[0].start_s - CARRIER_S + CARRIER_PART[0])
    keyed = demodulated(signal, syncs, begin_s, math.sqrt(burst.power), burst.noise)
    known = len(kind.sync)
    wrong = np.sign(keyed.odds[:known]) != kind.signs
    rest = keyed.odds[known:]
    doubt = 1.0 / (1.0 + np.exp(np.minimum(np.abs(rest), 500.0)))
    usual = known * float(doubt.mean())
    is_sync = wrong.sum() <= 1.0 + usual + 2.0 * math.sqrt(usual)
    if not is_sync or doubt.mean() > MOST_DOUBT or keyed.fit < LEAST_FIT:
        return burst
    start_s = keyed.start_s - CARRIER_S
    bend_hz, bend_hz_s = _bend(keyed)
    return replace(
        burst,
        time_s=max(burst.time_s - lead_s + start_s, 0.0),
        duration_s=CARRIER_S + len(keyed.odds) * keyed.bit_s,
        frequency_hz=burst.frequency_hz + burst.drift_hz_s * (start_s - lead_s) + bend_hz,
        drift_hz_s=burst.drift_hz_s + bend_hz_s,
        power=keyed.amplitude**2,
        kind=kind.name,
        inverted=keyed.sign < 0.0,
        bits=kind.sync + "".join("1" if odds > 0.0 else "0" for odds in rest),
        bit_rate_hz=1.0 / keyed.bit_s,
        sync_errors=int(wrong.sum()),
        expected_errors=float(doubt.sum()),
    )


def _decoded_a3(burst: Burst, signal: Signal, lead_s: float) -> Burst:
    """Return a burst with its bits, if it is one of PTT-A3; its carrier is half as long."""
    begin_s, end_s = lead_s + A3_CARRIER_S - MARGIN_S, lead_s + CARRIER_S + MARGIN_S
    found = argos3.decode(signal.samples, signal.rate_hz, begin_s, end_s, burst.noise)
    if found is None or found.sync_errors > A3_SYNC_ERRORS or found.code_errors > A3_CODE_ERRORS:
        return burst
    return replace(
        burst,
        time_s=max(burst.time_s - lead_s + found.start_s - A3_CARRIER_S, 0.0),
        duration_s=A3_CARRIER_S + found.symbols * argos3.SYMBOL_S,
        kind="ptt-a3",
        inverted=found.sign < 0.0,
        bits=found.bits,
        bit_rate_hz=1.0 / argos3.SYMBOL_S,
        sync_errors=found.sync_errors,
    )


def _bend(keyed: Keyed) -> tuple[float, float]:
    """Return the frequency of a phase in the middle of the carrier, and its drift over all."""
    time_s = keyed.times_s - keyed.start_s + CARRIER_S / 2
    before = time_s < CARRIER_S / 2
    slope = np.polynomial.polynomial.polyfit(time_s[before], keyed.phase[before], 2)[1]
    square = np.polynomial.polynomial.polyfit(time_s, keyed.phase, 2)[2]
    return float(slope) / (2 * math.pi), float(square) / math.pi
