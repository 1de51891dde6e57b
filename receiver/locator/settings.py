"""What the locator assumes. Wide on purpose: constants of one site do not travel to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LossDb = Callable[[Floats, Floats], Floats]


# How far obstacles reach: shares and scales in metres (0: each place on its own), equally likely.
# Two scales are real: 14-26 m and 148-235 m in fits at known positions.
SHADOWING = (
    ((0.85, 25.0), (0.15, 0.0)),
    ((0.38, 20.0), (0.50, 150.0), (0.12, 0.0)),
    ((0.09, 20.0), (0.85, 150.0), (0.06, 0.0)),
    ((0.94, 100.0), (0.06, 0.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatorConfig:
    """Assumptions of one answer.

    `collar` selects the observations of one collar. `reach_m` is how far from the places of
    listening the collar may be (VHF from high ground: 20 km). `bearing_outlier_share` is how many
    bearings point at an echo: 5 % with the animal in line of sight, a quarter else, half in gorges.
    `loss_db(points_m, places_m) -> (points, places)` is what the ground takes away, 0 by default.
    """

    collar: str | None = None
    reach_m: float = 20_000.0
    cells: int = 256
    bearing_outlier_share: float = 0.25
    position_outlier_share: float = 0.05
    exponent: float = 2.8
    exponent_sd: float = 0.6
    spread_db: float = 7.0
    spread_weight: float = 5.0
    shadowing: tuple[tuple[tuple[float, float], ...], ...] = SHADOWING
    place_square_m: float = 10.0
    place_error_m: float = 10.0
    loss_db: LossDb | None = None


# The level 100 m from a collar, by the scale it is measured on: mean and spread in dB. dBm after
# section 17.1 of the project's locating page; the others are not calibrated, so nearly anything.
LEVEL_AT_100_M: dict[str, tuple[float, float]] = {
    "dBm": (-95.0, 18.0),
    "dBS9": (-2.0, 30.0),
    "hand": (10.0, 40.0),
}
LEVEL_OF_OTHER_SCALES = (-50.0, 60.0)
