"""Cloudloop: an Iridium SBD message of an OpenCollar Edge collar, through Ground Control.

`message` is base64 of flash records back to back, read as port 29. There is no level: the
satellite heard it, not the team. `sbd` has Iridium's numbers and its estimate of the place, which
stays in the details.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from protocols import iridium
from protocols.envelopes import values
from protocols.packet import Envelope

TIME_KEYS = ("year", "month", "day", "hour", "minute", "second")


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is a Cloudloop message."""
    return "message" in document and ("sbd" in document or "identity" in document)


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return the Envelope of the message."""
    identity = document.get("identity") or {}
    session = document.get("sbd") or {}
    device, time = identity.get("identifier"), _time(document.get("receivedAt"))
    carrier = iridium.message(
        imei=str(session.get("imei") or device), time=time, cep_km=None, details={**session}
    )  # fmt: skip
    envelope = Envelope(
        payload=values.base64_bytes(document["message"]),
        protocol="opencollar-edge",
        port=29,
        device_id=device,
        time=time,
        details={"status": session.get("status")},
        carrier=carrier,
    )
    return [envelope]


def _time(parts: Any) -> datetime | None:
    if not isinstance(parts, dict):
        return None
    try:
        return datetime(*(int(parts[key]) for key in TIME_KEYS), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except (KeyError, TypeError, ValueError):
        return None
