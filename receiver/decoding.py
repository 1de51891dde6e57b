"""Decoding for people and for programs: from hex, lines and files to packets and levels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from protocols import (
    DecodeError,
    Envelope,
    Layer,
    Packet,
    Reception,
    decode,
    envelopes,
    explain,
    ticktag,
)
from protocols.envelopes.values import base64_bytes
from receiver import lines
from receiver.instruments.packets import FRAME, detection
from receiver.records import Detection, jsonable

MAX_LINE_BYTES = 1 << 20
SHORTEST_BASE64 = 8
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one input gave: packets, the levels of the receiver that heard them, what failed."""

    packets: tuple[Packet, ...] = ()
    detections: tuple[Detection, ...] = ()
    unread: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the user said about the bytes."""

    protocol: str | None = None
    port: int | None = None
    received: datetime | None = None
    context: Mapping[str, Any] | None = None
    explain: bool = False  # field by field, too


def read_bytes(data: bytes, hints: Hints) -> Reading:
    """Decode one payload.

    Raises:
        DecodeError: it cannot be decoded.
    """
    return Reading(packets=tuple(_decoded(data, hints)), layers=_explained(data, hints))


def _decoded(data: bytes, hints: Hints) -> list[Packet]:
    return decode(
        data,
        protocol=hints.protocol,
        port=hints.port,
        received=hints.received,
        context=hints.context,
    )


def _explained(data: bytes, hints: Hints) -> tuple[Layer, ...]:
    if not hints.explain:
        return ()
    return tuple(
        explain(
            data,
            protocol=hints.protocol,
            port=hints.port,
            received=hints.received,
            context=hints.context,
        )
    )


def read_text(text: str, hints: Hints) -> Reading:
    """Decode what somebody typed or a program wrote: a packet in hexadecimal or base64, a message.

    White space and colons between hexadecimal digits are passed over. A message is a gateway's JSON
    document, a receiver's or a tag's line.

    Raises:
        DecodeError: it is none of these, or not a packet.
    """
    if text.lstrip().startswith("{"):
        return read_envelope(text.encode("utf-8", "surrogateescape"), replace(hints, protocol=None))
    if name := lines.format_of(text, hints.protocol):
        line = text.encode("utf-8", "surrogateescape").replace(b"\\r", b"\r")
        return read_bytes(line, replace(hints, protocol=name))
    if speaker := lines.speaker_of(text, hints.protocol):
        return _heard_by(text, speaker, hints)
    return read_bytes(bytes_of(text), hints)


def bytes_of(text: str) -> bytes:
    """Return the bytes that hexadecimal or, where it is none, base64 stands for.

    Raises:
        DecodeError: it is neither.
    """
    digits = "".join(text.split()).replace(":", "").removeprefix("0x")
    with suppress(ValueError):
        return bytes.fromhex(digits)
    if len(digits) >= SHORTEST_BASE64:
        with suppress(DecodeError):
            return base64_bytes(digits)
    raise DecodeError(
        f"neither hexadecimal nor base64, and no file of this name: {_short(text)!r}", 0
    )


def _heard_by(text: str, speaker: str, hints: Hints) -> Reading:
    """Return what a receiver heard, and the packets in it that can be read."""
    detections = lines.heard(text, speaker, hints.received or UNKNOWN_TIME)
    readings, unread = [], []
    for one in detections:
        if one.data is None or (one.protocol == FRAME and not hints.context):
            continue
        try:
            readings.append(read_bytes(one.data, replace(hints, protocol=one.protocol)))
        except DecodeError as error:
            unread.append(str(error))
    return replace(_together(readings), detections=tuple(detections), unread=tuple(unread))


def _together(readings: Sequence[Reading]) -> Reading:
    return Reading(
        packets=tuple(packet for reading in readings for packet in reading.packets),
        detections=tuple(heard for reading in readings for heard in reading.detections),
        unread=tuple(fault for reading in readings for fault in reading.unread),
        layers=tuple(layer for reading in readings for layer in reading.layers),
    )


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
    layers: list[Layer] = []
    unread: list[str] = []
    for envelope, heard in zip(found, detections, strict=True):
        closed = envelope.encrypted and not envelope.downlink and envelope.crc_ok is not False
        if heard.data is None or (closed and not hints.context):
            continue
        if any(e.payload == envelope.payload for e in found[: found.index(envelope)]):
            continue
        try:
            inner = _hints_inside(envelope, hints, closed)
            packets += _opened(envelope, inner) if closed else _inner(envelope, inner)
            layers += _explained(envelope.payload, inner)
        except DecodeError as error:
            unread.append(str(error))
    return Reading(
        packets=tuple(packets), detections=detections, unread=tuple(unread), layers=tuple(layers)
    )


def _hints_inside(envelope: Envelope, hints: Hints, closed: bool) -> Hints:
    """Return what is known of the packet in an envelope; of a closed one the frame."""
    received = hints.received or envelope.time
    if closed:
        return replace(hints, protocol=FRAME, port=None, received=received)
    port = hints.port if hints.port is not None else envelope.port
    protocol = hints.protocol or envelope.protocol
    return replace(hints, protocol=protocol, port=port, received=received)


def _opened(envelope: Envelope, hints: Hints) -> list[Packet]:
    """Return what a frame says that keys open; nothing where they are of other collars."""
    packets = _decoded(envelope.payload, hints)
    return packets if "mic_ok" in packets[0].details or len(packets) > 1 else []


def _inner(envelope: Envelope, hints: Hints) -> list[Packet]:
    packets = _decoded(envelope.payload, hints)
    return [replace(p, device_id=p.device_id or envelope.device_id) for p in packets]


def read_item(item: Mapping[str, Any]) -> Reading:
    """Decode one line of `decode --jsonl`: `hex`, or `text` (also `line`) of a receiver.

    Raises:
        DecodeError: what it holds cannot be decoded.
    """
    hints = _hints(item)
    if item.get("hex"):
        return read_bytes(bytes_of(str(item["hex"])), hints)
    text = item.get("text") or item.get("line")
    if not text:
        raise DecodeError("empty: there are no bytes to decode", 0)
    return read_text(str(text), hints)


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
    return _together([read_text(line, hints) for line in text.splitlines() if line.strip()])
