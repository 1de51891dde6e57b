"""The table of causes: what each means for where and when to listen, and its rough weight.

Weights are judgement, not measurement. They begin with how often collars end so (of 3,000 satellite
units half of those that ended early had a technical failure: Hofman et al., PLoS ONE 14:e0216223,
2019; the rest is experience) and are multiplied by a rough factor for each piece of evidence. The
leader's own weight replaces one; the others share what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from receiver.config import Collar
from receiver.story.evidence import Evidence, evidence
from receiver.story.facts import Cause, Story
from receiver.story.said import Said

WHOLE = 100.0
BOUNDS = (0.02, 0.95)  # of the chance that nothing can be heard: nobody can be sure
NO_BEACON = 0.95


class Kind(NamedTuple):
    """A cause before any evidence: `usual` weight, and how often the beacon is then inaudible."""

    title: str
    usual: float
    inaudible: float
    where: str
    when: str


KINDS: dict[str, Kind] = {
    "schedule": Kind(
        "it sleeps by its schedule", 10, 0.1,
        "anywhere in its usual range",
        "by the sheet's beacon hours; else over 24 hours, and on several weekdays",
    ),
    "battery": Kind(
        "battery at its end", 15, 0.7,
        "its usual range: the animal goes on living there",
        "warm hours of sunny days, when a cold battery gives most; listen long, it may be weak",
    ),
    "account": Kind(
        "nobody receives its positions (account, SIM, server)", 10, 0.1,
        "nowhere yet: telephone first; maker and operator may hold newer fixes",
        "before leaving",
    ),
    "outage": Kind(
        "outage at the operator of satellites or mobile network", 5, 0.1,
        "nowhere yet: ask whether sister collars report",
        "wait for the operator; its beacon can be heard meanwhile",
    ),
    "gps": Kind(
        "GPS has failed, the link is alive", 5, 0.1,
        "its usual range; ask the maker for places by the link itself (Argos, cell)",
        "any beacon hour",
    ),
    "den": Kind(
        "in a den or a gorge without a view of the sky", 10, 0.4,
        "about its last fixes and the places it comes back to, from above, both sides",
        "dusk to dawn, when it comes out; again and again over some days",
    ),
    "sudden": Kind(
        "it stopped at once (water, a blow, electronics)", 20, 0.6,
        "its usual range; a second beacon may still run",
        "any beacon hour",
    ),
    "dropoff": Kind(
        "its programmed drop-off opened", 5, 0.3,
        "at the last fixes, then at the places where it rests: it lies on the ground",
        "any time: it does not move; near, with the antenna low and high",
    ),
    "dropped": Kind(
        "the collar has come off or lies still", 10, 0.3,
        "at the place where its last fixes lie together",
        "any time: it does not move. Listen for the mortality rate of its sheet",
    ),
    "poaching": Kind(
        "a person (snare, shot, poison, collar cut off or destroyed)", 10, 0.8,
        "the last fixes, paths and camps near them; a collar may lie in water or be carried off",
        "with the inspector, by day; not over open radio",
    ),
}  # fmt: skip


def causes(
    story: Story, collar: Collar, said: Said, sisters: Mapping[str, datetime]
) -> tuple[Cause, ...]:
    """Return all causes with their evidence, the heaviest first."""
    found = list(evidence(story, collar, said.answers, sisters))
    weights = _weights(found, said.weights)
    table = [_cause(key, found, weights[key], said) for key in KINDS]
    return tuple(sorted(table, key=lambda cause: -cause.weight))


def _weights(found: Sequence[Evidence], own: Mapping[str, float]) -> dict[str, float]:
    """Return weights that sum to 100; those of the leader stay as they are, where they can."""
    rough = {key: kind.usual for key, kind in KINDS.items() if key not in own}
    for one in found:
        if one.cause in rough and one.factor is not None:
            rough[one.cause] *= one.factor
    total_own = sum(own.values())
    scale_own = WHOLE / total_own if total_own > WHOLE or (total_own and not rough) else 1.0
    left = max(WHOLE - total_own * scale_own, 0.0)
    scale = left / sum(rough.values()) if rough else 0.0
    return {
        key: own[key] * scale_own if key in own else rough[key] * scale for key in KINDS
    }  # fmt: skip


def _cause(key: str, found: Sequence[Evidence], weight: float, said: Said) -> Cause:
    kind, own = KINDS[key], [one for one in found if one.cause == key]
    return Cause(
        key=key,
        title=kind.title,
        weight=round(weight),
        by_leader=key in said.weights,
        evidence_for=tuple(one.text for one in own if one.factor and one.factor > 1),
        evidence_against=tuple(one.text for one in own if one.factor and one.factor < 1),
        missing=tuple(one.text for one in own if one.factor is None),
        where=kind.where,
        when=kind.when,
        inaudible_share=_inaudible(kind, said.answers.get("beacon")),
    )


def _inaudible(kind: Kind, beacon: str | None) -> float:
    """Return how often a beacon is inaudible, by what is known of its own battery."""
    if beacon == "no":
        return NO_BEACON
    return kind.inaudible * (0.5 if beacon == "yes" else 1.0)


def inaudible_share(table: Sequence[Cause]) -> float:
    """Return the rough chance that the beacon cannot be heard wherever one listens."""
    total = sum(cause.weight for cause in table)
    share = sum(cause.weight * cause.inaudible_share for cause in table) / total if total else 0.4
    return round(min(max(share, BOUNDS[0]), BOUNDS[1]), 2)
