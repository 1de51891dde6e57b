"""What loud pulses at one frequency have in common: beacons nobody listed, and their rhythm."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.pulses import Pulse

Floats = NDArray[np.float64]

NEAR_BINS = 3.0  # in units of 1 / T: a pulse so near the last one may be of the same beacon
LINK_S = 10.0  # three pulses of the slowest beacon, two of them missed
QUIET_S = 20.0
SHORTEST_S, LONGEST_S = 0.25, 3.5
UNEVEN = 0.03  # of a period: an interval that is so far off is none of its
REGULAR_SHARE = 0.7  # of the intervals that fit one period
MOST_MISSED = 5
KEPT_PULSES = 200
MOST_GROUPS = 2000  # a band full of interference is told as such, not as beacons


class Rhythm(NamedTuple):
    """The period of pulses, its jitter as a share of it (None of too few), whether it is one."""

    period_s: float
    jitter: float | None
    regular: bool


def rhythm(times_s: Sequence[float]) -> Rhythm:
    """Return the longest period that explains most intervals, pulses in between being missed.

    Raises:
        ValueError: there are fewer than two times.
    """
    if len(times_s) < 2:
        raise ValueError("one pulse has no rhythm")
    intervals = np.diff(np.asarray(times_s, float))
    best, best_share = max(float(np.median(intervals)), SHORTEST_S), 0.0
    for period in _periods(intervals):
        share = float(np.mean(_fits(intervals, period)))
        if share > best_share + 1e-9:
            best, best_share = period, share
    fits = _fits(intervals, best)
    if best_share < REGULAR_SHARE or not fits.any():
        return Rhythm(max(float(np.median(intervals)), 1e-3), None, regular=False)
    counts = np.rint(intervals[fits] / best)
    period_s = float(intervals[fits].sum() / counts.sum())
    errors = (intervals[fits] - counts * period_s) / np.sqrt(counts) / period_s
    jitter = float(np.std(errors)) if len(errors) > 2 else None
    return Rhythm(period_s, jitter, regular=True)


def _periods(intervals: Floats) -> list[float]:
    """Return periods to be tried, the longest first."""
    parts = [interval / n for interval in intervals for n in range(1, MOST_MISSED + 1)]
    return sorted({round(p, 3) for p in parts if SHORTEST_S <= p <= LONGEST_S}, reverse=True)


def _fits(intervals: Floats, period: float) -> NDArray[np.bool_]:
    counts = np.maximum(1.0, np.rint(intervals / period))
    near = np.abs(intervals - counts * period) <= UNEVEN * period * np.sqrt(counts)
    return np.asarray(near & (counts <= MOST_MISSED))


@dataclass(slots=True)
class Group:
    """Pulses at one frequency, one soon after the other; at least two of them."""

    number: int
    pulses: deque[Pulse] = field(default_factory=lambda: deque(maxlen=KEPT_PULSES))
    count: int = 0
    first_s: float = 0.0
    ended: bool = False

    @property
    def frequency_hz(self) -> float:
        """Where its last pulse was, from the centre."""
        return self.pulses[-1].frequency_hz

    @property
    def last_s(self) -> float:
        """When its last pulse was."""
        return self.pulses[-1].time_s

    def rhythm(self) -> Rhythm:
        """Return the rhythm of the pulses that are kept."""
        return rhythm([pulse.time_s for pulse in self.pulses])

    def add(self, pulse: Pulse) -> None:
        """Take its next pulse."""
        self.first_s = self.first_s if self.count else pulse.time_s
        self.pulses.append(pulse)
        self.count += 1


class Groups:
    """Sorts pulses into groups as they come."""

    def __init__(self) -> None:
        self._open: list[Group] = []
        self._number = 0

    def push(self, pulses: Iterable[Pulse], now_s: float) -> list[Group]:
        """Take pulses in order of time; return groups of two and more that grew or ended."""
        grown: dict[int, Group] = {}
        for pulse in pulses:
            group = self._of(pulse)
            group.add(pulse)
            if group.count >= 2:
                grown[group.number] = group
        return [*grown.values(), *self._close(now_s)]

    def finish(self) -> list[Group]:
        """End all groups."""
        return self._close(float("inf"))

    def _of(self, pulse: Pulse) -> Group:
        near = NEAR_BINS / pulse.pulse_s
        fits = [
            group
            for group in self._open
            if abs(group.frequency_hz - pulse.frequency_hz) <= near
            and pulse.time_s - group.last_s <= (LINK_S if group.count < 3 else QUIET_S)
        ]
        if fits:
            return min(fits, key=lambda group: abs(group.frequency_hz - pulse.frequency_hz))
        self._number += 1
        self._open.append(Group(self._number))
        self._open = self._open[-MOST_GROUPS:]
        return self._open[-1]

    def _close(self, now_s: float) -> list[Group]:
        over = [g for g in self._open if now_s - g.last_s > (LINK_S if g.count < 3 else QUIET_S)]
        self._open = [group for group in self._open if group not in over]
        told = [group for group in over if group.count >= 2]
        for group in told:
            group.ended = True
        return told


def expected_alarms_h(
    count: int, false_alarms_h_khz: float, band_khz: float, pulse_s: float
) -> float:
    """Return how often an hour noise makes a group of so many pulses."""
    near_khz = 2 * NEAR_BINS / pulse_s / 1000.0
    next_one = false_alarms_h_khz * near_khz * LINK_S / 3600.0
    return float(false_alarms_h_khz * band_khz * next_one ** (count - 1))
