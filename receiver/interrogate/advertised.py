"""Which collars tell everybody by Bluetooth that they are there: no connection is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocols import DecodeError, Packet, decode
from protocols.opencollar_ble import ADVERTISEMENT, COMPANY, MANUFACTURER, NAME
from receiver.links.ble import Advertised


@dataclass(frozen=True, slots=True, kw_only=True)
class Collar:
    """A collar in reach: the address to ask it at, how loud it is, its status."""

    address: str
    level_dbm: int
    packet: Packet


def collars(heard: Iterable[Advertised]) -> list[Collar]:
    """Return the OpenCollars among what advertises; others are none of our business."""
    found = []
    for one in heard:
        try:
            (packet,) = decode(_advertisement(one), protocol=ADVERTISEMENT.name)
        except DecodeError:
            continue
        address = f"opencollar:ble:{one.address}"
        found.append(Collar(address=address, level_dbm=one.level_dbm, packet=packet))
    return found


def _advertisement(one: Advertised) -> bytes:
    """Return the bytes that were on the air: Bluetooth of a computer gives them in parts."""
    maker = COMPANY.to_bytes(2, "little") + one.makers.get(COMPANY, b"")
    elements = [(MANUFACTURER, maker), (NAME, one.name.encode())]
    return b"".join(bytes([1 + len(data), kind]) + data for kind, data in elements if data)
