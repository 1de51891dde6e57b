"""A packet field by field, for an engineer who looks at its bytes at night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from protocols import Field, Layer, find
from protocols.fields import HIDDEN
from receiver.wording import plain

LONGEST_HEX = 16
HEADINGS = ("byte", "hex", "field", "as sent", "meaning")


def describe(layers: Sequence[Layer]) -> Iterator[str]:
    """Yield a table for each layer of a packet, from outside in."""
    for layer in layers:
        size = f"{layer.size} bytes; bit 0 is the highest"
        yield f"{find(layer.protocol).title}, field by field ({size})"
        rows = [HEADINGS, *map(_row, layer.fields)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield f"  {'  '.join(cells)}".rstrip()


def _row(field: Field) -> tuple[str, str, str, str, str]:
    name = field.name or "(not known)"
    return _place(field), _short(field.hex), name, _number(field.raw), _meaning(field)


def _place(field: Field) -> str:
    """Return the bytes where a field stands; where it shares them, its bits from 0, highest."""
    first, last = field.bit // 8, (field.bit + field.bits - 1) // 8
    place = f"{first}" if last <= first else f"{first}-{last}"
    if field.bit % 8 == 0 and field.bits % 8 == 0:
        return place
    begin, end = field.bit - 8 * first, field.bit - 8 * first + field.bits - 1
    return f"{place} bit {begin}" if begin == end else f"{place} bits {begin}-{end}"


def _short(digits: str) -> str:
    return digits if len(digits) <= LONGEST_HEX else f"{digits[: LONGEST_HEX - 2]}.."


def _number(value: float | str | None) -> str:
    """Return a number; bytes stand in their own column."""
    if isinstance(value, str):
        return value if value == HIDDEN else ""
    return "" if value is None else f"{value:.10g}"


def _meaning(field: Field) -> str:
    if field.value is None:
        return field.unit
    value = plain(field.value) if isinstance(field.value, str) else f"{field.value:.10g}"
    return f"{value} {field.unit}".rstrip()
