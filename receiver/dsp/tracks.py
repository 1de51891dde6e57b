"""Tracks: beacons that are listened for, each within the drift of its frequency.

A quick screen follows the evidence of every bin all the time, at half the resolution: the loudest
of two spectra and of two neighbouring frequencies is one cell. Where it grows, the last minute is
judged at full resolution (`receiver.dsp.slots`). A beacon that was found is judged again as it goes
on, and every pulse of it, heard or not, is a slot of its track.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.channel import Channel, chosen
from receiver.dsp.floor import Floor
from receiver.dsp.folding import fold
from receiver.dsp.likelihood import ratio
from receiver.dsp.paths import Hypothesis, Paths, hypotheses
from receiver.dsp.slots import Slots, judge
from receiver.dsp.spectra import HOPS, Layout, Samples

Floats = NDArray[np.float32]

ROWS = HOPS // 2  # spectra in a column of the screen
SCREEN_ENERGY = 2.0
# The mean of the ratio under noise where a cell is the largest of four: measured (tests/bench).
SCREEN_MEAN = 1.965
# Evidence at which a place is judged finely: noise reaches it some ten times as often as it passes.
SCREEN_START = 12.5
GREW = 1.0  # nats by which the evidence must have grown to be judged again
LAST_START = 9.0  # at the end of a recording, when each place is judged only once more
FADES = 0.02  # nats a block after which the same evidence is judged again
AGAIN_S, QUIET_S = 5.0, 20.0
# Twice in a fold the bins with some evidence are folded; a sum so high is judged finely.
FOLDED_S, FOLD_EVERY_S = 64.0, 32.0
WORTH_FOLDING, FOLD_START = 7.5, 10.0
BYTES_A_NAT, LEAST_NATS = 26.0, -2.5  # how the cells of the last minute are kept
CARRIER = 0.5  # of the noise: a bin with so much of a carrier tells nothing
SAME_BINS = 3  # places so near each other are one beacon
UNKNOWN_S = (0.3, 3.0)
# Neighbouring bins add as one tone between them when the second is turned by its middle's phase.
TURN = np.exp(2j * np.pi * 1.05 / 2 / 1.25)
BETWEEN = 2.0 * (1.0 + 0.234)  # noise of such a sum over that of one bin


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A beacon to listen for: frequency from the centre, how far it may be off, its periods.

    Without a period any of 0.3 to 3 s is looked for. `tolerance` is a share of the period.
    """

    name: str
    frequency_hz: float
    drift_hz: float = 2000.0
    periods_s: tuple[float, ...] = ()
    tolerance: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A beacon that is followed; its pulses are in `slots`, the newest minute of them.

    `number` counts the tracks of one wanted beacon from one. A track that has `ended` is told for
    the last time.
    """

    number: int
    wanted: Wanted
    frequency_hz: float
    slots: Slots
    heard_until_s: float
    ended: bool = False

    @property
    def pulses_per_minute(self) -> float:
        """Its rate."""
        return 60.0 / self.slots.period_s


@dataclass(slots=True)
class _Found:
    """A track in the making: where it is and when it is judged again."""

    track: Track
    bin: int
    judged_s: float


class Follower:
    """Listens for one beacon."""

    def __init__(self, layout: Layout, wanted: Wanted, least: float) -> None:
        self.layout, self.wanted, self.least = layout, wanted, least
        self._column_s = ROWS * layout.hop_s
        low = round((wanted.frequency_hz - wanted.drift_hz) / layout.bin_hz)
        high = round((wanted.frequency_hz + wanted.drift_hz) / layout.bin_hz)
        self._bins = np.arange(low, high + 1)
        self._columns = np.arange(low, high + 2) % layout.size
        self.channel = Channel(layout, self._bins)
        self._paths = Paths(_hypotheses(layout, wanted), len(self._bins))
        self._cells = np.zeros((2 * round(FOLDED_S / self._column_s), len(self._bins)), np.uint8)
        self._cell_end, self._folded_end = 0, 0
        self._highest = np.zeros(len(self._bins), np.float32)
        self._judged: dict[int, float] = {}
        self._last = (self._highest, np.zeros(len(self._bins), np.int64))
        self._found: list[_Found] = []
        self._count = 0

    @property
    def width_khz(self) -> float:
        """How much of the band is looked through."""
        return len(self._bins) * self.layout.bin_hz / 1000.0

    def push(
        self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats, now_s: float
    ) -> list[Track]:
        """Take the spectra of a block; return the tracks that are new or have gone on."""
        self.channel.push(spectra[::HOPS], floor.level, bursts[::HOPS])
        ratios = self._ratios(spectra, power, floor, bursts)
        self._keep(ratios)
        places = self._places(ratios)
        if (self._cell_end - self._folded_end) * self._column_s >= FOLD_EVERY_S:
            places += self._folds()
        due = [one for one in self._found if now_s - one.judged_s >= AGAIN_S]
        tracks = [self._again(one, now_s) for one in due]
        return tracks + [track for place in places if (track := self._judge(*place, now_s))]

    def _ratios(self, spectra: Samples, power: Floats, floor: Floor, bursts: Floats) -> Floats:
        """Return the likelihood ratios of the cells of the screen, (columns, bins)."""
        rows = chosen(spectra, self._columns)
        level = chosen(floor.level, self._columns)[:-1] * bursts[:, None]
        here = chosen(power, self._columns)[:, :-1] / level
        between = rows[:, 1:] * np.complex64(TURN)
        between += rows[:, :-1]
        beside = np.abs(between)
        np.square(beside, out=beside)
        level *= np.float32(BETWEEN)
        beside /= level
        np.maximum(here, beside, out=here)
        cells: Floats = here[0::ROWS]
        for number in range(1, ROWS):
            cells = np.maximum(cells, here[number::ROWS])
        ratios = ratio(SCREEN_ENERGY, SCREEN_MEAN).of(cells)
        ratios[:, floor.carrier[self._columns[:-1]] > CARRIER] = 1.0
        return ratios

    def _keep(self, ratios: Floats) -> None:
        half = len(self._cells) // 2
        if self._cell_end + len(ratios) > len(self._cells):
            moved = self._cell_end - half
            self._cells[:half] = self._cells[moved : self._cell_end]
            self._cell_end, self._folded_end = half, self._folded_end - moved
        nats = np.log(ratios)
        nats -= np.float32(LEAST_NATS)
        nats *= np.float32(BYTES_A_NAT)
        self._cells[self._cell_end : self._cell_end + len(ratios)] = nats
        self._cell_end += len(ratios)

    def _folds(self) -> list[tuple[int, float]]:
        """Fold the last minute of the bins with some evidence; return the best place, if it is."""
        self._folded_end = self._cell_end
        worth = np.flatnonzero(self._highest > WORTH_FOLDING)
        worth = worth[[not self._is_followed(int(n)) for n in worth]] if len(worth) else worth
        self._highest[:] = 0.0
        if not len(worth) or not self.wanted.periods_s:
            return []
        begin = max(0, self._cell_end - len(self._cells) // 2)
        nats = self._cells[begin : self._cell_end, worth].astype(np.float32)
        nats = nats / np.float32(BYTES_A_NAT) + np.float32(LEAST_NATS)
        places = []
        for period_s in self.wanted.periods_s:
            low, high = (
                period_s * (1 + way * self.wanted.tolerance) / self._column_s for way in (-1, 1)
            )
            found = fold(nats, low, high)
            if found.value > FOLD_START:
                places.append((int(worth[found.bin]), found.period * self._column_s))
        return places

    def _places(self, ratios: Floats) -> list[tuple[int, float]]:
        """Return the bin where the evidence grew most beyond the screen, if any, and its period."""
        step = self._paths.longest_push
        places = []
        for begin in range(0, len(ratios), step):
            part = ratios[begin : begin + step]
            total, scale = self._paths.push(part)
            evidence = np.log(total.max(axis=0) + np.float32(1e-30)) + scale
            self._judged = {n: value - FADES for n, value in self._judged.items() if value > FADES}
            self._last = evidence, len(part) - 1 - total.argmax(axis=0)
            np.maximum(self._highest, evidence, out=self._highest)
            number = int(evidence.argmax())
            if evidence[number] > self._screen(number) and not self._is_followed(number):
                self._judged[number] = float(evidence[number])
                back = len(part) - 1 - int(total[:, number].argmax())
                period = self._paths.best(back, number).period
                places.append((number, period * self._column_s))
        return places

    def _screen(self, number: int) -> float:
        near = [self._judged.get(n, 0.0) for n in range(number - SAME_BINS, number + SAME_BINS + 1)]
        return max(SCREEN_START, max(near) + GREW)

    def _is_followed(self, number: int) -> bool:
        place = number + int(self._bins[0])
        return any(abs(one.bin - place) <= SAME_BINS for one in self._found)

    def _judge(self, number: int, period_s: float, now_s: float) -> Track | None:
        known = min(self.wanted.periods_s, key=lambda p: abs(p - period_s), default=period_s)
        place = int(self._bins[number])
        slots = judge(self.channel, place, known, self.wanted.tolerance, self.least)
        if slots is None:
            return None
        self._count += 1
        track = Track(
            number=self._count,
            wanted=self.wanted,
            frequency_hz=slots.bin * self.layout.bin_hz,
            slots=slots,
            heard_until_s=float(slots.samples[-1]) / self.layout.rate_hz,
        )
        self._found.append(_Found(track, round(slots.bin), now_s))
        return track

    def _again(self, one: _Found, now_s: float) -> Track:
        """Judge a track again; it ends where nothing of it was heard for a while."""
        period_s, tolerance = one.track.slots.period_s, self.wanted.tolerance / 2
        slots = judge(self.channel, one.bin, period_s, tolerance, self.least)
        one.judged_s = now_s
        until_s = -math.inf if slots is None else float(slots.samples[-1]) / self.layout.rate_hz
        if slots is None or until_s < now_s - QUIET_S:
            self._found.remove(one)
            return replace(one.track, ended=True)
        one.bin = round(slots.bin)
        one.track = replace(
            one.track,
            slots=slots,
            frequency_hz=slots.bin * self.layout.bin_hz,
            heard_until_s=until_s,
        )
        return one.track

    def finish(self, now_s: float) -> list[Track]:
        """Judge what is followed, and the best place besides, for the last time."""
        followed = [replace(self._again(one, now_s), ended=True) for one in list(self._found)]
        places = self._folds()
        evidence, columns = self._last
        number = int(evidence.argmax())
        if evidence[number] > LAST_START and not self._is_followed(number):
            period = self._paths.best(int(columns[number]), number).period
            places.append((number, period * self._column_s))
        new = [track for place in places if (track := self._judge(*place, now_s))]
        return followed + [replace(track, ended=True) for track in new]


def _hypotheses(layout: Layout, wanted: Wanted) -> tuple[Hypothesis, ...]:
    column_s = ROWS * layout.hop_s
    found: list[Hypothesis] = []
    for period_s in wanted.periods_s:
        period = period_s / column_s
        found += hypotheses(period, wanted.tolerance, (1, 1), 1.0)
    if not wanted.periods_s:
        low, high = (s / column_s for s in UNKNOWN_S)
        found += hypotheses((low + high) / 2, (high - low) / (high + low), (2, 1, 1), 2.0)
    return tuple(dict.fromkeys(found))
