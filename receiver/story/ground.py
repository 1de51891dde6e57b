"""Where a collar was: its track, the way it went, the places where it stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pyproj
from numpy.typing import NDArray

from receiver.geodesy import LocalGrid
from receiver.records import Fix
from receiver.story.contacts import DAY_S, Floats, utc
from receiver.story.facts import Cluster, Position, Walk

TRUSTED = ("ok", "corrected")
ARGOS = "argos-doppler-shift"
GPS_ACCURACY_M = 20.0
# What Argos' own classes are worth on animals: some 2 km for 3, 2, 1 and A, 5 to 10 km for 0 and B
# (Boyd and Brightsmith, PLoS ONE 8:e63051, 2013); the operator's figures are smaller.
ARGOS_ACCURACY_M = {"3": 2000.0, "2": 2000.0, "1": 2000.0, "A": 2000.0}
ARGOS_OTHER_M = 8000.0
MUCH_BETTER, MOST_LAST = 5.0, 6
ARGOS_FOR_TRACKS = ("3", "2", "1")
FASTEST_M_S = 40.0  # into a place and out of it again: nothing that walks
LEAST_STEP_M = 30.0
# A place where it stayed: after the rule of studies of pumas' kills (BMC Research Notes 2:230,
# 2009): fixes within 200 m of each other and a day apart, or more where fixes are rare.
PLACE_M, STAY_GAP_S, STAY_GAP_INTERVALS = 200.0, DAY_S, 2.5
FEWEST_FIXES, SHORTEST_STAY_S = 3, 4 * 3600.0
STILL_M, STILL_S = 30.0, 20 * 3600.0  # longer than a rest by day
LIES_STILL = "a collar that lies still, or a den"
KILL_S, COMES_BACK = 5 * DAY_S, 3
_WGS84 = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Positions in order of time, in degrees and in metres about their middle.

    `spikes` counts those left out as nothing can go there and back so fast.
    """

    time_s: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    x_m: Floats
    y_m: Floats
    grid: LocalGrid
    accuracy_m: float
    spikes: int

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def interval_s(self) -> float:
        """The median time between positions; 0 for one position."""
        return float(np.median(np.diff(self.time_s))) if len(self) > 1 else 0.0


def accuracy_m(fix: Fix) -> float:
    """Return how far off a position may be (one standard deviation, roughly)."""
    if fix.sensor != ARGOS:
        return fix.accuracy_m or GPS_ACCURACY_M
    return max(ARGOS_ACCURACY_M.get(fix.location_class or "", ARGOS_OTHER_M), fix.accuracy_m or 0)


class Spot(NamedTuple):
    """A position that may be taken for the animal's."""

    time: datetime
    latitude_deg: float
    longitude_deg: float
    fix: Fix


def trusted(fixes: Sequence[Fix]) -> list[Spot]:
    """Return the positions that may be taken for the animal's, in order of time."""
    found = [
        Spot(fix.time, fix.latitude_deg, fix.longitude_deg, fix)
        for fix in fixes
        if fix.position_status in TRUSTED
        and fix.time is not None
        and fix.latitude_deg is not None
        and fix.longitude_deg is not None
    ]
    return sorted(found, key=lambda spot: (spot.time, spot.fix.id))


def last_places(known: Sequence[Spot]) -> list[Position]:
    """Return the newest positions, the last first.

    A much better position of the same day goes before a poor one: GPS before Argos. A position
    that several messages have told is one.
    """
    if not known:
        return []
    end = known[-1].time
    fresh = [spot for spot in known if (end - spot.time).total_seconds() <= DAY_S]
    limit_m = MUCH_BETTER * min(accuracy_m(spot.fix) for spot in fresh)
    good = [spot for spot in known if accuracy_m(spot.fix) <= limit_m]
    once = {spot.time: spot for spot in good}  # in order of time, as the spots are
    return [_position(spot) for spot in reversed([*once.values()][-MOST_LAST:])]


def _position(spot: Spot) -> Position:
    return Position(
        fix_id=spot.fix.id,
        time=spot.time,
        latitude_deg=spot.latitude_deg,
        longitude_deg=spot.longitude_deg,
        accuracy_m=accuracy_m(spot.fix),
        sensor=spot.fix.sensor,
        location_class=spot.fix.location_class,
    )


def track(known: Sequence[Spot]) -> Track | None:
    """Return the track: GPS, or where there is none the better classes of Argos."""
    chosen = [spot for spot in known if spot.fix.sensor != ARGOS] or [
        spot for spot in known if spot.fix.location_class in ARGOS_FOR_TRACKS
    ]
    if not chosen:
        return None
    rows = np.array([(time.timestamp(), lat, lon) for time, lat, lon, _ in chosen])
    rows = rows[np.unique(rows[:, 0], return_index=True)[1]]
    grid = LocalGrid(*_middle(rows[:, 1], rows[:, 2]))
    x_m, y_m = grid.to_xy(rows[:, 1], rows[:, 2])
    good = ~_spikes(*rows.T) & np.isfinite(x_m) & np.isfinite(y_m)
    return Track(
        time_s=rows[good, 0],
        latitude_deg=rows[good, 1],
        longitude_deg=rows[good, 2],
        x_m=x_m[good],
        y_m=y_m[good],
        grid=grid,
        accuracy_m=float(np.median([accuracy_m(spot.fix) for spot in chosen])),
        spikes=int((~good).sum()),
    )


def _middle(latitude_deg: Floats, longitude_deg: Floats) -> tuple[float, float]:
    """Return a middle of places that does not mind the date line."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    east = np.arctan2(np.median(np.sin(lon)), np.median(np.cos(lon)))
    return float(np.degrees(np.median(lat))), float(np.degrees(east))


def _spikes(time_s: Floats, latitude_deg: Floats, longitude_deg: Floats) -> NDArray[np.bool_]:
    """Return which places were reached and left faster than anything walks."""
    spikes = np.zeros(len(time_s), dtype=bool)
    if len(time_s) >= 3:
        fast = legs_m(latitude_deg, longitude_deg) / np.diff(time_s) > FASTEST_M_S
        spikes[1:-1] = fast[:-1] & fast[1:]
    return spikes


def legs_m(latitude_deg: Floats, longitude_deg: Floats) -> Floats:
    """Return the geodesic lengths between places that follow each other."""
    lat, lon = latitude_deg, longitude_deg
    _, _, length_m = _WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return np.asarray(length_m, dtype=float)


# --- the way it went ----------------------------------------------------------------------------


def walk(found: Track) -> Walk:
    """Return the way between positions: a lower bound, as nobody knows what lies between them.

    A place counts once it is clearly away from the last one that counted: what stands still would
    walk far by the errors of its fixes.
    """
    step_m = max(LEAST_STEP_M, 1.5 * found.accuracy_m)
    kept = _apart(found.x_m.tolist(), found.y_m.tolist(), step_m)
    length_m = legs_m(found.latitude_deg[kept], found.longitude_deg[kept])
    recent = found.time_s[kept][1:] > found.time_s[-1] - 30 * DAY_S
    return Walk(
        distance_m=float(length_m.sum()),
        begin=utc(found.time_s[0]),
        end=utc(found.time_s[-1]),
        last_30_days_m=float(length_m[recent].sum()),
        interval_s=found.interval_s,
        least_step_m=step_m,
        positions=len(found),
    )


def _apart(x_m: list[float], y_m: list[float], step_m: float) -> list[int]:
    """Return the positions that lie at least a step from the one kept before."""
    kept = [0]
    for i in range(1, len(x_m)):
        j = kept[-1]
        if (x_m[i] - x_m[j]) ** 2 + (y_m[i] - y_m[j]) ** 2 >= step_m**2:
            kept.append(i)
    return kept


# --- places where it stayed ---------------------------------------------------------------------


@dataclass(slots=True)
class _Place:
    """A place about its first fix; `stays`: begin and end of each visit, in seconds."""

    x_m: float
    y_m: float
    members: list[int] = field(default_factory=list)
    stays: list[list[float]] = field(default_factory=list)

    def visit(self, index: int, time_s: float, gap_s: float) -> None:
        if self.stays and time_s - self.stays[-1][1] <= gap_s:
            self.stays[-1][1] = time_s
        else:
            self.stays.append([time_s, time_s])
        self.members.append(index)


def clusters(found: Track) -> tuple[Cluster, ...]:
    """Return the places where it stayed for hours: that of the end, the last month's, the others.

    Among these the longest stay comes first.
    """
    gap_s = max(STAY_GAP_S, STAY_GAP_INTERVALS * found.interval_s)
    places = _places(found, gap_s)
    kept = [_cluster(place, found) for place in places if _counts(place)]
    month = utc(found.time_s[-1] - 30 * DAY_S)
    rank = sorted(kept, key=lambda one: (one.until_end, one.end >= month, one.longest_stay_s))
    return tuple(reversed(rank))


def _places(found: Track, gap_s: float) -> list[_Place]:
    """Return all places: each fix belongs to the nearest first fix within reach."""
    by_cell: dict[tuple[int, int], list[_Place]] = {}
    every: list[_Place] = []
    rows = zip(found.x_m.tolist(), found.y_m.tolist(), found.time_s.tolist(), strict=True)
    for index, (x, y, time_s) in enumerate(rows):
        cell = int(x // PLACE_M), int(y // PLACE_M)
        place = _nearest(by_cell, cell, x, y)
        if place is None:
            place = _Place(x, y)
            by_cell.setdefault(cell, []).append(place)
            every.append(place)
        place.visit(index, time_s, gap_s)
    return every


def _nearest(
    by_cell: dict[tuple[int, int], list[_Place]], cell: tuple[int, int], x: float, y: float
) -> _Place | None:
    """Return the place within reach whose first fix is nearest."""
    best, best_m2 = None, PLACE_M**2
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            for place in by_cell.get((cell[0] + i, cell[1] + j), ()):
                m2 = (place.x_m - x) ** 2 + (place.y_m - y) ** 2
                if m2 <= best_m2:
                    best, best_m2 = place, m2
    return best


def _counts(place: _Place) -> bool:
    longest_s = max(end - begin for begin, end in place.stays)
    return len(place.members) >= FEWEST_FIXES and longest_s >= SHORTEST_STAY_S


def _cluster(place: _Place, found: Track) -> Cluster:
    x_m, y_m = found.x_m[place.members], found.y_m[place.members]
    middle = float(x_m.mean()), float(y_m.mean())
    latitude, longitude = found.grid.to_degrees(*middle)
    stays_s = [end - begin for begin, end in place.stays]
    last = found.time_s[place.members] >= place.stays[-1][0]
    spread_m = _spread_m(x_m[last], y_m[last])
    until_end = place.members[-1] == len(found) - 1
    return Cluster(
        latitude_deg=float(latitude),
        longitude_deg=float(longitude),
        begin=utc(place.stays[0][0]),
        end=utc(place.stays[-1][1]),
        positions=len(place.members),
        visits=len(place.stays),
        longest_stay_s=max(stays_s),
        last_stay_s=stays_s[-1],
        spread_m=spread_m,
        until_end=until_end,
        may_be=_may_be(stays_s, spread_m, until_end),
    )


def _spread_m(x_m: Floats, y_m: Floats) -> float:
    """Return the median distance from the middle; one far fix among many does not count."""
    return float(np.median(np.hypot(x_m - np.median(x_m), y_m - np.median(y_m))))


def _may_be(stays_s: list[float], spread_m: float, until_end: bool) -> str:
    if until_end and stays_s[-1] >= STILL_S and spread_m <= STILL_M:
        return LIES_STILL
    if len(stays_s) >= COMES_BACK:
        return "a den or a resting place: it came back"
    return "a kill, or a rest" if max(stays_s) <= KILL_S else "a den, or a long rest"


def moved_at_the_end(found: Track) -> bool:
    """Tell whether it was on its way in its last day: more than twice a place's width."""
    recent = found.time_s > found.time_s[-1] - DAY_S
    x_m, y_m = found.x_m[recent], found.y_m[recent]
    return len(x_m) >= 2 and float(np.hypot(np.ptp(x_m), np.ptp(y_m))) > 2 * PLACE_M
