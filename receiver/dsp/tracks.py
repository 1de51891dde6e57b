"""Tracks: beacons that are listened for, each within the drift of its frequency.

A quick screen follows the evidence of every bin all the time (`receiver.dsp.screen`). Where it
grows, the last minute is looked at closely (`receiver.dsp.slots`). A beacon that was found is
looked at again as it goes on, and every pulse of it, heard or not, is a slot of its track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.channel import Channel
from receiver.dsp.floor import Floor
from receiver.dsp.paths import Hypothesis, hypotheses
from receiver.dsp.screen import ROWS, SAME_BINS, Limits, Place, Screen
from receiver.dsp.slots import Look, Slots, jittered, line_strength, steady, stronger
from receiver.dsp.spectra import HOPS, Layout, Samples

Floats = NDArray[np.float32]

# Where a closer look is worth it: noise gives one a second and 200 kHz by paths, more by folding.
LIMITS = Limits(jittered=13.4, grew=1.0, steady=8.0)
LAST_START = 10.5  # nats at the end of a recording, when each place is looked at only once more
LINE_MARGIN = 4.0  # a line is looked at everywhere that is as little under what it must have
AGAIN_S, QUIET_S = 5.0, 20.0
MOST_BINS = 800  # of one set of followers: what it works on should stay in the cache
UNKNOWN_S = (0.3, 3.0)
HARMONICS, LONGEST_S = (0.5, 2.0, 1 / 3, 3.0), 5.0
# How exactly the screen knows a period: in its columns, and as a share from a whole fold.
NEAR_COLUMNS, NEAR_FOLDED = 1.25, 0.0006


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
    pulse_s: float
    heard_until_s: float
    ended: bool = False


@dataclass(slots=True)
class _Found:
    """A track in the making, and when it was looked at."""

    track: Track
    owner: int
    judged_s: float


class Followers:
    """Listens for beacons that have the same periods."""

    def __init__(
        self, layout: Layout, wanted: Sequence[Wanted], least: float, known: list[Track]
    ) -> None:
        """`least` is how many nats above one false alarm an hour and kHz a track must stand.

        `known` are the tracks that are followed now, of all followers of a band.
        """
        self.layout, self.wanted, self.least = layout, wanted, least
        stretches = [_stretch(layout, one) for one in wanted]
        self.channel = Channel(layout, stretches)
        self._bins = np.concatenate([np.asarray(bins) for bins in stretches])
        self._owners = np.repeat(np.arange(len(wanted)), [len(bins) for bins in stretches])
        tolerance = wanted[0].tolerance
        periods_s = tuple((p * (1 - tolerance), p * (1 + tolerance)) for p in wanted[0].periods_s)
        kinds = _hypotheses(layout, wanted[0])
        self._screen = Screen(layout, stretches, kinds, LIMITS, periods_s)
        self._taken = np.zeros(len(self._bins), bool)
        self._found: list[_Found] = []
        self._known = known
        self._counts = [0] * len(wanted)

    def push(
        self,
        spectra: Samples,
        power: Floats,
        floor: Floor,
        bursts: Floats,
        clipped: Floats,
        now_s: float,
    ) -> list[Track]:
        """Take the spectra of a block; return the tracks that are new or have gone on."""
        self.channel.push(spectra[::HOPS], floor.level, bursts[::HOPS], clipped[::HOPS])
        places = self._screen.push(spectra, power, floor, bursts, self._taken)
        due = [one for one in self._found if now_s - one.judged_s >= AGAIN_S]
        return [self._again(one, now_s) for one in due] + self._new(places, now_s)

    def finish(self, now_s: float) -> list[Track]:
        """Look at what is followed, and at the best places besides, for the last time."""
        followed = [replace(self._again(one, now_s), ended=True) for one in list(self._found)]
        new = self._new(self._screen.finish(LAST_START, self._taken), now_s)
        return followed + [replace(track, ended=True) for track in new]

    def _new(self, places: list[Place], now_s: float) -> list[Track]:
        seen: list[tuple[Place, int, Slots]] = []
        for place in places:
            owner = int(self._owners[place.number])
            slots = None if self._taken[place.number] else self._looked(place, owner)
            if slots is not None and self._is_beside(slots):
                self._screen.leave(place.number)
            elif slots is not None:
                slots = self._best(owner, slots.bin, slots.period_s)
                seen += [(place, owner, slots)] if slots is not None else []
        seen.sort(key=lambda one: -one[2].q.mean())  # what it leaves beside it comes after
        tracks = []
        for place, owner, slots in seen:
            if self._is_beside(slots):
                self._screen.leave(place.number)
            else:
                self._counts[owner] += 1
                found = _Found(self._track(slots, owner, self._counts[owner]), owner, now_s)
                self._found.append(found)
                self._known.append(found.track)
                self._take()
                tracks.append(found.track)
        return tracks

    def _is_beside(self, slots: Slots) -> bool:
        """Tell whether this is a track that is followed, or what it leaves beside it."""
        near = SAME_BINS * self.layout.bin_hz
        return any(
            abs(slots.bin * self.layout.bin_hz - one.frequency_hz) <= near
            or slots.is_side_lobe(one.slots, self.layout)
            for one in self._known
        )

    def _looked(self, place: Place, owner: int) -> Slots | None:
        number, period_s = int(self._bins[place.number]), place.period_s
        if place.first_s is not None:
            look = Look(owner, number, period_s, NEAR_FOLDED)
            if line_strength(self.channel, look, place.first_s) < self.least - LINE_MARGIN:
                return None
            return steady(self.channel, look, self.least)
        one = self.wanted[owner]
        near = NEAR_COLUMNS * self._screen.column_s / period_s
        look = Look(owner, number, period_s, near, trials=max(1.0, one.tolerance / near))
        return jittered(self.channel, look, self.least)

    def _best(self, owner: int, bin_place: float, period_s: float) -> Slots | None:
        """Look for a beacon that was seen at each period that it may have, and in both ways.

        One of 60 pulses a minute fits 120 as well, with every other pulse missed.
        """
        one, number = self.wanted[owner], _below(bin_place)
        others = one.periods_s or [period_s * ratio for ratio in HARMONICS]
        looks = [Look(owner, number, period_s, one.tolerance / 2)]
        looks += [
            Look(owner, number, other_s, one.tolerance)
            for other_s in others
            if abs(other_s / period_s - 1.0) > one.tolerance and other_s < LONGEST_S
        ]
        best = None
        for look in looks:
            best = stronger(best, jittered(self.channel, look, self.least))
            best = stronger(best, steady(self.channel, look, self.least))
        return best

    def _again(self, one: _Found, now_s: float) -> Track:
        """Look at a track again; it ends where nothing of it was heard for a while."""
        slots = self._best(one.owner, one.track.slots.bin, one.track.slots.period_s)
        one.judged_s = now_s
        self._known.remove(one.track)
        if slots is not None and self._is_beside(slots):  # it drifted into another one
            self._found.remove(one)
            self._take()
            return replace(one.track, ended=True)
        if slots is None or not slots.goes_on((now_s - QUIET_S) * self.layout.rate_hz):
            self._forget(one)
            return replace(one.track, ended=True)
        one.track = self._track(slots, one.owner, one.track.number)
        self._known.append(one.track)
        self._take()
        return one.track

    def _forget(self, one: _Found) -> None:
        """Let a track end: its pulses must not be found again."""
        self._found.remove(one)
        self._take()
        middle = round(one.track.slots.bin)
        self.channel.forget(one.owner, range(middle - SAME_BINS, middle + SAME_BINS + 1))
        number = int(np.flatnonzero(self._owners == one.owner)[0])
        number += middle - int(self._bins[number])
        self._screen.forget(slice(max(0, number - SAME_BINS), number + SAME_BINS + 1))

    def _track(self, slots: Slots, owner: int, number: int) -> Track:
        return Track(
            number=number,
            wanted=self.wanted[owner],
            frequency_hz=slots.bin * self.layout.bin_hz,
            slots=slots,
            pulse_s=self.layout.pulse_s,
            heard_until_s=slots.last_found / self.layout.rate_hz,
        )

    def _take(self) -> None:
        """Mark the bins that belong to a track."""
        self._taken[:] = False
        for one in self._found:
            near = np.abs(self._bins - one.track.slots.bin) <= SAME_BINS
            self._taken |= near & (self._owners == one.owner)


def followers(layout: Layout, wanted: Sequence[Wanted], least: float) -> list[Followers]:
    """Return what listens for beacons, those of the same periods together, a few at once."""
    alike: dict[tuple[object, ...], list[Wanted]] = {}
    for one in wanted:
        alike.setdefault((one.periods_s, one.tolerance), []).append(one)
    made: list[Followers] = []
    known: list[Track] = []
    for group in alike.values():
        part: list[Wanted] = []
        for one in group:
            part.append(one)
            if sum(len(_stretch(layout, each)) for each in part) >= MOST_BINS:
                made.append(Followers(layout, part, least, known))
                part = []
        made += [Followers(layout, part, least, known)] if part else []
    return made


def _stretch(layout: Layout, wanted: Wanted) -> range:
    """Return the bins in which a beacon may be."""
    low = round((wanted.frequency_hz - wanted.drift_hz) / layout.bin_hz)
    high = round((wanted.frequency_hz + wanted.drift_hz) / layout.bin_hz)
    return range(low, high + 1)


def _below(bin_place: float) -> int:
    """Return the bin whose look has a place in its middle."""
    return round(bin_place - 0.25)


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
