"""Semtech's packet forwarder: a gateway's UDP datagrams, port 1700 by custom.

Source: Lora-net/packet_forwarder PROTOCOL.TXT. The first byte is the version, 1 or 2.

    PUSH_DATA   version, token 2, 00, gateway EUI 8, JSON   answered by  version, token, 01
    PULL_DATA   version, token 2, 02, gateway EUI 8         answered by  version, token, 04

JSON: `rxpk` is an array (a log line of the LP0 tools has one object). `freq` MHz; `rssi` dBm of
channel; `stat` 1 CRC good, -1 CRC failed, 0 none; `data` base64 with mixed alphabets and padding
left out; FSK has a number as `datr` and no `lsnr`. The payload is a LoRaWAN frame, encrypted: it
gives the device's address and the level, not its contents; or a collar's own raw frame.
"""

from __future__ import annotations

from typing import Any

from protocols.envelopes import lora, values
from protocols.packet import DecodeError, Envelope

PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_ACK = 0, 1, 2, 4
HEADER_BYTES = 12


def is_datagram(data: bytes) -> bool:
    """Tell whether bytes are a PUSH_DATA datagram."""
    return len(data) >= HEADER_BYTES and data[0] in (1, 2) and data[3] == PUSH_DATA


def is_keep_alive(data: bytes) -> bool:
    """Tell whether bytes are a PULL_DATA datagram, which a forwarder sends again and again."""
    return len(data) >= HEADER_BYTES and data[0] in (1, 2) and data[3] == PULL_DATA


def json_of(data: bytes) -> bytes:
    """Return the JSON of a PUSH_DATA datagram."""
    return data[HEADER_BYTES:]


def gateway_of(data: bytes) -> str:
    """Return the EUI of the gateway that sent a datagram, as hex."""
    return data[4:HEADER_BYTES].hex()


def acknowledgement(data: bytes) -> bytes:
    """Return the answer that a forwarder expects to this datagram; empty for none."""
    if len(data) >= HEADER_BYTES and data[0] in (1, 2) and data[3] in (PUSH_DATA, PULL_DATA):
        return data[:3] + bytes([PUSH_ACK if data[3] == PUSH_DATA else PULL_ACK])
    return b""


def fits(document: dict[str, Any]) -> bool:
    """Tell whether a document holds received packets or a gateway's status."""
    return "rxpk" in document or set(document) == {"stat"}


def read(document: dict[str, Any]) -> list[Envelope]:
    """Return one Envelope for each received packet; a status alone gives none."""
    packets = document.get("rxpk", [])
    packets = [packets] if isinstance(packets, dict) else packets
    gateway = document.get("gatewayEui")
    return [_envelope(packet, str(gateway) if gateway else None) for packet in packets]


def _envelope(packet: dict[str, Any], gateway: str | None) -> Envelope:
    payload = values.base64_bytes(packet.get("data", ""))
    if (size := values.whole(packet.get("size"))) is not None and size != len(payload):
        raise DecodeError(f"the packet should have {size} bytes, its data has {len(payload)}")
    good = {1: True, -1: False}.get(values.whole(packet.get("stat")) or 0)
    frequency_mhz = values.number(packet.get("freq"))
    frame = payload if packet.get("modu") == "LORA" else b""
    return Envelope(
        payload=payload,
        time=values.time(packet.get("time")),
        frequency_hz=None if frequency_mhz is None else round(frequency_mhz * 1e6, 3),
        rssi_dbm=values.number(packet.get("rssi")),
        snr_db=values.number(packet.get("lsnr")),
        gateway_id=gateway,
        crc_ok=good,
        details={key: packet[key] for key in ("modu", "datr", "codr", "tmst") if key in packet},
        **lora.known_of(frame),
    )
