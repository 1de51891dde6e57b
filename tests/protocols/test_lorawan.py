"""LoRaWAN frames: whose they are. Examples typed from the specification's layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.lorawan import device_of, is_downlink

# The frame of Semtech's PROTOCOL.TXT is random; this one is of the lora-packet project's README.
README = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")

JOIN = b"\x00" + bytes(8) + bytes.fromhex("9dec3a0100a9d500") + bytes(6)


@pytest.mark.parametrize(
    ("frame", "device", "down"),
    [
        (README, "49be7df1", False),
        (b"\x80" + README[1:], "49be7df1", False),
        (b"\x60" + README[1:], None, True),
        (b"\xa0" + README[1:], None, True),
        (b"\x20" + bytes(16), None, True),
        (JOIN, "00d5a900013aec9d", False),
        (README[:11], None, False),
        (b"\xe0" + README[1:], None, False),
        (b"", None, False),
    ],
)  # fmt: skip
def test_whose_it_is(frame: bytes, device: str | None, down: bool) -> None:
    assert (device_of(frame), is_downlink(frame)) == (device, down)


@given(st.binary(max_size=60))
def test_any_bytes_are_survived(frame: bytes) -> None:
    device_of(frame)
    is_downlink(frame)
