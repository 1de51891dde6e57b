"""JSON lines of a running search, for a reader that may be slow, or gone.

Whoever reads must never hold up the recording: lines wait in a bounded queue, and when that is full
the newest are left out and counted. Whatever is missing is in the journal, and a replay gives it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

MOST_WAITING = 100_000
LAST_LINES_S = 5.0


class Lines:
    """Writes lines in a thread of its own."""

    def __init__(
        self, descriptor: int, text_of: Callable[[Any], str] | None = None, most: int = MOST_WAITING
    ) -> None:
        self._descriptor, self._text_of, self._most = descriptor, text_of or _event_line, most
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._gone = ""
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="JSON lines", daemon=True)
        self._thread.start()

    def put(self, events: Iterable[Any]) -> None:
        """Take events; never waits for the reader."""
        with self._changed:
            for event in events:
                if self._gone or len(self._waiting) >= self._most:
                    self.dropped += 1
                else:
                    self._waiting.append(f"{self._text_of(event)}\n".encode())
            self._changed.notify()

    def close(self) -> str:
        """Write what still waits, as long as somebody reads; return what is missing, or ""."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(LAST_LINES_S)
        with self._changed:
            missing = self.dropped + len(self._waiting)
            self._waiting.clear()
        if not missing and not self._gone and not self._thread.is_alive():
            return ""
        with suppress(OSError):  # what comes after this must not block or break either
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._descriptor)
        why = self._gone or "the reader is too slow"
        return f"{missing} JSON lines were left out ({why})"

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                line = self._waiting.popleft()
            try:
                _write(self._descriptor, line)
            except OSError as error:  # the reader went away, or the disk of that file is full
                with self._changed:
                    self._gone = error.strerror or str(error)
                    self.dropped += 1 + len(self._waiting)
                    self._waiting.clear()


def _write(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]


def _event_line(event: Any) -> str:
    from receiver.live import event_line

    return event_line(event)
