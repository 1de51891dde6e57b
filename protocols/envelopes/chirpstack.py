"""ChirpStack v4: the "up" event, as its MQTT and HTTP integrations send it.

`data` is the decrypted payload in base64, `fPort` its port, `rxInfo` one object for each gateway
that heard it (rssi dBm, snr dB), `txInfo.frequency` hertz. Several gateways make several
Envelopes: each is a level at its own place. The strongest comes first.
"""

from __future__ import annotations

from typing import Any

from protocols.envelopes import values
from protocols.packet import Envelope


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is a ChirpStack uplink."""
    return "deviceInfo" in document and "rxInfo" in document


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return one Envelope for each gateway that heard the uplink."""
    heard = [info for info in document["rxInfo"] or [{}] if isinstance(info, dict)]
    heard.sort(key=lambda info: -(values.number(info.get("rssi")) or -999.0))
    payload = values.base64_bytes(document.get("data") or "")
    return [_envelope(document, payload, info) for info in heard]


def _envelope(document: dict[str, Any], payload: bytes, info: dict[str, Any]) -> Envelope:
    location = info.get("location") or {}
    sent = document.get("txInfo") or {}
    device = document["deviceInfo"]
    status = info.get("crcStatus")
    return Envelope(
        payload=payload,
        port=values.whole(document.get("fPort")),
        device_id=str(device.get("devEui", "")) or None,
        time=values.time(document.get("time")),
        frequency_hz=values.number(sent.get("frequency")),
        rssi_dbm=values.number(info.get("rssi")),
        snr_db=values.number(info.get("snr")),
        gateway_id=str(info.get("gatewayId", "")) or None,
        crc_ok=None if status is None else status == "CRC_OK",
        latitude_deg=values.number(location.get("latitude")),
        longitude_deg=values.number(location.get("longitude")),
        details={"fCnt": document.get("fCnt"), "deviceName": device.get("deviceName")},
    )
