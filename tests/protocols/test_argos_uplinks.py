"""Argos frames: vectors of other decoders, lengths, both ways of counting, what breaks off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, decode
from protocols.argos import frame, length_code

FRAME = bytes.fromhex("fffe2f001d810055aaff")
VLD = "10101100010100110101001100011100011001010001110011101100101000101111011"


def vectors(shared: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared / "vectors" / "commercial-collars.jsonl").read_text(encoding="utf-8")
    found = [json.loads(line) for line in lines.splitlines()]
    return [one for one in found if one["protocol"] == name]


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "argos.ptt_a2.frame_from_sync_tail",
        "argos.ptt_a2.bits",
        "argos.ptt_a3.datagram",
        "argos4.vld.coded_bits",
    ],
)
def test_vectors_are_decoded_under_their_name(shared: Path, name: str) -> None:
    found = vectors(shared, name)
    assert found
    for vector in found:
        data = bytes.fromhex(vector["hex"]) if "hex" in vector else vector["text"].encode()
        (packet,) = decode(data, protocol=name)
        said = {k: v for k, v in vector["decoded"].items() if k in packet.details}
        assert len(said) >= 3
        assert said.items() <= packet.details.items()


@pytest.mark.shared
def test_length_codes_are_the_published_ones(shared: Path) -> None:
    for vector in vectors(shared, "argos.a2a3.length_code"):
        said = vector["decoded"]
        assert length_code(said["blocks"]) == said["code"] == int(vector["hex"], 16)
        (packet,) = decode(frame(0xFB3AD00, bytes(said["user_bits_28bit_id"] // 8)))
        assert packet.details["user_bits"] == said["user_bits_28bit_id"]
        assert packet.details["id20_user_bits"] == said["user_bits_20bit_id"]


def test_all_length_codes() -> None:
    assert [length_code(blocks) for blocks in range(1, 9)] == [0, 3, 5, 6, 9, 10, 12, 15]


def test_frames_of_every_length_are_read_again() -> None:
    for blocks in range(1, 9):
        data = bytes(range(4 * blocks - 1))
        (packet,) = decode(frame(0x0A1FBD4, data))
        assert packet.protocol == "argos-ptt-a2"
        assert packet.device_id == "0A1FBD4"
        assert packet.details["data_hex"] == data.hex().upper()
        assert packet.details["id20_data_hex"] == "D4" + data.hex().upper()
        assert packet.warnings == ()


@pytest.mark.parametrize(("platform", "size"), [(1 << 28, 3), (1, 4), (1, 35), (1, 0)])
def test_frames_that_cannot_be_are_refused(platform: int, size: int) -> None:
    with pytest.raises(ValueError, match="28 bits"):
        frame(platform, bytes(size))


def test_data_that_break_off_are_told() -> None:
    (packet,) = decode(FRAME[:-1], protocol="argos-ptt-a2")
    assert packet.details["data_hex"] == "55AA"
    assert packet.warnings == ("it breaks off at byte 9: 8 bits of data are missing",)


@pytest.mark.parametrize(
    ("data", "words", "offset"),
    [
        ("fffe2f101d810055aaff", "length code 0001 is not of even parity", 3),
        ("fffe2f001d810055aaff00", "length code 0000 means 52 bits", 10),
        ("fffe3f001d810055aaff", "no 000101111 behind the ones but 000111111", 1),
        ("7ffe2f001d810055aaff", "it begins with 0 ones", 0),
        ("fffe2f001d81", "it breaks off within the platform, after 20 bits", 6),
    ],
)
def test_what_is_no_frame_says_why(data: str, words: str, offset: int) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        decode(bytes.fromhex(data), protocol="argos-ptt-a2")
    assert caught.value.offset == offset


def test_vld_is_a_fingerprint_and_no_platform() -> None:
    (packet,) = decode(VLD.encode())
    assert packet.device_id is None
    assert packet.details["fingerprint"] == "719473B28BD8"
    with pytest.raises(DecodeError, match="short means 45 coded bits, there are 44"):
        decode(VLD[:-1].encode(), protocol="argos4-vld")
    with pytest.raises(DecodeError, match="the bits of its length are 01"):
        decode((VLD[:25] + "1" + VLD[26:]).encode(), protocol="argos4-vld")
    with pytest.raises(DecodeError, match="does not begin with AC5353"):
        decode(b"0" * 71, protocol="argos4-vld")


def test_a3_message_must_be_whole_and_end_with_zeros() -> None:
    whole = bytes.fromhex("31e240 06 b76c7d70d94e8d 00")
    assert decode(whole, protocol="argos-ptt-a3")[0].device_id == "1E24006"
    with pytest.raises(DecodeError, match="no known format fits"):
        decode(whole)
    with pytest.raises(DecodeError, match="length code 0011 means 92 bits behind it, there are 84"):
        decode(whole[:-1], protocol="argos-ptt-a3")
    with pytest.raises(DecodeError, match="the zeros at its end are none"):
        decode(whole[:-1] + b"\x10", protocol="argos-ptt-a3")
    with pytest.raises(DecodeError, match="length code 0001 is not of even parity"):
        decode(b"\x10" + whole[1:], protocol="argos-ptt-a3")
