"""What an attenuator did: its steps as levels show them, and levels brought to one scale.

A step is believed by its number only where it was measured today. A step that changes the level by
less than half of its number means that the receiver is overloaded, or that the signal comes in past
the antenna: then no level there is what it seems.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from statistics import median

from receiver.records import Observation

# Levels that are compared over a step: the last and the first few, soon after each other, so that
# nobody has walked far between them.
LEVELS_COMPARED = 3
NEAR = timedelta(seconds=60)
LEAST_STEP_DB = 3.0  # smaller ones drown in the fading
IsMeasured = Callable[[Observation], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An attenuator was changed: by how much, and by how much the level fell."""

    time: datetime
    receiver: str
    nominal_db: float
    seen_db: float

    @property
    def is_fault(self) -> bool:
        """Tell whether the level followed by less than half."""
        return self.seen_db * (1.0 if self.nominal_db > 0 else -1.0) < abs(self.nominal_db) / 2.0

    def __str__(self) -> str:
        way = "more" if self.nominal_db > 0 else "less"
        return (
            f"{self.receiver}: {abs(self.nominal_db):g} dB {way} attenuation at"
            f" {self.time:%H:%M:%S} UTC changed the level by {abs(self.seen_db):.0f} dB only:"
            " overload, or the signal comes in past the antenna; do not trust levels there"
        )


def steps(levels: Iterable[Observation]) -> list[Step]:
    """Return the steps of attenuators that levels show, each of one receiver and one collar."""
    found: list[Step] = []
    for own in _by_source(levels).values():
        runs = [list(run) for _, run in groupby(own, key=lambda o: o.attenuator_db)]
        for before, after in pairwise(runs):
            found += _step(before, after)
    return sorted(found, key=lambda step: (step.time, step.receiver))


def _by_source(levels: Iterable[Observation]) -> dict[tuple[str | None, ...], list[Observation]]:
    """Sort levels by time, apart for each scale of each receiver and each collar."""
    own: dict[tuple[str | None, ...], list[Observation]] = defaultdict(list)
    for level in sorted(levels, key=lambda o: (o.time, o.id)):
        if level.level_db is not None:
            whose = level.observer, level.receiver, level.collar, level.session, level.level_unit
            own[whose].append(level)
    return own


def _step(before: Sequence[Observation], after: Sequence[Observation]) -> list[Step]:
    old_db, new_db = before[-1].attenuator_db, after[0].attenuator_db
    if old_db is None or new_db is None or abs(new_db - old_db) < LEAST_STEP_DB:
        return []
    time = after[0].time
    last = [o.level_db or 0.0 for o in before[-LEVELS_COMPARED:] if time - o.time <= NEAR]
    first = [o.level_db or 0.0 for o in after[:LEVELS_COMPARED] if o.time - time <= NEAR]
    if not last or not first:
        return []
    seen_db = median(last) - median(first)
    receiver = after[0].receiver or "the receiver"
    return [Step(time=time, receiver=receiver, nominal_db=new_db - old_db, seen_db=seen_db)]


def one_scale(levels: Sequence[Observation], is_measured: IsMeasured) -> list[Observation]:
    """Return levels with the attenuator taken into account, in the order given.

    Where its steps were measured today they are added to the level, and the session goes on. Else
    each setting of it is a session of its own, with its own unknown offset.
    """
    number: dict[str | None, int] = {}
    setting: dict[str | None, float | None] = {}
    changed: dict[str, Observation] = {}
    for level in sorted(levels, key=lambda o: (o.time, o.id)):
        if level.attenuator_db is not None and level.level_db is not None and is_measured(level):
            raised = level.level_db + level.attenuator_db
            changed[level.id] = replace(level, level_db=raised)
            continue
        session = level.session
        if setting.setdefault(session, level.attenuator_db) != level.attenuator_db:
            setting[session] = level.attenuator_db
            number[session] = number.get(session, 1) + 1
        if session in number:
            changed[level.id] = replace(level, session=f"{session}/{number[session]}")
    return [changed.get(level.id, level) for level in levels]
