"""Kineis STDV1: the maker's example, the form with a BCH code, damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from protocols import DecodeError, Packet, decode, identify
from protocols.bch import B255_223_4
from protocols.checksums import crc16_xmodem

NAME = "kineis-stdv1"
HEARD = datetime(2026, 9, 20, tzinfo=UTC)
EXAMPLE = "bb7572a3c6d5d417d61e148d29c3110860b2c050e672a3c6d5d417d61e148d"


def read(data: bytes) -> Packet:
    (packet,) = decode(data, protocol=NAME, received=HEARD)
    return packet


def with_bch(text: str) -> bytes:
    """Put CRC and BCH code around 25 bytes, as vMSGKINEIS_STDV1_setCRC16andBCH32 does."""
    body = bytes.fromhex(text)
    covered = crc16_xmodem(body).to_bytes(2, "big") + body
    return covered + B255_223_4.check(int.from_bytes(covered, "big")).to_bytes(4, "big")


def test_vector(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    (vector,) = [v for v in map(json.loads, lines) if v["protocol"] == "kineis.stdv1"]
    data = bytes.fromhex(vector["hex"])
    details = read(data).details
    assert {key: details[key] for key in vector["decoded"]} == vector["decoded"]
    assert identify(data) == [NAME]


def test_the_makers_example() -> None:
    packet = read(bytes.fromhex(EXAMPLE))
    assert packet.time == datetime(2026, 9, 18, 20, 30, tzinfo=UTC)
    assert (packet.latitude_deg, packet.longitude_deg, packet.altitude_m) == (
        39.0535,
        89.5912,
        4820,
    )
    (unknown,) = decode(bytes.fromhex(EXAMPLE), protocol=NAME)
    assert (unknown.time, unknown.position_status) == (None, "stale")


@pytest.mark.parametrize("wrong", [(), (0,), (17, 100, 200, 247)])
def test_wrong_bits_are_mended_where_there_is_a_code(wrong: tuple[int, ...]) -> None:
    word = int.from_bytes(with_bch(EXAMPLE[4:54]), "big")
    for bit in wrong:
        word ^= 1 << bit
    data = word.to_bytes(31, "big")
    packet = read(data)
    assert (packet.latitude_deg, packet.details["bch_ok"]) == (39.0535, not wrong)
    assert packet.position_status == ("corrected" if wrong else "ok")
    assert packet.details["user"] == EXAMPLE[22:54].upper()
    assert (identify(data) == [NAME]) is (not wrong)


@pytest.mark.parametrize("data", [EXAMPLE[:-2], "bb7573" + EXAMPLE[6:], "ff" * 31])
def test_refused(data: str) -> None:
    with pytest.raises(DecodeError, match=r"this has 30|CRC does not fit"):
        read(bytes.fromhex(data))


def test_zeros_pass_the_crc_and_are_nothing() -> None:
    packet = read(bytes(31))
    assert (packet.time, packet.latitude_deg, packet.position_status) == (None, None, "unavailable")
    assert identify(bytes(31)) == []
