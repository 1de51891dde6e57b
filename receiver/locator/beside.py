"""Simple rules beside the answer: what people would do with a map and a pencil."""

from __future__ import annotations

from typing import Any

import numpy as np

from receiver.geodesy import LocalGrid
from receiver.locator.bearings import BearingData
from receiver.locator.radio import RadioData
from receiver.locator.reach import loud_middle
from receiver.locator.triangulation import RULES, Fix, triangulate


def beside(radio: RadioData, bearings: BearingData, grid: LocalGrid) -> dict[str, dict[str, Any]]:
    """Return the loudest place, the centroid, and Lenth's three fixes of bearings, by name.

    Each has latitude_deg and longitude_deg, a fix its 95 % ellipse as well; a rule that fails has
    its `reason`.
    """
    found: dict[str, dict[str, Any]] = {}
    if len(radio.x_m):
        relative = radio.level_db - radio.group_mean_db[radio.group]
        loudest = int(np.argmax(relative))
        found["loudest"] = _place(grid, float(radio.x_m[loudest]), float(radio.y_m[loudest]))
        found["centroid"] = _place(grid, *loud_middle(radio))
    if len(bearings.x_m) > 1:
        first = np.array([ways[0] for ways in bearings.alternatives_deg])
        for rule in RULES:
            found[f"lenth_{rule}"] = _fix(
                grid, triangulate(bearings.x_m, bearings.y_m, first, rule)
            )
    return found


def _fix(grid: LocalGrid, fix: Fix) -> dict[str, Any]:
    if fix.x_m is None or fix.y_m is None:
        return {"reason": fix.reason}
    found = _place(grid, fix.x_m, fix.y_m)
    if fix.ellipse is not None and fix.area_m2 is not None:
        long_m, short_m, azimuth_deg = fix.ellipse
        found |= {
            "half_axes_m": [round(long_m, 1), round(short_m, 1)],
            "azimuth_deg": round(azimuth_deg, 1),
            "area_m2": round(fix.area_m2, 1),
            "bearing_sigma_deg": None if fix.sigma_deg is None else round(fix.sigma_deg, 2),
        }
    return found


def _place(grid: LocalGrid, x_m: float, y_m: float) -> dict[str, Any]:
    latitude, longitude = grid.to_degrees(x_m, y_m)
    return {"latitude_deg": round(float(latitude), 7), "longitude_deg": round(float(longitude), 7)}
