"""Many packets of one layout at once, as columns of numbers: millions a second.

A numpy dtype is built from the very layout that decodes one packet. Columns hold what stands in the
bytes, in units, and judge nothing: a fix without success is a row like any other. Whoever needs a
judgement decodes the packet (`protocols.decode`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from construct import Adapter, Array, BytesInteger, FormatField, Renamed, Struct
from numpy.typing import NDArray

from protocols import Reception, opencollar_edge
from protocols.fields import Bits, Linear, ReversedOctets
from protocols.opencollar_edge.frame import FLASH_PORT, HIGHEST_PORT
from protocols.packet import Part

Columns = dict[str, NDArray[Any]]
Kind = tuple[int, int, int]  # port, id, length of the data
RECORD_FRAME_BYTES = 7  # port, id, length, and the time of storing behind the data


@dataclass(frozen=True, slots=True)
class Table:
    """The dtype of one kind of packet, and how its columns come out of it."""

    dtype: np.dtype[Any]
    _readers: Mapping[str, Any]

    def columns(self, rows: NDArray[np.uint8]) -> Columns:
        """Return the columns of packets, given as bytes (packets, size)."""
        records = np.ascontiguousarray(rows).view(self.dtype)[:, 0]
        return {
            column: values
            for name, layout in self._readers.items()
            for column, values in _values(name, layout, records[name])
        }


def table_of(parts: Iterable[Part], size: int) -> Table:
    """Return the table of packets of `size` bytes that are made of these parts.

    Raises:
        TypeError: a part has no fixed size.
    """
    leaves = [leaf for part in parts for leaf in _leaves(part.layout, part.group, part.offset)]
    dtype = np.dtype({
        "names": [name for name, _, _ in leaves],
        "formats": [_format(layout) for _, layout, _ in leaves],
        "offsets": [offset for _, _, offset in leaves],
        "itemsize": size,
    })  # fmt: skip
    return Table(dtype, {name: layout for name, layout, _ in leaves})


def _leaves(layout: Any, name: str, offset: int) -> Iterator[tuple[str, Any, int]]:
    """Yield the name, layout and place of each number."""
    if isinstance(layout, Renamed):
        inner = layout.subcon
        own = "" if isinstance(inner, Renamed) else layout.name  # a unit wraps the name once more
        yield from _leaves(inner, ".".join(filter(None, (name, own))), offset)
    elif isinstance(layout, Struct):
        places = accumulate((one.sizeof() for one in layout.subcons), initial=offset)
        for one, place in zip(layout.subcons, places, strict=False):
            yield from _leaves(one, name, place)
    elif isinstance(layout, Array):
        if not isinstance(layout.count, int):
            raise TypeError(f"{name}: how many there are stands in the packet")
        size = layout.subcon.sizeof()
        for number in range(layout.count):
            yield from _leaves(layout.subcon, f"{name}[{number + 1}]", offset + number * size)
    elif layout.sizeof():
        yield name, layout, offset


def _format(layout: Any) -> Any:
    raw = layout.subcon if isinstance(layout, Adapter) else layout
    if isinstance(raw, FormatField):
        byte_order, letter = raw.fmtstr[0], raw.fmtstr[1]
        kind = "f" if letter in "efd" else "i" if letter.islower() else "u"
        return f"{byte_order}{kind}{raw.sizeof()}"
    return (np.uint8, (raw.sizeof(),))


def _values(name: str, layout: Any, raw: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    if isinstance(layout, Linear):
        numbers = raw if raw.ndim == 1 else _integers(layout.subcon, raw)
        wide = numbers.astype(np.float64)  # or 255 * 200 would not fit
        yield name, wide * layout.numerator / layout.divisor + layout.offset
    elif isinstance(layout, Bits):
        yield from _small_numbers(name, layout, raw)
    elif isinstance(layout, ReversedOctets):
        yield name, raw[:, ::-1]
    elif isinstance(layout, BytesInteger):
        yield name, _integers(layout, raw)
    else:
        yield name, raw


def _small_numbers(name: str, layout: Bits, raw: NDArray[Any]) -> Iterator[tuple[str, Any]]:
    ends = accumulate(layout.widths.values())
    for (inner, width), end in zip(layout.widths.items(), ends, strict=True):
        yield f"{name}.{inner}", raw >> np.uint8(8 - end) & np.uint8((1 << width) - 1)


def _integers(layout: Any, raw: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return whole numbers of three bytes and the like."""
    octets = raw[:, ::-1] if layout.swapped else raw
    total = np.zeros(len(raw), np.int64)
    for octet in octets.T:
        total = total << 8 | octet
    if layout.signed:
        total -= (total >> (8 * raw.shape[1] - 1)) << (8 * raw.shape[1])
    return total


# --- flash records of OpenCollar Edge ---------------------------------------------------------


def flash_index(stream: bytes) -> dict[Kind, NDArray[np.int64]]:
    """Return where the records of each kind begin; what follows the last whole one is left out."""
    places: dict[Kind, list[int]] = {}
    offset, end = 0, len(stream) - RECORD_FRAME_BYTES
    while offset <= end and stream[offset] <= HIGHEST_PORT:
        size = stream[offset + 2]
        following = offset + RECORD_FRAME_BYTES + size
        if following > len(stream):
            break
        kind = stream[offset], stream[offset + 1], size
        if kind in places:
            places[kind].append(offset)
        else:
            places[kind] = [offset]
        offset = following
    return {kind: np.array(found, np.int64) for kind, found in places.items()}


def flash_columns(stream: bytes, index: Mapping[Kind, NDArray[np.int64]]) -> dict[Kind, Columns]:
    """Return the columns of each kind of record; of an unknown one only the bytes."""
    data = np.frombuffer(stream, np.uint8)
    found = {}
    for kind, offsets in index.items():
        size = RECORD_FRAME_BYTES + kind[2]
        table = _table_of_record(stream[offsets[0] : offsets[0] + size])
        rows = np.lib.stride_tricks.sliding_window_view(data, size)[offsets]
        found[kind] = {"offset": offsets, **table.columns(rows)}
    return found


def _table_of_record(record: bytes) -> Table:
    reception = Reception(port=FLASH_PORT)
    parts = list(opencollar_edge.PROTOCOL.layout(record, reception))
    ungrouped = (Part(offset=part.offset, layout=part.layout) for part in parts)
    return table_of(ungrouped, len(record))
