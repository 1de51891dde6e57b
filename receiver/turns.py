"""A turn with a directional antenna: its peak is the level, its azimuths the bearing.

While the antenna turns, each single level depends on where it points, so a turn is one level (the
loudest), one bearing and one check: in the weakest direction the level must have fallen, and that
direction must be well away from the loudest. A small Yagi or an H antenna hears almost as well from
behind (1 to 9 dB less) and not at all from the sides: then the bearing has its opposite as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from receiver.records import Observation, Place
from receiver.search import identity
from receiver.setups import TurnMark

# The arc about the peak over which a bearing is taken, and what a fall to the weakest side proves.
ARC_DB, LEAST_FALL_DB = 3.0, 6.0
# Bearings by the loudest signal lay 3.9 degrees about the truth (coyotes, section 15 of the
# project's page on locating); by a heading that a person read, as wide as a broad one by hand.
LOUDEST_SIGMA_DEG, BY_HAND_SIGMA_DEG = 4.0, 20.0
BACK_LOBE_DB = 3.0
FULL_TURN_GAP_DEG = 45.0
WEAKEST_AWAY_DEG = 45.0
LONGEST = timedelta(minutes=10)
BESIDE = "was weakest beside its loudest direction: an echo? turn again some steps aside"
Direction = tuple[float, float, bool]  # azimuth, spread, as loud from behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn: from when to when, by whose receiver, in which polarisation."""

    begin: datetime
    end: datetime
    start: TurnMark
    stop: TurnMark

    def holds(self, observer: str | None, receiver: str | None, time: datetime) -> bool:
        """Tell whether a level belongs to this turn."""
        mark = self.start
        return (mark.observer, mark.receiver) == (observer, receiver) and (
            self.begin <= time <= self.end
        )

    def within(self, observer: str, receiver: str, begin: datetime, end: datetime) -> bool:
        """Tell whether this is a turn of that receiver, all of it between two times."""
        mark = self.start
        own = (mark.observer, mark.receiver) == (observer, receiver)
        return own and begin <= self.begin and self.end <= end

    def is_full(self, places: Iterable[Place]) -> bool:
        """Tell whether the antenna looked all around: as said, else by the headings meanwhile."""
        if self.stop.full is not None:
            return self.stop.full is True
        meanwhile = (p.heading_deg for p in places if self.begin <= p.time <= self.end)
        azimuths = sorted({heading % 360.0 for heading in meanwhile if heading is not None})
        around = [*azimuths, *(azimuth + 360.0 for azimuth in azimuths[:1])]
        steps = [b - a for a, b in pairwise(around)]
        return len(azimuths) > 1 and max(steps) <= FULL_TURN_GAP_DEG

    @property
    def polarisation(self) -> str | None:
        """Vertical, horizontal, both, or not said."""
        return self.stop.polarisation or self.start.polarisation


def turns(marks: Iterable[TurnMark]) -> list[Turn]:
    """Pair beginnings and ends; a beginning without an end within ten minutes is none."""
    found: list[Turn] = []
    begun: dict[tuple[str, str], TurnMark] = {}
    for mark in sorted(marks, key=lambda m: (m.time, not m.is_start)):
        owner = mark.observer, mark.receiver
        if mark.is_start:
            begun[owner] = mark
        elif (start := begun.pop(owner, None)) and mark.time - start.time <= LONGEST:
            found.append(Turn(begin=start.time, end=mark.time, start=start, stop=mark))
    return found


def reduce(
    turn: Turn, levels: Sequence[Observation], heading_sigma_deg: float
) -> tuple[list[Observation], list[str]]:
    """Return the level and the bearing of a turn, and what is doubtful about it.

    Args:
        turn: the turn.
        levels: its levels, of one collar, in order of time, each with `heading_deg` where known.
        heading_sigma_deg: how far off a heading may be.
    """
    if not levels:
        return [], []
    peak = max(levels, key=lambda o: (-math.inf if o.level_db is None else o.level_db, o.id))
    pointed = [o for o in levels if o.heading_deg is not None]
    direction, doubt = _said(turn) or _direction(pointed, heading_sigma_deg)
    azimuth = None if direction is None else direction[0]
    level = replace(
        peak,
        id=identity(peak.id, "turn"),
        antenna_azimuth_deg=azimuth,
        polarisation=turn.polarisation or peak.polarisation,
    )
    told = [f"the turn at {turn.end:%H:%M:%S} UTC {doubt}"] if doubt else []
    return [level, *(_bearing(level, direction) if direction else ())], told


def _said(turn: Turn) -> tuple[Direction, str] | None:
    """Return the loudest direction as a person said it, None where nobody did."""
    loudest, weakest = turn.stop.loudest_deg, turn.stop.weakest_deg
    if loudest is None:
        return None
    near = weakest is not None and apart_deg(loudest, weakest) < WEAKEST_AWAY_DEG
    return (loudest, BY_HAND_SIGMA_DEG, False), BESIDE if near else ""


def _direction(
    pointed: Sequence[Observation], heading_sigma_deg: float
) -> tuple[Direction | None, str]:
    """Return the middle of the loud arc, or why there is no direction."""
    around = _loudest_by_azimuth(pointed)
    if len(around) < 4:
        return None, "has no azimuths: no bearing; give the loudest one by hand"
    peak_at = max(around, key=lambda azimuth: around[azimuth])
    weak_at = min(around, key=lambda azimuth: around[azimuth])
    peak_db, fall_db = around[peak_at], around[peak_at] - around[weak_at]
    if fall_db < LEAST_FALL_DB:
        return None, f"fell by {fall_db:.0f} dB only: no direction; echoes, or not a full turn"
    loud = [
        _signed_deg(azimuth - peak_at)
        for azimuth, level_db in around.items()
        if level_db >= peak_db - ARC_DB and apart_deg(azimuth, peak_at) <= 90.0
    ]
    azimuth = (peak_at + (min(loud) + max(loud)) / 2.0) % 360.0
    behind = [db for at, db in around.items() if apart_deg(at, azimuth) >= 150.0]
    twin = bool(behind) and max(behind) >= peak_db - BACK_LOBE_DB
    sigma_deg = math.hypot(LOUDEST_SIGMA_DEG, heading_sigma_deg)
    near = apart_deg(weak_at, azimuth) < WEAKEST_AWAY_DEG
    return (azimuth, 2.0 * sigma_deg if near else sigma_deg, twin), BESIDE if near else ""


def _loudest_by_azimuth(pointed: Iterable[Observation]) -> dict[float, float]:
    """Return the loudest level of each five degrees, at the azimuth where it was heard."""
    best: dict[int, tuple[float, float]] = {}
    for one in pointed:
        if one.heading_deg is None or one.level_db is None:
            continue
        sector = int(one.heading_deg % 360.0 // 5.0)
        best[sector] = max(best.get(sector, (-math.inf, 0.0)), (one.level_db, one.heading_deg))
    return {azimuth % 360.0: level_db for level_db, azimuth in best.values()}


def _bearing(level: Observation, direction: Direction) -> list[Observation]:
    azimuth, sigma_deg, twin = direction
    bearing = replace(
        level,
        id=identity(level.id, "bearing"),
        kind="bearing",
        level_db=None,
        level_unit=None,
        level_sd_db=None,
        level_bound="none",
        bearing_deg=round(azimuth, 2) % 360.0,
        bearing_sigma_deg=round(sigma_deg, 2),
        bearing_reference="true; loudest",
        bearing_alternatives_deg=(round(azimuth + 180.0, 2) % 360.0,) if twin else (),
    )
    return [bearing]


def apart_deg(a_deg: float, b_deg: float) -> float:
    """Return the angle between two directions, 0 to 180."""
    return abs(_signed_deg(a_deg - b_deg))


def _signed_deg(angle_deg: float) -> float:
    return (angle_deg + 180.0) % 360.0 - 180.0
