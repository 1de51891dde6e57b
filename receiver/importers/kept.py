"""Makers' files in the journal: each whole, byte for byte; what they say is read anew each time.

A file is a source of the role "history". Its address holds its name, its digest and what the user
said of it; its bytes follow as rows of what was heard. So nothing is lost, a better reader finds
more in the same journal, two journals merge as ever, and adding a file twice changes nothing. Added
again with other words about it (another order of dates, another collar), the last words count.
Files that overlap are merged fix by fix; where they differ the one that was added last counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode

from receiver.clock import Clock
from receiver.config import Configuration
from receiver.errors import InputError, ReceiverError
from receiver.importers import dates, values
from receiver.importers.history import History, How, read
from receiver.journal import Journal
from receiver.records import Fix, Heard, Refused, Row, Source

ROLE = "history"
PIECE_BYTES = 1 << 16
LARGEST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All histories of a journal: every fix once, in order of time, with the name of its collar."""

    fixes: tuple[Fix, ...] = ()
    refused: tuple[Refused, ...] = ()
    histories: tuple[History, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _File:
    source: Source
    pieces: list[bytes] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The digest of the file as it was added."""
        return _said(self.source.address)[1].get("sha256", "")

    def whole(self) -> bytes | None:
        """Return the bytes of the file; None where some of them are damaged or missing."""
        data = b"".join(self.pieces)
        return data if hashlib.sha256(data).hexdigest() == self.digest else None


def read_file(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        InputError: it cannot be read, or is far too large for a history.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(
                f"{path}: {path.stat().st_size / 1e6:.0f} MB; download the positions without the"
                " acceleration, or fewer years at once"
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def keep(journal: Journal, file: str, data: bytes, how: How, clock: Clock) -> bool:
    """Add a file to a journal, all of it or nothing; return False where it is there already.

    Raises:
        JournalError: it could not be written.
    """
    digest, stamp = hashlib.sha256(data).hexdigest(), clock.now()
    address = _address(file, digest, how)
    before = {file.digest: file for file in _files(journal.rows())}.get(digest)
    if before and before.source.address == address and before.whole() is not None:
        return False
    name = f"{file}#{hashlib.sha256(address.encode()).hexdigest()[:8]}"
    source = Source(
        source=name, address=address, observer=journal.settings.observer, role="history"
    )
    pieces = [
        Heard(
            source=name,
            kind="bytes",
            time=stamp.utc,
            monotonic_ns=stamp.monotonic_ns,
            boot_id=clock.boot_id,
            clock_source=clock.source,
            raw=data[begin : begin + PIECE_BYTES],
        )
        for begin in range(0, len(data), PIECE_BYTES)
    ]
    journal.append([source, *pieces])
    return True


def kept(rows: Iterable[Row], configuration: Configuration) -> Kept:
    """Return all that the makers' files among the rows of a journal say."""
    histories, warnings = [], []
    for file in _files(rows):
        try:
            histories.append(_read(file))
        except ReceiverError as error:
            warnings.append(f"{error}; it is left out")
    found = {fix.id: fix for history in histories for fix in history.fixes}
    names = {fix.device_id: name_of(fix.device_id, configuration) for fix in found.values()}
    fixes = [replace(fix, collar=names[fix.device_id]) for fix in found.values()]
    return Kept(
        fixes=tuple(sorted(fixes, key=_order)),
        refused=tuple(row for history in histories for row in history.refused),
        histories=tuple(histories),
        warnings=tuple(warnings),
    )


def _files(rows: Iterable[Row]) -> Iterator[_File]:
    """Yield the files among rows: each once, with what was said of it last."""
    found: dict[tuple[str, str], _File] = {}
    for row in rows:
        if isinstance(row, Source) and row.role == ROLE:
            found.pop((row.origin, row.source), None)  # what was said last comes last
            found[row.origin, row.source] = _File(row)
        elif isinstance(row, Heard) and (row.origin, row.source) in found:
            found[row.origin, row.source].pieces.append(row.raw)
    yield from {file.digest: file for file in found.values()}.values()


def _read(file: _File) -> History:
    name, said = _said(file.source.address)
    data = file.whole()
    if data is None:
        raise InputError(f"{name}: its bytes in the journal are damaged: import the file again")
    return read(name, data, _how(said))


def _address(file: str, digest: str, how: How) -> str:
    said = {
        "sha256": digest,
        "utc_offset": how.utc_offset and (str(how.utc_offset).removeprefix("UTC") or "UTC"),
        "dates": how.dates,
        "collar": how.collar,
    }
    query = urlencode({key: value for key, value in said.items() if value}, quote_via=quote)
    return f"{ROLE}:file:{quote(file)}?{query}"


def _said(address: str) -> tuple[str, Mapping[str, str]]:
    target, _, query = address.removeprefix(f"{ROLE}:file:").partition("?")
    return unquote(target), dict(parse_qsl(query))


def _how(said: Mapping[str, str]) -> How:
    offset = said.get("utc_offset")
    return How(
        utc_offset=dates.offset(offset) if offset else None,
        dates=said.get("dates"),
        collar=said.get("collar"),
    )


def _order(fix: Fix) -> tuple[float, str]:
    when = fix.time or fix.received
    return when.timestamp() if when else 0.0, fix.id


def lost_zeros(fixes: Iterable[Fix], configuration: Configuration) -> Iterator[str]:
    """Yield a sentence for each identity that is a sheet's but for the zeros before it."""
    for device_id in dict.fromkeys(fix.device_id for fix in fixes):
        for collar in configuration.collars:
            for known in (collar.serial, *collar.ids):
                if known and values.same_id(device_id, known) and len(device_id) != len(known):
                    yield (
                        f"id {device_id} is taken for {known} of {collar.name}'s sheet: they"
                        " differ by zeros only, which a spreadsheet may have dropped"
                    )


def name_of(device_id: str, configuration: Configuration) -> str | None:
    """Return the name of the one sheet that knows an identity."""
    names = [
        collar.name
        for collar in configuration.collars
        if any(
            values.same_id(device_id, known)
            for known in (collar.name, collar.serial, *collar.ids)
            if known
        )
    ]
    return names[0] if len(names) == 1 else None
