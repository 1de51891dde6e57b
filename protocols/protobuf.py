"""The wire format of Protocol Buffers, as much as a decoder of short messages needs.

Source: protobuf.dev, Encoding. A field is a varint `number << 3 | wire type` and its value:

    0 varint (seven bits an octet, least first, at most ten)    1 eight octets
    2 a varint of length, and so many octets                    5 four octets

Little-endian. Groups (3, 4) are refused. An absent field is absent: it is never given as 0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from protocols.packet import DecodeError

VARINT, EIGHT, LENGTH, FOUR = 0, 1, 2, 5
FIXED = {EIGHT: 8, FOUR: 4}
MOST_VARINT_BYTES = 10
# A schema: by number the name of a field and what reads its value; see the readers below.
Reader = tuple[int, Callable[[Any], Any]]
Schema = Mapping[int, tuple[str, Reader]]


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and raw value of each field.

    Raises:
        DecodeError: it is no such message; with the offset.
    """
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if not number or wire not in (VARINT, EIGHT, LENGTH, FOUR):
            raise DecodeError(f"no field begins at byte {start}", start)
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        size = FIXED.get(wire, 0)
        if wire == LENGTH:
            size, at = _varint(data, at)
        if size > len(data) - at:
            raise DecodeError(f"field {number} runs past the end", start)
        yield number, wire, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    value = 0
    for count, octet in enumerate(data[at : at + MOST_VARINT_BYTES]):
        value |= (octet & 127) << 7 * count
        if octet < 128:
            return value & (1 << 64) - 1, at + count + 1
    raise DecodeError(f"the number at byte {at} has no end", at)


def read(data: bytes, schema: Schema) -> dict[str, Any]:
    """Return the values of the fields that a schema names; of one sent twice the last.

    Raises:
        DecodeError: it is no such message, or a field is of another kind.
    """
    found = {}
    for number, wire, value in fields(data):
        if number not in schema:
            continue
        name, (wanted, convert) = schema[number]
        if wire != wanted:
            raise DecodeError(f"field {number} ({name}) is of another kind")
        found[name] = convert(value)
    return found


def _signed(bits: int) -> Callable[[int], int]:
    def convert(value: int) -> int:
        value &= (1 << bits) - 1
        return value - (value >> bits - 1 << bits)

    return convert


def _number(form: str) -> Callable[[bytes], Any]:
    def convert(octets: bytes) -> Any:
        (value,) = struct.unpack(form, octets)
        return value if math.isfinite(value) else None

    return convert


UINT32: Reader = (VARINT, lambda value: value & 0xFFFFFFFF)
INT32: Reader = (VARINT, _signed(32))
SINT32: Reader = (VARINT, lambda value: value >> 1 ^ -(value & 1))
BOOL: Reader = (VARINT, bool)
FIXED32: Reader = (FOUR, _number("<I"))
SFIXED32: Reader = (FOUR, _number("<i"))
FLOAT: Reader = (FOUR, _number("<f"))
BYTES: Reader = (LENGTH, bytes)


def message(schema: Schema) -> Reader:
    """Return the reader of a message within a message."""
    return (LENGTH, lambda octets: read(octets, schema))
