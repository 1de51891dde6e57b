"""Is the receiver deaf? What a test collar, a dummy load and the laptop's charger say of it.

Pure functions on readings. A floor is what the meter shows mostly; a pulse is what rises out of it.
A station or gateway tells each pulse or packet by itself, and nothing of the noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from statistics import median
from typing import Any, NamedTuple

from receiver.config import Configuration
from receiver.corrections import standing
from receiver.meters import PULSE_RISE_DB
from receiver.records import RADIO_CHECK, Detection, Entry, Row, Source
from receiver.setups import KINDS, RadioCheck, register

FEWEST_PULSES = 3  # a packet is checked, so one is enough
# The antenna has to lift the noise over that of a dummy load: by less, the receiver is deafer than
# the world around it; by more, its gain only brings overload nearer.
LEAST_LIFT_DB, MOST_LIFT_DB = 3.0, 6.0
RISE_COUNTS, RISE_SPREADS = 8.0, 6.0
LAPTOP_COSTS_DB = 3.0
TOO_LOUD = "the meter was at its end: take the test collar further away, its level is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The pulses or packets in a stretch of readings, and the level of the usual one.

    `peak` and `floor` are in `unit`, counts without a curve; None where nothing tells them.
    """

    pulses: int = 0
    packets: int = 0
    peak: float | None = None
    floor: float | None = None
    unit: str = "counts"
    pulses_per_minute: float | None = None
    saturated: bool = False

    @property
    def rise(self) -> float:
        """How far the pulses stand out of the floor; 0 where nobody can say."""
        return 0.0 if self.peak is None or self.floor is None else self.peak - self.floor

    @property
    def is_collar(self) -> bool:
        """Tell whether this is a beacon and not a crackle."""
        return self.packets > 0 or self.pulses >= FEWEST_PULSES


def values(readings: Sequence[Detection]) -> tuple[list[float], list[float], str]:
    """Return times in seconds, levels, and their unit: decibels where there is a curve."""
    known = [r for r in readings if r.level_db is not None]
    if known:
        return (
            [r.monotonic_ns / 1e9 for r in known],
            [r.level_db or 0.0 for r in known],
            known[0].level_unit or "dB",
        )
    counts = [r for r in readings if r.level_raw is not None]
    return [r.monotonic_ns / 1e9 for r in counts], [r.level_raw or 0.0 for r in counts], "counts"


def floor(readings: Sequence[Detection]) -> float | None:
    """Return what the meter shows mostly; None without readings."""
    levels = values(readings)[1]
    return median(levels) if levels else None


def heard(readings: Sequence[Detection], collar: str | None) -> Heard | None:
    """Return what a receiver heard of a collar; None where it told nothing at all."""
    own = [r for r in readings if collar is None or r.collar in (None, collar)]
    events = [r for r in own if r.kind != "meter"]
    return _events(events) if events else pulses(own)


def _events(events: Sequence[Detection]) -> Heard:
    """Return pulses and packets that were told one by one."""
    levels, unit = values(events)[1:]
    told = [r.pulses_per_minute for r in events if r.pulses_per_minute]
    noise = [r.noise_db for r in events if r.noise_db is not None]
    return Heard(
        pulses=sum(r.kind == "pulse" for r in events),
        packets=sum(r.kind == "packet" for r in events),
        peak=median(levels) if levels else None,
        floor=median(noise) if noise else None,
        unit=unit,
        pulses_per_minute=median(told) if told else None,
        saturated=any(r.saturated for r in events),
    )


def pulses(readings: Sequence[Detection]) -> Heard | None:
    """Return the pulses in readings of a polled meter; None without readings."""
    times, levels, unit = values(readings)
    if not levels:
        return None
    low = median(levels)
    spread = median(abs(level - low) for level in levels)
    least = PULSE_RISE_DB if unit != "counts" else max(RISE_COUNTS, RISE_SPREADS * spread)
    high = max(levels)
    # Halfway up, so that neither the noise nor the tail of a pulse makes edges.
    edge = low + max(least, (high - low) / 2.0)
    begins = [b for (_, x), (b, y) in pairwise(zip(times, levels, strict=True)) if x < edge <= y]
    tops = [level for level in levels if level >= edge]
    return Heard(
        pulses=len(begins),
        peak=median(tops) if tops else high,
        floor=low,
        unit=unit,
        pulses_per_minute=rate(begins, times),
        saturated=any(reading.saturated for reading in readings),
    )


def rate(begins: Sequence[float], times: Sequence[float]) -> float | None:
    """Return pulses a minute from when pulses began; None where readings are too rare to tell.

    The period is the slope of a straight line through the pulses over their numbers, so that one
    that was missed does no harm.
    """
    if len(begins) < FEWEST_PULSES + 1:
        return None
    period_s = median(b - a for a, b in pairwise(begins))
    asked_s = median(b - a for a, b in pairwise(times))
    if asked_s > period_s / 4.0:
        return None
    # Counted from pulse to pulse: over many periods the error of the median would add up.
    numbers = list(accumulate((round((b - a) / period_s) for a, b in pairwise(begins)), initial=0))
    middle = sum(numbers) / len(numbers)
    centre = sum(begins) / len(begins)
    over = sum((n - middle) ** 2 for n in numbers)
    if over == 0:
        return None
    slope = sum((n - middle) * (b - centre) for n, b in zip(numbers, begins, strict=True)) / over
    return 60.0 / slope if slope > 0 and math.isfinite(slope) else None


def lift_words(antenna: float | None, load: float | None, unit: str) -> tuple[str, bool | None]:
    """Say what the antenna does to the floor, and whether the gain is right; None: cannot say."""
    if antenna is None or load is None:
        return (
            "noise with antenna and dummy load not compared: the gain is not known to be right",
            None,
        )
    lift = antenna - load
    if unit == "counts":
        return (
            f"the antenna lifts the noise by {lift:.0f} counts; of how many dB, nobody knows",
            None,
        )
    said = f"the antenna lifts the noise by {lift:.1f} dB"
    if lift < LEAST_LIFT_DB:
        return f"{said}: too little, turn the gain up, or look for a bad cable", False
    if lift > MOST_LIFT_DB:
        return f"{said}: more than needed, turn the gain down a little", True
    return f"{said}: right", True


def laptop_words(on: float | None, off: float | None, unit: str) -> str:
    """Say what the laptop's charger does to the noise; "" where it was not compared."""
    if on is None or off is None:
        return ""
    cost = on - off
    if unit != "counts" and cost >= LAPTOP_COSTS_DB:
        return f"your laptop's charger costs {cost:.0f} dB: listen on its battery, or further away"
    return f"the laptop's charger adds {cost:.0f} {'counts' if unit == 'counts' else 'dB'}: fine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was found about one receiver; None where it was not tried."""

    receiver: str
    has_meter: bool = True
    heard: Heard | None = None
    antenna: float | None = None
    load: float | None = None
    on_battery: float | None = None
    unit: str = "counts"
    distance_m: float | None = None
    frequency_hz: float | None = None
    frequency_error_hz: float | None = None
    gain: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether it heard the test collar, at a gain that is not known to be wrong."""
        gain_is_right = lift_words(self.antenna, self.load, self.unit)[1]
        return self.heard is not None and self.heard.is_collar and gain_is_right is not False


def heard_words(heard: Heard | None, distance_m: float | None) -> str:
    """Say what was heard of the test collar."""
    if heard is None or not heard.is_collar:
        return "the test collar was NOT heard: cable, antenna, frequency, gain?"
    said = [f"{heard.packets} packets"] if heard.packets else []
    if heard.peak is not None and heard.floor is None:
        said.append(f"{heard.peak:.0f} {heard.unit}")
    elif heard.peak is not None:
        unit = "counts" if heard.unit == "counts" else "dB"
        said.append(f"{heard.rise:.0f} {unit} over the noise")
    if heard.pulses_per_minute:
        said.append(f"{heard.pulses_per_minute:.1f} pulses a minute")
    elif heard.pulses:
        said.append("how often it pulses, cannot be said")
    at = "" if distance_m is None else f" at {distance_m:g} m"
    return f"the test collar was heard{at}: {', '.join(said)}"


def words(found: Findings) -> list[str]:
    """Say what was found, a line each."""
    lines = [heard_words(found.heard, found.distance_m)]
    if found.heard is not None and found.heard.saturated:
        lines.append(TOO_LOUD)
    if found.frequency_error_hz is not None:
        lines.append(
            f"it was loudest {found.frequency_error_hz:+.0f} Hz from its nominal frequency,"
            " give or take half a filter"
        )
    if found.has_meter:
        lines.append(lift_words(found.antenna, found.load, found.unit)[0])
    if laptop := laptop_words(found.antenna, found.on_battery, found.unit):
        lines.append(laptop)
    return lines


def content(found: Findings) -> dict[str, Any]:
    """Return the entry's content of a radio check; what is not known is left out."""
    heard = found.heard or Heard()
    decibels = heard.unit != "counts"
    noise = heard.floor if decibels else None
    named = {
        "frequency_hz": found.frequency_hz,
        "frequency_error_hz": found.frequency_error_hz,
        "pulses_per_minute": heard.pulses_per_minute,
        "packets": heard.packets or None,
        "distance_m": found.distance_m,
        "level_db" if decibels else "level_raw": heard.peak,
        "noise_db" if decibels else "noise_raw": heard.floor,
        "threshold_db": None if noise is None else noise + PULSE_RISE_DB,
        "gain": found.gain,
    }
    known = {key: value for key, value in named.items() if value is not None}
    return {
        "kind": RADIO_CHECK, "receiver": found.receiver, "passed": found.passed, **known,
        "text": "; ".join(words(found)),
    }  # fmt: skip


class Tested(NamedTuple):
    """A receiver, its address where it was listened to, and its last radio check of today."""

    receiver: str
    address: str
    check: RadioCheck | None


def receivers_tested(
    rows: Iterable[Row], configuration: Configuration, now: datetime
) -> list[Tested]:
    """Return the observer's receivers, those of the settings and those of a journal's own rows."""
    rows, who = list(rows), configuration.observer
    entries = standing([row for row in rows if isinstance(row, Entry)])
    known = register((e for e in entries if e.content.get("kind") in KINDS), configuration)
    addresses = {setup.receiver: "" for setup in configuration.receivers}
    for row in rows:
        if isinstance(row, Source) and row.role == "receiver" and row.observer == who:
            addresses[row.source] = row.address
    return [Tested(name, at, known.check(who, name, now)) for name, at in addresses.items()]
