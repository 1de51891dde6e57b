"""Columns of many packets against the decode of each one."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from construct import Array, Bytes, BytesInteger, Int8ul, Struct
from hypothesis import given
from hypothesis import strategies as st

from protocols import Reception, decode, find
from protocols.opencollar_edge.frame import MESSAGES
from protocols.packet import Part
from receiver.bulk import flash_columns, flash_index, table_of

FIXED = sorted(kind for kind, message in MESSAGES.items() if not (message.step or message.sizes))
NAMED = ("digital-matter-oyster", "opencollar-gen1", "awt-lorawan", "opencollar-lp0")
PACKETS = Path(__file__).resolve().parents[2] / "fixtures" / "packets"
RECORDED = [case for name in NAMED for case in sorted((PACKETS / name).glob("*.hex"))]


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return what a layout parsed, under the names of columns."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, inner in value.items():
            if not key.startswith("_"):
                found |= flat(inner, f"{name}.{key}" if name else key)
        return found
    if isinstance(value, list):
        return {
            k: v for n, one in enumerate(value, 1) for k, v in flat(one, f"{name}[{n}]").items()
        }
    return {name: value}


def same(column: Any, value: Any) -> bool:
    if isinstance(value, bytes):
        return bool(bytes(column) == value)
    if isinstance(value, str):  # octets, most significant first
        return bool(bytes(column).hex(":") == value)
    return bool(column == value)


def agree(rows: list[bytes], layout: Any) -> None:
    table = table_of([Part(offset=0, layout=layout)], len(rows[0]))
    columns = table.columns(np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1))
    for number, row in enumerate(rows):
        expected = flat(layout.parse(row))
        assert expected.keys() == columns.keys()
        for name, value in expected.items():
            assert same(columns[name][number], value), name


@pytest.mark.parametrize("kind", FIXED, ids=lambda kind: f"port{kind[0]}-{kind[1]:02x}")
@given(data=st.data())
def test_columns_are_what_the_layout_says_one_by_one(kind: Any, data: st.DataObject) -> None:
    message = MESSAGES[kind]
    body = st.binary(min_size=message.size, max_size=message.size)
    agree(data.draw(st.lists(body, min_size=1, max_size=4)), message.layout(message.size))


@pytest.mark.parametrize("case", RECORDED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_columns_of_the_parts_of_other_formats(case: Path) -> None:
    data = bytes.fromhex(case.read_text())
    port = json.loads(case.with_suffix(".json").read_text())["port"]
    for part in find(case.parent.name).layout(data, Reception(port=port)):
        layout: Any = part.layout
        try:
            size = layout.sizeof()
        except Exception:  # of no fixed size
            continue
        if size:
            agree([data[part.offset : part.offset + size]] * 2, layout)


@given(raw=st.lists(st.binary(min_size=7, max_size=7), min_size=1, max_size=5))
def test_numbers_of_three_bytes_and_arrays(raw: list[bytes]) -> None:
    signed = BytesInteger(3, signed=True, swapped=True)
    agree(raw, Struct("low" / signed, "high" / BytesInteger(2), "two" / Array(2, Int8ul)))


def test_layout_of_no_fixed_size_is_refused() -> None:
    with pytest.raises(TypeError, match="how many there are stands in the packet"):
        table_of(
            [Part(offset=0, layout=Struct("n" / Int8ul, "all" / Array(lambda c: c.n, Int8ul)))], 4
        )
    with pytest.raises(Exception):  # noqa: B017 (construct's own)
        table_of([Part(offset=0, layout=Struct("n" / Int8ul, "all" / Bytes(lambda c: c.n)))], 4)


def test_flash_log_as_columns() -> None:
    """A real log of ten records: each column holds what the records say one by one."""
    case = PACKETS / "opencollar-edge" / "flash_log_10_records.hex"
    stream = bytes.fromhex(case.read_text())
    packets = decode(stream, protocol="opencollar-edge", port=29)
    index = flash_index(stream)
    assert sum(len(offsets) for offsets in index.values()) == len(packets) == 10
    columns = flash_columns(stream, index)
    seen = 0
    for (port, _, _), found in columns.items():
        own = [packet.details for packet in packets if packet.details["port"] == port]
        stored = [details["store_timestamp"] for details in own]
        assert found["store_timestamp"].tolist() == stored
        for name in ("latitude", "longitude", "bat", "temp"):
            if name in found:
                assert found[name].tolist() == [details[name] for details in own]
                seen += 1
    assert seen


def test_cut_log_and_unknown_records() -> None:
    record = bytes([13, 0x93, 14]) + struct.pack("<IiiHI", 5, -10, 20, 3, 9)
    odd = bytes([5, 0x11, 2, 7, 8]) + struct.pack("<I", 4)
    index = flash_index(record + odd + record + record[:-1])
    assert {kind: offsets.tolist() for kind, offsets in index.items()} == {
        (13, 0x93, 14): [0, 30],
        (5, 0x11, 2): [21],
    }
    columns = flash_columns(record + odd + record, index)
    assert columns[13, 0x93, 14]["latitude"].tolist() == [-1e-6, -1e-6]
    assert bytes(columns[5, 0x11, 2]["unread"][0]) == b"\x07\x08"
    assert flash_index(b"\xff" * 100) == {}
