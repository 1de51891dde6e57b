"""Single pulses: in scenes of known truth, beside interference, under false alarms."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from receiver.dsp.detector import Detector
from receiver.dsp.pulses import Pulse, alarms_h_khz, threshold
from receiver.dsp.spectra import layout
from receiver.simulator.beacon_files import PRESETS
from receiver.simulator.beacons import Carrier, Scene, Tag, cu8, ladder, truth

RATE_HZ = 48_000.0


def as_samples(piece: bytes) -> np.ndarray:
    return (np.frombuffer(piece, np.uint8).astype(np.float32) - 127.5).view(np.complex64)


def heard(scene: Scene, step: int | None = None, alarms: float = 0.7) -> list[Pulse]:
    detector = Detector(
        layout(scene.rate_hz, 0.02), pulse_false_alarms_h_khz=alarms, full_scale=127.5
    )
    found = []
    for piece in cu8(scene):
        samples = as_samples(piece)
        for begin in range(0, len(samples), step or len(samples)):
            for news in detector.push(samples[begin : begin + (step or len(samples))]):
                found += news.pulses
    for news in detector.finish():
        found += news.pulses
    return found


def share_found(scene: Scene, pulses: list[Pulse], tag: int = 0) -> float:
    true = [pulse for pulse in truth(scene) if pulse.tag == tag]
    hits = [
        any(
            abs(p.time_s - t.start_s - t.width_s / 2) < 0.025
            and abs(p.frequency_hz - t.frequency_hz) < 200
            for p in pulses
        )
        for t in true
    ]
    return sum(hits) / len(hits)


def false_count(scene: Scene, pulses: list[Pulse]) -> int:
    true = truth(scene)
    return sum(
        not any(
            abs(p.time_s - t.start_s - t.width_s / 2) < 0.025
            and abs(p.frequency_hz - t.frequency_hz) < 200
            for t in true
        )
        for p in pulses
    )


def test_threshold_and_rate_are_each_other_s_inverse() -> None:
    for rate in (0.001, 0.7, 1.0, 50.0):
        assert alarms_h_khz(threshold(rate)) == pytest.approx(rate, rel=1e-6)
    assert alarms_h_khz(1e6) >= 0.0
    assert math.isfinite(alarms_h_khz(0.0))


def test_loud_pulses_have_their_time_frequency_and_level() -> None:
    tag = Tag(frequency_hz=5000.0, cn0_dbhz=50.0)
    scene = Scene(rate_hz=RATE_HZ, duration_s=20.0, seed=3, tags=(tag,))
    pulses = heard(scene)
    true = [p for p in truth(scene) if p.start_s < 19.5]
    own = [p for p in pulses if p.time_s < 19.52]
    assert len(own) == len(true)
    for pulse, expected in zip(own, true, strict=True):
        assert pulse.time_s == pytest.approx(expected.start_s + 0.01, abs=0.0004)
        assert pulse.frequency_hz == pytest.approx(5000.0, abs=3.0)
        assert pulse.cn0_dbhz == pytest.approx(50.0, abs=0.8)
        assert not pulse.saturated
    power = np.mean([pulse.power for pulse in own])
    assert 10 * np.log10(power / scene.amplitude(50.0) ** 2) == pytest.approx(-0.1, abs=0.15)


def test_half_of_the_pulses_at_29_5_dbhz_are_found() -> None:
    scene = ladder([28.0, 29.5, 32.0, 34.0], RATE_HZ, 60.0, 5, span_hz=40_000.0)
    pulses = heard(scene)
    shares = [share_found(scene, pulses, tag) for tag in range(4)]
    assert shares[0] < 0.45
    assert 0.25 < shares[1] < 0.8
    assert shares[2] > 0.85
    assert shares[3] == 1.0


def test_noise_alone_gives_about_as_many_as_said() -> None:
    """12.8 kHz h at 20 an hour and kHz."""
    scene = Scene(rate_hz=RATE_HZ, duration_s=240.0, seed=9)
    expected = 20.0 * 0.048 * 240.0 / 3600.0 * 1000.0
    assert len(heard(scene, alarms=20.0)) == pytest.approx(expected, rel=0.35)


@pytest.mark.parametrize("step", [1, 999, 24_000])
def test_cut_samples_give_the_same_pulses(step: int) -> None:
    tags = (Tag(frequency_hz=1000.0, cn0_dbhz=36.0), Tag(frequency_hz=-9000.0, cn0_dbhz=33.0))
    scene = Scene(rate_hz=8000.0 if step == 1 else RATE_HZ, duration_s=6.0, seed=4, tags=tags[:1])
    assert heard(scene, step) == heard(scene)


INTERFERENCE = {name: PRESETS[name] for name in ("cw", "dc", "neighbour", "impulse", "am", "ramp")}


@pytest.mark.parametrize("name", INTERFERENCE)
def test_interference_hides_nothing_and_makes_nothing(name: str) -> None:
    """One seed each of the scenes of the bench, which counts over many."""
    scene = dataclasses.replace(INTERFERENCE[name](), seed=71)
    pulses = heard(scene)
    least = 0.85 if name in ("neighbour", "ramp") else 0.95  # an overlap; 30 dB-Hz at the end
    assert share_found(scene, pulses) >= least
    assert false_count(scene, pulses) <= 8  # 2.5 are expected


def test_clipped_pulse_is_a_lower_bound() -> None:
    tag = Tag(frequency_hz=5000.0, cn0_dbhz=72.0)
    pulses = heard(Scene(rate_hz=RATE_HZ, duration_s=6.0, seed=3, tags=(tag,)))
    loudest = [pulse for pulse in pulses if pulse.cn0_dbhz > 60]
    assert len(loudest) >= 4
    assert all(pulse.saturated for pulse in loudest)
    assert all(pulse.power < 127.5**2 * 2 for pulse in loudest)


def test_a_steady_carrier_and_a_long_tone_are_no_pulses() -> None:
    long = Tag(frequency_hz=-5000.0, cn0_dbhz=50.0, width_s=0.5, period_s=2.0)
    scene = Scene(
        rate_hz=RATE_HZ, duration_s=20.0, seed=6, tags=(long,), carriers=(Carrier(3000.0, 45.0),)
    )
    pulses = heard(scene)
    assert not [p for p in pulses if abs(p.frequency_hz - 3000.0) < 100]
    assert len([p for p in pulses if abs(p.frequency_hz + 5000.0) < 300]) <= 25


@pytest.mark.parametrize("value", [0.0, 1e-30, 1e6])
def test_samples_that_say_nothing_give_nothing(value: float) -> None:
    samples, detector = np.full(48_000, value), Detector(layout(RATE_HZ, 0.02))
    found = [*detector.push(samples.astype(np.complex64)), *detector.finish()]
    assert [pulse for news in found for pulse in news.pulses] == []


def test_a_recording_shorter_than_a_pulse() -> None:
    detector = Detector(layout(RATE_HZ, 0.02))
    assert list(detector.push(np.ones(100, np.complex64))) == []
    assert [news.pulses for news in detector.finish()][-1] == []


@pytest.mark.parametrize("lost", [slice(70_000, 90_000), slice(48_000, 48_300)])
def test_lost_samples_make_no_pulses(lost: slice) -> None:
    rng, detector = np.random.default_rng(5), Detector(layout(RATE_HZ, 0.02))
    samples = rng.standard_normal(2 * 48_000 * 4, dtype=np.float32).view(np.complex64)
    samples[lost] = 0.0
    found = [*detector.push(samples), *detector.finish()]
    assert len([pulse for news in found for pulse in news.pulses]) <= 1
