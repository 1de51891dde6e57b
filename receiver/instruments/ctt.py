"""CTT radios at 434 MHz: the lines of a USB radio, of a SensorStation or of a handheld.

Source: section 10 of the project's page on commercial collars; Cellular Tracking Technologies.

    78664C3304,-78                      ID of 4 bytes, CRC-8 where it is there, RSSI
    {"meta":{"data_type":"coded_id","rssi":-79},"data":{"id":"78664C3304"}}
    {"data":{"tag":{"id":"78664C33"}},"rssi":-79}                    older

An ID with a CRC that does not fit is no tag. One without a CRC is taken, and says so: noise makes
such IDs as well. The RSSI is the radio's own, not calibrated.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, ClassVar

from protocols.checksums import crc8_smbus
from receiver.address import Address
from receiver.instruments import Lines
from receiver.records import Detection

LINE = re.compile(r"^([0-9A-Fa-f]{8})([0-9A-Fa-f]{2})?,\s*(-?\d{1,3})$")
ID = re.compile(r"^([0-9A-Fa-f]{8})([0-9A-Fa-f]{2})?$")
FREQUENCY_HZ = 434_000_000.0
UNCHECKED = "no checksum: noise makes such numbers too"


class Ctt:
    """One radio or station. Silent by nature."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}
    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._lines = Lines()

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each tag that was heard; wrong checksums are counted."""
        detections = []
        for line in self._lines.feed(chunk):
            if (said := _said(line)) is None:
                continue
            heard = tag(*said, time, monotonic_ns)
            if heard is None:
                self.refused += 1
            else:
                detections.append(heard)
        return detections

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()


def tag(
    identity: str, checksum: str | None, rssi: float | None, time: datetime, monotonic_ns: int
) -> Detection | None:
    """Return the Detection of a tag, None where its checksum does not fit."""
    if checksum is not None and crc8_smbus(bytes.fromhex(identity)) != int(checksum, 16):
        return None
    return Detection(
        kind="packet",
        time=time,
        monotonic_ns=monotonic_ns,
        frequency_hz=FREQUENCY_HZ,
        level_raw=rssi,
        level_db=rssi,
        level_unit=None if rssi is None else "dB",
        found=True,
        device_id=identity.upper(),
        text=UNCHECKED if checksum is None else None,
    )


Said = tuple[str, str | None, float | None]


def _said(line: str) -> Said | None:
    """Read ID, checksum and RSSI of a line; None where it is of something else."""
    if match := LINE.match(line):
        return match[1], match[2], float(match[3])
    if not line.startswith("{"):
        return None
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    data = _dict(_dict(document).get("data"))
    identity = data.get("id", _dict(data.get("tag")).get("id"))
    match = ID.match(identity) if isinstance(identity, str) else None
    if match is None:
        return None
    rssi: Any = _dict(_dict(document).get("meta")).get("rssi", _dict(document).get("rssi"))
    usable = isinstance(rssi, int | float) and not isinstance(rssi, bool) and abs(rssi) < 300
    return match[1], match[2], float(rssi) if usable else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def make(address: Address) -> Ctt:
    """Make a reader of a CTT radio."""
    return Ctt()
