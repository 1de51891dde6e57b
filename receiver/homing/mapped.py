"""What a map shows of a homing search, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from receiver.homing.snapshot import Snapshot
from receiver.records import Answer, Observation

BEARINGS_SHOWN = 30
MOST_STEPS, STEP_M = 4000, 5.0
DEGREE_M = 111_195.0


class Step(NamedTuple):
    """A point of the walk: how loud the collar was there (0 to 1), None where it was not heard."""

    latitude_deg: float
    longitude_deg: float
    share: float | None
    since_s: float


class Walk:
    """The searcher's own walk; a long one is thinned out, never cut off.

    `changes` grows with each change.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.changes = 0

    def add(self, step: Step) -> None:
        """Add a point, unless it is where the last one was and no louder."""
        if self.steps and _metres(self.steps[-1], step) < STEP_M:
            louder = (step.share or 0.0) > (self.steps[-1].share or 0.0)
            if louder:
                self.changes += 1
                self.steps[-1] = self.steps[-1]._replace(share=step.share)
            return
        self.steps.append(step)
        self.changes += 1
        if len(self.steps) > MOST_STEPS:
            self.steps = self.steps[::2]


def _metres(a: Step, b: Step) -> float:
    """Return about how far two near points are apart; north counts fully, east at most that."""
    return DEGREE_M * (
        abs(a.latitude_deg - b.latitude_deg) + abs(a.longitude_deg - b.longitude_deg)
    )


def regions(answer: Answer | None) -> dict[str, Any]:
    """Return the search areas as GeoJSON geometries, by their share."""
    if answer is None:
        return {}
    return {share: region["geometry"] for share, region in answer.regions.items() if share != "75"}


def bearings(
    observations: Sequence[Observation], now: datetime, collar: str | None
) -> list[dict[str, Any]]:
    """Return the last bearings of a collar, each with the place where it was taken."""
    taken = [
        o
        for o in observations
        if o.kind == "bearing" and o.latitude_deg is not None and o.collar in (None, collar)
    ]
    return [
        {
            "lat": o.latitude_deg,
            "lon": o.longitude_deg,
            "bearing_deg": o.bearing_deg,
            "sd_deg": o.bearing_sigma_deg,
            "age_s": max(round((now - o.time).total_seconds()), 0),
            "observer": o.observer,
        }
        for o in taken[-BEARINGS_SHOWN:]
    ]


def others(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return where the other searchers are."""
    return [
        {"lat": s.latitude_deg, "lon": s.longitude_deg, "age_s": s.age_s, "observer": s.observer}
        for s in snapshot.others
    ]


def alarms(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return what was called to everybody, where its caller stands."""
    places = {
        s.observer: s for s in (*snapshot.others, *([snapshot.place] if snapshot.place else []))
    }
    return [
        {
            "text": call.text,
            "age_s": call.age_s,
            "observer": call.observer,
            "lat": places[call.observer].latitude_deg if call.observer in places else None,
            "lon": places[call.observer].longitude_deg if call.observer in places else None,
        }
        for call in snapshot.calls
    ]
