"""What can be true of a collar, and what is suspicious: pure rules on its sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from receiver.config import Collar

SWITCH_ON = "switch-on"
HOURS = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$")
# Where wildlife beacons are: 27 MHz (old), 30-50, 140-175, 215-235, 400-470, 863-928 MHz.
BANDS_MHZ = ((26.9, 50.0), (138.0, 176.0), (215.0, 235.0), (400.0, 470.0), (863.0, 928.0))
# Quartz of VHF transmitters: some 20 ppm over temperature and years, at 150 MHz 3 kHz.
USUAL_DRIFT_HZ = 3000.0
# Pulse lengths nearer than that are not told apart; from the shortest on longer ones are measured.
LENGTHS_APART, LENGTHS_MEASURED = 1.4, 3.0
LONGEST_PERIOD_MINUTES = 366 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One thing about one key: `wrong` when it cannot be true."""

    key: str
    wrong: bool
    text: str


def doubts(collar: Collar) -> list[Doubt]:
    """Return what cannot be true of a collar's sheet, and what is suspicious."""
    checks = (_period, _frequency, _polarisation, _level, _pulses, _lengths, _curve, _hours, _dates)
    return [doubt for check in checks for doubt in check(collar)]


def formats(collars: Iterable[Collar]) -> dict[str, dict[str, Any]]:
    """Return by each identity, in lower case, what decoding must know: protocol, period_minutes."""
    told = {}
    for collar in collars:
        said = {"protocol": collar.protocol, "period_minutes": collar.period_minutes}
        known = {key: value for key, value in said.items() if value is not None}
        told.update({identity.lower(): known for identity in collar.ids if known})
    return told


def _period(collar: Collar) -> Iterator[Doubt]:
    minutes = collar.period_minutes
    if minutes is not None and not 0 < minutes <= LONGEST_PERIOD_MINUTES:
        text = f"period_minutes {minutes:g} cannot be: it is minutes from fix to fix"
        yield Doubt(key="period_minutes", wrong=True, text=text)


def _polarisation(collar: Collar) -> Iterator[Doubt]:
    if collar.polarisation not in (None, "vertical", "horizontal"):
        text = f"polarisation {collar.polarisation!r}: vertical or horizontal"
        yield Doubt(key="polarisation", wrong=True, text=text)


def _frequency(collar: Collar) -> Iterator[Doubt]:
    frequency_hz = collar.frequency_hz
    if frequency_hz is None:
        return
    if 20 <= frequency_hz <= 1000:
        text = f"frequency_hz {frequency_hz:g} is in MHz: write {frequency_hz * 1e6:.0f}"
        yield Doubt(key="frequency_hz", wrong=True, text=text)
    elif not 1e6 <= frequency_hz <= 6e9:
        text = f"frequency_hz {frequency_hz:g} cannot be a beacon's, it is in hertz"
        yield Doubt(key="frequency_hz", wrong=True, text=text)
    elif not any(low <= frequency_hz / 1e6 <= high for low, high in BANDS_MHZ):
        text = f"{frequency_hz / 1e6:g} MHz is outside the usual wildlife bands; is it right?"
        yield Doubt(key="frequency_hz", wrong=False, text=text)
    drift_hz = collar.frequency_drift_hz
    if drift_hz is not None and not 0 <= drift_hz <= 1e-3 * frequency_hz:
        text = f"frequency_drift_hz {drift_hz:g} cannot be: it is hertz up or down"
        yield Doubt(key="frequency_drift_hz", wrong=True, text=text)


def _level(collar: Collar) -> Iterator[Doubt]:
    level = collar.level_at_100_m_dbm
    if level is not None and not -160 <= level <= 0:
        text = f"level_at_100_m_dbm {level:g} cannot be: 100 m away usual are -110 to -50"
        yield Doubt(key="level_at_100_m_dbm", wrong=True, text=text)


def _pulses(collar: Collar) -> Iterator[Doubt]:
    rates = collar.pulses_per_minute
    for kind, rate in rates.items():
        if not 1 <= rate <= 600:
            text = f"{kind} rate {rate:g} a minute cannot be; usual are 20 to 150"
            yield Doubt(key="pulses_per_minute", wrong=True, text=text)
    same = [kind for kind in rates if kind != "normal" and rates[kind] == rates.get("normal")]
    for kind in same:
        text = f"the {kind} rate is the normal rate: they could not be told apart"
        yield Doubt(key="pulses_per_minute", wrong=False, text=text)
    length_s = collar.pulse_length_s
    if length_s is not None and not _is_length(length_s):
        text = f"pulse_length_s {length_s:g} cannot be: it is in seconds, usual is 0.02"
        yield Doubt(key="pulse_length_s", wrong=True, text=text)


def _lengths(collar: Collar) -> Iterator[Doubt]:
    key, lengths = "pulse_lengths_s", collar.pulse_lengths_s
    for kind, length_s in lengths.items():
        if not _is_length(length_s):
            text = f"{kind} pulse length {length_s:g} cannot be: it is in seconds, usual is 0.02"
            yield Doubt(key=key, wrong=True, text=text)
    order = sorted(lengths.values())
    if any(longer < LENGTHS_APART * length_s for length_s, longer in pairwise(order)):
        text = f"{key}: lengths so near each other could not be told apart"
        yield Doubt(key=key, wrong=False, text=text)
    if order and order[-1] > LENGTHS_MEASURED * order[0]:
        text = f"{key}: more than {LENGTHS_MEASURED:g} times the shortest is not measured"
        yield Doubt(key=key, wrong=False, text=text)


def _is_length(length_s: float) -> bool:
    return 0.001 <= length_s <= 10


def _curve(collar: Collar) -> Iterator[Doubt]:
    key, curve = "temperature_c_by_period_s", collar.temperature_c_by_period_s
    periods = [period_s for period_s, _ in curve]
    if any(not 0.1 <= period_s <= 60 for period_s in periods):
        text = f"{key}: periods are seconds from pulse to pulse, 0.1 to 60"
        yield Doubt(key=key, wrong=True, text=text)
    elif periods != sorted(set(periods)):
        yield Doubt(key=key, wrong=True, text=f"{key}: the periods do not grow from pair to pair")
    if any(not -80 <= degrees <= 100 for _, degrees in curve):
        yield Doubt(key=key, wrong=True, text=f"{key}: temperatures are degrees C, -80 to 100")


def _hours(collar: Collar) -> Iterator[Doubt]:
    for text in collar.on_hours:
        if (fault := _hours_fault(text, collar.on_hours_zone)) is not None:
            yield Doubt(key="on_hours", wrong=True, text=f"on_hours {text!r} {fault}")
    zone = collar.on_hours_zone
    if collar.on_hours and zone is None:
        text = "on_hours without on_hours_zone: of which clock? (Europe/Moscow, UTC, switch-on)"
        yield Doubt(key="on_hours", wrong=False, text=text)
    if zone not in (None, SWITCH_ON) and zone_of(str(zone)) is None:
        text = f"time zone {zone!r} is unknown; write UTC, Europe/Moscow or switch-on"
        yield Doubt(key="on_hours_zone", wrong=True, text=text)


def _hours_fault(text: str, zone: str | None) -> str | None:
    span = parse_hours(text)
    if span is None:
        return 'is not like "06:00-10:00"'
    if zone != SWITCH_ON and max(span) > 24 * 60:
        return "goes beyond 24:00"
    return "begins and ends at the same time" if span[0] == span[1] and zone else None


def parse_hours(text: str) -> tuple[int, int] | None:
    """Return the first and last minute of "06:00-10:00"; None where it is not that."""
    match = HOURS.match(text.strip())
    if match is None:
        return None
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    if max(first_minute, last_minute) > 59:
        return None
    return 60 * first_hour + first_minute, 60 * last_hour + last_minute


def _dates(collar: Collar) -> Iterator[Doubt]:
    start = collar.start_date
    for key in ("battery_end_date", "drop_off_date"):
        end: date | None = getattr(collar, key)
        if start is not None and end is not None and end <= start:
            text = f"{key} {end} is not after start_date {start}"
            yield Doubt(key=key, wrong=True, text=text)


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, None where it is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_on(collar: Collar, now: datetime) -> bool | None:
    """Tell whether the beacon should transmit at `now`; None where the sheet does not say.

    Hours from switch-on cannot be known: the start is a date without a time of day.
    """
    zone = zone_of(collar.on_hours_zone or "")
    spans = [parse_hours(text) for text in collar.on_hours]
    if not spans or zone is None:
        return None
    local: time = now.astimezone(zone).time()
    minute = 60 * local.hour + local.minute
    return any(_inside(minute, span) for span in spans if span is not None)


def _inside(minute: int, span: tuple[int, int]) -> bool:
    first, last = span
    return first <= minute < last if first < last else minute >= first or minute < last


def days_left(day: date | None, now: datetime) -> int | None:
    """Return how many days are left until `day`; negative when it is past."""
    return None if day is None else (day - now.date()) // timedelta(days=1)


def may_be_heard_at(collar: Collar, frequency_hz: float) -> bool:
    """Tell whether a receiver tuned to `frequency_hz` may hear this collar's beacon."""
    if collar.frequency_hz is None:
        return False
    drift_hz = USUAL_DRIFT_HZ if collar.frequency_drift_hz is None else collar.frequency_drift_hz
    return abs(frequency_hz - collar.frequency_hz) <= max(drift_hz, USUAL_DRIFT_HZ)
