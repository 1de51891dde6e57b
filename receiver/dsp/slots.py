"""The pulses of one beacon: when each came, or should have come, and how loud it was.

Evidence for the beacon is judged over the last minute at full resolution, in two ways: along all
paths of jittered intervals (`receiver.dsp.paths`) and along straight lines of one exact period
(`receiver.dsp.folding`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from receiver.dsp.channel import COLUMNS, PARTS, Channel
from receiver.dsp.folding import Folder
from receiver.dsp.likelihood import beyond, ratio
from receiver.dsp.paths import Hypothesis, Paths, hypotheses
from receiver.dsp.pulses import CLIPPED_SHARE, SIDE_LOBES
from receiver.dsp.spectra import Layout

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

# In bins: about the middle of a bin and half a bin above it; and as far off as a loud beacon may
# be seen first.
OFFSETS = np.arange(-1, 8, 4, dtype=np.float64) / 12.0
NEAR_OFFSETS = np.arange(-20, 21, dtype=np.float64) * 0.25
FINE_OFFSETS = np.arange(-6, 7, dtype=np.float64) / 12.0
# Energies of the pulses that the evidence is made for: those of 22 and 19 dB-Hz at 20 ms. Louder
# pulses give much evidence in any case.
PATH_ENERGY, FOLD_ENERGY = 3.0, 1.5
# A kernel with a spread of 2.2 columns (5.6 ms at 20 ms pulses: 0.5 % of 1.2 s), periods 2 apart.
JITTER_STEPS, PERIODS_APART = (3, 3, 1, 1), 2.0
# Under noise the evidence of paths has a tail exp(-x / scale), and each hour and kHz so many looks
# that it exceeds `start` once; measured on noise (tests/bench).
PATH_START, PATH_SCALE = 17.0, 1.06
FOLD_START, FOLD_SCALE = 18.9, 1.6
FOUND = 4.6  # an energy that noise has in one slot of a hundred
# In which folding adds, from the least logarithm, -FOLD_ENERGY, to the most of a table.
STEPS_A_NAT, NOTHING, MOST_STEPS = 8.0, 12, 76
# What a pulse loses on average as it begins between two columns and lies between two offsets: the
# mean of (1 - |d|)^2 over a column of T / 8, and of sinc^2 over an offset of 0.267 / T.
MEAN_LOSS = 0.9385 * 0.9807
LOUDER = 1.03  # a path may choose the louder of two columns: measured at 27 dB-Hz (tests/bench)
GOES_ON = (0.5, 3.0)  # least and most energy that a missing pulse is held against
# A pulse that is surely no noise, and the share of its energy that a column beside it has.
LOUD, FLANK = 20.0, 0.7
LEAST_PEAKS, EXPLAINED = 3, 0.6  # loud pulses at its frequency that a track must explain
# About which pulses their length is measured, the least energy and number of them, in columns.
LENGTH_REACH, CLEAR, FEWEST_CLEAR = 3 * COLUMNS, 12.0, 10
LINE_REACH = 7  # columns by which a line of the screen may be off at its ends
TINY = np.float32(1e-30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A beacon's pulses in the last minute, arrays of equal length in order of time.

    `samples` are their middles, `q` their energies over the density of noise, `noise` the mean
    square of noise in a sample. `strength` is how many nats the evidence stands above what noise
    reaches once an hour and kHz. `length_s` is how long they are, None where they are too weak to
    measure that; those shorter than what is listened for are taken for such.
    """

    samples: NDArray[np.float64]
    q: NDArray[np.float64]
    noise: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    bin: float
    period_s: float
    steady: bool
    strength: float
    length_s: float | None = None

    def is_side_lobe(self, of: Slots, layout: Layout) -> bool:
        """Tell whether these pulses are but what louder ones leave beside their frequency.

        Where those were cut off, images of them are anywhere.
        """
        apart_t = max(abs(self.bin - of.bin) * layout.bin_hz * layout.pulse_s, 1.0)
        reach_t = 1.0 if of.clipped.mean() > 0.5 else apart_t
        if (self.q.mean() - 1.0) * reach_t**2 > SIDE_LOBES * (of.q.mean() - 1.0):
            return False
        begin, end = of.samples[0] - layout.pulse, of.samples[-1] + layout.pulse
        own = self.samples[(self.q >= FOUND) & (self.samples >= begin) & (self.samples <= end)]
        after = np.clip(np.searchsorted(of.samples, own), 1, len(of.samples) - 1)
        late = np.minimum(np.abs(of.samples[after] - own), np.abs(own - of.samples[after - 1]))
        return bool(np.mean(late <= layout.pulse) > 0.5) if len(own) else True

    def goes_on(self, since_sample: float) -> bool:
        """Tell whether pulses are more probable than noise from a sample on."""
        recent = self.q[self.samples >= since_sample].astype(np.float32)
        pulse_energy = round(float(np.clip(self.q.mean() - 1.0, *GOES_ON)), 1)
        return float(ratio(pulse_energy).log_of(recent).sum()) > 0.0

    @property
    def last_found(self) -> float:
        """The sample of the last pulse that was found, of the first slot where none was."""
        found = np.flatnonzero(self.q >= FOUND)
        return float(self.samples[found[-1] if len(found) else 0])


class _Way(NamedTuple):
    """One way to explain the energies: how strong its evidence is, and where its pulses are."""

    strength: float
    columns: Ints
    offset: int
    period: float


class Look(NamedTuple):
    """What is looked at: a bin of a stretch, and half a bin about the middle above it.

    `period_s` is where the period probably is, `tolerance` the share by which it may be off.
    `trials` is how many times more periods could have been looked at: the evidence is that of all.
    """

    stretch: int
    bin: int
    period_s: float
    tolerance: float
    trials: float = 1.0


def jittered(channel: Channel, look: Look, least: float) -> Slots | None:
    """Return the pulses of a beacon with jittered intervals, where its evidence is `least` nats."""
    energy = _sharp(channel.energy(look.stretch, look.bin, OFFSETS))
    period = look.period_s * COLUMNS / channel.layout.pulse_s
    kinds = hypotheses(period, look.tolerance, JITTER_STEPS, PERIODS_APART)
    evidence = _evidence(ratio(PATH_ENERGY).of(energy), kinds)
    highest = float(evidence.max()) - math.log(look.trials)
    strength = (highest - PATH_START) / PATH_SCALE
    if strength < least:
        return None
    last, offset = divmod(int(evidence.argmax()), evidence.shape[1])
    way = _traced(energy[:, offset], kinds, last)
    # Once more at the very frequency: where pulses begin is clearest there.
    place = _centred(channel, look, way.columns)
    own = channel.energy(look.stretch, math.floor(place), _part(place))[:, 0]
    way = _traced(_sharp(own[:, None])[:, 0], kinds, last)
    return _slots(channel, look, way._replace(strength=strength), steady=False)


def steady(channel: Channel, look: Look, least: float) -> Slots | None:
    """Return the pulses of a beacon of one exact period, where its evidence is `least` nats."""
    energy = _sharp(channel.energy(look.stretch, look.bin, OFFSETS))
    period = look.period_s * COLUMNS / channel.layout.pulse_s
    way = _steady(energy, period, look.tolerance)
    if way.strength < least:
        return None
    return _slots(channel, look, way, steady=True)


def line_strength(channel: Channel, look: Look, first_s: float) -> float:
    """Return the strength of a beacon of one exact period about one line of pulses.

    This is what `steady` looks at everywhere, in a fifth of its time.
    """
    period = look.period_s * COLUMNS / channel.layout.pulse_s
    first = first_s * COLUMNS / channel.layout.pulse_s
    first -= channel.first_sample * COLUMNS / channel.layout.pulse
    count = max(1, int((channel.frames * COLUMNS - first) / period))
    columns = np.rint(first + period * np.arange(count)).astype(np.int64)
    logs = ratio(FOLD_ENERGY).log_of(
        channel.energy_near(look.stretch, look.bin, columns, LINE_REACH, OFFSETS)
    )
    sums = logs[np.arange(count), _lines(count)].sum(axis=1)
    return (float(sums.max()) - FOLD_START) / FOLD_SCALE


@lru_cache(maxsize=8)
def _lines(count: int) -> Ints:
    """Return by how many columns each pulse is late, for any delay of the first and of the last."""
    ends = np.arange(2.0 * LINE_REACH + 1)
    share = np.linspace(0.0, 1.0, count)
    lines = np.rint(ends[:, None, None] * (1.0 - share) + ends[None, :, None] * share)
    return lines.astype(np.int64).reshape(-1, count)


def stronger(one: Slots | None, other: Slots | None) -> Slots | None:
    """Return the better explanation of two."""
    if one is None or other is None:
        return one or other
    return one if one.strength >= other.strength else other


def _sharp(energy: Floats) -> Floats:
    """Return energies without the flanks of loud pulses, which would fit to any period nearby."""
    if energy.max(initial=0.0) < LOUD:
        return energy
    peaks = maximum_filter1d(energy, 2 * COLUMNS + 1, axis=0)
    return np.where((peaks < LOUD) | (energy >= FLANK * peaks), energy, np.float32(1.0))


def _slots(channel: Channel, look: Look, way: _Way, *, steady: bool) -> Slots | None:
    """Return the pulses of a way, None where most loud ones at its frequency are not among them."""
    place = _centred(channel, look, way.columns)
    energy = channel.energy(look.stretch, math.floor(place), _part(place))[:, 0]
    if _explained(energy, way.columns) < EXPLAINED:
        return None
    loss = MEAN_LOSS if steady else MEAN_LOSS * LOUDER
    starts = channel.first_sample + way.columns * channel.layout.pulse / COLUMNS
    frames = np.minimum(way.columns // COLUMNS, channel.frames - 1)
    return Slots(
        samples=starts + channel.layout.pulse / 2,
        q=(energy[way.columns].astype(np.float64) - 1.0) / loss + 1.0,
        noise=channel.noise(look.stretch)[frames].astype(np.float64),
        clipped=channel.clipped()[frames] > CLIPPED_SHARE,
        bin=place,
        period_s=way.period * channel.layout.pulse_s / COLUMNS,
        steady=steady,
        strength=way.strength,
        length_s=_length_s(energy, way.columns, channel.layout.pulse_s),
    )


def _length_s(energy: Floats, columns: Ints, pulse_s: float) -> float | None:
    """Return how long pulses are that are at least as long as the one that is looked for.

    Where a pulse of W begins d before a window of T, the energy is that of their overlap squared.
    Over all d that is T - T / 3 + (W - T) times the largest one. The median of the clear pulses
    is not led astray by what else was heard beside some of them.
    """
    inside = (columns >= LENGTH_REACH) & (columns < len(energy) - LENGTH_REACH)
    near = energy[columns[inside, None] + np.arange(-LENGTH_REACH, LENGTH_REACH + 1)]
    near = near[near.max(axis=1, initial=0.0) >= CLEAR].astype(np.float64)
    if len(near) < FEWEST_CLEAR:
        return None
    # The largest one would be too large by noise: that in the middle is not chosen for it.
    middles = np.rint(np.square(near) @ np.arange(near.shape[1]) / np.square(near).sum(axis=1))
    tops = np.take_along_axis(near, middles.astype(np.int64)[:, None], axis=1)[:, 0]
    sums = (near - 1.0).sum(axis=1) / (np.maximum(tops, CLEAR / 2) - 1.0)
    return float(np.median(sums) / COLUMNS + 1.0 / 3.0) * pulse_s


def _centred(channel: Channel, look: Look, columns: Ints) -> float:
    """Return the frequency near a look, in bins, where pulses have most energy.

    Evidence does not tell: of loud pulses there is as much of it beside their frequency.
    """
    bins = channel.stretches[look.stretch]
    number = look.bin
    for offsets in (NEAR_OFFSETS, FINE_OFFSETS):
        number = min(max(number, bins.start), bins.stop - 1)
        sums = channel.energy_near(look.stretch, number, columns, 0, offsets).sum(axis=(0, 1))
        place = number + float(offsets[sums.argmax()])
        number = round(place)
    return place


def _part(place: float) -> NDArray[np.float64]:
    """Return how far a place is above its bin, as energies are given."""
    return np.array([round((place - math.floor(place)) * PARTS) / PARTS])


def _explained(energy: Floats, columns: Ints) -> float:
    """Return which share of the loud pulses lies at some columns."""
    is_peak = (energy >= LOUD) & (energy == maximum_filter1d(energy, 2 * COLUMNS + 1))
    peaks = np.flatnonzero(is_peak)
    if len(peaks) < LEAST_PEAKS:
        return 1.0
    order = np.sort(columns)
    after = np.clip(np.searchsorted(order, peaks), 1, len(order) - 1)
    late = np.minimum(np.abs(order[after] - peaks), np.abs(peaks - order[after - 1]))
    return float(np.mean(late <= COLUMNS // 2))


def _steady(energy: Floats, period: float, tolerance: float) -> _Way:
    logs = ratio(FOLD_ENERGY).log_of(energy)
    steps = (np.rint(logs * np.float32(STEPS_A_NAT)) + NOTHING).astype(np.uint8)
    low, high = period * (1.0 - tolerance), period * (1.0 + tolerance)
    folder = Folder(len(steps), low, high, NOTHING, MOST_STEPS)
    folds = folder.fold(steps, least=round(STEPS_A_NAT * FOLD_START / 2))
    found = max(folds, key=lambda one: one.value, default=None)
    if found is None:
        return _Way(-math.inf, np.zeros(0, np.int64), 0, period)
    count = int((len(logs) - 1 - found.first) / found.period) + 1
    columns = np.rint(found.first + found.period * np.arange(count)).astype(np.int64)
    columns = columns[columns < len(logs)]
    strength = (found.value / STEPS_A_NAT - FOLD_START) / FOLD_SCALE
    return _Way(strength, columns, found.bin, found.period)


def _traced(energy: Floats, kinds: tuple[Hypothesis, ...], last: int) -> _Way:
    """Return the most probable path of pulses that ends near a column, of the likeliest period."""
    column = np.ascontiguousarray(ratio(PATH_ENERGY).of(energy)[:, None])
    alone = [_evidence(column, (kind,))[:, 0] for kind in kinds]
    likely = max(range(len(kinds)), key=lambda number: alone[number][last])
    # Where to: a loud pulse is where it is loudest, however little more evidence that is.
    evidence = alone[likely] + beyond(energy, PATH_ENERGY)
    near = np.arange(max(0, last - COLUMNS), min(len(evidence), last + COLUMNS + 1))
    columns = _path(evidence, kinds[likely], int(near[evidence[near].argmax()]))
    period = float(np.diff(columns).mean()) if len(columns) > 1 else kinds[likely].period
    return _Way(0.0, columns, 0, period)


def _evidence(ratios: Floats, kinds: tuple[Hypothesis, ...]) -> Floats:
    """Return the logarithm of the evidence, (columns, bins)."""
    paths = Paths(kinds, ratios.shape[1])
    pushes = range(0, len(ratios), paths.longest_push)
    parts = [paths.push(ratios[i : i + paths.longest_push]) for i in pushes]
    return np.concatenate([np.log(total + TINY) + scale for total, scale in parts])


def _path(evidence: Floats, kind: Hypothesis, last: int) -> Ints:
    """Return the most probable path of pulses that ends in a column."""
    weights = np.ones(1)
    for step in kind.steps:
        weights = np.convolve(weights, np.r_[0.5, np.zeros(step - 1), 0.5])
    columns, at = [last], last
    while at - kind.lag - len(weights) + 1 >= 0:
        before = at - kind.lag - np.arange(len(weights))
        shares = np.log(weights + 1e-30) + evidence[before]
        if np.logaddexp.reduce(shares) < 0.0:  # that the beacon began here is more probable
            break
        at = int(before[shares.argmax()])
        columns.append(at)
    return np.array(columns[::-1], np.int64)
