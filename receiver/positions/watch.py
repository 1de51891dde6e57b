"""A GPS that stands still, jumps, or has another date than the computer: noticed, not believed.

It depends on the bytes and their stamps only, so a replay notices the same.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from receiver.records import Place

FASTEST_M_S, LEAST_JUMP_M = 100.0, 200.0
STANDS_AFTER = timedelta(seconds=10)
STUCK_AFTER = timedelta(seconds=120)
MOVING_M_S = 1.0
CLOCK_APART = timedelta(seconds=10)
WHO_IS_RIGHT = timedelta(days=1)  # a GPS without a fix may have any date
# Old receivers count weeks in ten bits: after 1024 of them they begin again.
ROLLOVER = timedelta(weeks=1024)
AGREEING_FIXES = 3
METRES_A_DEGREE = 111_195.0
NO_FIX = "GPS says 0, 0: it has no place"


class Watch:
    """What is wrong with a stream of fixes; `complaint` is empty while nothing is."""

    def __init__(self) -> None:
        self.complaint = ""
        self._last: Place | None = None
        self._apart: list[Place] = []
        self._own: tuple[datetime, datetime] | None = None
        self._since: datetime | None = None

    def judge(self, place: Place, own: datetime | None, speed_m_s: float | None) -> bool:
        """Tell whether a fix may be used; `own` is the time that the receiver says it is of."""
        self.complaint = self._clock(place.time, own) or self._stuck(place, speed_m_s)
        if self._jumped(place):
            return False
        self._last = place
        return True

    def no_fix(self) -> None:
        """Take note of a fix at 0, 0."""
        self.complaint = NO_FIX

    def _clock(self, now: datetime, own: datetime | None) -> str:
        if own is None:
            return ""
        if self._own is None or own != self._own[0]:
            self._own = own, now
        elif now - self._own[1] > STANDS_AFTER:
            return "GPS stands still: its time does not go on"
        apart = own - now
        weeks = round(apart / ROLLOVER)
        if weeks and abs(apart - weeks * ROLLOVER) < timedelta(days=1):
            return (
                "GPS has a date of years ago (1024 weeks off): old receiver, its date is not used"
            )
        seconds = apart.total_seconds()
        if abs(apart) > WHO_IS_RIGHT:
            span = _span(abs(seconds))
            return f"GPS and the computer's clock differ by {span}: see which of them is right"
        if abs(apart) > CLOCK_APART:
            return (
                f"the computer's clock is {_span(abs(seconds))} {'slow' if seconds > 0 else 'fast'}"
            )
        return ""

    def _stuck(self, place: Place, speed_m_s: float | None) -> str:
        last = self._last
        same = last is not None and _at(last) == _at(place)
        if not same or self._since is None:
            self._since = place.time
        moves = speed_m_s is not None and speed_m_s > MOVING_M_S
        if same and moves and place.time - self._since > STUCK_AFTER:
            return "GPS stands still: the same place to the last digit, while it says that it moves"
        return ""

    def _jumped(self, place: Place) -> bool:
        """Tell whether a fix is a jump; several that agree with each other are believed."""
        last = self._last
        if last is None or not _too_fast(last, place):
            self._apart = []
            return False
        if self._apart and _too_fast(self._apart[-1], place):
            self._apart = []
        self._apart.append(place)
        if len(self._apart) >= AGREEING_FIXES:
            self._apart = []
            return False
        self.complaint = (
            f"GPS jumped by {_metres(last, place) / 1e3:.1f} km: not used until it is sure"
        )
        return True


def _at(place: Place) -> tuple[float, float]:
    return place.latitude_deg, place.longitude_deg


def _too_fast(a: Place, b: Place) -> bool:
    seconds = max(abs((b.time - a.time).total_seconds()), 1.0)
    return _metres(a, b) > max(LEAST_JUMP_M, FASTEST_M_S * seconds)


def _metres(a: Place, b: Place) -> float:
    east = (b.longitude_deg - a.longitude_deg + 180.0) % 360.0 - 180.0
    east *= math.cos(math.radians(a.latitude_deg))
    return METRES_A_DEGREE * math.hypot(b.latitude_deg - a.latitude_deg, east)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
