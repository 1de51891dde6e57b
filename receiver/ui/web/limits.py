"""How often somebody may do something."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

MOST_KEYS = 4096


class Rate:
    """At most `count` times in `span_s` seconds for each key, such as an address or a phone."""

    def __init__(
        self, count: int, span_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.count, self.span_s = count, span_s
        self._monotonic = monotonic
        self._times: dict[str, deque[float]] = {}

    def allows(self, key: str) -> bool:
        """Tell whether this may be done now, and count it if so."""
        now = self._monotonic()
        if len(self._times) >= MOST_KEYS:
            self._forget(now)
        times = self._times.setdefault(key, deque())
        while times and now - times[0] >= self.span_s:
            times.popleft()
        if len(times) >= self.count:
            return False
        times.append(now)
        return True

    def _forget(self, now: float) -> None:
        """Forget who has done nothing for a while; of thousands at once, all."""
        self._times = {k: t for k, t in self._times.items() if t and now - t[-1] < self.span_s}
        if len(self._times) >= MOST_KEYS:
            self._times.clear()
