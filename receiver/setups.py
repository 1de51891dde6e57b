"""What is known of each receiver at any time: what it hears with, its checks, its calibrations.

Read from the entries of a journal and the settings of the search. Everything here goes by the times
that entries are about, never by when they arrived.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from receiver.config import Configuration, Setup, setup_from, setup_to
from receiver.levels import Curve
from receiver.records import (
    CALIBRATION,
    COMPASS,
    HAND,
    RADIO_CHECK,
    SETUP,
    TURN,
    Entry,
    said_time,
)

# A working day: what was checked this morning holds this evening, what was yesterday does not.
TODAY = timedelta(hours=16)
KINDS = (SETUP, RADIO_CHECK, CALIBRATION, COMPASS, TURN)
# How far off a heading may be, in degrees, by the kind of compass. Judgement: steel of a car, of a
# radio or of a knife near the compass is worse than the compass; a phone shows no error at all.
COMPASS_SIGMA_DEG = {"phone": 15.0, "magnetic": 5.0, "electronic": 5.0, "gps": 2.0}
WIDEST_SIGMA_DEG = 90.0
LONGEST_TABLE, MOST_DB = 1000, 1e4
TESTED_WITH = ("antenna", "gain", "preamplifier")
_NOT_ATTENUATOR = tuple(f.name for f in fields(Setup) if f.name != "attenuator_db")


class Hearing(NamedTuple):
    """What a receiver hears with, and how often that had changed before.

    `change` counts changes of anything but the attenuator, whose steps are known by number.
    """

    setup: Setup
    change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioCheck:
    """A receiver was tested with a test collar: did it hear it, and down to which level."""

    time: datetime
    passed: bool
    threshold_db: float | None = None
    noise_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A meter's curve as it was measured, on which scale, and how well."""

    time: datetime
    curve: Curve
    unit: str
    sd_db: float | None = None
    gain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMark:
    """The beginning or the end of a turn with a directional antenna."""

    time: datetime
    observer: str
    receiver: str
    is_start: bool
    polarisation: str | None = None
    loudest_deg: float | None = None
    weakest_deg: float | None = None
    full: bool | None = None


_Owner = tuple[str, str]


@dataclass(slots=True)
class Register:
    """Everything that entries say of receivers, by observer and receiver, in order of time."""

    turns: list[TurnMark] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hearings: dict[_Owner, list[tuple[datetime, Hearing]]] = field(default_factory=dict)
    at_first: dict[_Owner, Setup] = field(default_factory=dict)
    checks: dict[_Owner, list[RadioCheck]] = field(default_factory=lambda: defaultdict(list))
    calibrations: dict[_Owner, list[Calibration]] = field(default_factory=lambda: defaultdict(list))
    compasses: dict[str, list[tuple[datetime, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def hearing(self, observer: str, receiver: str, time: datetime) -> Hearing:
        """Return what a receiver heard with at a time."""
        found = _last_before(self.hearings.get((observer, receiver), []), time)
        return found or Hearing(self.first(observer, receiver), 0)

    def first(self, observer: str, receiver: str) -> Setup:
        """Return what the settings say that a receiver hears with."""
        return self.at_first.get((observer, receiver), Setup(receiver=receiver))

    def check(self, observer: str, receiver: str, time: datetime) -> RadioCheck | None:
        """Return the last radio check of today, as of a time.

        One that was made with another antenna or at another gain does not hold.
        """
        found = [c for c in self.checks.get((observer, receiver), ()) if c.time <= time]
        last = max(found, key=lambda check: check.time, default=None)
        if last is None or time - last.time > TODAY:
            return None
        then, now = (self.hearing(observer, receiver, t).setup for t in (last.time, time))
        fits = all(_fits(getattr(then, key), getattr(now, key)) for key in TESTED_WITH)
        return last if fits else None

    def calibration(self, observer: str, receiver: str, time: datetime) -> Calibration | None:
        """Return the last calibration before a time, else the first one after it.

        One that was made at another mark of the gain knob does not hold.
        """
        gain = self.hearing(observer, receiver, time).setup.gain
        known = self.calibrations.get((observer, receiver), [])
        fit = [c for c in known if _fits(c.gain, gain)]
        before = [c for c in fit if c.time <= time]
        return before[-1] if before else (fit[0] if fit else None)

    def calibrated_today(self, observer: str, receiver: str, time: datetime) -> bool:
        """Tell whether the receiver's steps were measured today."""
        known = self.calibrations.get((observer, receiver), ())
        return any(abs(c.time - time) <= TODAY for c in known)

    def heading_sigma_deg(self, observer: str, time: datetime) -> float:
        """Return how far off a heading may be by the compass that the observer named."""
        found = _last_before(self.compasses.get(observer, []), time)
        return COMPASS_SIGMA_DEG["phone"] if found is None else found


def register(entries: Iterable[Entry], configuration: Configuration) -> Register:
    """Sort what entries say of receivers; what cannot be understood is told in `faults`."""
    found = Register()
    for setup in configuration.receivers:
        found.at_first[configuration.observer, setup.receiver] = setup
    for entry in sorted(entries, key=lambda e: (time_of(e), e.origin, e.seq, e.id)):
        try:
            _TAKE[entry.content["kind"]](found, entry, time_of(entry))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            found.faults.append(f"entry {entry.id} cannot be understood ({error})")
    return found


def time_of(entry: Entry) -> datetime:
    """Return the time that an entry is about; where it says a strange one, that of writing."""
    try:
        return said_time(entry.content, entry.time)
    except (TypeError, ValueError):
        return entry.time


def _owner(entry: Entry) -> _Owner:
    return entry.observer, str(entry.content.get("receiver") or HAND)


def _take_setup(found: Register, entry: Entry, time: datetime) -> None:
    owner = _owner(entry)
    known = found.hearings.setdefault(owner, [])
    before = known[-1][1] if known else Hearing(found.first(*owner), 0)
    said = setup_to(setup_from(owner[1], entry.content))
    after = setup_from(owner[1], {**setup_to(before.setup), **said})
    changed = any(getattr(after, k) != getattr(before.setup, k) for k in _NOT_ATTENUATOR)
    known.append((time, Hearing(after, before.change + changed)))


def _take_check(found: Register, entry: Entry, time: datetime) -> None:
    content = entry.content
    check = RadioCheck(
        time=time,
        passed=content["passed"] is True,
        threshold_db=_number(content, "threshold_db"),
        noise_db=_number(content, "noise_db"),
    )
    found.checks[_owner(entry)].append(check)


def _take_calibration(found: Register, entry: Entry, time: datetime) -> None:
    content = entry.content
    raw, db = (tuple(float(value) for value in content[name]) for name in ("raw", "db"))
    usable = 2 <= len(raw) <= LONGEST_TABLE and len(raw) == len(db) and _rises(raw) and _rises(db)
    if not usable:
        raise ValueError("its table is no table of rising counts and decibels")
    spread = [float(value) for value in content.get("sd_db") or ()]
    if not all(0.0 <= value <= MOST_DB for value in spread):
        raise ValueError("its spread cannot be")
    curve = Curve(
        calibration_id=str(content["calibration_id"]), evidence="measured", raw=raw, db=db
    )
    calibration = Calibration(
        time=time,
        curve=curve,
        unit=str(content.get("unit", "dB")),
        sd_db=max(spread, default=None),
        gain=None if content.get("gain") is None else str(content["gain"]),
    )
    found.calibrations[_owner(entry)].append(calibration)


def _rises(values: tuple[float, ...]) -> bool:
    """Tell whether numbers rise from one to the next; NaN and what is out of all bounds do not."""
    return all(a < b for a, b in pairwise(values)) and max(map(abs, values)) <= MOST_DB


def _take_compass(found: Register, entry: Entry, time: datetime) -> None:
    usual = COMPASS_SIGMA_DEG[str(entry.content["compass"])]
    sigma_deg = _number(entry.content, "sigma_deg") or usual
    if not 0.1 <= sigma_deg <= WIDEST_SIGMA_DEG:
        raise ValueError(f"a spread of {sigma_deg:g} degrees")
    found.compasses[entry.observer].append((time, sigma_deg))


def _take_turn(found: Register, entry: Entry, time: datetime) -> None:
    content = entry.content
    if content["state"] not in ("start", "end"):
        raise ValueError(f"a turn that is {content['state']!r}")
    observer, receiver = _owner(entry)
    found.turns.append(
        TurnMark(
            time=time,
            observer=observer,
            receiver=receiver,
            is_start=content["state"] == "start",
            polarisation=content.get("polarisation"),
            loudest_deg=_number(content, "loudest_deg"),
            weakest_deg=_number(content, "weakest_deg"),
            full=content.get("full"),
        )
    )


_TAKE: dict[str, Callable[[Register, Entry, datetime], None]] = {
    SETUP: _take_setup,
    RADIO_CHECK: _take_check,
    CALIBRATION: _take_calibration,
    COMPASS: _take_compass,
    TURN: _take_turn,
}


def _fits(mark: str | None, other: str | None) -> bool:
    """Tell whether two words may be the same thing, as 7a and 7A are: as far as they are known."""
    return mark is None or other is None or mark.casefold().split() == other.casefold().split()


def _number(content: Mapping[str, Any], key: str) -> float | None:
    if content.get(key) is None:
        return None
    value = float(content[key])
    if not math.isfinite(value):
        raise ValueError(f"{key} is {value}")
    return value


def _last_before(known: list[tuple[datetime, Any]], time: datetime) -> Any:
    place = bisect_right(known, time, key=lambda item: item[0])
    return known[place - 1][1] if place else None
