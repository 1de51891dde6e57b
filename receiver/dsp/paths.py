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

MOST_PUSH = 512  # columns that are taken at once, if the periods are longer
ROOM = 4  # times as many are kept beyond a period
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


class _Group:
    """The evidence of all hypotheses with the same steps: (hypotheses, places, bins).

    The evidence of column t stands lag places later, where it is needed: what causes a column is
    then at the same places for every hypothesis, and all are added at once.
    """

    def __init__(self, kinds: list[Hypothesis], bins: int, push: int) -> None:
        self.kinds, self.steps = kinds, kinds[0].steps
        self._width = sum(self.steps)
        self._longest = max(h.lag for h in kinds)
        self._places = np.zeros((len(kinds), self._longest + ROOM * push, bins), np.float32)
        self._now = self._width

    def push(self, ratio: Floats, unit: Floats) -> Floats:
        """Take columns; return their evidence, summed over the hypotheses."""
        count = len(ratio)
        if self._now + count + self._longest > self._places.shape[1]:
            kept = self._places[:, self._now - self._width : self._now + self._longest].copy()
            self._places[:, : kept.shape[1]] = kept
            self._places[:, kept.shape[1] :] = 0
            self._now = self._width
        evidence = self._spread(self._places[:, self._now - self._width : self._now + count])
        evidence += unit * np.float32(2 ** len(self.steps))
        evidence *= ratio * np.float32(0.5 ** len(self.steps))
        for places, kind, values in zip(self._places, self.kinds, evidence, strict=True):
            places[self._now + kind.lag : self._now + kind.lag + count] = values
        self._now += count
        return np.asarray(evidence.sum(axis=0))

    def _spread(self, causes: Floats) -> Floats:
        """Add columns that are steps apart, without dividing by their number."""
        spread = causes
        for step in self.steps:
            spread = spread[:, step:] + spread[:, :-step]
        return spread if self.steps else causes.copy()

    def shrink(self, bins: NDArray[np.bool_]) -> None:
        """Make the evidence of some bins smaller, before it becomes infinite."""
        self._places[:, :, bins] *= SMALLER


class Paths:
    """The evidence of a set of hypotheses for some bins, column after column."""

    def __init__(
        self, hypotheses: tuple[Hypothesis, ...], bins: int, most_push: int = MOST_PUSH
    ) -> None:
        self.longest_push = min(most_push, *(h.lag for h in hypotheses))
        self._count = len(hypotheses)
        alike: dict[tuple[int, ...], list[Hypothesis]] = {}
        for one in hypotheses:
            alike.setdefault(one.steps, []).append(one)
        self._groups = [_Group(kinds, bins, self.longest_push) for kinds in alike.values()]
        # In every column the same: whole arrays are added more quickly than a row to each column.
        self._unit = np.ones((self.longest_push, bins), np.float32)
        self._scale = np.zeros(bins, np.float32)

    def push(self, ratio: Floats) -> tuple[Floats, Floats]:
        """Take the likelihood ratios of at most `longest_push` columns.

        None of so many columns is the cause of another. Returns the mean evidence of the
        hypotheses, (columns, bins), and for each bin what is to be added to its logarithm.
        """
        total = sum(group.push(ratio, self._unit[: len(ratio)]) for group in self._groups)
        total = np.asarray(total / np.float32(self._count))
        scale = self._scale.copy()
        if total.max(initial=0.0) > TOO_LARGE:
            self._shrink(total.max(axis=0) > TOO_LARGE)
        return total, scale

    def _shrink(self, bins: NDArray[np.bool_]) -> None:
        for group in self._groups:
            group.shrink(bins)
        self._unit[:, bins] *= SMALLER
        self._scale[bins] -= np.log(SMALLER)


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
