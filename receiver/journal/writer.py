"""The one thread of a program that writes: rows are committed together, every 200 ms or 64 rows.

A row counts as saved only after its commit. When the disk is full the rows wait in memory, the
user is told, and writing goes on when there is room again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from receiver.errors import JournalError
from receiver.journal.store import Journal
from receiver.records import Entry, Heard, Row

COMMIT_INTERVAL_S = 0.2
COMMIT_ROWS = 64
RETRY_INTERVAL_S = 1.0
LONGEST_COMMIT_S = 15.0  # longer than another program may hold the file
# What may wait in memory while the disk is full: an hour of ten readings a second, unless a source
# floods; then its thread has to wait.
WAITING_ROWS, WAITING_BYTES = 40_000, 64_000_000


class Writer:
    """Writes rows from many threads to one journal."""

    def __init__(self, journal: Journal, on_fault: Callable[[str], None]) -> None:
        self._journal = journal
        self._on_fault = on_fault
        self._rows: deque[Row] = deque()  # handed over and not on the disk yet, in order
        self._bytes = 0
        self._seen = 0  # how many of these `unseen` has returned
        self._committed = 0
        self._fault = ""
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def committed(self) -> int:
        """How many rows are on the disk."""
        return self._committed

    @property
    def fault(self) -> str:
        """Why rows are not saved now, "" where they are."""
        return self._fault

    @property
    def waiting(self) -> int:
        """How many rows are not on the disk yet."""
        return len(self._rows)

    def submit(self, row: Row) -> None:
        """Hand over a row; waits while far too much waits already, until the writer is stopped.

        What a person entered never waits: a call to everybody may come next.
        """
        with self._changed:
            while self._is_full(row) and not self._stopping.is_set():
                self._changed.wait(RETRY_INTERVAL_S)
            self._rows.append(row)
            self._bytes += _size(row)
            if len(self._rows) in (1, COMMIT_ROWS):  # what the thread may wait for
                self._changed.notify_all()

    def _is_full(self, row: Row) -> bool:
        if isinstance(row, Entry):
            return False
        return self.waiting >= WAITING_ROWS or self._bytes >= WAITING_BYTES

    def unseen(self) -> list[Row]:
        """Return those rows that wait now and were not returned here before."""
        with self._changed:
            rows = list(islice(self._rows, self._seen, None))
            self._seen = len(self._rows)
        return rows

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything handed over is on the disk; return whether it is."""
        with self._changed:
            target = self._committed + len(self._rows)
            return self._changed.wait_for(lambda: self._committed >= target, timeout_s)

    def close(self, timeout_s: float = 30.0) -> None:
        """Write what waits and end the thread.

        Raises:
            JournalError: rows could not be written; the message says how many.
        """
        saved = self.flush(timeout_s)
        self.stop()
        if not saved:
            raise JournalError(f"{self._journal.path}: {self.waiting} rows could not be saved")

    def stop(self) -> None:
        """End the thread after the rows that it can write; may be called twice."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(LONGEST_COMMIT_S)

    def left(self) -> list[Row]:
        """Return the rows that are not on the disk, once the writer has stopped."""
        # While its thread lives it may still commit them: they must not be saved twice.
        return [] if self._thread.is_alive() else list(self._rows)

    def _run(self) -> None:
        while rows := self._next():
            if not self._write(rows):
                self._stopping.wait(RETRY_INTERVAL_S)
                if self._stopping.is_set():
                    return

    def _next(self) -> list[Row]:
        """Return the rows of the next commit: enough, or those of its time; [] at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._rows or self._stopping.is_set())
            self._changed.wait_for(
                lambda: len(self._rows) >= COMMIT_ROWS or self._stopping.is_set(),
                COMMIT_INTERVAL_S,
            )
            return list(islice(self._rows, COMMIT_ROWS))

    def _write(self, rows: list[Row]) -> bool:
        try:
            self._journal.append(rows)
        except JournalError as error:
            self._cannot(error)
            return False
        except Exception:  # one row of them cannot be written at all: it must not stop the others
            return self._write_one_by_one(rows)
        self._saved(rows)
        return True

    def _write_one_by_one(self, rows: list[Row]) -> bool:
        for row in rows:
            try:
                self._journal.append([row])
            except JournalError as error:
                self._cannot(error)
                return False
            except Exception as error:
                kind = type(row).__name__.lower()
                self._on_fault(f"a {kind} row cannot be written and is left out ({error})")
            self._saved([row])
        return True

    def _cannot(self, error: JournalError) -> None:
        """Tell once why rows cannot be saved, and not again at each attempt."""
        fault = f"{error}; what comes waits in memory"
        if fault != self._fault:
            self._fault = fault
            self._on_fault(fault)

    def _saved(self, rows: list[Row]) -> None:
        with self._changed:
            for _ in rows:
                self._rows.popleft()
            self._bytes -= sum(map(_size, rows))
            self._seen = max(self._seen - len(rows), 0)
            self._committed += len(rows)
            self._fault = ""
            self._changed.notify_all()


def _size(row: Row) -> int:
    return len(row.raw) if isinstance(row, Heard) else 0
