"""100 made-up searches to contact: by the guidance, by ear, about the loudest place.

    python tests/bench/homing.py [--first 3000] [--searches 100]

The country, the searchers and what contact is: `receiver.simulator.country` and `.walkers`. Once
for an animal that may be alive (contact 300 m from the collar), once for a collar that the leader
has declared dropped (30 m). JSON: for each searcher distance and time until contact, median with
its 90 % interval (bootstrap over searches), deciles, and how many make no contact in three hours
(an endless way in medians and deciles). `shortest_in_median`: the guidance. `never_worst`: it is
the worst of the three in no decile, and in no tenth of the searches by how far off they begin.

The guided searcher stops where he must; `stops` says how often the leader had to lower the limit
before contact, and how far the collar was at the first stop.

The guidance was tuned on seeds below 1000 only. A simulator proves nothing about a gorge.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

import numpy as np

from receiver.homing.approach import DROPPED_LIMIT_M, USUAL_LIMIT_M
from receiver.locator.settings import Movement
from receiver.simulator.country import Country, draw_country
from receiver.simulator.walkers import CAP_S, SEARCHERS, Walk, searched

FIRST, SEARCHES = 3000, 100
LIMITS: dict[str, tuple[float, Movement]] = {
    "alive": (USUAL_LIMIT_M, "alive"),
    "dropped": (DROPPED_LIMIT_M, "still"),
}
DECILES = np.arange(0.1, 0.95, 0.1)
DRAWS = 1000
Floats = np.ndarray


def quantile(values: Floats, share: float) -> float:
    """Return a quantile of values of which some are infinite."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return float(low if low == high else low + (place % 1.0) * (high - low))


def finite(value: float, digits: int = 0) -> float | None:
    """Return a rounded number, None for an endless one."""
    return round(value, digits) if math.isfinite(value) else None


def interval(values: Floats) -> list[float | None]:
    """Return the 90 % interval of the median by drawing searches anew."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(values), (DRAWS, len(values)))
    medians = np.array([quantile(values[index], 0.5) for index in draws])
    return [finite(quantile(medians, share)) for share in (0.05, 0.95)]


def told(values: Floats) -> dict[str, Any]:
    """Summarise distances or times."""
    return {
        "median": finite(quantile(values, 0.5)),
        "interval": interval(values),
        "deciles": [finite(quantile(values, share)) for share in DECILES],
    }


def until_contact(walks: list[Walk]) -> dict[str, Floats]:
    """Return metres and minutes until contact, endless where there was none."""
    met = np.array([walk.met for walk in walks])
    metres = np.array([walk.distance_m for walk in walks])
    minutes = np.array([walk.time_s for walk in walks]) / 60.0
    return {"metres": np.where(met, metres, np.inf), "minutes": np.where(met, minutes, np.inf)}


def of_searcher(walks: list[Walk]) -> dict[str, Any]:
    """Summarise one searcher."""
    turns = sum(walk.turns for walk in walks)
    return {name: told(values) for name, values in until_contact(walks).items()} | {
        "no_contact": sum(not walk.met for walk in walks),
        "turns": round(turns / len(walks), 1),
        "echoes_of_turns": round(sum(walk.echoes for walk in walks) / max(turns, 1), 2),
    }


def stops(walks: list[Walk], limit_m: float) -> dict[str, Any]:
    """Tell how often the leader was asked, and how far the collar was the first time."""
    first = np.array([w.first_stop_m for w in walks if w.first_stop_m is not None], dtype=float)
    return {
        "limits_lowered": round(sum(walk.stops for walk in walks) / len(walks), 2),
        "first_stop_m": [finite(quantile(first, q)) for q in (0.1, 0.5, 0.9)] if len(first) else [],
        "searches_stopped_beyond_the_limit": int((first > limit_m).sum()),
    }


def verdict(found: dict[str, Floats], starts_m: Floats) -> dict[str, bool]:
    """Compare the guidance with the others, endless ways being the worst."""
    guided, others = found["guided"], [v for name, v in found.items() if name != "guided"]
    parts = np.array_split(np.argsort(starts_m), 10)
    median = [quantile(values, 0.5) for values in others]
    return {
        "shortest_in_median": all(quantile(guided, 0.5) < value for value in median),
        "never_worst_decile": all(not worst(guided, others, share) for share in DECILES),
        "never_worst_tenth": all(
            not worst(guided[part], [values[part] for values in others], 0.5) for part in parts
        ),
    }


def worst(guided: Floats, others: list[Floats], share: float) -> bool:
    """Tell whether the guidance is worse than all others at a quantile."""
    return all(quantile(guided, share) > quantile(values, share) for values in others)


def paired(guided: Floats, other: Floats) -> dict[str, Any]:
    """Compare search by search: how often shorter, and the median ratio with its interval."""
    both = np.isfinite(guided) & np.isfinite(other)
    ratio = guided[both] / other[both]
    return {
        "shorter": int((guided < other).sum()),
        "longer": int((guided > other).sum()),
        "median_ratio": finite(quantile(ratio, 0.5), 3) if len(ratio) else None,
    }


def results(name: str, countries: dict[int, Country]) -> dict[str, Any]:
    """Let all three search every country for one kind of collar."""
    limit_m, movement = LIMITS[name]
    began = time.process_time()
    walks = {
        who: [searched(who, country, seed, limit_m, movement)
              for seed, country in countries.items()]
        for who in SEARCHERS
    }  # fmt: skip
    found = {who: until_contact(ended) for who, ended in walks.items()}
    starts_m = np.array([math.hypot(*country.start_m) for country in countries.values()])
    report: dict[str, Any] = {
        "limit_m": limit_m,
        "straight_m": told(np.maximum(starts_m - limit_m, 0.0)),
        "searchers": {who: of_searcher(ended) for who, ended in walks.items()},
        "guided_stops": stops(walks["guided"], limit_m),
    }
    for what in ("metres", "minutes"):
        values = {who: found[who][what] for who in found}
        report[what] = verdict(values, starts_m) | {
            f"guided_against_{who.replace(' ', '_')}": paired(values["guided"], values[who])
            for who in values
            if who != "guided"
        }
    return report | {"cpu_s": round(time.process_time() - began, 1)}


def main() -> int:
    """Run the searches and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--searches", type=int, default=SEARCHES)
    chosen = parser.parse_args()
    countries = {
        seed: draw_country(seed) for seed in range(chosen.first, chosen.first + chosen.searches)
    }
    report = {name: results(name, countries) for name in LIMITS}
    good = all(
        value
        for name in LIMITS
        for what in ("metres", "minutes")
        for value in report[name][what].values()
        if isinstance(value, bool)
    )
    told_all = {"searches": chosen.searches, "cap_h": CAP_S / 3600.0, "all_good": good}
    sys.stdout.write(json.dumps(told_all | report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
