"""How fast answers are, beside a loop over power and exponent, on one core. JSON.

    python tests/bench/posterior_speed.py [--places 100]

The loop is the peer of section 18 of the locating page: 45 values of power and exponent (9 x 5) on
256 x 256 cells, float32, independent errors, the likelihoods summed. Ours sums over four shapes of
correlation, three spreads, three strengths of sectors and all linear terms in closed form, on cells
of many sizes; `dense` is the same on all 256 x 256 cells, for comparison. `scratch` is all of
evidence, cells and densities; `answer` also has areas, rules and sentences; `one_more` is one more
reading, at a known place or a new one, as a walk gives them. `ten_a_second`: 1,000 readings,
and how long the slowest second took. `memory_mb`: the most that the process held, with numpy and
scipy (about 70). `costs`: scratch against places, readings, and the share of a cell that is split.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from receiver.columns import columns
from receiver.geodesy import LocalGrid
from receiver.locator import LocatorConfig, Stream, posterior, tree
from receiver.locator.belief import Scene, follow
from receiver.locator.evidence import gather
from receiver.records import Observation

CELLS, ROUNDS = 256, 7
GRID, START = LocalGrid(43.0, 42.0), datetime(2026, 11, 24, 12, tzinfo=UTC)
CONFIG = LocatorConfig(movement="still")


def walk(places: int, readings: int, seed: int = 1) -> list[Observation]:
    """Return a walk of so many 10 m squares about a collar, with readings in each."""
    rng = np.random.default_rng(seed)
    turn = np.cumsum(rng.normal(0, 0.25, places))
    path = np.cumsum(12.0 * np.column_stack([np.sin(turn), np.cos(turn)]), axis=0)
    path = path[np.sort(np.arange(readings) % places)] + rng.uniform(-2, 2, (readings, 2))
    away = np.hypot(path[:, 0] - 180, path[:, 1] - 90)
    level = -95 - 28 * np.log10(np.hypot(away, 10) / 100) + rng.normal(0, 5, readings)
    latitude, longitude = GRID.to_degrees(*path.T)
    return [
        Observation(id=str(k), kind="level", time=START + timedelta(seconds=0.1 * k), heard=True,
                    level_db=float(level[k]), level_unit="dBm", latitude_deg=float(latitude[k]),
                    longitude_deg=float(longitude[k]))
        for k in range(readings)
    ]  # fmt: skip


def loop(points: np.ndarray, x: np.ndarray, y: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Return the log-likelihood by summing over 45 values of power and exponent, float32."""
    points, x, y, r = (v.astype(np.float32) for v in (points, x, y, r))
    squared = np.subtract.outer(points[:, 0], x) ** 2 + np.subtract.outer(points[:, 1], y) ** 2
    log_d = np.float32(5.0) * np.log10(squared + np.float32(100.0)) - np.float32(20.0)
    total = np.zeros(len(points), dtype=np.float32)
    for exponent in np.linspace(2.0, 4.0, 5, dtype=np.float32):
        for power in np.linspace(-120.0, -70.0, 9, dtype=np.float32):
            error = r - (power - exponent * log_d)
            total += np.exp(np.float32(-0.5 / 49.0) * np.einsum("ij,ij->i", error, error) / len(r))
    return np.log(total)


def scratch(rows: list[Observation]) -> tree.Leaves:
    """Return the cells of a walk, from nothing but its columns."""
    evidence = gather(columns(rows), CONFIG)
    assert evidence is not None
    return follow(evidence, CONFIG).leaves


def timed(calls: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return milliseconds of each call, in turn, without the first."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                times[name].append(1000 * (time.perf_counter() - began))
    return times


def one_more(rows: list[Observation], first: int) -> list[float]:
    """Return milliseconds of each reading after the first ones."""
    stream, found = Stream(CONFIG), []
    stream.extend(rows[:first])
    stream.belief()
    for row in rows[first:]:
        began = time.perf_counter()
        stream.add(row)
        stream.belief()
        found.append(1000 * (time.perf_counter() - began))
    return found


def quartiles(values: list[float]) -> list[float]:
    """Return quartiles, and the largest."""
    return [*(round(q, 1) for q in statistics.quantiles(values, n=4)), round(max(values), 1)]


def costs(rows: list[Observation]) -> dict[str, float]:
    """Return milliseconds from nothing against places, readings and cells."""
    found = {}
    for name, walks in (
        ("places", [walk(places, 2 * places) for places in (25, 50, 100, 180)]),
        ("readings", [walk(80, readings) for readings in (1000, 10_000)]),
    ):
        for made in walks:
            evidence = gather(columns(made), CONFIG)
            assert evidence is not None
            many = len(evidence.radio.x_m) if name == "places" else len(made)
            found[f"{many}_{name}"] = _scratch_ms(made)
    usual = tree.MOST_SHARE
    for share in (1 / 400, 1 / 1600):
        tree.MOST_SHARE = share
        found[f"{len(scratch(rows).points_m)}_cells"] = _scratch_ms(rows)
    tree.MOST_SHARE = usual
    return found


def _scratch_ms(rows: list[Observation]) -> float:
    return round(statistics.median(timed({"s": lambda: scratch(rows)}, 3)["s"]), 1)


def of_places(many: int) -> list[Observation]:
    """Return a walk whose places are just so many squares, four readings in each."""
    for steps in range(many // 2, 2 * many):
        rows = walk(steps, 4 * steps)
        evidence = gather(columns(rows), CONFIG)
        if evidence is not None and len(evidence.radio.x_m) >= many:
            return rows
    raise SystemExit(f"no walk of {many} places")


def main() -> None:
    """Time everything in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=100)
    rows = of_places(parser.parse_args().places)
    evidence = gather(columns(rows), CONFIG)
    assert evidence is not None
    data = evidence.radio
    times = {"one_more": one_more(rows, len(rows) // 2)}
    every = one_more(walk(150, 1000, seed=3), 20)
    seconds = [sum(every[k : k + 10]) / 1000 for k in range(0, len(every) - 9, 10)]
    posterior(columns(rows), CONFIG)
    memory_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    axis = np.linspace(-500.0, 500.0, CELLS)
    points = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
    scene = Scene(None, evidence.epochs[0], 0.0, CONFIG)
    times |= timed(
        {
            "loop_of_45_float32": lambda: loop(points, data.x_m, data.y_m, data.level_db),
            "scratch": lambda: scratch(rows),
            "answer": lambda: posterior(columns(rows), CONFIG),
        }
    )
    times |= timed({"dense": lambda: scene(points)}, 3)
    median = {name: statistics.median(values) for name, values in times.items()}
    result = {
        "bench": "posterior_speed", "places": len(data.x_m),
        "cells_of_many_sizes": len(scratch(rows).points_m),
        "ms_quartiles_and_most": {name: quartiles(values) for name, values in times.items()},
        "loop_to_scratch": round(median["loop_of_45_float32"] / median["scratch"], 1),
        "scratch_to_one_more": round(median["scratch"] / median["one_more"], 1),
        "dense_to_scratch": round(median["dense"] / median["scratch"], 1),
        "ten_a_second": {"readings": len(every), "slowest_second_took_s": round(max(seconds), 2)},
        "memory_mb": memory_mb,
        "scratch_ms_against": costs(rows),
    }  # fmt: skip
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
