"""Lotek GPS8000 and PinPoint: the examples of the maker's document, mortality, damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, decode, identify
from protocols.checksums import crc8_smbus

NAME = "lotek-gps8000-argos"
HEARD = datetime(2009, 12, 18, tzinfo=UTC)
THREE_PLACES = "1092afe4d0a8531a44900192afe5d0a8541a44912992afe6d0a8551a449159"
MORTALITY_TIME = "12ffffff12aff0ffffffd192aff2d0a8541a4491e992aff3d0a8541a449136"


def read(text: str) -> list[Packet]:
    return decode(bytes.fromhex(text), protocol=NAME, received=HEARD)


def agrees(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return all(agrees(got.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(agrees, got, wanted))
    return bool(got == (pytest.approx(wanted) if isinstance(wanted, float) else wanted))


def test_vectors(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    vectors = [v for v in map(json.loads, lines) if v["protocol"] == "lotek.gps8000.argos"]
    assert len(vectors) == 6
    for vector in vectors:
        packets = read(vector["hex"])
        assert agrees(packets[0].details, vector["decoded"])
        assert identify(bytes.fromhex(vector["hex"])) == [NAME]


def test_a_place_with_its_time() -> None:
    first = read(THREE_PLACES)[0]
    assert first.time == datetime(2009, 12, 7, 16, 6, 24, tzinfo=UTC)
    assert (first.latitude_deg, first.longitude_deg) == (44.0701056, -79.4274944)
    assert (first.position_status, first.mortality) == ("ok", False)


def test_mortality_is_that_of_the_header_and_its_time_is_no_place() -> None:
    first, *others = read(MORTALITY_TIME)
    assert {packet.mortality for packet in (first, *others)} == {True}
    assert (first.time, first.latitude_deg, first.position_status) == (None, None, "unavailable")
    assert first.details["mortality_time"] == "2009-12-07T16:57:36"
    assert [packet.position_status for packet in others] == ["ok", "ok"]


def test_a_damaged_block_is_bad_and_the_others_stand() -> None:
    first, second, third = read(THREE_PLACES[:8] + "c" + THREE_PLACES[9:])
    assert (first.position_status, first.mortality) == ("bad", None)  # the header may be wrong
    assert "CRC does not fit" in first.warnings[0]
    assert [second.position_status, third.position_status] == ["ok", "ok"]
    assert identify(bytes.fromhex("14" + THREE_PLACES[2:])) == []


def pinpoint(*blocks: str) -> str:
    """Put blocks behind the header 11, which no CRC covers."""
    return "11" + "".join(b + f"{crc8_smbus(bytes.fromhex(b)):02x}" for b in blocks)


PLACE = "92afe4d0a8531a4490"


def test_pinpoint_has_its_header_outside_of_the_crc() -> None:
    packets = read(pinpoint(PLACE, PLACE, "12afe4d0a8531a4490"))
    assert [p.position_status for p in packets] == ["ok", "ok", "ok"]
    assert [p.details["fix"] for p in packets] == ["3D", "3D", "2D"]
    assert packets[0].mortality is None


def test_zeros_and_degrees_that_cannot_be_are_no_places() -> None:
    text = pinpoint(PLACE, "00" * 9, "92afe4d0a8537fffff")
    assert [(p.position_status, p.latitude_deg is None) for p in read(text)] == [
        ("ok", False), ("unavailable", True), ("bad", True)
    ]  # fmt: skip
    assert identify(bytes.fromhex(text)) == []
    assert identify(bytes.fromhex("11" + "00" * 30)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (THREE_PLACES[:-2], "has 31 bytes, this has 30"),
        ("13" + "00" * 30, "header 13 is not known"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(text)
