"""The last minute of a source in memory: so many bytes and never more."""

from __future__ import annotations

import threading
from collections import deque

MARK_EVERY_NS = 100_000_000
MOST_MARKS = 1000


class RingBuffer:
    """The last `capacity_bytes` of a stream, each found by its position from the beginning.

    One thread pushes, others read. When something arrived is known to a tenth of a second.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._ring = bytearray(capacity_bytes)
        self._end = 0
        self._marks: deque[tuple[int, int]] = deque(maxlen=MOST_MARKS)  # position, arrival
        self._lock = threading.Lock()

    @property
    def capacity_bytes(self) -> int:
        """How many bytes are kept."""
        return len(self._ring)

    def push(self, data: bytes, monotonic_ns: int) -> None:
        """Add what arrived; the oldest goes."""
        with self._lock:
            if not self._marks or monotonic_ns - self._marks[-1][1] >= MARK_EVERY_NS:
                self._marks.append((self._end, monotonic_ns))
            begin = self._end + max(0, len(data) - len(self._ring))
            kept = memoryview(data)[begin - self._end :]
            at = begin % len(self._ring)
            head = kept[: len(self._ring) - at]
            self._ring[at : at + len(head)] = head
            self._ring[: len(kept) - len(head)] = kept[len(head) :]
            self._end += len(data)

    @property
    def end(self) -> int:
        """The position of what will come next."""
        return self._end

    def since(self, monotonic_ns: int) -> int:
        """Return from which position on all that is kept came at `monotonic_ns` or later."""
        with self._lock:
            oldest = max(0, self._end - len(self._ring))
            later = (position for position, arrived in self._marks if arrived >= monotonic_ns)
            return max(next(later, self._end), oldest)

    def read(self, position: int, most_bytes: int) -> tuple[bytes, int]:
        """Return what is there from a position on, and the position of its first byte.

        That is a later one where the oldest of it has gone.
        """
        with self._lock:
            begin = max(position, self._end - len(self._ring), 0)
            size = max(0, min(self._end - begin, most_bytes))
            at = begin % len(self._ring)
            head = self._ring[at : at + size]
            return bytes(head + self._ring[: size - len(head)]), begin
