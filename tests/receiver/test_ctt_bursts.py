"""`baksan detect --bursts ctt`, and the records that it makes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.ctt_bursts import CttWatch
from receiver.errors import ConfigError
from receiver.listening_plan import Plan
from receiver.simulator.ctt import TagBurst, cu8, frame, samples

SCALE = 127.5


def recording(folder: Path, name: str, *bursts: TagBurst) -> Path:
    path = folder / name
    path.write_bytes(cu8(samples(250e3, 0.2, bursts, 21)))
    return path


def test_recordings_become_lines(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted((shared / "data" / "ctt").glob("*.cu8")):
        options = ["--rate", "250k", "--frequency", "434M", "--bursts", "ctt", "--jsonl"]
        assert run(["detect", str(path), *options]) == 0
        out, err = capsys.readouterr()
        (line,) = map(json.loads, out.splitlines())
        (packet,) = line["packets"]
        assert (line["kind"], line["signal"], line["bit_count"]) == ("burst", "ctt", 72)
        assert packet["device_id"] == path.name[4:12]
        assert line["hex"].startswith(f"aaaad391{packet['device_id'].lower()}")
        assert line["frequency_hz"] == pytest.approx(434e6, abs=200)
        assert f"CTT tag {packet['device_id']}" in err


def test_level_and_frequency(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At 20 dB of Eb/N0 the amplitude is 10 sqrt(2 * 100 / 10) steps, and 64 dB-Hz."""
    tag = TagBurst(frame=frame(b"\x01\x23\x45\xe2"), start_s=0.1, ebn0_db=20.0, offset_hz=4e3)
    path = recording(tmp_path, "x_434M_250k.cu8", tag)
    assert run(["detect", str(path), "--bursts", "ctt", "--json", "--ppm", "10"]) == 0
    out, err = capsys.readouterr()
    (burst,) = json.loads(out)["bursts"]
    assert burst["frequency_hz"] == pytest.approx(434.004e6 * (1 + 10e-6), abs=500)
    expected_db = 20 * math.log10(10 * math.sqrt(20) / SCALE)
    assert burst["level_db"] == pytest.approx(expected_db, abs=0.5)
    assert burst["cn0_dbhz"] == pytest.approx(64.0, abs=2.0)
    assert burst["packets"][0]["device_id"] == "012345E2"
    assert "012345E2, no id of Motus" in err


def test_silence_is_a_negative_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path, "x_434M_250k.cu8")
    assert run(["detect", str(path), "--bursts", "ctt"]) == 1
    assert "no burst was heard in 0.2 s" in capsys.readouterr().err


def test_another_band_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path, "x_150.1M_250k.cu8")
    assert run(["detect", str(path), "--bursts", "ctt"]) == 2
    assert "CTT tags at 434 MHz cannot be heard in this band" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="125000 samples a second at least"):
        CttWatch(48e3, SCALE, Plan(bursts="ctt"), SCALE)
