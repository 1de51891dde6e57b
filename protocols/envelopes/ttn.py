"""The Things Stack v3: an uplink message; the event log nests it under `data`.

`uplink_message.frm_payload` is base64, `f_port` its port, `rx_metadata` one object for each
gateway (rssi dBm, snr dB), `settings.frequency` hertz, as text.
"""

from __future__ import annotations

from typing import Any

from protocols.envelopes import values
from protocols.packet import Envelope


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is an uplink of The Things Stack."""
    return isinstance(_inner(document).get("uplink_message"), dict)


def _inner(document: dict[str, Any]) -> dict[str, Any]:
    data = document.get("data")
    return data if isinstance(data, dict) else document


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return one Envelope for each gateway that heard the uplink, the strongest first."""
    inner = _inner(document)
    heard = list(inner["uplink_message"].get("rx_metadata") or [{}])
    heard.sort(key=lambda row: -(values.number(row.get("rssi")) or -999.0))
    return [_envelope(inner, row) for row in heard]


def _envelope(document: dict[str, Any], row: dict[str, Any]) -> Envelope:
    uplink = document["uplink_message"]
    device = document.get("end_device_ids") or {}
    gateway = row.get("gateway_ids") or {}
    location = row.get("location") or {}
    settings = uplink.get("settings") or {}
    return Envelope(
        payload=values.base64_bytes(uplink.get("frm_payload") or ""),
        port=values.whole(uplink.get("f_port")),
        device_id=device.get("dev_eui") or device.get("device_id"),
        time=values.time(uplink.get("received_at") or document.get("received_at")),
        frequency_hz=values.number(settings.get("frequency")),
        rssi_dbm=values.number(row.get("rssi")),
        snr_db=values.number(row.get("snr")),
        gateway_id=gateway.get("eui") or gateway.get("gateway_id"),
        latitude_deg=values.number(location.get("latitude")),
        longitude_deg=values.number(location.get("longitude")),
        details={"f_cnt": uplink.get("f_cnt"), "device_id": device.get("device_id")},
    )
