"""Argos bursts in a stream of samples: found by their carrier, read where they can be.

A burst is 160 ms of carrier, then bits in biphase-L (`receiver.dsp.biphase`): PTT-A2 of 400 bit/s
or Argos-4 VLD of 200. One whose bits cannot be read is told nevertheless: it can be homed on.

The samples' own count is the clock, and work is done in blocks of fixed length, so that the same
samples give the same bursts however they are cut.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.band import Band, Block
from receiver.dsp.biphase import Keyed, Signal, Signalling, Sync, demodulated, find_syncs
from receiver.dsp.carriers import APART, SPECTRUM_S, Carrier, CarrierFinder
from receiver.dsp.spectra import Spectra, layout

Samples = NDArray[np.complex64]

PTT_A2 = Signalling("ptt-a2", 400.0, f"{0xFFFE2F:024b}", tuple(48 + 32 * n for n in range(1, 9)))
VLD = Signalling("vld", 200.0, f"{0xAC5353:024b}", (26 + 45, 26 + 3 * 45))
KINDS = (PTT_A2, VLD)
CARRIER_S = 0.16
LEAD_S, MARGIN_S = 0.1, 0.08  # before the carrier; how far its start may be off
LONGEST_S = CARRIER_S + max(kind.longest_s for kind in KINDS) + MARGIN_S
LEAST_RATE_HZ = 6400.0  # 16 samples a bit
NARROW_HZ = 48_000.0  # samples a second in which bits are looked at: edges lose 0.1 dB
KEPT_S = 4.0
CARRIER_PART = (0.01, 0.15)  # of the carrier that is certainly in it
PIECES = 112  # in which that is cut to find frequency and drift
FINE_HZ, FINE_HZ_S = np.arange(-80.0, 80.1, 1.25), np.arange(-300.0, 300.1, 20.0)
# What a burst leaves beside itself: its lines fall with the square of the distance; images.
BESIDE_HZ, IMAGES = 500.0, 10**-4.5
CLIPPED = 1e-3
MOST_SYNC_ERRORS, MOST_DOUBT = 4, 0.12  # of the sync; chance that a bit is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A burst, from the start of its carrier. `kind` is None where no sync was found.

    Frequencies count from the centre of the samples; `frequency_hz` is that of the carrier,
    `drift_hz_s` the mean over the burst. `power` is that of the whole burst, `noise` that of noise in
    1 Hz, in squared units of the samples. `bits` are text of 0 and 1 with the sync as it should be;
    of it `sync_errors` came wrong, of the rest `expected_errors` are wrong in the mean of such
    bursts.
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


class ArgosReceiver:
    """Finds bursts in complex samples, cut anywhere, within a part of the band.

    Raises:
        ValueError: samples are too few a second.
    """

    def __init__(
        self, rate_hz: float, middle_hz: float, width_hz: float, full_scale: float = math.inf
    ) -> None:
        if rate_hz < LEAST_RATE_HZ:
            raise ValueError(f"{rate_hz:g} samples a second; bursts need {LEAST_RATE_HZ:g} or more")
        self._band = Band(rate_hz, middle_hz, width_hz, full_scale)
        form = layout(self._band.rate_hz, SPECTRUM_S)
        self._spectra = Spectra(form)
        off_hz = middle_hz - self._band.middle_hz
        self._carriers = CarrierFinder(form, off_hz - width_hz / 2, off_hz + width_hz / 2)
        self._kept: deque[Block] = deque()
        self._first, self._kept_samples = 0, 0
        self._told: deque[Burst] = deque(maxlen=50)

    def push(self, samples: Samples) -> list[Burst]:
        """Take samples; return the bursts that are certain by now, in order of time."""
        return [burst for block in self._band.push(samples) for burst in self._block(block)]

    def finish(self) -> list[Burst]:
        """Return the bursts that the last samples give."""
        found = [burst for block in self._band.finish() for burst in self._block(block)]
        for rows in self._spectra.finish():
            found += self._bursts(self._carriers.push(self._new_rows(rows)))
        return found + self._bursts(self._carriers.finish())

    def _block(self, block: Block) -> list[Burst]:
        self._kept.append(block)
        self._kept_samples += len(block.samples)
        while self._kept_samples - len(self._kept[0].samples) > KEPT_S * self._band.rate_hz:
            gone = len(self._kept.popleft().samples)
            self._kept_samples, self._first = self._kept_samples - gone, self._first + gone
        found = []
        for rows in self._spectra.push(block.samples):
            found += self._bursts(self._carriers.push(self._new_rows(rows)))
        return found

    def _new_rows(self, rows: int) -> NDArray[np.float32]:
        begin = self._spectra.carried
        return self._spectra.power[begin : begin + rows : APART].copy()

    def _bursts(self, carriers: Iterator[Carrier]) -> list[Burst]:
        """Return the bursts of carriers that are not the side bands of a louder one."""
        found: list[Burst] = []
        for carrier in sorted(carriers, key=lambda c: -c.power):
            if not any(_leaves(burst, carrier) for burst in (*self._told, *found)):
                found.append(self._burst(carrier))
        found.sort(key=lambda burst: burst.time_s)
        self._told.extend(found)
        shift_hz, delay_s = self._band.middle_hz, self._band.delay_s
        return [
            replace(b, time_s=b.time_s - delay_s, frequency_hz=b.frequency_hz + shift_hz)
            for b in found
        ]

    def _burst(self, carrier: Carrier) -> Burst:
        lead_s = min(LEAD_S, carrier.time_s)
        begin = round((carrier.time_s - lead_s) * self._band.rate_hz)
        lead_s = carrier.time_s - begin / self._band.rate_hz
        end = begin + round((lead_s + LONGEST_S) * self._band.rate_hz)
        samples, clipped = self._between(begin, end)
        return read(samples, self._band.rate_hz, carrier, lead_s, saturated=clipped > CLIPPED)

    def _between(self, begin: int, end: int) -> tuple[Samples, float]:
        """Return samples that are kept, and the largest share of a block that was cut off."""
        parts, at, clipped = [], self._first, 0.0
        for block in self._kept:
            low, high = max(begin - at, 0), min(end - at, len(block.samples))
            if low < high:
                parts.append(block.samples[low:high])
                clipped = max(clipped, block.clipped)
            at += len(block.samples)
        return np.concatenate(parts), clipped


def _leaves(burst: Burst, carrier: Carrier) -> bool:
    """Tell whether a carrier may be a side band of a burst at its time."""
    lasts_s = LONGEST_S if burst.duration_s is None else burst.duration_s
    if not -CARRIER_S < carrier.time_s - burst.time_s < lasts_s:
        return False
    aside_hz = abs(burst.frequency_hz - carrier.frequency_hz)
    share = max(min(1.0, (BESIDE_HZ / max(aside_hz, 1.0)) ** 2), IMAGES)
    return carrier.power < burst.power * share


def read(
    samples: Samples, rate_hz: float, carrier: Carrier, lead_s: float, *, saturated: bool = False
) -> Burst:
    """Read a burst whose carrier begins `lead_s` after the first sample."""
    rough = _Line(carrier.frequency_hz, carrier.drift_hz_s, lead_s)
    signal = _taken_off(samples, rate_hz, rough)
    fine, power = _fine(signal, lead_s)
    line = _Line(rough.frequency_hz + fine.frequency_hz, rough.drift_hz_s + fine.drift_hz_s, lead_s)
    signal = _taken_off(samples, rate_hz, line)
    noise = carrier.noise
    power = max(power - noise / (CARRIER_PART[1] - CARRIER_PART[0]), 1e-30)
    burst = Burst(
        time_s=carrier.time_s,
        duration_s=None,
        frequency_hz=line.frequency_hz,
        drift_hz_s=line.drift_hz_s,
        power=power,
        noise=noise,
        saturated=saturated,
    )
    syncs = _syncs(signal, lead_s + CARRIER_S, math.sqrt(power), noise)
    return _decoded(burst, signal, syncs, lead_s) if syncs else burst


class _Line(NamedTuple):
    """A frequency that drifts, as it is `at_s` after the first sample."""

    frequency_hz: float
    drift_hz_s: float
    at_s: float

    def turns(self, time_s: NDArray[np.float64]) -> NDArray[np.complex128]:
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
    since_s = begin_s + np.arange(PIECES) * piece_s
    pieces = signal.means(lead_s + since_s, piece_s)
    middle_s = since_s + piece_s / 2
    chirps = np.exp(-1j * np.pi * np.outer(FINE_HZ_S, (middle_s - middle_s.mean()) ** 2))
    tones = np.exp(-2j * np.pi * np.outer(middle_s, FINE_HZ))
    power = np.abs((chirps * pieces) @ tones / PIECES) ** 2
    row, column = np.unravel_index(power.argmax(), power.shape)
    drift = float(FINE_HZ_S[row]) + 20.0 * _vertex(power[:, column], int(row))
    hertz = float(FINE_HZ[column]) + 1.25 * _vertex(power[row], int(column))
    return _Line(hertz - drift * float(middle_s.mean()), drift, lead_s), float(power.max())


def _vertex(values: NDArray[np.float64], at: int) -> float:
    """Return how far from the largest value, in steps, a parabola through three is highest."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = values[at - 1 : at + 2]
    return float(0.5 * (before - after) / min(before - 2.0 * here + after, -1e-30))


def _syncs(signal: Signal, expected_s: float, amplitude: float, noise: float) -> list[Sync]:
    """Return where the sync may be, of the kind of burst that fits best; none where none is sure."""
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
    if wrong.sum() > MOST_SYNC_ERRORS or doubt.mean() > MOST_DOUBT:
        return burst
    start_s = keyed.start_s - CARRIER_S
    line_hz = burst.frequency_hz + burst.drift_hz_s * (start_s - lead_s)
    bend_hz, bend_hz_s = _bend(keyed, start_s)
    return replace(
        burst,
        time_s=max(burst.time_s - lead_s + start_s, 0.0),
        duration_s=CARRIER_S + len(keyed.odds) * keyed.bit_s,
        frequency_hz=line_hz + bend_hz,
        drift_hz_s=burst.drift_hz_s + bend_hz_s,
        power=keyed.amplitude**2,
        kind=kind.name,
        inverted=keyed.sign < 0.0,
        bits=kind.sync + "".join("1" if odds > 0.0 else "0" for odds in rest),
        bit_rate_hz=1.0 / keyed.bit_s,
        sync_errors=int(wrong.sum()),
        expected_errors=float(doubt.sum()),
    )


def _bend(keyed: Keyed, start_s: float) -> tuple[float, float]:
    """Return the frequency of a phase at a time, and its drift, by the parabola that fits it."""
    _, slope, square = np.polynomial.polynomial.polyfit(keyed.times_s - start_s, keyed.phase, 2)
    return float(slope) / (2 * math.pi), float(square) / math.pi
