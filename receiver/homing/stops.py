"""Who must not go on: within the approach limit of the homed collar, or of another one.

A search that goes on to the next collar does not lift the limit of the last one: its animal is
still there. What is worked out for somebody is kept until he or the answer moves; a STOP that stood
is not so soon taken away, unless the leader has lowered the limit since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from receiver.homing.approach import AREA, approach
from receiver.homing.snapshot import Approach, Standing

if TYPE_CHECKING:
    from receiver.locator import Posterior

Point = tuple[float, float]


class _Kept(NamedTuple):
    posterior: Posterior
    asked: tuple[Point, float, float]
    stands: Approach


@dataclass(slots=True)
class Stops:
    """`limit_of` gives the approach limit of a collar, in metres."""

    limit_of: Callable[[str | None], float]
    _answers: dict[str | None, Posterior] = field(default_factory=dict)
    _kept: dict[tuple[str, str | None], _Kept] = field(default_factory=dict)

    def take(self, collar: str | None, posterior: Posterior | None) -> None:
        """Note where a collar may be by now.

        An answer that cannot say where it is takes no STOP away: the last that could stands.
        """
        if posterior is None:
            return
        if AREA in posterior.answer.regions or collar not in self._answers:
            self._answers[collar] = posterior

    def of(self, who: str, here: Point | None, collar: str | None, off_m: float = 0.0) -> Approach:
        """Return how somebody stands to the limit of the homed collar, and of all others.

        `off_m` is how far from `here` he may be by his GPS.
        """
        own = self._stands(who, here, collar, off_m)
        if own.must_stop:
            return own
        others = (name for name in self._answers if name != collar)
        near = [name for name in others if self._stands(who, here, name, off_m).must_stop]
        return replace(own, must_stop=True, other_collar=near[0]) if near else own

    def marked(self, other: Standing, collar: str | None) -> Standing:
        """Return another searcher, with whether he must stop."""
        here = other.latitude_deg, other.longitude_deg
        stands = self.of(other.observer, here, collar, other.accuracy_m or 0.0)
        return replace(other, must_stop=stands.must_stop)

    def _stands(self, who: str, here: Point | None, collar: str | None, off_m: float) -> Approach:
        posterior, limit_m = self._answers.get(collar), self.limit_of(collar)
        if posterior is None or here is None:
            return approach(posterior, here, limit_m)
        kept, asked = self._kept.get((who, collar)), (here, limit_m, off_m)
        if kept is None or kept.posterior is not posterior or kept.asked != asked:
            has_stopped = kept is not None and kept.stands.must_stop and kept.asked[1] <= limit_m
            stands = approach(posterior, *asked, has_stopped=has_stopped)
            kept = _Kept(posterior, asked, stands)
            self._kept[who, collar] = kept
        return kept.stands
