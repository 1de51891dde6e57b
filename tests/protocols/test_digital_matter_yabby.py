"""Digital Matter Yabby Edge: scans, resets, answers; expected values by the maker's decoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocols import DecodeError, Packet, decode, identify

NAME = "digital-matter-yabby-edge"
SCAN = "01a4a0b3ccd358e6"
NAV = "020ea10b88da4308a140e281c11bff01353c0600ee02f201"


def read(text: str, port: int) -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol=NAME, port=port)
    return packet


def test_every_vector(shared: Path) -> None:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == NAME]
    assert len(rows) == 1
    for row in rows:
        assert read(row["hex"], row["port"]).details == row["decoded"]


def test_reset_with_its_battery() -> None:
    packet = read("020356010a34128c", 1)
    assert packet.battery_v == 2.98
    assert packet.details["data"] == {
        "type": "reset", "fwMaj": 2, "fwMin": 3, "prodId": 86, "hwRev": 1, "resetPowerOn": False,
        "resetWatchdog": True, "resetExternal": False, "resetSoftware": True,
        "watchdogReason": 4660, "initialBatV": 2.98,
    }  # fmt: skip


def test_answer_to_a_downlink_and_pieces() -> None:
    assert read("8502035601", 2).details["data"] == {
        "type": "downlink ack", "sequence": 5, "accepted": True, "fwMaj": 2, "fwMin": 3,
        "prodId": 86, "hwRev": 1,
    }  # fmt: skip
    start = {"type": "fragment start", "dstPort": 4, "piece": "04aabb"}
    assert read("04aabb", 80).details["data"] == start
    assert read("aabb", 82).details["data"] == {"type": "fragment end", "piece": "aabb"}


def test_no_place_is_made_of_the_place_of_assistance() -> None:
    packet = read("00" + NAV, 4)
    assert packet.details["data"]["navFields"]["assistLat"] == 45.2197265625
    assert (packet.latitude_deg, packet.position_status) == (None, "unavailable")


def test_satellites_that_are_cut_are_told() -> None:
    packet = read(SCAN + NAV[:-2], 4)
    assert packet.details["data"]["nav"] == NAV[:-2]
    assert packet.warnings == ("the satellites at byte 8 cannot be read: it ends within a number",)


def test_known_by_port_and_levels_only() -> None:
    assert identify(bytes.fromhex(SCAN), port=4) == [NAME]
    assert identify(bytes.fromhex(SCAN + NAV), port=4) == [NAME]
    assert identify(bytes.fromhex(SCAN)) == []
    assert identify(bytes.fromhex("0124" + SCAN[4:]), port=4) == []
    assert identify(bytes.fromhex("00" + NAV), port=4) == []


@pytest.mark.parametrize(
    ("text", "port", "words"),
    [("02a4a0b3ccd358e6", 4, "port 4 has 15 bytes or more, this has 8"),
     ("41a4a0b3ccd358e6", 4, "41 begins no position"), ("00" * 9, 1, "8 bytes, this has 9"),
     ("00" * 4, 2, "5 bytes, this has 4"), ("00", 3, "port 3 is not known")],
)  # fmt: skip
def test_refused(text: str, port: int, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(text, port)
    with pytest.raises(DecodeError, match="needs the LoRaWAN port"):
        decode(bytes.fromhex(text), protocol="yabby-edge")
