"""OpenCollar Edge by Bluetooth: what a collar tells everybody, and what its UART notifies.

Source: SmartParksOrg/smartparks-opencollar-edge-fw-public at 73fa4de, `bt_adv.c`, `bt_nus.c`,
`main.c`.

Advertisement, 31 bytes, every half second at +8 dBm, no connection needed:

    11 FF 61 0A  status 14          manufacturer's data: company 0A61, and the data of port 4
    02 01 06                        flags
    09 09  name 8                   SP and the last six digits of the MAC, unless it was renamed

Notification of the Nordic UART service, and a line of a raw log: the port in front of the frame.

    port 1, id 1, length 1, data

A notification longer than the link allows comes in pieces without a head: `Assembler` puts them
together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from construct import Bytes, Int8ul, Int16ul, Struct, this

from protocols import opencollar_edge
from protocols.anatomy import spans
from protocols.fields import without_last
from protocols.opencollar_edge.frame import FLASH_PORT, HIGHEST_PORT, MESSAGES, TLV_PORTS
from protocols.opencollar_edge.layouts import Status
from protocols.opencollar_edge.tables import is_item
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

COMPANY, STATUS_PORT, STATUS_HEAD, STATUS_BYTES = 0x0A61, 4, b"\xf4\x0e", 14
FLAGS, SHORT_NAME, NAME, MANUFACTURER = 0x01, 0x08, 0x09, 0xFF
LONGEST_ADVERTISEMENT = 62  # with its scan response
FRAME_HEAD_BYTES, STORED_BYTES = 3, 4
LONGEST_LOG_BYTES = 4096  # of one notification; a record has at most 262 bytes
READ_CONFIRMED, FLASH_READS = b"\x1f\xf3\x02", (b"\xbb", b"\xbc")  # the end of a flash log
Tree = dict[str, Any]


ELEMENTS = {FLAGS: "flags", SHORT_NAME: "short_name", NAME: "name"}


# --- advertisement ----------------------------------------------------------------------------

ELEMENT = Struct("length" / Int8ul, "kind" / Int8ul, "data" / Bytes(this.length - 1))


def parse_advertisement(data: bytes, reception: Reception) -> Tree:
    """Read the elements of an advertisement; a collar's has the maker's data among them."""
    elements, offset = [], 0
    if len(data) > LONGEST_ADVERTISEMENT:
        raise DecodeError(f"an advertisement has 62 bytes at most, this has {len(data)}", 62)
    while offset < len(data):
        length = data[offset]
        if length == 0 or offset + 1 + length > len(data):
            raise DecodeError(f"an element of {length} bytes does not fit here", offset)
        found = ELEMENT.parse(data[offset : offset + 1 + length])
        elements.append((found.kind, found.data))
        offset += 1 + length
    tree = {"elements": elements}
    if _of_kind(tree, MANUFACTURER)[:2] != COMPANY.to_bytes(2, "little"):
        raise DecodeError(f"no data of the company {COMPANY:04X} in it", 0)
    if len(_of_kind(tree, MANUFACTURER)) != 2 + STATUS_BYTES:
        raise DecodeError(f"the maker's data has not {STATUS_BYTES} bytes of status", 4)
    return tree


def _of_kind(tree: Tree, *kinds: int) -> bytes:
    return next((data for kind, data in tree["elements"] if kind in kinds), b"")


def build_advertisement(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return b"".join(
        ELEMENT.build({"length": len(data) + 1, "kind": kind, "data": data})
        for kind, data in tree["elements"]
    )


def advertised(tree: Tree, reception: Reception) -> list[Packet]:
    """Return the status that a collar advertises, with its name."""
    frame = STATUS_HEAD + _of_kind(tree, MANUFACTURER)[2:]
    inside = Reception(port=STATUS_PORT, received=reception.received)
    edge = opencollar_edge.PROTOCOL
    (status,) = edge.to_packets(edge.parse(frame, inside), inside)
    name = _of_kind(tree, NAME, SHORT_NAME).decode("utf-8", "replace")
    flags = _of_kind(tree, FLAGS)
    details = {
        "company_id": COMPANY,
        "name": name,
        "flags": flags[0] if flags else None,
        "status": {key: value for key, value in status.details.items() if key != "message"},
    }
    return [
        replace(
            status, protocol=ADVERTISEMENT.name, device_id=name or None, details=details
        )
    ]  # fmt: skip


def advertisement_parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield each element; the maker's data with the status in it."""
    offset = 0
    for kind, content in parse_advertisement(data, reception)["elements"]:
        yield Part(offset=offset, layout=without_last(ELEMENT))
        if kind == MANUFACTURER and len(content) == 2 + STATUS_BYTES:
            yield Part(offset=offset + 2, layout=Struct("company" / Int16ul, "status" / Status))
        else:
            yield from spans(offset + 2, **{ELEMENTS.get(kind, "data"): len(content)})
        offset += 2 + len(content)


# --- UART -------------------------------------------------------------------------------------


def parse_notification(data: bytes, reception: Reception) -> Tree:
    """Read one whole notification."""
    if len(data) < FRAME_HEAD_BYTES:
        raise DecodeError(f"a notification has 3 bytes or more, this has {len(data)}", len(data))
    if not 0 < data[0] <= HIGHEST_PORT:
        raise DecodeError(f"{data[0]:02x} is no port of these collars", 0)
    return {"port": data[0], "message": data[1:]}


def build_notification(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes([tree["port"]]) + bytes(tree["message"])


def notified(tree: Tree, reception: Reception) -> list[Packet]:
    """Return the port and the message; `protocols.decode` puts what it says behind it."""
    details = {"port": tree["port"], "message": tree["message"].hex()}
    return [Packet(protocol=NOTIFICATION.name, details=details)]


def notification_parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the port; the message is explained by its own format."""
    return [Part(offset=0, layout=Struct("port" / Int8ul)), *spans(1, message=len(data) - 1)]


def fits_notification(data: bytes, reception: Reception) -> bool:
    """Tell whether bytes are a port and a message of that port."""
    if len(data) < FRAME_HEAD_BYTES or reception.port not in (None, data[0]):
        return False
    return opencollar_edge.PROTOCOL.fits(data[1:], Reception(port=data[0]))


class Assembler:
    """Whole notifications out of what comes over a link, cut anywhere.

    A message ends by its length. Lists of settings and values, and flash logs, have none: they end
    where another message begins, or when nothing more comes (`flush`). A long log is handed out in
    parts, each a notification of whole records: should the link or the computer die, they are safe.
    """

    def __init__(self) -> None:
        self._kept = b""
        self._goes_on = False  # the head of what is kept was put before it here

    @property
    def kept(self) -> bytes:
        """Return what came of a notification whose end is not known yet."""
        return self._kept

    def feed(self, piece: bytes) -> list[bytes]:
        """Take bytes; return the notifications that are whole. What begins none comes as it is."""
        self._kept += piece
        whole = []
        while self._kept and (end := _end_of(self._kept)):
            if end > 1 or not self._goes_on:
                whole.append(self._kept[:end])
            self._kept, self._goes_on = self._kept[end:], False
        if self._kept[:1] == bytes([FLASH_PORT]) and len(self._kept) > LONGEST_LOG_BYTES:
            end = _end_of_whole_records(self._kept)
            whole.append(self._kept[:end])
            self._kept, self._goes_on = self._kept[:1] + self._kept[end:], True
        return whole

    def flush(self) -> list[bytes]:
        """Return what is left, whole or not: nothing more comes for now."""
        left, self._kept = self._kept, b""
        is_empty, self._goes_on = self._goes_on and len(left) == 1, False
        return [left] if left and not is_empty else []


def _end_of(kept: bytes) -> int | None:
    """Return where the first notification ends, None where that is not known yet."""
    port = kept[0]
    if port in TLV_PORTS:
        return _end_of_items(kept)
    if port == FLASH_PORT:
        return _end_of_records(kept)
    if len(kept) < FRAME_HEAD_BYTES:
        return None
    if (port, kept[1]) not in MESSAGES:
        return _next_message(kept)
    end = FRAME_HEAD_BYTES + kept[2]
    return end if end <= len(kept) else None


def _next_message(kept: bytes) -> int | None:
    """Return where another message begins, None where none does."""
    return next((at for at in range(1, len(kept)) if _begins(kept[at : at + 2])), None)


def _begins(data: bytes) -> bool:
    """Tell whether a message may begin here."""
    return tuple(data[:2]) in MESSAGES or (len(data) > 1 and data[0] in (FLASH_PORT, *TLV_PORTS))


def _end_of_items(kept: bytes) -> int | None:
    offset = 1
    while offset + 2 <= len(kept):
        identifier, size = kept[offset], kept[offset + 1]
        begins = _begins(kept[offset : offset + 2])
        if offset > 1 and not is_item(kept[0], identifier, size) and begins:
            return offset
        offset += 2 + size
    return None


def _end_of_whole_records(kept: bytes) -> int:
    offset = end = 1
    while end <= len(kept):
        offset = end
        end += FRAME_HEAD_BYTES + int.from_bytes(kept[end + 2 : end + 3]) + STORED_BYTES
    return offset


def _end_of_records(kept: bytes) -> int | None:
    offset = 1
    while offset + FRAME_HEAD_BYTES <= len(kept):
        head = kept[offset : offset + FRAME_HEAD_BYTES]
        confirms = head == READ_CONFIRMED and kept[offset + 3 : offset + 4] in FLASH_READS
        if confirms or head[0] == FLASH_PORT or not 0 < head[0] <= HIGHEST_PORT:
            return offset
        offset += FRAME_HEAD_BYTES + head[2] + STORED_BYTES
    return None


ADVERTISEMENT = Protocol(
    name="opencollar-edge-ble-adv",
    title="OpenCollar Edge, Bluetooth advertisement",
    integrity="none",
    evidence="document",
    fits=parses(parse_advertisement),
    parse=parse_advertisement,
    build=build_advertisement,
    to_packets=advertised,
    layout=advertisement_parts,
)
NOTIFICATION = Protocol(
    name="opencollar-edge-ble-nus",
    title="OpenCollar Edge, Bluetooth UART or raw log",
    integrity="none",
    evidence="document",
    fits=fits_notification,
    parse=parse_notification,
    build=build_notification,
    to_packets=notified,
    layout=notification_parts,
)
