"""The likelihood ratio against the densities of another library."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import expon, ncx2

from receiver.dsp.likelihood import beyond, ratio


@pytest.mark.parametrize("energy", [1.5, 3.0, 5.0])
def test_ratio_is_that_of_the_densities(energy: float) -> None:
    q = np.linspace(0.01, 12.0, 300)
    expected = 2.0 * ncx2.pdf(2.0 * q, 2, 2.0 * energy) / expon.pdf(q)
    found = ratio(energy)
    low = np.log(expected) < 6.9
    np.testing.assert_allclose(found.of(q.astype(np.float32))[low], expected[low], rtol=0.03)
    np.testing.assert_allclose(
        found.log_of(q.astype(np.float32))[low], np.log(expected[low]), atol=0.03
    )


def test_mean_under_noise_is_one() -> None:
    q = np.random.default_rng(3).exponential(size=2_000_000).astype(np.float32)
    assert ratio(2.0).of(q).mean() == pytest.approx(1.0, abs=0.02)


def test_one_loud_impulse_is_not_many_pulses() -> None:
    loud = np.array([50.0, 1e6], np.float32)
    np.testing.assert_allclose(ratio(3.0).log_of(loud), 8.0)
    capped = ratio(3.0).log_of(loud) + beyond(loud, 3.0)
    expected = np.log(2.0 * ncx2.pdf(100.0, 2, 6.0) / expon.pdf(50.0))
    assert capped[0] == pytest.approx(expected, abs=0.01)
    assert capped[1] > capped[0]
