"""LoRaWAN frames: whose they are, and with keys what they say.

The frames of DEVICE are those of the Smart Parks LP0 replay app's make_test_log.py (at ba91c400,
with its test keys), decoded by the lora-packet program as well; CMAC is checked by RFC 4493.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import DecodeError, Packet, decode, identify
from protocols.lorawan import cmac, crypt, device_of, is_downlink, mic

# The frame of Semtech's PROTOCOL.TXT is random; this one is of the lora-packet project's README.
README = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")
README_KEYS = {
    "nwk_skey": "44024241ed4ce9a68c6a8bc055233fd3",
    "app_skey": "ec925802ae430ca77fd3dd73cb2cc588",
}
JOIN = b"\x00" + bytes(8) + bytes.fromhex("9dec3a0100a9d500") + bytes(6)
DEVICE = {
    "nwk_skey": "000102030405060708090A0B0C0D0E0F",
    "app_skey": "F0E0D0C0B0A090807060504030201000",
}
FRAMES = {
    "port 1": ("40da1b01260000000131f6ae431e1a87c44bd1ac75", 0, "0102030405060708"),
    "status": (
        "40da1b0126000a000478af171ace7fa27d85388fef8f3c312e27f5d557", 10,
        "f40e0400a0009a3c7f7f731872550000",
    ),
    "short fix": (
        "40da1b012600fea20dc3047501b9754ddcc9da047d2f41add6189983c9", 41726,
        "930e8a255b75623d081f1d346f031f00",
    ),
    "another fix": (
        "40da1b01260046000de7a46de5b58970d8e501bf604faafb83bf998a02", 70,
        "930e3c636865fca10d1f7d160e030c00",
    ),
}  # fmt: skip
JOIN_HEX = "00341200d07ed5b370a09211f001c016002b1a3c3c1ba4"
JOIN_KEY = {"app_key": "000102030405060708090a0b0c0d0e0f"}


def read(text: str | bytes, keys: dict[str, Any] | None = None, **context: Any) -> list[Packet]:
    data = bytes.fromhex(text) if isinstance(text, str) else text
    known = {**context, **({"keys": keys} if keys else {})}
    return decode(data, protocol="lorawan-1.0-phy", context=known)


@pytest.mark.parametrize(
    ("frame", "device", "down"),
    [
        (README, "49be7df1", False),
        (b"\x80" + README[1:], "49be7df1", False),
        (b"\x60" + README[1:], None, True),
        (b"\xa0" + README[1:], None, True),
        (b"\x20" + bytes(16), None, True),
        (JOIN, "00d5a900013aec9d", False),
        (README[:11], None, False),
        (b"\xe0" + README[1:], None, False),
        (b"", None, False),
    ],
)  # fmt: skip
def test_whose_it_is(frame: bytes, device: str | None, down: bool) -> None:
    assert (device_of(frame), is_downlink(frame)) == (device, down)


@given(st.binary(max_size=60))
def test_any_bytes_are_survived(frame: bytes) -> None:
    device_of(frame)
    is_downlink(frame)


def test_cmac_of_the_rfc() -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    text = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                         "30c81c46a35ce411")  # fmt: skip
    assert cmac(key, b"").hex() == "bb1d6929e95937287fa37d129b756746"
    assert cmac(key, text[:16]).hex() == "070a16b46b4d4144f79bdd9dd04a287c"
    assert cmac(key, text).hex() == "dfa66747de9ae63030ca32611497c827"


def test_frame_of_another_projects_readme() -> None:
    (frame,) = read(README, README_KEYS)
    assert bytes.fromhex(frame.details["frm_payload"]) == b"test"
    assert frame.details["mic_ok"]


@pytest.mark.parametrize("name", FRAMES)
def test_frame_is_checked_and_decrypted(name: str) -> None:
    text, counter, payload = FRAMES[name]
    frame, *inside = read(text, DEVICE)
    assert frame.details["frm_payload"] == payload
    assert (frame.details["fcnt32"], frame.details["mic_ok"]) == (counter, True)
    assert frame.device_id == "26011bda"
    assert frame.warnings == ()
    if "fix" in name:
        (fix,) = inside
        assert (fix.protocol, fix.device_id) == ("opencollar-edge", "26011bda")
        assert fix.latitude_deg == pytest.approx(52.08, abs=0.05)


def test_without_keys_it_still_says_whose_it_is() -> None:
    (frame,) = read(FRAMES["short fix"][0])
    assert (frame.device_id, frame.details["f_port"]) == ("26011bda", 13)
    assert "frm_payload" not in frame.details
    assert "mic_ok" not in frame.details


@pytest.mark.parametrize("name", ["26011BDA", "26011bda"])
def test_keys_may_be_given_by_address(name: str) -> None:
    other = {"deadbeef": {"app_skey": "00" * 16}}
    frame, *_ = read(FRAMES["status"][0], {name: DEVICE, **other})
    assert frame.details["mic_ok"]
    (closed,) = read(FRAMES["status"][0], other)
    assert "frm_payload" not in closed.details


def test_wrong_key_is_told_and_nothing_is_decrypted() -> None:
    (frame,) = read(FRAMES["status"][0], {**DEVICE, "nwk_skey": "11" * 16})
    assert frame.details["mic_ok"] is False
    assert "MIC does not fit" in frame.warnings[0]
    assert "frm_payload" not in frame.details


def test_without_a_network_key_nothing_tells_that_it_is_right() -> None:
    frame, *inside = read(FRAMES["short fix"][0], {"app_skey": DEVICE["app_skey"]})
    assert "nothing tells that it is right" in frame.warnings[0]
    assert inside[0].latitude_deg is not None


def made(counter: int, payload: bytes, port: int = 13, mhdr: int = 0x40, key: str = "app_skey",
         fopts: bytes = b"") -> bytes:  # fmt: skip
    """Build a frame as section 4 of the specification says, with the keys of DEVICE."""
    address, down = bytes.fromhex("26011bda")[::-1], mhdr >> 5 in (3, 5)
    head = bytes([mhdr]) + address + bytes([len(fopts)]) + (counter & 0xFFFF).to_bytes(2, "little")
    closed = crypt(bytes.fromhex(DEVICE[key]), address, counter, down, payload)
    frame = head + fopts + bytes([port]) + closed
    return frame + mic(bytes.fromhex(DEVICE["nwk_skey"]), address, counter, down, frame)[:4]


@pytest.mark.parametrize("counter", [65_541, 3 * 65_536 + 7, 200 * 65_536])
def test_counter_beyond_its_lower_half_is_found_by_the_mic(counter: int) -> None:
    payload = bytes.fromhex(FRAMES["short fix"][2])
    frame, fix = read(made(counter, payload), DEVICE)
    assert frame.details["fcnt32"] == counter
    assert fix.latitude_deg is not None


def test_counter_far_beyond_is_found_where_the_last_one_is_known() -> None:
    counter = 40_000 * 65_536 + 5
    (closed,) = read(made(counter, b"abcd"), DEVICE)
    assert closed.details["mic_ok"] is False
    frame, *_ = read(made(counter, b"abcd"), DEVICE, fcnt32=counter - 70_000)
    assert frame.details["fcnt32"] == counter


def test_downlink_is_marked_and_has_no_device_of_its_own() -> None:
    (frame,) = read(made(9, b"hello", port=2, mhdr=0x60), DEVICE)
    assert frame.details["downlink"]
    assert frame.device_id is None
    assert bytes.fromhex(frame.details["frm_payload"]) == b"hello"
    assert "level says nothing" in frame.warnings[0]


def test_port_nought_is_opened_with_the_network_key() -> None:
    (frame,) = read(made(9, b"\x02\x03", port=0, key="nwk_skey"), DEVICE)
    assert frame.details["frm_payload"] == "0203"


def test_options_and_frames_without_a_payload() -> None:
    (frame,) = read(made(9, b"", fopts=b"\x02")[:-5] + bytes(4), None)
    assert (frame.details["fopts"], frame.details["f_port"]) == ("02", None)


def test_version_1_1_is_checked_by_half_of_its_mic() -> None:
    """The other half needs the channel. Built as section 4.4 of 1.1 says."""
    network, application = "22" * 16, DEVICE["app_skey"]
    address, counter = bytes.fromhex("26011bda")[::-1], 70_000
    head = b"\x40" + address + b"\x00" + (counter & 0xFFFF).to_bytes(2, "little") + b"\x0d"
    payload = bytes.fromhex(FRAMES["short fix"][2])
    frame = head + crypt(bytes.fromhex(application), address, counter, False, payload)
    half = mic(bytes.fromhex(network), address, counter, False, frame)[:2]
    keys = {"fnwk_s_int_key": network, "app_skey": application}
    found, fix = read(frame + b"\x5a\xa5" + half, keys)
    assert (found.details["fcnt32"], found.details["mic_ok"]) == (counter, True)
    assert fix.latitude_deg is not None


def test_join_request_says_the_whole_name() -> None:
    (frame,) = read(JOIN_HEX)
    assert frame.device_id == frame.details["dev_eui"] == "0016c001f01192a0"
    assert frame.details["join_eui"] == "70b3d57ed0001234"
    assert frame.details["dev_nonce"] == 6699
    (checked,) = read(JOIN_HEX, JOIN_KEY)
    assert checked.details["mic_ok"]
    (other,) = read(JOIN_HEX, {"app_key": "ff" * 16})
    assert "MIC does not fit" in other.warnings[0]


REFUSED = {
    "shorter than 12 bytes": ("40da1b0126", "12 bytes or more"),
    "options past the end": ("40da1b01260f000001aabbccddee", "run past the end"),
    "a maker's own": ("e0da1b01260000000101020304", "name its format"),
    "version 2": ("41da1b01260000000101020304", "does not begin"),
    "rejoin": ("c0da1b01260000000101020304", "does not begin"),
    "short join": ("00da1b01260000000101020304", "JoinRequest has 23 bytes"),
    "long accept": ("20" + "00" * 17, "JoinAccept has 17 or 33 bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_is_no_frame(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(DecodeError, match=words):
        read(text)


@pytest.mark.parametrize("key", ["12", "zz" * 16, "00" * 17, 5, ["00"]])
def test_key_that_is_none_is_refused_and_not_told(key: Any) -> None:
    with pytest.raises(DecodeError, match="app_skey is not 32 hexadecimal digits") as caught:
        read(FRAMES["status"][0], {"app_skey": key})
    assert str(key) not in str(caught.value).replace("32", "")
    assert caught.value.__cause__ is None


def test_no_key_is_in_what_a_frame_says() -> None:
    text = json.dumps([packet.details for packet in read(FRAMES["status"][0], DEVICE)])
    assert not any(key.lower() in text.lower() for key in DEVICE.values())


def test_frame_is_known_by_its_beginning() -> None:
    assert identify(bytes.fromhex(FRAMES["status"][0])) == ["lorawan-1.0-phy"]
    assert "lorawan-1.0-phy" not in identify(bytes.fromhex(FRAMES["status"][2]), port=4)


def test_every_vector_of_the_shared_folder() -> None:
    path = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "open-collars.jsonl"
    if not path.is_file():
        pytest.skip("the vectors are not there")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    mine = [line for line in lines if line["protocol"] == "lorawan-1.0-phy"]
    for line in mine:
        expected = line["decoded"]
        keys = {k: v for k, v in expected.items() if k in ("nwk_skey", "app_skey", "app_key")}
        details = read(line["hex"], keys)[0].details
        assert {k: details.get(k) for k in expected if k not in keys} == {
            k: v for k, v in expected.items() if k not in keys
        }
    assert len(mine) == 5
