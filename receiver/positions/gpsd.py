"""The daemon gpsd, by its JSON protocol; headings from the raw sentences that it passes through.

gpsd sends two TPV reports for one fix of RMC and GGA, so reports are told apart by their `time`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from protocols.envelopes import values
from receiver.address import Address
from receiver.positions import valid
from receiver.positions.nmea import Nmea, compass_sigma_deg
from receiver.positions.watch import Watch
from receiver.records import Place

WATCH = b'?WATCH={"enable":true,"json":true,"nmea":true};\n'
LONGEST_LINE_BYTES = 65536


class Gpsd:
    """One connection to gpsd."""

    expected_interval_s: float | None = 5.0

    def __init__(self, heading_sigma_deg: float | None = None) -> None:
        self.refused = 0
        self._buffer = b""
        self._last_fix = ""
        self._sigma_deg = heading_sigma_deg
        self._heading = Nmea()
        self._watch = Watch()

    def hello(self) -> bytes:
        """Ask for reports."""
        return WATCH

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Place]:
        """Return a place for each fix."""
        *lines, rest = (self._buffer + chunk).split(b"\n")
        self._buffer = rest[-LONGEST_LINE_BYTES:]
        places = [self._line(line.strip(), time) for line in lines]
        return [place for place in places if place is not None]

    @property
    def complaint(self) -> str:
        """What is wrong with the receiver now, "" for nothing."""
        return self._watch.complaint

    def reset(self) -> None:
        """Forget the half line."""
        self._buffer = b""

    def _line(self, line: bytes, time: datetime) -> Place | None:
        if line.startswith(b"$"):
            if line[3:6] in (b"HDT", b"HDG", b"HDM", b"RMC"):  # RMC: where the declination is
                self._heading.sentence(line, time)
            return None
        try:
            report = json.loads(line) if line else {}
        except (ValueError, RecursionError):
            self.refused += 1
            return None
        return self._report(report, time) if isinstance(report, dict) else None

    def _report(self, report: dict[str, Any], time: datetime) -> Place | None:
        latitude, longitude = _number(report, "lat"), _number(report, "lon")
        if report.get("class") != "TPV" or (_number(report, "mode") or 0) < 2:
            return None
        if latitude is None or longitude is None or not valid(latitude, longitude):
            self._watch.no_fix()
            return None
        fix = str(report.get("time", ""))
        if fix and fix == self._last_fix:
            return None
        self._last_fix = fix
        heading_deg = self._heading.heading_at(time)
        place = Place(
            time=time,
            latitude_deg=latitude,
            longitude_deg=longitude,
            altitude_m=_number(report, "altMSL"),
            accuracy_m=_number(report, "eph"),
            heading_deg=heading_deg,
            heading_sigma_deg=None if heading_deg is None else self._sigma_deg,
        )
        usable = self._watch.judge(place, _instant(fix), _number(report, "speed"))
        return place if usable else None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _number(report: dict[str, Any], key: str) -> float | None:
    value = report.get(key)
    return None if isinstance(value, str) else values.number(value)


def make(address: Address) -> Gpsd:
    """Make a client of gpsd.

    Raises:
        ConfigError: `compass` is none that is known.
    """
    return Gpsd(compass_sigma_deg(address))
