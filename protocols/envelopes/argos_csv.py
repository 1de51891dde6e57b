"""Argos web: its CSV export (.aws), one row for each message that a satellite heard.

Source: a file in AKROGIS/AnimalMovement at f7dc42c1. Separated by `;`, quoted; the heading names
the columns. Read are platformId, platformHexId, date and rawData (hex). Levels are those at the
satellite, and the places those that Argos works out by Doppler: both are left aside.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from protocols.envelopes import values
from protocols.packet import DecodeError, Envelope

NEEDED = (b'"platformId"', b'"date"', b'"rawData"')


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes begin with such a heading."""
    heading = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0]
    return b";" in heading and all(name in heading for name in NEEDED)


def read_bytes(data: bytes) -> list[Envelope]:
    """Return an Envelope for each row with data; a damaged one has no payload, but its fault."""
    text = data.decode("utf-8-sig", "replace").strip()
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    return [_envelope(row) for row in rows if row.get("rawData")]


def _envelope(row: dict[str | Any, str | Any]) -> Envelope:
    details = {"platformHexId": row.get("platformHexId"), "satellite": row.get("satellite")}
    payload = b""
    try:
        payload = values.hex_bytes(row["rawData"])
    except DecodeError as error:
        details["fault"] = f"platform {row['platformId']}, {row['date']}: {error}"
    return Envelope(
        payload=payload,
        protocol="argos",
        device_id=row["platformId"],
        time=values.time(row["date"]),
        details=details,
    )
