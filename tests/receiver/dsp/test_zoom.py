"""Looking finely at a place, against a matched filter that tries every sample and frequency."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp import zoom
from receiver.dsp.spectra import HOPS, Spectra, layout

FORM = layout(16_000.0, 0.02)


def brute_force(samples: np.ndarray, start: int, frequency_hz: float) -> tuple[float, int, float]:
    """Return the most energy of a rectangle of one pulse, its start and frequency."""
    best = (0.0, 0, 0.0)
    for offset_hz in np.arange(-30.0, 30.1, 2.0):
        turn = np.exp(
            -2j * np.pi * (frequency_hz + offset_hz) / FORM.rate_hz * np.arange(len(samples))
        )
        sums = np.concatenate([[0], np.cumsum(samples * turn)])
        for at in range(start - FORM.hop // 2, start + FORM.hop // 2 + 1, 2):
            energy = abs(sums[at + FORM.pulse] - sums[at]) ** 2 / FORM.pulse
            if energy > best[0]:
                best = (energy, at, frequency_hz + offset_hz)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_peak_is_that_of_a_matched_filter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(2 * 12_000).view(complex) * 0.7
    start, frequency_hz = 5000 + int(rng.integers(0, 80)), float(rng.uniform(-7000, 7000))
    time = np.arange(FORM.pulse) / FORM.rate_hz
    samples[start : start + FORM.pulse] += 0.6 * np.exp(
        2j * np.pi * frequency_hz * time + 1j * seed
    )
    spectra = Spectra(FORM)
    for _ in spectra.push(samples.astype(np.complex64)):
        window = slice(HOPS, -HOPS)
        row, column = divmod(int(spectra.power[window].argmax()), FORM.size)
        row += HOPS
        found = zoom.peaks(
            spectra.spectra, np.array([row]), np.array([column]), np.array([1.0]), FORM
        )
        break
    begin = (spectra.first + row) * FORM.hop + FORM.edge / 2
    at = begin + found.delay[0] * FORM.pulse
    hertz = (column + found.offset[0]) * FORM.bin_hz
    hertz = (hertz + FORM.rate_hz / 2) % FORM.rate_hz - FORM.rate_hz / 2
    energy, expected_at, expected_hz = brute_force(samples, round(begin), hertz)
    assert found.q[0] == pytest.approx(energy, rel=0.06)
    assert at == pytest.approx(expected_at, abs=FORM.pulse / 20)
    assert hertz == pytest.approx(expected_hz, abs=4.0)
    assert found.longer[0] < found.q[0]


def test_what_goes_on_holds_twice_as_much_in_twice_the_time() -> None:
    samples = np.exp(2j * np.pi * 0.1 * np.arange(12_000)).astype(np.complex64)
    spectra = Spectra(FORM)
    for _ in spectra.push(samples):
        column = int(spectra.power[20].argmax())
        found = zoom.peaks(
            spectra.spectra, np.array([20]), np.array([column]), np.array([1.0]), FORM
        )
        assert found.longer[0] == pytest.approx(2.0 * found.q[0], rel=0.05)
        break
