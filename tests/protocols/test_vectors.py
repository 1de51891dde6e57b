"""Every packet and line of the collection: what is expected, and what a faulty one gives.

`DIFFERENT` holds all places where we say on purpose something else than the decoder that the
collection was made with; docs/decoders.md tells the reasons. `OWN_TESTS` walk their packets
themselves.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import PROTOCOLS, DecodeError, Packet, decode
from receiver.decoding import Hints, Reading, read_file, read_item

HEARD = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OWN_TESTS = {"opencollar-edge", "abeeway-at2", "abeeway-at3", "wildfi-log", "meshtastic-lora"}
NAMES = {name for protocol in PROTOCOLS for name in (protocol.name, *protocol.aliases)}
KEYS = ("nwk_skey", "app_skey", "app_key", "key", "psk")
# Keys of the collection that are no value of the packet: what it was made of.
ABOUT = {"serial_line", "raw_log_line_base64", "request", "response", "params", "tail", *KEYS}
DIFFERENT = {
    ("opencollar-gen1", "pulse_energy"): "its expression has a slip; we give the byte as it came",
    ("opencollar-gen1", "locations"): "it fills up with null rows; we give those that are there",
    ("ticktag-eeprom", "00000000000000000000"): "ten zeros were never written: no fix",
}


def rows(shared: Path, name: str) -> list[dict[str, Any]]:
    lines = (shared / "vectors" / name).read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["protocol"] not in OWN_TESTS]


def test_every_format_of_the_collection_is_known(shared: Path) -> None:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    named = {row["protocol"] for row in map(json.loads, lines) if row["hex"]}
    assert named <= NAMES


def differences(got: Any, expected: Any, path: str, protocol: str) -> list[str]:
    if isinstance(expected, dict):
        return [
            one
            for key, value in expected.items()
            if key not in ABOUT and (protocol, key) not in DIFFERENT
            for one in differences(
                got.get(key) if isinstance(got, dict) else None, value, f"{path}.{key}", protocol
            )
        ]
    if isinstance(expected, list) and isinstance(got, list) and len(got) == len(expected):
        return [
            one
            for number, pair in enumerate(zip(got, expected, strict=True))
            for one in differences(*pair, f"{path}[{number}]", protocol)
        ]
    numbers = isinstance(got, int | float) and isinstance(expected, int | float)
    if numbers and abs(got - expected) <= 1e-6 * max(1.0, abs(expected)):
        return []
    return [] if got == expected else [f"{path}: {got!r} is not {expected!r}"]


def said(row: dict[str, Any], packets: list[Packet]) -> Any:
    """Return what packets say in the form of the collection."""
    if row["protocol"] == "opencollar-edge-record-stream":
        return {
            str(number): {"data": packet.details, "port": packet.details["port"],
                          "timestamp": packet.details["store_timestamp"]}
            for number, packet in enumerate(packets, start=1)
        }  # fmt: skip
    if "ping" in row["decoded"]:
        ping = packets[1].details
        return {**packets[0].details, "ping": {**ping, "last_position_time": ping["fix_timestamp"]}}
    return packets[0].details


def test_every_packet_gives_what_is_expected(shared: Path) -> None:
    wrong = []
    packets = [row for row in rows(shared, "open-collars.jsonl") if row["hex"]]
    assert len(packets) == 55
    for row in packets:
        name = row["protocol"]
        if (name, row["hex"]) in DIFFERENT:
            continue
        keys = {key: row["decoded"][key] for key in KEYS if key in row["decoded"]}
        read = decode(
            bytes.fromhex(row["hex"]), protocol=name, port=row["port"], context={"keys": keys}
        )  # fmt: skip
        wrong += differences(said(row, read), row["decoded"], f"{name} {row['port']}", name)
    assert wrong == []


def test_every_line_and_message_gives_what_is_expected(shared: Path) -> None:
    lines = [row for row in rows(shared, "open-collars.jsonl") if not row["hex"]]
    assert len(lines) == 21
    for row in lines:
        line, expected = row["decoded"].get("line"), row["decoded"].get("expect", {})
        if line is None:
            reading = read_file((shared / row["decoded"]["file"]).read_bytes(), Hints())
            assert reading.detections or reading.packets, row["decoded"]["file"]
        elif "event" in expected or line.startswith(("+EVT:RXP2P,", "+EVT:AABB")):
            with pytest.raises(DecodeError, match="nothing heard in this line"):
                read_item({"text": line, "protocol": row["protocol"]})
        else:
            heard = read_item({"text": line, "protocol": row["protocol"]}).detections[0]
            assert heard.level_raw == expected.get("rssi")
            assert heard.snr_db == expected.get("snr")
            assert heard.frequency_hz in (None, expected.get("freq_hz"), 868_100_000)
            frame = expected.get("hex", expected.get("phy"))
            assert frame is None or (heard.data or b"").hex() == frame


def test_older_sticks_say_a_packet_in_two_lines() -> None:
    text = "+EVT:RXP2P, RSSI -60, SNR 11\n+EVT:AABBCCDD"
    (heard,) = read_item({"text": text}).detections
    assert (heard.level_raw, heard.snr_db, heard.data) == (-60, 11, bytes.fromhex("aabbccdd"))


# By protocol and the beginning of the fault: the words of the refusal, or of the warning. Where the
# collection allows two ways, this is the one taken.
REFUSED = {
    ("awt-lorawan", "last byte missing"): "says 33 bytes",
    ("awt-lorawan", "cut at 20"): "says 33 bytes",
    ("awt-lorawan", "header XOR"): "checksum of the head",
    ("awt-lorawan", "payload XOR"): "checksum of the payload",
    ("awt-lorawan", "length byte 37"): "says 37 bytes",
    ("ticktag-eeprom", "unwritten"): "ever written",
    ("ticktag-eeprom", "all zero"): "ever written",
    ("ticktag-eeprom", "half a record"): "10 bytes each",
    ("ticktag-eeprom", "latitude 120"): "cannot be",
    ("ticktag-serial", "line cut"): "no row of a fix",
    ("rx-line", "odd number"): "nothing heard",
    ("rx-line", "empty payload"): "nothing heard",
    ("rx-line", "first byte lost"): "neither hexadecimal nor base64",
    ("rx-line", "timeout event"): "nothing heard",
    ("rx-line", "busy"): "nothing heard",
    ("rx-line", "bad base64"): "not base64",
    ("rx-line", "cut JSON"): "not JSON",
    ("lorawan-1.0-phy", "shorter"): "12 bytes or more",
    ("lorawan-1.0-phy", "FOptsLen"): "run past the end",
    ("lorawan-1.0-phy", "MType 7"): "maker's own frame",
    ("opencollar-lp0", "length byte"): "says 16 bytes",
    ("opencollar-lp0", "sync bytes"): "does not begin with 42 69",
    ("opencollar-lp0", "sync only"): "8 bytes or more",
    ("linkit-argos", "14 bytes"): "this has 14",
    ("linkit-argos", "all ones"): "CRC does not fit",
    ("linkit-argos", "doppler CRC"): "CRC does not fit",
    ("linkit-dte", "no #"): "not of the form",
    ("linkit-dte", "no ; after"): "not of the form",
    ("linkit-dte", "no carriage"): "no carriage return",
    ("linkit-dte", "length 8"): "length says 8",
    ("linkit-dte", "old date"): "length says 25",
}
WARNED = {
    ("awt-lorawan", "command 0x91"): "the cipher is not public",
    ("awt-lorawan", "header byte"): "every frame seen so far with a5",
    ("awt-lorawan", "zero words"): "clock is not set",
    ("ticktag-serial", "sign lost"): "no minus sign between -1 and 0",
    ("lorawan-1.0-phy", "downlink"): "sent by a gateway",
    ("linkit-argos", "one BCH bit"): "wrong bits mended: 1",
    ("linkit-argos", "one data bit"): "wrong bits mended: 1",
    ("linkit-dte", "device refused"): "refused PARMW, error 5",
}
CLEAN = {
    ("ticktag-serial", "no fixes"),
    ("ticktag-serial", "older V103"),
    ("rx-line", "one space"),
    ("rx-line", "no payload"),
    ("rx-line", "PHY CRC failed"),
    ("rx-line", "base64 mixes"),
    ("rx-line", "FSK"),
    ("rx-line", "status only"),
    ("lorawan-1.0-phy", "FCnt rolled over"),
    ("linkit-argos", "doppler packet"),
}


def of(table: Any, row: dict[str, Any]) -> Any:
    keys = [(name, fault) for name, fault in table
            if name == row["protocol"] and row["fault"].startswith(fault)]  # fmt: skip
    return keys[0] if keys else None


def reading_of(row: dict[str, Any]) -> Reading:
    name = None if row["protocol"] == "rx-line" else row["protocol"]
    words = {"hex": row["hex"]} if "hex" in row else {"text": row["line"]}
    return read_item({**words, "protocol": name, "port": row["port"],
                      "received": "2026-11-22T12:00:00Z"})  # fmt: skip


def test_every_bad_input_gives_what_is_expected(shared: Path) -> None:
    faulty = rows(shared, "open-collars-bad-input.jsonl")
    assert len(faulty) == 49
    met = set()
    for row in faulty:
        key = of(REFUSED, row)
        if key:
            with pytest.raises(DecodeError, match=REFUSED[key]):
                reading_of(row)
        elif key := of(WARNED, row):
            warnings = [text for packet in reading_of(row).packets for text in packet.warnings]
            assert any(WARNED[key] in text for text in warnings), row["fault"]
        else:
            key = of(CLEAN, row)
            assert key, row["fault"]
            assert not any(packet.warnings for packet in reading_of(row).packets), row["fault"]
        met.add(key)
    assert met == {*REFUSED, *WARNED, *CLEAN}
