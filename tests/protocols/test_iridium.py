"""Iridium SBD: DirectIP messages, their elements, what a modem says; and what is damaged."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from protocols import DecodeError, Packet, decode, identify

IMEI = "300234068036650"
HEADER = "01001c00000007" + IMEI.encode().hex() + "{status:02x}03a4000061f9b35b"
PLACE = "03000b00259b64ab72780000{cep:04x}"


def message(*elements: str) -> str:
    body = "".join(elements)
    return f"01{len(body) // 2:04x}{body}"


def head_of(status: int = 0) -> str:
    return HEADER.format(status=status)


def read(text: str, name: str = "iridium-sbd") -> Packet:
    (packet,) = decode(bytes.fromhex(text), protocol=name)
    return packet


def vectors(shared: Path, begin: str) -> list[dict[str, Any]]:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    return [v for v in map(json.loads, lines) if v["protocol"].startswith(begin)]


def test_vectors_of_messages(shared: Path) -> None:
    found = vectors(shared, "iridium.directip.m")
    assert len(found) == 4
    for vector in found:
        packet, decoded = read(vector["hex"], vector["protocol"]), vector["decoded"]
        for part in ("header", "location"):
            wanted = {k: pytest.approx(v) if isinstance(v, float) else v
                      for k, v in decoded.pop(part, {}).items()}  # fmt: skip
            assert packet.details.get(part, {}) == wanted
        assert {key: packet.details[key] for key in decoded} == decoded
        assert identify(bytes.fromhex(vector["hex"])) == ["iridium-sbd"]
        assert (packet.latitude_deg, packet.longitude_deg) == (None, None)


def test_vectors_of_single_elements(shared: Path) -> None:
    """As castelao/DirectIP tests them: without a message around them."""
    found = {v["protocol"].rpartition(".")[2]: v for v in vectors(shared, "iridium.directip.ie.")}
    assert len(found) == 6
    place = found["mo_location_coord"]  # 7 bytes of a body; the element has a radius behind them
    place["hex"] = "03000b" + place["hex"] + "00000001"
    said = {name: read(v["hex"]).details for name, v in found.items()}
    wanted = {name: v["decoded"] for name, v in found.items()}
    assert {k: said["mt_header"]["mt_header"][k] for k in wanted["mt_header"]} == wanted[
        "mt_header"
    ]
    confirmed = wanted["mt_confirmation"]
    assert {k: said["mt_confirmation"][k] for k in confirmed} == confirmed
    assert bytes.fromhex(said["mo_payload"]["payload_hex"]).decode() == wanted["mo_payload"]["text"]
    mo, header = said["mo_header"]["header"], wanted["mo_header"]
    assert (mo["CDR_reference"], mo["session_status"]) == (header["cdr"], header["status"])
    assert (mo["MOMSN"], mo["MTMSN"]) == (header["momsn"], header["mtmsn"])
    assert mo["imei_bytes"] == header["imei_bytes"]
    assert mo["session_datetime"] == "2000-03-14 12:12:12"
    for name in ("mo_location", "mo_location_coord"):
        location = said[name]["location"]
        assert location["latitude"] == pytest.approx(wanted[name]["lat"])
        assert location["longitude"] == pytest.approx(wanted[name]["lon"], abs=1e-6)
        assert location["orient"] == 1  # NW
    assert said["mo_location"]["location"]["CEP_radius"] == wanted["mo_location"]["cep_km"]


def test_the_place_of_iridium_is_never_the_animals() -> None:
    packet = read(message(head_of(), PLACE.format(cep=101), "020003010203"))
    assert (packet.device_id, packet.time) == (IMEI, datetime(2022, 2, 1, 22, 25, 31, tzinfo=UTC))
    assert (packet.latitude_deg, packet.longitude_deg) == (None, None)
    assert packet.position_status == "unavailable"
    assert packet.details["location"]["latitude"] == pytest.approx(37.663)
    assert "may be 101 km off or more" in packet.warnings[0]


def test_unknown_elements_are_passed_over_by_their_length() -> None:
    packet = read(message(head_of(), "460002cafe", "03000455667788", "020001ff"))
    assert packet.details["payload_hex"] == "ff"
    assert [(e["IEI"], e["data"]) for e in packet.details["unknown"]] == [
        ("46", "cafe"), ("03", "55667788")
    ]  # fmt: skip


def test_a_message_to_the_collar() -> None:
    to = "410015000000" + "2a" + IMEI.encode().hex() + "0002"
    packet = read(message(to, "420002cafe"))
    assert (packet.device_id, packet.details["payload_hex"]) == (IMEI, "cafe")
    assert packet.details["mt_header"]["client_msg_id"] == 42
    assert packet.details["mt_header"]["flags"] == 2
    assert read(message("05000101")).details["confirmed"] == 1


def test_a_failed_session_is_told() -> None:
    assert read(message(head_of(13))).warnings == ("the session failed: the radio link was lost",)
    assert "status 99" in read(message(head_of(99))).warnings[0]


def test_what_is_whole_of_a_cut_message_is_read() -> None:
    whole = message(head_of(), "020003010203")
    packet = read(whole[:-2])
    assert packet.device_id == IMEI
    assert "no whole element of this message at byte 34" in packet.warnings[0]
    assert "payload_hex" not in packet.details
    longer = read(whole + "01")
    assert "at byte 40: what follows is left out" in longer.warnings[0]
    assert identify(bytes.fromhex(whole[:-2])) == identify(bytes.fromhex(whole + "01")) == []


@pytest.mark.parametrize("text", ["02" + head_of()[2:], "01", "0100", "010003460000", "00" * 40])
def test_what_is_no_message(text: str) -> None:
    assert identify(bytes.fromhex(text)) == []


def test_refused() -> None:
    with pytest.raises(DecodeError, match="no message of version 01"):
        read("0200030a0b")


# --- modem ------------------------------------------------------------------------------------


def test_vectors_of_the_modem(shared: Path) -> None:
    found = vectors(shared, "iridium.at.")
    assert len(found) == 6
    for vector in found:
        data = bytes.fromhex(vector["hex"]) if vector.get("hex") else vector["text"].encode()
        (packet,) = decode(data, protocol=vector["protocol"])
        assert packet.details == vector["decoded"]


def test_a_session_that_sent_nothing() -> None:
    (packet,) = decode(b"\r\n+SBDIX:32,1,2,0,0,0\r\n")
    assert packet.warnings == ("nothing was sent: mo_status 32",)


def test_a_reply_with_its_echo() -> None:
    (packet,) = decode(b"AT+SBDRB\r\n\x00\x05hello\x02\x14", protocol="iridium-sbdrb")
    assert packet.details["payload_hex"] == b"hello".hex()


@pytest.mark.parametrize(
    ("text", "words"),
    [("000568656c6c6f0215", "the sum does not fit"), ("000668656c6c6f0214", "ends at 10"),
     ("00", "ends at")],
)  # fmt: skip
def test_refused_replies(text: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read(text, "iridium-sbdrb")


@pytest.mark.parametrize("text", ["+SBDIX: 1, 2, 3, 4, 5", "+SBDIX: 1,2,3,4,5,123456", "SBDIX"])
def test_refused_sessions(text: str) -> None:
    with pytest.raises(DecodeError, match="six numbers"):
        decode(text.encode(), protocol="iridium-sbdix")
