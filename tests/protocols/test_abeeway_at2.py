"""Abeeway Asset Tracker 2 against the maker's driver; where that is wrong, what is right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, decode, identify

NAME = "abeeway-at2"
HEARD = datetime(2026, 11, 28, 7, 0, tzinfo=UTC)
GPS = "03484c8a300019ffaa0433fc02ab38b7"
LONG_GPS = "0e4c00940000520319ff471b0436341e004d150b5e0013190769"


def read(text: str, port: int = 17, received: datetime | None = HEARD) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol=NAME, port=port, received=received)
    return packet


def differences(got: Any, expected: Any, path: str = "") -> list[str]:
    if isinstance(expected, dict):
        return [d for k, v in expected.items() for d in differences(got.get(k), v, f"{path}.{k}")]
    if isinstance(expected, list) and isinstance(got, list) and len(got) == len(expected):
        pairs = enumerate(zip(got, expected, strict=True))
        return [d for i, (g, e) in pairs for d in differences(g, e, f"{path}.{i}")]
    same = got == pytest.approx(expected, abs=1e-9) if isinstance(expected, float) else False
    return [] if same or got == expected else [f"{path}: {got} is not {expected}"]


def test_every_vector(shared: Path) -> None:
    """The driver says 0 V on port 17 while the battery is charged: that is no voltage."""
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == NAME]
    assert len(rows) == 49
    charging = 0
    for row in rows:
        expected = dict(row["decoded"])
        if expected.get("batteryVoltage") == 0:
            charging += 1
            del expected["batteryVoltage"]
        details = read(row["hex"], row["port"]).details
        assert differences(details, expected) == [], row["hex"]
        assert identify(bytes.fromhex(row["hex"]), port=row["port"]) == [NAME]
    assert charging == 19


def test_battery_that_is_charged_or_unknown_has_no_voltage() -> None:
    for octet, status in (("00", "CHARGING"), ("ff", "UNKNOWN")):
        packet = read(f"0348{octet}8e0801")
        assert (packet.battery_v, packet.details["batteryStatus"]) == (None, status)
        assert "batteryVoltage" not in packet.details
    assert read(GPS).battery_v == 3.22
    assert read("04200092110004928f0000000000010000103f", 18).battery_v == 4.159


def test_fix_is_as_old_as_it_says() -> None:
    packet = read(LONG_GPS, 18)
    assert (packet.latitude_deg, packet.longitude_deg) == (43.6160283, 7.066115)
    assert (packet.altitude_m, packet.accuracy_m, packet.position_status) == (77.0, 21.0, "ok")
    assert packet.time == datetime(2026, 11, 28, 6, 58, 38, tzinfo=UTC)
    assert read(LONG_GPS, 18, None).time is None


def test_oldest_age_is_older_than_anybody_knows() -> None:
    packet = read(GPS[:10] + "ff" + GPS[12:])
    assert (packet.position_status, packet.time, packet.details["age"]) == ("stale", None, 2040)
    assert packet.warnings == ("the fix is 2040 s old or older",)
    long = read(LONG_GPS[:10] + "ffff" + LONG_GPS[14:], 18)
    assert (long.position_status, long.latitude_deg) == ("stale", 43.6160283)


@pytest.mark.parametrize(
    ("octet", "said", "accuracy_m"),
    [("fa", 250, 250.0), ("fb", "(250,500]", 500.0), ("fe", "(2000,4000]", 4000.0),
     ("ff", "(4000,)", None)],
)  # fmt: skip
def test_errors_beyond_250_m_are_ranges(octet: str, said: Any, accuracy_m: float | None) -> None:
    packet = read(LONG_GPS[:36] + octet + LONG_GPS[38:], 18)
    assert (packet.details["horizontalAccuracy"], packet.accuracy_m) == (said, accuracy_m)
    assert (packet.position_status == "bad") == (accuracy_m is None)
    assert (packet.latitude_deg is None) == (accuracy_m is None)


@pytest.mark.parametrize(
    ("text", "status"),
    [("03480089100299ffa8a433e705", "bad"), ("034800891002000000000000ff", "unavailable")],
)
def test_no_place_of_degrees_that_cannot_be(text: str, status: str) -> None:
    packet = read(text)
    assert (packet.position_status, packet.latitude_deg, packet.time) == (status, None, None)
    assert (identify(bytes.fromhex(text), port=17) == [NAME]) == (status != "bad")


def test_long_ids_stand_behind_one_another() -> None:
    """The driver goes on by 7 octets, where an id of 16 and its level have 17."""
    one = "000102030405060708090a0b0c0d0e0f"
    packet = read(f"0348009b0b02{one}c2{'ff' * 16}b0", 18)
    assert [item["rssi"] for item in packet.details["bleBeaconIds"]] == [-62, -80]
    assert packet.details["bleBeaconIds"][1]["beaconId"] == "-".join(["ff"] * 16)


def test_list_that_is_cut_gives_what_is_whole() -> None:
    packet = read("0358f28e790ee0b9e5b0b383b9b2ce7dbae6dfb744ce7dbae6dcb7aca31ee5b081")
    assert len(packet.details["wifiBssids"]) == 3
    assert packet.warnings == ("cut: its last 6 bytes are no whole record and are not shown",)


def test_encrypted_and_unread_say_so() -> None:
    assert "encrypted" in read("0380f98605").warnings[0]
    assert read("0f00f9862105").details["unread"] == "05"
    assert identify(bytes.fromhex("0f00f9862105"), port=17) == []
    parameters = read("0784d47d80025b00000001640000000a", 18).details["parameters"]
    assert parameters == [{"id": 91, "value": 1}, {"id": 100, "value": 10}]


def test_percent_beyond_a_hundred_are_doubted() -> None:
    """The driver's own examples have 212 percent."""
    assert "cannot have 249 percent" in read("0900f9860000", 18).warnings[0]
    assert identify(bytes.fromhex("0900f9860000"), port=18) == []
    assert identify(bytes.fromhex("0900f9860000"), port=17) == [NAME]


REFUSED = {
    "last byte missing": (LONG_GPS[:-2], 18, "has 23 or 26 bytes, this has 25"),
    "cut in its head": ("0380f9", 17, "5 bytes or more, this has 3"),
    "too long": ("0900f986000000", 17, "SHUTDOWN has 6 bytes, this has 7"),
    "type": ("0100f98600", 17, "there is no type 1 with kind 0"),
    "kind of fix": ("0380f9860c00", 17, "no type 3 with kind 12"),
    "event": ("0a04538a000b01b5dffb", 18, "no type 10 with kind 11"),
    "health of another kind": ("04200092120004", 18, "no type 4 with kind 2"),
    "mode": ("09e0f9860000", 17, "there is no mode 7"),
    "port": (GPS, 2, "port 2 is not known: 17"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    text, port, words = REFUSED[name]
    with pytest.raises(DecodeError, match=words):
        read(text, port)
    assert NAME not in identify(bytes.fromhex(text), port=port)


def test_port_must_be_named() -> None:
    with pytest.raises(DecodeError, match="needs the LoRaWAN port: 17"):
        decode(bytes.fromhex(GPS), protocol="abeeway")
    assert identify(bytes.fromhex(GPS)) == []
