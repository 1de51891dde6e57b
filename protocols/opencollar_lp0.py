"""OpenCollar LP0: raw LoRa frames of OpenCollar Edge collars, without a network.

Source: SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de (firmware 7.2 and later),
`lib/lp0_communication/lp0_packetization/lp0_packetization.c`. The other framing of LP0 is that of
LoRaWAN (`protocols.lorawan`).

    42 69, DevAddr 4 (little-endian), port 1, length 1, payload

The payload is a message of OpenCollar Edge, and the port says which. On the air 869.15 MHz, SF7,
250 kHz, sync word 34. No checksum here: the LoRa packet has its own.
"""

from __future__ import annotations

from typing import Any

from construct import Bytes, Const, Int8ul, Struct, this

from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

SYNC = b"\x42\x69"
HEAD_BYTES = 8
FRAME = Struct(
    "sync" / Const(SYNC),
    "dev_addr" / Bytes(4),
    "port" / Int8ul,
    "length" / Int8ul,
    "payload" / Bytes(this.length),
)
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether bytes are a frame, whole and with nothing behind it."""
    return len(data) >= HEAD_BYTES and data[:2] == SYNC and data[7] == len(data) - HEAD_BYTES


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a frame into a tree."""
    if data[:2] != SYNC[: len(data)]:
        raise DecodeError(f"it does not begin with 42 69 but with {data[:2].hex(' ')}", 0)
    if len(data) < HEAD_BYTES:
        raise DecodeError(f"a frame has 8 bytes or more, this has {len(data)}", len(data))
    if data[7] != len(data) - HEAD_BYTES:
        text = f"the frame says {data[7]} bytes of payload, it has {len(data) - HEAD_BYTES}"
        raise DecodeError(text, 7)
    found = FRAME.parse(data)
    return plain(found)


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(FRAME.build(tree))


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet: whose frame it is, and its payload."""
    device = tree["dev_addr"][::-1].hex()
    details = {
        "sync": int.from_bytes(SYNC, "big"),
        "dev_addr": device.upper(),
        "msg_type": tree["port"],
        "length": tree["length"],
        "payload": tree["payload"].hex(),
    }
    return [Packet(protocol=PROTOCOL.name, device_id=device, details=details)]


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a frame."""
    return [Part(offset=0, layout=FRAME)]


PROTOCOL = Protocol(
    name="opencollar-lp0",
    aliases=("lp0",),
    title="OpenCollar LP0 (raw LoRa)",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
