"""What limits an answer, and why there may be none: sentences for people in the field."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from receiver.columns import Columns
from receiver.locator.belief import Belief
from receiver.locator.evidence import Evidence, chosen
from receiver.locator.radio import spacing_m
from receiver.locator.reach import extent, loud_middle
from receiver.locator.regions import touches_edge
from receiver.locator.settings import LED_WALK_M, Floats, LocatorConfig

FEW_PLACES = 10
FEWEST_PLACES = 3
STRAIGHT = 0.08
HILLS = "rough area, not tested in mountains"
SPARSE_M, FLAT_M = 45.0, 60.0
LIKELY_OFF = 0.2
CANNOT_SAY_SHARE = 0.01  # of everything within reach, for the area that holds half


def reason_for_none(
    columns: Columns, evidence: Evidence | None, config: LocatorConfig
) -> str | None:
    """Return why nothing can be said, None when something can."""
    if len(columns["kind"]) == 0:
        return "nothing has been written down yet"
    if names := _several_collars(columns, config):
        return f"there are several collars; choose one with --collar: {', '.join(names)}"
    if not chosen(columns, config.collar).any():
        return f"nothing is known of a collar named {config.collar!r}"
    if evidence is None:
        return "nothing that was heard has a place; give the places (baksan note place)"
    return _too_little(evidence)


def _several_collars(columns: Columns, config: LocatorConfig) -> list[str]:
    if config.collar is not None:
        return []
    names = sorted({str(name) for name in columns["collar"] if name})
    return names if len(names) > 1 else []


def _too_little(evidence: Evidence) -> str | None:
    counts = evidence.counts
    if counts["bearings"] + counts["sightings"] + counts["positions"]:
        return None
    usable = len(evidence.radio.x_m) + sum(int(e.bounds.is_lower.sum()) for e in evidence.epochs)
    if usable == 0:
        unusable = ", ".join(f"{n} {reason}" for reason, n in evidence.left_out.items())
        tail = f" that can be used ({unusable})" if unusable else ""
        silent = (
            f"; {counts['silent_places']} places were silent" if counts["silent_places"] else ""
        )
        return f"nothing has been heard yet{tail}{silent}"
    if usable < FEWEST_PLACES:
        return (
            f"heard at {usable} place{'s' if usable > 1 else ''}: that says how loud, not where;"
            " listen at more places, or take a bearing"
        )
    return None


def limits(
    evidence: Evidence,
    point_m: tuple[float, float],
    areas: dict[str, dict[str, Any]],
    belief: Belief,
    config: LocatorConfig,
) -> tuple[str, ...]:
    """Return what limits an answer, the most important first."""
    found = [
        *_of_shape(evidence, areas, belief, config),
        *_of_amount(evidence),
        *_of_time(evidence, belief),
        *_of_disagreement(evidence, point_m),
        *(f"{n} {reason}: not used" for reason, n in evidence.left_out.items()),
    ]
    if len(evidence.radio.x_m) > 0 and _may_be_hills(evidence, config):
        found.append(HILLS)
    return tuple(found)


def _of_shape(
    evidence: Evidence, areas: dict[str, dict[str, Any]], belief: Belief, config: LocatorConfig
) -> list[str]:
    found = []
    area = areas["95"]
    pieces = len(area["geometry"]["coordinates"])
    if areas["50"]["area_m2"] > CANNOT_SAY_SHARE * math.pi * config.reach_m**2:
        found.append("cannot say where: a very wide area fits")
    if _is_straight(evidence.radio.x_m, evidence.radio.y_m) and not len(evidence.bearings.x_m):
        found.append("you have walked a straight line: both sides of it fit; walk a bend")
    if 1 < pieces <= 5:
        found.append(f"the search area is in {pieces} pieces: all of them count")
    found += _of_walk(evidence, config)
    if touches_edge(belief.leaves):
        found.append("the search area goes on to the edge of the map, and may go on beyond it")
    if belief.leaves.grown:
        found.append("it may be farther away than the usual reach; the map was made larger")
    return found


def _of_walk(evidence: Evidence, config: LocatorConfig) -> list[str]:
    """Say that a short walk is taken for one to where it was loudest."""
    if len(evidence.radio.x_m) < FEW_PLACES:
        return []
    walk_m = extent(evidence.radio)
    if not config.shortest_walk_m <= walk_m < LED_WALK_M:
        return []
    return [
        f"listened within {walk_m:.0f} m only: unless that is where it was loudest in a longer"
        " search, it may be much farther away"
    ]


def _is_straight(x_m: Floats, y_m: Floats) -> bool:
    """Tell whether places lie along a line: their spread across is a small part of that along."""
    if len(x_m) < FEWEST_PLACES:
        return len(x_m) > 0
    spread = np.linalg.svd(np.column_stack([x_m - x_m.mean(), y_m - y_m.mean()]), compute_uv=False)
    return bool(spread[1] <= STRAIGHT * spread[0])


def _of_amount(evidence: Evidence) -> list[str]:
    counts, found = evidence.counts, []
    nothing_else = not (counts["sightings"] or counts["positions"])
    many = len(evidence.radio.x_m)
    if 0 < many < FEW_PLACES:
        found.append(f"levels from only {many} place{'s' if many > 1 else ''}")
    if many >= FEWEST_PLACES and spacing_m(evidence.radio) > SPARSE_M:
        found.append(
            "the places lie far apart, as from a car or a ridge: the area is rougher than on foot"
        )
    if counts["bearings"] == 1 and many < FEWEST_PLACES and nothing_else:
        found.append("one bearing gives a direction and no distance: take one from the side")
    return found


def _of_time(evidence: Evidence, belief: Belief) -> list[str]:
    found = []
    if belief.off_probability >= LIKELY_OFF:
        found.append(
            f"{100 * belief.off_probability:.0f} % that the beacon is off, dead or outside the map;"
            " if it is, silence tells nothing of where"
        )
    if len(evidence.epochs) > 1:
        found.append(
            "what is older than half an hour is spread, as a living animal moves;"
            " if it lies still, say so (--still)"
        )
    return found


def _of_disagreement(evidence: Evidence, point_m: tuple[float, float]) -> list[str]:
    """Compare with the simple rule: the middle of the places, weighted by their level."""
    radio = evidence.radio
    if len(radio.x_m) < FEWEST_PLACES:
        return []
    x_m, y_m = loud_middle(radio)
    apart_m = float(np.hypot(point_m[0] - x_m, point_m[1] - y_m))
    if apart_m <= extent(radio):
        return []
    return ["the best point is far from where it was loudest: search the loud places as well"]


def _may_be_hills(evidence: Evidence, config: LocatorConfig) -> bool:
    """Tell whether the ground may be hilly: by what is said, or by the altitudes of the places."""
    if config.ground is not None:
        return config.ground == "hills"
    known = evidence.altitudes_m[np.isfinite(evidence.altitudes_m)]
    return len(known) < FEWEST_PLACES or float(np.ptp(known)) > FLAT_M
