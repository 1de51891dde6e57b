"""The journal's file: made, opened, added to, checked, merged."""

from __future__ import annotations

import hashlib
import heapq
import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from receiver import __version__
from receiver.clock import Clock, Stamp
from receiver.config import Configuration, configuration_from, configuration_to
from receiver.errors import InputError, JournalCorruptError, JournalError
from receiver.journal import schema
from receiver.records import SETTINGS, Entry, Row

BUSY_TIMEOUT_S = 5.0
SQLITE_MAGIC = b"SQLite format 3\0"
BATCHES_CHECKED_ON_OPENING = 20
MERGED_ROWS_A_BATCH = 500


class _Stored(NamedTuple):
    """A row as it stands in the file: `row` is None where it was damaged."""

    table: str
    origin: str
    seq: int
    row: Row | None


class Journal:
    """One search's record. Made by `create` or `open`; a context manager.

    Several programs may add to one journal (`listen` and `note`): a row gets its number within the
    transaction that writes it. `problems` says what the check on opening found.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, readonly: bool = False
    ) -> None:
        self.path = path
        self._readonly = readonly
        self._connection = connection
        header = dict(connection.execute("SELECT key, value FROM header"))
        self.origin = header["origin"]
        self.configuration: Configuration = configuration_from(json.loads(header["configuration"]))
        self.problems = self._broken_links(BATCHES_CHECKED_ON_OPENING)

    @classmethod
    def create(cls, path: str | Path, configuration: Configuration) -> Journal:
        """Make a journal; it must not exist yet.

        Raises:
            JournalError: it exists, or the folder cannot be written to.
        """
        path = Path(path)
        if path.exists():
            raise JournalError(f"{path}: exists already; give another name")
        try:
            connection = _connect(path, readonly=False)
            connection.executescript("BEGIN EXCLUSIVE;" + schema.statements())
            _write_header(connection, configuration)
            connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{path}: cannot be made ({error}); {_advice(error)}") from error
        return cls(path, connection)

    @classmethod
    def open(cls, path: str | Path, *, readonly: bool = False) -> Journal:
        """Open a journal.

        Raises:
            InputError: there is none, or it is not one of ours.
            JournalCorruptError: it was damaged; what is whole can be read with `rows`.
            JournalError: it cannot be written to.
        """
        path = Path(path)
        _refuse_what_is_no_journal(path)
        try:
            connection = _connect(path, readonly=readonly)
            _refuse_other_versions(path, connection)
            return cls(path, connection, readonly=readonly)
        except sqlite3.OperationalError as error:
            raise JournalError(f"{path}: cannot be opened ({error}); {_advice(error)}") from error
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            raise JournalCorruptError(f"{path}: damaged or not a journal ({error})") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        with suppress(sqlite3.Error):
            self._connection.close()

    @property
    def settings(self) -> Configuration:
        """What the search is set to by now: as it was made, or as it was last changed."""
        query = "SELECT content FROM entry WHERE origin = ? ORDER BY seq DESC"
        for (text,) in self._connection.execute(query, (self.origin,)):
            with suppress(ValueError, AttributeError, TypeError):
                content = json.loads(text)
                if content.get("kind") == SETTINGS:
                    return configuration_from(content["settings"])
        return self.configuration

    def adopt(self, configuration: Configuration, stamp: Stamp, clock: Clock) -> None:
        """Write down what the search is set to from now on, where that has changed.

        Raises:
            JournalError: it could not be written.
        """
        if configuration_to(configuration) == configuration_to(self.settings):
            return
        row = replace(
            _settings_row(configuration),
            time=stamp.utc,
            monotonic_ns=stamp.monotonic_ns,
            boot_id=clock.boot_id,
            clock_source=clock.source,
        )
        self.append([row])

    def append(self, rows: Sequence[Row]) -> list[Row]:
        """Commit rows; when this returns they are on the disk. They come back with their key.

        Raises:
            JournalError: the disk is full or cannot be written; nothing of it was saved.
        """
        return self._commit(rows, numbered=False)

    def rows(self, after: int = -1) -> Iterator[Row]:
        """Yield all rows that are whole: those merged from other journals, then our own.

        Each origin's come as they were written; with `after`, only our own of a higher `seq`.
        """
        return _whole(self._read(after))

    def rows_of(self, origin: str) -> Iterator[Row]:
        """Yield the whole rows of one of the `origins`, in the order in which they were written."""
        return _whole(self._merged(self._select(t, "origin = ?", origin) for t in schema.TABLES))

    @property
    def origins(self) -> list[str]:
        """The journals whose rows are here: those that were merged, then this one."""
        each = " UNION ".join(f"SELECT origin FROM {table}" for table in schema.TABLES)
        found = {origin for (origin,) in self._connection.execute(each)}
        return [*sorted(found - {self.origin}), self.origin]

    def entry(self, identity: str) -> Entry | None:
        """Return the whole entry with this id, ours or another journal's; None where none is."""
        found = _whole(self._select("entry", "id = ?", identity))
        return next((row for row in found if isinstance(row, Entry)), None)

    def __len__(self) -> int:
        """Return how many rows there are."""
        counts = (self._connection.execute(f"SELECT COUNT(*) FROM {t}") for t in schema.TABLES)
        return sum(int(cursor.fetchone()[0]) for cursor in counts)

    def check(self) -> list[str]:
        """Return what is wrong with the file in plain sentences; nothing means sound."""
        try:
            problems = [
                f"{self.path}: {text}"
                for (text,) in self._connection.execute("PRAGMA quick_check(10)")
                if text != "ok"
            ]
            problems += [_spoilt(stored) for stored in self._read() if stored.row is None]
            return problems + self._broken_links()
        except (sqlite3.DatabaseError, ValueError) as error:
            return [f"{self.path}: damaged ({error})"]

    def merge(self, path: str | Path) -> int:
        """Add the rows of another journal that are not here yet; return how many.

        Raises:
            InputError, JournalCorruptError: the other one cannot be read.
            JournalError: this one cannot be written.
        """
        with Journal.open(path, readonly=True) as other:
            rows = [*other._first_settings(), *other.rows()]
            ours = (self.origin, 0)  # our own header comes back to us as a row of others
            new = [row for row in rows if (row.origin, row.seq) != ours and not self._has(row)]
        for begin in range(0, len(new), MERGED_ROWS_A_BATCH):
            self._commit(new[begin : begin + MERGED_ROWS_A_BATCH], numbered=True)
        return len(new)

    def _first_settings(self) -> list[Row]:
        """Return the settings that the journal was made with as a row, for other journals."""
        if not (self.configuration.collars or self.configuration.receivers):
            return []
        row = _settings_row(self.configuration)
        return [replace(row, id=f"{self.origin}/0", origin=self.origin, seq=0)]

    def _commit(self, rows: Sequence[Row], *, numbered: bool) -> list[Row]:
        if not rows:
            return []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                rows = list(rows) if numbered else self._number(rows)
                self._insert([schema.table_and_values(row) for row in rows])
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: not saved ({error}); {_advice(error)}") from error
        return list(rows)

    def _number(self, rows: Sequence[Row]) -> list[Row]:
        first = self._last_seq() + 1
        return [replace(row, seq=first + i, origin=self.origin) for i, row in enumerate(rows)]

    def _insert(self, written: list[tuple[str, tuple[Any, ...]]]) -> None:
        for table, values in written:
            marks = ",".join("?" * len(values))
            self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        self._add_link(written)

    def _add_link(self, written: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        keys = [(table, values[1], values[0], values[-1]) for table, values in written]
        last = self._connection.execute("SELECT number, sha256 FROM batch ORDER BY number DESC")
        number, previous = last.fetchone() or (0, self.origin)
        text = json.dumps(keys)
        link = (number + 1, text, _link(previous, text))
        self._connection.execute("INSERT INTO batch VALUES (?, ?, ?)", link)

    def _broken_links(self, last: int | None = None) -> list[str]:
        """Follow the chain over all batches, or over the `last` ones."""
        query = "SELECT number, rows, sha256 FROM batch ORDER BY number DESC LIMIT ?"
        batches = self._connection.execute(query, (-1 if last is None else last + 1,)).fetchall()
        previous = self.origin
        if last is not None and len(batches) > last:
            previous = batches.pop()[2]
        problems = []
        for number, text, link in reversed(batches):
            if link != _link(previous, text):
                problems.append(f"{self.path}: batch {number} was changed after it was written")
            problems += [
                f"{self.path}: {table} row {seq} is missing or changed"
                for table, origin, seq, crc in json.loads(text)
                if not self._stands(table, origin, seq, crc)
            ]
            previous = link
        return problems

    def _stands(self, table: str, origin: str, seq: int, crc: int) -> bool:
        if table not in schema.TABLES:
            return False
        query = f"SELECT crc32 FROM {table} WHERE origin = ? AND seq = ?"
        return bool(self._connection.execute(query, (origin, seq)).fetchone() == (crc,))

    def _read(self, after: int = -1) -> Iterator[_Stored]:
        return self._merged(self._read_table(table, after) for table in schema.TABLES)

    def _merged(self, streams: Iterable[Iterator[_Stored]]) -> Iterator[_Stored]:
        with self._one_moment():
            yield from heapq.merge(*streams, key=self._order)

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """Let all tables be read as of one moment, while another program writes."""
        outer = not self._readonly or self._connection.in_transaction
        if not outer:
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            if not outer and self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def _order(self, stored: _Stored) -> tuple[bool, str, int]:
        return stored.origin == self.origin, stored.origin, stored.seq

    def _read_table(self, table: str, after: int) -> Iterator[_Stored]:
        """Yield the rows of other journals, unless only new ones are wanted, and then our own."""
        if after < 0:
            yield from self._select(table, "origin != ?", self.origin)
        yield from self._select(table, "origin = ? AND seq > ?", self.origin, after)

    def _select(self, table: str, where: str, *values: object) -> Iterator[_Stored]:
        query = f"SELECT * FROM {table} WHERE {where} ORDER BY origin, seq"
        for *found, crc in self._connection.execute(query, values):
            row = None
            with suppress(ValueError, OverflowError, TypeError):
                if schema.crc32(tuple(found)) == crc:
                    row = schema.row_of(table, tuple(found))
            yield _Stored(table, str(found[1]), found[0], row)

    def _has(self, row: Row) -> bool:
        table, values = schema.table_and_values(row)
        query = f"SELECT 1 FROM {table} WHERE origin = ? AND seq = ?"
        return self._connection.execute(query, (values[1], values[0])).fetchone() is not None

    def _last_seq(self) -> int:
        queries = (f"SELECT COALESCE(MAX(seq), 0) FROM {t} WHERE origin = ?" for t in schema.TABLES)
        return max(int(self._connection.execute(q, (self.origin,)).fetchone()[0]) for q in queries)


def _whole(found: Iterable[_Stored]) -> Iterator[Row]:
    return (stored.row for stored in found if stored.row is not None)


def _settings_row(configuration: Configuration) -> Entry:
    content = {"kind": SETTINGS, "settings": configuration_to(configuration)}
    identity = str(uuid.uuid4())
    return Entry(id=identity, observer=configuration.observer, time=schema.EPOCH, content=content)


def _link(previous: str, text: str) -> str:
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _spoilt(stored: _Stored) -> str:
    where = f"{stored.table} row {stored.seq}"
    return f"{where} was damaged after it was written; it is left out"


def _advice(error: Exception) -> str:
    text = str(error)
    if "full" in text:
        return "the disk is full: free some space, recording goes on by itself"
    if "readonly" in text:
        return "the file or its folder may not be written to"
    return "is the disk still there?"


def _connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    if readonly:
        # Without a log beside it nobody writes, and `immutable` needs no right to write the folder.
        quiet = not path.with_name(path.name + "-wal").exists()
        mode = "?mode=ro&immutable=1" if quiet else "?mode=ro"
    else:
        mode = "?mode=rwc"
    connection = sqlite3.connect(
        uri + mode,
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        check_same_thread=False,
        isolation_level=None,
    )
    if not readonly:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _write_header(connection: sqlite3.Connection, configuration: Configuration) -> None:
    text = json.dumps(configuration_to(configuration), allow_nan=False, sort_keys=True)
    header = {
        "origin": str(uuid.uuid4()),
        "schema_version": str(schema.VERSION),
        "software_version": __version__,
        "configuration": text,
        "configuration_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    connection.executemany("INSERT INTO header VALUES (?, ?)", header.items())


def is_journal(path: Path) -> bool:
    """Tell whether a file may be a journal: it begins as SQLite's files do.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _refuse_what_is_no_journal(path: Path) -> None:
    if not is_journal(path):
        raise InputError(f"{path}: not a journal of baksan")


def _refuse_other_versions(path: Path, connection: sqlite3.Connection) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != schema.APPLICATION_ID:
        raise InputError(f"{path}: a database, but not a journal of baksan")
    if version > schema.VERSION:
        raise InputError(
            f"{path}: written by a newer baksan (form {version}, this one reads {schema.VERSION});"
            " update this computer's baksan"
        )
