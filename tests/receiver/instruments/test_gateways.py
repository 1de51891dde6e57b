"""Packet forwarders and network servers: datagrams and JSON documents, cut anywhere, spoilt."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address
from receiver.instruments import build, network_server, semtech
from receiver.records import Detection

NOW = datetime(2026, 11, 24, tzinfo=UTC)
GATEWAY = bytes.fromhex("b827ebfffeae26f5")
FRAME = bytes.fromhex("40 0045ba26 00 0100 04") + bytes(16) + bytes(4)


def push_data(packets: list[dict[str, object]], version: int = 2) -> bytes:
    head = bytes([version, 0x12, 0x34, 0x00]) + GATEWAY
    return head + json.dumps({"rxpk": packets}).encode()


def packet(**changes: object) -> dict[str, object]:
    data = base64.b64encode(FRAME).decode()
    return {"freq": 868.1, "stat": 1, "modu": "LORA", "datr": "SF12BW125", "rssi": -100,
            "lsnr": -5.0, "size": len(FRAME), "data": data, **changes}  # fmt: skip


def forwarded(datagram: bytes) -> list[Detection]:
    return semtech.make(parse_address("semtech:udp://0.0.0.0:1700")).receive(datagram, NOW, 1)


def test_datagram_gives_identity_and_level() -> None:
    (heard,) = forwarded(push_data([packet()]))
    assert heard.device_id == "26ba4500"
    assert heard.receiver == GATEWAY.hex()
    # ESP = -100 - 5 - 10 log10(1 + 10^-0.5)
    assert heard.level_db == pytest.approx(-106.193, abs=1e-3)
    assert (heard.level_unit, heard.level_raw, heard.snr_db) == ("dBm", -100.0, -5.0)
    assert heard.protocol == "lorawan-1.0-phy"  # encrypted: for whoever has the keys
    assert heard.text == "encrypted: address and level only"
    assert heard.frequency_hz == 868_100_000.0


def test_forwarder_is_answered_as_its_protocol_wants() -> None:
    listener = semtech.make(parse_address("semtech:udp://0.0.0.0:1700"))
    assert listener.answer(push_data([packet()])) == bytes.fromhex("02123401")
    assert listener.answer(bytes.fromhex("02 abcd 02") + GATEWAY) == bytes.fromhex("02abcd04")
    for other in (b"", b"\x02", b"GET / HTTP/1.1", bytes.fromhex("02 abcd 05") + GATEWAY,
                  bytes.fromhex("09 abcd 00") + GATEWAY):  # fmt: skip
        assert listener.answer(other) == b""


def test_failed_checksum_keeps_the_level_and_not_the_bytes() -> None:
    (heard,) = forwarded(push_data([packet(stat=-1)]))
    assert (heard.data, heard.text) == (None, "checksum failed: level only")
    assert heard.level_db is not None


def test_downlink_is_no_level_of_a_collar() -> None:
    data = base64.b64encode(b"\x60" + FRAME[1:]).decode()
    (heard,) = forwarded(push_data([packet(data=data)]))
    assert (heard.device_id, heard.level_db) == (None, None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"rxpk": 5}', b'{"rxpk": [5]}', b"\xff\xfe", b"{}" * 9]
)
def test_spoilt_datagram_is_counted_and_never_an_error(body: bytes) -> None:
    listener = semtech.make(parse_address("semtech:udp://0.0.0.0:1700"))
    assert listener.receive(b"\x02\x12\x34\x00" + GATEWAY + body, NOW, 1) == []


@given(st.binary(max_size=300))
def test_any_datagram_is_survived(datagram: bytes) -> None:
    forwarded(datagram)
    forwarded(b"\x02\x12\x34\x00" + GATEWAY + datagram)


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
NAMES = st.sampled_from(sorted(packet()))


@given(
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    )
)
def test_any_json_in_a_datagram_is_survived(value: object) -> None:
    body = json.dumps({"rxpk": [value]}).encode()
    forwarded(b"\x02\x12\x34\x00" + GATEWAY + body)


UPLINK = {
    "time": "2026-09-05T10:56:43.84+00:00",
    "deviceInfo": {"devEui": "0016c001f01192a0", "deviceName": "a }tricky{ \"name\" \\"},
    "fPort": 4,
    "data": "9A4EAKAAmjx/f3MYclUAAA==",
    "rxInfo": [
        {"gatewayId": "far", "rssi": -118, "snr": -12.0},
        {"gatewayId": "near", "rssi": -82, "snr": 11.0},
    ],
    "txInfo": {"frequency": 867_100_000},
}  # fmt: skip


def served(chunks: list[bytes]) -> list[Detection]:
    server = network_server.make(parse_address("chirpstack:file:x"))
    return [one for chunk in chunks for one in server.receive(chunk, NOW, 1)]


def test_packet_heard_by_two_gateways_is_read_once() -> None:
    near, far = served([json.dumps(UPLINK).encode()])
    assert (near.receiver, far.receiver) == ("near", "far")
    assert near.data == bytes.fromhex("f40e0400a0009a3c7f7f7318725500 00".replace(" ", ""))
    assert far.data is None
    assert far.level_db is not None


@pytest.mark.parametrize("between", [b"", b"\n", b" , ", b"garbage ", b"]}\n", b'"'])
def test_documents_may_be_cut_anywhere(between: bytes) -> None:
    stream = json.dumps(UPLINK, ensure_ascii=False).encode() + b"\n"
    whole = served([stream + stream])
    assert len(whole) == 4
    if between != b'"':  # a quotation mark outside of a document is passed over as well
        assert served([stream + between + stream]) == whole
    for cut in range(0, len(stream), 7):
        assert served([stream[:cut], stream[cut:] + stream]) == whole


@given(st.lists(st.binary(max_size=80)))
def test_noise_is_never_an_error(chunks: list[bytes]) -> None:
    served(chunks)


def test_document_that_never_ends_is_dropped_and_the_next_is_read() -> None:
    server = network_server.make(parse_address("ttn:file:x"))
    server.receive(b'{"a": "' + b"x" * (1 << 21), NOW, 1)
    server.receive(b"\n", NOW, 1)
    assert len(server.receive(json.dumps(UPLINK).encode(), NOW, 1)) == 2


@pytest.mark.parametrize(
    ("name", "count"),
    [("chirpstack_v4_up_doc.json", 2), ("chirpstack_v4_up_opencollar_live.json", 1),
     ("ttn_v3_up_doc.json", 1), ("thingpark_kpn_live_port13.json", 1),
     ("thingpark_kpn_live_port4.json", 1), ("cloudloop_lingo_replayed.json", 1)],
)  # fmt: skip
def test_real_documents_through_the_instrument(shared: Path, name: str, count: int) -> None:
    content = (shared / "data/collars/envelopes" / name).read_bytes()
    assert len(served([content])) >= count
    assert len(served([content[:500], content[500:]])) >= count


def test_every_name_of_a_server_reads_every_document() -> None:
    for name in ("chirpstack", "ttn", "thingpark", "cloudloop", "rockblock"):
        server = build(parse_address(f"{name}:file:x"))
        assert len(server.receive(json.dumps(UPLINK).encode(), NOW, 1)) == 2
