"""What the meter tone says of each pulse: its level, a new maximum, or that it is saturated."""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass, replace
from typing import NamedTuple

from receiver.records import Detection
from receiver.ui.sound.pitch import Scale

SMOOTH_S = 5.0  # while walking: two or three pulses of a slow beacon
HOLD_S = 60.0  # so long a maximum is one
FEWEST = 3  # pulses before a maximum is new
RISES_DB = 1.0
# A polled meter: a pulse lifts it by this over its lowest reading of the last seconds.
METER_RISE_DB, METER_RISE_COUNTS = 4.0, 8.0
METER_LOW_S, METER_WAITS_S = 3.0, 0.1
METER_FLOOR_S, METER_LOWEST, METER_READINGS = 60.0, 20, 1200  # noise: the lowest twentieth
# Where a meter does not say what its ends are.
METER_RANGE_DB, METER_TOP_COUNTS = 60.0, 255.0
PACKET_FLOOR_DB, PACKET_TOP_DB = -120.0, -30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A pulse to be sounded. `time_s` is its end; levels are decibels, or counts of a meter.

    `level_db` is None for a packet that came without one.
    """

    time_s: float
    level_db: float | None
    floor_db: float
    top_db: float
    saturated: bool = False


class Blip(NamedTuple):
    """What to sound: a pitch (None where there is no level), a new maximum, saturated."""

    pitch_hz: float | None
    is_maximum: bool = False
    saturated: bool = False


class Levels:
    """Follows the pulses of one receiver with one gain."""

    def __init__(self) -> None:
        self.turning = False
        self._scale: Scale | None = None
        self._last: deque[tuple[float, float]] = deque(maxlen=1000)

    def forget(self) -> None:
        """Begin anew: another gain, collar or turn; levels of before are no measure."""
        self._scale = None
        self._last.clear()

    def turn(self, turning: bool) -> None:
        """Note that a turn begins or ends; the maximum is one of this turn."""
        if turning != self.turning:
            self.turning = turning
            self._last.clear()

    def blip(self, pulse: Pulse) -> Blip:
        """Return what to sound: while turning its own level, while walking a smoothed one."""
        if pulse.level_db is None:
            return Blip(None)
        if pulse.saturated:
            return Blip(None, saturated=True)
        if self._scale is None:
            self._scale = Scale(pulse.floor_db, pulse.top_db)
        self._scale = self._scale.kept(pulse.floor_db, pulse.top_db)
        held = [level for time_s, level in self._last if pulse.time_s - time_s <= HOLD_S]
        is_maximum = len(held) >= FEWEST and pulse.level_db >= max(held) + RISES_DB
        self._last.append((pulse.time_s, pulse.level_db))
        level_db = pulse.level_db if self.turning else self._smoothed(pulse.time_s)
        return Blip(self._scale.pitch_hz(level_db), is_maximum)

    def _smoothed(self, time_s: float) -> float:
        return statistics.median(level for t, level in self._last if time_s - t <= SMOOTH_S)


class MeterPulses:
    """Finds the pulses in the readings of a polled meter, each once, a reading after its peak.

    A pulse is a rise over the lowest reading since the one before: many meters fall so slowly that
    they never reach their noise between two pulses. Noise is what the meter falls to in a minute.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque(maxlen=METER_READINGS)
        self._peak: Pulse | None = None
        self._told_s = -math.inf

    def add(self, reading: Detection) -> Pulse | None:
        """Take a reading; return the pulse that it ends."""
        level = reading.level_raw if reading.level_db is None else reading.level_db
        if level is None:
            return None
        is_count, time_s = reading.level_db is None, reading.monotonic_ns / 1e9
        self._readings.append((time_s, level))
        floor = self._floor(time_s)
        rise = level - max(self._low(time_s), floor)
        if self._peak is not None and self._peak.level_db is not None:
            if level <= self._peak.level_db:
                return self._told()
        elif rise < (METER_RISE_COUNTS if is_count else METER_RISE_DB):
            return None
        top = METER_TOP_COUNTS if is_count else floor + METER_RANGE_DB
        self._peak = Pulse(
            time_s=time_s,
            level_db=level,
            floor_db=floor,
            top_db=max(top, level),
            saturated=bool(reading.saturated),
        )
        return None

    def wait(self, time_s: float) -> Pulse | None:
        """Return the pulse whose next reading does not come in time."""
        is_late = self._peak is not None and time_s - self._peak.time_s >= METER_WAITS_S
        return self._told() if is_late else None

    def _low(self, time_s: float) -> float:
        since_s = max(self._told_s, time_s - METER_LOW_S)
        return min(level for t, level in self._readings if t >= since_s)

    def _floor(self, time_s: float) -> float:
        recent = sorted(v for t, v in self._readings if time_s - t <= METER_FLOOR_S)
        return recent[len(recent) // METER_LOWEST]

    def _told(self) -> Pulse | None:
        told, self._peak = self._peak, None
        self._told_s = self._told_s if told is None else told.time_s
        return told


def pulse_of(detection: Detection) -> Pulse:
    """Return the pulse of a packet, or of a receiver that measures pulses itself."""
    noise = detection.noise_db
    level = detection.level_db
    floor = PACKET_FLOOR_DB if noise is None else noise
    in_full_scale = detection.level_unit == "dBFS"
    top = 0.0 if in_full_scale else PACKET_TOP_DB
    pulse = Pulse(time_s=detection.monotonic_ns / 1e9, level_db=level, floor_db=floor, top_db=top,
                  saturated=bool(detection.saturated))  # fmt: skip
    return pulse if level is None or level <= top else replace(pulse, top_db=level)
