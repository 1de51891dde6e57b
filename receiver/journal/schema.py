"""Tables of the journal, and how records become rows and back.

`origin` is the UUID of the journal that a row was first written to and `seq` its number there, so
that merging twice changes nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from receiver.records import Entry, Gap, Heard, Row, Source

VERSION = 1
APPLICATION_ID = 0x62616B73  # "baks"

TABLES = ("source", "heard", "entry", "gap")
_KEY = "seq INTEGER NOT NULL, origin TEXT NOT NULL"
_STAMP = "time_utc_ns INTEGER NOT NULL, monotonic_ns INTEGER NOT NULL, boot_id TEXT NOT NULL"
_END = "crc32 INTEGER NOT NULL, PRIMARY KEY (origin, seq)"

_CREATE = f"""
CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE source ({_KEY}, source TEXT NOT NULL, address TEXT NOT NULL, observer TEXT NOT NULL,
    receiver TEXT, role TEXT NOT NULL, {_END}) STRICT;
CREATE TABLE heard ({_KEY}, source TEXT NOT NULL, kind TEXT NOT NULL, {_STAMP},
    clock_source TEXT NOT NULL, clock_age_ms INTEGER, raw BLOB NOT NULL, {_END}) STRICT;
CREATE TABLE entry ({_KEY}, id TEXT NOT NULL, observer TEXT NOT NULL, {_STAMP},
    clock_source TEXT NOT NULL, content TEXT NOT NULL, {_END}) STRICT;
CREATE TABLE gap ({_KEY}, source TEXT NOT NULL, {_STAMP}, reason TEXT NOT NULL,
    ended INTEGER NOT NULL, {_END}) STRICT;
CREATE TABLE batch (number INTEGER PRIMARY KEY, rows TEXT NOT NULL, sha256 TEXT NOT NULL) STRICT;
"""


def statements() -> str:
    """Return the SQL that makes an empty journal."""
    guards = (
        f"CREATE TRIGGER {table}_{verb} BEFORE {verb.upper()} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'a journal is only ever added to'); END;"
        for table in (*TABLES, "header", "batch")
        for verb in ("update", "delete")
    )
    pragmas = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
    return _CREATE + "\n".join(guards) + pragmas


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns_of(time: datetime) -> int:
    """Return a time as whole nanoseconds since 1970 (times have microseconds)."""
    delta = time - EPOCH
    return ((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000


def time_of(time_utc_ns: int) -> datetime:
    """Return the time of nanoseconds since 1970."""
    return EPOCH + timedelta(microseconds=time_utc_ns // 1000)


def crc32(values: tuple[Any, ...]) -> int:
    """Return the CRC32 of a row's values, the key included."""
    text = repr(tuple(value.hex() if isinstance(value, bytes) else value for value in values))
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _source(row: Source) -> tuple[Any, ...]:
    return row.source, row.address, row.observer, row.receiver, row.role


def _heard(row: Heard) -> tuple[Any, ...]:
    stamp = ns_of(row.time), row.monotonic_ns, row.boot_id
    return row.source, row.kind, *stamp, row.clock_source, row.clock_age_ms, row.raw


def _entry(row: Entry) -> tuple[Any, ...]:
    stamp = ns_of(row.time), row.monotonic_ns, row.boot_id
    content = json.dumps(row.content, allow_nan=False, ensure_ascii=False, sort_keys=True)
    return row.id, row.observer, *stamp, row.clock_source, content


def _gap(row: Gap) -> tuple[Any, ...]:
    stamp = ns_of(row.time), row.monotonic_ns, row.boot_id
    return row.source, *stamp, row.reason, int(row.ended)


_WRITE: dict[type, tuple[str, Callable[[Any], tuple[Any, ...]]]] = {
    Source: ("source", _source),
    Heard: ("heard", _heard),
    Entry: ("entry", _entry),
    Gap: ("gap", _gap),
}


def table_and_values(row: Row) -> tuple[str, tuple[Any, ...]]:
    """Return the table of a row and all its values: seq, origin, its own, crc32."""
    table, values_of = _WRITE[type(row)]
    values = (row.seq, row.origin, *values_of(row))
    return table, (*values, crc32(values))


def row_of(table: str, values: tuple[Any, ...]) -> Row:
    """Return the record of a row's values, without its crc32."""
    seq, origin, *rest = values
    key = {"seq": seq, "origin": origin}
    if table == "source":
        source, address, observer, receiver, role = rest
        return Source(source=source, address=address, observer=observer, receiver=receiver,
                      role=role, **key)  # fmt: skip
    if table == "heard":
        source, kind, utc, mono, boot, clock_source, clock_age, raw = rest
        return Heard(source=source, kind=kind, time=time_of(utc), monotonic_ns=mono, boot_id=boot,
                     clock_source=clock_source, clock_age_ms=clock_age, raw=raw, **key)  # fmt: skip
    if table == "entry":
        identity, observer, utc, mono, boot, clock_source, content = rest
        return Entry(id=identity, observer=observer, time=time_of(utc), monotonic_ns=mono,
                     boot_id=boot, clock_source=clock_source, content=json.loads(content),
                     **key)  # fmt: skip
    source, utc, mono, boot, reason, ended = rest
    return Gap(source=source, time=time_of(utc), monotonic_ns=mono, boot_id=boot, reason=reason,
               ended=bool(ended), **key)  # fmt: skip
