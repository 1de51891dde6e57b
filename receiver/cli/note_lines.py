"""Lines that others dictated over the radio: checked, shown, written down as theirs."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo

import click

from receiver.cli.note_writing import (
    Asked,
    Desk,
    collar_said,
    find_journal,
    save,
    say,
    settings_of,
    sit_down,
    standing,
    time_of,
)
from receiver.clock import SystemClock
from receiver.config import Configuration
from receiver.errors import InputError
from receiver.notes import readback, times
from receiver.notes.content import Content
from receiver.notes.describing import describe
from receiver.notes.readback import Dictated
from receiver.records import Entry, jsonable


def show_line(line: str, asked: Asked) -> int:
    """Say what a line means, without writing anything."""
    configuration = settings_of(find_journal(asked.journal)) or Configuration()
    now = SystemClock().now().utc
    collars = [collar.name for collar in configuration.collars]
    dictated = readback.read(line, now, [configuration.observer], collars)
    _say_meaning(dictated)
    say("not saved; to write it down say it again with --save")
    if asked.as_json:
        click.echo(json.dumps(jsonable(dictated), allow_nan=False, ensure_ascii=False))
    return 0


def _say_meaning(dictated: Dictated) -> None:
    when = times.show(dictated.time, dictated.zone)
    say(f"right: {dictated.observer}, {when}, {describe(dictated.content)}{_where(dictated)}")


def _where(dictated: Dictated) -> str:
    content = dictated.content
    if "latitude_deg" not in content:
        return ", no place said"
    return f", at {content['latitude_deg']:.4f}, {content['longitude_deg']:.4f}"


def save_line(line: str, asked: Asked) -> int:
    """Write a line down as the entry of whoever dictated it, once."""
    desk = sit_down(asked)
    with desk.journal:
        entries = desk.entries
        observers = {entry.observer for entry in entries} | {desk.configuration.observer}
        collars = [collar.name for collar in desk.configuration.collars]
        dictated = readback.read(line, desk.stamp.utc, observers, collars)
        _say_meaning(dictated)
        if twin := _twin(entries, dictated):
            say(f"it is in {desk.journal.path} already ({twin[:8]}); not written twice")
            return 0
        oldest = readback.OLDEST if dictated.content["kind"] == "sighting" else times.OLDEST
        if not asked.sure:
            times.refuse_unlikely(dictated.time, dictated.zone, desk.stamp.utc, oldest)
        save(desk, _as_said(desk, dictated, line), observer=dictated.observer)
    return 0


def _as_said(desk: Desk, dictated: Dictated, line: str) -> Content:
    """Return the content with its time, and the line itself as what was heard."""
    content = {"time": dictated.time.isoformat(), **dictated.content}
    if "collar" not in content and content["kind"] != "place" and (name := collar_said(desk)):
        content["collar"] = name
    return {**content, "text": f"by radio: {' '.join(line.split())}"}


def _twin(entries: list[Entry], dictated: Dictated) -> str | None:
    """Return the id of a standing entry of the same observer that says the same."""
    wanted = _said(dictated.observer, dictated.time, dictated.content, dictated.zone)
    for entry in standing(entries):
        if _said(entry.observer, time_of(entry), entry.content, dictated.zone) == wanted:
            return entry.id
    return None


def _said(observer: str, time: datetime, content: Content, zone: tzinfo) -> str | None:
    """Return an entry's line without place and collar, which may have been joined later."""
    left_out = () if content["kind"] == "place" else ("latitude_deg", "collar")
    kept = {key: value for key, value in content.items() if key not in left_out}
    try:
        return readback.line(observer, time, kept, zone, now=time)
    except InputError:
        return None
