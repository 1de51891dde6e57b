"""SparkFun's Argos position: what its library packs, and what cannot be."""

from __future__ import annotations

import pytest

from protocols import DecodeError, Packet, decode, identify

ELBRUS = "34cf88cf94a000"  # setPayloadARGOS2LatLon(43.2625, 42.5125)


def read(text: str) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol="sparkfun-argos")
    return packet


def test_place() -> None:
    packet = read(ELBRUS)
    assert (packet.latitude_deg, packet.longitude_deg, packet.time) == (43.2625, 42.5125, None)
    west = read("a8e4c559758000")
    assert (west.latitude_deg, west.longitude_deg) == (-33.5, -70.75)


@pytest.mark.parametrize(
    ("text", "status"), [("00" * 7, "unavailable"), ("80" + "00" * 6, "unavailable"),
                         ("7fffff00000000", "bad")]
)  # fmt: skip
def test_what_is_no_place(text: str, status: str) -> None:
    packet = read(text)
    assert (packet.latitude_deg, packet.position_status) == (None, status)


@pytest.mark.parametrize(("text", "words"), [(ELBRUS[:-2], "7 bytes"), ("ff" * 7, "not zeros")])
def test_refused(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(text)
    assert identify(bytes.fromhex(ELBRUS)) == []
