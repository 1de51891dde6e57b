"""LORIOT: an uplink as its JSON output sends it, by UDP among other ways.

Source: LORIOT's documentation of application outputs.

    {"cmd":"rx","EUI":..,"port":2,"freq":868100000,"rssi":-97,"snr":8.25,"data":"hex","ts":ms}

`data` is the decrypted payload in hex, `freq` hertz, `ts` milliseconds since 1970. A "gw" message
repeats the uplink with one object for each gateway in `gws`: choose one of the two as the output,
or every level counts twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from protocols.envelopes import values
from protocols.packet import Envelope

UPLINKS = ("rx", "gw")


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is an uplink of LORIOT."""
    return document.get("cmd") in UPLINKS and "EUI" in document


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return one Envelope for each gateway that heard the uplink, the strongest first."""
    heard = [row for row in document.get("gws") or [document] if isinstance(row, dict)]
    heard.sort(key=lambda row: -(values.number(row.get("rssi")) or -999.0))
    return [_envelope(document, row) for row in heard]


def _envelope(document: dict[str, Any], row: dict[str, Any]) -> Envelope:
    return Envelope(
        payload=values.hex_bytes(document.get("data") or ""),
        port=values.whole(document.get("port")),
        device_id=str(document["EUI"]).lower() or None,
        time=_time(document.get("ts")),
        frequency_hz=values.number(document.get("freq")),
        rssi_dbm=values.number(row.get("rssi")),
        snr_db=values.number(row.get("snr")),
        gateway_id=str(row.get("gweui") or "") or None,
        latitude_deg=values.number(row.get("lat")),
        longitude_deg=values.number(row.get("lon")),
        details={"fcnt": document.get("fcnt"), "dr": document.get("dr")},
    )


def _time(milliseconds: Any) -> datetime | None:
    number = values.number(milliseconds)
    if number is None or not 0 < number < 1e14:
        return None
    return datetime.fromtimestamp(number / 1e3, UTC)
