"""Every recording in fixtures/instruments gives what stands beside it, cut and spoilt anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from receiver.address import parse_address
from receiver.instruments import INSTRUMENTS, build
from receiver.records import Detection, Place

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "instruments"
CASES = sorted(FOLDER.glob("*/*.json"))
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def case(path: Path) -> tuple[dict[str, Any], bytes]:
    content = bytes.fromhex(path.with_suffix(".hex").read_text())
    return json.loads(path.read_text()), content


def fed(address: str, *chunks: bytes) -> list[Detection | Place]:
    instrument = build(parse_address(address))
    return [one for chunk in chunks for one in instrument.receive(chunk, NOW, 1)]


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CASES, ids=name)
def test_recording_gives_what_stands_beside_it(path: Path) -> None:
    expected, content = case(path)
    found = fed(expected["address"], content)
    assert len(found) == len(expected["detections"])
    for detection, wanted in zip(found, expected["detections"], strict=True):
        assert {key: getattr(detection, key) for key in wanted} == wanted
    assert expected["source"]


@pytest.mark.parametrize("path", CASES, ids=name)
def test_recording_may_be_cut_at_every_byte(path: Path) -> None:
    expected, content = case(path)
    whole = fed(expected["address"], content)
    for cut in range(len(content)):
        assert fed(expected["address"], content[:cut], content[cut:]) == whole
    assert fed(expected["address"], *(bytes([byte]) for byte in content)) == whole


@pytest.mark.parametrize("path", CASES, ids=name)
def test_any_spoilt_or_missing_byte_is_survived(path: Path) -> None:
    expected, content = case(path)
    for position in range(len(content)):
        before, byte, after = content[:position], content[position], content[position + 1 :]
        for changed in (before + after, before + bytes([byte ^ 0x55]) + after, content + after):
            fed(expected["address"], changed)


def test_every_instrument_has_a_recording() -> None:
    """Those of one module share a recording; datagrams, and what has no level, are elsewhere."""
    modules = {INSTRUMENTS[path.parent.name].module for path in CASES}
    missing = {kind.module for kind in INSTRUMENTS.values()} - modules
    assert missing == {"receiver.instruments.semtech", "receiver.instruments.biotracker"}
