"""A packet field by field: where each stands, its bits, what they are as they came and in units.

A layout is walked as construct parses it, so what is shown is what is decoded. Bits are counted
from the highest bit of the first byte on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import accumulate
from typing import Any

from construct import (
    Adapter,
    Array,
    Bytes,
    Container,
    Padded,
    Renamed,
    Struct,
    Transformed,
)

from protocols.fields import HIDDEN, Bits
from protocols.packet import Part

UNIX = "unix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: `bit` and `bits` say where, `hex` holds the bytes that it touches.

    `raw` is as it came; `value` is in `unit` where it is scaled, else `unit` tells how to scale.
    """

    bit: int
    bits: int
    name: str
    hex: str = ""
    raw: int | float | str
    value: int | float | str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The fields of a packet, or of what is inside another one."""

    protocol: str
    size: int
    fields: tuple[Field, ...]


Walk = Generator[Field, None, Any]  # returns what the layout gives


def fields_of(data: bytes, parts: Iterable[Part]) -> tuple[Field, ...]:
    """Return the fields of a packet in order; what no part covers is a field without a name."""
    fields = [field for part in parts for field in _of_part(data, part)]
    fields.sort(key=lambda field: field.bit)
    return tuple(_without_holes(data, fields))


def hidden(field: Field) -> Field:
    """Return a field without what it says."""
    return replace(field, raw=HIDDEN, hex="", value=None)


def _of_part(data: bytes, part: Part) -> Iterator[Field]:
    stream = BytesIO(data[part.offset :])
    for found in _walk(part.layout, stream, Container(), part.group, "", 8):
        bit = found.bit + 8 * part.offset
        field = replace(found, bit=bit, hex=_hex(data, bit, bit + found.bits))
        yield hidden(field) if part.secret and isinstance(field.raw, str) else field


def _without_holes(data: bytes, fields: list[Field]) -> Iterator[Field]:
    end = 0
    for field in (*fields, Field(bit=8 * len(data), bits=0, name="", raw="")):
        if field.bit > end:
            hole = _hex(data, end, field.bit)
            yield Field(bit=end, bits=field.bit - end, name="", hex=hole, raw=hole)
        if field.bits:
            yield field
        end = max(end, field.bit + field.bits)


def _hex(data: bytes, begin: int, end: int) -> str:
    return data[begin // 8 : -(-end // 8)].hex()


def _walk(layout: Any, stream: BytesIO, context: Any, name: str, unit: str, unit_bits: int) -> Walk:
    """Yield the fields of a layout; a position of the stream is worth `unit_bits` bits."""
    if isinstance(layout, Renamed):
        while isinstance(inner := layout.subcon, Renamed):  # a unit wraps the name once more
            layout = Renamed(inner.subcon, inner.name, layout.docs or inner.docs)
        path = ".".join(filter(None, (name, layout.name)))
        return (yield from _walk(inner, stream, context, path, layout.docs, unit_bits))
    if isinstance(layout, Struct):
        return (yield from _struct(layout, stream, context, name, unit_bits))
    if isinstance(layout, Array):
        return (yield from _array(layout, stream, context, name, unit_bits))
    if isinstance(layout, Transformed):
        return (yield from _bits_of_bytes(layout, stream, context, name))
    begin = stream.tell() * unit_bits
    scaled = layout if isinstance(layout, Adapter) else None
    raw = (layout.subcon if scaled else layout)._parsereport(stream, context, "")
    value = scaled._decode(raw, context, "") if scaled else raw
    end = stream.tell() * unit_bits
    if isinstance(layout, Bits):
        yield from _small_numbers(layout, value, begin, name)
    elif end > begin and not isinstance(layout, Padded):
        yield _field(begin, end, name, raw, value if scaled else None, unit)
    return value


def _field(begin: int, end: int, name: str, raw: Any, value: Any, unit: str) -> Field:
    if unit == UNIX:
        value, unit = f"{datetime.fromtimestamp(raw, UTC):%Y-%m-%d %H:%M:%S}", "UTC"
    return Field(bit=begin, bits=end - begin, name=name, raw=_shown(raw), value=value, unit=unit)


def _shown(raw: Any) -> int | float | str:
    return raw.hex() if isinstance(raw, bytes) else raw


def _struct(layout: Any, stream: BytesIO, outer: Any, name: str, unit_bits: int) -> Walk:
    context: Container[Any] = Container(_=outer)
    for member in layout.subcons:
        value = yield from _walk(member, stream, context, name, "", unit_bits)
        if member.name:
            context[member.name] = value
    return context


def _array(layout: Any, stream: BytesIO, context: Any, name: str, unit_bits: int) -> Walk:
    count = layout.count(context) if callable(layout.count) else layout.count
    values = []
    for number in range(count):
        numbered = f"{name}[{number + 1}]"
        values.append((yield from _walk(layout.subcon, stream, context, numbered, "", unit_bits)))
    return values


def _bits_of_bytes(layout: Any, stream: BytesIO, context: Any, name: str) -> Walk:
    """Walk a BitStruct: its layout reads a stream of bits, one in each byte."""
    begin = stream.tell() * 8
    bits = BytesIO(layout.decodefunc(stream.read(layout.sizeof())))
    inner = _walk(layout.subcon, bits, context, name, "", 1)
    while True:
        try:
            field = next(inner)
        except StopIteration as end:
            return end.value
        yield replace(field, bit=begin + field.bit)


def _small_numbers(layout: Bits, value: dict[str, int], begin: int, name: str) -> Iterator[Field]:
    starts = accumulate(layout.widths.values(), initial=begin)
    for (inner, width), start in zip(layout.widths.items(), starts, strict=False):
        yield Field(bit=start, bits=width, name=f"{name}.{inner}" if name else inner,
                    raw=value[inner])  # fmt: skip


def spans(offset: int, **sizes: int) -> list[Part]:
    """Return a part of named bytes that follow one another."""
    members = (name / Bytes(size) for name, size in sizes.items())
    return [Part(offset=offset, layout=Struct(*members))]
