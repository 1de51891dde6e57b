"""Where the collar may be, seen from the searcher's place."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from receiver.homing.snapshot import Nearness, Where
from receiver.language import phrase, translated

if TYPE_CHECKING:
    from receiver.locator import Posterior

HELD = (0.05, 0.95)
NO_SENSE_SD_DEG = 80.0  # a direction that is less sure than this is none


def where(
    posterior: Posterior | None,
    place_deg: tuple[float, float] | None,
    nearness: Nearness | None,
    *,
    metres_known: bool,
    age_s: float | None,
) -> Where:
    """Return direction, distance and size of the search area for who is at `place_deg`."""
    if posterior is None:
        return Where(nearness=nearness, reason=phrase("nothing that locates has been heard yet"))
    answer = posterior.answer
    if posterior.belief is None or posterior.evidence is None:
        return Where(nearness=nearness, age_s=age_s, reason=translated(answer.reason or ""))
    told = Where(
        nearness=nearness,
        metres_known=metres_known,
        area_m2=answer.regions.get("95", {}).get("area_m2"),
        inaudible_probability=answer.inaudible_probability,
        age_s=age_s,
    )
    if place_deg is None:
        return replace(told, reason=phrase("your own place is not known"))
    x_m, y_m = posterior.evidence.grid.to_xy(*place_deg)
    leaves = posterior.belief.leaves
    apart = leaves.points_m - np.array([float(x_m), float(y_m)])
    low_m, high_m = _between(np.hypot(*apart.T), leaves.probability)
    bearing_deg, sd_deg = _direction(apart, leaves.probability)
    is_known = sd_deg < NO_SENSE_SD_DEG
    return replace(
        told,
        bearing_deg=round(bearing_deg) % 360 if is_known else None,
        bearing_sd_deg=round(sd_deg) if is_known else None,
        low_m=float(f"{low_m:.2g}"),
        high_m=float(f"{high_m:.2g}"),
    )


def _between(away_m: NDArray[np.float64], held: NDArray[np.float64]) -> tuple[float, float]:
    order = np.argsort(away_m)
    held_to = np.cumsum(held[order]) / held.sum()
    low, high = (int(np.searchsorted(held_to, share)) for share in HELD)
    return float(away_m[order[low]]), float(away_m[order[min(high, len(order) - 1)]])


def _direction(apart: NDArray[np.float64], held: NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean direction and its circular standard deviation (Mardia), in degrees."""
    turn = np.arctan2(apart[:, 0], apart[:, 1])
    mean = (held @ np.exp(1j * turn)) / held.sum()
    length = min(max(abs(mean), 1e-12), 1.0)
    spread = math.degrees(math.sqrt(-2.0 * math.log(length)))
    return math.degrees(math.atan2(mean.imag, mean.real)) % 360.0, spread
