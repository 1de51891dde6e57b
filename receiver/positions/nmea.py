"""NMEA 0183 sentences of a GPS receiver or a phone, over any transport.

RMC, GGA and GNS give places, HDT, HDG and HDM the heading of the next place. Where a receiver sends
GGA or GNS these are used alone, since they have the accuracy and the height; RMC only without them.
Course over ground (VTG) is where somebody walks, not where he points: it is no heading. A magnetic
heading is made true by the variation that it carries (HDG), else by the current world magnetic
model at the last place. How far off it may be, the kind of compass says: `compass=phone`.

The sentence's own time is used only for files (`nmea:file:`); see the package. A file that begins
without a date waits for it. A sentence is whole with its checksum, also where no line ends it: a
datagram's last one needs no next one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pynmeagps import NMEAReader
from pynmeagps.exceptions import (
    NMEAMessageError,
    NMEAParseError,
    NMEAStreamError,
    NMEATypeError,
)

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.positions import valid
from receiver.positions.watch import Watch
from receiver.records import Place
from receiver.setups import COMPASS_SIGMA_DEG

FAULTS = (NMEAParseError, NMEAMessageError, NMEAStreamError, NMEATypeError)
LONGEST_SENTENCE_BYTES = 512
WANTED = (b"RMC", b"GGA", b"GNS", b"HDT", b"HDG", b"HDM")  # VTG is passed over
GGA_HOLDS = timedelta(seconds=5)
HEADING_HOLDS = timedelta(seconds=2)
WHOLE = re.compile(rb"\$[^$*\r\n]*\*[0-9A-Fa-f]{2}$")
MOST_WAITING = 1000
KNOTS = 0.514444
# What one unit of HDOP means on the ground; usual for a hand receiver under open sky.
METRES_A_HDOP = 5.0


@dataclass(slots=True)
class Heading:
    """The last heading and when it was said."""

    time: datetime
    heading_deg: float


class Nmea:
    """One stream of sentences."""

    expected_interval_s: float | None = 5.0

    def __init__(self, own_time: bool = False, heading_sigma_deg: float | None = None) -> None:
        self.refused = 0
        self._sigma_deg = heading_sigma_deg
        self._watch = Watch()
        self._speed_m_s: float | None = None
        self._at: tuple[float, float] | None = None
        self._waiting: list[Any] = []
        self._own_time = own_time
        self._buffer = b""
        self._last_gga: datetime | None = None
        self._heading: Heading | None = None
        self._date: datetime | None = None

    def hello(self) -> bytes:
        """Nothing: receivers talk unasked."""
        return b""

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Place]:
        """Return a place for each epoch; bad sentences are counted."""
        *lines, rest = (self._buffer + chunk).replace(b"\r", b"\n").split(b"\n")
        if WHOLE.search(rest):
            lines, rest = [*lines, rest], b""
        self._buffer = rest[-LONGEST_SENTENCE_BYTES:]
        return [place for line in lines if line for place in self.sentence(line, time)]

    @property
    def complaint(self) -> str:
        """What is wrong with the receiver now, "" for nothing."""
        return self._watch.complaint

    def reset(self) -> None:
        """Forget the half sentence."""
        self._buffer = b""

    def sentence(self, line: bytes, time: datetime) -> list[Place]:
        """Read one sentence; return the places that it gives, those that waited for it included."""
        begin = line.rfind(b"$")
        if begin < 0 or line[begin + 3 : begin + 6] not in WANTED:
            self.refused += begin < 0
            return []
        try:
            message = NMEAReader.parse(line[begin:] + b"\r\n")
            return self._understand(message, time)
        # AttributeError: the sentence ends early, and the fields that it lacks are not there.
        except (*FAULTS, ValueError, KeyError, IndexError, TypeError, AttributeError):
            self.refused += 1
            return []

    def _understand(self, message: Any, time: datetime) -> list[Place]:
        kind = message.msgID
        if kind in ("HDT", "HDG", "HDM"):
            self._note_heading(message, time)
            return []
        waited = self._note_rmc(message, time) if kind == "RMC" else []
        if not _has_fix(message) or (kind == "RMC" and self._gga_is_fresh(time)):
            return waited
        if kind != "RMC":
            self._last_gga = time
        if self._own_time and self._date is None:  # a file that begins without a date
            self._waiting = [*self._waiting, message][-MOST_WAITING:]
            return waited
        place = self._place(message, time)
        return waited if place is None else [*waited, place]

    def _gga_is_fresh(self, time: datetime) -> bool:
        return self._last_gga is not None and abs(time - self._last_gga) < GGA_HOLDS

    def _note_rmc(self, message: Any, time: datetime) -> list[Place]:
        """Take note of date and speed; return the places that waited for the date."""
        speed = _number(message.spd)
        self._speed_m_s = None if speed is None else speed * KNOTS
        if not message.date or not message.time:
            return []
        self._date = datetime.combine(message.date, message.time, UTC)
        waiting, self._waiting = self._waiting, []
        places = [self._place(old, time) for old in waiting]
        return [place for place in places if place is not None]

    def _note_heading(self, message: Any, time: datetime) -> None:
        """Take a true heading, or a magnetic one by its own variation or the magnetic model."""
        if message.msgID == "HDT":
            heading_deg = _number(message.headingT)
        else:
            heading_deg = _true_of_magnetic(message, self._declination_deg(time))
        if heading_deg is not None:
            self._heading = Heading(time, heading_deg % 360.0)

    def _declination_deg(self, time: datetime) -> float | None:
        """Return the declination at the last place; None before there is one."""
        if self._at is None:
            return None
        from receiver.geodesy import declination_deg

        day = (self._date or time).date() if self._own_time else time.date()
        return declination_deg(*self._at, day)

    def _place(self, message: Any, time: datetime) -> Place | None:
        if not valid(message.lat, message.lon):
            self._watch.no_fix()
            return None
        hdop = _number(getattr(message, "HDOP", None))
        heading_deg = self.heading_at(time)
        place = Place(
            time=self._own(message, time),
            latitude_deg=float(message.lat),
            longitude_deg=float(message.lon),
            altitude_m=_number(getattr(message, "alt", None)),
            accuracy_m=hdop * METRES_A_HDOP if hdop else None,
            heading_deg=heading_deg,
            heading_sigma_deg=None if heading_deg is None else self._sigma_deg,
        )
        # A place to a tenth of a degree is enough for the declination, and spares the model.
        self._at = round(place.latitude_deg, 1), round(place.longitude_deg, 1)
        own = self._said(message) if not self._own_time else None
        return place if self._watch.judge(place, own, self._speed_m_s) else None

    def _said(self, message: Any) -> datetime | None:
        """Return the instant that the receiver says it is, None before it has said a date."""
        if self._date is None or not message.time:
            return None
        return _on_day(self._date, message)

    def heading_at(self, time: datetime) -> float | None:
        """Return the last true heading unless it is older than two seconds."""
        if self._heading is None or abs(time - self._heading.time) > HEADING_HOLDS:
            return None
        return self._heading.heading_deg

    def _own(self, message: Any, time: datetime) -> datetime:
        if not self._own_time or self._date is None or not message.time:
            return time
        return _on_day(self._date, message)


def _on_day(date: datetime, message: Any) -> datetime:
    """Return a sentence's time on the day that the last RMC named, or on a neighbouring day."""
    own = datetime.combine(date.date(), message.time, UTC)
    if own - date < timedelta(hours=-12):  # just after midnight the last RMC is of yesterday
        return own + timedelta(days=1)
    return own - timedelta(days=1) if own - date > timedelta(hours=12) else own


def _has_fix(message: Any) -> bool:
    if not isinstance(message.lat, float) or not isinstance(message.lon, float):
        return False
    if message.msgID == "GNS":
        return bool(str(message.posMode).strip("N"))
    return message.status == "A" if message.msgID == "RMC" else bool(message.quality)


def _true_of_magnetic(message: Any, declination_deg: float | None) -> float | None:
    """True heading = magnetic + deviation + variation, east positive (HDG); HDM has neither."""
    heading = _number(getattr(message, "headingM", getattr(message, "heading", None)))
    if heading is None:
        return None
    deviation = _signed(message, "deviation") or 0.0
    variation = _signed(message, "variation")
    variation = declination_deg if variation is None else variation
    return None if variation is None else heading + deviation + variation


def _signed(message: Any, name: str) -> float | None:
    value = _number(getattr(message, name, None))
    west = getattr(message, f"{name}EW", "") == "W"
    return None if value is None else -value if west else value


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if usable else None


def compass_sigma_deg(address: Address) -> float | None:
    """Return how far off headings may be: `compass=phone`, None where nobody said.

    Raises:
        ConfigError: there is no such compass.
    """
    kind = address.options.get("compass")
    if kind is not None and kind not in COMPASS_SIGMA_DEG:
        known = ", ".join(COMPASS_SIGMA_DEG)
        raise ConfigError(f"{address}: compass={kind!r} is not one of {known}")
    return COMPASS_SIGMA_DEG[kind] if kind else None


def make(address: Address) -> Nmea:
    """Make a reader of NMEA sentences.

    Raises:
        ConfigError: `compass` is none that is known.
    """
    return Nmea(address.transport == "file", compass_sigma_deg(address))
