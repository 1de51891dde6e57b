"""Digital Matter Oyster: positions, old positions, statistics."""

from __future__ import annotations

import pytest

from protocols import DecodeError, Packet, decode, identify


def read(text: str, port: int) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol="digital-matter-oyster", port=port)
    return packet


def test_new_place_and_old_place() -> None:
    new = read("0030edec003224450000de", 1)
    assert (new.latitude_deg, new.longitude_deg, new.position_status) == (-32.0, 116.0, "ok")
    old = read("c046b21e80b0edff020096", 1)
    assert (old.latitude_deg, old.position_status) == (51.5, "stale")
    assert "nobody says how old" in old.warnings[0]


def test_statistics_bit_by_bit() -> None:
    """As the maker's decoder has it: every field a different number of bits."""
    assert read("1f8034127856bc9a785634", 3).details["data"] == {
        "type": "stats", "initialBatV": 5.5, "txCount": 32, "tripCount": 36128,
        "gpsSuccesses": 28704, "gpsFails": 2848, "aveGpsFixS": 241, "aveGpsFailS": 309,
        "aveGpsFreshenS": 120, "wakeupsPerTrip": 86, "uptimeWeeks": 104,
    }  # fmt: skip


def test_place_that_cannot_be_is_bad() -> None:
    packet = read("ffffff7f003224450000de", 1)
    assert (packet.latitude_deg, packet.position_status) == (None, "bad")
    assert identify(bytes.fromhex("ffffff7f003224450000de"), port=1) == []


@pytest.mark.parametrize(
    ("text", "port", "words"),
    [("0030edec003224450000", 1, "port 1 has 11 bytes, this has 10"), ("00" * 10, 4, "9 bytes"),
     ("00" * 11, 2, "port 2 is not known")],
)  # fmt: skip
def test_refused(text: str, port: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(text, port)
    with pytest.raises(DecodeError, match="needs the LoRaWAN port"):
        decode(bytes.fromhex(text), protocol="oyster")
