"""What happened in a search, as the journal has it: one record, exact, for nobody's eyes yet.

Pure: rows and what was derived from them -> `Facts`. What of it somebody may see is a matter of
`receiver.report.audience` alone.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from protocols.packet import Packet
from receiver.address import parse_address
from receiver.config import Configuration, Setup, Team
from receiver.corrections import standing
from receiver.errors import ReceiverError
from receiver.records import (
    APPROACH,
    CALL,
    HAND,
    Answer,
    Entry,
    Gap,
    Heard,
    Observation,
    Place,
    Row,
    Source,
    said_time,
)
from receiver.search import Places, from_entry, put
from receiver.silence import lacking

if TYPE_CHECKING:
    from receiver.case import Case
    from receiver.collected import Read
    from receiver.derive import Derived

PAUSE_S = 1800.0  # no row for so long: nobody was out
NOTICED = ("level", "silence", "bearing", "sighting")
STEP_M = 20.0  # shorter steps are the wandering of a position receiver that stands
METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long an observer was out, and how far he went by his position receiver (None: none)."""

    observer: str
    seconds: float
    metres: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """A receiver: which instrument ("" without a cable), what it hears with, how good its scale is.

    `tested` is whether it passed a check with a test collar on its last day, None without one.
    """

    observer: str
    receiver: str
    instrument: str
    setup: Setup
    unit: str | None = None
    sd_db: float | None = None
    tested: bool | None = None
    by_ear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A packet that was heard, and when."""

    time: datetime
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The approach limit that held from a time on."""

    time: datetime
    limit_m: float
    observer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What was called to everybody."""

    time: datetime
    what: str
    text: str
    observer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote in words of his own."""

    time: datetime
    text: str
    observer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything of a search that any report may need.

    `observations` are all, also those that do not count for the answer; `begin`, `end` are of the
    first and last row. `outages` counts how often a source could not be heard. `frequencies_hz` is
    by the names of collars.
    """

    collar: str | None
    simulation: bool
    begin: datetime | None
    end: datetime | None
    team: Team
    observations: tuple[Observation, ...]
    walk: tuple[Place, ...]
    packets: tuple[Decoded, ...]
    answer: Answer
    equipment: tuple[Equipment, ...]
    effort: tuple[Effort, ...]
    limits: tuple[Limit, ...]
    calls: tuple[Called, ...]
    notes: tuple[Note, ...]
    outages: int
    frequencies_hz: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]


def thinned(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows with one a second of what each source heard: enough to tell who was out when."""
    last: dict[tuple[str, str], int] = {}
    for row in rows:
        if isinstance(row, Heard):
            second = int(row.time.timestamp())
            if last.get((row.origin, row.source)) == second:
                continue
            last[row.origin, row.source] = second
            row = replace(row, raw=b"")
        yield row


def facts(rows: Sequence[Row], case: Case, collar: str | None, team: Team) -> Facts:
    """Return what rows and the case made of them say; of one collar where it is named."""
    entries = standing([row for row in rows if isinstance(row, Entry)])
    derived = case.derived
    times = times_of(rows)
    observations = [
        o for o in noticed(entries, case) if collar is None or o.collar in (None, collar)
    ]
    return Facts(
        collar=collar or case.posterior.answer.collar or _only(case.configuration),
        simulation=case.simulation,
        begin=min((time for _, time in times), default=None),
        end=max((time for _, time in times), default=None),
        team=team,
        observations=tuple(observations),
        walk=tuple(place for place in derived.places if place.holds_s is None),
        packets=tuple(_decoded(derived.packets)),
        answer=case.posterior.answer,
        equipment=tuple(_equipment(rows, observations, derived)),
        effort=tuple(efforts(times, derived.places)),
        limits=tuple(_limits(entries)),
        calls=tuple(_calls(entries)),
        notes=tuple(_notes(entries)),
        outages=sum(isinstance(row, Gap) and not row.ended for row in rows),
        frequencies_hz=tuple(
            (c.name, c.frequency_hz) for c in case.configuration.collars if c.frequency_hz
        ),
        warnings=tuple(case.warnings),
    )


def noticed(entries: Iterable[Entry], case: Case) -> list[Observation]:
    """Return everything that was heard, not heard or seen, in order.

    What cannot be located by (a level of an antenna whose direction nobody wrote down, a silence
    without a radio check) was heard all the same, and a report tells it.
    """
    every = (*case.observations, *case.derived.unplaced)
    known = [o for o in every if o.kind in (*NOTICED, "position")]
    ids = {o.id for o in known}
    lacks = {o.id: o.text for o in every if lacking(o)}
    places: dict[str, list[Place]] = defaultdict(list)
    for place in case.derived.places:
        places[place.observer].append(place)
    where = {observer: Places(own) for observer, own in places.items()}
    for entry in entries:
        if entry.id not in ids and entry.content.get("kind") in NOTICED:
            with suppress(TypeError, ValueError, KeyError, OverflowError):
                said = put(from_entry(entry), where.get(entry.observer))
                known.append(replace(said, text=lacks.get(entry.id, said.text)))
    return sorted(known, key=lambda o: (o.time, o.id))


def _only(configuration: Configuration) -> str | None:
    return configuration.collars[0].name if len(configuration.collars) == 1 else None


def times_of(rows: Iterable[Row]) -> list[tuple[str, datetime]]:
    """Return when something was heard or written down, and who was out there, in order."""
    observers = {row.source: row.observer for row in rows if isinstance(row, Source)}
    known = [
        (row.observer if isinstance(row, Entry) else observers.get(row.source, ""), row.time)
        for row in rows
        if (isinstance(row, Heard) and row.source in observers)
        or (isinstance(row, Entry) and row.content.get("kind") not in _AT_A_DESK)
    ]
    return sorted(known, key=lambda pair: pair[1])


_AT_A_DESK = ("settings", "export", "story")


def efforts(times: Iterable[tuple[str, datetime]], places: Iterable[Place]) -> list[Effort]:
    """Return hours and kilometres of each observer."""
    moments, walks = defaultdict(list), defaultdict(list)
    for observer, time in times:
        moments[observer].append(time)
    for place in places:
        if place.holds_s is None:
            walks[place.observer].append(place)
    return [
        Effort(observer=who, seconds=seconds_out(own), metres=metres_walked(walks.get(who, ())))
        for who, own in sorted(moments.items())
    ]


def seconds_out(times: Sequence[datetime]) -> float:
    """Return for how long somebody was out; a pause of half an hour does not count."""
    steps = ((after - before).total_seconds() for before, after in pairwise(times))
    return sum(step_s for step_s in steps if step_s <= PAUSE_S)


def metres_walked(places: Sequence[Place]) -> float | None:
    """Return the length of a walk; None without a measured place."""
    if not places:
        return None
    ordered = sorted(places, key=lambda place: place.time)
    last, total_m = ordered[0], 0.0
    for place in ordered[1:]:
        step_m = _metres(last, place)
        if step_m >= STEP_M:
            is_walk = (place.time - last.time).total_seconds() <= PAUSE_S
            total_m += step_m if is_walk else 0.0
            last = place
    return total_m


def _metres(a: Place, b: Place) -> float:
    turn_deg = (b.longitude_deg - a.longitude_deg + 180.0) % 360.0 - 180.0
    east = turn_deg * math.cos(math.radians(a.latitude_deg))
    return METRES_A_DEGREE * math.hypot(b.latitude_deg - a.latitude_deg, east)


def _decoded(packets: Iterable[Read]) -> list[Decoded]:
    """Return packets in order; one that several receivers heard is told once."""
    once: dict[Any, Decoded] = {}
    for read in sorted(packets, key=lambda read: read.time):
        said = (read.packet.protocol, read.packet.device_id, read.packet.time)
        key = said if read.packet.time is not None else read.detection_id
        once.setdefault(key, Decoded(time=read.time, packet=read.packet))
    return list(once.values())


def _equipment(
    rows: Iterable[Row], observations: Iterable[Observation], derived: Derived
) -> list[Equipment]:
    instruments = {
        row.source: _instrument(row)
        for row in rows
        if isinstance(row, Source) and row.role in ("receiver", "samples")
    }
    last: dict[tuple[str, str], Observation] = {}
    for o in observations:
        if o.kind in ("level", "bearing", "silence"):
            last[o.observer or "", o.receiver or HAND] = o
    return [
        _known_of(who, name, instruments.get(_source(o), ""), o.time, derived)
        for (who, name), o in sorted(last.items(), key=lambda item: item[0])
    ]


def _source(o: Observation) -> str:
    """Return the source of a level: its session begins with it, a gateway stands behind."""
    return re.split("[/#@]", o.session or o.receiver or "")[0]


def _instrument(row: Source) -> str:
    try:
        return parse_address(row.address).instrument
    except ReceiverError:
        return ""


def _known_of(who: str, name: str, instrument: str, time: datetime, derived: Derived) -> Equipment:
    register = derived.register
    calibration = register.calibration(who, name, time)
    check = register.check(who, name, time)
    return Equipment(
        observer=who,
        receiver=name,
        instrument=instrument,
        setup=register.hearing(who, name, time).setup,
        unit=calibration.unit if calibration else None,
        sd_db=calibration.sd_db if calibration else None,
        tested=check.passed if check else None,
        by_ear=name == HAND,
    )


def _limits(entries: Iterable[Entry]) -> list[Limit]:
    return [
        Limit(time=time, limit_m=float(entry.content["limit_m"]), observer=entry.observer)
        for entry, time in _of_kind(entries, APPROACH)
        if isinstance(entry.content.get("limit_m"), int | float)
    ]


def _calls(entries: Iterable[Entry]) -> list[Called]:
    return [
        Called(
            time=time,
            what=str(entry.content.get("call", "")),
            text=str(entry.content.get("text", "")),
            observer=entry.observer,
        )
        for entry, time in _of_kind(entries, CALL)
    ]


def _notes(entries: Iterable[Entry]) -> list[Note]:
    return [
        Note(time=time, text=str(entry.content.get("text", "")), observer=entry.observer)
        for entry, time in _of_kind(entries, "note")
        if entry.content.get("text")
    ]


def _of_kind(entries: Iterable[Entry], kind: str) -> list[tuple[Entry, datetime]]:
    """Return entries of a kind with the times that they are about, in order."""
    found = []
    for entry in entries:
        if entry.content.get("kind") == kind:
            try:
                found.append((entry, said_time(entry.content, entry.time)))
            except (TypeError, ValueError):
                found.append((entry, entry.time))
    return sorted(found, key=lambda pair: pair[1])
