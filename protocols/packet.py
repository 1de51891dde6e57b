"""What decoding gives: a Packet, or a DecodeError that says where it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
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
class Protocol:
    """One packet format. `fits` tells whether bytes have its frame; `decode` reads them.

    `decode` gives Packets or raises DecodeError; what else escapes is caught at the boundary
    `protocols.decode`. `layouts` are the Construct layouts, by port or message id, for tests that
    build bytes back.
    """

    name: str
    title: str
    integrity: Integrity
    evidence: Evidence
    fits: Callable[[bytes, Reception], bool]
    decode: Callable[[bytes, Reception], list[Packet]]
    aliases: tuple[str, ...] = ()
    layouts: Mapping[int, Construct[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a gateway's or station's message says around one packet."""

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
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    details: dict[str, Any] = field(default_factory=dict)
