"""A GPX track of a phone or a hand receiver, joined by its own times.

The file is given to defusedxml first, which refuses entities, and only then to gpxpy. Where the
watch of the GPS and the computer's clock differ, `offset_s` is added to the times of the track: 12
where the computer's clock is 12 s ahead of the GPS.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import ParseError

import gpxpy
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from gpxpy.gpx import GPXException

from receiver.address import Address
from receiver.errors import ConfigError, InputError
from receiver.positions import valid
from receiver.records import Place

LARGEST_FILE_BYTES = 1 << 27
MOST_OFFSET_S = 86_400.0


class Gpx:
    """One GPX file, collected and read when it is whole."""

    expected_interval_s: float | None = None

    def __init__(self, name: str, offset_s: float = 0.0) -> None:
        self._name = name
        self._offset = timedelta(seconds=offset_s)
        self._bytes = b""

    def hello(self) -> bytes:
        """Nothing: a file is not asked."""
        return b""

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Place]:
        """Return all places of the track when its end has come.

        Raises:
            InputError: the file is not GPX, or is larger than 128 MiB.
        """
        self._bytes += chunk
        if len(self._bytes) > LARGEST_FILE_BYTES:
            raise InputError(f"{self._name}: a GPX file of more than 128 MiB is not read")
        if b"</gpx>" not in self._bytes[-len(chunk) - 6 :]:
            return []
        content, self._bytes = self._bytes, b""
        found = read(content, self._name)
        return [replace(place, time=place.time + self._offset) for place in found]

    def reset(self) -> None:
        """Begin anew."""
        self._bytes = b""


def read(content: bytes, name: str) -> list[Place]:
    """Return the timed points of all tracks.

    Raises:
        InputError: not GPX, or XML with entities.
    """
    try:
        fromstring(content)
        track = gpxpy.parse(content.decode("utf-8-sig", "replace"))
    except (DefusedXmlException, ParseError, GPXException, ValueError) as error:
        raise InputError(f"{name}: not a GPX file that can be read ({error})") from error
    return list(_places(track))


def _places(track: gpxpy.gpx.GPX) -> Iterator[Place]:
    for point in track.walk(only_points=True):
        if point.time is not None and valid(point.latitude, point.longitude):
            yield Place(
                time=_utc(point.time),
                latitude_deg=point.latitude,
                longitude_deg=point.longitude,
                altitude_m=point.elevation,
            )


def _utc(time: datetime) -> datetime:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def make(address: Address) -> Gpx:
    """Make a reader of a GPX file; `offset_s` is added to its times.

    Raises:
        ConfigError: the offset is no number of seconds, or more than a day.
    """
    text = address.options.get("offset_s", "0")
    try:
        offset_s = float(text)
    except ValueError:
        offset_s = math.inf
    if not abs(offset_s) <= MOST_OFFSET_S:
        raise ConfigError(f"{address}: offset_s={text!r} is not seconds, up to a day either way")
    return Gpx(address.target, offset_s)
