"""How loud the homed collar is now: the last pulse, the loudest of the sweep, the trend.

A level is comparable only with levels of the same receiver, antenna and gain, so anything that
changes these begins a new scale. A polled meter shows noise between pulses: only pulses are levels.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import NamedTuple

from receiver.homing.pulses import MeterPulses, Pulse, pulse_of
from receiver.homing.snapshot import OLD_S, Strength
from receiver.homing.sweeps import Span
from receiver.records import Detection, DetectionKind

PULSE_HOLD_S = 3.0  # the loudest of so long is the level now: fading makes single pulses jump
FEWEST_BEATS, MOST_BEATS, BEAT_S, SURE_S = 5, 60, 30.0, 60.0


class Told(NamedTuple):
    """A pulse with a level."""

    pulse: Pulse
    value: float

    @property
    def time_s(self) -> float:
        """When it was heard."""
        return self.pulse.time_s


class Levels:
    """The pulses of one receiver on one scale: "count", or decibels of `unit`."""

    def __init__(self, unit: str, kind: DetectionKind) -> None:
        self.unit, self.kind = unit, kind
        self.has_beats = kind != "packet"  # hears the beacon itself, not its packets
        self.pulses: deque[Told] = deque(maxlen=3000)
        self._meter = MeterPulses() if kind == "meter" else None
        self._beats: deque[float] = deque(maxlen=MOST_BEATS)

    def add(self, heard: Detection, time_s: float) -> None:
        """Take what a receiver gave."""
        if self._meter is not None:
            pulse = self._meter.add(heard, time_s)
        else:
            pulse = None if heard.found is False else pulse_of(heard, time_s)
        if pulse is None or pulse.level_db is None:
            return
        self._keep(Told(pulse, pulse.level_db))
        if self._meter is not None:
            self._beats.append(pulse.time_s)

    def _keep(self, told: Told) -> None:
        """Keep a pulse in its place: some come late, from a buffer or by the network."""
        if len(self.pulses) == self.pulses.maxlen:
            self.pulses.popleft()
        later = sum(1 for _ in self._since(math.nextafter(told.time_s, math.inf)))
        self.pulses.insert(len(self.pulses) - later, told)

    def has_single_pulses(self, now_s: float) -> bool:
        """Tell whether single pulses were heard of late, and not only slots of a track."""
        return self.kind == "pulse" and any(True for _ in self._since(now_s - OLD_S))

    def beat_count(self, now_s: float) -> int:
        """Return how many beats of late the rate rests on."""
        return sum(now_s - beat <= SURE_S for beat in self._beats)

    def pulses_per_minute(self, now_s: float) -> float | None:
        """Return the rate of the meter's pulses; what is missed now and then does not count."""
        beats = [beat for beat in self._beats if now_s - beat <= BEAT_S]
        if len(beats) < FEWEST_BEATS:
            return None
        return 60.0 / statistics.median(later - earlier for earlier, later in pairwise(beats))

    def strength(self, receiver: str, now_s: float, sweeps: Iterable[Span]) -> Strength | None:
        """Return what a searcher sees; `sweeps` are those of the antenna, the newest first."""
        if not self.pulses:
            return None
        last_s = self.pulses[-1].time_s
        now = max(self._since(last_s - PULSE_HOLD_S), key=_value)
        peaks = [self._peak(sweep) for sweep in [*sweeps][:2]]
        newest = peaks[0] if peaks else None
        trend = newest.value - peaks[1].value if newest and len(peaks) > 1 and peaks[1] else None
        return Strength(
            receiver=receiver,
            value=round(now.value, 1),
            unit=self.unit if self.unit in ("count", "dBm") else "dB",
            share=_share(now.pulse),
            age_s=round(now_s - last_s, 1),
            peak=None if newest is None else round(newest.value, 1),
            peak_age_s=None if newest is None else round(now_s - newest.time_s, 1),
            trend_db=None if trend is None or self.unit == "count" else round(trend, 1),
            saturated=now.pulse.saturated,
        )

    def _since(self, begin_s: float) -> Iterator[Told]:
        """Yield the pulses from a second on, the newest first; old ones are not looked at."""
        return takewhile(lambda pulse: pulse.time_s >= begin_s, reversed(self.pulses))

    def _peak(self, sweep: Span) -> Told | None:
        begin_s, end_s = sweep
        return max((p for p in self._since(begin_s) if p.time_s < end_s), key=_value, default=None)


def _value(told: Told) -> float:
    return told.value


def _share(pulse: Pulse) -> float:
    level = pulse.floor_db if pulse.level_db is None else pulse.level_db
    span = max(pulse.top_db - pulse.floor_db, 1.0)
    return round(min(max((level - pulse.floor_db) / span, 0.0), 1.0), 3)
