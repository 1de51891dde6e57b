"""Encrypted packets are opened with the owner's keys, and nobody sees the keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.config import Collar
from receiver.keys import lorawan_keys

# The Smart Parks LP0 replay app's make_test_log.py (at ba91c400) and its test keys.
FRAME = "40da1b012600fea20dc3047501b9754ddcc9da047d2f41add6189983c9"
NETWORK, APPLICATION = "000102030405060708090A0B0C0D0E0F", "F0E0D0C0B0A090807060504030201000"
RXPK = json.dumps(
    {"rxpk": [{"time": "2025-01-01T12:00:00Z", "freq": 868.3, "stat": 1, "modu": "LORA",
               "datr": "SF7BW125", "rssi": -60, "lsnr": 5.5, "size": 29,
               "data": "QNobASYA/qINwwR1Abl1TdzJ2gR9L0Gt1hiZg8k="}]}
)  # fmt: skip


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "baksan.toml").write_text('[collars.Baksan]\nids = ["26011BDA"]\n')
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys]\nBaksan = "nwk_skey={NETWORK} app_skey={APPLICATION}"\n')
    keys.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert not any(key.lower() in text.lower() for key in (NETWORK, APPLICATION))
    return text


def test_frame_is_opened_by_the_keys_beside_the_settings(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["decode", FRAME]) == 0
    text = said(capsys)
    assert "52.063370, 5.761948" in text
    assert "mic_ok True" in text
    (case / "keys.toml").unlink()
    assert run(["decode", FRAME]) == 0
    text = said(capsys)
    assert "52.06" not in text
    assert "26011bda" in text


def test_gateways_message_is_opened_too(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (case / "uplink.json").write_text(RXPK)
    assert run(["decode", "uplink.json", "--json"]) == 0
    found = json.loads(said(capsys))
    assert [p["protocol"] for p in found["packets"]] == ["lorawan-1.0-phy", "opencollar-edge"]
    assert found["detections"][0]["level_db"] == pytest.approx(-61.08, abs=0.1)


def test_keys_of_other_collars_leave_a_gateways_message_as_it_was(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (case / "baksan.toml").write_text('[collars.Baksan]\nids = ["deadbeef"]\n')
    (case / "uplink.json").write_text(RXPK)
    assert run(["decode", "uplink.json", "--json"]) == 0
    assert json.loads(said(capsys))["packets"] == []


def test_lines_have_the_users_keys_or_their_own(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"keys": {"app_skey": "11" * 16, "nwk_skey": NETWORK}}
    lines = [{"hex": FRAME}, {"hex": FRAME, "context": own}]
    (case / "lines.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert run(["decode", "--jsonl", "lines.jsonl"]) == 0
    first, second = map(json.loads, said(capsys).splitlines())
    assert len(first["packets"]) == 2
    assert second["packets"][0]["details"]["mic_ok"]
    assert len(second["packets"]) == 1  # opened with a wrong key: what is inside is no message


def test_file_of_keys_that_others_may_read_is_refused(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (case / "keys.toml").chmod(0o644)
    assert run(["decode", FRAME]) == 2
    assert "chmod 600" in said(capsys)
    assert run(["decode", "--keys", "elsewhere.toml", FRAME]) == 2


def test_keys_go_by_every_identity_of_a_collar() -> None:
    collars = (Collar(name="A", ids=("26011BDA", "0016C001F01192A0")), Collar(name="B", ids=("1",)))
    found = lorawan_keys({"A": f"app_skey={APPLICATION}, app_key={NETWORK}", "B": "1234"}, collars)
    expected = {"app_skey": APPLICATION, "app_key": NETWORK}
    assert found == {"26011bda": expected, "0016c001f01192a0": expected}
    alone = lorawan_keys({"A": f" {APPLICATION} "}, collars)
    assert alone["26011bda"] == {"app_skey": APPLICATION}


# Built with Meshtastic 2.7.11's Python protobufs and pycryptodome.
MESH_FRAME = (
    "ffffffff2a1c3d430511006a6308002a"
    "c9d61c1b8001acd1da9244e4c101a59b75c27581c512e50573b29b962cd4b36d"
)
MESH_RXPK = json.dumps(
    {"rxpk": [{"time": "2026-09-16T10:02:00Z", "freq": 869.525, "stat": 1, "modu": "LORA",
               "datr": "SF11BW250", "rssi": -80, "lsnr": 5.0, "size": 48,
               "data": base64.b64encode(bytes.fromhex(MESH_FRAME)).decode()}]}
)  # fmt: skip


@pytest.mark.parametrize("psk", [bytes(range(16)).hex(), "AAECAwQFBgcICQoLDA0ODw=="])
def test_packet_of_a_mesh_is_opened_by_its_channels_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], psk: str
) -> None:
    (tmp_path / "baksan.toml").write_text('[collars.Dog]\nids = ["!433d1c2a"]\n')
    (tmp_path / "uplink.json").write_text(MESH_RXPK)
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[keys]\nDog = "psk={psk}"\n')
    keys.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    assert run(["decode", "uplink.json", "--json"]) == 0
    text = capsys.readouterr().out
    assert psk not in text
    found = json.loads(text)
    assert found["packets"][0]["battery_v"] == 3.987
    assert found["detections"][0]["device_id"] == "!433d1c2a"
