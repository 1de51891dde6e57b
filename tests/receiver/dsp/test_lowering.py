"""A narrow band at a lower rate, sound at another rate: what passes and what does not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from receiver.dsp.lowering import Lowering, Resampler


def tone(rate_hz: float, hz: float, seconds: float = 0.5) -> NDArray[np.complex64]:
    at = np.arange(round(rate_hz * seconds)) / rate_hz
    return np.asarray(np.exp(2j * np.pi * hz * at), np.complex64)


def strength(samples: NDArray[np.complex64]) -> float:
    return float(np.sqrt(np.mean(np.square(np.abs(samples[len(samples) // 2 :])))))


@pytest.mark.parametrize("rate_hz", [48_000.0, 250_000.0, 300_000.0, 2_048_000.0])
def test_what_is_wanted_passes_and_what_would_fold_onto_it_does_not(rate_hz: float) -> None:
    offset_hz = rate_hz / 5
    low_hz = Lowering(rate_hz, offset_hz, 4000.0).low_hz
    for beside_hz, least, most in ((0, 0.99, 1.01), (1900, 0.99, 1.01), (low_hz, 0, 0.002)):
        lowering = Lowering(rate_hz, offset_hz, 4000.0)
        out = lowering.push(tone(rate_hz, offset_hz + beside_hz, 0.1))
        assert least <= strength(out) <= most, beside_hz


def test_the_frequency_stays_what_it_is() -> None:
    lowering = Lowering(300_000.0, 20_000.0, 4000.0)
    out = lowering.push(tone(300_000.0, 20_700.0))[200:]
    turns = np.angle(out[1:] * np.conj(out[:-1])) / (2 * np.pi) * lowering.low_hz
    assert turns == pytest.approx(700.0, abs=0.5)


def test_a_sine_is_a_tone_of_its_size_and_is_not_heard_twice() -> None:
    sine = tone(48_000.0, 950.0).imag
    out = Lowering(48_000.0, 900.0, 1300.0, is_real=True).push(sine)
    assert np.abs(out[200:]) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("blocks", [[1000] * 24, [1, 6999, 1, 1, 12_000, 4998]])
def test_blocks_make_no_difference(blocks: list[int]) -> None:
    rng = np.random.default_rng(3)
    noise = (rng.normal(size=24_000) + 1j * rng.normal(size=24_000)).astype(np.complex64)
    edges = [0, *itertools.accumulate(blocks)]
    for make in (
        lambda: Lowering(48_000.0, 5000.0, 3000.0),
        lambda: Resampler(22_050.0, 48_000.0),
        lambda: Resampler(48_000.0, 8000.0),
    ):
        whole = make().push(noise)
        cutter = make()
        cut = np.concatenate([cutter.push(noise[a:b]) for a, b in itertools.pairwise(edges)])
        assert len(cut) == len(whole)
        assert np.abs(cut - whole).max() < 1e-5


@pytest.mark.parametrize("rate_hz", [8000.0, 16_000.0, 22_050.0, 44_100.0, 96_000.0])
def test_sound_keeps_pitch_loudness_and_length(rate_hz: float) -> None:
    out = Resampler(rate_hz, 48_000.0).push(tone(rate_hz, 1000.0, 1.0).real)
    assert len(out) == pytest.approx(48_000, abs=10)
    spectrum = np.abs(np.fft.rfft(out[:48_000], 48_000)) / 24_000
    assert spectrum.argmax() == 1000
    assert spectrum[1000] == pytest.approx(1.0, abs=0.02)
    assert np.delete(spectrum, range(990, 1011)).max() < 0.01


def test_sound_of_48_khz_goes_through_as_it_is() -> None:
    sound = np.arange(100, dtype=np.float32)
    assert Resampler(48_000.0, 48_000.0).push(sound) is sound
