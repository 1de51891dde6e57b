"""Globalstar payloads: SmartOne's layout where it is named, nothing where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocols import DecodeError, Packet, decode, identify

SAMPLE = "00c583eacd37210a00"


def read(text: str, name: str = "globalstar-smartone") -> list[Packet]:
    return decode(bytes.fromhex(text), protocol=name)


def test_vectors(shared: Path) -> None:
    lines = (shared / "vectors/commercial-collars.jsonl").read_text().splitlines()
    found = [v for v in map(json.loads, lines) if v["protocol"] == "globalstar.smartone"]
    assert len(found) == 5
    for vector in found:
        (packet,) = read(vector["hex"], vector["protocol"])
        for key, value in vector["decoded"].items():
            assert packet.details[key] == pytest.approx(value, abs=1e-6)


def test_a_place_has_no_time() -> None:
    (packet,) = read(SAMPLE)
    assert packet.latitude_deg == pytest.approx(-41.122062, abs=1e-6)
    assert packet.longitude_deg == pytest.approx(-71.415918, abs=1e-6)
    assert (packet.position_status, packet.time) == ("ok", None)


def test_battery_and_several_parts() -> None:
    first, second = read("04c5080dcc190a0000" + SAMPLE)
    assert first.warnings == ("its battery is to be replaced",)
    assert second.warnings == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [("08" + SAMPLE[2:], "GPS data are not valid"), ("00" * 9, "a place of zeros"),
     ("63ffff1bb4ffffffff", "type 3"), ("01" + SAMPLE[2:], "truncated"),
     ("02" + SAMPLE[2:], "raw")],
)  # fmt: skip
def test_what_is_no_place(text: str, words: str) -> None:
    (packet,) = read(text)
    assert (packet.latitude_deg, packet.position_status) == (None, "unavailable")
    assert words in packet.warnings[0]


@pytest.mark.parametrize("text", [SAMPLE[:-2], SAMPLE + "00", SAMPLE * 17])
def test_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="9 bytes or a few times as many"):
        read(text)


def test_a_format_that_nobody_named_gives_no_place() -> None:
    (packet,) = read(SAMPLE, "globalstar-simplex")
    assert (packet.latitude_deg, packet.details) == (None, {"payload_hex": SAMPLE})
    assert "its format is not named" in packet.warnings[0]
    assert identify(bytes.fromhex(SAMPLE)) == []
