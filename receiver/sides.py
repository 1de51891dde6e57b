"""Left or right: two antennas on one aircraft, one on each side, and which hears the collar better.

Each receiver's pulse is put beside the other's of the same moment. The unknown offset between the
two is not known here, so a small difference calls no side: fly a circle, or swap the antennas.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from receiver.config import Setup
from receiver.records import Observation

SAME_MOMENT_S = 1.0
# Two receivers of one kind differ by 5 to 7 dB (section 15 of the page on locating); by less than
# half of that no side is called.
LEAST_DIFFERENCE_DB = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A pulse heard on both sides: how much louder left than right, and the side that is called."""

    time: datetime
    observer: str | None
    collar: str | None
    left_minus_right_db: float

    @property
    def called(self) -> str:
        """left, right, or ahead or behind where neither is louder."""
        if abs(self.left_minus_right_db) < LEAST_DIFFERENCE_DB:
            return "ahead or behind"
        return "left" if self.left_minus_right_db > 0 else "right"


def sides(levels: Iterable[Observation], setups: Mapping[str, Setup]) -> list[Side]:
    """Return the pulses that were heard on both sides, in order of time.

    Args:
        levels: levels of any receivers, on one scale.
        setups: what each heard with, by the level's id; `side` is left or right.
    """
    own: dict[tuple[str | None, ...], dict[str, list[Observation]]] = defaultdict(dict)
    for level in levels:
        side = setups[level.id].side if level.id in setups else None
        if side in ("left", "right") and level.kind == "level" and level.level_db is not None:
            key = level.observer, level.collar, level.level_unit
            own[key].setdefault(side, []).append(level)
    found = [side for pair in own.values() if len(pair) == 2 for side in _pairs(**pair)]
    return sorted(found, key=lambda side: side.time)


def _pairs(left: list[Observation], right: list[Observation]) -> Iterable[Side]:
    right = sorted(right, key=lambda o: o.time)
    times = [o.time for o in right]
    for one in left:
        place = bisect_left(times, one.time)
        near = right[max(place - 1, 0) : place + 1]
        other = min(near, key=lambda o: abs(o.time - one.time), default=None)
        if other and abs((other.time - one.time).total_seconds()) <= SAME_MOMENT_S:
            yield Side(
                time=one.time,
                observer=one.observer,
                collar=one.collar,
                left_minus_right_db=round((one.level_db or 0.0) - (other.level_db or 0.0), 2),
            )
