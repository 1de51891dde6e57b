"""Spectra: the window, cut samples, and what a plain Fourier transform gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.dsp.spectra import HOPS, Columns, Spectra, layout

FORM = layout(8000.0, 0.02)


def noise(count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(2 * count, dtype=np.float32).view(np.complex64)


@pytest.mark.parametrize("rate_hz", [4e3, 8e3, 48e3, 250e3, 300e3, 1.024e6, 2.4e6])
def test_lengths_fit_together_and_are_near_the_pulse(rate_hz: float) -> None:
    form = layout(rate_hz, 0.02)
    assert form.pulse == pytest.approx(0.02 * rate_hz, rel=0.02, abs=16)
    assert form.pulse == HOPS * form.hop
    assert form.size * 4 == form.pulse * 5
    assert form.length <= form.size
    assert form.frames % 8 == 0


@pytest.mark.parametrize("pulse_s", [0.0001, 1000.0])
def test_impossible_pulse_is_refused(pulse_s: float) -> None:
    with pytest.raises(ValueError, match="80 to 1,000,000"):
        layout(8000.0, pulse_s)


def test_windows_a_pulse_apart_add_up_to_one() -> None:
    window, added = FORM.window(), np.zeros(5 * FORM.pulse + FORM.edge)
    for start in range(0, 5 * FORM.pulse, FORM.pulse):
        added[start : start + FORM.length] += window
    np.testing.assert_allclose(added[FORM.edge : -FORM.edge], 1.0, atol=1e-6)


def test_each_row_is_a_plain_fourier_transform() -> None:
    samples = noise(3 * 8000)
    spectra = Spectra(FORM)
    for rows in spectra.push(samples):
        first = spectra.first
        for row in (2 * HOPS, 2 * HOPS + rows // 2, 2 * HOPS + rows - 1):
            start = (first + row) * FORM.hop
            cut = samples[start : start + FORM.length] * FORM.window()
            expected = np.fft.fft(cut, FORM.size)
            np.testing.assert_allclose(spectra.spectra[row], expected, atol=2e-3)
            np.testing.assert_allclose(spectra.power[row], np.abs(expected) ** 2, rtol=1e-3, atol=1)


def collected(pieces: list[np.ndarray]) -> np.ndarray:
    spectra, found = Spectra(FORM, full_scale=2.5), []
    for piece in pieces:
        for rows in spectra.push(piece):
            new = slice(2 * HOPS, 2 * HOPS + rows)
            found.append(np.column_stack([spectra.power[new], spectra.clipped[new]]))
    for rows in spectra.finish():
        found.append(
            np.column_stack([spectra.power[2 * HOPS :][:rows], spectra.clipped[8:][:rows]])
        )
    return np.concatenate(found)


@given(cuts=st.lists(st.integers(0, 12_000), max_size=8))
def test_cut_samples_give_the_same_rows(cuts: list[int]) -> None:
    samples = noise(12_000)
    pieces = np.split(samples, sorted(cuts))
    np.testing.assert_array_equal(collected(pieces), collected([samples]))


def test_share_of_values_at_full_scale() -> None:
    samples = np.full(8000, 1 + 3j, np.complex64)
    spectra = Spectra(FORM, full_scale=2.5)
    for rows in spectra.push(samples):
        np.testing.assert_allclose(spectra.clipped[8 : 8 + rows], 0.5)


def test_columns_go_round_the_band() -> None:
    array = np.arange(2 * FORM.size).reshape(2, FORM.size)
    columns = Columns(FORM, [range(-2, 1), range(FORM.size - 1, FORM.size + 1), range(5, 7)])
    expected = array[:, [-2, -1, 0, -1, 0, 5, 6]]
    np.testing.assert_array_equal(columns.of(array), expected)
    assert columns.count == 7
