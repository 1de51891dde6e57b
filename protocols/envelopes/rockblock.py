"""RockBLOCK (Ground Control): a webhook with an Iridium SBD message, as a form or as JSON.

Source: posts published by AgustinAllegui/Estacion-calidad-agua at 6a22568e.

    imei, device_type, serial, momsn, transmit_time (YY-MM-DD HH:MM:SS, UTC), data (hex),
    iridium_latitude, iridium_longitude, iridium_cep (km), JWT

The place is Iridium's estimate: it stays in the details. The signature (JWT) is not kept.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from protocols import iridium
from protocols.envelopes import values
from protocols.packet import Envelope

NEEDED = {"imei", "momsn", "transmit_time", "data"}
KEPT = ("imei", "device_type", "serial", "momsn", "transmit_time", "iridium_latitude",
        "iridium_longitude", "iridium_cep", "data")  # fmt: skip
LONGEST_FORM_BYTES = 1 << 16
MOST_FIELDS = 32


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is such a message."""
    return document.keys() >= NEEDED


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes are such a message as a form."""
    return b"imei=" in data[:LONGEST_FORM_BYTES] and fits(_form(data))


def read_bytes(data: bytes) -> list[Envelope]:
    """Return the Envelope of a form."""
    return read(_form(data))


def _form(data: bytes) -> dict[str, Any]:
    """Return the fields of a form, none where it is none."""
    if len(data) <= LONGEST_FORM_BYTES and data.isascii():
        with suppress(ValueError):
            text = data.decode().strip()
            return dict(parse_qsl(text, True, strict_parsing=True, max_num_fields=MOST_FIELDS))
    return {}


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return the Envelope of a document."""
    details = {key: document[key] for key in KEPT if key in document}
    carrier = iridium.message(
        imei=str(document["imei"]),
        time=_time(document["transmit_time"]),
        cep_km=values.number(document.get("iridium_cep")),
        details=details,
    )
    return [
        Envelope(
            payload=values.hex_bytes(document["data"] or ""),
            protocol=carrier.protocol,
            device_id=carrier.device_id,
            time=carrier.time,
            carrier=carrier,
        )
    ]


def _time(text: Any) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(str(text), "%y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return None
