"""What the locator assumes. Wide on purpose: constants of one site do not travel to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from receiver.records import ReceiverModel

Floats = NDArray[np.float64]
LossDb = Callable[[Floats, Floats], Floats]
Shape = tuple[tuple[float, float], ...]
Movement = Literal["alive", "resident", "dispersing", "still"]

# How far obstacles reach: shares and scales in metres (0: each place on its own), equally likely.
# Two scales are real: 14-26 m and 148-235 m in fits at known positions.
SHADOWING: tuple[Shape, ...] = (
    ((0.85, 25.0), (0.15, 0.0)),
    ((0.38, 20.0), (0.50, 150.0), (0.12, 0.0)),
    ((0.09, 20.0), (0.85, 150.0), (0.06, 0.0)),
    ((0.94, 100.0), (0.06, 0.0)),
)
# The spread of levels about the law, and how much rock and body weaken whole directions, in dB.
SPREADS_DB = (4.0, 6.5, 10.0)
SECTORS_DB = (0.0, 4.0, 14.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatorConfig:
    """Assumptions of one answer.

    `collar` selects the observations of one collar. `reach_m` is how far from the places of
    listening the collar may be (VHF from high ground: 20 km). `movement`: "still" only by a
    mortality rate of its sheet or the leader's word. `bearing_outlier_share` is how many bearings
    point at an echo: 5 % with the animal in line of sight, a quarter else, half in gorges.
    `off_probability` is the chance, before anybody listened, that the beacon is off, dead or
    outside the map; None: 0.1, and 0.4 after 30 silent days. `miss_share` is how often a beacon
    that should be heard is not. `level_at_100_m_db` (mean, spread) is for a collar whose power is
    known. `loss_db(points_m, places_m) -> (points, places)` is what the ground takes away.
    `antennas` gives patterns by an antenna's name: pairs of degrees off its axis and gain in dB.
    `slopes(places_m) -> (P,)` numbers the slope that each place lies on: bearings from one slope
    share their echo. `receivers`: what is known of fixed receivers, by name. `ground` "hills" says
    so where nobody gives altitudes. `precision` of the largest product: float32 is right to 1e-3 in
    ln p. `as_of` is the time that the answer is for, where that is later than the newest
    observation: until then the animal goes on moving. `shortest_walk_m`: an extent of the places of
    listening from which on it tells what scale the search has (`receiver.locator.reach`): people
    went where it was loud. Who is led from the first beep on has not.
    """

    collar: str | None = None
    reach_m: float = 20_000.0
    cells: int = 256
    movement: Movement = "alive"
    ground: Literal["hills", "flat"] | None = None
    bearing_outlier_share: float = 0.25
    off_probability: float | None = None
    miss_share: float = 0.2
    level_at_100_m_db: tuple[float, float] | None = None
    exponent: float = 2.8
    exponent_sd: float = 0.6
    spreads_db: tuple[float, ...] = SPREADS_DB
    sectors_db: tuple[float, ...] = SECTORS_DB
    shadowing: tuple[Shape, ...] = SHADOWING
    place_square_m: float = 10.0
    place_error_m: float = 10.0
    temper: float = 0.8
    sparse_share: float = 0.85
    slopes: Callable[[Floats], NDArray[np.int64]] | None = None
    receivers: Mapping[str, ReceiverModel] = field(default_factory=dict)
    precision: type[np.float32] | type[np.float64] = np.float32
    loss_db: LossDb | None = None
    antennas: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    as_of: datetime | None = None
    shortest_walk_m: float = 60.0


# While somebody is led: made-up searches that began 1 km away ended in the area in 2 of 25
# after 112 m of walking where 60 m were taken for a walk, and in all 25 with this.
LED_WALK_M = 500.0

# The level 100 m from a collar, by the scale it is measured on: mean and spread in dB. dBm after
# section 17.1 of the project's locating page; the others are not calibrated, so nearly anything.
LEVEL_AT_100_M: dict[str, tuple[float, float]] = {
    "dBm": (-95.0, 18.0),
    "dBS9": (-2.0, 30.0),
    "hand": (10.0, 40.0),
}
LEVEL_OF_OTHER_SCALES = (-50.0, 60.0)
# How much one receiver may differ from another on the same scale (cables, hand, body), and how much
# the level may change with another antenna or gain.
SESSION_DB, GAIN_CHAIN_DB = 6.0, 20.0
