"""The kept minute of a channel, against sums over the samples themselves."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.channel import COLUMNS, Channel
from receiver.dsp.spectra import HOPS, Spectra, layout

FORM = layout(16_000.0, 0.02)


@pytest.mark.parametrize("bin_number", [-150, 3, 120])
def test_energy_is_that_of_the_samples(bin_number: int) -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(2 * 16_000 * 4).astype(np.float32).view(np.complex64)
    channel = Channel(FORM, [range(40, 43), range(bin_number - 5, bin_number + 6)])
    spectra = Spectra(FORM)
    window_power = float(np.square(FORM.window()).sum())
    level = np.full(FORM.size, 2.0 * window_power, np.float32)
    for rows in spectra.push(samples):
        new = spectra.spectra[2 * HOPS : 2 * HOPS + rows : HOPS]
        ones = np.ones(len(new), np.float32)
        channel.push(new, level, ones, 0 * ones)
    offsets = np.array([0.0, 0.5])
    energy = channel.energy(1, bin_number, offsets)
    assert channel.noise(1) == pytest.approx(2.0)
    for number, offset in enumerate(offsets):
        hertz = (bin_number + offset) * FORM.bin_hz
        turned = samples * np.exp(-2j * np.pi * hertz / FORM.rate_hz * np.arange(len(samples)))
        sums = np.concatenate([[0], np.cumsum(turned)])
        columns = np.arange(40, len(energy) - 40)
        starts = np.rint(channel.first_sample + columns * FORM.pulse / COLUMNS).astype(int)
        expected = np.abs(sums[starts + FORM.pulse] - sums[starts]) ** 2 / FORM.pulse / 2.0
        assert np.corrcoef(energy[columns, number], expected)[0, 1] > 0.97
        assert np.mean(energy[columns, number]) == pytest.approx(1.0, rel=0.2)


def test_only_the_last_minute_is_kept() -> None:
    channel = Channel(FORM, [range(4)])
    level, bursts = np.ones(FORM.size, np.float32), np.ones(400, np.float32)
    for _ in range(10):
        channel.push(np.ones((400, FORM.size), np.complex64), level, bursts, 0 * bursts)
    assert channel.frames == round(64.0 / FORM.pulse_s)
    assert channel.first_sample == pytest.approx(
        (4000 - channel.frames) * FORM.pulse, abs=FORM.edge
    )


@pytest.mark.parametrize("bins", [range(4), range(-3, 3), range(FORM.size - 2, FORM.size + 2)])
def test_a_beacon_at_the_edge_of_its_band_may_lie_a_little_outside(bins: range) -> None:
    """Found by a run on noise: a twelfth of a bin below the lowest there was no channel."""
    channel = Channel(FORM, [bins])
    ones = np.ones(40, np.float32)
    channel.push(np.ones((40, FORM.size), np.complex64), np.ones(FORM.size), ones, 0 * ones)
    for number in (bins.start - 1, bins.stop):
        assert len(channel.energy(0, number, np.array([0.9]))) > 100
        near = channel.energy_near(0, number, np.arange(10), 2, np.array([0.5]))
        assert near.shape == (10, 5, 1)


def test_energies_near_some_columns_are_those_of_all() -> None:
    rng, channel = np.random.default_rng(6), Channel(FORM, [range(90, 120)])
    ones = np.ones(40, np.float32)
    noise = rng.standard_normal((40, 2 * FORM.size), np.float32).view(np.complex64)
    channel.push(noise, 2.0 * np.ones(FORM.size, np.float32), ones, 0 * ones)
    everywhere = channel.energy(0, 100, np.array([0.0, 0.25]))
    columns = np.array([5, 64, 150, 300])
    near = channel.energy_near(0, 100, columns, 3, np.array([0.0, 0.25]))
    for number, column in enumerate(columns):
        np.testing.assert_allclose(
            near[number], everywhere[column - 3 : column + 4], rtol=0.1, atol=0.03
        )
    beyond = channel.energy_near(0, 100, np.array([-40, 1000]), 3, np.array([0.0]))
    np.testing.assert_array_equal(beyond, 0.0)
