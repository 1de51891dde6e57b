"""Joining what was heard with where it was heard: pure functions on records.

A detection and a place are joined by their times: the place may be 5 s old while the observer
moves and 60 s while he stands; the age is kept. What finds no place is kept as unplaced.
"""

from __future__ import annotations

import math
import uuid
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

from protocols.packet import Packet
from receiver.collar_rules import may_be_heard_at
from receiver.config import Configuration, Setup
from receiver.records import (
    PHONE_TIME,
    Detection,
    Entry,
    Observation,
    ObservationKind,
    Place,
    said_time,
)

MOVING_AGE_S, STILL_AGE_S = 5.0, 60.0
HEADING_AGE_S = 2.0  # an antenna is turned faster than anybody walks
MOVING_M_S = 0.5
INTERPOLATE_S = 10.0
HAND_PLACE_HOLDS_S = 900.0
UNITS, MOST = ("_deg", "_m", "_s", "_db", "_hz"), 1e12
FARTHEST_DEG = {"latitude_deg": 90.0, "longitude_deg": 360.0}
# A goniometer's own figure is 5 degrees (CLS RXG-134); its antenna is set by a hand compass.
FINDER_SIGMA_DEG = 8.0
METRES_A_DEGREE = 111_195.0  # of a sphere of 6,371 km: enough to tell standing from walking


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A place for an instant: measured or between two measured ones, and how old it is."""

    place: Place
    age_s: float


class Places:
    """The places of one observer, by time."""

    def __init__(self, places: Iterable[Place]) -> None:
        ordered = sorted(places, key=lambda p: (p.time, p.latitude_deg, p.longitude_deg))
        self._fixes = [place for place in ordered if place.holds_s is None]
        self._stated = [place for place in ordered if place.holds_s is not None]
        self._times = [place.time for place in self._fixes]

    def at(self, time: datetime) -> Placed | None:
        """Return where the observer was, None where nobody can say."""
        return self._measured(time) or self._said(time)

    def _measured(self, time: datetime) -> Placed | None:
        i = bisect_left(self._times, time)
        before, after = self._fixes[max(i - 1, 0) : i], self._fixes[i : i + 1]
        if before and after and _seconds(before[0], after[0]) <= INTERPOLATE_S:
            return _between(before[0], after[0], time)
        near = min(before + after, key=lambda fix: abs(fix.time - time), default=None)
        if near is None:
            return None
        age_s = abs((near.time - time).total_seconds())
        limit_s = MOVING_AGE_S if self._moving(i) else STILL_AGE_S
        return Placed(place=near, age_s=age_s) if age_s <= limit_s else None

    def _moving(self, i: int) -> bool:
        """Tell whether the fixes about index `i` show a walk; with one fix alone nobody knows."""
        near = self._fixes[max(i - 2, 0) : i + 2]
        steps = pairwise(near)
        return len(near) < 2 or any(
            _metres(a, b) > MOVING_M_S * max(_seconds(a, b), 1.0) for a, b in steps
        )

    def _said(self, time: datetime) -> Placed | None:
        """Return the last place that was said before `time` and still holds, or said just after."""
        early = timedelta(seconds=STILL_AGE_S)
        said = [p for p in self._stated if p.time <= time + early and self._holds(p, time)]
        if not said:
            return None
        last = max((p for p in said if p.time <= time), key=lambda p: p.time, default=said[0])
        return Placed(place=last, age_s=abs((time - last.time).total_seconds()))

    @staticmethod
    def _holds(place: Place, time: datetime) -> bool:
        return abs((time - place.time).total_seconds()) <= (place.holds_s or 0.0)


def _seconds(a: Place, b: Place) -> float:
    return (b.time - a.time).total_seconds()


def _metres(a: Place, b: Place) -> float:
    east = (b.longitude_deg - a.longitude_deg) * math.cos(math.radians(a.latitude_deg))
    return METRES_A_DEGREE * math.hypot(b.latitude_deg - a.latitude_deg, east)


def _between(a: Place, b: Place, time: datetime) -> Placed:
    span = _seconds(a, b)
    share = (time - a.time).total_seconds() / span if span else 0.0
    age_s = min(share, 1 - share) * span
    if abs(b.longitude_deg - a.longitude_deg) > 180:  # across the antimeridian: take the nearer
        return Placed(place=a if share < 0.5 else b, age_s=age_s)

    def mix(x: float | None, y: float | None) -> float | None:
        return None if x is None or y is None else x + share * (y - x)

    place = replace(
        a if share < 0.5 else b,
        time=time,
        latitude_deg=a.latitude_deg + share * (b.latitude_deg - a.latitude_deg),
        longitude_deg=a.longitude_deg + share * (b.longitude_deg - a.longitude_deg),
        altitude_m=mix(a.altitude_m, b.altitude_m),
        accuracy_m=mix(a.accuracy_m, b.accuracy_m),
    )
    return Placed(place=place, age_s=age_s)


def identity(*parts: object) -> str:
    """Return a UUID that is the same whenever it is made of the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def collar_of(detection: Detection, configuration: Configuration) -> str | None:
    """Return the collar that a detection is of, by its identity or its frequency; else None."""
    if detection.device_id is not None:
        wanted = detection.device_id.casefold()
        named = [c for c in configuration.collars if wanted in map(str.casefold, c.ids)]
    elif detection.frequency_hz is not None and detection.kind != "packet":
        frequency_hz = detection.frequency_hz
        named = [c for c in configuration.collars if may_be_heard_at(c, frequency_hz)]
    else:
        return None
    return named[0].name if len(named) == 1 else None


def level(
    detection: Detection, observer: str, setup: Setup | None = None, session: str | None = None
) -> Observation:
    """Return the observation of a detection's level, not placed yet.

    `setup` is what the receiver heard with; its attenuator comes on top of the receiver's own.
    """
    setup = setup or Setup()
    return Observation(
        id=identity(detection.id, "level"),
        kind="level",
        time=detection.time,
        collar=detection.collar,
        observer=observer,
        receiver=detection.receiver,
        session=session or detection.session,
        frequency_hz=detection.frequency_hz,
        heard=True,
        level_db=detection.level_db,
        level_unit=detection.level_unit,
        level_raw=detection.level_raw,
        level_sd_db=detection.level_sd_db,
        level_bound="lower" if detection.saturated else "none",
        snr_db=detection.snr_db,
        noise_db=detection.noise_db,
        gain_db=detection.gain_db,
        attenuator_db=_sum(detection.attenuator_db, setup.attenuator_db),
        calibration_id=detection.calibration_id,
        antenna=setup.antenna,
        antenna_azimuth_deg=_known(detection.antenna_azimuth_deg, setup.antenna_azimuth_deg),
        polarisation=setup.polarisation,
        body=setup.body,
        packet_id=detection.id if detection.kind == "packet" else None,
        text=detection.text,
    )


def bearing(
    detection: Detection, observer: str, setup: Setup, found: Placed | None
) -> Observation | None:
    """Return a direction finder's bearing from true north; None where its antenna's is unknown."""
    relative_deg = detection.relative_bearing_deg
    heading_deg = found.place.heading_deg if found else None
    mark_deg = _known(detection.antenna_azimuth_deg, _known(setup.antenna_azimuth_deg, heading_deg))
    if relative_deg is None or mark_deg is None:
        return None
    return Observation(
        id=identity(detection.id, "bearing"),
        kind="bearing",
        time=detection.time,
        collar=detection.collar,
        observer=observer,
        receiver=detection.receiver,
        frequency_hz=detection.frequency_hz,
        heard=True,
        antenna=setup.antenna,
        antenna_azimuth_deg=mark_deg,
        bearing_deg=round((mark_deg + relative_deg) % 360.0, 2) % 360.0,
        bearing_sigma_deg=FINDER_SIGMA_DEG,
        bearing_reference=f"true; {relative_deg:g} from the mark of the antenna",
    )


def _known(value: float | None, otherwise: float | None) -> float | None:
    return otherwise if value is None else value


def _sum(a: float | None, b: float | None) -> float | None:
    return (a or 0.0) + (b or 0.0) if (a, b) != (None, None) else None


def position(packet: Packet, detection: Detection, observer: str) -> Observation | None:
    """Return the observation of a packet's own position; None where its time is not known."""
    if packet.position_status not in ("ok", "corrected") or packet.time is None:
        return None
    return Observation(
        id=identity(
            detection.collar,
            packet.device_id,
            packet.time,
            packet.latitude_deg,
            packet.longitude_deg,
        ),
        kind="position",
        time=packet.time,
        collar=detection.collar,
        observer=observer,
        latitude_deg=packet.latitude_deg,
        longitude_deg=packet.longitude_deg,
        altitude_m=packet.altitude_m,
        accuracy_m=packet.accuracy_m,
        packet_id=detection.id,
    )


def from_entry(entry: Entry) -> Observation:
    """Return the observation that a person wrote down.

    Raises:
        TypeError, ValueError: the content has names or values that are not an Observation's.
    """
    content = dict(entry.content)
    time = said_time(content, entry.time)
    content.pop("time", None)
    content.pop(PHONE_TIME, None)
    alternatives = tuple(content.pop("bearing_alternatives_deg", ()))
    for name, value in (*content.items(), *(("alternative_deg", way) for way in alternatives)):
        _check(name, value)
    known = {"id": entry.id, "observer": entry.observer, "time": time, **content}
    return Observation(bearing_alternatives_deg=alternatives, **known)


def _check(name: str, value: object) -> None:
    """Refuse a value of another kind than its name says: entries may come from anywhere."""
    if value is None:
        return
    if name == "heard":
        if not isinstance(value, bool):
            raise ValueError(f"heard is {str(value)[:40]!r}")
        return
    if name == "kind" and value not in get_args(ObservationKind):
        raise ValueError(f"kind {value!r}")
    if name.endswith(UNITS) or name in ("trust", "on_probability"):
        usable = isinstance(value, int | float) and not isinstance(value, bool)
        if not usable or not abs(value) <= FARTHEST_DEG.get(name, MOST):  # type: ignore[arg-type]
            raise ValueError(f"{name} is {str(value)[:40]}")
    elif not isinstance(value, str):
        raise ValueError(f"{name} is {str(value)[:40]!r}")


def put(observation: Observation, places: Places | None) -> Observation:
    """Return an observation with its place, or as it was when it has one or none is found."""
    if observation.latitude_deg is not None or places is None:
        return observation
    found = places.at(observation.time)
    if found is None:
        return observation
    place = found.place
    return replace(
        observation,
        place_time=place.time,
        place_age_s=round(found.age_s, 3),
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        altitude_m=place.altitude_m,
        accuracy_m=place.accuracy_m,
        heading_deg=place.heading_deg,
    )
