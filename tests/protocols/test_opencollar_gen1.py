"""OpenCollar's first generation: what its packets mean, and that it is not taken for the next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from protocols import DecodeError, Packet, decode, identify

GPS = "5cefb7926c88f603820e092b000180d32761"
LOG = "5cefb7926c8807a120a55cef63926cc007a15c7f5ceefd926cca07a19800"


def read(text: str, port: int) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol="opencollar-gen1", port=port)
    return packet


def test_fix_with_its_time_height_and_accuracy() -> None:
    packet = read(GPS, 1)
    assert (packet.latitude_deg, packet.longitude_deg) == (-24.6541, 25.90869)
    assert packet.time == datetime(2021, 8, 26, 17, 46, 40, tzinfo=UTC)
    assert (packet.altitude_m, packet.accuracy_m, packet.position_status) == (1014.0, 9.0, "ok")


def test_nought_and_nought_is_no_fix() -> None:
    packet = read("00" * 18, 1)
    assert (packet.latitude_deg, packet.position_status, packet.time) == (None, "unavailable", None)


def test_log_gives_its_newest_place_and_all_of_them() -> None:
    packet = read(LOG, 11)
    assert packet.latitude_deg == -24.6561
    assert len(packet.details["locations"]) == 3
    assert packet.time == datetime(2021, 8, 26, 19, 46, 40, tzinfo=UTC)


def test_settings_and_ratios_are_given_as_they_came() -> None:
    assert read("ab" * 34, 3).details == {"settings": "ab" * 34}
    assert read("0c0e132146", 30).details == {"vswr": [12, 14, 19, 33, 70]}


REFUSED = [
    (GPS, None, "needs the LoRaWAN port"), (GPS, 2, "no port 2"), (GPS[:-2], 1, "17 bytes"),
    (LOG[:-2], 11, "29 bytes"), (LOG * 7, 11, "210 bytes"), ("00" * 27, 12, "27 bytes"),
    ("00" * 33, 3, "33 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "port", "words"), REFUSED)
def test_refused(text: str, port: int | None, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode(bytes.fromhex(text), protocol="opencollar-gen1", port=port)


def test_message_of_the_next_generation_stays_that() -> None:
    assert identify(bytes.fromhex(GPS), port=1) == ["opencollar-gen1"]
    fence = bytes.fromhex("92060102030405" + "06")
    assert identify(fence, port=12) == ["opencollar-edge"]
    assert identify(b"\x0c\x0e\x13", port=30) in ([], ["opencollar-edge"])
