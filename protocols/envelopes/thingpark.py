"""ThingPark (Actility, KPN): `DevEUI_uplink`.

`payload_hex`, `FPort`, `LrrRSSI` dBm, `LrrSNR` dB, `Frequency` MHz; many numbers come as text.
`LrrESP` is the power of the signal alone, which we compute from RSSI and SNR ourselves.
"""

from __future__ import annotations

from typing import Any

from protocols.envelopes import values
from protocols.packet import Envelope


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document is a ThingPark uplink."""
    return isinstance(document.get("DevEUI_uplink"), dict)


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return the Envelope of the uplink, as the best gateway heard it."""
    uplink = document["DevEUI_uplink"]
    frequency_mhz = values.number(uplink.get("Frequency"))
    envelope = Envelope(
        payload=values.hex_bytes(uplink.get("payload_hex") or ""),
        port=values.whole(uplink.get("FPort")),
        device_id=uplink.get("DevEUI"),
        time=values.time(uplink.get("Time")),
        frequency_hz=None if frequency_mhz is None else round(frequency_mhz * 1e6, 3),
        rssi_dbm=values.number(uplink.get("LrrRSSI")),
        snr_db=values.number(uplink.get("LrrSNR")),
        gateway_id=uplink.get("Lrrid"),
        latitude_deg=values.number(uplink.get("LrrLAT")),
        longitude_deg=values.number(uplink.get("LrrLON")),
        details={"FCntUp": uplink.get("FCntUp"), "LrrESP": uplink.get("LrrESP")},
    )
    return [envelope]
