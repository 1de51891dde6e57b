"""Lotek SRX1200: its comma-separated files; columns go by their names.

Source: section 12.2 of the project's page on commercial collars.

    Index,[Rx Serial],Date,Time,[uSec],Tag/BPM,Freq [MHz],Codeset,Antenna,Gain,RSSI,[lat,lon]

Tag/BPM is the number of a coded tag, or the pulses a minute of a beacon: the code set tells which.
RSSI and gain are counts. Times have no zone: the user gives it (`utc_offset=+03:00`). Where the
file has places they are the receiver's.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from protocols.envelopes import values
from receiver.address import Address
from receiver.instruments import Lines, local_time, utc_offset
from receiver.records import Detection, Place

NAMES = {
    "date": "date", "time": "time", "usec": "usec", "tag/bpm": "tag", "tagid/bpm": "tag",
    "freq": "frequency", "frequency": "frequency", "codeset": "codeset", "antenna": "antenna",
    "gain": "gain", "rssi": "rssi", "power": "rssi", "lat": "lat", "latitude": "lat", "lon": "lon",
    "longitude": "lon", "rx serial": "serial", "rx serial number": "serial",
}  # fmt: skip
NEEDED = {"date", "time", "tag", "rssi"}
TIMES = tuple(
    f"{date} %H:%M:%S{part}"
    for date in ("%m/%d/%y", "%m/%d/%Y", "%Y-%m-%d", "%d-%b-%Y")
    for part in ("", ".%f")
)
BEACON = ("bpm", "beeper", "beacon")
Row = Mapping[str, str]


class Srx1200:
    """One file."""

    expected_interval_s: float | None = None

    def __init__(self, zone: timezone) -> None:
        self.refused = 0
        self._zone = zone
        self._lines = Lines()
        self._names: list[str] = []

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return what each row says; rows that say nothing usable are counted."""
        found: list[Detection | Place] = []
        for line in self._lines.feed(chunk):
            fields = _fields(line)
            names = [_name(field) for field in fields]
            if set(names) >= NEEDED:
                self._names = names
            elif self._names:
                said = self._row(dict(zip(self._names, fields, strict=False)), monotonic_ns)
                self.refused += not said
                found += said
        return found

    def reset(self) -> None:
        """Forget the half row and the heading."""
        self._lines.reset()
        self._names = []

    def _row(self, row: Row, monotonic_ns: int) -> list[Detection | Place]:
        time, rssi = self._time(row), values.number(row.get("rssi", ""))
        tag = row.get("tag", "")
        if time is None or rssi is None or not tag:
            return []
        codeset = row.get("codeset", "")
        is_beacon = codeset.casefold() in BEACON
        frequency = values.number(row.get("frequency", ""))
        named = (("code set", codeset), ("gain", row.get("gain", "")))
        heard = Detection(
            kind="pulse" if is_beacon else "packet",
            time=time,
            monotonic_ns=monotonic_ns,
            receiver=row.get("antenna") or None,
            frequency_hz=None if frequency is None else frequency * 1e6,
            level_raw=rssi,
            found=True,
            device_id=None if is_beacon else tag,
            pulses_per_minute=values.number(tag) if is_beacon else None,
            text=", ".join(f"{name} {value}" for name, value in named if value) or None,
        )
        place = _place(row, time)
        return [place, heard] if place else [heard]

    def _time(self, row: Row) -> datetime | None:
        time = local_time(f"{row.get('date')} {row.get('time')}", TIMES, self._zone)
        micro = values.number(row.get("usec") or "0") or 0.0
        inside = timedelta(microseconds=micro if 0 <= micro < 1e6 else 0.0)
        return None if time is None else time + inside


def _fields(line: str) -> list[str]:
    try:
        return [f.strip() for f in next(csv.reader([line.removeprefix("\xef\xbb\xbf")]), [])]
    except csv.Error:
        return []


def _name(heading: str) -> str:
    bare = re.sub(r"\s*[\[(].*?[\])]\s*$", "", heading).strip("[] ").casefold()
    return NAMES.get(bare, "")


def _place(row: Row, time: datetime) -> Place | None:
    latitude, longitude = values.number(row.get("lat", "")), values.number(row.get("lon", ""))
    if not latitude or not longitude or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(time=time, latitude_deg=latitude, longitude_deg=longitude)


def make(address: Address) -> Srx1200:
    """Make a reader of an SRX1200's files.

    Raises:
        ConfigError: `utc_offset` is missing or is none.
    """
    return Srx1200(utc_offset(address))
