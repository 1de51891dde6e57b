"""What all subcommands of `baksan note` share: which journal, whose entry, when, where; saving."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receiver import corrections
from receiver.clock import Stamp, SystemClock
from receiver.config import Configuration
from receiver.errors import ConfigError, InputError, ReceiverError
from receiver.notes import readback, times
from receiver.notes.content import Content
from receiver.notes.describing import describe
from receiver.records import (
    APPROACH,
    BY_ITSELF,
    CALL,
    COMPASS,
    SETUP,
    TURN,
    Entry,
    Place,
    Row,
    Source,
    jsonable,
)

if TYPE_CHECKING:
    from receiver.journal import Journal

NEW_JOURNAL = "search.journal"
WITHOUT_COLLAR = ("place", "note", SETUP, TURN, COMPASS, CALL, APPROACH)
WITHOUT_LINE = ("note", SETUP, TURN, COMPASS, CALL, APPROACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options that all subcommands share, as they were typed."""

    journal: str | None = None
    observer: str | None = None
    at: str | None = None
    time: str | None = None
    zone: str | None = None
    collar: str | None = None
    sure: bool = False
    as_json: bool = False
    any_age: bool = False
    kind: str = ""
    corrects: str | None = None


@dataclass(slots=True, kw_only=True)
class Desk:
    """An open journal, and everything that an entry into it needs to know."""

    journal: Journal
    configuration: Configuration
    stamp: Stamp
    clock: SystemClock
    zone: tzinfo
    asked: Asked
    old: Entry | None = None
    places: list[Place] | None = None

    @property
    def entries(self) -> list[Entry]:
        """What was written down so far."""
        entries = (row for row in self.journal.rows() if isinstance(row, Entry))
        return [e for e in entries if e.content.get("kind") not in BY_ITSELF]

    @property
    def observer(self) -> str:
        """Whose entry it is."""
        own = self.asked.observer or self.configuration.observer
        return own if self.old is None else self.old.observer

    @property
    def time(self) -> datetime:
        """The time that the entry is about: as said, that of what it corrects, or now."""
        if said := time_said(self).get("time"):
            return datetime.fromisoformat(said)
        return self.stamp.utc if self.old is None else time_of(self.old)


def say(text: str) -> None:
    """Print a line for people."""
    click.echo(text, err=True)


def find_journal(named: str | None, folder: Path | None = None) -> Path:
    """Return the named journal, the single one of the folder, or the name of a new one.

    Raises:
        InputError: there are several, and none was named.
    """
    if named is not None:
        return Path(named)
    found = sorted((folder or Path()).glob("*.journal"))
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:5])
        raise InputError(f"several journals here ({names}): say which with --journal FILE")
    return found[0] if found else (folder or Path()) / NEW_JOURNAL


def settings_of(path: Path) -> Configuration | None:
    """Return what the settings file beside a journal says; a fault in it must not stop a note."""
    from receiver import settings

    try:
        found = settings.find_file(None, path)
        configuration, findings = settings.load(found)
    except ReceiverError as error:
        say(f"look: {error}; the settings are not used")
        return None
    for finding in findings:
        say(f"look: {found}, {finding}")
    return configuration if found else None


def sit_down(asked: Asked) -> Desk:
    """Open the journal, or make one and say so."""
    from receiver.journal import Journal

    clock = SystemClock()
    stamp = clock.now()
    zone = times.zone_called(asked.zone) if asked.zone else times.local_zone(stamp.utc)
    path = find_journal(asked.journal)
    configuration = settings_of(path)
    if path.exists():
        journal = Journal.open(path)
    else:
        journal = Journal.create(path, configuration or Configuration())
        say(f"new journal: {path}")
    for problem in journal.problems[:3]:
        say(f"look: {problem}")
    if configuration is not None and (configuration.collars or configuration.receivers):
        journal.adopt(configuration, stamp, clock)
    return Desk(
        journal=journal,
        configuration=configuration or journal.settings,
        stamp=stamp,
        clock=clock,
        zone=zone,
        asked=asked,
    )


def write_down(
    asked: Asked,
    make: Callable[[Desk], Content],
    after: Callable[[Desk, Entry], None] = lambda desk, entry: None,
) -> int:
    """Save one entry, say so, and print its read-back line; `after` may say more about it."""
    desk = sit_down(asked)
    with desk.journal:
        desk.old = None if asked.corrects is None else earlier(desk, asked.corrects, asked.kind)
        content = _complete(desk, make(desk))
        entry = save(desk, content)
        if not asked.as_json:
            _read_back(desk, entry)
            after(desk, entry)
    return 0


def save(desk: Desk, content: Content, observer: str | None = None) -> Entry:
    """Commit an entry to the disk; only then say "saved".

    Raises:
        JournalError: it could not be written; nothing was saved.
    """
    entry = Entry(
        id=str(uuid.uuid4()),
        observer=observer or desk.observer,
        time=desk.stamp.utc,
        content=content,
        monotonic_ns=desk.stamp.monotonic_ns,
        boot_id=desk.clock.boot_id,
        clock_source=desk.clock.source,
    )
    [entry] = [row for row in desk.journal.append([entry]) if isinstance(row, Entry)]
    when = times.show(time_of(entry), desk.zone)
    said = f"{entry.observer}, {when}, {describe(content)}"
    say(f"saved in {desk.journal.path}: {said} [{entry.id[:8]}]")
    if desk.asked.as_json:
        click.echo(json.dumps(jsonable(entry), allow_nan=False, ensure_ascii=False))
    return entry


def time_of(entry: Entry) -> datetime:
    """Return the time that an entry is about: the one that was said, else that of writing."""
    said = entry.content.get("time")
    return datetime.fromisoformat(said) if said else entry.time


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that were not taken back or corrected, without the taking back itself."""
    return [entry for entry in corrections.standing(list(entries)) if not _is_undo(entry)]


def _is_undo(entry: Entry) -> bool:
    return entry.content.get("kind") == "note" and "supersedes_id" in entry.content


def earlier(desk: Desk, identity: str, kind: str | None = None) -> Entry:
    """Return the standing entry whose id begins so; with "" the observer's last one of a kind.

    Raises:
        InputError: there is none, or more than one.
    """
    left = standing(desk.entries)
    if not identity:
        own = [entry for entry in left if entry.observer == desk.observer]
        own = [entry for entry in own if kind in (None, entry.content.get("kind"))]
        if not own:
            what = f"{kind} " if kind else ""
            raise InputError(f"{desk.journal.path}: {desk.observer} has no {what}note in it")
        return own[-1]
    found = [entry for entry in left if entry.id.startswith(identity.lower())]
    if len(found) != 1:
        many = "no" if not found else f"{len(found)}"
        raise InputError(f"{desk.journal.path}: {many} entries whose id begins with {identity!r}")
    return found[0]


def place_said(desk: Desk) -> Content:
    """Return the place given with --at as content; nothing where none was given."""
    if desk.asked.at is None:
        return {}
    from receiver.geodesy import parse_place

    latitude_deg, longitude_deg = parse_place(desk.asked.at)
    return {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}


def time_said(desk: Desk) -> Content:
    """Return the time given with --time as content; nothing where none was given."""
    asked = desk.asked
    if asked.time is None:
        return {}
    oldest = None if asked.any_age else times.OLDEST
    now = desk.stamp.utc
    instant = times.parse_local(asked.time, desk.zone, now, oldest=oldest, sure=asked.sure)
    return {"time": instant.isoformat()}


def collar_said(desk: Desk) -> str | None:
    """Return the collar's name as its sheet has it; the only sheet's where none was said."""
    names = [collar.name for collar in desk.configuration.collars]
    asked = desk.asked.collar
    if asked is None:
        return names[0] if len(names) == 1 else None
    near = [name for name in names if name.casefold() == asked.casefold()]
    if not near:
        known = f"there are {', '.join(names)}" if names else "there is none yet"
        say(f"look: no sheet of a collar {asked!r}; {known}")
    return near[0] if near else asked


def place_about(desk: Desk) -> tuple[float, float] | None:
    """Return the place as said, as in what is corrected, by time, or the last in the journal."""
    said = place_said(desk) or _place_kept(desk)
    if said:
        return said["latitude_deg"], said["longitude_deg"]
    return place_then(desk, desk.time) or _last_place(desk)


def _place_kept(desk: Desk) -> Content:
    kept = {} if desk.old is None else desk.old.content
    return {key: kept[key] for key in ("latitude_deg", "longitude_deg") if key in kept}


def place_then(desk: Desk, time: datetime) -> tuple[float, float] | None:
    """Return where the journal says that the observer was at a time."""
    from receiver import search

    placed = search.Places(_places(desk)).at(time)
    return (placed.place.latitude_deg, placed.place.longitude_deg) if placed else None


def _places(desk: Desk) -> list[Place]:
    """Return the observer's places; an hour of readings takes a second, so only once."""
    if desk.places is None:
        from receiver.derive import derive

        rows = _about_places(desk.journal.rows())
        desk.places = derive(rows, desk.configuration).places
    return [place for place in desk.places if place.observer == desk.observer]


def _about_places(rows: Iterable[Row]) -> Iterator[Row]:
    sources: set[tuple[str, str]] = set()
    for row in rows:
        if isinstance(row, Source) and row.role == "position":
            sources.add((row.origin, row.source))
        if isinstance(row, Entry) or (row.origin, getattr(row, "source", "")) in sources:
            yield row


def _last_place(desk: Desk) -> tuple[float, float] | None:
    places = _places(desk)
    return (places[-1].latitude_deg, places[-1].longitude_deg) if places else None


def _complete(desk: Desk, content: Content) -> Content:
    """Add time, place and collar; a correction keeps what was not said anew."""
    added = {**time_said(desk), **place_said(desk)}
    if content["kind"] not in WITHOUT_COLLAR:
        added |= {"collar": name} if (name := collar_said(desk)) else {}
    elif desk.asked.collar:
        added["collar"] = collar_said(desk)
    if desk.old is None:
        return {**added, **content}
    say(f"corrects: {describe(desk.old.content)}")
    kept = {**_place_kept(desk), "time": time_of(desk.old).isoformat()}
    return {**kept, **added, **content, "supersedes_id": desk.old.id}


def _read_back(desk: Desk, entry: Entry) -> None:
    """Print the line for the radio; only what a person hears needs it, so faults are only told."""
    time = time_of(entry)
    content = dict(entry.content)
    if content["kind"] in WITHOUT_LINE:
        return
    if "latitude_deg" not in content and (place := place_then(desk, time)):
        content["latitude_deg"], content["longitude_deg"] = place
    if "latitude_deg" not in content:
        say("no place yet: give --at PLACE, or write it down with: baksan note place PLACE")
    try:
        text = readback.line(entry.observer, time, content, desk.zone, desk.stamp.utc)
    except InputError as error:
        say(f"no line to read back: {error}")
        return
    say("read back by radio, letter by letter:")
    click.echo(text)
    if content.get("collar") and "#" not in text:
        say("the collar does not fit into the line: say it too")


def magnetic_turn(desk: Desk, degrees: Iterable[float]) -> float:
    """Return the declination at the observer's place and time, and say what it does.

    Raises:
        ConfigError: the place is not known, so nobody can say what magnetic means there.
    """
    from receiver.geodesy import declination_deg

    place = place_about(desk)
    if place is None:
        raise ConfigError(
            "a magnetic bearing needs a place to be turned to true: add --at PLACE, write down"
            " baksan note place PLACE first, or turn it yourself and leave --magnetic out"
        )
    turn = round(declination_deg(*place, desk.time.date()), 1)
    side = "east" if turn >= 0 else "west"
    for value in degrees:
        true = round(value + turn) % 360
        say(f"magnetic {value:g}, declination {abs(turn):.1f} {side}: {true} true")
    return turn
