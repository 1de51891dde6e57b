"""The phase of an oscillator that wanders, from measurements some of which may be wrong.

The phase that is likeliest where its drift does a random walk: least squares of the measurements,
and of the third differences (Whittaker, 1923). It is a forward and backward smoother at once, and
goes on by a parabola where nothing was measured. How rough an oscillator is can be told by the
evidence, the likelihood of all phases together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded

Floats = NDArray[np.float64]

THIRD = np.array([-1.0, 3.0, -3.0, 1.0])


class Smooth(NamedTuple):
    """A smooth phase, and the logarithm of how likely its roughness and its width make it."""

    phase: Floats
    log_prior: float


def smooth_phase(phase: Floats, weight: Floats, roughness_rad: float) -> Smooth:
    """Return the smooth phase through values of which each has a weight, 1 / its variance.

    `roughness_rad` is the standard deviation of a third difference. At least four values, of which
    three have a weight. The logarithm of the evidence is that of the likelihood of what was
    measured, at the smooth phase, plus `log_prior` (Laplace's approximation).
    """
    stiffness = 1.0 / roughness_rad**2
    bands = _penalty(len(phase)) * stiffness
    bands[0] += np.maximum(weight, 1e-9)
    factor = cholesky_banded(bands, overwrite_ab=True, lower=True, check_finite=False)
    smooth = cho_solve_banded((factor, True), weight * phase, check_finite=False)
    bent = np.diff(smooth, 3)
    log_prior = 0.5 * len(bent) * np.log(stiffness) - float(np.log(factor[0]).sum())
    return Smooth(smooth, log_prior - 0.5 * stiffness * float(bent @ bent))


def _penalty(size: int) -> Floats:
    """Return D'D of the third differences D of so many values: the diagonal and three below it."""
    bands, ones = np.zeros((4, size)), np.ones(size - 3)
    for below in range(4):
        products = THIRD[below:] * THIRD[: 4 - below]
        bands[below, : size - below] = np.convolve(ones, products)
    return bands
