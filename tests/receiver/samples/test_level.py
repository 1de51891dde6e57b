"""Levels of samples against sox and against tones of known size; cut off and zero samples."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.samples.level import CLIPPED, FORMATS, ZEROS, Meter, level_of


def tone(name: str, size: float, count: int = 5000) -> bytes:
    """Return a complex tone of a size against full scale."""
    form = FORMATS[name]
    turn = np.exp(2j * np.pi * 0.037 * np.arange(count)) * size
    parts = np.column_stack([turn.real, turn.imag]) * form.full_scale + form.zero
    if form.number == "<f4":
        return parts.astype("<f4").tobytes()
    bounds = np.iinfo(form.number)
    return np.clip(np.round(parts), bounds.min, bounds.max).astype(form.number).tobytes()


@pytest.mark.parametrize("name", ["cu8", "cs8", "cs16", "cf32"])
@pytest.mark.parametrize("size", [1.0, 0.5, 0.1])
def test_complex_tone_has_its_size(name: str, size: float) -> None:
    level = level_of(tone(name, size), FORMATS[name]).level_dbfs
    assert level == pytest.approx(20 * math.log10(size), abs=0.15)


@pytest.mark.parametrize("volume", ["1", "0.25", "0.001"])
def test_level_of_sound_is_that_of_sox(
    volume: str, tmp_path: Path, peer: Callable[[str], str]
) -> None:
    raw = tmp_path / "tone.raw"
    form = ["-r", "16000", "-e", "signed", "-b", "16", "-c", "1"]
    subprocess.run(
        [peer("sox"), "-D", "-n", *form, str(raw), "synth", "2", "sine", "437", "vol", volume],
        check=True,
    )
    told = subprocess.run(
        [peer("sox"), *form, str(raw), "-n", "stats"], check=True, capture_output=True, text=True
    ).stderr
    said = re.search(r"RMS lev dB\s+(-?[\d.]+)", told)
    assert said is not None
    level = level_of(raw.read_bytes(), FORMATS["s16"]).level_dbfs
    assert level == pytest.approx(float(said[1]), abs=0.02)


@pytest.mark.parametrize(("name", "share"), [("s16", 1.0), ("cu8", 0.5), ("cs8", 0.5),
                                             ("cs16", 0.5), ("cf32", 0.5)])  # fmt: skip
def test_samples_at_the_ends_of_the_scale_are_counted(name: str, share: float) -> None:
    form = FORMATS[name]
    ends = {"u1": [0, 255], "<f4": [-1.5, 1.0]}.get(form.number)
    if ends is None:
        bounds = np.iinfo(form.number)
        ends = [bounds.min, bounds.max]
    middle = [round(form.zero)] * 2 if share < 1 else []
    data = np.array([*ends, *middle] * 10, dtype=form.number).tobytes()
    assert level_of(data, form).clipped_share == share


def test_what_is_no_number_is_left_out() -> None:
    data = np.array([np.nan, np.inf, 0.5, 0.5], dtype="<f4").tobytes()
    assert level_of(data, FORMATS["cf32"]).level_dbfs == pytest.approx(20 * math.log10(0.5**0.5))
    assert level_of(data[:8], FORMATS["cf32"]).level_dbfs is None


@given(st.sampled_from(sorted(FORMATS)), st.binary(min_size=8, max_size=400))
def test_no_bytes_are_an_error(name: str, data: bytes) -> None:
    form = FORMATS[name]
    level, share = level_of(data[: len(data) // 8 * 8], form)
    assert level is None or level < 800
    assert 0.0 <= share <= 1.0


def test_complaint_stays_for_a_while_and_goes() -> None:
    meter = Meter(FORMATS["s16"], 1000.0)
    half = 500
    assert meter.complaint == ""
    meter.add(bytes(2 * half))
    assert meter.complaint == ZEROS
    loud = np.full(half, 32767, "<i2").tobytes()
    quiet = np.full(half, 100, "<i2").tobytes()
    meter.add(loud)
    assert meter.complaint == CLIPPED
    for _ in range(19):
        meter.add(quiet)
    assert meter.complaint == CLIPPED
    meter.add(quiet)
    assert meter.complaint == ""


def test_level_does_not_depend_on_how_bytes_are_cut() -> None:
    data = tone("cs16", 0.3, 1000)
    levels = []
    for step in (4, 40, 400, 4000):
        meter = Meter(FORMATS["cs16"], 2000.0)
        for at in range(0, len(data), step):
            meter.add(data[at : at + step])
        assert meter.level is not None
        levels.append(meter.level.level_dbfs)
    assert levels == pytest.approx([levels[0]] * 4)
