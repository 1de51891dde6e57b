"""The part of `baksan import` that adds makers' files to a journal, and says what is in them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.importers.history import History, How
    from receiver.importers.kept import Kept
    from receiver.journal import Journal
    from receiver.records import Fix

TOLD_ROWS = 10
SOON = timedelta(days=1)
TRUSTED = ("ok", "corrected")
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}


def is_meant(file: Path, out: Path) -> bool:
    """Tell whether a file is a history: it looks like one, or it is to go into a journal.

    Raises:
        InputError: it cannot be read, or is of a kind that cannot be read here.
    """
    from receiver.importers import closed
    from receiver.importers.history import is_history
    from receiver.importers.kept import read_file

    data = read_file(file)
    closed.refuse(file.name, data)
    return out.suffix == ".journal" or is_history(data)


def add(
    file: Path,
    out: Path,
    collar: str | None,
    utc_offset: str | None,
    dates: str | None,
    as_json: bool,
) -> None:
    """Read a history, add it to the journal, and say what it holds and what is new in it.

    Raises:
        InputError, ConfigError: it cannot be read; nothing was added.
        JournalError: it could not be added.
    """
    from receiver.clock import SystemClock
    from receiver.errors import ConfigError, InputError
    from receiver.importers import history
    from receiver.importers.kept import keep, kept, lost_zeros, read_file
    from receiver.ui.progress import watched
    from receiver.wording import plain

    if out.suffix != ".journal":
        raise ConfigError(f"{file} is the history of a collar: it goes into a journal, as in --to"
                          " search.journal")  # fmt: skip
    how, data, clock = _how(collar, utc_offset, dates), read_file(file), SystemClock()
    name = plain(file.name)
    found = history.read(name, data, how, lambda rows, total: watched(rows, total, "reading"))
    if not found.fixes:
        raise InputError(f"{file}: no usable row; {_reasons(found)}")
    with _journal(out) as journal:
        before = {fix.id for fix in kept(journal.rows(), journal.settings).fixes}
        added = keep(journal, name, data, how, clock)
        after = kept(journal.rows(), journal.settings)
        looks = [*found.notes, *lost_zeros(found.fixes, journal.settings), *after.warnings]
    new = sum(fix.id not in before for fix in after.fixes) if added else 0
    looks += _future(found.fixes, clock.now().utc)
    lines = [*_lines(found, looks, after), _saved(out, added, new)]
    for line in lines:
        click.echo(plain(line), err=True)  # a file may hold what a terminal obeys
    if as_json:
        summary = {**_summary(found, after), "notes": looks, "added": added, "new": new}
        click.echo(json.dumps(summary, allow_nan=False, ensure_ascii=False))


def _how(collar: str | None, utc_offset: str | None, dates: str | None) -> How:
    from receiver.errors import ConfigError
    from receiver.importers.dates import offset
    from receiver.importers.history import How

    zone = offset(utc_offset) if utc_offset else None
    if utc_offset and zone is None:
        raise ConfigError(f"--utc-offset {utc_offset!r}: an offset such as +03:00, or UTC")
    return How(utc_offset=zone, dates=dates, collar=collar)


def _journal(path: Path) -> Journal:
    """Open the journal, or make it, with the settings that lie beside it."""
    from receiver.cli.note_writing import settings_of
    from receiver.clock import SystemClock
    from receiver.config import Configuration
    from receiver.recording import open_journal

    configuration, clock = settings_of(path), SystemClock()
    journal = open_journal(path, configuration or Configuration())
    if configuration is not None and (configuration.collars or configuration.receivers):
        journal.adopt(configuration, clock.now(), clock)
    return journal


# --- what is said of it -------------------------------------------------------------------------


def _lines(found: History, looks: Sequence[str], after: Kept) -> Iterator[str]:
    parted = SEPARATOR_NAMES.get(found.separator)
    by = f", separated by {parted}" if parted else ""
    yield f"{found.file}: {found.title}; {found.encoding.upper()}{by}"
    yield f"{found.rows} rows: {_counts(found)}"
    for row in found.refused[:TOLD_ROWS]:
        yield f"refused line {row.row}: {row.reason}"
    if len(found.refused) > TOLD_ROWS:
        yield f"refused {len(found.refused) - TOLD_ROWS} more lines: --json lists them"
    yield from (f"look: {look}" for look in looks)
    ids = {fix.device_id for fix in found.fixes}
    for collar in _collars([fix for fix in after.fixes if fix.device_id in ids]):
        name = f" is {collar['collar']}" if collar["collar"] else ""
        yield (f"{collar['device_id']}{name}: {collar['positions']} positions, last"
               f" {collar['last_position'] or 'never'}; last contact {collar['last_contact']}"
               )  # fmt: skip


def _counts(found: History) -> str:
    status = [fix.position_status for fix in found.fixes]
    trusted = sum(one in TRUSTED for one in status)
    none = status.count("unavailable")
    return (
        f"{trusted} positions, {len(status) - trusted - none} positions not to be trusted, {none}"
        f" contacts without a position, {found.duplicates} told twice, {len(found.refused)} refused"
    )


def _reasons(found: History) -> str:
    reasons = list(dict.fromkeys(row.reason for row in found.refused))
    return "; ".join(reasons[:3]) or "there is none below its headings"


def _future(fixes: Sequence[Fix], now: datetime) -> Iterator[str]:
    late = [fix.time for fix in fixes if fix.time and fix.time > now + SOON]
    if late:
        yield f"{len(late)} times lie in the future, up to {max(late):%Y-%m-%d}: is the date right?"


def _collars(fixes: Sequence[Fix]) -> Iterator[dict[str, Any]]:
    """Yield what is known of each collar by all its files."""
    own: dict[str, list[Fix]] = defaultdict(list)
    for fix in fixes:
        own[fix.device_id].append(fix)
    for device_id, rows in sorted(own.items()):
        trusted = [fix for fix in rows if fix.position_status in TRUSTED]
        yield {
            "device_id": device_id,
            "collar": rows[0].collar,
            "positions": len(trusted),
            "contacts": len(rows),
            "first_position": _text(min((f.time for f in trusted if f.time), default=None)),
            "last_position": _text(max((f.time for f in trusted if f.time), default=None)),
            "last_contact": _text(max(t for f in rows for t in (f.time, f.received) if t)),
        }


def _text(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else None


def _saved(out: Path, added: bool, new: int) -> str:
    if not added:
        return f"{out}: this file is in it already; nothing was added"
    return f"saved in {out}: {new} of it new"


def _summary(found: History, after: Kept) -> dict[str, Any]:
    from receiver.records import jsonable

    ids = {fix.device_id for fix in found.fixes}
    status = [fix.position_status for fix in found.fixes]
    summary: dict[str, Any] = jsonable(
        {
            "file": found.file,
            "format": found.format,
            "sha256": found.sha256,
            "encoding": found.encoding,
            "separator": found.separator,
            "rows": found.rows,
            "positions": {name: status.count(name) for name in dict.fromkeys(status)},
            "duplicates": found.duplicates,
            "refused": found.refused,
            "collars": list(_collars([fix for fix in after.fixes if fix.device_id in ids])),
        }
    )
    return summary
