"""The beat note of a beacon in IQ, live."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from receiver.dsp.lowering import Lowering
from receiver.samples.beat import SOUND_HZ, BeatNote
from receiver.samples.conversion import converter
from receiver.samples.level import FORMATS
from receiver.simulator.beacons import Scene, Tag, cu8, truth

RATE_HZ = 250_000.0


def sound_of(scene: Scene, offset_hz: float, follow_hz: float) -> NDArray[np.float32]:
    convert = converter(FORMATS["cu8"], scene.rate_hz)
    lowering = Lowering(scene.rate_hz, offset_hz, 5000.0)
    beat = BeatNote(lowering.low_hz)
    beat.follow(follow_hz)
    pieces = [beat.push(lowering.push(convert.convert(data)) / 127.5) for data in cu8(scene)]
    return np.concatenate(pieces)


@pytest.mark.parametrize("follow_hz", [0.0, 1400.0])
def test_pulses_are_beeps_of_700_hertz_wherever_the_beacon_is(follow_hz: float) -> None:
    tag = Tag(frequency_hz=9000.0 + follow_hz, cn0_dbhz=50.0)
    scene = Scene(rate_hz=RATE_HZ, duration_s=6.0, seed=2, tags=(tag,))
    sound = sound_of(scene, 9000.0, follow_hz)
    assert len(sound) == pytest.approx(6 * SOUND_HZ, abs=SOUND_HZ / 50)
    assert np.abs(sound).max() <= 1.0
    pulses = truth(scene)[1:]
    for pulse in pulses[:-1]:
        start = round((pulse.start_s + 0.02) * SOUND_HZ)  # the filters are 16 ms late
        heard = sound[start : start + 700]
        assert np.abs(heard).mean() > 3 * np.median(np.abs(sound))
        assert np.abs(np.fft.rfft(heard, SOUND_HZ)).argmax() == pytest.approx(700, abs=30)


def test_a_strong_beacon_keeps_its_ups_and_downs() -> None:
    at = np.arange(round(8 * RATE_HZ)) / RATE_HZ
    sizes = {1: 0.5, 2: 0.25, 3: 0.125, 4: 0.5, 5: 0.25, 6: 0.125}
    iq = np.zeros(len(at), np.complex64)
    for second, size in sizes.items():
        iq[(at >= second) & (at < second + 0.03)] = size
    lowering = Lowering(RATE_HZ, 0.0, 5000.0)
    rng = np.random.default_rng(1)
    noise = (rng.normal(size=len(at)) + 1j * rng.normal(size=len(at))) * 1e-4
    sound = BeatNote(lowering.low_hz).push(lowering.push((iq + noise).astype(np.complex64)))
    peaks = [np.abs(sound[s * SOUND_HZ : (s + 1) * SOUND_HZ]).max() for s in sizes]
    assert max(peaks) <= 0.81
    falls_db = [20 * np.log10(peaks[k] / peaks[k + 1]) for k in (0, 1, 3, 4)]
    assert falls_db == pytest.approx([6.02 - 0.5] * 4, abs=0.3)  # it goes up again slowly
