"""`baksan detect` and `baksan simulate iq` as a user runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from receiver.cli import run

SHEET = """
[collars.leo]
frequency_hz = 150003000
pulses_per_minute = {normal = 50}
[collars.far]
frequency_hz = 152e6
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("iq")
    (folder / "baksan.toml").write_text(SHEET, encoding="utf-8")
    path = folder / "x_150M_48k.cu8"
    beacons = ["--beacon", "offset=3.4k,cn0=27", "--beacon", "offset=-9k,cn0=45,per_minute=92"]
    command = ["simulate", "iq", *beacons, "--rate", "48k", "--seconds", "40", "--seed", "3"]
    assert run([*command, "--to", str(path)]) == 0
    return path


def test_beacons_are_told_in_words(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["detect", str(scene), "--config", str(scene.parent / "baksan.toml")]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "HEARD leo" in err
    assert "150.0034 MHz" in err
    assert "50 a minute: its normal rate" in err
    assert "HEARD not listed" in err
    assert "92 a minute, meaning unknown" in err
    assert "not listened for: far" in err


def test_lines_are_pulses_slots_and_tracks(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(scene.parent / "baksan.toml")
    assert run(["detect", str(scene), "--jsonl", "--config", config]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = {line["kind"] for line in lines}
    assert kinds == {"pulse", "slot", "track"}
    truth = json.loads(scene.with_name(scene.name + ".json").read_text(encoding="utf-8"))["truth"]
    pulses = [line for line in lines if line["kind"] == "pulse"]
    for true in (t for t in truth if t["tag"] == 1 and t["t"] > 0.1):
        near = [p for p in pulses if abs(p["time_s"] - true["t"] - 0.01) < 0.001]
        assert near
        assert near[0]["frequency_hz"] == pytest.approx(150e6 + true["freq"], abs=10)
        assert near[0]["cn0_dbhz"] == pytest.approx(45.0, abs=2.0)
        assert near[0]["level_unit"] == "dBFS"
    named = [line for line in lines if line["kind"] == "track" and line["collar"] == "leo"]
    assert len(named) == 1
    assert named[0]["period_s"] == pytest.approx(1.2, rel=0.01)


def test_one_object(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(scene.parent / "baksan.toml")
    assert run(["detect", str(scene), "--json", "--config", config]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rate_hz"] == 48_000
    assert said["frequency_hz"] == 150e6
    assert [track["collar"] for track in said["tracks"]] == ["leo", None]
    assert said["listened_for"] == ["leo"]


def test_noise_is_a_negative_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "n_150M_48k.cu8"
    assert run(["simulate", "iq", "--rate", "48k", "--seconds", "5", "--to", str(path)]) == 0
    assert run(["detect", str(path)]) == 1
    assert "no beacon was heard" in capsys.readouterr().err
    assert run(["detect", str(path), "--jsonl"]) == 0


def test_picture_has_its_size(scene: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    png = tmp_path / "w.png"
    config = str(scene.parent / "baksan.toml")
    assert run(["detect", str(scene), "--png", str(png), "--config", config]) == 0
    pixels = image.imread(png)
    assert pixels.shape[:2] == (900, 1200)
    red = (pixels[..., 0] > 0.7) & (pixels[..., 1] < 0.3)
    assert red.sum() > 200  # slots of the collar and its name


def test_standard_input(scene: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from receiver.cli import main; main()",
        "detect",
        "-",
        "--jsonl",
    ]
    done = subprocess.run(
        [*command, "--rate", "48k", "--frequency", "150M"],
        input=scene.read_bytes(), capture_output=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert sum(b'"pulse"' in line for line in done.stdout.splitlines()) > 50


def test_sound_of_a_receiver(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beeps of 700 Hz, 50 a minute, as an earphone gives them."""
    import wave

    rate = 16_000
    time = np.arange(rate * 30) / rate
    keyed = (time % 1.2) < 0.02
    noise = np.random.default_rng(1).standard_normal(len(time)) * 0.05
    sound = 0.3 * np.sin(2 * np.pi * 700 * time) * keyed + noise
    path = tmp_path / "beeps.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    assert run(["detect", str(path), "--json"]) == 0
    (track,) = json.loads(capsys.readouterr().out)["tracks"]
    assert track["frequency_hz"] == pytest.approx(700.0, abs=5.0)
    assert track["pulses_per_minute"] == pytest.approx(50.0, rel=0.01)
    assert track["level_db"] == pytest.approx(20 * np.log10(0.3), abs=0.5)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["detect", "none.cu8"], 2, "No such file"),
        (["detect", "x.cu8"], 2, "--rate"),
        (["detect", "x.cu8", "--rate", "fast"], 2, "expected hertz"),
        (["detect", "x.cu8", "--rate", "5k", "--pulse-ms", "2"], 2, "a pulse of 10 samples"),
        (["detect", "x.cu8", "--rate", "1M", "--format", "mp3"], 2, "known: "),
        (["simulate", "iq"], 2, "--to"),
        (["simulate"], 2, "--to"),
        (["simulate", "iq", "--scene", "x", "--to", "y.cu8"], 2, "one of clean"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], code: int, words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.cu8").write_bytes(bytes(20_000))
    assert run(arguments) == code
    err = capsys.readouterr().err
    assert words in err
    assert err.strip().splitlines()[-1].startswith("baksan: ")
    assert "Traceback" not in err
