"""The frame of OpenCollar Edge: which message, is it whole, and its fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from construct import Construct, Container

from protocols.opencollar_edge import layouts
from protocols.packet import DecodeError, Reception

TLV_PORTS = {3: "settings", 30: "values", 32: "commands"}
FLASH_PORT = 29
HIGHEST_PORT = 33
REMOVED_PORTS = {17: "open sky", 199: "modem information"}

Layout = Callable[[int], "Construct[Any, Any]"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its layout for a size of data, and the sizes that it may have.

    `size` is exact; or, with `step`, the least size of a list whose records have `step` bytes.
    """

    name: str
    layout: Layout
    size: int
    step: int = 0
    sizes: tuple[int, ...] = ()


def _fixed(name: str, layout: Construct[Any, Any]) -> Message:
    return Message(name, lambda size: layout, layout.sizeof())


def _list(name: str, record: Construct[Any, Any]) -> Message:
    return Message(name, layouts.counted(record), 1, record.sizeof())


MESSAGES: dict[tuple[int, int], Message] = {
    (1, 0xF1): Message("LR11xx GNSS scan", layouts.gnss_scan, 1, 1),
    (2, 0xF2): _fixed("u-blox fix", layouts.UbloxFix),
    (4, 0xF4): _fixed("status", layouts.Status),
    (5, 0xF5): _list("LR satellites", layouts.LrSatellite),
    (6, 0xF7): _list("Wi-Fi scan, aggregated", layouts.AggregatedScan),
    (7, 0xF9): _list("BLE scan, aggregated", layouts.AggregatedScan),
    (8, 0xFB): _fixed("RF scan, old firmware", layouts.RfScan),
    (9, 0xF6): _list("u-blox satellites", layouts.UbloxSatellite),
    (10, 0xF8): _list("Wi-Fi scan", layouts.AggregatedScan),
    (11, 0xFA): Message("BLE scan", layouts.ble_scan, 5, 4),
    (12, 0x92): _fixed("electric fence", layouts.Fence),
    (13, 0x93): _fixed("short fix", layouts.ShortFix),
    (14, 0x94): _fixed("flash status", layouts.FlashStatus),
    (15, 0xFC): Message("heart and activity", layouts.cmdq, 0, 13),
    (16, 0x95): _fixed("last fix, sent again", layouts.ShortFix),
    (18, 0x97): _fixed("clock", layouts.Clock),
    (19, 0x98): _fixed("switch activity", layouts.SwitchActivity),
    (19, 0x99): _fixed("switch activity", layouts.SwitchActivity),
    (20, 0x99): _fixed("switch status", layouts.SwitchStatus),
    (21, 0x9A): Message("air quality", layouts.air_quality, 0, 0, (0, 2, 20, 25, 45)),
    (27, 0x91): Message("Memfault chunk", layouts.opaque, 0, 1),
    (28, 0x90): Message("text", layouts.text_message, 3, 1),
    (31, 0xF3): _fixed("command confirmed", layouts.CommandConfirm),
    (31, 0xFD): _fixed("BLE MAC", layouts.MacAddress),
    (31, 0xFE): _fixed("last position", layouts.LastPosition),
    (33, 0x03): _fixed("LP0 ping", layouts.Lp0Ping),
}
PORTS = {port for port, _ in MESSAGES}
CUT_LISTS = {5, 6, 7, 9, 10, 11}
LENGTH_COUNTS_HEADER = {15, 21}
HEART_PORT, LONGER_HEART_RECORDS, EITHER_BYTES = 15, (6, 9), 13 * 15


@dataclass(frozen=True, slots=True)
class Tree:
    """One parsed message, or one TLV list, or the records of a flash log.

    `length` is the frame's length byte as sent, `size` the real one, `stored` a flash record's time
    of storing (unix).
    `warnings` are faults of the frame; `tail` is what a flash log holds after its last record.
    """

    port: int
    message: int | None
    fields: Any
    length: int = 0
    size: int = 0
    warnings: tuple[str, ...] = ()
    stored: int = 0
    records: tuple[Tree, ...] = ()
    tail: bytes = b""


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether the carrier's port and the frame agree. Without a port nothing is claimed."""
    if reception.port is None:
        return False
    try:
        parse(data, reception)
    except Exception:  # the boundary `protocols.decode` gives the reason; here only yes or no
        return False
    return True


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload.

    Raises:
        DecodeError: the bytes are not a whole message of this port.
    """
    port = reception.port
    if port is None:
        raise DecodeError(f"OpenCollar Edge needs the LoRaWAN port{_candidates(data)}", 0)
    if port in TLV_PORTS:
        return Tree(port, None, _tlv(data))
    if port == FLASH_PORT:
        return _flash_log(data)
    return _message(port, data, old=_is_old(reception))


def _is_old(reception: Reception) -> bool | None:
    """Tell whether the firmware, where it is known, is older than 6.9."""
    numbers = re.match(r"v?(\d{1,3})\.(\d{1,3})", str(reception.context.get("firmware", "")))
    return (int(numbers[1]), int(numbers[2])) < LONGER_HEART_RECORDS if numbers else None


def build(tree: Tree) -> bytes:
    """Make the bytes of a parsed payload again."""
    if tree.port in TLV_PORTS:
        return b"".join(layouts.TlvItem.build(item) for item in tree.fields)
    if tree.port == FLASH_PORT:
        return b"".join(_build_record(record) for record in tree.records) + tree.tail
    assert tree.message is not None
    fields = _layout(tree.port, tree.message, tree.size, has_old_records(tree)).build(tree.fields)
    return bytes([tree.message, tree.length]) + fields


def has_old_records(tree: Tree) -> bool:
    """Tell whether a message holds heart records of 13 bytes."""
    return tree.port == HEART_PORT and not any("cmdq_hrv_raw" in r for r in tree.fields.records)


def _build_record(record: Tree) -> bytes:
    inner = record.fields if record.message is None else build(record)
    return bytes([record.port]) + inner + record.stored.to_bytes(4, "little")


def _message(port: int, data: bytes, stored: int = 0, *, old: bool | None = None) -> Tree:
    message = _lookup(port, data)
    body = data[2:]
    warnings = _check_length(port, message, data)
    if port == HEART_PORT and old is None and body and len(body) % EITHER_BYTES == 0:
        warnings = (*warnings, "its records may have 13 or 15 bytes: name the firmware")
    fields = _layout(port, data[0], len(body), old).parse(body)
    return Tree(port, data[0], fields, data[1], len(body), warnings, stored)


def _layout(port: int, identifier: int, size: int, old: bool | None = None) -> Construct[Any, Any]:
    """Return the layout of a message; one of a fixed size is compiled when it is met first."""
    if port == HEART_PORT:
        return layouts.cmdq(size, old=bool(old))
    message = MESSAGES[port, identifier]
    return message.layout(size) if message.step or message.sizes else _compiled(port, identifier)


@cache
def _compiled(port: int, identifier: int) -> Construct[Any, Any]:
    message = MESSAGES[port, identifier]
    return message.layout(message.size).compile()


def _lookup(port: int, data: bytes) -> Message:
    if port in REMOVED_PORTS:
        raise DecodeError(f"port {port} ({REMOVED_PORTS[port]}) is of old firmware: unsupported", 0)
    if port == 0:
        raise DecodeError("port 0 carries LoRaWAN's own commands, not application data", 0)
    if port not in PORTS:
        raise DecodeError(f"OpenCollar Edge sends nothing on port {port}", 0)
    if (port, data[0]) not in MESSAGES:
        raise DecodeError(f"id {data[0]:02X} does not belong to port {port}{_hint(data)}", 0)
    if len(data) < 2:
        raise DecodeError("length: the frame ends after its id", 1)
    return MESSAGES[port, data[0]]


def _hint(data: bytes) -> str:
    if len(data) > 1 and (data[0], data[1]) in MESSAGES:
        return f" (a BLE or raw-log frame? It would be port {data[0]}: leave out the first byte)"
    return _candidates(data)


def _candidates(data: bytes) -> str:
    ports = [port for port, identifier in MESSAGES if data[:1] == bytes([identifier])]
    words = " or ".join(str(port) for port in sorted(set(ports)))
    return f" (its id {data[0]:02X} is that of port {words})" if ports else ""


def _check_length(port: int, message: Message, data: bytes) -> tuple[str, ...]:
    """Hold the frame's length byte, its real size and the message's size against each other."""
    said, size = data[1], len(data) - 2
    cut = port in CUT_LISTS and message.size <= size < said
    if not _size_fits(message, size, cut):
        raise DecodeError(f"length: {message.name} cannot have {size} bytes of data", len(data))
    if said == size:
        return ()
    if cut:
        return (f"cut after {size} of {said} bytes: what is whole is shown",)
    if port in LENGTH_COUNTS_HEADER and said == size + 2:
        return ("the length byte counts the header too (old firmware)",)
    raise DecodeError(f"length: the frame says {said} bytes of data, there are {size}", 1)


def _size_fits(message: Message, size: int, cut: bool) -> bool:
    if message.sizes:
        return size in message.sizes
    if not message.step:
        return size == message.size
    if message.step == 13:  # heart records have 13 or 15 bytes
        return size % 13 == 0 or size % 15 == 0
    return size >= message.size and (cut or (size - message.size) % message.step == 0)


def _tlv(data: bytes) -> list[Container[Any]]:
    items: list[Container[Any]] = []
    offset = 0
    while offset < len(data):
        if offset + 2 > len(data) or offset + 2 + data[offset + 1] > len(data):
            raise DecodeError(f"length: item {len(items) + 1} runs past the end", offset)
        end = offset + 2 + data[offset + 1]
        items.append(layouts.TlvItem.parse(data[offset:end]))
        offset = end
    return items


def _flash_log(data: bytes) -> Tree:
    records: list[Tree] = []
    warnings: list[str] = []
    offset = 0
    while offset < len(data) and data[offset] <= HIGHEST_PORT:
        if offset == 0 and data[0] == FLASH_PORT:
            raise DecodeError("a BLE or raw-log frame: leave out its first byte, 1D", 0)
        size = data[offset + 2] if offset + 2 < len(data) else 0
        end = offset + 3 + size
        if offset + 3 > len(data) or end + 4 > len(data):
            warnings.append(f"record {len(records) + 1} at byte {offset} runs past the end")
            break
        records.append(_record(data[offset : end + 4], offset))
        offset = end + 4
    if not records:
        raise DecodeError(warnings[0] if warnings else "no flash record begins here", offset)
    warnings += _erased(data[offset:], offset, bool(warnings))
    return Tree(FLASH_PORT, None, None, 0, 0, tuple(warnings), 0, tuple(records), data[offset:])


def _erased(tail: bytes, offset: int, told: bool) -> list[str]:
    if told or not tail.strip(b"\xff"):
        return []
    return [f"byte {offset}: {tail[0]:02X} begins no record; the rest was not read"]


def _record(data: bytes, offset: int) -> Tree:
    stored = int.from_bytes(data[-4:], "little")
    try:
        return _message(data[0], data[1:-4], stored)
    except DecodeError as error:
        fault = f"record at byte {offset}: {error}"
        return Tree(data[0], None, data[1:-4], 0, 0, (fault,), stored)
