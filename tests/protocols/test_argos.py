"""Argos messages whose format nobody names."""

from __future__ import annotations

import random

import pytest

from protocols import DecodeError, decode

LINKIT = "343bc63ea7fc011be000000fc2b06c"
KINEIS = "bb7572a3c6d5d417d61e148d29c3110860b2c050e672a3c6d5d417d61e148d"
LOTEK = "1092afe4d0a8531a44900192afe5d0a8541a44912992afe6d0a8551a449159"
TELONICS = "098cf94a699f198982f5ff00033fa01fb080000ffd00804153ffff08000000"


@pytest.mark.parametrize(
    ("text", "name"),
    [(LINKIT, "linkit-argos"), (KINEIS, "kineis-stdv1"), (LOTEK, "lotek-gps8000-argos")],
)
def test_checks_tell_the_format(text: str, name: str) -> None:
    packets = decode(bytes.fromhex(text), protocol="argos")
    assert {packet.protocol for packet in packets} == {name}


@pytest.mark.parametrize("text", [TELONICS, "0500b6", "00" * 31, "34cf88cf94a000"])
def test_weak_checks_do_not(text: str) -> None:
    with pytest.raises(DecodeError, match="the checks of no known format fit; name its format"):
        decode(bytes.fromhex(text), protocol="argos")


def test_noise_is_not_taken_for_a_message() -> None:
    """Of 3,000 random messages 0.004 should pass; none is read as what LoRa carries."""
    noise = random.Random(20261128)
    for size in (11, 15, 19, 23, 27, 31):
        for _ in range(500):
            with pytest.raises(DecodeError):
                decode(noise.randbytes(size), protocol="argos")
