"""The screen: its evidence has mean one under noise, so that it does not grow of itself."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.floor import Floor
from receiver.dsp.likelihood import ratio
from receiver.dsp.paths import Hypothesis
from receiver.dsp.screen import (
    ENERGIES,
    ENERGY,
    FOLD_ENERGY,
    FOLD_MEAN,
    MEAN,
    Limits,
    Screen,
)
from receiver.dsp.spectra import HOPS, Spectra, layout


def test_mean_of_the_ratio_under_noise_is_one() -> None:
    form, floor, rng = layout(48_000.0, 0.02), Floor(), np.random.default_rng(8)
    limits = Limits(jittered=1e9, grew=1.0, steady=1e9)
    screen = Screen(form, [range(100, 1100)], (Hypothesis(116, (1, 1)),), limits, ())
    spectra, cells = Spectra(form), []
    for _ in range(24):
        samples = rng.standard_normal(96_000, dtype=np.float32).view(np.complex64)
        for rows in spectra.push(samples):
            new = slice(2 * HOPS, 2 * HOPS + rows)
            floor.update(spectra.power[new], HOPS)
            ones = np.ones(rows, np.float32)
            cells.append(screen._cells(spectra.spectra[new], spectra.power[new], floor, ones))
    amplitudes = np.concatenate(cells[8:])  # the floor is exact by then
    for energy, mean in ((ENERGY, MEAN), (FOLD_ENERGY, FOLD_MEAN)):
        found = ratio(energy, mean).of(ENERGIES)[amplitudes].mean()
        assert found == pytest.approx(1.0, abs=0.04)
