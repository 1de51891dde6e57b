"""Packets field by field: nothing is left out, nothing is said twice, no key is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocols import Layer, decode, explain

PACKETS = Path(__file__).resolve().parents[2] / "fixtures" / "packets"
CASES = sorted(PACKETS.glob("*/*.hex"))
APP_KEY = "00112233445566778899aabbccddeeff"
SETTING_WITH_KEY = f"1010{APP_KEY}"  # port 3, setting 10
KEYS = {"keys": {"nwk_skey": "000102030405060708090A0B0C0D0E0F",
                 "app_skey": "F0E0D0C0B0A090807060504030201000"}}  # fmt: skip


def layers_of(case: Path) -> tuple[bytes, list[Layer]]:
    data = bytes.fromhex(case.read_text())
    port = json.loads(case.with_suffix(".json").read_text())["port"]
    return data, explain(data, protocol=case.parent.name, port=port)


@pytest.mark.parametrize("case", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_bit_stands_in_one_field(case: Path) -> None:
    data, layers = layers_of(case)
    end = 0
    for field in layers[0].fields:
        assert field.bit == end
        assert field.hex == data[end // 8 : -(-(end + field.bits) // 8)].hex()
        end += field.bits
    assert end == 8 * len(data) == 8 * layers[0].size


def test_raw_and_scaled_numbers_of_a_real_packet() -> None:
    """The numbers of the maker's decoder, and the bytes by hand."""
    (layer,) = explain(
        bytes.fromhex("930ef9636865aba50d1f8e090e031500"), protocol="opencollar-edge", port=13
    )
    found = {f.name: (f.bit // 8, f.hex, f.raw, f.value, f.unit) for f in layer.fields}
    assert found["latitude"] == (6, "aba50d1f", 520988075, 52.0988075, "deg")
    assert found["fix_timestamp"] == (2, "f9636865", 1701340153, "2023-11-30 10:29:13", "UTC")
    assert found["h_acc_est"] == (14, "1500", 21, None, "m")


def test_bits_inside_a_byte_and_over_bytes() -> None:
    status = explain(
        bytes.fromhex("f40e0400a0009a3c7f7f731872550000"), protocol="opencollar-edge", port=4
    )
    places = {field.name: (field.bit, field.bits, field.raw) for field in status[0].fields}
    assert places["firmware.ver_fw_major"] == (96, 4, 7)
    assert places["firmware.ver_fw_minor"] == (100, 4, 2)
    (argos,) = explain(bytes.fromhex("343bc63ea7fc011be000000fc2b06c"))
    places = {field.name: (field.bit, field.bits, field.raw) for field in argos.fields}
    assert places["latitude"] == (24, 21, 513279)
    assert places["longitude"] == (45, 22, 2271 | 1 << 21)


def test_frame_and_what_is_inside_with_the_keys() -> None:
    frame = bytes.fromhex("40da1b0126000a000478af171ace7fa27d85388fef8f3c312e27f5d557")
    outer, inner = explain(frame, context=KEYS)
    assert (outer.protocol, inner.protocol) == ("lorawan-1.0-phy", "opencollar-edge")
    assert {field.name for field in outer.fields} >= {"dev_addr", "f_port", "mic"}
    assert inner.fields[4].name == "errors.err_flash"
    assert len(explain(frame)) == 1  # without keys only the frame


@pytest.mark.parametrize("frame", [f"03{SETTING_WITH_KEY}", f"4269da1b01260312{SETTING_WITH_KEY}"])
def test_keys_of_a_collar_are_not_shown_in_any_layer(frame: str) -> None:
    data = bytes.fromhex(frame)
    name = "opencollar-lp0" if frame.startswith("42") else "opencollar-edge-ble-nus"
    layers = explain(data, protocol=name)
    assert len(layers) == 2
    assert APP_KEY not in repr(layers)
    assert APP_KEY not in repr(decode(data, protocol=name))
    (settings,) = explain(bytes.fromhex(SETTING_WITH_KEY), protocol="opencollar-edge", port=3)
    assert APP_KEY not in repr(settings)
    assert settings.fields[-1].raw == "(hidden)"


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        # a second element of the maker's kind
        ("adv", "11ff610a02006f009271838e82164435000002ff0609095350303531313935"),
        # inside is a message with a latitude of 213 degrees
        ("nus", "0d930e8a255b75623d087f1d346f031f00"),
    ],
)
def test_what_is_decoded_can_be_explained(name: str, frame: str) -> None:
    data, name = bytes.fromhex(frame), f"opencollar-edge-ble-{name}"
    assert len(decode(data, protocol=name)) == len(explain(data, protocol=name)) == 1
