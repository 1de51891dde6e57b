"""Bytes to complex samples: every format, sound, cut anywhere, spoilt numbers."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.samples.conversion import SoundConverter, converter, top
from receiver.samples.level import FORMATS

IQ = [name for name, form in FORMATS.items() if form.numbers == 2]
SOUND = [name for name, form in FORMATS.items() if form.numbers == 1]


def written(values: np.ndarray, name: str) -> bytes:
    """Return numbers of -1 to 1 as a format has them."""
    form = FORMATS[name]
    scaled = values * form.full_scale + form.zero
    if form.number.endswith("f4"):
        return scaled.astype(form.number).tobytes()
    bounds = np.iinfo(form.number)
    return np.clip(np.rint(scaled), bounds.min, bounds.max).astype(form.number).tobytes()


@pytest.mark.parametrize("name", IQ)
def test_iq_becomes_complex(name: str) -> None:
    tone = 0.5 * np.exp(2j * np.pi * 0.1 * np.arange(1000))
    found = converter(FORMATS[name], 48_000.0).convert(written(tone.view(float), name))
    np.testing.assert_allclose(found / FORMATS[name].full_scale, tone, atol=0.01)
    assert found.dtype == np.complex64


@pytest.mark.parametrize("name", SOUND)
def test_a_sine_becomes_a_tone_of_its_size(name: str) -> None:
    rate_hz, tone_hz = 16_000.0, 1100.0
    sine = 0.5 * np.sin(2 * np.pi * tone_hz / rate_hz * np.arange(16_000))
    convert = converter(FORMATS[name], rate_hz)
    found = convert.convert(written(sine, name)) / FORMATS[name].full_scale
    assert convert.rate_hz == 8000.0
    assert len(found) == pytest.approx(8000, abs=40)
    spectrum = np.abs(np.fft.fft(found[100:6500])) / 6400
    hertz = np.fft.fftfreq(6400, 1 / 8000.0)
    loudest = spectrum.argmax()
    # The spectrum is moved down by a quarter of the rate.
    assert hertz[loudest] == pytest.approx(tone_hz - 4000.0, abs=1.0)
    assert spectrum[loudest] == pytest.approx(0.5, rel=0.02)
    mirror = np.abs(hertz + hertz[loudest]).argmin()
    assert spectrum[mirror] < 0.002


def test_channels_are_averaged() -> None:
    left = np.sin(0.3 * np.arange(4000))
    both = np.column_stack([left, np.zeros(4000)]).ravel()
    stereo = converter(FORMATS["s16"], 8000.0, channels=2).convert(written(both, "s16"))
    mono = converter(FORMATS["s16"], 8000.0).convert(written(left / 2, "s16"))
    np.testing.assert_allclose(stereo, mono, atol=2.0)


@pytest.mark.parametrize("step", [2, 6, 14, 1000, 4002])
def test_sound_cut_anywhere_is_the_same(step: int) -> None:
    data = np.random.default_rng(1).integers(-3000, 3000, 4001).astype("<i2").tobytes()
    whole = SoundConverter(FORMATS["s16"], 8000.0).convert(data)
    convert = SoundConverter(FORMATS["s16"], 8000.0)
    parts = [convert.convert(data[i : i + step]) for i in range(0, len(data), step)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_spoilt_numbers_are_nothing_heard(fault: float) -> None:
    data = np.array([0.5, fault, 0.25, -0.25], "<f4").tobytes()
    found = converter(FORMATS["cf32"], 8000.0).convert(data)
    np.testing.assert_array_equal(found, np.array([0.5, 0.25 - 0.25j], np.complex64))


def test_where_samples_are_cut_off() -> None:
    assert top(FORMATS["cu8"]) == 127.5
    assert top(FORMATS["cs16"]) == 32767.0
    assert top(FORMATS["cf32"]) == 1.0
