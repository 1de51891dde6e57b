"""`baksan simulate argos` and `ctt`: what is made up is what is heard."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from receiver.cli import run
from receiver.simulator import burst_files
from receiver.simulator.burst_files import PIECE_S, Recording, argos_bursts, ctt_bursts

Capture = pytest.CaptureFixture[str]


def heard(path: Path, system: str, capsys: Capture) -> list[dict[str, object]]:
    capsys.readouterr()
    assert run(["detect", str(path), "--bursts", system, "--jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_platform_of_argos(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "x_401.65M_250k.cu8"
    how = ["--id", "0A1FBD4", "--data", "012345", "--offset", "-12k", "--drift", "200"]
    times = ["--seconds", "4", "--every", "1.5", "--inverted"]
    assert run(["simulate", "argos", *how, *times, "--to", str(path)]) == 0
    assert path.stat().st_size == 2 * 4 * 250_000
    bursts = heard(path, "argos", capsys)
    truth = json.loads(path.with_name(path.name + ".json").read_text())["bursts"]
    assert [one["time_s"] for one in bursts] == pytest.approx([0.5, 2.0, 3.5], abs=0.01)
    assert [one["start_s"] for one in truth] == [0.5, 2.0, 3.5]
    assert {one["packets"][0]["device_id"] for one in bursts} == {"0A1FBD4"}  # type: ignore[index]
    assert {one["packets"][0]["details"]["data_hex"] for one in bursts} == {"012345"}  # type: ignore[index]
    assert {one["polarity"] for one in bursts} == {"inverted"}


def test_a_tag_of_ctt(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "x_434M_250k.cu8"
    times = ["--seconds", "4", "--every", "1.5", "--offset", "3k"]
    assert run(["simulate", "ctt", "--id", "78664C33", *times, "--to", str(path)]) == 0
    bursts = heard(path, "ctt", capsys)
    assert [one["packets"][0]["device_id"] for one in bursts] == ["78664C33"] * 3  # type: ignore[index]
    assert bursts[0]["frequency_hz"] == pytest.approx(434.003e6, abs=500.0)


@pytest.mark.parametrize("system", ["argos", "ctt"])
def test_a_burst_over_the_end_of_a_piece_goes_on(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made at once or in pieces, without noise it is the same."""
    rate_hz, duration_s = 250e3, 3.0
    bursts = (
        argos_bursts("0A1FBD4", "012345", 9.0, 1.0, cn0_dbhz=60.0, drift_hz_s=100.0)
        if system == "argos"
        else ctt_bursts("78664C33", 9.0, 1.0, ebn0_db=20.0, offset_hz=3000.0)
    )
    moved = [replace(one, start_s=PIECE_S - 0.001) for one in bursts]
    recording = Recording(
        rate_hz=rate_hz, frequency_hz=0.0, duration_s=duration_s, seed=1, bursts=moved
    )
    silent = Recording(rate_hz=rate_hz, frequency_hz=0.0, duration_s=duration_s, seed=1, bursts=())
    cut = np.concatenate(list(burst_files.pieces(recording)))
    cut -= np.concatenate(list(burst_files.pieces(silent)))
    monkeypatch.setattr(burst_files, "PIECE_S", duration_s)
    whole = np.concatenate(list(burst_files.pieces(recording)))
    whole -= np.concatenate(list(burst_files.pieces(silent)))
    assert np.abs(whole).max() > 1.0
    np.testing.assert_allclose(cut, whole, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["argos", "--id", "0A1FBD4", "--data", "0123", "--to", "x.cu8"], "3, 7, ... 31"),
        (["argos", "--id", "leo", "--data", "012345", "--to", "x.cu8"], "no Argos message"),
        (["ctt", "--id", "7866", "--to", "x.cu8"], "8 hex digits"),
        (["ctt", "--id", "78664C33", "--to", "x.wav"], "NAME.cu8"),
        (["ctt", "--id", "78664C33", "--offset", "200k", "--to", "x.cu8"], "outside the band"),
    ],
)
def test_what_cannot_be_made_is_one_line(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run(["simulate", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
