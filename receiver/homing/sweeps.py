"""The sweeps of an antenna whose loudest levels are compared: turns, or half minutes of walking."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from receiver.turns import LONGEST

SWEEP_S = 30.0  # of walking; a turn is a sweep of its own
TURN_COUNTS_S = 60.0  # so long after a turn its peak is still that of where the searcher stands
Span = tuple[float, float]


@dataclass(slots=True)
class Sweeps:
    """The last two turns, the newest first, and the one that goes on."""

    _turns: deque[Span] = field(default_factory=lambda: deque(maxlen=2))
    _since_s: float | None = None
    _polarisation: str | None = None
    _receiver: str | None = None

    def turn(
        self,
        starts: bool,
        time_s: float,
        polarisation: str | None = None,
        *,
        is_full: bool = True,
        receiver: str | None = None,
    ) -> None:
        """Take the beginning or the end of a turn of a receiver.

        Turns in two polarisations are not compared, and a part of one with none.
        """
        if polarisation not in (None, self._polarisation):
            self._turns.clear()
            self._polarisation = polarisation
        if starts:
            self._since_s, self._receiver = time_s, receiver
        elif self._since_s is not None:
            if is_full:
                self._turns.appendleft((self._since_s, time_s))
            self._since_s = None

    def forget(self) -> None:
        """Forget the turn whose beginning or end was taken back."""
        if self._since_s is None and self._turns:
            self._turns.popleft()
        self._since_s = None

    def is_turning(self, now_s: float) -> bool:
        """Tell whether a turn goes on; nobody turns for ten minutes: its end was forgotten."""
        return self._since_s is not None and now_s - self._since_s <= LONGEST.total_seconds()

    def turned(self, now_s: float) -> str | None:
        """Return the receiver whose antenna is turned now."""
        return self._receiver if self.is_turning(now_s) else None

    def spans(self, now_s: float) -> list[Span]:
        """Return the sweeps whose peaks count now, the newest first."""
        if self._since_s is not None and self.is_turning(now_s):
            return [(self._since_s, now_s + 1.0), *self._turns]
        if self._turns and now_s - self._turns[0][1] <= TURN_COUNTS_S:
            return [*self._turns]
        return [(now_s - SWEEP_S, now_s + 1.0), (now_s - 2 * SWEEP_S, now_s - SWEEP_S)]
