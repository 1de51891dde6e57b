"""What to listen to next: collars one after the other, hits hold, the one being sought comes first.

A pure schedule: it is told the time and what was read, and says where the dial goes. A beacon that
may have drifted further than the filter is wide is looked for at several places of the dial, from
its nominal frequency outwards; once it was heard, only about where that was. A collar that is off
by its hours is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from statistics import median

from receiver.collar_rules import USUAL_DRIFT_HZ, is_on
from receiver.config import Collar
from receiver.meters import PULSE_RISE_DB, longest_period_s
from receiver.records import Detection

# The narrow filter for CW that most receivers have.
FILTER_HZ = 500.0
SHORTEST_DWELL_S, DWELL_PERIODS = 5.0, 4.0
HOLD_S = 30.0
# A pulse in counts of a meter without a curve: well above what the meter shows mostly.
RISE_COUNTS, RISE_SPREADS = 8.0, 6.0
PULSES_OF_A_HIT = 2
PULSE_APART_S = 0.25
ON_DIAL_HZ = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Where a receiver is to listen, and for whom."""

    collar: str
    frequency_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to scan: collars with a frequency; the homed one comes first and every second turn.

    `dwell_s` is how long one place of the dial is listened to; None is four periods of the beacon,
    five seconds at least.
    """

    collars: tuple[Collar, ...]
    homed: str | None = None
    dwell_s: float | None = None
    hold_s: float = HOLD_S
    filter_hz: float = FILTER_HZ


def dials(collar: Collar, filter_hz: float, heard_hz: float | None = None) -> list[float]:
    """Return the places of the dial that cover a collar's drift, the most likely one first."""
    nominal_hz = collar.frequency_hz
    if nominal_hz is None:
        return []
    if heard_hz is not None:
        return [heard_hz, heard_hz + filter_hz, heard_hz - filter_hz]
    drift_hz = USUAL_DRIFT_HZ if collar.frequency_drift_hz is None else collar.frequency_drift_hz
    steps = int(max(drift_hz - filter_hz / 2.0, 0.0) / filter_hz + 0.999)
    offsets = chain([0], *([step, -step] for step in range(1, steps + 1)))
    return [nominal_hz + offset * filter_hz for offset in offsets]


class Scan:
    """The schedule of one receiver."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._collars = {c.name: c for c in plan.collars if c.frequency_hz is not None}
        self._heard_at: dict[str, float] = {}
        self.passed_over: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """Begin anew: the receiver was lost, and its dial may have been turned."""
        self._turns = self._in_turn()
        self._places: list[float] = []
        self._collar: Collar | None = None
        self._dial: Dial | None = None
        self._readings: list[tuple[int, float]] = []
        self._until_ns: int | None = None
        self._pulses: list[int] = []

    @property
    def hits(self) -> int:
        """How many pulses were noticed at this place of the dial."""
        return len(self._pulses)

    def next(self, now: datetime, monotonic_ns: int) -> Dial | None:
        """Return where to listen from now on, None to stay."""
        if self._until_ns is not None and monotonic_ns < self._until_ns:
            return None
        collar = self._collar
        if not self._places:
            collar = self._collar = self._next_collar(now)
            if collar is None:
                return None
            self._places = dials(collar, self._plan.filter_hz, self._heard_at.get(collar.name))
        assert collar is not None
        self._dial = Dial(collar=collar.name, frequency_hz=self._places.pop(0))
        self._readings, self._pulses = [], []
        self._until_ns = monotonic_ns + round(self._dwell_s(collar) * 1e9)
        return self._dial

    def read(self, reading: Detection) -> None:
        """Take a reading of the meter; pulses hold the dial where it is."""
        dial = self._dial
        level = reading.level_raw if reading.level_db is None else reading.level_db
        if dial is None or level is None or not _on_dial(reading, dial):
            return
        self._readings.append((reading.monotonic_ns, level))
        if not self._rises(level, reading.level_db is not None):
            return
        last = self._pulses[-1] if self._pulses else None
        if last is None or reading.monotonic_ns - last > PULSE_APART_S * 1e9:
            self._pulses.append(reading.monotonic_ns)
        if len(self._pulses) >= PULSES_OF_A_HIT:
            self._heard_at[dial.collar] = dial.frequency_hz
            self._until_ns = reading.monotonic_ns + round(self._plan.hold_s * 1e9)

    def _rises(self, level: float, decibels: bool) -> bool:
        levels = [value for _, value in self._readings[-200:]]
        middle = median(levels)
        if decibels:
            return level - middle >= PULSE_RISE_DB
        spread = median(abs(value - middle) for value in levels)
        return level - middle >= max(RISE_COUNTS, RISE_SPREADS * spread)

    def _dwell_s(self, collar: Collar) -> float:
        if self._plan.dwell_s is not None:
            return self._plan.dwell_s
        return max(SHORTEST_DWELL_S, DWELL_PERIODS * (longest_period_s(collar) or 0.0))

    def _next_collar(self, now: datetime) -> Collar | None:
        """Return whose turn it is; None where all are off by their hours."""
        for name, _ in zip(self._turns, range(2 * len(self._collars)), strict=False):
            off = is_on(self._collars[name], now) is False
            (self.passed_over.add if off else self.passed_over.discard)(name)
            if not off:
                return self._collars[name]
        return None

    def _in_turn(self) -> Iterator[str]:
        return in_turn(list(self._collars), self._plan.homed)


def in_turn(names: Sequence[str], homed: str | None) -> Iterator[str]:
    """Yield names for ever, the homed one first and every second time."""
    others = [name for name in names if name != homed]
    if homed not in names or not others:
        for number in count() if names else ():
            yield names[number % len(names)]
        return
    for number in count():
        yield homed  # type: ignore[misc]
        yield others[number % len(others)]


def _on_dial(reading: Detection, dial: Dial) -> bool:
    """Tell whether a reading is of this dial: the last one may still be on its way."""
    if reading.frequency_hz is None:
        return True
    return abs(reading.frequency_hz - dial.frequency_hz) <= ON_DIAL_HZ
