"""Beacons too weak for single pulses: evidence added up along all paths of pulse times.

A beacon's pulses come one period apart, each interval a little longer or shorter. For every cell
(time, bin) R is the evidence that a beacon of some age has its latest pulse there:

    R[t] = L[t] (1 + sum_j w_j R[t - P - j])

the Shiryaev-Roberts statistic over hidden pulse times (Shiryaev, Theory Probab. Appl. 8, 1963;
Roberts, Technometrics 8, 1966): a sum over all paths and all starting times, where a tracker of the
best path takes one maximum. L is the likelihood ratio of a cell against noise, with mean one under
noise (`receiver.dsp.likelihood`), so that R grows there by one a period only.

w is binomial; its variance is the jitter of an interval plus the error of P. A period that is known
badly is tried at several P, and what is judged is the mean of R over these. All arrays are
(columns in time, bins): whole rows are added, which the processor does quickest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TOO_LARGE, SMALLER = np.float32(1e20), np.float32(1e-20)  # float32 ends at 3e38


class Hypothesis(NamedTuple):
    """A period in columns: from `lag` on, spread by adding the columns that are `steps` apart.

    Each step d adds d / 2 to the mean interval, lag + sum(d) / 2, and d^2 / 4 to its variance.
    """

    lag: int
    steps: tuple[int, ...]

    @property
    def period(self) -> float:
        """The mean interval in columns."""
        return self.lag + sum(self.steps) / 2


class _Line:
    """The evidence of one hypothesis: the columns that still matter, and room for the next ones."""

    def __init__(self, hypothesis: Hypothesis, bins: int) -> None:
        self.hypothesis = hypothesis
        self._needed = hypothesis.lag + sum(hypothesis.steps)
        self._columns = np.zeros((2 * self._needed + 512, bins), np.float32)
        self._end = self._needed

    def room(self, count: int) -> tuple[Floats, Floats]:
        """Return the columns that cause the next `count`, and these, to be filled in."""
        if self._end + count > len(self._columns):
            self._columns[: self._needed] = self._columns[self._end - self._needed : self._end]
            self._end = self._needed
        begin = self._end - self._needed
        causes = self._columns[begin : begin + count + sum(self.hypothesis.steps)]
        self._end += count
        return causes, self._columns[self._end - count : self._end]

    def latest(self, back: int) -> Floats:
        """Return the evidence in the column `back` before the last."""
        column: Floats = self._columns[self._end - 1 - back]
        return column

    def shrink(self, bins: NDArray[np.bool_]) -> None:
        """Make the evidence of some bins smaller, before it becomes infinite."""
        kept = self._columns[self._end - self._needed : self._end]
        kept[:, bins] *= SMALLER


class Paths:
    """The evidence of a set of hypotheses for some bins, column after column."""

    def __init__(self, hypotheses: tuple[Hypothesis, ...], bins: int) -> None:
        self.longest_push = min(512, *(h.lag for h in hypotheses))
        self._lines = [_Line(hypothesis, bins) for hypothesis in hypotheses]
        self._orders = {len(h.steps) for h in hypotheses}
        rows = self.longest_push + max(sum(h.steps) for h in hypotheses)
        self._spare = np.zeros((2, rows, bins), np.float32)
        self._unit = np.ones(bins, np.float32)
        self._scale = np.zeros(bins, np.float32)

    def push(self, ratio: Floats) -> tuple[Floats, Floats]:
        """Take the likelihood ratios of at most `longest_push` columns.

        None of so many columns is the cause of another. Returns the mean evidence of the
        hypotheses, (columns, bins), and for each bin what is to be added to its logarithm.
        """
        total = np.zeros_like(ratio)
        scaled = {order: ratio * np.float32(0.5**order) for order in self._orders}
        for line in self._lines:
            steps = line.hypothesis.steps
            causes, evidence = line.room(len(ratio))
            self._spread(causes, steps, evidence)
            np.add(evidence, self._unit * np.float32(2 ** len(steps)), out=evidence)
            np.multiply(evidence, scaled[len(steps)], out=evidence)
            np.add(total, evidence, out=total)
        total /= np.float32(len(self._lines))
        scale = self._scale.copy()
        large = total.max(axis=0, initial=0.0) > TOO_LARGE
        if large.any():
            self._shrink(large)
        return total, scale

    def best(self, back: int, column: int) -> Hypothesis:
        """Return the hypothesis with most evidence in a bin, `back` columns before the last."""
        values = [line.latest(back)[column] for line in self._lines]
        return self._lines[int(np.argmax(values))].hypothesis

    def _shrink(self, bins: NDArray[np.bool_]) -> None:
        for line in self._lines:
            line.shrink(bins)
        self._unit[bins] *= SMALLER
        self._scale[bins] -= np.log(SMALLER)

    def _spread(self, causes: Floats, steps: tuple[int, ...], out: Floats) -> None:
        """Add columns that are steps apart, without dividing by their number."""
        if not steps:
            np.copyto(out, causes)
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            spread = out if last else self._spare[number % 2, : len(causes) - step]
            np.add(causes[step:], causes[:-step], out=spread)
            causes = spread


def hypotheses(
    period: float, tolerance: float, steps: tuple[int, ...], apart: float
) -> tuple[Hypothesis, ...]:
    """Return hypotheses for a period in columns, known to a share `tolerance`, `apart` columns."""
    middle = sum(steps) / 2
    half = period * tolerance
    count = max(1, round(2 * half / apart) + 1)
    periods = np.linspace(period - half, period + half, count) if count > 1 else [period]
    lags = sorted({max(1, round(p - middle)) for p in periods})
    return tuple(Hypothesis(lag, steps) for lag in lags)
