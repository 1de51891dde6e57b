"""The one thread of a program that writes: rows are committed together, every 200 ms or 64 rows.

A row counts as saved only after its commit. When the disk is full the rows wait in memory, the
user is told, and writing goes on when there is room again.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from receiver.errors import JournalError
from receiver.journal.store import Journal
from receiver.records import Heard, Row

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
        self._queue: queue.Queue[Row | None] = queue.Queue()
        self._waiting_bytes = 0
        self._pending: list[Row] = []
        self._committed = 0
        self._submitted = 0
        self._count_lock = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def committed(self) -> int:
        """How many rows are on the disk."""
        return self._committed

    @property
    def waiting(self) -> int:
        """How many rows are not on the disk yet."""
        return self._submitted - self._committed

    def submit(self, row: Row) -> None:
        """Hand over a row; waits while far too much waits already, until the writer is stopped."""
        with self._count_lock:
            while self._is_full() and not self._stopping.is_set():
                self._count_lock.wait(RETRY_INTERVAL_S)
            self._submitted += 1
            self._waiting_bytes += _size(row)
        self._queue.put(row)

    def _is_full(self) -> bool:
        return self.waiting >= WAITING_ROWS or self._waiting_bytes >= WAITING_BYTES

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until everything handed over is on the disk; return whether it is."""
        with self._count_lock:
            target = self._submitted
            return self._count_lock.wait_for(lambda: self._committed >= target, timeout_s)

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
        self._queue.put(None)
        self._thread.join(LONGEST_COMMIT_S)

    def left(self) -> list[Row]:
        """Return the rows that are not on the disk, once the writer has stopped."""
        if self._thread.is_alive():  # it may still commit them: they must not be saved twice
            return []
        rows = list(self._pending)
        while not self._queue.empty():
            row = self._queue.get_nowait()
            if row is not None:
                rows.append(row)
        return rows

    def _run(self) -> None:
        while not self._stopping.is_set() or not self._queue.empty():
            self._collect()
            if self._pending and not self._write():
                self._stopping.wait(RETRY_INTERVAL_S)
                if self._stopping.is_set():
                    return

    def _collect(self) -> None:
        """Take rows until there are enough for a commit or the time for one has come."""
        deadline = time.monotonic() + COMMIT_INTERVAL_S
        while len(self._pending) < COMMIT_ROWS:
            try:
                row = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return
            if row is None:
                return
            self._pending.append(row)

    def _write(self) -> bool:
        try:
            self._journal.append(self._pending)
        except JournalError as error:
            self._on_fault(f"{error}; {self.waiting} rows wait in memory")
            return False
        except Exception:  # one row of them cannot be written at all: it must not stop the others
            return self._write_one_by_one()
        self._saved(len(self._pending))
        return True

    def _write_one_by_one(self) -> bool:
        while self._pending:
            row = self._pending[0]
            try:
                self._journal.append([row])
            except JournalError as error:
                self._on_fault(f"{error}; {self.waiting} rows wait in memory")
                return False
            except Exception as error:
                kind = type(row).__name__.lower()
                self._on_fault(f"a {kind} row cannot be written and is left out ({error})")
            self._saved(1)
        return True

    def _saved(self, count: int) -> None:
        with self._count_lock:
            self._committed += count
            self._waiting_bytes -= sum(map(_size, self._pending[:count]))
            del self._pending[:count]
            self._count_lock.notify_all()


def _size(row: Row) -> int:
    return len(row.raw) if isinstance(row, Heard) else 0
