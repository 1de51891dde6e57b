"""CTT radios at 434 MHz: the lines of a USB radio, of a SensorStation or of its nodes.

Source: section 10 of the project's page on commercial collars; Cellular Tracking Technologies.

    78664C3304,-78                      ID of 4 bytes, CRC-8 where it is there, RSSI
    {"meta":{"data_type":"coded_id","rssi":-79},"data":{"id":"78664C3304"}}
    {"data":{"tag":{"id":"78664C33"}},"rssi":-79}                    older
    {"meta":{"data_type":"node_coded_id","source":{"id":NODE}},"data":{"id","rssi","rec_at"}}
    {"meta":{"data_type":"node_health","source":{"id":NODE}},"data":{"lat","lon",...}}  / 1e6

An ID with a CRC that does not fit is no tag. One without a CRC is taken, and says so: noise makes
such IDs as well. The RSSI is the radio's own, not calibrated. A node stands elsewhere than the
station, so it is an observer of its own ("node 326039"), at the place that its health says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from protocols.ctt import is_tag
from receiver.address import Address
from receiver.instruments import Lines
from receiver.records import Detection, Place

LINE = re.compile(r"^([0-9A-Fa-f]{8})([0-9A-Fa-f]{2})?,\s*(-?\d{1,3})$")
ID = re.compile(r"^([0-9A-Fa-f]{8})([0-9A-Fa-f]{2})?$")
FREQUENCY_HZ = 434_000_000.0
UNCHECKED = "no checksum: noise makes such numbers too"
FIRST_UNIX, LAST_UNIX = 1.2e9, 4.1e9
MICRODEGREES = 1e6
STANDS_S = 1e9  # a node stays where it was put
Found = list[Detection | Place]


class Ctt:
    """One radio or station. Silent by nature."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}
    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._lines = Lines()

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each tag that was heard; wrong checksums are counted."""
        found: Found = []
        for line in self._lines.feed(chunk):
            said = _said(line, time, monotonic_ns)
            self.refused += said is None
            found += said or []
        return found

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()


def tag(
    identity: str,
    checksum: str | None,
    rssi: float | None,
    time: datetime,
    monotonic_ns: int,
    observer: str | None = None,
) -> Detection | None:
    """Return the Detection of a tag, None where its checksum does not fit."""
    if checksum is not None and not is_tag(bytes.fromhex(identity + checksum)):
        return None
    return Detection(
        kind="packet",
        time=time,
        monotonic_ns=monotonic_ns,
        observer=observer,
        receiver=observer,
        frequency_hz=FREQUENCY_HZ,
        level_raw=rssi,
        level_db=rssi,
        level_unit=None if rssi is None else "dB",
        found=True,
        device_id=identity.upper(),
        text=UNCHECKED if checksum is None else None,
    )


def node_name(identity: object) -> str | None:
    """Return the observer that a node is, None where it is not named."""
    named = isinstance(identity, str | int) and not isinstance(identity, bool)
    return f"node {str(identity)[:40]}" if named and identity else None


def unix_time(value: Any) -> datetime | None:
    """Return a time of Unix seconds, None where it is none that can be."""
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    return datetime.fromtimestamp(value, UTC) if usable and FIRST_UNIX < value < LAST_UNIX else None


def _said(line: str, time: datetime, monotonic_ns: int) -> Found | None:
    """Return what a line says, nothing for one of something else; None for a wrong checksum."""
    if match := LINE.match(line):
        heard = tag(match[1], match[2], float(match[3]), time, monotonic_ns)
        return None if heard is None else [heard]
    if not line.startswith("{"):
        return []
    try:
        document = _dict(json.loads(line))
    except (ValueError, RecursionError):
        return None
    meta, data = _dict(document.get("meta")), _dict(document.get("data"))
    node = node_name(_dict(meta.get("source")).get("id"))
    if meta.get("data_type") == "node_health":
        place = _node_place(node, data, time)
        return [place] if place else []
    return _tag(document, meta, data, node, time, monotonic_ns)


def _tag(
    document: dict[str, Any],
    meta: dict[str, Any],
    data: dict[str, Any],
    node: str | None,
    time: datetime,
    monotonic_ns: int,
) -> Found | None:
    identity = data.get("id", _dict(data.get("tag")).get("id"))
    match = ID.match(identity) if isinstance(identity, str) else None
    if match is None:
        return []
    by_node = node is not None and meta.get("data_type") == "node_coded_id"
    said = data.get("rssi") if by_node else meta.get("rssi", document.get("rssi"))
    own = unix_time(data.get("rec_at")) if by_node else None
    observer = node if by_node else None
    heard = tag(match[1], match[2], _rssi(said), own or time, monotonic_ns, observer)
    return None if heard is None else [heard]


def _node_place(node: str | None, data: dict[str, Any], time: datetime) -> Place | None:
    latitude, longitude = (_rssi(data.get(name), 2e8) for name in ("lat", "lon"))
    if node is None or not latitude or not longitude:
        return None
    latitude, longitude = latitude / MICRODEGREES, longitude / MICRODEGREES
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(
        time=time, latitude_deg=latitude, longitude_deg=longitude, observer=node, holds_s=STANDS_S
    )


def _rssi(value: Any, most: float = 300.0) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < most
    return float(value) if usable else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def make(address: Address) -> Ctt:
    """Make a reader of a CTT radio."""
    return Ctt()
