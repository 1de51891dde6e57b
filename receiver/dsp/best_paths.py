"""The best path of pulse times that ends in a cell, for many bins at once, in single bytes.

The quick companion of `receiver.dsp.paths`: instead of the sum over all paths it takes the best,

    S[t] = l[t] - DRIFT steps + max(0, max_j S[t - P - j])

where l is the logarithm of the likelihood ratio of a cell and j the jitter of an interval (Page's
cumulative sum, Biometrika 41, 1954, over hidden pulse times). As bytes, additions and maxima are
made of 64 cells at once, and what is kept of a period is a quarter as large. DRIFT was chosen on
noise and weak beacons so that as many of these are seen as by the sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.paths import ROOM, Hypothesis

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

STEPS_A_NAT = 8.0
DRIFT = 0.35  # nats for each step of a hypothesis, of which a path chooses one of two places
# A stored value is ZERO more than its evidence, so that the next cell may take so much away; from
# MOST on, which no noise reaches, evidence grows no more, so that the next cell may add the rest.
ZERO, MOST = 48, 190


def path_steps(log_ratios: Floats, hypotheses: tuple[Hypothesis, ...]) -> Bytes:
    """Return logarithms of ratios as `BestPaths.push` takes them; negative ones go round."""
    drift = DRIFT * len(hypotheses[0].steps)
    steps = np.clip(np.rint((log_ratios - drift) * STEPS_A_NAT), -ZERO, 255 - MOST)
    return np.asarray(steps.astype(np.int16).astype(np.uint8))


class BestPaths:
    """The best paths of hypotheses, all with the same steps, column after column."""

    def __init__(self, hypotheses: tuple[Hypothesis, ...], bins: int, most_push: int) -> None:
        self.longest_push = min(most_push, *(h.lag for h in hypotheses))
        self._kinds, self._steps = hypotheses, hypotheses[0].steps
        self._width = sum(self._steps)
        self._longest = max(h.lag for h in hypotheses)
        # The evidence of column t stands lag places later, where it is needed.
        length = self._width + self._longest + ROOM * self.longest_push
        self._places = np.full((len(hypotheses), length, bins), ZERO, np.uint8)
        self._now = self._width
        # Maxima of whole arrays are quick, those of an array and a number are not.
        self._zero = np.full((self.longest_push, bins), ZERO, np.uint8)
        self._most = np.full((self.longest_push, bins), MOST, np.uint8)

    def push(self, steps: Bytes) -> None:
        """Take at most `longest_push` columns of `path_steps`, (columns, bins)."""
        count = len(steps)
        if self._now + count + self._longest > self._places.shape[1]:
            self._move()
        for places, kind in zip(self._places, self._kinds, strict=True):
            best = places[self._now - self._width : self._now + count]
            for step in self._steps:
                best = np.maximum(best[step:], best[:-step])
            into = places[self._now + kind.lag : self._now + kind.lag + count]
            np.add(best, steps, out=into)
            np.maximum(into, self._zero[:count], out=into)
            np.minimum(into, self._most[:count], out=into)
        self._now += count

    def highest(self, columns: int) -> Floats:
        """Return the most evidence of each bin in the last columns, at most a period, in nats."""
        tops = [latest.max(axis=0) for latest in self._latest(columns)]
        steps = np.max(tops, axis=0).astype(np.float32) - ZERO
        return np.asarray(steps / np.float32(STEPS_A_NAT))

    def best(self, columns: int, number: int) -> Hypothesis:
        """Return the hypothesis with most evidence in a bin in the last columns."""
        tops = [int(latest[:, number].max()) for latest in self._latest(columns)]
        return self._kinds[int(np.argmax(tops))]

    def _latest(self, columns: int) -> list[Bytes]:
        ends = [self._now + kind.lag for kind in self._kinds]
        return [
            places[max(0, end - columns) : end]
            for places, end in zip(self._places, ends, strict=True)
        ]

    def _move(self) -> None:
        kept = self._width + self._longest
        begin = self._now - self._width
        self._places[:, :kept] = self._places[:, begin : begin + kept].copy()
        self._places[:, kept:] = ZERO
        self._now = self._width
