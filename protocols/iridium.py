"""Iridium SBD: the messages that Iridium's gateway sends to a host by TCP (DirectIP).

Source: castelao/DirectIP at ea57035a; messages made by lromeraj/isbd-emu at c15ea6d5 and read by
iridiumSBD 0.0.8, whose names the details have. Numbers are big-endian.

    message   version 01, length u16 of what follows, elements
    element   id u8, length u16, body

    01  MO header 28        CDR reference u32, IMEI 15, status u8, MOMSN u16, MTMSN u16, Unix s u32
    02  MO payload          bytes of the collar's maker
    03  MO location 11      flags u8 (1 west, 2 south), latitude u8 degrees, u16 minutes / 1000,
                            longitude the same, CEP u32 km
    05  confirmation 1      1: taken
    41  MT header 21        client's id u32, IMEI 15, flags u16
    42  MT payload          bytes
    44  MT confirmation 25  client's id u32, IMEI 15, Iridium's id u32, status i16: place in the
                            queue, or an error below 0

Others are passed over by their length. The location is the satellite's estimate, 1 to over 100 km
off: it stays in the details and is never the animal's. The payload is read where its format is
named. No checksum; version, length, and elements that fill the message with one of a known length
among them fit less than 1 of 2^48 random strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from construct import Bytes, Construct, Int8ub, Int16sb, Int16ub, Int32ub, Struct

from protocols.fields import Linear, plain
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

MO_HEADER, MO_PAYLOAD, MO_LOCATION, CONFIRMATION = 0x01, 0x02, 0x03, 0x05
MT_HEADER, MT_PAYLOAD, MT_CONFIRMATION = 0x41, 0x42, 0x44
LAYOUTS: dict[int, Construct[Any, Any]] = {
    MO_HEADER: Struct(
        "CDR_reference" / Int32ub, "IMEI" / Bytes(15), "session_status" / Int8ub,
        "MOMSN" / Int16ub, "MTMSN" / Int16ub, "session_epoch" / Int32ub * "unix",
    ),
    MO_LOCATION: Struct(
        "orient" / Int8ub,
        "lat_deg" / Int8ub, "lat_min" / Linear(Int16ub, divisor=1000),
        "lon_deg" / Int8ub, "lon_min" / Linear(Int16ub, divisor=1000),
        "CEP_radius" / Int32ub * "km",
    ),
    CONFIRMATION: Struct("confirmed" / Int8ub),
    MT_HEADER: Struct("client_msg_id" / Int32ub, "IMEI" / Bytes(15), "flags" / Int16ub),
    MT_CONFIRMATION: Struct(
        "client_msg_id" / Int32ub, "IMEI" / Bytes(15), "auto_id" / Int32ub, "status" / Int16sb
    ),
}  # fmt: skip
ELEMENT_HEAD = Struct("id" / Int8ub, "length" / Int16ub * "bytes")
SECTIONS = {MO_HEADER: "header", MO_LOCATION: "location", MT_HEADER: "mt_header"}
SESSIONS = {
    0: "ok", 1: "ok, the message to the collar is too large", 2: "ok, the location is bad",
    10: "timed out", 12: "the collar's message is too large", 13: "the radio link was lost",
    14: "protocol anomaly", 15: "the collar may not use the gateway",
}  # fmt: skip
GOOD_SESSIONS = (0, 1, 2)
PAYLOADS = (MO_PAYLOAD, MT_PAYLOAD)
VERSION, HEAD_BYTES = 1, 3
WEST, SOUTH = 0b01, 0b10
FAR_OFF = "Iridium's estimate of the place may be {} km off or more: never the animal's place"
IMEI = re.compile("[0-9]{15}")
Element = tuple[int, bytes]
Tree = dict[str, Any]


# --- messages ---------------------------------------------------------------------------------


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether elements fill a whole message, one of a known length among them."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    whole = not tree["rest"] and tree["length"] == len(data) - HEAD_BYTES
    return whole and any(_is_known(kind, body) for kind, body in tree["elements"])


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree; `rest` is what is behind its last whole element.

    Elements without a message around them, as makers' documents show them, have no `length`.
    """
    if data[:1] == bytes([VERSION]):
        length = int.from_bytes(data[1:HEAD_BYTES], "big")
        elements, end = _elements(data[: HEAD_BYTES + length], HEAD_BYTES)
        if elements:
            return {"length": length, "elements": elements, "rest": data[end:]}
    elements, end = _elements(data, 0)
    if not elements or not all(kind in PAYLOADS or _is_known(kind, b) for kind, b in elements):
        raise DecodeError("no message of version 01 with a whole element", 0)
    return {"length": None, "elements": elements, "rest": data[end:]}


def _elements(data: bytes, begin: int) -> tuple[list[Element], int]:
    """Return id and body of each whole element, and where the last one ends."""
    elements = []
    while (body := begin + HEAD_BYTES) <= len(data):
        end = body + int.from_bytes(data[begin + 1 : body], "big")
        if end > len(data):
            break
        elements.append((data[begin], data[body:end]))
        begin = end
    return elements, begin


def _is_known(kind: int, body: bytes) -> bool:
    return kind in LAYOUTS and LAYOUTS[kind].sizeof() == len(body)


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    length = tree["length"]
    head = b"" if length is None else bytes([VERSION]) + int(length).to_bytes(2, "big")
    elements = (bytes([kind]) + len(body).to_bytes(2, "big") + body
                for kind, body in tree["elements"])  # fmt: skip
    return head + b"".join(elements) + bytes(tree["rest"])


def payload_of(tree: Tree) -> bytes:
    """Return the bytes of the collar's maker, none where there are none."""
    return next((body for kind, body in tree["elements"] if kind in PAYLOADS), b"")


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a message says; its payload is not read here."""
    details = _details(tree)
    header = details.get("header", {})
    imei = header.get("IMEI") or details.get("mt_header", details).get("IMEI")
    seconds = header.get("session_epoch")
    return [
        Packet(
            protocol=PROTOCOL.name,
            device_id=imei,
            time=datetime.fromtimestamp(seconds, UTC) if seconds else None,
            details=details,
            warnings=tuple(_doubts(tree, details)),
        )
    ]


def _details(tree: Tree) -> Tree:
    details: Tree = {}
    if tree["length"] is not None:
        details = {"protocol_revision": f"{VERSION:02d}", "msg_length": tree["length"],
                   "actual_length": len(build(tree))}  # fmt: skip
    for kind, body in tree["elements"]:
        head = {"IEI": f"{kind:02x}", "length": len(body)}
        if kind in PAYLOADS:
            details["payload_hex"] = body.hex()
        elif not _is_known(kind, body):
            details.setdefault("unknown", []).append({**head, "data": body.hex()})
        else:
            said = MEANINGS[kind](plain(LAYOUTS[kind].parse(body)))
            details.update({SECTIONS[kind]: {**head, **said}} if kind in SECTIONS else said)
    return details


def _header(fields: Tree) -> Tree:
    said = _with_imei(fields)
    time = datetime.fromtimestamp(fields["session_epoch"], UTC)
    return {**said, "session_datetime": f"{time:%Y-%m-%d %H:%M:%S}"}


def _with_imei(fields: Tree) -> Tree:
    """Return fields with the IMEI as text; one that is no number stands as `imei_bytes`."""
    imei = fields.pop("IMEI")
    text = imei.decode("latin-1")
    return {**fields, **({"IMEI": text} if IMEI.fullmatch(text) else {"imei_bytes": imei.hex()})}


def _location(fields: Tree) -> Tree:
    latitude = fields["lat_deg"] + fields["lat_min"] / 60
    longitude = fields["lon_deg"] + fields["lon_min"] / 60
    south, west = fields["orient"] & SOUTH, fields["orient"] & WEST
    return {
        **fields,
        "latitude": -latitude if south else latitude,
        "longitude": -longitude if west else longitude,
    }


def _queued(fields: Tree) -> Tree:
    said, status = _with_imei(fields), fields["status"]
    return {**said, "status": "queued", "queue_position": status} if status >= 0 else said


MEANINGS: dict[int, Callable[[Tree], Tree]] = {
    MO_HEADER: _header,
    MO_LOCATION: _location,
    CONFIRMATION: dict,
    MT_HEADER: _with_imei,
    MT_CONFIRMATION: _queued,
}


def _doubts(tree: Tree, details: Tree) -> Iterator[str]:
    status = details.get("header", {}).get("session_status", 0)
    if status not in GOOD_SESSIONS:
        yield f"the session failed: {SESSIONS.get(status, f'status {status}')}"
    if "location" in details:
        yield FAR_OFF.format(details["location"]["CEP_radius"])
    if any("imei_bytes" in part for part in (details, *details.values()) if isinstance(part, dict)):
        yield "its IMEI is not 15 digits"
    length, size = tree["length"], len(build(tree))
    if tree["rest"] or (length is not None and length != size - HEAD_BYTES):
        offset = size - len(tree["rest"])
        yield f"no whole element of this message at byte {offset}: what follows is left out"


def message(
    *, imei: str, time: datetime | None, cep_km: float | None, details: Tree
) -> Packet:  # fmt: skip
    """Return the Packet of a message that came some other way than by DirectIP."""
    return Packet(
        protocol=PROTOCOL.name,
        device_id=imei if IMEI.fullmatch(imei) else None,
        time=time,
        details=details,
        warnings=() if cep_km is None else (FAR_OFF.format(f"{cep_km:g}"),),
    )


def parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield the head of a message, and of each element its head and body."""
    tree = parse(data, reception)
    offset = 0
    if tree["length"] is not None:
        yield Part(offset=0, layout=Struct("version" / Int8ub, "length" / Int16ub * "bytes"))
        offset = HEAD_BYTES
    for number, (kind, body) in enumerate(tree["elements"], start=1):
        group = f"element[{number}]"
        yield Part(offset=offset, layout=ELEMENT_HEAD, group=group)
        known = LAYOUTS[kind] if _is_known(kind, body) else Struct("body" / Bytes(len(body)))
        yield Part(offset=offset + HEAD_BYTES, layout=known, group=group)
        offset += HEAD_BYTES + len(body)


PROTOCOL = Protocol(
    name="iridium-sbd",
    aliases=(
        "iridium.directip.mo",
        "iridium.directip.mt_confirmation",
        *(f"iridium.directip.ie.{name}" for name in (
            "mo_header", "mo_location", "mo_payload", "mt_header", "mt_confirmation"
        )),
    ),
    title="Iridium SBD message",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)  # fmt: skip
