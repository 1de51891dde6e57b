"""What would help a search most just now, first things first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from receiver.config import Configuration
from receiver.homing.snapshot import OLD_S, SourceState, Standing, Strength
from receiver.language import phrase
from receiver.records import Observation

if TYPE_CHECKING:
    from receiver.joining import Derived


def needed(
    derived: Derived | None,
    configuration: Configuration,
    sources: Sequence[SourceState],
    place: Standing | None,
    strength: Strength | None,
    observations: Sequence[Observation] = (),
    *,
    place_holds: bool = True,
) -> tuple[str, ...]:
    """Return what is missing, in words; `observations` are those of the homed collar.

    `place_holds`: the searcher is still where he is known to be.
    """
    said = [
        phrase("{name} is lost: {reason}", name=s.name, reason=s.reason or s.state)
        for s in sources
        if s.state == "lost"
    ]
    if place is None:
        said.append(phrase("your place: wait for the GPS, or enter it"))
    elif not place_holds:
        said.append(phrase("your place is old: is the GPS still on?"))
    if derived is None:
        return tuple(said)
    receivers = [s.name for s in sources if s.role == "receiver"]
    own = configuration.observer
    unsaid = [r for r in receivers if derived.register.first(own, r).antenna is None
              and (own, r) not in derived.register.hearings]  # fmt: skip
    if unsaid:
        said.append(phrase("say which antenna {receiver} hears with", receiver=unsaid[0]))
    if strength is not None and strength.age_s < OLD_S and strength.saturated:
        said.append(phrase("too loud for the meter: take the next gain step"))
    if any(o.heard for o in observations) and not any(o.kind == "bearing" for o in observations):
        said.append(phrase("a turn with the antenna: no direction has been taken yet"))
    if count := len(derived.unplaced):
        one = phrase("the place of one entry, which nobody knows")
        many = phrase("the places of {count} entries, which nobody knows", count=count)
        said.append(one if count == 1 else many)
    return tuple(said)
