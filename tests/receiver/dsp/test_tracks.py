"""Tracks of listed beacons: found, measured, followed, ended; identical however samples are cut."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from receiver.dsp.detector import Detector
from receiver.dsp.spectra import layout
from receiver.dsp.tracks import Track, Wanted
from receiver.simulator.beacons import Scene, Tag, samples

RATE_HZ = 16_000.0
WANTED = Wanted(name="leo", frequency_hz=0.0, periods_s=(1.2,))


def heard(scene: Scene, wanted: tuple[Wanted, ...], step: int = 8000) -> list[Track]:
    # Noise alone gives a track in 12 kHz h; one of some seed must not decide a test.
    detector = Detector(
        layout(scene.rate_hz, 0.02),
        wanted,
        pulse_false_alarms_h_khz=None,
        track_false_alarms_h_khz=0.02,
    )
    found: list[Track] = []
    for block in samples(scene):
        for begin in range(0, len(block), step):
            for news in detector.push(block[begin : begin + step]):
                found += news.tracks
    for news in detector.finish():
        found += news.tracks
    return found


def scene(*tags: Tag, duration_s: float = 60.0, seed: int = 2) -> Scene:
    return Scene(rate_hz=RATE_HZ, duration_s=duration_s, seed=seed, tags=tags)


def test_a_beacon_below_single_pulses_is_found_with_its_pulses() -> None:
    made = scene(Tag(frequency_hz=713.0, cn0_dbhz=24.0, period_s=1.21))
    tracks = heard(made, (WANTED,))
    assert {track.number for track in tracks} == {1}
    assert [track.ended for track in tracks].count(True) == 1
    last = tracks[-1]
    assert last.ended
    assert last.frequency_hz == pytest.approx(713.0, abs=25.0)
    assert last.slots.period_s == pytest.approx(1.21, abs=0.005)
    assert len(last.slots.samples) == pytest.approx(49, abs=1)
    cn0 = 10 * np.log10(np.mean(last.slots.q - 1.0) / 0.02)
    assert cn0 == pytest.approx(24.0, abs=1.2)
    assert np.mean(last.slots.noise) == pytest.approx(200.0, rel=0.05)


def test_a_quartz_timed_beacon_is_folded() -> None:
    made = scene(Tag(frequency_hz=-1500.0, cn0_dbhz=21.0, jitter=0.0, period_s=1.19), seed=4)
    last = heard(made, (WANTED,))[-1]
    assert last.slots.period_s == pytest.approx(1.19, abs=0.002)
    assert last.frequency_hz == pytest.approx(-1500.0, abs=25.0)


def test_two_beacons_of_one_collar_s_band_and_two_collars() -> None:
    made = scene(
        Tag(frequency_hz=-1000.0, cn0_dbhz=30.0),
        Tag(frequency_hz=1000.0, cn0_dbhz=30.0, first_s=0.7),
        Tag(frequency_hz=6000.0, cn0_dbhz=30.0, period_s=0.8),
    )
    other = Wanted(name="zar", frequency_hz=5500.0, periods_s=(0.8, 1.6), drift_hz=1000.0)
    last = [track for track in heard(made, (WANTED, other)) if track.ended]
    found = sorted((t.wanted.name, round(t.frequency_hz, -2)) for t in last)
    assert found == [("leo", -1000.0), ("leo", 1000.0), ("zar", 6000.0)]


def test_a_beacon_that_stops_ends_its_track() -> None:
    on = scene(Tag(frequency_hz=100.0, cn0_dbhz=35.0), duration_s=30.0)
    off = scene(duration_s=60.0, seed=9)
    detector = Detector(layout(RATE_HZ, 0.02), (WANTED,), pulse_false_alarms_h_khz=None)
    tracks: list[Track] = []
    for made in (on, off):
        for block in samples(made):
            tracks += [t for news in detector.push(block) for t in news.tracks]
    assert tracks[-1].ended
    assert tracks[-1].heard_until_s == pytest.approx(29.5, abs=6.0)
    assert [t for news in detector.finish() for t in news.tracks] == []


def test_unknown_period_is_searched() -> None:
    made = scene(Tag(frequency_hz=300.0, cn0_dbhz=28.0, period_s=0.93), duration_s=40.0)
    wanted = Wanted(name="leo", frequency_hz=0.0)
    last = heard(made, (wanted,))[-1]
    assert last.slots.period_s == pytest.approx(0.93, abs=0.01)


@pytest.mark.parametrize("step", [777, 524_288])
def test_cut_samples_give_the_same_tracks(step: int) -> None:
    made = scene(Tag(frequency_hz=713.0, cn0_dbhz=27.0), duration_s=25.0)
    one, other = heard(made, (WANTED,), step), heard(made, (WANTED,))
    assert len(one) == len(other) > 0
    for first, second in zip(one, other, strict=True):
        assert dataclasses.replace(first, slots=second.slots) == second
        np.testing.assert_array_equal(first.slots.samples, second.slots.samples)
        np.testing.assert_array_equal(first.slots.q, second.slots.q)


def test_noise_gives_no_track() -> None:
    assert heard(scene(duration_s=120.0, seed=12), (WANTED,)) == []


def test_a_band_that_goes_round_the_edge() -> None:
    made = scene(Tag(frequency_hz=-7900.0, cn0_dbhz=32.0), duration_s=30.0)
    wanted = Wanted(name="edge", frequency_hz=7500.0, periods_s=(1.2,), drift_hz=700.0)
    last = heard(made, (wanted,))[-1]
    assert last.frequency_hz == pytest.approx(8100.0, abs=30.0)
