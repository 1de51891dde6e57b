"""Iridium SBD modems 9602 and 9603: what they answer on the serial port, 19200 baud.

Source: public drivers of these modems.

    +SBDIX: mo_status, MOMSN, mt_status, MTMSN, mt_length, mt_queued      a session, as text
    AT+SBDRB  reply: length u16, the message, sum of its bytes mod 65536 u16, big-endian

An mo_status of 0 to 4 means that the message was sent (from memory of drivers, not from Iridium's
document). The echo of the command may stand in front of the reply. One random string in 2^32 fits
its length and sum; an empty message is four zeros and is not guessed.
"""

from __future__ import annotations

import re
from typing import Any

from construct import Bytes, Int16ub, Struct

from protocols.anatomy import spans
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

NUMBER = rb"(0|[1-9]\d{0,4})"
SESSION = re.compile(rb"\s*\+SBDIX: ?" + rb", ?".join([NUMBER] * 6) + rb"\s*")
NAMES = ("mo_status", "momsn", "mt_status", "mtmsn", "mt_length", "mt_queued")
SENT = range(5)
ECHO = re.compile(rb"\s*AT\+SBDRB\r\n?")
LENGTH_BYTES, SUM_BYTES = 2, 2
Tree = dict[str, Any]


# --- +SBDIX -----------------------------------------------------------------------------------


def parse_session(data: bytes, reception: Reception) -> Tree:
    """Read the line of a session into a tree."""
    match = SESSION.fullmatch(data)
    if match is None:
        raise DecodeError("not +SBDIX: and six numbers", 0)
    return {**dict(zip(NAMES, map(int, match.groups()), strict=True)), "text": data}


def build_session(tree: Tree) -> bytes:
    """Make the line of a tree again, with the spaces that it had."""
    numbers = iter(str(tree[name]).encode() for name in NAMES)
    return re.sub(rb"\d+", lambda _: next(numbers), tree["text"])


def session_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a session came to."""
    details = {name: tree[name] for name in NAMES}
    sent = tree["mo_status"] in SENT
    warnings = () if sent else (f"nothing was sent: mo_status {tree['mo_status']}",)
    return [Packet(protocol=SBDIX.name, details=details, warnings=warnings)]


# --- AT+SBDRB ---------------------------------------------------------------------------------


def fits_reply(data: bytes, reception: Reception) -> bool:
    """Tell whether length and sum fit a message that is not empty."""
    try:
        tree = parse_reply(data, reception)
    except DecodeError:
        return False
    return bool(tree["message"]) and tree["sum"] == sum(tree["message"]) & 0xFFFF


def parse_reply(data: bytes, reception: Reception) -> Tree:
    """Read a reply into a tree."""
    echo = match[0] if (match := ECHO.match(data)) else b""
    begin = len(echo) + LENGTH_BYTES
    size = int.from_bytes(data[len(echo) : begin], "big")
    end = begin + size
    if len(data) != end + SUM_BYTES:
        text = f"a reply of {size} bytes and a sum ends at {end + SUM_BYTES}, this at {len(data)}"
        raise DecodeError(text, min(len(data), end + SUM_BYTES))
    return {"echo": echo, "message": data[begin:end], "sum": int.from_bytes(data[end:], "big")}


def build_reply(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    message = tree["message"]
    size, total = len(message).to_bytes(LENGTH_BYTES, "big"), tree["sum"].to_bytes(SUM_BYTES, "big")
    return bytes(tree["echo"] + size + message + total)


def reply_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return the message of a reply; it is not read here.

    Raises:
        DecodeError: the sum does not fit.
    """
    message = tree["message"]
    if tree["sum"] != sum(message) & 0xFFFF:
        raise DecodeError("the sum does not fit", len(tree["echo"]) + LENGTH_BYTES + len(message))
    details = {"length": len(message), "payload_hex": message.hex(), "checksum": tree["sum"]}
    return [Packet(protocol=SBDRB.name, details=details)]


def session_parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the line as a whole."""
    return spans(0, line=len(data))


def reply_parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the echo, and length, message and sum."""
    tree = parse_reply(data, reception)
    echo, size = len(tree["echo"]), len(tree["message"])
    layout = Struct("length" / Int16ub, "message" / Bytes(size), "sum" / Int16ub)
    return [*spans(0, echo=echo), Part(offset=echo, layout=layout)]


SBDIX = Protocol(
    name="iridium-sbdix",
    aliases=("iridium.at.sbdix",),
    title="Iridium modem, session",
    integrity="none",
    evidence="document",
    fits=parses(parse_session),
    parse=parse_session,
    build=build_session,
    to_packets=session_packets,
    layout=session_parts,
)
SBDRB = Protocol(
    name="iridium-sbdrb",
    aliases=("iridium.at.sbdrb_frame",),
    title="Iridium modem, message to the collar",
    integrity="checksum",
    evidence="document",
    fits=fits_reply,
    parse=parse_reply,
    build=build_reply,
    to_packets=reply_packets,
    layout=reply_parts,
)
