"""The smooth phase is the solution of the least squares it promises, and its evidence is exact."""

from __future__ import annotations

import math

import numpy as np
import pytest

from receiver.dsp.phase import smooth_phase


def test_smooth_phase_is_the_least_square() -> None:
    rng = np.random.default_rng(1)
    phase, weight, roughness = rng.normal(0, 1, 40), rng.uniform(0, 5, 40), 0.1
    thirds = np.diff(np.eye(40), 3, axis=0)
    precision = np.diag(weight) + thirds.T @ thirds / roughness**2
    expected = np.linalg.solve(precision, weight * phase)
    assert smooth_phase(phase, weight, roughness).phase == pytest.approx(expected, abs=1e-6)


def test_a_parabola_is_kept_and_goes_on_where_nothing_was_measured() -> None:
    time = np.arange(30.0)
    parabola = 0.3 + 0.2 * time - 0.01 * time**2
    weight = np.where(time < 20, 4.0, 0.0)
    seen = np.where(time < 20, parabola, 99.0)
    assert smooth_phase(seen, weight, 0.01).phase == pytest.approx(parabola, abs=1e-4)


def test_evidence_prefers_the_roughness_that_a_phase_has() -> None:
    rng = np.random.default_rng(2)
    rough = [0.005, 0.05, 0.5]
    for true in rough:
        thirds = rng.normal(0.0, true, 300)
        phase = np.cumsum(np.cumsum(np.cumsum(thirds)))
        seen = phase + rng.normal(0.0, 0.1, 300)
        found = {}
        for one in rough:
            smooth = smooth_phase(seen, np.full(300, 100.0), one)
            fit = -50.0 * float(np.square(seen - smooth.phase).sum())
            found[one] = fit + smooth.log_prior
        assert max(found, key=lambda r: found[r]) == true
        assert all(math.isfinite(value) for value in found.values())
