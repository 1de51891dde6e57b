"""Emulated LoRa gateways: a network server's JSON, a packet forwarder's datagrams."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from datetime import datetime

NOISE_DBM = -117.0  # of 125 kHz, with a usual receiver
LEAST_SNR_DB, MOST_SNR_DB = -20.0, 11.0
FREQUENCY_HZ = 868_100_000


@dataclass(frozen=True, slots=True)
class Reception:
    """What a gateway reports of a packet's strength."""

    rssi_dbm: int
    snr_db: float


def reception(level_dbm: float) -> Reception | None:
    """Return what a gateway reports of a signal; None where it is too weak to be heard.

    RSSI is signal and noise together; SNR ends at about 11 dB on usual hardware.
    """
    snr_db = level_dbm - NOISE_DBM
    if snr_db < LEAST_SNR_DB:
        return None
    total_mw = 10 ** (level_dbm / 10) + 10 ** (NOISE_DBM / 10)
    return Reception(round(10 * math.log10(total_mw)), round(4 * min(snr_db, MOST_SNR_DB)) / 4)


def chirpstack_event(
    device_eui: str, gateway: str, port: int, payload: bytes, heard: Reception, time: datetime
) -> bytes:
    """Return an "up" event as ChirpStack v4 sends it, one line."""
    event = {
        "time": time.isoformat(),
        "deviceInfo": {"deviceName": "made up", "devEui": device_eui},
        "fPort": port,
        "data": base64.b64encode(payload).decode(),
        "rxInfo": [{"gatewayId": gateway, "rssi": heard.rssi_dbm, "snr": heard.snr_db}],
        "txInfo": {"frequency": FREQUENCY_HZ},
    }
    return json.dumps(event).encode() + b"\n"


def push_data(gateway: str, token: int, frame: bytes, heard: Reception, tmst: int) -> bytes:
    """Return a PUSH_DATA datagram of Semtech's packet forwarder."""
    packet = {
        "tmst": tmst, "freq": FREQUENCY_HZ / 1e6, "stat": 1, "modu": "LORA", "datr": "SF12BW125",
        "codr": "4/5", "rssi": heard.rssi_dbm, "lsnr": heard.snr_db, "size": len(frame),
        "data": base64.b64encode(frame).decode(),
    }  # fmt: skip
    head = b"\x02" + token.to_bytes(2, "big") + b"\x00" + bytes.fromhex(gateway)
    return head + json.dumps({"rxpk": [packet]}).encode()
