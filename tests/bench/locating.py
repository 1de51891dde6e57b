"""Errors and areas on real walks and on bearings, beside the simple rules, in one run. JSON.

Walks: UWA, six walks, cut into windows of 100 and 300 packets that do not overlap, and whole.
Bearings: 78 positions x 4 (simulated by others), the first three of each, and with one of four
replaced by a random direction (numpy default_rng(0), a direction and then its index, by sorted
case). Rules: loudest place, weighted centroid, least squares with power and exponent free (NLLS),
a fixed exponent of 2.5 on a grid; Lenth's maximum likelihood for bearings. A rule that fails counts
as an infinite error. `in50`, `in95`: how often the truth was inside; about .50 and .95 are right.
"""

from __future__ import annotations

import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from receiver.geodesy import LocalGrid
from receiver.levels import effective_signal_power_dbm
from receiver.locator import LocatorConfig, locate
from receiver.locator.regions import contains

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "locating"
GRID = LocalGrid(0.0, 0.0)  # plane data sets: where they lie does not matter
FEWEST_HEARD = 8
Point = tuple[float, float]
Floats = np.ndarray


def walks() -> dict[str, tuple[Floats, Floats, Floats, Point]]:
    """Return for each walk x, y, level (NaN where not heard), and the truth."""
    folder = DATA / "uwa_lora916_walk"
    truth = {row["case"]: (float(row["x_m"]), float(row["y_m"])) for row in table(folder, "truth")}
    found: dict[str, list[tuple[float, float, float]]] = {case: [] for case in truth}
    for row in table(folder, "readings"):
        level = math.nan
        if row["heard"] == "1":
            level = effective_signal_power_dbm(float(row["rssi_dbm"]), float(row["snr_db"]))
        found[row["case"]].append((float(row["x_m"]), float(row["y_m"]), level))
    return {case: (*np.array(rows).T, truth[case]) for case, rows in found.items()}


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Read a CSV."""
    return list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines()))


def windows(length: int | None) -> Iterator[tuple[Floats, Floats, Floats, Point]]:
    """Yield windows that do not overlap; whole walks for None."""
    for x, y, level, truth in walks().values():
        step = length or len(x)
        for begin in range(0, len(x) - step + 1, step):
            part = slice(begin, begin + step)
            if np.isfinite(level[part]).sum() >= FEWEST_HEARD:
                yield x[part], y[part], level[part], truth


def loudest(x: Floats, y: Floats, r: Floats) -> Point:
    """Stand where it was loudest."""
    best = int(np.argmax(r))
    return float(x[best]), float(y[best])


def centroid(x: Floats, y: Floats, r: Floats) -> Point:
    """Return the middle of the places, weighted by amplitude."""
    weight = 10.0 ** ((r - r.max()) / 20.0)
    return float(weight @ x / weight.sum()), float(weight @ y / weight.sum())


def fixed_exponent(x: Floats, y: Floats, r: Floats) -> Point:
    """Exponent 2.5, power free, five grids of 41 x 41, each about the best of the last."""
    best = ((x.min() + x.max()) / 2, (y.min() + y.max()) / 2)
    half = max(1.5 * math.hypot(np.ptp(x), np.ptp(y)), 300.0)
    for _ in range(5):
        offsets = np.linspace(-half, half, 41)
        across, up = np.meshgrid(best[0] + offsets, best[1] + offsets)
        distance = np.hypot(np.subtract.outer(across.ravel(), x), np.subtract.outer(up.ravel(), y))
        error = r + 25.0 * np.log10(np.maximum(distance, 5.0))
        index = int(np.argmin(error.var(axis=1)))
        best = (float(across.ravel()[index]), float(up.ravel()[index]))
        half /= 10.0
    return best


def nlls(x: Floats, y: Floats, r: Floats) -> Point:
    """Least squares over place, power and exponent (1 to 6), from two starts."""

    def error(p: Floats) -> Floats:
        return r - (p[2] - 5.0 * p[3] * np.log10((p[0] - x) ** 2 + (p[1] - y) ** 2 + 1.0))

    low, high = [-np.inf, -np.inf, -200, 1], [np.inf, np.inf, 200, 6]
    starts = [loudest(x, y, r), (float(x.mean()), float(y.mean()))]
    fits = [
        least_squares(error, [sx + 1, sy + 1, min(r.max(), 199.0), 2.5], bounds=(low, high),
                      x_scale=[100, 100, 10, 1])
        for sx, sy in starts
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.cost))
    return float(best.x[0]), float(best.x[1])


RULES: dict[str, Callable[[Floats, Floats, Floats], Point]] = {
    "loudest": loudest,
    "centroid": centroid,
    "fixed_exponent": fixed_exponent,
    "nlls": nlls,
}


def ours(columns: dict[str, Floats], truth: Point) -> tuple[float, bool, bool, float, float]:
    """Return error in metres, inside 50, inside 95, area in hectares, milliseconds."""
    began = time.perf_counter()
    answer = locate(columns, LocatorConfig())
    took_ms = 1000 * (time.perf_counter() - began)
    if answer.latitude_deg is None or answer.longitude_deg is None:
        return math.inf, False, False, math.nan, took_ms
    x, y = GRID.to_xy(answer.latitude_deg, answer.longitude_deg)
    lat, lon = (float(v) for v in GRID.to_degrees(*truth))
    inside = [contains(answer.regions[k]["geometry"], lat, lon) for k in ("50", "95")]
    area_ha = answer.regions["95"]["area_m2"] / 1e4
    error_m = math.hypot(float(x) - truth[0], float(y) - truth[1])
    return error_m, inside[0], inside[1], area_ha, took_ms


def level_columns(x: Floats, y: Floats, level: Floats) -> dict[str, Floats]:
    """Return columns of levels and silences."""
    lat, lon = GRID.to_degrees(x, y)
    heard = np.isfinite(level)
    kinds = np.where(heard, "level", "silence").astype(object)
    return {"kind": kinds, "latitude_deg": lat, "longitude_deg": lon, "level_db": level,
            "heard": heard.astype(float),
            "level_unit": np.full(len(x), "dBm", dtype=object)}  # fmt: skip


def summed(errors: list[float]) -> dict[str, float | None]:
    """Return median and 90 % of errors in metres; null where more fail than that."""
    values = np.quantile(np.array(errors), [0.5, 0.9], method="higher")
    return {name: round(float(v), 1) if math.isfinite(v) else None
            for name, v in zip(("median_m", "p90_m"), values, strict=True)}  # fmt: skip


def told(rows: list[tuple[float, bool, bool, float, float]]) -> dict[str, float | int | None]:
    """Summarise our answers."""
    errors, in50, in95, area_ha, took_ms = (list(column) for column in zip(*rows, strict=True))
    return {"answers": len(rows), **summed(errors), "in50": round(float(np.mean(in50)), 2),
            "in95": round(float(np.mean(in95)), 2),
            "median_area_ha": round(float(np.nanmedian(area_ha)), 1),
            "median_ms": round(float(np.median(took_ms)))}  # fmt: skip


def walk_results(length: int | None) -> dict[str, object]:
    """Compare on windows of a length."""
    found, rules = [], {name: [] for name in RULES}  # type: ignore[var-annotated]
    for x, y, level, truth in windows(length):
        found.append(ours(level_columns(x, y, level), truth))
        heard = np.isfinite(level)
        for name, rule in RULES.items():
            px, py = rule(x[heard], y[heard], level[heard])
            rules[name].append(math.hypot(px - truth[0], py - truth[1]))
    return {"baksan": told(found), **{name: summed(errors) for name, errors in rules.items()}}


def otters() -> list[tuple[Floats, Floats, Floats, Point]]:
    """Return for each position x, y, bearing, truth, moved to about (0, 0)."""
    folder, middle = DATA / "otter_bearings_simulated", (610_500.0, 4_076_000.0)
    truth = {r["case"]: (float(r["x"]) - middle[0], float(r["y"]) - middle[1])
             for r in table(folder, "truth")}  # fmt: skip
    rows: dict[str, list[tuple[float, float, float]]] = {case: [] for case in truth}
    for r in table(folder, "bearings"):
        rows[r["case"]].append((float(r["x"]) - middle[0], float(r["y"]) - middle[1],
                                float(r["bearing"])))  # fmt: skip
    return [(*np.array(rows[case]).T, truth[case]) for case in sorted(rows)]


def lenth(x: Floats, y: Floats, bearing: Floats) -> Point | None:
    """Lenth's maximum likelihood for bearings (Technometrics 23:149, 1981); None where it fails."""
    angle = np.radians(90.0 - bearing)
    s, c = np.sin(angle), np.cos(angle)
    z = s * x - c * y
    weight_s, weight_c = s, c
    here = np.array([np.inf, np.inf])
    for _ in range(500):
        matrix = np.array([[s @ weight_s, -(c @ weight_s)], [-(s @ weight_c), c @ weight_c]])
        right = np.array([z @ weight_s, -(z @ weight_c)])
        if abs(np.linalg.det(matrix)) < 1e-30:
            return None
        new = np.linalg.solve(matrix, right)
        if np.abs(new - here).max() < 1e-9 * max(1.0, float(np.abs(new).max())):
            return float(new[0]), float(new[1])
        here = new
        dx, dy = here[0] - x, here[1] - y
        cubed = np.hypot(dx, dy) ** 3
        weight_s, weight_c = dy / cubed, dx / cubed
    return None


def bearing_columns(x: Floats, y: Floats, bearing: Floats, sigma_deg: float) -> dict[str, Floats]:
    """Return columns of bearings."""
    lat, lon = GRID.to_degrees(x, y)
    return {"kind": np.full(len(x), "bearing", dtype=object), "latitude_deg": lat,
            "longitude_deg": lon, "bearing_deg": bearing,
            "bearing_sigma_deg": np.full(len(x), sigma_deg)}  # fmt: skip


def bearing_results(kind: str) -> dict[str, object]:
    """Compare on four bearings, on three, or on four of which one is random."""
    rng, found, errors = np.random.default_rng(0), [], []
    for x, y, bearing, truth in otters():
        if kind == "one_of_four_random":
            direction = rng.uniform(0, 360)
            bearing[rng.integers(4)] = direction
        count = 3 if kind == "three" else 4
        part = x[:count], y[:count], bearing[:count]
        found.append(ours(bearing_columns(*part, sigma_deg=3.0), truth))
        peer = lenth(*part)
        errors.append(math.inf if peer is None else math.hypot(peer[0] - truth[0],
                                                                peer[1] - truth[1]))  # fmt: skip
    failed = sum(map(math.isinf, errors))
    return {"baksan": told(found), "lenth_ml": {**summed(errors), "failed": failed}}


def main() -> None:
    """Run everything that the data are there for."""
    if not DATA.is_dir():
        result: dict[str, object] = {"bench": "locating", "skipped": f"{DATA.name} is not there"}
    else:
        result = {
            "bench": "locating",
            "uwa_100": walk_results(100),
            "uwa_300": walk_results(300),
            "uwa_whole": walk_results(None),
            "otter_four": bearing_results("four"),
            "otter_three": bearing_results("three"),
            "otter_one_of_four_random": bearing_results("one_of_four_random"),
        }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
