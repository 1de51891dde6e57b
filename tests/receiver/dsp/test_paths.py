"""Evidence along paths of pulses, against the sum written out."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.paths import Hypothesis, Paths, hypotheses


def brute_force(ratio: np.ndarray, kinds: tuple[Hypothesis, ...]) -> np.ndarray:
    """Return the mean evidence, by the recursion for one cell and hypothesis after the other."""
    columns, bins = ratio.shape
    total = np.zeros((columns, bins))
    for kind in kinds:
        weights = np.ones(1)
        for step in kind.steps:
            weights = np.convolve(weights, np.r_[0.5, np.zeros(step - 1), 0.5])
        evidence = np.zeros((columns, bins))
        for t in range(columns):
            earlier = np.zeros(bins)
            for late, weight in enumerate(weights):
                if t - kind.lag - late >= 0:
                    earlier += weight * evidence[t - kind.lag - late]
            evidence[t] = ratio[t] * (1.0 + earlier)
        total += evidence
    return total / len(kinds)


def ratios(columns: int, bins: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=(columns, bins)).astype(np.float32)


KINDS = (Hypothesis(20, (1, 1)), Hypothesis(22, (1, 1)), Hypothesis(19, (3, 1)), Hypothesis(25, ()))


@pytest.mark.parametrize("most_push", [5, 19, 256])
def test_evidence_is_the_recursion_written_out(most_push: int) -> None:
    ratio = ratios(400, 3)
    paths, begin, parts = Paths(KINDS, 3, most_push), 0, []
    rng = np.random.default_rng(2)
    while begin < len(ratio):
        step = int(rng.integers(1, paths.longest_push + 1))
        total, scale = paths.push(ratio[begin : begin + step])
        parts.append(total * np.exp(scale))
        begin += step
    np.testing.assert_allclose(np.concatenate(parts), brute_force(ratio, KINDS), rtol=1e-4)


def test_evidence_beyond_the_range_of_numbers_goes_on() -> None:
    ratio = np.full((4000, 2), 0.5, np.float32)
    ratio[::20, 1] = 100.0
    paths = Paths((Hypothesis(20, ()),), 2)
    for begin in range(0, 4000, 20):
        total, scale = paths.push(ratio[begin : begin + 20])
        assert np.isfinite(total).all()
    logs = np.log(total.max(axis=0)) + scale
    assert logs[0] < 1.0
    assert logs[1] == pytest.approx(200 * np.log(100.0), rel=1e-3)


def test_hypotheses_cover_the_periods() -> None:
    kinds = hypotheses(120.0, 0.02, (1, 1), 1.0)
    assert [kind.period for kind in kinds] == [118.0, 119.0, 120.0, 121.0, 122.0]
    assert len(hypotheses(120.0, 0.0, (1, 1), 1.0)) == 1
