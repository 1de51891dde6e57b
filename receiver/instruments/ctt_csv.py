"""CTT's CSV files: raw-data, telemetry, gps and node-health of a SensorStation, and the Sidekick.

Which file it is, its heading says; columns go by their names:

    raw-data      Time,RadioId,TagId,TagRSSI,NodeId,Validated
    gps           recorded at,gps at,latitude,longitude,altitude,quality,...
    node-health   Time,RadioId,NodeId,NodeRSSI,...,Latitude,Longitude
    telemetry     ReceivedAt,RecordedAt,Id,RadioId,Rssi,Latitude,Longitude,... (the tag's place)
    Sidekick      tag_type,tag_id,time_utc,rssi,lat,lon,heading,antenna_angle

Times are UTC. A TagId of ten digits carries its checksum. IDs are text: one that a spreadsheet has
turned into a number (12345E2 becomes 1234500, or 1.23E+06) is no ID any more, and is refused. The
places of a Sidekick are the searcher's, so its rows are levels with a place. What its antenna_angle
counts from is not published: it is kept in the text, and no direction is made of it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from protocols.envelopes import values
from receiver.address import Address
from receiver.instruments import Lines
from receiver.instruments.ctt import ID, STANDS_S, Found, node_name, tag
from receiver.records import Detection, Place

Row = Mapping[str, str]
HOLDS_S = 3600.0  # a station stays where it is, between two of its fixes


class CttCsv:
    """One file, or several behind each other."""

    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._lines = Lines()
        self._names: list[str] = []

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return what each row says; rows that say nothing usable are counted."""
        found: Found = []
        for line in self._lines.feed(chunk):
            fields = [field.strip() for field in _fields(line)]
            if _reader(fields):
                self._names = fields
            elif read := _reader(self._names):
                whole = [*fields, *([""] * len(self._names))]  # a row that was cut off
                said = read(dict(zip(self._names, whole, strict=False)), monotonic_ns)
                self.refused += not said
                found += said
            else:
                self.refused += 1
        return found

    def reset(self) -> None:
        """Forget the half row and the heading."""
        self._lines.reset()
        self._names = []


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line.removeprefix("\xef\xbb\xbf")]), [])
    except csv.Error:
        return []


def _reader(names: Sequence[str]) -> Callable[[Row, int], Found] | None:
    return next((read for needed, read in _READERS if needed <= set(names)), None)


def _raw(row: Row, monotonic_ns: int) -> Found:
    node = row.get("NodeId") or None
    return _heard(row["TagId"], row["TagRSSI"], row["Time"], monotonic_ns, node_name(node))


def _telemetry(row: Row, monotonic_ns: int) -> Found:
    return _heard(row["Id"], row["Rssi"], row["ReceivedAt"], monotonic_ns)


def _sidekick(row: Row, monotonic_ns: int) -> Found:
    found = _heard(row["tag_id"], row["rssi"], row["time_utc"], monotonic_ns)
    place = _place(row["lat"], row["lon"], row["time_utc"])
    return [*([place] if place and found else []), *found]


def _gps(row: Row, monotonic_ns: int) -> Found:
    place = _place(row["latitude"], row["longitude"], row["recorded at"], holds_s=HOLDS_S)
    return [place] if place else []


def _health(row: Row, monotonic_ns: int) -> Found:
    node = node_name(row["NodeId"])
    place = _place(row["Latitude"], row["Longitude"], row["Time"], node or "", STANDS_S)
    return [place] if place and node else []


_READERS: tuple[tuple[set[str], Callable[[Row, int], Found]], ...] = (
    ({"Time", "TagId", "TagRSSI"}, _raw),
    ({"tag_id", "time_utc", "rssi", "lat", "lon"}, _sidekick),
    ({"ReceivedAt", "Id", "Rssi"}, _telemetry),
    ({"Time", "NodeId", "Latitude", "Longitude"}, _health),
    ({"recorded at", "latitude", "longitude"}, _gps),
)


def _heard(
    identity: str, rssi: str, time: str, monotonic_ns: int, observer: str | None = None
) -> Found:
    match, when, level = ID.match(identity), _time(time), values.number(rssi)
    if match is None or when is None:
        return []
    heard = tag(match[1], match[2], level, when, monotonic_ns, observer)
    return [heard] if heard else []


def _place(
    latitude: str, longitude: str, time: str, observer: str = "", holds_s: float | None = None
) -> Place | None:
    north, east, when = values.number(latitude), values.number(longitude), _time(time)
    if not north or not east or when is None or abs(north) > 90 or abs(east) > 180:
        return None
    return Place(
        time=when, latitude_deg=north, longitude_deg=east, observer=observer, holds_s=holds_s
    )


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def make(address: Address) -> CttCsv:
    """Make a reader of CTT's files."""
    return CttCsv()
