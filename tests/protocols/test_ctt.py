"""CTT tags: their frames, against rtl_433's words and a station's own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocols import DecodeError, decode, identify
from protocols.ctt import CODE, is_motus_tag, is_tag

FRAME = bytes.fromhex("AAAAAAD39178664C3304")


def test_vectors(shared: Path) -> None:
    lines = (shared / "vectors" / "commercial-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == "ctt.tag434.frame"]
    assert len(rows) == 3
    for row in rows:
        (packet,) = decode(bytes.fromhex(row["hex"]), protocol=row["protocol"])
        assert packet.device_id == row["decoded"]["id"]
        assert {key: packet.details[key] for key in row["decoded"]} == row["decoded"]
        assert identify(bytes.fromhex(row["hex"])) == ["ctt-tag434"]


def test_every_id_of_a_real_station_fits(shared: Path) -> None:
    ids = [
        line.split(",")[2]
        for path in (shared / "data" / "sensorgnome").rglob("*.txt")
        for line in path.read_text(errors="replace").splitlines()
        if line.startswith("T") and line.count(",") == 3
    ]
    whole = [text for text in ids if len(text) == 10]
    assert len(whole) > 100
    assert all(is_tag(bytes.fromhex(text)) for text in whole)


def test_both_orders_of_the_20_bits() -> None:
    """The table of tve/motus-test-tags: 78 is 14, 66 is 13, 4C is 9, 33 is 6."""
    (packet,) = decode(FRAME)
    assert packet.details["id20_lsb_symbol_last"] == f"{14 << 15 | 13 << 10 | 9 << 5 | 6:05X}"
    assert packet.details["id20_lsb_symbol_first"] == f"{6 << 15 | 9 << 10 | 13 << 5 | 14:05X}"


def test_an_id_that_looks_like_a_number_stays_text() -> None:
    (packet,) = decode(bytes.fromhex("D391012345E252"))
    assert packet.device_id == "012345E2"
    assert (packet.details["motus"], packet.details["id20_lsb_symbol_last"]) == (False, None)


def test_the_code_has_32_values() -> None:
    assert len(set(CODE)) == len(CODE) == 32
    assert is_motus_tag(FRAME[5:])
    assert is_tag(bytes.fromhex("012345E252"))
    assert not is_motus_tag(bytes.fromhex("012345E252"))


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("AAAAAAD39178664C3305", 9, "the CRC of 78664c33 is 04, the frame has 05"),
        ("AAAAAAD39178664C33", 9, "after the sync come 5 bytes"),
        ("AAAAAAD39178664C330400", 10, "after the sync come 5 bytes"),
        ("AAAAAAD29178664C3304", 3, "no sync d391"),
        ("AA" * 17 + "D39178664C3304", 16, "a preamble of 17 bytes"),
        ("AAAAAAD3910000000000", 5, "silence"),
        ("AAAA", 2, "no sync"),
    ],
)
def test_what_is_no_frame_says_where(text: str, offset: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        decode(bytes.fromhex(text), protocol="ctt-tag434")
    assert caught.value.offset == offset
