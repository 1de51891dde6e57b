"""An emulated OpenCollar Edge: the bytes that its radio sends, after the maker's bit tables.

Packed here by `struct` from the documented offsets, not by the decoder's own layouts, so that a
rehearsal also holds the one against the other.
"""

from __future__ import annotations

import struct
from datetime import datetime

DATA_UP = 0x40  # LoRaWAN: unconfirmed data up
MIC_BYTES = 4


def status(battery_v: float, temperature_c: float, uptime_days: int) -> bytes:
    """Return the data of port 4: a status after an ordinary start, hardware 1.8, firmware 7.2."""
    battery = round((battery_v * 1000 - 2500) / 10)
    temperature = round((temperature_c + 100) * 255 / 200)
    accelerations = (0x7F, 0x7F, 0x73)
    data = struct.pack(
        "<14B", 4, 0, battery, 0, temperature, uptime_days, *accelerations, 0x18, 0x72, 0x55, 0, 0
    )
    return b"\xf4" + bytes([len(data)]) + data


def failed_fix(time: datetime, seconds_tried: int) -> bytes:
    """Return the data of port 2: no fix; the antenna sees no sky."""
    data = struct.pack(
        "<BBBHiiiBBHBIBHB",
        0, 0, 1, seconds_tried, 0, 0, 0, 0, 2, 0, 99, int(time.timestamp()), 0, 0, 0,
    )  # fmt: skip
    return b"\xf2" + bytes([len(data)]) + data


def lorawan_frame(device_address: str, counter: int, port: int, encrypted: bytes) -> bytes:
    """Return an uplink frame; its code (MIC) is made up, as nobody here has the keys."""
    header = struct.pack(
        "<B4sBHB", DATA_UP, bytes.fromhex(device_address)[::-1], 0, counter & 0xFFFF, port
    )
    return header + encrypted + bytes(MIC_BYTES)
