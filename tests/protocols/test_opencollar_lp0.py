"""LP0 frames: raw LoRa of OpenCollar Edge collars, and the message inside."""

from __future__ import annotations

import pytest

from protocols import DecodeError, decode, identify

PING = "4269da1b01262110030ea068aa6a21154ef1a35a710faa55"


def test_ping_says_where_the_collar_was() -> None:
    frame, ping = decode(bytes.fromhex(PING))
    assert (frame.protocol, frame.device_id) == ("opencollar-lp0", "26011bda")
    assert (ping.protocol, ping.device_id) == ("opencollar-edge", "26011bda")
    assert ping.latitude_deg == pytest.approx(-24.6541023)
    assert ping.longitude_deg == pytest.approx(25.9087011)


def test_payload_of_another_kind_leaves_the_frame() -> None:
    (frame,) = decode(bytes.fromhex("4269da1b0126c802abcd"), protocol="lp0")
    assert frame.details["payload"] == "abcd"


REFUSED = {
    "too long": ("4269da1b01260410f40e0400", "16 bytes of payload, it has 4", 7),
    "bytes behind it": ("4269da1b01260401f40e", "1 bytes of payload, it has 2", 7),
    "swapped": ("6942da1b01260400", "does not begin with 42 69 but with 69 42", 0),
    "sync only": ("4269", "8 bytes or more", 2),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_place(name: str) -> None:
    text, words, offset = REFUSED[name]
    with pytest.raises(DecodeError, match=words) as caught:
        decode(bytes.fromhex(text), protocol="opencollar-lp0")
    assert caught.value.offset == offset
    assert "opencollar-lp0" not in identify(bytes.fromhex(text))
