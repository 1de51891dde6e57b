"""Messages around packets: the recorded ones, and what strangers may send."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, decode
from protocols.envelopes import load, parse, semtech

# A datagram after the text of PROTOCOL.TXT: version 2, token, PUSH_DATA, gateway EUI.
HEADER = bytes.fromhex("02 1234 00 0102030405060708")
MIXED = "-DS4CGaDCdG+48eJNM3Vai-zDpsR71Pn9CPA9uCON84"


def rxpk(**changes: Any) -> bytes:
    packet = {"stat": 1, "rssi": -35, "lsnr": 5.1, "freq": 866.349812, "modu": "LORA",
              "datr": "SF7BW125", "size": 32, "data": MIXED}  # fmt: skip
    return json.dumps({"rxpk": [{**packet, **changes}]}).encode()


@pytest.mark.parametrize(
    ("file", "port", "device", "rssi", "snr"),
    [
        ("chirpstack_v4_up_opencollar_live.json", 4, "0016c001f01192a0", -82.0, 11.0),
        ("chirpstack_v4_up_doc.json", 1, "0101010101010101", -36.0, 10.5),
        ("thingpark_kpn_live_port13.json", 13, "0016C001F004A480", -117.0, -5.75),
        ("thingpark_kpn_live_port4.json", 4, "0016C001F004A480", -119.0, -13.75),
        ("ttn_v3_up_doc.json", 85, "1000000000000001", -35.0, 13.2),
        ("cloudloop_lingo_replayed.json", 29, "301434061403790", None, None),
    ],
)
def test_recorded_message(
    shared: Path, file: str, port: int, device: str, rssi: float | None, snr: float | None
) -> None:
    first = parse((shared / "data/collars/envelopes" / file).read_bytes())[0]
    assert (first.port, first.device_id) == (port, device)
    assert (first.rssi_dbm, first.snr_db) == (rssi, snr)
    assert first.time is not None


def test_every_gateway_that_heard_the_packet_counts(shared: Path) -> None:
    both = parse((shared / "data/collars/envelopes/chirpstack_v4_up_doc.json").read_bytes())
    assert [e.gateway_id for e in both] == ["0016c001f153a14c", "0016c001f153a14d"]


def test_cloudloop_holds_two_flash_records(shared: Path) -> None:
    (message,) = parse(
        (shared / "data/collars/envelopes/cloudloop_lingo_replayed.json").read_bytes()
    )
    packets = decode(message.payload, protocol=message.protocol, port=message.port)
    assert packets[1].latitude_deg == pytest.approx(-19.3750795)


def test_semtech_base64_of_mixed_alphabets_without_padding() -> None:
    (packet,) = parse(HEADER + rxpk())
    assert packet.payload[:4].hex() == "f834b808"
    assert packet.frequency_hz == 866_349_812


def test_semtech_datagram_is_acknowledged_with_its_token() -> None:
    assert semtech.acknowledgement(HEADER + b"{}") == bytes.fromhex("02123401")
    pull = bytes.fromhex("02 abcd 02 0102030405060708")
    assert semtech.acknowledgement(pull) == bytes.fromhex("02abcd04")
    assert semtech.acknowledgement(b"\x02\x00") == b""


def test_semtech_reception_with_bad_checksum_is_marked() -> None:
    (packet,) = parse(rxpk(stat=-1, rssi=-121, lsnr=-18.2, size=3, data="QNob"))
    assert packet.crc_ok is False


def test_semtech_fsk_has_no_snr_and_no_address() -> None:
    (packet,) = parse(
        rxpk(modu="FSK", datr=50000, lsnr=None, size=16, data="VEVTVF9QQUNLRVRfMTIzNA==")
    )
    assert (packet.snr_db, packet.device_id) == (None, None)


def test_lorawan_data_gives_its_address_and_a_downlink_is_marked() -> None:
    # README frame of npm lora-packet: DevAddr 49be7df1. MType 3 (0x60) is a downlink.
    up = "QPF9vkkAAgABlUN4diuxH/8N"
    (heard,) = parse(rxpk(size=18, data=up))
    assert (heard.device_id, heard.downlink, heard.encrypted) == ("49be7df1", False, True)
    (down,) = parse(rxpk(size=18, data="YPF9vkkAAgABlUN4diuxH/8N"))
    assert (down.device_id, down.downlink) == (None, True)


def test_lp0_log_line_has_one_object() -> None:
    line = json.loads(rxpk())
    line["rxpk"], line["gatewayEui"] = line["rxpk"][0], "0102030405060708"
    (packet,) = parse(json.dumps(line).encode())
    assert packet.gateway_id == "0102030405060708"


def test_a_status_alone_gives_nothing() -> None:
    assert parse(b'{"stat":{"time":"2014-01-12 08:59:28 GMT","rxnb":2}}') == []


@pytest.mark.parametrize(
    "text",
    [
        b'{"rxpk":[',
        b'{"rxpk":[{"rssi":-60,"data":"####"}]}',
        b'{"rxpk":[{"rssi":-60,"data":"AAAA","size":7}]}',
        b'{"rxpk":7}',
        b'{"rxpk":[7]}',
        b'{"rxpk":[{"rssi":NaN,"data":""}]}',
        b'{"deviceInfo":7,"rxInfo":[{}]}',
        b'{"uplink_message":{"rx_metadata":[7]}}',
        b'{"DevEUI_uplink":{"payload_hex":"zz"}}',
        b'{"message":7,"sbd":{}}',
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"n":' + b"9" * 5000 + b"}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"something":"else"}',
    ],
)
def test_what_a_stranger_may_send_is_refused(text: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ("rxpk", "deviceInfo", "rxInfo", "uplink_message", "DevEUI_uplink", "message", "sbd", "data")


@given(st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1))
def test_known_keys_with_any_values_give_envelopes_or_decode_error(
    document: dict[str, Any],
) -> None:
    with contextlib.suppress(DecodeError):
        parse(json.dumps(document).encode())


def test_offset_of_a_json_fault_is_told() -> None:
    with pytest.raises(DecodeError) as caught:
        load(b'{"rxpk":[}')
    assert caught.value.offset == 9
