"""What went wrong, each with how long ago, and a STOP that went by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from receiver.homing.entered import SHOWN
from receiver.homing.snapshot import Approach, Said
from receiver.language import phrase, translated

if TYPE_CHECKING:
    from receiver.locator import Posterior


class _Stood(NamedTuple):
    """How the searcher stood to the limit of a collar, by which answer."""

    collar: str | None
    stands: Approach
    posterior: Posterior | None

    @property
    def limit(self) -> tuple[str | None, float]:
        """The limit, and whose it is."""
        return self.collar, self.stands.limit_m


@dataclass(slots=True)
class Faults:
    """The last faults of a search, and how its searcher stood to the approach limit before."""

    _since_s: dict[tuple[int, str], float] = field(default_factory=dict)  # by number and text
    _stood: _Stood | None = None
    _stop_ended_s: float | None = None

    def said(self, faults: Sequence[str], now_s: float) -> tuple[Said, ...]:
        """Return the last faults, the newest last; `faults` are all that were told, in order."""
        first = max(len(faults) - SHOWN, 0)
        last = enumerate(faults[first:], first)  # by its number: told again is told anew
        self._since_s = {fault: self._since_s.get(fault, now_s) for fault in last}
        told = [(translated(text), since_s) for (_, text), since_s in self._since_s.items()]
        if self._stop_ended_s is not None:
            gone = phrase("STOP has gone by itself: the leader has allowed nothing")
            told.append((gone, self._stop_ended_s))
        told.sort(key=lambda fault: fault[1])
        return tuple(Said(text=text, age_s=now_s - since_s) for text, since_s in told)

    def watch_stop(
        self, collar: str | None, stands: Approach, posterior: Posterior | None, now_s: float
    ) -> None:
        """Note a STOP that goes by itself: nobody may take that for the leader's permission.

        Who walks away from it under the same answer, or has the limit set, knows why it went.
        """
        before, self._stood = self._stood, _Stood(collar, stands, posterior)
        if before is None or stands.must_stop or before.limit != self._stood.limit:
            self._stop_ended_s = None
        elif before.stands.must_stop and before.posterior is not posterior:
            self._stop_ended_s = now_s
