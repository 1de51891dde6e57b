"""The radio factor for 256 x 256 cells and 50 places, beside a loop over power and exponent. JSON.

The loop is the peer of section 18 of the locating page: 45 values of power and exponent (9 x 5) on
a grid, float32, independent errors, the likelihoods summed. Ours marginalises both in closed form,
with correlated errors in four shapes, in float64. Also one whole answer.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from receiver.geodesy import LocalGrid
from receiver.locator import LocatorConfig, locate
from receiver.locator.radio import RadioData, radio
from receiver.locator.settings import SHADOWING

CELLS, PLACES, ROUNDS = 256, 50, 9
HALF_M = 500.0


def scene() -> tuple[RadioData, np.ndarray]:
    """Return levels at places, and the cells' centres."""
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-HALF_M, HALF_M, (2, PLACES))
    level = -95 - 28 * np.log10(np.hypot(np.hypot(x - 80, y - 40), 10) / 100)
    axis = np.linspace(-HALF_M, HALF_M, CELLS)
    across, up = np.meshgrid(axis, axis)
    data = RadioData(
        x_m=x, y_m=y, level_db=level + rng.normal(0, 6, PLACES),
        group=np.zeros(PLACES, dtype=np.int64), group_mean_db=np.array([-95.0]),
        group_sd_db=np.array([18.0]),
    )  # fmt: skip
    return data, np.column_stack([across.ravel(), up.ravel()])


def loop(points: np.ndarray, data: RadioData) -> np.ndarray:
    """Return the log-likelihood by summing over 45 values of power and exponent, float32."""
    points32 = points.astype(np.float32)
    x, y = data.x_m.astype(np.float32), data.y_m.astype(np.float32)
    r = data.level_db.astype(np.float32)
    squared = np.subtract.outer(points32[:, 0], x) ** 2 + np.subtract.outer(points32[:, 1], y) ** 2
    log_d = np.float32(5.0) * np.log10(squared + np.float32(100.0)) - np.float32(20.0)
    total = np.zeros(len(points), dtype=np.float32)
    for exponent in np.linspace(2.0, 4.0, 5, dtype=np.float32):
        for power in np.linspace(-120.0, -70.0, 9, dtype=np.float32):
            error = r - (power - exponent * log_d)
            total += np.exp(np.float32(-0.5 / 49.0) * np.einsum("ij,ij->i", error, error) / PLACES)
    return np.log(total)


def columns(data: RadioData) -> dict[str, np.ndarray]:
    """Return the places as columns of observations."""
    latitude, longitude = LocalGrid(43.0, 42.0).to_degrees(data.x_m, data.y_m)
    count = len(data.x_m)
    return {"kind": np.full(count, "level", dtype=object), "latitude_deg": latitude,
            "longitude_deg": longitude, "level_db": data.level_db,
            "level_unit": np.full(count, "dBm", dtype=object)}  # fmt: skip


def main() -> None:
    """Time all in turn."""
    data, points = scene()
    table = columns(data)
    one = LocatorConfig(shadowing=SHADOWING[:1])
    calls: dict[str, Callable[[], object]] = {
        "loop_of_45_float32": lambda: loop(points, data),
        "radio_one_shape": lambda: radio(points, data, one),
        "radio_four_shapes": lambda: radio(points, data, LocatorConfig()),
        "whole_answer": lambda: locate(table, LocatorConfig()),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(ROUNDS + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                times[name].append(1000 * (time.perf_counter() - began))
    median = {name: statistics.median(values) for name, values in times.items()}
    result = {
        "bench": "posterior_speed",
        "cells": CELLS, "places": PLACES, "rounds": ROUNDS,
        "ms_quartiles": {n: [round(q, 1) for q in statistics.quantiles(v, n=4)]
                         for n, v in times.items()},
        "share_of_the_loop": {n: round(median[n] / median["loop_of_45_float32"], 2)
                              for n in list(calls)[1:]},
    }  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
