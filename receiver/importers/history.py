"""The one reader of collars' histories: any file of `formats.FORMATS`, and Argos mail.

It is given bytes and what the user knows, and returns every row: as a fix, as a contact, or as
refused with its reason. The same bytes always give the same history: the journal keeps the bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timezone
from statistics import median
from typing import Any, NamedTuple

from receiver.errors import ConfigError, InputError
from receiver.importers import argos_ds, closed, formats, rowwise
from receiver.importers.dates import Seen, order_of, possible
from receiver.importers.formats import Format
from receiver.importers.reading import KEPT_TEXT, Columns, Reading
from receiver.importers.text import Row, Text, read_text, rows, split
from receiver.records import Fix, Refused

SEPARATORS = (",", ";", "\t")
HEADINGS_WITHIN_LINES = 80
DATES = ("time", "date", "argos_time", "received", "received_date")
COORDINATES = ("latitude", "longitude", "argos_latitude", "argos_longitude")
SWAP_FIXES, SWAP_DEG, SWAP_SHARE = 5, 1.0, 0.2
Watch = Callable[[Iterable[Row], int], Iterable[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What the user says of a file.

    `utc_offset` of times without a zone, `dates` the order "dmy", "mdy" or "ymd", `collar` whose
    file it is, where it does not say or its identities are spoilt.
    """

    utc_offset: timezone | None = None
    dates: str | None = None
    collar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that a file says. `rows` = fixes + refused + duplicates, but for rows with two positions.

    `notes` are sentences about the file as a whole.
    """

    file: str
    sha256: str
    format: str
    title: str
    encoding: str
    separator: str
    rows: int
    fixes: tuple[Fix, ...]
    refused: tuple[Refused, ...]
    duplicates: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: rows are cut anew each time they are asked for, as long files would fill memory."""

    format: Format
    separator: str
    names: list[str]
    begin: int
    lines: list[str]
    objects: list[Row]
    preamble: dict[str, str]

    def rows(self) -> Iterator[Row]:
        """Yield the rows, without the headings that files put together repeat."""
        own = self.objects or rows(self.lines, self.begin, self.separator)
        return (row for row in own if row.fields != self.names)


class _Survey(NamedTuple):
    """What only the whole file tells: dates whose order is open, and its decimal mark."""

    dates: list[Seen]
    comma: bool
    notes: list[str]


def read(
    file: str, data: bytes, how: How, watch: Watch = lambda items, total: items
) -> History:  # fmt: skip
    """Read a maker's file; `watch` sees the rows go by.

    Raises:
        InputError: it is none that is known, it is empty, or it cannot be read without knowing
            more: the order of its dates, its zone, whose it is. The message says what to do.
        ConfigError: what the user says contradicts the file.
    """
    closed.refuse(file, data)
    text = read_text(data)
    if not any(line.strip() for line in text.lines):
        raise InputError(f"{file}: the file is empty")
    if argos_ds.fits(text.lines):
        found = argos_ds.read(file, text.lines, how.collar)
        return _history(file, data, text, "argos-mail", "Argos mail (DS)", " ", found)
    table = _table(file, text)
    found = _read_table(file, table, how, watch)
    if not text.is_whole:
        found = _without_cut_row(found, table, file)
    return _history(file, data, text, table.format.name, table.format.title, table.separator, found)


def is_history(data: bytes) -> bool:
    """Tell whether bytes are a maker's file that is known and can be read."""
    text = read_text(data)
    if not any(line.strip() for line in text.lines):
        return False
    is_json = text.lines[0].lstrip().startswith(("[", "{"))
    return is_json or argos_ds.fits(text.lines) or _found(text) is not None


def _history(
    file: str, data: bytes, text: Text, name: str, title: str, separator: str, found: Reading
) -> History:
    fixes, duplicates = _once(found.fixes)
    fixes = _unswapped(fixes)
    notes = [*text.notes, *found.notes]
    return History(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        format=name,
        title=title,
        encoding=text.encoding,
        separator=separator,
        rows=found.rows,
        fixes=tuple(fixes),
        refused=tuple(found.refused),
        duplicates=duplicates,
        notes=tuple(notes),
    )


def _once(fixes: Sequence[Fix]) -> tuple[list[Fix], int]:
    """Return each fix once, and how many came again; of two that differ the doubtful one counts."""
    found: dict[str, Fix] = {}
    for fix in fixes:
        if fix.id not in found or fix.position_status != "ok":
            found[fix.id] = fix
    return list(found.values()), len(fixes) - len(found)


def _unswapped(fixes: list[Fix]) -> list[Fix]:
    """Mark positions that lie among the collar's others when latitude and longitude are exchanged.

    Nothing is exchanged: the row may be wrong in another way.
    """
    places: dict[str, list[tuple[float, float]]] = {}
    for fix in fixes:
        if fix.position_status == "ok" and (place := _place(fix)):
            places.setdefault(fix.device_id, []).append(place)
    middles = {
        device: (median(lat for lat, _ in own), median(lon for _, lon in own))
        for device, own in places.items()
        if len(own) >= SWAP_FIXES
    }
    return [_marked(fix, middles[fix.device_id]) if fix.device_id in middles else fix
            for fix in fixes]  # fmt: skip


def _place(fix: Fix) -> tuple[float, float] | None:
    if fix.latitude_deg is None or fix.longitude_deg is None:
        return None
    return fix.latitude_deg, fix.longitude_deg


def _marked(fix: Fix, middle: tuple[float, float]) -> Fix:
    place = _place(fix)
    if place is None or fix.position_status != "ok":
        return fix
    away = max(abs(place[0] - middle[0]), abs(place[1] - middle[1]))
    swapped = max(abs(place[1] - middle[0]), abs(place[0] - middle[1]))
    if away <= SWAP_DEG or swapped >= SWAP_SHARE * away:
        return fix
    warning = "latitude and longitude seem to have changed places"
    return replace(fix, position_status="bad", warnings=(*fix.warnings, warning))


# --- which table it is --------------------------------------------------------------------------


def _table(file: str, text: Text) -> _Table:
    """Return the table of a file.

    Raises:
        InputError: it is none of the known ones.
    """
    if text.lines[0].lstrip().startswith(("[", "{")):
        return _objects(file, text)
    found = _found(text)
    if found is None:
        raise InputError(f"{file}: {_unknown(text)}")
    kind, separator, names, begin = found
    preamble: dict[str, str] = {}
    for line in text.lines[: max(begin - 1, 0)]:
        name, _, value = line.partition(separator)
        preamble.setdefault(name.strip(), value.strip(separator + ' "'))
    return _Table(kind, separator, names, begin, text.lines, [], preamble)


def _found(text: Text) -> tuple[Format, str, list[str], int] | None:
    """Return the format, the separator, the headings and the line after them."""
    first = next((i for i, line in enumerate(text.lines) if line.strip()), 0)
    if bare := formats.bare_format(text.lines[first]):
        return bare, ",", list(bare.bare), first
    for i, line in enumerate(text.lines[:HEADINGS_WITHIN_LINES]):
        for separator in SEPARATORS:
            names = split(line, separator) if separator in line else []
            if len(names) > 1 and (found := formats.format_of(names)):
                return found, separator, names, i + 1
    return None


def _unknown(text: Text) -> str:
    """Say what a file is that no format fits."""
    line = next(line for line in text.lines if line.strip())
    for separator in SEPARATORS:
        if other := formats.other_of(split(line, separator)):
            return other
    if any("$NPR" in line for line in text.lines):
        return (
            "the log of a goniometer, whose places are those of the searcher: baksan listen"
            " rxg-134:file:FILE"
        )
    return (
        f"the headings {line.strip()[:120]!r} are of no file that is known: of Lotek, Vectronic,"
        " Telonics, Followit, ATS, CTT, TickTag, Argos or Movebank. Give the columns the headings"
        " of Movebank (timestamp, location-long, location-lat, tag-local-identifier) and it can be"
        " read"
    )


def _objects(file: str, text: Text) -> _Table:
    """Return the table of a list of JSON objects: their keys are its headings."""
    try:
        # Numbers stay as they are written: an identity must not lose its zeros.
        found = json.loads("\n".join(text.lines), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not whole JSON ({error})") from error
    objects = found if isinstance(found, list) else [found]
    names = list(dict.fromkeys(k for o in objects if isinstance(o, dict) for k in o))
    kind = formats.format_of(names)
    if kind is None:
        raise InputError(f"{file}: {formats.other_of(names) or 'JSON of no kind that is known'}")
    table = [_object_row(i, o, names) for i, o in enumerate(objects, start=1)]
    return _Table(kind, "JSON", names, 0, [], table, {})


def _object_row(number: int, found: Any, names: list[str]) -> Row:
    text = json.dumps(found, ensure_ascii=False)[:2000]
    if not isinstance(found, dict):
        return Row(number, [], text, "no object")
    return Row(number, [_plain(found.get(name)) for name in names], text)


def _plain(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


# --- reading it ---------------------------------------------------------------------------------


def _read_table(file: str, table: _Table, how: How, watch: Watch) -> Reading:
    kind = table.format
    columns = Columns.of(table.names, kind)
    zone = _zone(file, kind, how)
    survey = _survey(table, columns)
    try:
        order = order_of(survey.dates, how.dates)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    reader = rowwise.Reader(
        file=file,
        format=kind,
        columns=columns,
        zone=zone,
        order=order,
        comma=survey.comma,
        device_id=_whose(file, table, columns, how),
    )
    for row in watch(table.rows(), len(table.objects or table.lines)):
        reader.take(row)
    found = reader.reading()
    return found._replace(notes=[*survey.notes, *found.notes])


def _survey(table: _Table, columns: Columns) -> _Survey:
    """Look once over all rows; each date is kept once, with the first row that has it."""
    days: dict[str, Seen] = {}
    ways: set[tuple[str, bool]] = set()
    commas = points = False
    for row in table.rows():
        for meaning in DATES:
            if text := columns.value(row, meaning):
                is_open = bool(possible(text))
                ways.add((meaning, is_open))
                if is_open:
                    days.setdefault(text.split()[0], Seen(row.number, text))
        for meaning in COORDINATES:
            text = columns.value(row, meaning)
            points, commas = points or "." in text, commas or "," in text
    mixed = any((meaning, not is_open) in ways for meaning, is_open in ways)
    note = "dates are written in two ways: a spreadsheet may have changed some of them"
    return _Survey(list(days.values()), commas and not points, [note] if mixed else [])


def _zone(file: str, kind: Format, how: How) -> timezone:
    """Return the zone of times that do not say it themselves.

    Raises:
        InputError: nobody says it.
        ConfigError: the file and the user say different things.
    """
    if kind.zone == "utc":
        if how.utc_offset not in (None, UTC):
            raise ConfigError(f"{file}: the times of {kind.title} are UTC: leave out --utc-offset")
        return UTC
    if how.utc_offset is None:
        hint = f" ({kind.hint})" if kind.hint else ""
        raise InputError(
            f"{file}: {kind.title} does not say the zone of its times{hint}: add --utc-offset"
            " +03:00, or --utc-offset UTC"
        )
    return how.utc_offset


def _whose(file: str, table: _Table, columns: Columns, how: How) -> str | None:
    """Return the identity for all rows; None where each row has its own.

    Raises:
        InputError: neither the rows nor the user says it.
    """
    if how.collar is not None:
        return how.collar
    said = next((table.preamble[n] for n in table.format.preamble if table.preamble.get(n)), None)
    if said is None and not columns.has("device_id"):
        raise InputError(
            f"{file}: {table.format.title} does not say whose it is: add --collar NAME"
        )
    return said


def _without_cut_row(found: Reading, table: _Table, file: str) -> Reading:
    """Refuse the last row of a file without a last line end, where it seems to be cut off."""
    *_, last = deque(table.rows(), maxlen=1) or [None]
    if last is None or last.fault or not _seems_cut(last, table):
        return found
    cut = Refused(file=file, row=last.number, reason="the file ends within this row",
                  text=last.text[:KEPT_TEXT])  # fmt: skip
    fixes = [fix for fix in found.fixes if fix.row != last.number]
    refused = [row for row in found.refused if row.row != last.number]
    return found._replace(fixes=fixes, refused=[*refused, cut])


def _seems_cut(last: Row, table: _Table) -> bool:
    """Tell whether fields are missing, or digits of a coordinate that every other row has."""
    if len(last.fields) < len(table.names):
        return True
    end, columns = len(table.names) - 1, Columns.of(table.names, table.format)
    if not any(end in columns.places.get(meaning, ()) for meaning in COORDINATES):
        return False
    others = (row for row in table.rows() if len(row.fields) > end and row.number != last.number)
    fewest = min((_decimals(row.fields[end]) for row in others if row.fields[end]), default=0)
    return _decimals(last.fields[end]) < fewest


def _decimals(number: str) -> int:
    return len(number.replace(",", ".").partition(".")[2])
