"""What decoding gives: a Packet, or a DecodeError that says where it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from construct import Construct

PositionStatus = Literal["ok", "corrected", "stale", "bad", "unavailable"]
Integrity = Literal["crc", "checksum", "bch", "parity", "none"]
Evidence = Literal["capture", "document", "inferred"]


class DecodeError(ValueError):
    """Bytes that are not what they were taken for. `offset` is in bytes, None where unknown."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One decoded packet. `details` keep the maker's own keys; `warnings` are plain sentences."""

    protocol: str
    device_id: str | None = None
    time: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    position_status: PositionStatus = "unavailable"
    battery_v: float | None = None
    temperature_c: float | None = None
    mortality: bool | None = None
    details: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What a decoder may know beside the bytes: the carrier's port and the time of reception."""

    port: int | None = None
    received: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a packet and its layout: it begins at `offset` bytes, and may belong to a group.

    `secret`: its bytes are the owner's and are shown to nobody.
    """

    offset: int
    layout: Construct[Any, Any]
    group: str = ""
    secret: bool = False


Parse = Callable[[bytes, Reception], Any]
Layout = Callable[[bytes, Reception], Iterable[Part]]


def parses(parse: Parse) -> Callable[[bytes, Reception], bool]:
    """Return the `fits` of a format whose `parse` refuses, with DecodeError, whatever is not it."""

    def fits(data: bytes, reception: Reception) -> bool:
        try:
            parse(data, reception)
        except DecodeError:
            return False
        return True

    return fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One packet format.

    `fits` tells whether bytes have its frame and integrity. `parse` reads bytes into a tree,
    `build` makes the same bytes of that tree again, `to_packets` says what the tree means. They
    raise DecodeError, or whatever construct raises: the boundary `protocols.decode` sees to that.
    `layout` says of what layouts bytes that `parse` takes are made, to explain them field by field.
    """

    name: str
    title: str
    integrity: Integrity
    evidence: Evidence
    fits: Callable[[bytes, Reception], bool]
    parse: Callable[[bytes, Reception], Any]
    build: Callable[[Any], bytes]
    to_packets: Callable[[Any, Reception], list[Packet]]
    layout: Layout
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a gateway's or station's message says around one packet.

    `encrypted` True: the payload cannot be read without the owner's keys. `downlink` True: a
    gateway sent it, so its level says nothing of the collar. `carrier` is what the network layer
    says by itself, such as an Iridium message whose payload nobody can read.
    """

    payload: bytes
    protocol: str | None = None
    port: int | None = None
    device_id: str | None = None
    time: datetime | None = None
    frequency_hz: float | None = None
    rssi_dbm: float | None = None
    snr_db: float | None = None
    gateway_id: str | None = None
    crc_ok: bool | None = None
    encrypted: bool = False
    downlink: bool = False
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    details: dict[str, Any] = field(default_factory=dict)
    carrier: Packet | None = None
