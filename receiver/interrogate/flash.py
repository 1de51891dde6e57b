"""A collar's flash log on the disk: what came stays, and the next try goes on from there.

`BC port start count` passes over the `start` newest records and reads `count` older ones, the
newest block of flash first (`flash_interface.c` of firmware 7.3.0). Firmware before 7.1 passes over
too many, unless `start` is 0; more than the collar has it does not give at all. So:

- The log is asked for in stretches, from the newest record on: a lost animal is where its newest
  records are. Where only `start` 0 is safe, a stretch begins at the newest record each time, and is
  twice as long as the one before.
- A record that is in the file is not written again: whatever was read twice, or moved on as the
  collar went on recording, is told by comparing. Records hold the second they were stored in.
- A stretch counts as read when the collar confirmed it. How far it got is in a small file beside
  the log, with the collar's MAC: the log of another collar is refused.
- A stretch that reaches records of an earlier, whole download is the last one. After a download
  that was lost, what it had got is passed over, all but a few records: if those are not in the file
  the log has changed, and nothing is passed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from protocols.opencollar_edge.frame import HIGHEST_PORT
from receiver.errors import ConfigError, CorruptError, SourceError, SourceTimeoutError, WriteError
from receiver.interrogate.opencollar import CONFIRM_HEAD, OpenCollar, RefusedError
from receiver.interrogate.session import Session
from receiver.sheets import replace_file

AGAIN = 5  # records that are read once more, to see that the log is the same
SHORTEST, LONGEST = 512, 2048  # records of a stretch
TAKES_START = (7, 1)  # firmware: the first that passes over no more than `start`
FIRST_S, COUNTED_PER_S = 15.0, 1000.0  # it counts its way back to where a stretch begins
PER_RECORD_S = 1.0  # it sends a few records each tenth of a second
SAVE_EVERY = 64
READABLE_BY_ALL = 0o644
Told = Callable[[int, int], None]  # records that were read, of how many


@dataclass(slots=True)
class Downloaded:
    """What a download gave: records that are new in the file, of how many in the collar.

    `whole` when all is in the file; the next try goes on from there otherwise.
    """

    new: int = 0
    total: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """Where a download ended: the newest `read` of `total` records are among the first `known`."""

    read: int
    total: int
    known: int


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


# --- the file ---------------------------------------------------------------------------------


class Log:
    """A file of records, each once. It only grows, by whole records."""

    def __init__(self, path: Path, mac: str) -> None:
        """Open the file of a collar's log.

        Raises:
            ConfigError: it holds the log of another collar. CorruptError: there is something else
                in it. WriteError: it cannot be written.
        """
        self._path, self._mac = path, mac
        self._state_path = path.with_name(path.name + ".state.json")
        try:
            records, cut = _kept_records(path)
            self._whole, self.left = self._state(len(records))
            self._file: BinaryIO = path.open("ab")
            if cut:  # a record that was being written when the computer died
                self._file.truncate(sum(map(len, records)))
        except OSError as error:
            raise WriteError(f"{path}: {error.strerror}") from error
        known = self.left.known if self.left else 0
        self.whole, self.part = set(records[: self._whole]), set(records[self._whole : known])
        self._records, self._count = set(records), len(records)

    def _state(self, records: int) -> tuple[int, Left | None]:
        """Return how many records a whole download left, and what a later one did not get.

        Of a file without a state, or with a wrong one, nothing is known: all is read again.
        """
        try:
            state = json.loads(self._state_path.read_bytes())
            mac, whole = str(state["mac"]), int(state["whole"])
            left = Left(**{k: int(v) for k, v in state["left"].items()}) if state["left"] else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return 0, None
        if records and mac and self._mac and mac != self._mac:
            raise ConfigError(f"{self._path} is the log of collar {mac}: give another file")
        if not 0 <= whole <= (left.known if left else whole) <= records:
            return 0, None
        return whole, left

    def __len__(self) -> int:
        """Return how many records are in the file."""
        return self._count

    def add(self, record: bytes) -> None:
        """Add a record, unless it is there already; now and then all is forced onto the disk.

        Raises:
            WriteError: there is no room, or the disk is gone.
        """
        if record in self._records:
            return
        self._records.add(record)
        self._count += 1
        try:
            self._file.write(record)
        except OSError as error:
            raise WriteError(f"{self._path}: {error.strerror}") from error
        if self._count % SAVE_EVERY == 0:
            self.save()

    def mark(self, read: int, total: int) -> None:
        """Write down that the `read` newest of `total` records are in the file.

        Raises:
            WriteError: there is no room, or the disk is gone. InputError: for the state, likewise.
        """
        self._write_state(Left(read, total, self._count))

    def finish(self) -> None:
        """Write down that all is in the file.

        Raises:
            WriteError: there is no room, or the disk is gone. InputError: for the state, likewise.
        """
        self._whole = self._count
        self._write_state(None)

    def _write_state(self, left: Left | None) -> None:
        self.save()  # first, or the state would promise what is not on the disk
        state = {"mac": self._mac, "whole": self._whole, "left": left and asdict(left)}
        replace_file(self._state_path, json.dumps(state).encode() + b"\n", READABLE_BY_ALL)

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
        """Save and close; the file is closed also when there is no room."""
        try:
            self.save()
        finally:
            with suppress(OSError):
                self._file.close()


def _kept_records(path: Path) -> tuple[list[bytes], bool]:
    """Return the records of a file, and whether the last one is cut.

    Raises:
        CorruptError: there is something else in it.
    """
    records, rest = records_of(path.read_bytes() if path.exists() else b"")
    if rest and not (records and 0 < rest[0] <= HIGHEST_PORT):
        raise CorruptError(f"{path}: this is no flash log; give another file")
    return records, bool(rest)


# --- what to ask for --------------------------------------------------------------------------


def request(start: int, count: int, firmware: tuple[int, int]) -> tuple[bytes, int]:
    """Return what asks for `count` records of all ports older than the `start` newest.

    And how many it gives: firmware that is safe only from the newest on gives those as well.
    """
    if firmware < TAKES_START:
        start, count = 0, start + count
    numbers = (number.to_bytes(4, "little") for number in (0, start, count))
    return b"\x20\xbc\x0c" + b"".join(numbers), count


def length(read: int, firmware: tuple[int, int]) -> int:
    """Return how long the next stretch should be."""
    longest = LONGEST if firmware >= TAKES_START else max(read, SHORTEST)
    return min(max(read, SHORTEST), longest)


def meets(records: Collection[bytes], known: set[bytes]) -> bool:
    """Tell whether a stretch reaches records that are known; one or two alone may be chance."""
    found = sum(record in known for record in records)
    return 0 < min(AGAIN, len(known)) <= found


@dataclass(slots=True)
class Plan:
    """Where the next stretch begins: behind the `read` newest records, which are in the file."""

    part: set[bytes]
    left: Left | None
    read: int = 0
    back: int | None = None  # where to go on if what was passed over is not in the file after all

    def go_on(self, got: set[bytes], count: int, total: int) -> None:
        """Move past a stretch of `count` records; also past what a lost download had got."""
        meets_part = meets(got, self.part)
        if self.back is not None and not meets_part:
            self.read, self.back = self.back, None
            return
        self.read, self.back = self.read + count, None
        if self.left is not None and meets_part:
            known = self.left.read + max(0, total - self.left.total) - AGAIN
            self.left = None
            if known > self.read:
                self.read, self.back = known, self.read

    @property
    def is_sure(self) -> bool:
        """Tell whether more is read for certain than what was written down before."""
        return self.back is None and (self.left is None or self.read > self.left.read)


def download(
    collar: OpenCollar, session: Session, log: Log, firmware: tuple[int, int], told: Told,
    got: Downloaded,
) -> None:  # fmt: skip
    """Read what the collar has more than the file; `got` holds at any time what came.

    Raises:
        SourceError: the link was lost. RefusedError: it gives no log.
    """
    before, plan, got.total = len(log), Plan(log.part, log.left), collar.stored()
    if log.left is None:
        log.mark(0, got.total)
    while plan.read < got.total:
        count = min(length(plan.read, firmware), got.total - plan.read)
        read = set()
        for record in _stretch(collar, session, *request(plan.read, count, firmware), plan.read):
            log.add(record)
            read.add(record)
            got.new = len(log) - before
            told(min(plan.read + len(read), got.total), got.total)
        if meets(read, log.whole):
            break
        plan.go_on(read, count, got.total)
        if plan.is_sure:
            log.mark(plan.read, got.total)
        got.total = collar.stored()  # it goes on recording
    log.finish()
    got.whole = True


def _stretch(
    collar: OpenCollar, session: Session, asked: bytes, count: int, read: int
) -> Iterator[bytes]:
    """Yield the records of a stretch until the collar confirms that these were all.

    Raises:
        SourceTimeoutError: it fell silent before. RefusedError: it says that it failed.
        SourceError: it does not stop.
    """
    session.say(asked)
    end, came = CONFIRM_HEAD + asked[1:2], 0
    quiet_s = FIRST_S + read / COUNTED_PER_S
    for message in collar.messages(quiet_s, quiet_s, quiet_s + PER_RECORD_S * count):
        if message[:4] == end and len(message) == len(end) + 1:
            if message[4:] == b"\0":
                raise RefusedError("the collar cannot read this part of its log; what came is kept")
            return
        if message[:1] != b"\x1d":
            collar.unasked.append(message)
            continue
        records, rest = records_of(message[1:])
        yield from records
        came += len(records)
        if rest:
            collar.unasked.append(b"\x1d" + rest)
        if came > count:
            raise SourceError("the collar sends more records than were asked for: stopped")
    raise SourceTimeoutError("the collar fell silent in its log: what came is saved, ask again")
