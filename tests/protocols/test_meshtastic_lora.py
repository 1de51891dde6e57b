"""Meshtastic: identity without a key, contents with it.

Packets were built with Meshtastic 2.7.11's Python protobufs and pycryptodome. KEY and LONG_KEY are
made up; DEFAULT_KEY is that of the public channel, which Meshtastic's own sources print.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Packet, decode, identify, protobuf
from protocols.envelopes import lora
from protocols.meshtastic_lora import DATA, POSITION

NAME = "meshtastic-lora"
NODE = "!433d1c2a"
DEFAULT_KEY = "d4f1bb3a20290759f0bcffabcf4e6901"
KEY, LONG_KEY = bytes(range(16)), bytes(range(32))
HEAD = "ffffffff2a1c3d43"
FULL = (
    f"{HEAD}0011006a6b08002adef00b641910829cbd7e341cacdddcb084099abde84bd21a352c99135ee5f4e0d21b87c"
    "be89c6e7a8888a6dda4bce446dc4a81399b060698a28b362bb5be632d086b43af094d7abda23d3d6827839ccf65c8c"
    "97fb438e8b0689a0202e81f9397b93b50"
)
COARSE = f"{HEAD}0111006a6308002a202b8ed80dc804661f52e4530185fd6a540f8d73780f"
TYPED_IN = f"{HEAD}0211006a6308002a9c50062833a0f73729927bcf4d20fffd"
NO_PLACE = f"{HEAD}0311006a6308002ab74221c9b7bc42985f"
TOO_MANY_DEGREES = f"{HEAD}0411006a6308002a46da82036b9d1e2d5bbf4f74de93"
DEVICE = f"{HEAD}0511006a6308002ac9d61c1b8001acd1da9244e4c101a59b75c27581c512e50573b29b962cd4b36d"
AIR = f"{HEAD}0611006a6308002a0f82c0bdb14cb5a07e856f9dfceed92b121f25bde163211f9f950480"
TEXT = "443322112a1c3d430711006a6308002a71044acb07bbb401cf"
BROKEN = f"{HEAD}0811006a6308002ac38d7fb8d2d3"


def read(text: str, psk: Any = KEY) -> Packet:
    context = {"keys": {"psk": psk.hex() if isinstance(psk, bytes) else psk}} if psk else None
    (packet,) = decode(bytes.fromhex(text), protocol=NAME, context=context)
    return packet


def test_every_vector(shared: Path) -> None:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == NAME]
    assert len(rows) == 2
    for row in rows:
        details = read(row["hex"], DEFAULT_KEY).details
        assert {name: details[name] for name in row["decoded"]} == row["decoded"]


def test_without_a_key_its_sender_is_known() -> None:
    packet = read(FULL, None)
    assert (packet.device_id, packet.latitude_deg) == (NODE, None)
    assert "for homing" in packet.warnings[0]
    assert "portnum" not in packet.details
    assert (packet.details["want_ack"], packet.details["via_mqtt"]) == (True, False)
    assert packet.details["relayed"] is False


def test_place_time_and_every_field() -> None:
    packet = read(FULL)
    assert (packet.latitude_deg, packet.longitude_deg) == (-24.654102, -179.999999)
    assert (packet.altitude_m, packet.accuracy_m, packet.position_status) == (-12.0, 5.4, "ok")
    assert packet.time == datetime.fromtimestamp(1789552890, UTC)
    expected = {
        "altitude": -12, "time": 1789552900, "location_source": 2, "altitude_source": 2,
        "timestamp": 1789552890, "timestamp_millis_adjust": -5, "altitude_hae": -40,
        "altitude_geoidal_separation": -28, "PDOP": 180, "HDOP": 120, "VDOP": 150,
        "gps_accuracy": 3000, "ground_speed": 3, "ground_track": 27000000, "fix_quality": 1,
        "fix_type": 3, "sats": 7, "sensor_id": 2, "next_update": 60, "seq_number": 300,
        "precision_bits": 32,
    }  # fmt: skip
    assert {name: packet.details[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("old", "new"), [("6b08002a", "6a08002a"), ("6b08002a", "7b08002a"), ("6b08002a", "6b08007e")]
)
def test_packet_that_another_node_sent_on_has_its_level(old: str, new: str) -> None:
    """Fewer hops left, by the internet, or another relay's name: it is not the sender's level."""
    text = FULL.replace(old, new)
    packet = read(text)
    assert (packet.device_id, packet.latitude_deg) == (NODE, -24.654102)
    assert "another node sent it on" in packet.warnings[0]
    assert lora.known_of(bytes.fromhex(text)) == {"protocol": NAME, "device_id": None}


def test_coarsened_place_is_as_wrong_as_it_can_be() -> None:
    """13 bits are 2.9 km in the table of Meshtastic's documentation."""
    packet = read(COARSE, LONG_KEY)
    assert packet.accuracy_m == pytest.approx(2900, abs=50)


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [(TYPED_IN, "stale", "typed in"), (NO_PLACE, "unavailable", "it has no place"),
     (TOO_MANY_DEGREES, "bad", "degrees are too many"),
     (BROKEN, "unavailable", "field 1 runs past the end")],
)  # fmt: skip
def test_what_is_no_place_of_now(text: str, status: str, words: str) -> None:
    packet = read(text)
    assert (packet.position_status, packet.latitude_deg is None) == (status, status != "stale")
    assert words in packet.warnings[0]


def test_zeros_are_no_place(shared: Path) -> None:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["protocol"] == NAME]
    packet = read(rows[1]["hex"], DEFAULT_KEY)
    assert (packet.latitude_deg, packet.position_status) == (None, "unavailable")
    assert packet.details["latitude"] == 0


def test_telemetry() -> None:
    device = read(DEVICE)
    assert (device.battery_v, device.details["device_metrics"]["battery_level"]) == (3.987, 83)
    around = read(AIR)
    assert around.temperature_c == -3.5
    assert around.details["environment_metrics"]["barometric_pressure"] == 1001.25


def test_other_contents_are_given_as_they_are() -> None:
    packet = read(TEXT)
    assert (packet.details["portnum"], packet.details["payload"]) == (
        "TEXT_MESSAGE_APP", b"hello".hex(),
    )  # fmt: skip
    assert identify(bytes.fromhex(TEXT)) == []


@pytest.mark.parametrize("psk", [bytes(16), bytes(32), LONG_KEY])
def test_wrong_key_opens_nothing(psk: bytes) -> None:
    packet = read(FULL, psk)
    assert packet.warnings == ("the key does not open it: another channel's, or a damaged packet",)
    assert packet.latitude_deg is None


def test_key_by_node_and_in_base64() -> None:
    key = base64.b64encode(LONG_KEY).decode()
    for name in (NODE, NODE.upper(), NODE[1:]):
        context = {"keys": {name: {"psk": key}}}
        (packet,) = decode(bytes.fromhex(COARSE), protocol="meshtastic", context=context)
        assert packet.latitude_deg is not None
    other = {"keys": {"!00000001": {"psk": key}}}
    (packet,) = decode(bytes.fromhex(COARSE), protocol=NAME, context=other)
    assert "for homing" in packet.warnings[0]


@pytest.mark.parametrize(
    ("psk", "words"),
    [("AQ==", "give the whole key"), ("zz" * 16, "psk is not 32 or 64"), (5, "psk is not"),
     ("00" * 15, "psk is not"), (["secret"], "psk is not")],
)  # fmt: skip
def test_key_that_is_none_is_refused_and_not_told(psk: Any, words: str) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        read(FULL, psk)
    assert str(psk) not in str(caught.value) or psk == 5
    assert caught.value.__cause__ is None


def test_no_key_is_in_what_a_packet_says() -> None:
    assert KEY.hex() not in json.dumps(read(FULL).details)


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [(FULL[:30], "16 to 255 bytes, this has 15", 15), ("ffffffff" + "00" * 20, "no node", 4),
     (f"{HEAD}0011006a2308002a00", "more hops", 12), ("ff" * 256, "this has 256", 255)],
)  # fmt: skip
def test_refused(text: str, words: str, offset: int) -> None:
    with pytest.raises(DecodeError, match=words) as caught:
        read(text)
    assert caught.value.offset == offset


def test_known_by_its_address_and_named_by_its_sender() -> None:
    frame = bytes.fromhex(FULL)
    assert identify(frame) == [NAME]
    assert identify(frame, port=3) == []
    assert lora.known_of(frame) == {"protocol": NAME, "device_id": NODE}


# --- the wire format --------------------------------------------------------------------------


def test_varints_as_the_documentation_has_them() -> None:
    """150 is `96 01`, of field 1 of `08 96 01`; -2 as int32 has ten octets."""
    assert list(protobuf.fields(bytes.fromhex("089601"))) == [(1, 0, 150)]
    assert protobuf.read(bytes.fromhex("18feffffffffffffffff01"), POSITION) == {"altitude": -2}
    assert protobuf.read(bytes.fromhex("4803"), POSITION) == {"altitude_hae": -2}


@pytest.mark.parametrize(
    ("text", "words"),
    [("08", "has no end"), ("08" + "ff" * 10, "has no end"), ("0d010203", "runs past the end"),
     ("1205aa", "runs past the end"), ("0b", "no field begins at byte 0"), ("00", "no field"),
     ("0a00", "is of another kind")],
)  # fmt: skip
def test_broken_messages_are_refused(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        protobuf.read(bytes.fromhex(text), DATA)


def test_numbers_that_are_none_are_not_given_as_zero() -> None:
    floats = {1: ("value", protobuf.FLOAT)}
    assert protobuf.read(bytes.fromhex("0d0000c07f"), floats) == {"value": None}
    assert protobuf.read(b"", floats) == {}


@given(st.binary(max_size=40))
def test_any_bytes_are_fields_or_refused(data: bytes) -> None:
    try:
        found = protobuf.read(data, POSITION)
    except DecodeError:
        return
    assert set(found) <= {name for name, _ in POSITION.values()}
