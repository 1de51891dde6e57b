"""Single pulses in a band: every place where one stands clear of noise, carriers and neighbours.

The energy q of a pulse over the density of noise is exponential under noise. Places above a low
threshold are looked at finely (`receiver.dsp.zoom`) and kept above the real one, which follows from
the false alarms that the user accepts. A carrier of r times the noise raises the threshold g to
(sqrt(g) + sqrt(r))^2: so much noise and carrier reach together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp import zoom
from receiver.dsp.floor import Floor
from receiver.dsp.spectra import HOPS, Layout, Samples, Spectra

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Powers = NDArray[np.float32]

# Independent looks an hour and kHz (a pulse length times its bandwidth is one). A search over all
# delays and frequencies sees peaks of noise SEARCHED g^1.5 times as often: the power of g as for
# any field that is smooth along one axis and a random walk along the other, the factor measured on
# noise (tests/bench).
LOOKS_H_KHZ, SEARCHED = 3.6e6, 0.66
SCREEN_SHARE = 0.62  # of the threshold: who falls under it on the grid is not looked at finely
MOST_PLACES = 4000  # in a block: more is no beacons
NATIVE_BINS = 0.8  # a bin, in units of 1 / T
NEAR_BINS = 3.0  # in units of 1 / T: so near a louder pulse at the same time nothing is told apart
SIDE_LOBES = 1.0  # a pulse leaves q / d^2 at d / T beside it: ten times a rectangle's
CLIPPED_SHARE = 0.01
CLIPPED_REACH = 1.05  # clipping mixes noise and carriers: its tail is longer than that of noise
LOUD, MOST_LOUD = 30.0, 50  # energy and number in a block of pulses whose side lobes are cut out
OWN_BINS = 2.5  # in units of 1 / T: of the pulse itself
USUAL = 2.5  # of noise: the usual loudest of the four that a cell of the screen is made of
TOGETHER = 0.25  # of a pulse length: pulses that begin so near each other are one event
GOES_ON = 1.2  # what holds so much more energy in twice the time is no pulse of this length


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A pulse: its middle in samples from the first, its carrier from the centre, its energy.

    `q` is its energy over the density of noise, `noise` the mean square of noise in a sample.
    """

    sample: float
    frequency_hz: float
    q: float
    noise: float
    pulse_s: float
    rate_hz: float
    clipped_share: float = 0.0

    @property
    def energy(self) -> float:
        """Its energy, in squared steps of the samples."""
        return self.q * self.noise

    @property
    def saturated(self) -> bool:
        """Tell whether so much of it is cut off that its level is a lower bound only."""
        return self.clipped_share > CLIPPED_SHARE

    @property
    def time_s(self) -> float:
        """Seconds from the first sample to its middle."""
        return self.sample / self.rate_hz

    @property
    def cn0_dbhz(self) -> float:
        """Carrier over the density of noise, the noise within the pulse taken off."""
        return 10.0 * math.log10(max(self.q - 1.0, 0.1) / self.pulse_s)

    @property
    def power(self) -> float:
        """Mean square of the carrier alone, in squared steps of the samples."""
        return max(self.q - 1.0, 0.1) * self.noise / (self.pulse_s * self.rate_hz)


def threshold(false_alarms_h_khz: float) -> float:
    """Return the energy that noise reaches so often in an hour and kHz."""
    least = 20.0
    for _ in range(20):
        least = math.log(LOOKS_H_KHZ * SEARCHED * least**1.5 / false_alarms_h_khz)
    return least


def alarms_h_khz(energy: float) -> float:
    """Return how often noise reaches an energy in an hour and kHz."""
    searched = SEARCHED * float(max(energy, 1.0) ** 1.5)
    return LOOKS_H_KHZ * searched * math.exp(-min(energy, 700.0))


class Places(NamedTuple):
    """Places in a block, arrays of equal length: row, bin, energy over noise, power on the grid."""

    rows: Ints
    bins: Ints
    q: Floats
    power: Floats


class PulseFinder:
    """Finds the pulses in blocks of spectra."""

    def __init__(self, layout: Layout, false_alarms_h_khz: float) -> None:
        self.layout = layout
        self._window_power = float(np.square(layout.window()).sum())
        self._least = threshold(false_alarms_h_khz)
        # Rows count from the block that was looked at last.
        self.loud = Places(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        self._held: list[Pulse] = []
        self._told_until = -math.inf

    def block(self, spectra: Spectra, floor: Floor, bursts: Powers) -> list[Pulse]:
        """Look at a block; return the pulses that are certain by now, in order of time.

        Rows whose neighbours one pulse length away are known are looked at; `bursts` are those of
        all rows.
        """
        places = self._places(spectra.power, floor, bursts)
        self._remember(places)
        if len(places.q):
            self._held.extend(self._decided(places, spectra, floor))
        end = (spectra.first + HOPS + self.layout.frames) * self.layout.hop
        return self._released(end - 2 * self.layout.pulse)

    def finish(self) -> list[Pulse]:
        """Return the pulses that were held back."""
        return self._released(math.inf)

    def _remember(self, places: Places) -> None:
        """Keep the loud places of this block, and of the last one those at its end."""
        before = self.loud.rows - self.layout.frames
        late = np.flatnonzero(before >= -HOPS)
        loud = np.flatnonzero(places.q > LOUD)[:MOST_LOUD]
        self.loud = Places(
            np.concatenate((before[late], places.rows[loud])),
            np.concatenate((self.loud.bins[late], places.bins[loud])),
            np.concatenate((self.loud.q[late], places.q[loud])),
            np.concatenate((self.loud.power[late], places.power[loud])),
        )

    def _places(self, power: Powers, floor: Floor, bursts: Powers) -> Places:
        reach = np.sqrt(self._least * SCREEN_SHARE) + np.sqrt(floor.carrier)
        least = (floor.level * reach * reach).astype(np.float32)
        rows, bins = _above(power[HOPS:-HOPS], least, bursts[HOPS:-HOPS])
        rows = rows + HOPS
        q = power[rows, bins] / (floor.level[bins] * bursts[rows])
        loudest = np.argsort(-q, kind="stable")[:MOST_PLACES]
        powers = power[rows[loudest], bins[loudest]].astype(np.float64)
        loudest = loudest[np.argsort(-powers, kind="stable")]
        rows, bins = rows[loudest], bins[loudest]
        return self._thinned(Places(rows, bins, q[loudest], np.sort(powers)[::-1]))

    def _thinned(self, places: Places) -> Places:
        """Keep the loudest place of each heap, without the side lobes of a loud pulse."""
        left = np.ones(len(places.q), bool)
        kept = []
        for number in range(len(places.q)):
            if left[number]:
                kept.append(number)
                late = np.abs(places.rows - places.rows[number]) <= HOPS
                apart = self._apart(places.bins - places.bins[number])
                left &= ~(late & _hidden(apart, places.power, places.power[number], 1.3))
        rows, bins = places.rows[kept], places.bins[kept]
        return Places(rows, bins, places.q[kept], places.power[kept])

    def _apart(self, bins: Ints) -> Floats:
        """Return distances in bins round the band in units of 1 / T."""
        size = self.layout.size
        return np.abs((bins + size // 2) % size - size // 2) * NATIVE_BINS

    def _decided(self, places: Places, spectra: Spectra, floor: Floor) -> list[Pulse]:
        layout, (rows, bins, grid_q, _) = self.layout, places
        noise = spectra.power[rows, bins] / grid_q / self._window_power
        fine = zoom.peaks(spectra.spectra, rows, bins, noise, layout)
        reach = math.sqrt(self._least) + np.sqrt(floor.carrier[bins])
        clipped = spectra.clipped[rows] > CLIPPED_SHARE
        reach = reach * np.where(clipped, CLIPPED_REACH, 1.0)
        good = (fine.q >= reach * reach) & (fine.longer < GOES_ON * fine.q)
        starts = (spectra.first + rows) * layout.hop + layout.edge / 2
        middles = starts + (fine.delay + 0.5) * layout.pulse
        hertz = ((bins + fine.offset) * layout.bin_hz + layout.rate_hz / 2) % layout.rate_hz
        return [
            Pulse(
                sample=float(middles[i]),
                frequency_hz=float(hertz[i] - layout.rate_hz / 2),
                q=float(fine.q[i]),
                noise=float(noise[i]),
                pulse_s=layout.pulse_s,
                rate_hz=layout.rate_hz,
                clipped_share=float(spectra.clipped[rows[i]]),
            )
            for i in np.flatnonzero(good)
        ]

    def _released(self, until_sample: float) -> list[Pulse]:
        """Return what ended before a sample and is not hidden by a louder pulse beside it."""
        shown = _unhidden(sorted(self._held, key=lambda pulse: -pulse.energy), self.layout)
        told = [p for p in shown if self._told_until <= p.sample < until_sample]
        self._held = [p for p in shown if p.sample >= until_sample - 2 * self.layout.pulse]
        self._told_until = until_sample
        return sorted(told, key=lambda pulse: pulse.sample)


def cut_out(loud: Places, spectra: Samples, power: Powers, level: Powers, layout: Layout) -> None:
    """Put usual noise into the side lobes of loud pulses, so that no other beacon is seen there.

    `spectra` and `power` are the first rows of the block of `loud`, and are changed.
    """
    bins = np.arange(layout.size)
    lowest = float(level.min())
    for row, middle, _, own in zip(*loud, strict=True):
        rows = slice(max(0, int(row) - HOPS), max(0, int(row) + HOPS + 1))
        apart = (bins - middle + layout.size // 2) % layout.size - layout.size // 2
        apart_t = np.abs(apart) * NATIVE_BINS
        under = np.flatnonzero((apart_t > OWN_BINS) & (SIDE_LOBES * own > lowest * apart_t**2))
        lobes = (SIDE_LOBES * own / apart_t[under] ** 2).astype(np.float32)
        under, lobes = under[lobes > level[under]], lobes[lobes > level[under]]
        near = power[rows, under]
        hidden = near < lobes  # what is louder is something else
        power[rows, under] = np.where(hidden, USUAL * level[under], near)
        spectra[rows, under] = np.where(hidden, 0.0, spectra[rows, under])


def _above(power: Powers, least: Powers, bursts: Powers) -> tuple[Ints, Ints]:
    """Return rows and columns where the power is above its bin's least, times the row's burst."""
    rows, columns = [], []
    for number, (row, burst) in enumerate(zip(power, bursts, strict=True)):
        found = np.flatnonzero(row > (least if burst == 1.0 else least * burst))
        rows.append(np.full(len(found), number))
        columns.append(found)
    return np.concatenate(rows), np.concatenate(columns)


def _hidden(apart: Floats, power: Floats, louder: float, near: float) -> NDArray[np.bool_]:
    """Tell what lies too near a louder pulse, or under its side lobes; `apart` in 1 / T.

    Powers are compared, not energies over noise: beside a quiet part of the band they stand high.
    """
    lobes = SIDE_LOBES * louder / np.maximum(apart, 1.0) ** 2
    return (apart < near) | (power < lobes)


def _unhidden(loudest_first: list[Pulse], layout: Layout) -> list[Pulse]:
    """Return the pulses that are not hidden by louder ones at the same time."""
    kept: list[Pulse] = []
    for pulse in loudest_first:
        louder = [p for p in kept if abs(p.sample - pulse.sample) <= layout.length]
        if not any(_hides(one, pulse) for one in louder):
            kept.append(pulse)
    return kept


def _hides(louder: Pulse, pulse: Pulse) -> bool:
    """Tell whether a pulse is but the side lobe of a louder one, or its image by clipping."""
    apart_hz = abs(louder.frequency_hz - pulse.frequency_hz)
    apart = min(apart_hz, pulse.rate_hz - apart_hz) * pulse.pulse_s
    beside = apart < NEAR_BINS or pulse.energy < SIDE_LOBES * louder.energy / max(apart, 1.0) ** 2
    together = abs(louder.sample - pulse.sample) < TOGETHER * pulse.pulse_s * pulse.rate_hz
    return beside or (together and pulse.saturated)
