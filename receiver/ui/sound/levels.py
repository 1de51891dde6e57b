"""What the meter tone says of each pulse: its level, a new maximum, or that it is saturated."""

from __future__ import annotations

import statistics
from collections import deque
from typing import NamedTuple

from receiver.homing.pulses import Pulse
from receiver.ui.sound.pitch import Scale

SMOOTH_S = 5.0  # while walking: two or three pulses of a slow beacon
HOLD_S = 60.0  # so long a maximum is one
FEWEST = 3  # pulses before a maximum is new
RISES_DB = 1.0


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
