"""Where the searchers stand, and where the own one is going."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from receiver.geodesy import LocalGrid
from receiver.homing.snapshot import Standing
from receiver.records import Place

COURSE_M, STEPS, DAY_S = 10.0, 60, 86_400.0
PLACE_OLD_S = 60.0  # of a measured place; one by hand says how long it holds


@dataclass(slots=True)
class Stands:
    """The last place of everybody, with the second (monotonic) of it."""

    observer: str
    _places: dict[str, tuple[Place, float]] = field(default_factory=dict)
    _by_hand: dict[str, tuple[Place, float]] = field(default_factory=dict)
    _way: deque[Place] = field(default_factory=lambda: deque(maxlen=STEPS))

    def add(self, place: Place, since_s: float) -> None:
        """Take a measured place."""
        who = place.observer or self.observer
        self._places[who] = (place, since_s)
        if who == self.observer:
            self._way.append(place)

    def by_hand(self, places: Sequence[tuple[Place, float]]) -> None:
        """Take all places that were entered and still count; of each observer the last one does."""
        ordered = sorted(places, key=lambda said: said[1])
        self._by_hand = {place.observer: (place, since_s) for place, since_s in ordered}

    def _of(self, observer: str) -> tuple[Place, float] | None:
        """Return the newest place of somebody, measured or entered."""
        known = [p[observer] for p in (self._by_hand, self._places) if observer in p]
        return max(known, key=lambda found: found[1], default=None)

    def holds(self, now_s: float) -> bool:
        """Tell whether the searcher is still where he is known to be."""
        if (found := self._of(self.observer)) is None:
            return False
        place, since_s = found
        return now_s - since_s <= (PLACE_OLD_S if place.holds_s is None else place.holds_s)

    def of(self, observer: str, now_s: float) -> Standing | None:
        """Return where somebody is."""
        if (found := self._of(observer)) is None:
            return None
        place, since_s = found
        return Standing(
            observer=observer,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            age_s=0.0 if _is_for_ever(place) else round(now_s - since_s, 1),
            accuracy_m=place.accuracy_m,
            heading_deg=place.heading_deg,
            holds_s=place.holds_s,
        )

    def others(self, now_s: float) -> tuple[Standing, ...]:
        """Return where the others are."""
        names = [n for n in {**self._places, **self._by_hand} if n != self.observer]
        return tuple(standing for name in names if (standing := self.of(name, now_s)))

    def course_deg(self) -> float | None:
        """Return where the searcher went over his last steps."""
        if len(self._way) < 2:
            return None
        last = self._way[-1]
        places_deg = np.array([(p.latitude_deg, p.longitude_deg) for p in self._way])
        x_m, y_m = LocalGrid(last.latitude_deg, last.longitude_deg).to_xy(*places_deg.T)
        far = np.flatnonzero(np.hypot(x_m, y_m) >= COURSE_M)
        if len(far) == 0:
            return None
        return math.degrees(math.atan2(-x_m[far[-1]], -y_m[far[-1]])) % 360.0


def _is_for_ever(place: Place) -> bool:
    """Tell whether a place was given in an address; one by hand is as old as it is."""
    return place.holds_s is not None and place.holds_s > DAY_S
