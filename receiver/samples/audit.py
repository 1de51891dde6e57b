"""The count of samples as a clock, and what it says of samples that were lost.

Samples are made at an even rate and arrive late, never early: the earliest of some seconds of
arrivals, each against its number, is when they were made. Where that grows by more than a crystal
could drift, samples were lost on the way; the clock goes on after the hole.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from receiver.clock import Stamp

WINDOW_NS = 3_000_000_000  # a program that was kept waiting catches up within
LEAST_LOST_NS = 25_000_000  # more than the jitter of arrivals, less than two pulses


@dataclass(slots=True)
class SampleClock:
    """When the samples of a stream were made.

    `lost_samples` counts those that never came, as far as the clock of the computer tells.
    """

    rate_hz: float
    count: int = 0
    lost_samples: int = 0
    _zero_ns: int | None = None  # when sample 0 would have been made, by the present stretch
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _utc: datetime | None = None
    _utc_ns: int = 0

    def add(self, samples: int, arrived: Stamp) -> float:
        """Take so many new samples; return how many seconds of samples are missing before them."""
        self.count += samples
        self._utc, self._utc_ns = arrived.utc, arrived.monotonic_ns
        zero_ns = arrived.monotonic_ns - round(self.count / self.rate_hz * 1e9)
        self._recent.append((arrived.monotonic_ns, zero_ns))
        while self._recent[0][0] < arrived.monotonic_ns - WINDOW_NS:
            self._recent.popleft()
        earliest_ns = min(zero for _, zero in self._recent)
        if self._zero_ns is None:
            self._zero_ns = earliest_ns
        late_ns = earliest_ns - self._zero_ns
        spans = self._recent[-1][0] - self._recent[0][0]
        if late_ns > LEAST_LOST_NS and spans > WINDOW_NS * 0.9:
            self.lost_samples += round(late_ns * self.rate_hz / 1e9)
            self._zero_ns = earliest_ns
            return late_ns / 1e9
        if late_ns < LEAST_LOST_NS:  # the drift of the crystals
            self._zero_ns = earliest_ns
        return 0.0

    @property
    def uncertainty_s(self) -> float:
        """How late the arrivals of the last seconds were: so well is a time known."""
        if not self._recent:
            return 0.0
        zeros = [zero for _, zero in self._recent]
        return (max(zeros) - min(zeros)) / 1e9

    def made_at(self, sample: float) -> Stamp:
        """Return when a sample was made.

        Raises:
            ValueError: no sample came yet.
        """
        if self._zero_ns is None or self._utc is None:
            raise ValueError("no sample came yet")
        made_ns = self._zero_ns + round(sample / self.rate_hz * 1e9)
        before = timedelta(microseconds=(self._utc_ns - made_ns) / 1000)
        return Stamp(utc=self._utc - before, monotonic_ns=made_ns)
