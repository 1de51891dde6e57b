"""A beacon in IQ made audible."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from receiver.errors import WriteError
from receiver.samples.level import FORMATS
from receiver.samples.tone import Tone, audible, write
from receiver.simulator.beacons import Scene, Tag, cu8, truth


@pytest.mark.parametrize("rate_hz", [48_000.0, 250_000.0])
def test_pulses_are_beeps_of_700_hertz(rate_hz: float) -> None:
    tag = Tag(frequency_hz=9000.0, cn0_dbhz=45.0)
    scene = Scene(rate_hz=rate_hz, duration_s=6.0, seed=2, tags=(tag,))
    sound = audible(b"".join(cu8(scene)), Tone(FORMATS["cu8"], rate_hz, 9000.0))
    assert len(sound) == pytest.approx(48_000, abs=50)
    loud = np.array([
        np.abs(sound[int(p.start_s * 8000) + 20 : int(p.start_s * 8000) + 150]).mean()
        for p in truth(scene)
    ])  # fmt: skip
    assert loud.mean() > 3 * np.median(np.abs(sound))
    start = int(truth(scene)[1].start_s * 8000) + 30
    spectrum = np.abs(np.fft.rfft(sound[start : start + 120], 8000))
    assert spectrum.argmax() == pytest.approx(700, abs=30)


def test_file_is_sound_that_others_play(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", np.zeros(8000, np.int16))
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 8000)
    with pytest.raises(WriteError, match="cannot be written"):
        write(tmp_path / "no" / "x.wav", np.zeros(1, np.int16))


def test_nothing_gives_no_sound() -> None:
    assert len(audible(b"", Tone(FORMATS["cu8"], 48_000.0, 0.0))) == 0
