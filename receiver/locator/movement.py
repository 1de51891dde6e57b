"""How far an animal may have gone since.

    alive        1 km in 3 hours, 3 km in a day: spread = 1 km (age / 3 h)^0.528
    resident     the same, but it stays about its range: never more than 5 km
    dispersing   the same for a day, then 3 km more each day: it goes somewhere
    still        nowhere: a collar that was dropped, or an animal that is dead. Only the sheet's
                 mortality rate or the leader's word says so.

`spread_m` is the root mean square of the way gone; each axis has it divided by sqrt(2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from receiver.locator.settings import Floats, Movement

SPREAD_M, SPREAD_AGE_S, DAY_S = 1000.0, 3 * 3600.0, 24 * 3600.0
SPREAD_POWER = float(np.log(3.0) / np.log(8.0))
RANGE_M = 5000.0
A_DAY_M = 3000.0


def spread_m(age_s: Floats, movement: Movement = "alive") -> Floats:
    """Return how far an animal has gone after `age_s` seconds, in metres (root mean square)."""
    return _SPREADS[movement](np.maximum(np.asarray(age_s, dtype=float), 0.0))


def _alive(age_s: Floats) -> Floats:
    return np.asarray(SPREAD_M * (age_s / SPREAD_AGE_S) ** SPREAD_POWER)


def _resident(age_s: Floats) -> Floats:
    gone = _alive(age_s)
    return np.asarray(gone / np.sqrt(1.0 + (gone / RANGE_M) ** 2))


def _dispersing(age_s: Floats) -> Floats:
    return np.where(age_s <= DAY_S, _alive(age_s), A_DAY_M * age_s / DAY_S)


def _still(age_s: Floats) -> Floats:
    return np.zeros_like(age_s)


_SPREADS: dict[Movement, Callable[[Floats], Floats]] = {
    "alive": _alive,
    "resident": _resident,
    "dispersing": _dispersing,
    "still": _still,
}
