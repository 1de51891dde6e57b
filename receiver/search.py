"""Joining what was heard with where it was heard: pure functions on records.

A detection and a place are joined by their times: the place may be 5 s old while the observer
moves and 60 s while he stands; the age is kept. What finds no place is kept as unplaced.
"""

from __future__ import annotations

import math
import uuid
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from protocols.packet import Packet
from receiver.collar_rules import may_be_heard_at
from receiver.config import Collar, Configuration
from receiver.records import Detection, Entry, Observation, Place

MOVING_AGE_S, STILL_AGE_S = 5.0, 60.0
MOVING_M_S = 0.5
INTERPOLATE_S = 10.0
HAND_PLACE_HOLDS_S = 900.0
METRES_A_DEGREE = 111_195.0  # of a sphere of 6,371 km: enough to tell standing from walking

METER_WINDOW_S, METER_PERIODS = 5.0, 2.0
# A pulse lifts the meter by at least this over what it falls to between pulses.
PULSE_RISE_DB = 4.0


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


def level(detection: Detection, observer: str) -> Observation:
    """Return the observation of a detection's level, not placed yet."""
    return Observation(
        id=identity(detection.id, "level"),
        kind="level",
        time=detection.time,
        collar=detection.collar,
        observer=observer,
        receiver=detection.receiver,
        session=detection.session,
        frequency_hz=detection.frequency_hz,
        heard=True,
        level_db=detection.level_db,
        level_unit=detection.level_unit,
        level_sd_db=detection.level_sd_db,
        level_bound="lower" if detection.saturated else "none",
        snr_db=detection.snr_db,
        noise_db=detection.noise_db,
        gain_db=detection.gain_db,
        attenuator_db=detection.attenuator_db,
        calibration_id=detection.calibration_id,
        antenna_azimuth_deg=detection.antenna_azimuth_deg,
        packet_id=detection.id if detection.kind == "packet" else None,
        text=detection.text,
    )


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
    time = datetime.fromisoformat(content.pop("time")) if "time" in content else entry.time
    content["bearing_alternatives_deg"] = tuple(content.get("bearing_alternatives_deg", ()))
    return Observation(**{"id": entry.id, "observer": entry.observer, "time": time, **content})


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


@dataclass(slots=True)
class _Window:
    """A few periods of a beacon as a polled meter saw them: the loudest and the faintest."""

    peak: Detection
    low_db: float
    count: int = 1

    def add(self, reading: Detection, level_db: float) -> None:
        self.count += 1
        self.low_db = min(self.low_db, level_db)
        if level_db > (self.peak.level_db or 0.0):
            self.peak = reading


class Pulses:
    """Reduces the readings of polled meters to one peak for each few beacon periods.

    A reading between two pulses is not a level, so readings count only where the collar's sheet
    says how it pulses. Only the loudest reading of each window is kept.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._unused: Counter[str] = Counter()

    def add(self, reading: Detection) -> None:
        """Take one reading, in the order of its source."""
        collar = self._configuration.collar(reading.collar or "")
        window_s = _window_s(collar)
        if reading.level_db is None:
            self._unused["of a meter without a curve: a count is no level"] += 1
        elif collar is None:
            self._unused["on a frequency of none or several of the collars' sheets"] += 1
        elif window_s is None:
            self._unused["because the collar's sheet has no pulse rate"] += 1
        else:
            number = int(reading.time.timestamp() // window_s)
            key = (reading.source, reading.session, reading.collar, number)
            if key in self._windows:
                self._windows[key].add(reading, reading.level_db)
            else:
                self._windows[key] = _Window(reading, reading.level_db)

    def result(self) -> tuple[list[Detection], dict[str, int]]:
        """Return the peaks, and how many readings could not be used, by reason."""
        peaks, unused = [], Counter(self._unused)
        for window in self._windows.values():
            if (window.peak.level_db or 0.0) - window.low_db >= PULSE_RISE_DB:
                peaks.append(replace(window.peak, noise_db=window.low_db))
            else:
                unused["without a pulse in them"] += window.count
        return peaks, dict(unused)


def _window_s(collar: Collar | None) -> float | None:
    if collar is None or not collar.pulses_per_minute:
        return None
    slowest = min(collar.pulses_per_minute.values())
    return max(METER_WINDOW_S, METER_PERIODS * 60.0 / slowest)
