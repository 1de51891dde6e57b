"""Errors and areas on measured data, beside peers' rules, in one run. A table and JSON.

    python tests/bench/locating.py                    everything that the project's data hold
    python tests/bench/locating.py --data FOLDER [--window 100]      readings.csv and truth.csv

The form of a folder (section 8 of the locating page): `readings.csv` with case, x_m, y_m, rssi_dbm,
heard and perhaps t_s, rx, snr_db; `truth.csv` with case, x_m, y_m. A case with one receiver is a
walk, and cut into windows of so many rows, half overlapping; with several it is a network.

Sets: UWA (six LoRa walks at two sites; truth good to 30 m), POWDER (22 fixed receivers, July; both
splits, with and without known offsets; levels, thresholds and boxes of section 8.3), bearings of
others' simulation (78 places x 4, x 3, and with one of four random). A rule that fails counts as an
infinite error. `in50`, `in95`: how often the truth was inside; .50 and .95 are right. Intervals:
90 %, bootstrap over walks or days.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from rules import WALK_RULES, Claim, Decay, centroid, loudest, nlls

from receiver.geodesy import LocalGrid
from receiver.levels import effective_signal_power_dbm
from receiver.locator import LocatorConfig, locate
from receiver.locator.regions import contains
from receiver.locator.triangulation import RULES as BEARING_RULES
from receiver.locator.triangulation import triangulate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "locating"
GRID = LocalGrid(0.0, 0.0)  # plane data sets: where they lie does not matter
FEWEST_HEARD, SHORTEST_M = 8, 60.0
Point = tuple[float, float]
Floats = np.ndarray
Row = dict[str, Any]


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Read a CSV."""
    return list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines()))


def truths(folder: Path) -> dict[str, Point]:
    """Return the truth of each case."""
    return {r["case"]: (float(r["x_m"]), float(r["y_m"])) for r in table(folder, "truth")}


def level_of(row: dict[str, str]) -> float:
    """Return the level of a reading, NaN where nothing was heard; of LoRa the signal's own."""
    if row.get("heard", "1") != "1":
        return math.nan
    if row.get("snr_db"):
        return effective_signal_power_dbm(float(row["rssi_dbm"]), float(row["snr_db"]))
    return float(row["rssi_dbm"])


def level_columns(x: Floats, y: Floats, level: Floats) -> dict[str, Any]:
    """Return columns of levels and silences."""
    lat, lon = GRID.to_degrees(x, y)
    heard = np.isfinite(level)
    kinds = np.where(heard, "level", "silence").astype(object)
    return {"kind": kinds, "latitude_deg": lat, "longitude_deg": lon, "level_db": level,
            "heard": heard.astype(float),
            "level_unit": np.full(len(x), "dBm", dtype=object)}  # fmt: skip


def ours(columns: dict[str, Any], truth: Point, config: LocatorConfig) -> Row:
    """Return what our answer is worth."""
    began = time.perf_counter()
    answer = locate(columns, config)
    row: Row = {"ms": 1000 * (time.perf_counter() - began)}
    if answer.latitude_deg is None or answer.longitude_deg is None or answer.map is None:
        return row | {"error_m": math.inf, "in50": False, "in95": False, "area_ha": math.nan}
    lat, lon = (float(v) for v in GRID.to_degrees(*truth))
    for share in ("50", "95"):
        row[f"in{share}"] = contains(answer.regions[share]["geometry"], lat, lon)
    row["area_ha"] = answer.regions["95"]["area_m2"] / 1e4
    places = {"error_m": (answer.latitude_deg, answer.longitude_deg),
              "map_error_m": (answer.map["latitude_deg"], answer.map["longitude_deg"])}  # fmt: skip
    for name, place in places.items():
        x, y = GRID.to_xy(*place)
        row[name] = math.hypot(float(x) - truth[0], float(y) - truth[1])
    return row


def claimed(claim: Claim | None, truth: Point, took_ms: float) -> Row:
    """Return what a rule's claim is worth."""
    if claim is None:
        return {"error_m": math.inf, "in95": False, "area_ha": math.nan, "ms": took_ms}
    holds = claim.holds(truth)
    return {"error_m": math.hypot(claim.x_m - truth[0], claim.y_m - truth[1]),
            "in95": math.nan if holds is None else holds, "area_ha": claim.area_ha,
            "ms": took_ms}  # fmt: skip


def timed(rule: Callable[..., Claim | None], truth: Point, *parts: Any) -> Row:
    """Return what a rule's claim is worth, and how long it took."""
    began = time.perf_counter()
    claim = rule(*parts)
    return claimed(claim, truth, 1000 * (time.perf_counter() - began))


def told(rows: list[Row], group: list[str]) -> Row:
    """Summarise one method over cases; `group`: over what the bootstrap draws."""
    column = {name: np.array([row.get(name, math.nan) for row in rows], dtype=float)
              for name in {name for row in rows for name in row}}  # fmt: skip
    found: Row = {"cases": len(rows), "failed": int(np.isinf(column["error_m"]).sum())}
    for name, errors in (("", "error_m"), ("map_", "map_error_m")):
        if errors in column:
            found[f"{name}median_m"] = _finite(quantile(column[errors], 0.5))
            found[f"{name}p90_m"] = _finite(quantile(column[errors], 0.9))
    found["median_interval"] = interval(column["error_m"], group)
    for name in ("in50", "in95"):
        if name in column and np.isfinite(column[name]).any():
            found[name] = round(float(np.nanmean(column[name])), 3)
    if np.isfinite(column["area_ha"]).any():
        found["area_ha"] = round(float(np.nanmedian(column["area_ha"])), 1)
    found["ms"] = round(float(np.median(column["ms"])), 1)
    return found


def quantile(values: Floats, share: float) -> float:
    """Return a quantile of values of which some are infinite."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return float(low if low == high else low + (place % 1.0) * (high - low))


def _finite(value: float) -> float | None:
    return round(value, 1) if math.isfinite(value) else None


def interval(errors: Floats, group: list[str]) -> list[float | None]:
    """Return the 90 % interval of the median, drawing whole groups."""
    rng, labels = np.random.default_rng(0), np.array(group)
    names = np.unique(labels)
    members = {name: np.flatnonzero(labels == name) for name in names}
    draws = []
    for _ in range(300):
        index = np.concatenate([members[n] for n in rng.choice(names, len(names))])
        draws.append(quantile(errors[index], 0.5))
    return [_finite(quantile(np.array(draws), q)) for q in (0.05, 0.95)]


def summary(cases: list[dict[str, Row]], group: list[str]) -> dict[str, Row]:
    """Summarise all methods."""
    return {name: told([case[name] for case in cases], group) for name in cases[0]}


# --- walks ------------------------------------------------------------------------------------


def walks(folder: Path) -> dict[str, tuple[Floats, Floats, Floats, Point]]:
    """Return for each walk x, y, level (NaN where not heard), and the truth."""
    truth = truths(folder)
    rows: dict[str, list[tuple[float, ...]]] = {case: [] for case in truth}
    for number, row in enumerate(table(folder, "readings")):
        time_s = float(row.get("t_s") or number)
        place = float(row["x_m"]), float(row["y_m"])
        rows[row["case"]].append((time_s, *place, level_of(row)))
    parts = {case: np.array(sorted(found, key=lambda r: r[0])) for case, found in rows.items()}
    return {case: (*part[:, 1:].T, truth[case]) for case, part in parts.items() if len(part)}


def windows(
    folder: Path, length: int | None
) -> Iterator[tuple[str, Floats, Floats, Floats, Point]]:
    """Yield half-overlapping windows of the walks (8.1); whole walks for None."""
    for case, (x, y, level, truth) in walks(folder).items():
        size = length or len(x)
        for begin in range(0, len(x) - size + 1, max(size // 2, 1)):
            part = slice(begin, begin + size)
            heard = np.isfinite(level[part])
            extent = np.hypot(np.ptp(x[part][heard]), np.ptp(y[part][heard])) if heard.any() else 0
            if heard.sum() >= FEWEST_HEARD and extent >= SHORTEST_M:
                yield case, x[part], y[part], level[part], truth


def one_walk(x: Floats, y: Floats, level: Floats, truth: Point) -> dict[str, Row]:
    """Return what everybody says of one window."""
    found = {"baksan": ours(level_columns(x, y, level), truth, LocatorConfig())}
    heard = np.isfinite(level)
    for name, rule in WALK_RULES.items():
        found[name] = timed(rule, truth, x[heard], y[heard], level[heard])
    return found


def walk_results(folder: Path, length: int | None, pool: ProcessPoolExecutor) -> Row:
    """Compare on windows of a length; sites are the first words of the cases' names."""
    cases = list(windows(folder, length))
    jobs = [pool.submit(one_walk, *case[1:]) for case in cases]
    found, names = [job.result() for job in jobs], [case[0] for case in cases]
    sites = [name.split("-")[0] for name in names]
    result: Row = summary(found, names)
    if 1 < len(set(sites)) < 6:
        result["by_site"] = {}
        for site in sorted(set(sites)):
            part = [case for case, at in zip(found, sites, strict=True) if at == site]
            result["by_site"][site] = summary(part, ["one"] * len(part))
    return result


# --- a network of fixed receivers (8.3) --------------------------------------------------------


class Powder:
    """The POWDER placements: places, levels and floors of 22 receivers."""

    def __init__(self, folder: Path) -> None:
        self.truth = truths(folder)
        self.day = {r["case"]: r["when"][:10] for r in table(folder, "truth")}
        noise = json.loads((folder / "no_transmitter_noise.json").read_text())
        powers: dict[str, list[float]] = {}
        for one in noise.values():
            for power, _, _, name in one["rx_data"]:
                powers.setdefault(name, []).append(power)
        self.floor = {name: float(np.mean(values)) for name, values in powers.items()}
        self.cases: dict[str, list[tuple[str, float, float, float]]] = {c: [] for c in self.truth}
        for row in table(folder, "readings"):
            if not row["rx"].startswith("bus-") and row["rx"] in self.floor:
                reading = row["rx"], float(row["x_m"]), float(row["y_m"]), float(row["rssi_dbm"])
                self.cases[row["case"]].append(reading)
        places = np.array(list(self.truth.values()))
        self.low, self.high = places.min(axis=0) - 300, places.max(axis=0) + 300
        axes = [np.arange(self.low[k] + 20, self.high[k], 40.0) for k in (0, 1)]
        self.cells = np.column_stack([a.ravel() for a in np.meshgrid(*axes)])

    def heard(self, case: str) -> list[tuple[str, float, float, float]]:
        """Return the readings more than 3 dB above their floor."""
        return [r for r in self.cases[case] if r[3] > self.floor[r[0]] + 3.0]

    def trained(self, cases: list[str], with_offsets: bool) -> Training:
        """Fit the line, the offsets and the exponential law to heard readings of cases."""
        names, log_d, level = [], [], []
        for case in cases:
            tx, ty = self.truth[case]
            for name, x, y, r in self.heard(case):
                names.append(name)
                log_d.append(5.0 * math.log10((x - tx) ** 2 + (y - ty) ** 2 + 4.0))
                level.append(r)
        who, index = np.unique(names, return_inverse=True)
        ld, values = np.array(log_d), np.array(level)
        offset = np.zeros(len(who))
        for _ in range(20 if with_offsets else 1):
            line = np.polyfit(ld, values - offset[index], 1)
            if with_offsets:
                left = values - np.polyval(line, ld)
                offset = np.bincount(index, left) / np.bincount(index)
        law = Decay.fitted(10.0 ** (ld / 10.0), values - offset[index])
        known = dict(zip(map(str, who), map(float, offset), strict=True)) if with_offsets else {}
        return Training(power_dbm=float(line[1]), exponent=float(-line[0]), offsets=known, law=law)


class Training:
    """What was learned from other placements."""

    def __init__(
        self, power_dbm: float, exponent: float, offsets: dict[str, float], law: Decay
    ) -> None:
        self.power_dbm, self.exponent, self.offsets, self.law = power_dbm, exponent, offsets, law


def one_placement(
    readings: list[tuple[str, float, float, float]], floors: list[float], truth: Point,
    training: Training, cells: Floats, with_offsets: bool,
) -> dict[str, Row]:  # fmt: skip
    """Return what everybody says of one placement."""
    names = [r[0] for r in readings]
    x, y, level = np.array([r[1:] for r in readings]).T
    offset = np.array([training.offsets.get(name, 0.0) for name in names])
    floor = np.array(floors)
    heard = level > floor + 3.0
    level, floor = level - offset, floor - offset
    signal = 10 * np.log10(np.maximum(10 ** (level / 10) - 10 ** (floor / 10), 1e-20))
    columns = level_columns(x, y, np.where(heard, signal, np.nan))
    columns["threshold_db"] = floor + 3.0
    columns["on_probability"] = np.ones(len(x))
    if not with_offsets:
        columns["receiver"] = np.array(names, dtype=object)
    at_100_m = training.power_dbm - 20.0 * training.exponent
    config = LocatorConfig(
        level_at_100_m_db=(at_100_m, 6.0), exponent=training.exponent, exponent_sd=0.3,
        reach_m=2000.0,
    )  # fmt: skip
    found = {"baksan": ours(columns, truth, config)}
    parts = x[heard], y[heard], level[heard]
    found["strongest"] = timed(loudest, truth, *parts)
    found["centroid"] = timed(centroid, truth, *parts)
    found["nlls"] = timed(nlls, truth, *parts)
    found["paxton"] = timed(training.law.multilateration, truth, *parts)
    found["ctt_grid"] = timed(training.law.on_grid, truth, *parts, cells)
    return found


def powder_results(folder: Path, pool: ProcessPoolExecutor) -> Row:
    """Compare on both splits, with known offsets and without."""
    data = Powder(folder)
    names = list(data.truth)
    rng = np.random.default_rng(3)
    order = rng.choice(len(names), 500, replace=False)
    test = [names[k] for k in order]
    chosen = set(test)
    splits = {"random": [([n for n in names if n not in chosen], test)]}
    rng, days = np.random.default_rng(3), sorted(set(data.day.values()))
    splits["day_out"] = []
    for day in days:
        inside = [n for n in names if data.day[n] == day]
        many = min(500, len(inside))
        part = [inside[k] for k in rng.choice(len(inside), many, replace=False)]
        splits["day_out"].append(([n for n in names if data.day[n] != day], part))
    result: Row = {}
    for split, parts in splits.items():
        for with_offsets in (True, False):
            jobs, group = [], []
            for train, tested in parts:
                training = data.trained(train, with_offsets)
                for case in tested:
                    if len(data.heard(case)) >= 4:
                        floors = [data.floor[r[0]] for r in data.cases[case]]
                        jobs.append(pool.submit(
                            one_placement, data.cases[case], floors, data.truth[case], training,
                            data.cells, with_offsets,
                        ))  # fmt: skip
                        group.append(data.day[case])
            name = f"{split}_{'offsets' if with_offsets else 'raw'}"
            result[name] = summary([job.result() for job in jobs], group)
            show(f"powder {name}", result[name])
    return result


def network_results(folder: Path, pool: ProcessPoolExecutor) -> Row:
    """Compare on a folder with several receivers a case, of unknown power."""
    truth = truths(folder)
    rows: dict[str, list[tuple[str, float, float, float]]] = {case: [] for case in truth}
    for row in table(folder, "readings"):
        reading = row["rx"], float(row["x_m"]), float(row["y_m"]), level_of(row)
        rows[row["case"]].append(reading)
    cases = {c: r for c, r in rows.items() if sum(math.isfinite(v[3]) for v in r) >= 3}
    jobs = [pool.submit(one_walk, *np.array([v[1:] for v in r]).T, truth[c])
            for c, r in cases.items()]  # fmt: skip
    return summary([job.result() for job in jobs], list(cases))


# --- bearings ---------------------------------------------------------------------------------


def otters(folder: Path) -> list[tuple[Floats, Floats, Floats, Point]]:
    """Return for each position x, y, bearing, truth, moved to about (0, 0)."""
    middle = (610_500.0, 4_076_000.0)
    truth = {r["case"]: (float(r["x"]) - middle[0], float(r["y"]) - middle[1])
             for r in table(folder, "truth")}  # fmt: skip
    rows: dict[str, list[tuple[float, float, float]]] = {case: [] for case in truth}
    for r in table(folder, "bearings"):
        rows[r["case"]].append((float(r["x"]) - middle[0], float(r["y"]) - middle[1],
                                float(r["bearing"])))  # fmt: skip
    return [(*np.array(rows[case]).T, truth[case]) for case in sorted(rows)]


def bearing_columns(x: Floats, y: Floats, bearing: Floats, sigma_deg: float) -> dict[str, Any]:
    """Return columns of bearings."""
    lat, lon = GRID.to_degrees(x, y)
    return {"kind": np.full(len(x), "bearing", dtype=object), "latitude_deg": lat,
            "longitude_deg": lon, "bearing_deg": bearing,
            "bearing_sigma_deg": np.full(len(x), sigma_deg)}  # fmt: skip


def one_fix(x: Floats, y: Floats, bearing: Floats, truth: Point) -> dict[str, Row]:
    """Return what everybody says of one set of bearings."""
    columns = bearing_columns(x, y, bearing, sigma_deg=3.0)
    found = {"baksan": ours(columns, truth, LocatorConfig(reach_m=6000.0))}
    for rule in BEARING_RULES:
        began = time.perf_counter()
        fix = triangulate(x, y, bearing, rule)
        claim = None
        if fix.x_m is not None and fix.y_m is not None:
            covariance = np.zeros((2, 2)) if fix.covariance_m2 is None else fix.covariance_m2
            claim = Claim(fix.x_m, fix.y_m, covariance)
        found[f"lenth_{rule}"] = claimed(claim, truth, 1000 * (time.perf_counter() - began))
    return found


def bearing_results(folder: Path, kind: str, pool: ProcessPoolExecutor) -> Row:
    """Compare on four bearings, on three, or on four of which one is random."""
    rng, jobs = np.random.default_rng(0), []
    for x, y, bearing, truth in otters(folder):
        if kind == "one_of_four_random":
            direction = rng.uniform(0, 360)
            bearing[rng.integers(4)] = direction
        many = 3 if kind == "three" else 4
        jobs.append(pool.submit(one_fix, x[:many], y[:many], bearing[:many], truth))
    cases = [job.result() for job in jobs]
    result = summary(cases, [str(k) for k in range(len(cases))])
    solved = {
        rule: _finite(float(np.median([c[f"lenth_{rule}"]["error_m"] for c in cases
                                       if math.isfinite(c[f"lenth_{rule}"]["error_m"])])))
        for rule in BEARING_RULES
    }  # fmt: skip
    return result | {"lenth_median_of_solved_m": solved}


def show(title: str, result: Row) -> None:
    """Write a table for people."""
    sys.stderr.write(f"{title}\n")
    for name, row in result.items():
        if "median_m" not in row:
            continue
        numbers = [f"{row.get(key, '-')!s:>8}" for key in
                   ("median_m", "p90_m", "in50", "in95", "area_ha", "ms")]  # fmt: skip
        sys.stderr.write(f"  {name:<26}{''.join(numbers)}   failed {row['failed']}\n")


def run_folder(folder: Path, window: int | None, pool: ProcessPoolExecutor) -> Row:
    """Run whatever a folder holds."""
    receivers: dict[str, set[str]] = {}
    for row in table(folder, "readings"):
        receivers.setdefault(row["case"], set()).add(row.get("rx", ""))
    many = float(np.median([len(found) for found in receivers.values()])) > 2
    if (folder / "no_transmitter_noise.json").is_file():
        return powder_results(folder, pool)
    found = network_results(folder, pool) if many else walk_results(folder, window, pool)
    show(f"{folder.name} {window or 'whole'}", found)
    return found


def main() -> None:
    """Run a folder, or everything that the data are there for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--window", type=int)
    asked = parser.parse_args()
    result: Row = {"bench": "locating"}
    with ProcessPoolExecutor() as pool:
        if asked.data:
            result[asked.data.name] = run_folder(asked.data, asked.window, pool)
        elif not DATA.is_dir():
            result["skipped"] = f"{DATA.name} is not there"
        else:
            walk = DATA / "uwa_lora916_walk"
            for length in (100, 300, None):
                result[f"uwa_{length or 'whole'}"] = run_folder(walk, length, pool)
            for kind in ("four", "three", "one_of_four_random"):
                found = bearing_results(DATA / "otter_bearings_simulated", kind, pool)
                result[f"otter_{kind}"] = found
                show(f"otter {kind}", found)
            result["powder"] = run_folder(DATA / "powder_uhf462_jul", None, pool)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
