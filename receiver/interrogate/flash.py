"""A collar's flash log on the disk: what came stays, and the next try goes on from there.

The collar counts back from its newest record: `BC port start count` reads `count` records forward
from the one that is `start` from the end. Firmware 4.4.2 to 6.15 adds `count` to `start`, so there
`start` must be 0 for the newest ones. A file holds records from the oldest on; of the rest as many
are asked for as the collar has more, and some that are known: they must be the same, or the log was
cleared or went round: all is read again, and what is not in the file put behind what there is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from protocols.opencollar_edge.frame import HIGHEST_PORT
from receiver.errors import CorruptError, SourceTimeoutError, WriteError
from receiver.interrogate.opencollar import CONFIRM_HEAD, OpenCollar
from receiver.interrogate.session import Session

KNOWN_AGAIN = 5  # records that are read once more, to see that the log is the same
QUIET_S, SAVE_EVERY = 8.0, 64
SHIFTING = ((4, 4), (6, 15))  # firmware that adds count to start
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download gave: records that are new in the file, and whether all came."""

    new: int
    total: int
    whole: bool


def records_of(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole records of a flash log, and what follows them."""
    records, offset = [], 0
    while offset + 3 <= len(data) and 0 < data[offset] <= HIGHEST_PORT:
        end = offset + 7 + data[offset + 2]
        if end > len(data):
            break
        records.append(data[offset:end])
        offset = end
    return records, data[offset:]


def request(count: int, firmware: tuple[int, int]) -> bytes:
    """Return what asks for the newest `count` records of all ports."""
    start = 0 if SHIFTING[0] <= firmware <= SHIFTING[1] else count
    numbers = (number.to_bytes(4, "little") for number in (0, start, count))
    return b"\x20\xbc\x0c" + b"".join(numbers)


class Log:
    """A file of records. It only grows, by whole records."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            CorruptError: there is something else in it. WriteError: it cannot be written.
        """
        self._path = path
        try:
            self.records, rest = records_of(path.read_bytes() if path.exists() else b"")
            if rest.strip(b"\0") and (not self.records or not 0 < rest[0] <= HIGHEST_PORT):
                raise CorruptError(f"{path}: this is no flash log; give another file")
            self._file: BinaryIO = path.open("ab")
            self._file.truncate(sum(map(len, self.records)))  # a record that was cut, by a crash
        except OSError as error:
            raise WriteError(f"{path}: {error.strerror}") from error

    def add(self, record: bytes) -> None:
        """Add a record; now and then all is forced onto the disk.

        Raises:
            WriteError: there is no room, or the disk is gone.
        """
        self.records.append(record)
        try:
            self._file.write(record)
            if len(self.records) % SAVE_EVERY == 0:
                self.save()
        except OSError as error:
            raise WriteError(f"{self._path}: {error.strerror}") from error

    def save(self) -> None:
        """Force all onto the disk.

        Raises:
            WriteError: there is no room, or the disk is gone.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise WriteError(f"{self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Save and close; what did not fit is told by WriteError, as of `save`."""
        try:
            self.save()
        finally:
            with suppress(OSError):  # it tries to write once more
                self._file.close()


def download(
    collar: OpenCollar, session: Session, log: Log, total: int, firmware: tuple[int, int],
    told: Told = lambda records: None,
) -> Downloaded:  # fmt: skip
    """Read what the collar has more than the file; `total` records are in the collar.

    Raises:
        SourceError: the link was lost. What came is in the file.
    """
    before = len(log.records)
    missing = total - before
    known = log.records[-min(KNOWN_AGAIN, before) :] if before else []
    if missing >= 0 and known:
        stream = _stream(collar, session, request(missing + len(known), firmware))
        if [next(stream, None) for _ in known] == known:
            return _kept(log, stream, before, total, told)
        for _ in stream:  # let it say all, or its rest would be taken for the next answer
            pass
    seen = set(log.records)  # what is in the file already is not put there twice
    stream = _stream(collar, session, request(total, firmware))
    return _kept(log, (one for one in stream if one not in seen), before, total, told)


def _kept(
    log: Log, stream: Iterator[bytes], before: int, total: int, told: Told
) -> Downloaded:  # fmt: skip
    try:
        for record in stream:
            log.add(record)
            told(len(log.records))
    finally:
        log.save()
    new = len(log.records) - before
    return Downloaded(new=new, total=total, whole=len(log.records) >= total)


def _stream(collar: OpenCollar, session: Session, asked: bytes) -> Iterator[bytes]:
    """Yield records until the collar says that these were all.

    Raises:
        SourceTimeoutError: it fell silent before.
    """
    session.say(asked)
    end = CONFIRM_HEAD + asked[1:2]
    for message in collar.messages(24 * 3600.0, quiet_s=QUIET_S):
        if message[:4] == end:
            return
        if message[:1] == b"\x1d":
            yield from records_of(message[1:])[0]
        else:
            collar.unasked.append(message)
    raise SourceTimeoutError("the collar fell silent in its log: what came is saved, ask again")
