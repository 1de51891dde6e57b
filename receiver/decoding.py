"""Decoding for people and for programs: from hex, lines and files to packets and levels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from protocols import (
    DecodeError,
    Envelope,
    Layer,
    Packet,
    decode,
    envelopes,
    explain,
    find,
)
from protocols.envelopes.values import base64_bytes
from receiver import lines
from receiver.instruments.packets import FRAME, detection
from receiver.records import Detection, jsonable

MAX_LINE_BYTES = 1 << 20
SENDING = re.compile(r"AT\+TX=([0-9A-Fa-f]+)(,0x[0-9A-Fa-f]+)?")
SHORTEST_BASE64 = 8
LINE_OF_HEX = re.compile(
    r"\s*(?:0x)?(?:[0-9A-Fa-f]{2}[\s:]*){4,}"
)  # a receiver's numbers are shorter
BITWISE = {"argos-ptt-a2", "argos-ptt-a3", "argos4-vld"}
BITS = re.compile("[01]{32,}")
Row = tuple[int, str]
Reader = Callable[[bytes, "Hints"], "Reading"]
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

    White space and colons between hexadecimal digits are passed over. Of a format that is named
    and sent bit by bit, text of 0 and 1 are its bits. A message is that of a gateway, a network
    server, a satellite's service, a receiver or a tag.

    Raises:
        DecodeError: it is none of these, or not a packet.
    """
    data = text.encode("utf-8", "surrogateescape")
    inner = replace(hints, protocol=_inner_format(hints.protocol))
    if read := _reader_of(data, hints.protocol):
        return read(data, inner)
    if inner.protocol in BITWISE and BITS.fullmatch(text.strip()):
        return read_bytes(text.strip().encode(), inner)
    return read_bytes(bytes_of(text), hints)


def _reader_of(data: bytes, named: str | None) -> Reader | None:
    """Return what reads bytes of this content, or named so; None for a packet in digits."""
    text = data.decode("utf-8", "surrogateescape")
    if envelopes.fits(data) and named not in lines.SPEAKERS:
        return read_envelope
    if name := lines.format_of(data, named):
        return lambda data, hints: read_bytes(
            data.replace(b"\\r", b"\r"), replace(hints, protocol=name)
        )
    if speaker := lines.speaker_of(text, named):
        return lambda data, hints: _heard_by(text, speaker, hints)
    return None


def _inner_format(name: str | None) -> str | None:
    """Return the name of a packet's format; of one for the text around it, nothing."""
    try:
        return find(name).name if name else None
    except DecodeError:
        return None


def bytes_of(text: str) -> bytes:
    """Return the bytes that hexadecimal or, where it is none, base64 stands for.

    Of a modem's command to send (AT+TX=..., Kineis) those that it sends.

    Raises:
        DecodeError: it is neither.
    """
    text = SENDING.sub(r"\1", text.strip())
    digits = "".join(text.split()).replace(":", "").removeprefix("0x")
    with suppress(ValueError):
        return bytes.fromhex(digits)
    coded = "".join(line.strip() for line in text.splitlines())
    if len(coded) >= SHORTEST_BASE64 and " " not in coded:  # words of a sentence are no base64
        with suppress(DecodeError):
            return base64_bytes(coded)
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
        told = _told(hints, one.device_id)
        own_time = None if one.time == UNKNOWN_TIME else one.time
        known = replace(told, protocol=told.protocol or one.protocol,
                        received=told.received or own_time)  # fmt: skip
        try:
            readings.append(_named(read_bytes(one.data, known), one.device_id))
        except DecodeError as error:
            unread.append(f"{one.device_id}: {error}" if one.device_id else str(error))
    together = _together(readings)
    return replace(together, detections=tuple(detections), unread=(*together.unread, *unread))


def _named(reading: Reading, device_id: str | None) -> Reading:
    """Return a reading whose packets are of a device, where they do not say otherwise."""
    named = (replace(p, device_id=p.device_id or device_id) for p in reading.packets)
    return replace(reading, packets=tuple(named))


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
    """Decode a gateway's, network server's or satellite's message with the packet inside.

    Raises:
        DecodeError: no known message.
    """
    found = envelopes.parse(data)
    detections = tuple(detection(e, e.time or UNKNOWN_TIME, 0) for e in found)
    readings: list[Reading] = []
    seen: set[tuple[str | None, bytes]] = set()
    for envelope, heard in zip(found, detections, strict=True):
        readings.append(_around(envelope))
        told = _told(hints, envelope.device_id)
        again = (envelope.device_id, envelope.payload) in seen
        seen.add((envelope.device_id, envelope.payload))
        if heard.data is not None and not again and _may_be_read(envelope, told):
            readings.append(_inside(envelope, told))
    return replace(_together(readings), detections=detections)


def _around(envelope: Envelope) -> Reading:
    """Return what an envelope says of itself: the message that carried it, and its fault."""
    fault = envelope.details.get("fault")
    return Reading(
        packets=(envelope.carrier,) if envelope.carrier else (), unread=(fault,) if fault else ()
    )


def _inside(envelope: Envelope, hints: Hints) -> Reading:
    """Return what is in an envelope; where keys are of other collars, nothing."""
    closed = _is_closed(envelope)
    port = hints.port if hints.port is not None else envelope.port
    known = replace(
        hints,
        protocol=FRAME if closed else hints.protocol or envelope.protocol,
        port=None if closed else port,
        received=hints.received or envelope.time,
    )
    try:
        reading = read_bytes(envelope.payload, known)
    except DecodeError as error:
        return Reading(unread=(str(error),))
    if closed and len(reading.packets) == 1 and "mic_ok" not in reading.packets[0].details:
        return Reading()
    return reading if closed else _named(reading, envelope.device_id)


def _told(hints: Hints, device_id: str | None) -> Hints:
    """Return hints with what a collar's sheet says, where the user did not say otherwise."""
    context = hints.context or {}
    sheets = context.get("collars")
    sheet = sheets.get((device_id or "").lower()) if isinstance(sheets, Mapping) else None
    if not isinstance(sheet, Mapping):
        return hints
    protocol = hints.protocol or sheet.get("protocol")
    return replace(hints, protocol=protocol, context={**sheet, **context})


def _is_closed(envelope: Envelope) -> bool:
    return envelope.encrypted and not envelope.downlink and envelope.crc_ok is not False


def _may_be_read(envelope: Envelope, hints: Hints) -> bool:
    """Tell whether there are keys for a closed frame, a name for what a satellite carried."""
    if _is_closed(envelope):
        return bool(hints.context)
    named = _inner_format(hints.protocol) or hints.protocol or envelope.protocol
    return envelope.carrier is None or named != envelope.carrier.protocol


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

    `context` holds the keys of the user's collars; what a line's own context says goes before.
    """
    try:
        if len(line) > MAX_LINE_BYTES:
            raise DecodeError("the line is longer than 1 MiB", MAX_LINE_BYTES)
        item = envelopes.load(line.encode("utf-8", "surrogateescape"))
        own = item.get("context", {})
        if context and isinstance(own, dict):
            item = {**item, "context": {**context, **own}}
        reading = read_item(item)
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
    """Decode a file: a message known by its content, or packets and lines, one a line.

    A line that cannot be read is told with its number in `unread`; the others are read.

    Raises:
        DecodeError: it is none of these, or no line of it can be read.
    """
    if not data.strip():
        raise DecodeError("the file is empty", 0)
    if envelopes.fits(data):
        return read_envelope(data, hints)
    if name := lines.format_of(data, None):
        return read_bytes(data, replace(hints, protocol=name))
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise DecodeError("neither JSON nor hexadecimal text", error.start) from error
    rows = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(rows) == 1:
        return read_text(rows[0][1], hints)
    said: list[Row] = []
    if speaker := next((who for _, line in rows if (who := lines.speaker_of(line, None))), None):
        said = [row for row in rows if not _is_hex(row[1])]
        rows = [row for row in rows if _is_hex(row[1])]
    heard = [_heard_by("\n".join(line for _, line in said), speaker, hints)] if speaker else []
    return _together([*heard, _line_by_line(rows, hints, bool(heard))])


def _is_hex(line: str) -> bool:
    return LINE_OF_HEX.fullmatch(line) is not None


def _line_by_line(rows: Sequence[Row], hints: Hints, others_are_read: bool) -> Reading:
    """Return what the lines of a file say.

    Raises:
        DecodeError: not one can be read, and there is nothing else in the file.
    """
    readings, faults = [], []
    for number, line in rows:
        try:
            readings.append(read_text(line, hints))
        except DecodeError as error:
            at = "" if error.offset is None else f" (byte {error.offset})"
            faults.append(f"line {number}: {error}{at}")
    if faults and not readings and not others_are_read:
        raise DecodeError(faults[0])
    together = _together(readings)
    return replace(together, unread=(*together.unread, *faults))
