"""The best paths of pulses, against the recursion written out."""

from __future__ import annotations

import numpy as np
import pytest

from receiver.dsp.best_paths import MOST, STEPS_A_NAT, ZERO, BestPaths, path_steps
from receiver.dsp.paths import Hypothesis

KINDS = (Hypothesis(20, (1, 1)), Hypothesis(22, (1, 1)), Hypothesis(26, (1, 1)))


def brute_force(steps: np.ndarray, kind: Hypothesis) -> np.ndarray:
    evidence = np.zeros(steps.shape, int)
    for t in range(len(steps)):
        before = [evidence[t - kind.lag - j] for j in range(3) if t - kind.lag - j >= 0]
        best = np.max([np.zeros(steps.shape[1], int), *before], axis=0)
        evidence[t] = np.clip(best + steps[t], 0, MOST - ZERO)
    return evidence


@pytest.mark.parametrize("most_push", [5, 19, 256])
def test_evidence_is_the_recursion_written_out(most_push: int) -> None:
    rng = np.random.default_rng(2)
    steps = rng.integers(-40, 40, (400, 3))
    expected = np.array([brute_force(steps, kind) for kind in KINDS])
    paths, begin = BestPaths(KINDS, 3, most_push), 0
    while begin < len(steps):
        count = min(int(rng.integers(1, paths.longest_push + 1)), len(steps) - begin)
        paths.push(steps[begin : begin + count].astype(np.uint8))
        begin += count
        latest = expected[:, begin - count : begin].max(axis=1)
        np.testing.assert_array_equal(
            paths.highest(count), latest.max(axis=0).astype(np.float32) / STEPS_A_NAT
        )
        best = KINDS.index(paths.best(count, 1))
        assert latest[best, 1] == latest[:, 1].max()


def test_pulses_of_one_period_grow_to_the_most() -> None:
    logs = np.full((400, 2), -2.0, np.float32)
    logs[::21, 1] = 8.0
    paths = BestPaths((Hypothesis(20, (1, 1)),), 2, 20)
    for begin in range(0, 400, 20):
        paths.push(path_steps(logs[begin : begin + 20], KINDS))
    assert paths.highest(20)[0] == 0.0
    assert paths.highest(20)[1] == (MOST - ZERO) / STEPS_A_NAT
