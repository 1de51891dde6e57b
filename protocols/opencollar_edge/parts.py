"""Of what layouts an OpenCollar Edge payload is made, to explain it field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from construct import (
    Bytes,
    Construct,
    Float32l,
    Int8ul,
    Int16ul,
    Int32sl,
    Int32ul,
    Struct,
)

from protocols.opencollar_edge import frame
from protocols.opencollar_edge.layouts import cmdq
from protocols.opencollar_edge.tables import COMMANDS, SECRET, SETTINGS, VALUES, Item, holds_secret
from protocols.packet import Part, Reception

HEAD = Struct("id" / Int8ul, "len" / Int8ul * "bytes")
RECORD_HEAD = Struct("port" / Int8ul) + HEAD
STORED = Struct("store_timestamp" / Int32ul * "unix")
TABLES = {3: SETTINGS, 30: VALUES, 32: COMMANDS}
NUMBERS: dict[str, Construct[Any, Any]] = {
    "?": Int8ul, "B": Int8ul, "H": Int16ul, "I": Int32ul, "i": Int32sl, "f": Float32l,
}  # fmt: skip


def parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield the parts of a payload that `frame.parse` takes."""
    tree = frame.parse(data, reception)
    if tree.port in frame.TLV_PORTS:
        yield from _items(tree)
    elif tree.port == frame.FLASH_PORT:
        yield from _records(tree)
    else:
        yield Part(offset=0, layout=HEAD)
        yield Part(offset=2, layout=_layout(tree))


def _layout(tree: frame.Tree) -> Construct[Any, Any]:
    assert tree.message is not None
    if tree.port == frame.HEART_PORT:
        return cmdq(tree.size, old=frame.has_old_records(tree))
    return frame.MESSAGES[tree.port, tree.message].layout(tree.size)


def _items(tree: frame.Tree) -> Iterator[Part]:
    offset = 0
    for item in tree.fields:
        known = TABLES[tree.port].get(item.id)
        name = known.name if known else f"unknown_{item.id:02x}"
        value = _value(known, item.length)
        yield Part(
            offset=offset, layout=HEAD + Struct("value" / value), group=name,
            secret=item.id in SECRET,
        )  # fmt: skip
        offset += 2 + item.length


def _value(known: Item | None, size: int) -> Construct[Any, Any]:
    """Return a number where the item is one of this size, else bytes."""
    number = NUMBERS.get(known.type) if known else None
    return number if number is not None and number.sizeof() == size else Bytes(size)


def _records(tree: frame.Tree) -> Iterator[Part]:
    offset = 0
    for number, record in enumerate(tree.records, start=1):
        group, secret = f"record[{number}]", False
        if record.message is None:  # its message was refused, its bytes are kept
            size = len(record.fields) - 2
            inside: Construct[Any, Any] = Struct("unread" / Bytes(size))
            secret = holds_secret(record.port, record.fields)
        else:
            size, inside = record.size, _layout(record)
        yield Part(offset=offset, layout=RECORD_HEAD, group=group)
        yield Part(offset=offset + 3, layout=inside, group=group, secret=secret)
        yield Part(offset=offset + 3 + size, layout=STORED, group=group)
        offset += 7 + size
