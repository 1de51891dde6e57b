"""NMEA 0183 sentences of a GPS receiver or a phone, over any transport.

RMC, GGA and GNS give places, HDT, HDG and HDM the heading of the next place. Where a receiver sends
GGA or GNS these are used alone, since they have the accuracy and the height; RMC only without them.
The sentence's own time is used only for files (`nmea:file:`); see the package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from receiver.positions import valid
from receiver.records import Place

FAULTS = (NMEAParseError, NMEAMessageError, NMEAStreamError, NMEATypeError)
LONGEST_SENTENCE_BYTES = 512
WANTED = (b"RMC", b"GGA", b"GNS", b"HDT", b"HDG", b"HDM")
GGA_HOLDS = timedelta(seconds=5)
HEADING_HOLDS = timedelta(seconds=2)
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

    def __init__(self, own_time: bool = False) -> None:
        self.refused = 0
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
        self._buffer = rest[-LONGEST_SENTENCE_BYTES:]
        places = [self.sentence(line, time) for line in lines if line]
        return [place for place in places if place is not None]

    def reset(self) -> None:
        """Forget the half sentence."""
        self._buffer = b""

    def sentence(self, line: bytes, time: datetime) -> Place | None:
        """Read one sentence; return the place when it gives one."""
        begin = line.rfind(b"$")
        if begin < 0 or line[begin + 3 : begin + 6] not in WANTED:
            self.refused += begin < 0
            return None
        try:
            message = NMEAReader.parse(line[begin:] + b"\r\n")
        except (*FAULTS, ValueError, KeyError, IndexError, TypeError):
            message = None
        if message is None:
            self.refused += 1
            return None
        return self._understand(message, time)

    def _understand(self, message: Any, time: datetime) -> Place | None:
        kind = message.msgID
        if kind in ("HDT", "HDG", "HDM"):
            self._note_heading(message, time)
            return None
        if kind == "RMC":
            self._note_date(message)
        if not _has_fix(message) or (kind == "RMC" and self._gga_is_fresh(time)):
            return None
        if kind != "RMC":
            self._last_gga = time
        return self._place(message, time)

    def _gga_is_fresh(self, time: datetime) -> bool:
        return self._last_gga is not None and abs(time - self._last_gga) < GGA_HOLDS

    def _note_date(self, message: Any) -> None:
        if message.date and message.time:
            self._date = datetime.combine(message.date, message.time, UTC)

    def _note_heading(self, message: Any, time: datetime) -> None:
        """Take a true heading; a magnetic one counts only with its variation."""
        if message.msgID == "HDT":
            heading_deg = _number(message.headingT)
        else:
            heading_deg = _true_of_magnetic(message)
        if heading_deg is not None:
            self._heading = Heading(time, heading_deg % 360.0)

    def _place(self, message: Any, time: datetime) -> Place | None:
        if not valid(message.lat, message.lon):
            return None
        if self._own_time and self._date is None:
            return None  # a file that begins with GGA: which day it is comes with the next RMC
        hdop = getattr(message, "HDOP", None)
        place = Place(
            time=self._own(message, time),
            latitude_deg=float(message.lat),
            longitude_deg=float(message.lon),
            altitude_m=_number(getattr(message, "alt", None)),
            accuracy_m=hdop * METRES_A_HDOP if isinstance(hdop, int | float) and hdop else None,
        )
        return replace(place, heading_deg=self.heading_at(time))

    def heading_at(self, time: datetime) -> float | None:
        """Return the last true heading unless it is older than two seconds."""
        if self._heading is None or abs(time - self._heading.time) > HEADING_HOLDS:
            return None
        return self._heading.heading_deg

    def _own(self, message: Any, time: datetime) -> datetime:
        if not self._own_time or self._date is None or not message.time:
            return time
        own = datetime.combine(self._date.date(), message.time, UTC)
        # A GGA just after midnight may still carry the date of the last RMC.
        return own + timedelta(days=1) if own - self._date < timedelta(hours=-12) else own


def _has_fix(message: Any) -> bool:
    if not isinstance(message.lat, float) or not isinstance(message.lon, float):
        return False
    if message.msgID == "GNS":
        return bool(str(message.posMode).strip("N"))
    return message.status == "A" if message.msgID == "RMC" else bool(message.quality)


def _true_of_magnetic(message: Any) -> float | None:
    """True heading = magnetic + deviation + variation, east positive (HDG); HDM has neither."""
    magnetic, variation = _number(message.headingM), _number(getattr(message, "variation", None))
    if magnetic is None or variation is None:
        return None
    deviation = _number(message.deviation) or 0.0
    return (
        magnetic
        + (-deviation if message.deviationEW == "W" else deviation)
        + (-variation if message.variationEW == "W" else variation)
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def make(address: Address) -> Nmea:
    """Make a reader of NMEA sentences."""
    return Nmea(own_time=address.transport == "file")
