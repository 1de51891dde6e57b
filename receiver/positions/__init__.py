"""Where the observer is: NMEA receivers and phones, gpsd, GPX tracks, a fixed place.

Like instruments, these never open anything. A place is stamped with the computer's clock, as the
detections are, so that the two can be joined; only a file's places carry the file's own times.
"""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import Protocol

from receiver.address import Address, Kind
from receiver.errors import ConfigError
from receiver.records import Place

POSITIONS = {
    "nmea": Kind(
        "receiver.positions.nmea", "GPS receiver or phone, NMEA", "nmea:serial:/dev/ttyACM0"
    ),
    "gpsd": Kind("receiver.positions.gpsd", "gpsd", "gpsd:tcp://127.0.0.1:2947"),
    "gpx": Kind("receiver.positions.gpx", "a track, joined by its times", "gpx:file:walk.gpx"),
    "fixed": Kind("receiver.positions.fixed", "a place that does not move", "fixed:43.35,42.44"),
}


class PositionSource(Protocol):
    """What every position source can do."""

    expected_interval_s: float | None

    def hello(self) -> bytes:
        """Return what to send when the link opens, b"" for nothing."""
        ...

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Place]:
        """Return the places that bytes, cut anywhere, give."""
        ...

    def reset(self) -> None:
        """Forget the half sentence after a gap."""
        ...


def build(address: Address) -> PositionSource:
    """Make the position source of an address.

    Raises:
        ConfigError: there is none of this name, or its value is wrong.
    """
    if address.instrument not in POSITIONS:
        known = ", ".join(POSITIONS)
        raise ConfigError(f"{address}: unknown source {address.instrument!r}; known: {known}")
    module = importlib.import_module(POSITIONS[address.instrument].module)
    source: PositionSource = module.make(address)
    return source


def valid(latitude_deg: float, longitude_deg: float) -> bool:
    """Tell whether numbers are a position; 0, 0 is what a receiver says without one."""
    inside = abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180
    return inside and (latitude_deg, longitude_deg) != (0, 0)
