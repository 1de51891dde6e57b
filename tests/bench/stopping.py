"""Does STOP stand when it must? Made-up searches whose searcher goes on whatever it says.

    python tests/bench/stopping.py [--first 7100] [--searches 60]

Each follows the guidance (`receiver.simulator.walkers`) past every STOP until the living animal is
nearer than the approach limit of 300 m. Printed as JSON: in how many STOP stood at that moment and
at any before, how far the collar was at the first, and what share of the decisions beyond three
limits it took. The chances that call STOP and let it go were chosen on seeds 7000 to 7059.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # searches are small: threads only wait

import numpy as np

from receiver.homing.advice import advise
from receiver.homing.approach import USUAL_LIMIT_M, approach
from receiver.homing.snapshot import Approach
from receiver.homing.stops import Stops
from receiver.locator import LocatorConfig, Stream
from receiver.locator.settings import LED_WALK_M
from receiver.simulator.country import draw_country
from receiver.simulator.walkers import Guide, Walk, walk_leg

FIRST, SEARCHES, FAR_LIMITS = 7100, 60, 3.0
LEG_M = 60.0
FREE = Approach(limit_m=USUAL_LIMIT_M, edge_m=None, must_stop=False)


class Look(NamedTuple):
    """How far the collar was, and whether STOP stood."""

    away_m: float
    stood: bool
    stands_alone: bool  # by this answer alone, whatever stood before


def looks(seed: int) -> list[Look]:
    """Return every decision of one search, the last one within the limit if it came there."""
    walk = Walk(draw_country(seed), USUAL_LIMIT_M, np.random.default_rng([seed, 8, 0]))
    led = LocatorConfig(collar="simulated", movement="alive", shortest_walk_m=LED_WALK_M)
    guide, stops = Guide(walk, USUAL_LIMIT_M, Stream(led)), Stops(lambda collar: USUAL_LIMIT_M)
    guide.hear(walk.listen())
    seen: list[Look] = []
    while True:
        posterior, place_deg = guide.posterior(), guide.place_deg()
        stops.take("simulated", posterior)
        stood = stops.of("A", place_deg, "simulated").must_stop
        alone = approach(posterior, place_deg, USUAL_LIMIT_M).must_stop
        seen.append(Look(walk.away_m, stood, alone))
        if walk.over:
            return seen
        advice = advise(posterior, place_deg, FREE, course_deg=guide.course_deg)
        if advice.bearing_deg is None or advice.distance_m is None:
            guide.turn()
        else:
            walk_leg(guide, advice.bearing_deg, min(advice.distance_m, LEG_M))


def told(searches: list[list[Look]]) -> dict[str, object]:
    """Return the figures of all searches."""
    within = [seen for seen in searches if seen[-1].away_m <= USUAL_LIMIT_M]
    first_m = [next(look.away_m for look in s if look.stood) for s in within if _ever(s)]
    far = [look.stood for s in searches for look in s if look.away_m > FAR_LIMITS * USUAL_LIMIT_M]
    return {
        "searches": len(searches),
        "came_within_the_limit": len(within),
        "stop_stood_then": sum(seen[-1].stood for seen in within),
        "stop_stood_then_without_memory": sum(seen[-1].stands_alone for seen in within),
        "stop_had_stood_before": sum(map(_ever, within)),
        "first_stop_m": [round(float(np.quantile(first_m, q))) for q in (0.1, 0.5, 0.9)],
        "share_of_decisions_beyond_three_limits": round(float(np.mean(far)), 3),
    }


def _ever(seen: list[Look]) -> bool:
    return any(look.stood for look in seen)


def main() -> int:
    """Run the searches and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=FIRST, help="the first seed")
    parser.add_argument("--searches", type=int, default=SEARCHES)
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.searches)
    sys.stdout.write(json.dumps(told([looks(seed) for seed in seeds]), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
