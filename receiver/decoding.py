"""Decoding for people and for programs: from hex, lines and files to packets and levels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from protocols import DecodeError, Envelope, Packet, Reception, decode, envelopes, ticktag
from receiver.instruments.packets import FRAME, detection
from receiver.records import Detection, jsonable

MAX_LINE_BYTES = 1 << 20
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one input gave: packets, the levels of the receiver that heard them, what failed."""

    packets: tuple[Packet, ...] = ()
    detections: tuple[Detection, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the user said about the bytes."""

    protocol: str | None = None
    port: int | None = None
    received: datetime | None = None
    context: Mapping[str, Any] | None = None


def read_bytes(data: bytes, hints: Hints) -> Reading:
    """Decode one payload.

    Raises:
        DecodeError: it cannot be decoded.
    """
    packets = decode(
        data,
        protocol=hints.protocol,
        port=hints.port,
        received=hints.received,
        context=hints.context,
    )
    return Reading(packets=tuple(packets))


def read_hex(text: str, hints: Hints) -> Reading:
    """Decode one payload written in hexadecimal; white space and colons are passed over.

    Raises:
        DecodeError: not hexadecimal, or not a packet.
    """
    digits = "".join(text.split()).replace(":", "").removeprefix("0x")
    try:
        data = bytes.fromhex(digits)
    except ValueError as error:
        raise DecodeError(f"not hexadecimal, and no file of this name: {_short(text)!r}") from error
    return read_bytes(data, hints)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def read_envelope(data: bytes, hints: Hints) -> Reading:
    """Decode a gateway's or network server's message with the packet inside.

    Raises:
        DecodeError: no known message.
    """
    found = envelopes.parse(data)
    detections = tuple(detection(e, e.time or UNKNOWN_TIME, 0) for e in found)
    packets: list[Packet] = []
    unread: list[str] = []
    for envelope, heard in zip(found, detections, strict=True):
        closed = envelope.encrypted and not envelope.downlink and envelope.crc_ok is not False
        if heard.data is None or (closed and not hints.context):
            continue
        if any(e.payload == envelope.payload for e in found[: found.index(envelope)]):
            continue
        try:
            packets += _opened(envelope, hints) if closed else _inner(envelope, hints)
        except DecodeError as error:
            unread.append(str(error))
    return Reading(packets=tuple(packets), detections=detections, unread=tuple(unread))


def _opened(envelope: Envelope, hints: Hints) -> list[Packet]:
    """Return what a frame says that keys open; nothing where they are of other collars."""
    received = hints.received or envelope.time
    packets = decode(
        envelope.payload, protocol=FRAME, received=received, context=hints.context
    )  # fmt: skip
    return packets if "mic_ok" in packets[0].details or len(packets) > 1 else []


def _inner(envelope: Envelope, hints: Hints) -> list[Packet]:
    packets = decode(
        envelope.payload,
        protocol=hints.protocol or envelope.protocol,
        port=hints.port if hints.port is not None else envelope.port,
        received=hints.received or envelope.time,
    )
    return [replace(p, device_id=p.device_id or envelope.device_id) for p in packets]


def read_item(item: Mapping[str, Any]) -> Reading:
    """Decode one line of `decode --jsonl`: `hex`, or `text` (also `line`) of a receiver.

    Raises:
        DecodeError: what it holds cannot be decoded.
    """
    hints = _hints(item)
    if item.get("hex"):
        return read_hex(str(item["hex"]), hints)
    text = item.get("text") or item.get("line")
    if not text:
        raise DecodeError("empty: there are no bytes to decode", 0)
    if str(text).lstrip().startswith("{"):
        return read_envelope(str(text).encode(), replace(hints, protocol=None))
    raise DecodeError(f"lines of {hints.protocol or 'this receiver'} are not supported yet", 0)


def _hints(item: Mapping[str, Any]) -> Hints:
    port, protocol, context = item.get("port"), item.get("protocol"), item.get("context")
    if port is not None and (isinstance(port, bool) or not isinstance(port, int)):
        raise DecodeError(f"port {port!r} is not a whole number")
    if context is not None and not isinstance(context, dict):
        raise DecodeError("context is not an object")
    return Hints(
        protocol=str(protocol) if protocol else None,
        port=port,
        received=parse_time(item["received"]) if item.get("received") else None,
        context=context,
    )


def parse_time(text: Any) -> datetime:
    """Read an ISO 8601 time; one without a zone is UTC.

    Raises:
        DecodeError: not a time.
    """
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise DecodeError(
            f"not a time: {_short(str(text))!r}; write 2026-09-06T06:45:51Z"
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def answer(line: str, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the one output object for one input line: packets, detections, or an error.

    `context` is for lines that have none of their own: the keys of the user's collars.
    """
    try:
        if len(line) > MAX_LINE_BYTES:
            raise DecodeError("the line is longer than 1 MiB", MAX_LINE_BYTES)
        item = envelopes.load(line.encode("utf-8", "surrogateescape"))
        reading = read_item({"context": context, **item} if context else item)
    except DecodeError as error:
        return {"error": str(error), "offset": error.offset}
    if reading.packets:
        return {"packets": jsonable(reading.packets)}
    return {"detections": jsonable(reading.detections)}


def answers(
    lines: Iterator[str], context: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, bool]]:
    """Yield for each line its JSON answer, and whether it is an error."""
    for line in lines:
        result = answer(line, context)
        yield json.dumps(result, allow_nan=False, ensure_ascii=False), "error" in result


def read_file(data: bytes, hints: Hints) -> Reading:
    """Decode a file: a gateway's message, a datagram, a logger's text, or packets in hex.

    Raises:
        DecodeError: it is none of these.
    """
    if not data.strip():
        raise DecodeError("the file is empty", 0)
    if data.lstrip()[:1] == b"{" or envelopes.semtech.is_datagram(data):
        return read_envelope(data, hints)
    if ticktag.fits_text(data, Reception()):
        return read_bytes(data, replace(hints, protocol=ticktag.TEXT.name))
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise DecodeError("neither JSON nor hexadecimal text", error.start) from error
    readings = [read_hex(line, hints) for line in text.splitlines() if line.strip()]
    return Reading(packets=tuple(packet for reading in readings for packet in reading.packets))
