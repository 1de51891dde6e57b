"""How loud the homed collar is now: the last pulse, the loudest of the sweep, the trend.

A level is comparable only with levels of the same receiver, antenna and gain, so anything that
changes these begins a new scale. A polled meter shows noise between pulses: a reading is a pulse
where it stands well above the median of the last seconds, and only pulses are levels here.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import NamedTuple

from receiver.homing.snapshot import Strength
from receiver.homing.sweeps import Span
from receiver.records import Detection, DetectionKind

PULSE_HOLD_S = 3.0  # the loudest of so long is the level now: fading makes single pulses jump
NOISE_S, RISE_DB, RISE_COUNTS = 10.0, 4.0, 8.0
FEWEST_NOISE = 5
# Where a receiver does not say what its ends are.
RANGE_DB, TOP_COUNTS = 60.0, 255.0
PACKET_FLOOR_DB, PACKET_TOP_DB = -120.0, -40.0
FEWEST_BEATS, MOST_BEATS, BEAT_S, SURE_S = 5, 60, 30.0, 60.0
FULL_SCALE = "dBFS"


class Pulse(NamedTuple):
    """A pulse or packet: when it was heard (s, monotonic), its level, the ends of the scale."""

    time_s: float
    value: float
    floor: float
    top: float
    saturated: bool


class Levels:
    """The pulses of one receiver on one scale: "count", or decibels of `unit`."""

    def __init__(self, unit: str, kind: DetectionKind) -> None:
        self.unit, self._is_meter = unit, kind == "meter"
        self.has_beats = kind != "packet"  # hears the beacon itself, not its packets
        self.pulses: deque[Pulse] = deque(maxlen=3000)
        self._readings: deque[tuple[float, float]] = deque(maxlen=600)
        self._beats: deque[float] = deque(maxlen=MOST_BEATS)
        self._is_up = False

    def add(self, heard: Detection, time_s: float) -> None:
        """Take what a receiver gave."""
        value = heard.level_raw if heard.level_db is None else heard.level_db
        if value is None or (heard.found is False and not self._is_meter):
            return
        if not self._is_meter:
            self._keep(heard, value, _floor(heard), time_s)
        elif (noise := self._noise(value, time_s)) is not None:
            is_pulse = value - noise >= (RISE_COUNTS if self.unit == "count" else RISE_DB)
            if is_pulse:
                self._keep(heard, value, noise, time_s)
            if is_pulse and not self._is_up:
                self._beats.append(time_s)
            self._is_up = is_pulse

    def _noise(self, value: float, time_s: float) -> float | None:
        """Return what the meter shows between pulses; None before that is known."""
        while self._readings and time_s - self._readings[0][0] > NOISE_S:
            self._readings.popleft()
        known = [reading for _, reading in self._readings]
        self._readings.append((time_s, value))
        return statistics.median(known) if len(known) >= FEWEST_NOISE else None

    def _keep(self, heard: Detection, value: float, floor: float, time_s: float) -> None:
        top = TOP_COUNTS if self.unit == "count" else floor + RANGE_DB
        top = {FULL_SCALE: 0.0}.get(heard.level_unit or "", top)
        top = PACKET_TOP_DB if heard.kind == "packet" else top
        self.pulses.append(Pulse(time_s, value, floor, max(top, value), bool(heard.saturated)))

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
            share=_share(now),
            age_s=round(now_s - last_s, 1),
            peak=None if newest is None else round(newest.value, 1),
            peak_age_s=None if newest is None else round(now_s - newest.time_s, 1),
            trend_db=None if trend is None or self.unit == "count" else round(trend, 1),
            saturated=now.saturated,
        )

    def _since(self, begin_s: float) -> Iterator[Pulse]:
        """Yield the pulses from a second on, the newest first; old ones are not looked at."""
        return takewhile(lambda pulse: pulse.time_s >= begin_s, reversed(self.pulses))

    def _peak(self, sweep: Span) -> Pulse | None:
        begin_s, end_s = sweep
        return max((p for p in self._since(begin_s) if p.time_s < end_s), key=_value, default=None)


def _value(pulse: Pulse) -> float:
    return pulse.value


def _share(pulse: Pulse) -> float:
    span = max(pulse.top - pulse.floor, 1.0)
    return round(min(max((pulse.value - pulse.floor) / span, 0.0), 1.0), 3)


def _floor(heard: Detection) -> float:
    if heard.kind == "packet":  # one that is spread is heard below the noise
        return PACKET_FLOOR_DB
    if heard.noise_db is not None:
        return heard.noise_db
    level_db = heard.level_db or 0.0
    return level_db - (heard.snr_db or RANGE_DB / 2)
