"""How far the locator may be believed: made-up walks with the truth beside them. A table and JSON.

    python tests/bench/calibration.py [--scenes 300] [--first 3000] [--png FILE] [KIND ...]

Kinds are those of `receiver.simulator.trials`; the model's constants were chosen on seeds below
120, and its tempering with those from 1000 to 2999 in view: scored are others. For each scene in
one run: our answer, the simple rules (tests/bench/rules.py), and the posterior of the model that
made the scene (its shadows, sectors, spread, priors of power, exponent and place all known, and
each packet's exact place; it does not know that packets were missed). `in50`, `in95`: how often the
truth was inside the outlined area. `error_to_bound`: median of error over the Cramer-Rao bound
where that is below 100 m. Intervals: 90 %, bootstrap over scenes. `assumed` also has
`radio_true_prior`: our factor of levels alone with the true prior of the place, which is where in50
and in95 ought to be .50 and .95. `reliability`: the same for other shares, drawn by --png.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from locating import GRID, level_columns
from rules import WALK_RULES
from scipy.linalg import cholesky, solve_triangular

from receiver.locator import LocatorConfig, posterior
from receiver.locator.belief import Belief
from receiver.locator.radio import Radio
from receiver.locator.raster import Surface
from receiver.locator.regions import contains, median_point
from receiver.locator.tree import Leaves
from receiver.simulator.trials import Trial, Truth, trial

Floats = np.ndarray
SETS = (("assumed", 100), ("assumed", 300), ("broken", 100), ("broken", 300), ("large", 100),
        ("near", 100), ("car", 0), ("ridge", 0))  # fmt: skip
STARTS_M = {"assumed": (80, 500), "broken": (80, 500), "large": (320, 2000), "near": (15, 100),
            "car": (300, 2500)}  # fmt: skip
SHARES = np.append(np.arange(0.1, 0.95, 0.1), 0.95)
RULES = ("loudest", "centroid", "fixed_exponent", "nlls")
POWER_DBM, POWER_SD_DB = -95.0, 12.0
EXPONENTS = {"assumed": (2.8, 0.6)}
OTHER_EXPONENT = (3.0, 1 / math.sqrt(3))  # uniform between 2 and 4


def moved(made: Trial, seed: int) -> tuple[Floats, Floats, tuple[float, float]]:
    """Return places and truth, moved off the lattice of cells."""
    off = np.random.default_rng(seed).uniform(0, 100, 2)
    return made.x_m + off[0], made.y_m + off[1], (float(off[0]), float(off[1]))


def squares(x: Floats, y: Floats, level: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return 10 m squares (20 m, ... for long walks): places, mean levels, packets of each."""
    heard, side = np.isfinite(level), 10.0
    while True:
        key = np.column_stack([np.floor(x[heard] / side), np.floor(y[heard] / side)])
        centre, member = np.unique(key, axis=0, return_inverse=True)
        if len(centre) <= 200:
            break
        side *= 2
    member = member.reshape(-1)
    count = np.bincount(member).astype(float)
    place = (centre + 0.5) * side
    return place[:, 0], place[:, 1], np.bincount(member, level[heard]) / count, count


def true_log_density(made: Trial, seed: int, points: Floats) -> Floats:
    """Return the log posterior of the model that made a scene, at points (N, 2)."""
    x, y, truth_m = moved(made, seed)
    heard = np.isfinite(made.level_dbm)
    px, py, level, count = together(made.path_m[heard] + np.array(truth_m), made.level_dbm[heard])
    inverse = solve_triangular(
        cholesky(noise(made.truth, px, py, count) + POWER_SD_DB**2, lower=True),
        np.eye(len(px)), lower=True,
    )  # fmt: skip
    z = inverse @ (level - POWER_DBM)
    n0, sn = EXPONENTS.get(made.kind, OTHER_EXPONENT)
    out = np.empty(len(points))
    for begin in range(0, len(points), 500):
        part = slice(begin, begin + 500)
        columns, precision = true_design(made.truth, points[part], px, py, sn)
        white = columns @ inverse.T
        matrix = np.matmul(white, white.transpose(0, 2, 1)) + np.diag(precision)
        right = white @ z
        right[:, 0] += n0 * precision[0]
        factor = np.linalg.cholesky(matrix)
        solved = np.linalg.solve(factor, right[..., None])[..., 0]
        log_det = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        out[part] = 0.5 * (solved**2).sum(axis=1) - log_det
    return out + true_prior(made, np.column_stack([x, y]), truth_m, points)


def together(path: Floats, level: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return places, levels and packets of each; of long walks three packets (7.5 m) are one."""
    each = 3 if len(level) > 120 else 1
    groups = np.array_split(np.arange(len(level)), math.ceil(len(level) / each))
    places = np.array([path[group].mean(axis=0) for group in groups])
    means = np.array([level[group].mean() for group in groups])
    return places[:, 0], places[:, 1], means, np.array([float(len(group)) for group in groups])


def noise(truth: Truth, px: Floats, py: Floats, count: Floats) -> Floats:
    """Return the covariance of levels about the law, without the power's."""
    distance = np.hypot(np.subtract.outer(px, px), np.subtract.outer(py, py))
    total = np.diag(truth.own_db**2 / count + 1e-6)
    for variance, scale in truth.shadows:
        ratio = distance / scale
        total += variance * np.exp(-0.5 * ratio**2 if truth.squared_exponential else -ratio)
    return total


def true_design(
    truth: Truth, points: Floats, px: Floats, py: Floats, exponent_sd: float
) -> tuple[Floats, Floats]:
    """Return the columns of exponent and sectors, (N, K, M), and their prior precisions."""
    dx, dy = px[None] - points[:, :1], py[None] - points[:, 1:]
    squared = np.maximum(dx * dx + dy * dy, 9.0)
    log_d = 5 * np.log10(squared) - 20
    columns, precision = [-log_d], [1 / exponent_sd**2]
    if truth.sector_edges is not None:
        share = (np.arctan2(dx, dy) / (2 * np.pi)) % 1.0
        sector = np.searchsorted(truth.sector_edges, share) % len(truth.sector_edges)
        columns += [(sector == k).astype(float) for k in range(len(truth.sector_edges))]
        precision += [1 / max(truth.sector_db, 1e-3) ** 2] * len(truth.sector_edges)
    elif truth.sector_db > 0:
        c, s = dy / np.sqrt(squared), dx / np.sqrt(squared)
        columns += [c, s, c * c - s * s, 2 * c * s, log_d * c, log_d * s]
        one = 1 / truth.sector_db**2
        precision += [one, one, one / 0.49, one / 0.49, 25 * one, 25 * one]
    return np.stack(columns, axis=1), np.array(precision)


def true_prior(made: Trial, path: Floats, truth_m: tuple[float, float], points: Floats) -> Floats:
    """Return the log density of the place that the scenes' drawing gives, its edges softened."""
    if made.kind == "ridge":
        first, last = path[0], path[-1]
        along = (last - first) / max(float(np.hypot(*(last - first))), 1.0)
        off = points - (first + last) / 2
        across = np.abs(off @ np.array([-along[1], along[0]]))
        return (
            -np.log(np.maximum(across, 1.0))
            + _within(across, 400, 4000)
            + _within(np.abs(off @ along), 0, 1500)
        )
    start = np.array(made.truth.start_m) + np.array(truth_m)
    off = points - start
    distance = np.hypot(off[:, 0], off[:, 1])
    found = -2 * np.log(np.maximum(distance, 1.0)) + _within(distance, *STARTS_M[made.kind])
    if made.kind == "car":
        heading = np.arctan2(*(path[1] - path[0]))
        turn = np.angle(np.exp(1j * (np.arctan2(off[:, 0], off[:, 1]) - heading)))
        found = found - 0.5 * (turn / 0.65) ** 2
    return np.asarray(found)


def _within(value: Floats, low: float, high: float) -> Floats:
    above = np.maximum(value / high - 1, 0) / 0.05
    below = np.maximum(1 - value / low, 0) / 0.05 if low else 0.0
    return np.asarray(-0.5 * above**2 - 0.5 * below**2)


def bound_m(made: Trial, seed: int) -> float:
    """Return the Cramer-Rao bound of the place for a known spread of levels (section 14)."""
    x, y, truth_m = moved(made, seed)
    px, py, _, count = squares(x, y, made.level_dbm)
    dx, dy = truth_m[0] - px, truth_m[1] - py
    squared = dx * dx + dy * dy + 25.0
    n0, sn = EXPONENTS.get(made.kind, OTHER_EXPONENT)
    slope = 10 * n0 / math.log(10)
    jacobian = np.column_stack(
        [-slope * dx / squared, -slope * dy / squared, np.ones(len(px)), -5 * np.log10(squared)]
    )
    information = jacobian.T @ np.linalg.solve(noise(made.truth, px, py, count), jacobian)
    information += np.diag([0, 0, 1 / POWER_SD_DB**2, 1 / sn**2])
    return math.sqrt(float(np.trace(np.linalg.inv(information)[:2, :2])))


def region_score(
    leaves: Leaves, log_density: Callable[[Floats], Floats], truth_m: tuple[float, float]
) -> tuple[bool, bool, float, float]:
    """Return in50, in95, area in hectares and error in metres of another density on the cells."""
    values = log_density(np.vstack([leaves.points_m, [truth_m]]))
    other = replace(leaves, log_density=values[:-1])
    surface = Surface(other)
    relative = values[-1] - values[:-1].max()
    dense = surface.relative >= surface.threshold(0.95)
    area_ha = float((leaves.side_m[dense] ** 2).sum()) / 1e4
    x_m, y_m = median_point(other)
    error_m = math.hypot(x_m - truth_m[0], y_m - truth_m[1])
    inside = (relative >= surface.threshold(share) for share in (0.5, 0.95))
    return (*inside, area_ha, error_m)


def one(kind: str, packets: int, seed: int) -> dict[str, Any]:
    """Return what everybody says of one scene."""
    made = trial(kind, seed, packets)
    x, y, truth_m = moved(made, seed)
    began = time.perf_counter()
    found = posterior(level_columns(x, y, made.level_dbm), LocatorConfig())
    took_ms = 1000 * (time.perf_counter() - began)
    heard = np.isfinite(made.level_dbm)
    row: dict[str, Any] = {"ms": took_ms, "bound_m": bound_m(made, seed), "answered": False}
    for name in RULES:
        claim = WALK_RULES[name](x[heard], y[heard], made.level_dbm[heard])
        row[name] = math.inf
        if claim is not None:
            row[name] = math.hypot(claim.x_m - truth_m[0], claim.y_m - truth_m[1])
    answer, belief = found.answer, found.belief
    if belief is None or answer.latitude_deg is None or found.evidence is None:
        return row | {"error_m": math.inf, "in50": False, "in95": False, "area_ha": math.nan}
    latitude, longitude = (float(v) for v in GRID.to_degrees(*truth_m))
    place = GRID.to_xy(answer.latitude_deg, answer.longitude_deg)
    row["answered"] = True
    row["error_m"] = math.hypot(float(place[0]) - truth_m[0], float(place[1]) - truth_m[1])
    for share in ("50", "95"):
        row[f"in{share}"] = contains(answer.regions[share]["geometry"], latitude, longitude)
    row["area_ha"] = answer.regions["95"]["area_m2"] / 1e4
    row["denser"] = Surface(belief.leaves).share_denser_than(*truth_m)
    true = region_score(belief.leaves, lambda p: true_log_density(made, seed, p), truth_m)
    row |= dict(zip(("true_in50", "true_in95", "true_area_ha", "true_error_m"), true, strict=True))
    if kind == "assumed":
        row |= _radio_alone(made, seed, belief, truth_m)
    return row


def _radio_alone(
    made: Trial, seed: int, belief: Belief, truth_m: tuple[float, float]
) -> dict[str, Any]:
    from receiver.columns import complete
    from receiver.locator.evidence import gather

    x, y, _ = moved(made, seed)
    config = LocatorConfig(level_at_100_m_db=(POWER_DBM, POWER_SD_DB), sparse_share=1.0)
    evidence = gather(complete(level_columns(x, y, made.level_dbm)), config)
    assert evidence is not None
    whole = replace(config, temper=(max(len(evidence.radio.x_m), 70) / 70) ** 0.5)
    radio = Radio(evidence.radio, whole)
    path = np.column_stack([x, y])

    def density(points: Floats) -> Floats:
        return radio(points) + true_prior(made, path, truth_m, points)

    names = ("model_in50", "model_in95", "model_area_ha", "model_error_m")
    return dict(zip(names, region_score(belief.leaves, density, truth_m), strict=True))


def interval(values: Floats, statistic: Callable[[Floats], float]) -> list[float]:
    """Return the 90 % bootstrap interval over scenes."""
    rng = np.random.default_rng(0)
    draws = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(400)]
    return [round(float(v), 3) for v in np.quantile(draws, [0.05, 0.95])]


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Summarise a kind."""
    column = {name: np.array([row.get(name, math.nan) for row in rows], dtype=float)
              for name in rows[0]}  # fmt: skip
    rules = {name: round(float(np.median(column[name])), 1) for name in RULES}
    close = column["bound_m"] < 100.0
    within = np.min([column[name] for name in RULES], axis=0) < 200.0
    result: dict[str, Any] = {
        "scenes": len(rows), "cannot_say": int((column["answered"] == 0).sum()),
        "cannot_say_where_a_rule_is_within_200_m": int(((column["answered"] == 0) & within).sum()),
        "median_m": round(float(np.median(column["error_m"])), 1),
        "median_interval": interval(column["error_m"], lambda v: float(np.median(v))),
        "p90_m": round(float(np.quantile(column["error_m"], 0.9)), 1),
        "in50": round(float(column["in50"].mean()), 3),
        "in95": round(float(column["in95"].mean()), 3),
        "in95_interval": interval(column["in95"], lambda v: float(v.mean())),
        "area_ha": round(float(np.nanmedian(column["area_ha"])), 1),
        "rules_median_m": rules, "to_best_rule": round(
            float(np.median(column["error_m"])) / min(rules.values()), 3),
        "to_centroid": round(float(np.median(column["error_m"])) / rules["centroid"], 3),
        "true_model": {name: round(float(np.nanmean(column[f"true_{name}"])), 3)
                       for name in ("in50", "in95")}
        | {"area_ha": round(float(np.nanmedian(column["true_area_ha"])), 1),
           "median_m": round(float(np.nanmedian(column["true_error_m"])), 1)},
        "area_to_true": round(float(np.nanmedian(column["area_ha"])
                                    / np.nanmedian(column["true_area_ha"])), 2),
        "scenes_with_a_bound_below_100_m": int(close.sum()),
        "error_to_bound": round(float(np.median((column["error_m"] / column["bound_m"])[close])), 2)
        if close.any() else None,
        "median_ms": round(float(np.median(column["ms"]))),
        "reliability": {f"{share:.2f}": round(float((column["denser"] <= share).mean()), 3)
                        for share in SHARES},
    }  # fmt: skip
    if "model_in50" in column:
        result["radio_true_prior"] = {
            "in50": round(float(np.nanmean(column["model_in50"])), 3),
            "in95": round(float(np.nanmean(column["model_in95"])), 3),
            "area_ha": round(float(np.nanmedian(column["model_area_ha"])), 1),
        }
    return result


def picture(results: dict[str, Any], path: str) -> None:
    """Draw how often the truth was inside, against how often it should have been."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 6.4))
    axes.plot([0, 1], [0, 1], color="black", linewidth=1, label="as it should be")
    for name, found in results.items():
        shares = [float(share) for share in found["reliability"]]
        axes.plot(shares, list(found["reliability"].values()), marker=".", label=name)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="share that an area is said to hold",
             ylabel="share of made-up searches whose collar was in it")  # fmt: skip
    axes.grid(color="#dddddd")
    axes.legend()
    figure.savefig(path, dpi=100, bbox_inches="tight")


def main() -> None:
    """Run the kinds that are asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--first", type=int, default=3000)
    parser.add_argument("--png")
    asked = parser.parse_args()
    results = {}
    with ProcessPoolExecutor() as pool:
        for kind, packets in SETS:
            if asked.kinds and kind not in asked.kinds:
                continue
            seeds = range(asked.first, asked.first + asked.scenes)
            jobs = [pool.submit(one, kind, packets, seed) for seed in seeds]
            name = f"{kind}_{packets}" if packets else kind
            results[name] = found = told([job.result() for job in jobs])
            line = f"{name:<12} {found['median_m']:>7} m  in50 {found['in50']:.2f}"
            line += f"  in95 {found['in95']:.2f}  {found['area_ha']:>8} ha"
            line += f"  x{found['to_best_rule']} of the best rule,"
            line += f" area x{found['area_to_true']} of the true model's\n"
            sys.stderr.write(line)
    if asked.png:
        picture(results, asked.png)
    sys.stdout.write(json.dumps({"bench": "calibration", "first_seed": asked.first, **results}))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
