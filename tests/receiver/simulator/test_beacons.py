"""Scenes of beacons: the bytes of the definition, files, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from receiver.errors import ConfigError, WriteError
from receiver.simulator.beacon_files import PRESETS, made_scene, scene_from, scene_to, write
from receiver.simulator.beacons import Scene, Tag, cu8, truth

SCENES = (
    "fine48", "ladder48", "noise48", "int_am", "int_clean", "int_cw", "int_dc", "int_impulse",
    "int_neighbour", "int_ramp",
)  # fmt: skip


def known(shared: Path, name: str) -> dict:
    text = (shared / "data" / "beacon-scenes" / f"{name}.cu8.json").read_text(encoding="utf-8")
    found: dict = json.loads(text)
    return found


@pytest.mark.shared
@pytest.mark.parametrize("name", SCENES)
def test_bytes_are_those_of_another_implementation(name: str, shared: Path) -> None:
    said = known(shared, name)
    scene, digest = scene_from(said["scene"]), hashlib.sha256()
    for piece in cu8(scene):
        digest.update(piece)
    assert digest.hexdigest() == said["sha256"]
    assert scene.size == said["samples"]
    made = [(p.tag, p.start_s, p.frequency_hz, p.cn0_dbhz) for p in truth(scene)]
    expected = [(p["tag"], p["t"], p["freq"], p["cn0"]) for p in said["truth"]]
    np.testing.assert_allclose(made, expected) if expected else None
    assert scene_from(scene_to(scene)) == scene


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"noise", "ladder"}))
def test_presets_are_the_scenes_that_detectors_are_measured_on(name: str, shared: Path) -> None:
    assert PRESETS[name]() == scene_from(known(shared, f"int_{name}")["scene"])


def test_ladder_preset_is_the_one_of_the_set(shared: Path) -> None:
    assert PRESETS["ladder"]() == scene_from(known(shared, "fine300")["scene"])


def test_another_tag_does_not_change_the_noise() -> None:
    one = Scene(rate_hz=8000.0, duration_s=2.0, seed=4)
    two = Scene(rate_hz=8000.0, duration_s=2.0, seed=4, tags=(Tag(frequency_hz=0, cn0_dbhz=50),))
    first, second = (np.frombuffer(b"".join(cu8(s)), np.uint8) for s in (one, two))
    pulse = truth(two)[0]
    before = int(pulse.start_s * 8000.0) * 2
    np.testing.assert_array_equal(first[:before], second[:before])
    assert (first != second).sum() > 100


def test_chirp_begins_high(tmp_path: Path) -> None:
    tag = Tag(frequency_hz=0.0, cn0_dbhz=60.0, chirp_hz=300.0, first_s=0.1)
    scene = Scene(rate_hz=8000.0, duration_s=0.5, seed=1, sigma=1.0, tags=(tag,))
    bytes_ = np.frombuffer(b"".join(cu8(scene)), np.uint8).astype(np.float32) - 127.5
    samples = bytes_.view(np.complex64)
    start = int(truth(scene)[0].start_s * 8000)
    turns = np.diff(np.unwrap(np.angle(samples[start + 8 : start + 150]))) / (2 * np.pi) * 8000
    assert turns[:20].mean() > turns[-20:].mean() + 60.0


def test_files_hold_samples_and_truth(tmp_path: Path) -> None:
    scene = made_scene(None, ["offset=1k,cn0=40,per_minute=60"], "16k", 3.0, 5)
    done: list[float] = []
    path = tmp_path / "x.cu8"
    truth_path = write(path, scene, 150e6, done.append)
    said = json.loads(truth_path.read_text(encoding="utf-8"))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == said["sha256"]
    assert scene_from(said["scene"]) == scene
    assert scene.tags[0].period_s == 1.0
    assert done[-1] == pytest.approx(3.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.cu8", "x.cu8.json"]


def test_sigmf_is_read_by_its_own_library(tmp_path: Path) -> None:
    import sigmf

    scene = made_scene(None, ["cn0=40"], "16k", 3.0, 5)
    write(tmp_path / "x.sigmf-data", scene, 150e6, lambda done: None)
    signal = sigmf.fromfile(str(tmp_path / "x.sigmf-meta"))
    signal.validate()
    assert signal.get_global_info()["core:sample_rate"] == 16_000
    assert len(signal.get_annotations()) == len(truth(scene))
    assert "SIMULATION" in signal.get_global_info()["core:description"]


@pytest.mark.parametrize(
    ("beacon", "words"),
    [
        ("foo=1", "expected KEY=VALUE"),
        ("cn0", "is no number"),
        ("cn0=nan", "is no number"),
        ("offset=200k", "outside the band"),
        ("cn0=500", "no such pulses"),
        ("per_minute=4000", "no such pulses"),
        ("width_ms=0", "no such pulses"),
    ],
)
def test_impossible_beacon_is_refused(beacon: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        made_scene(None, [beacon], "300k", 10.0, None)


def test_unknown_scene_is_refused() -> None:
    with pytest.raises(ConfigError, match="one of clean"):
        made_scene("nothing", [], "300k", 10.0, None)
    assert made_scene("cw", [], "300k", 10.0, 77).seed == 77


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    scene = made_scene(None, [], "8k", 1.0, None)
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path / "no" / "x.cu8", scene, 0.0, lambda done: None)
