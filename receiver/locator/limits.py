"""What limits an answer, and why there may be none: sentences for people in the field."""

from __future__ import annotations

from typing import Any

import numpy as np

from receiver.columns import Columns
from receiver.locator.evidence import Evidence, chosen
from receiver.locator.grid import Zoomed
from receiver.locator.reach import loud_middle
from receiver.locator.regions import touches_edge
from receiver.locator.settings import Floats, LocatorConfig

FEW_PLACES = 10
FEWEST_PLACES = 3
STRAIGHT = 0.08
HILLS = "rough area: the way that radio bends and echoes in hills is not in it yet"


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
    directions = counts["bearings"] + counts["sightings"] + counts["positions"]
    if directions:
        return None
    usable = len(evidence.radio.x_m)
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
    zoomed: Zoomed,
) -> tuple[str, ...]:
    """Return what limits an answer, the most important first."""
    found = [
        *_of_shape(evidence, areas, zoomed),
        *_of_amount(evidence),
        *_of_disagreement(evidence, point_m),
        *(f"{n} {reason}: not used" for reason, n in evidence.left_out.items()),
    ]
    if len(evidence.radio.x_m) > 0:
        found.append(HILLS)
    return tuple(found)


def _of_shape(evidence: Evidence, areas: dict[str, dict[str, Any]], zoomed: Zoomed) -> list[str]:
    found = []
    pieces = len(areas["95"]["geometry"]["coordinates"])
    if _is_straight(evidence.radio.x_m, evidence.radio.y_m) and not len(evidence.bearings.x_m):
        found.append("you have walked a straight line: both sides of it fit; walk a bend")
    if 1 < pieces <= 5:
        found.append(f"the search area is in {pieces} pieces: all of them count")
    if touches_edge(zoomed.grid):
        found.append("the search area goes on to the edge of the map, and may go on beyond it")
    if zoomed.grown:
        found.append("it may be farther away than the usual reach; the map was made larger")
    return found


def _is_straight(x_m: Floats, y_m: Floats) -> bool:
    """Tell whether places lie along a line: their spread across is a small part of that along."""
    if len(x_m) < FEWEST_PLACES:
        return True
    spread = np.linalg.svd(np.column_stack([x_m - x_m.mean(), y_m - y_m.mean()]), compute_uv=False)
    return bool(spread[1] <= STRAIGHT * spread[0])


def _of_amount(evidence: Evidence) -> list[str]:
    counts, found = evidence.counts, []
    nothing_else = not (counts["sightings"] or counts["positions"])
    if 0 < len(evidence.radio.x_m) < FEW_PLACES:
        many = len(evidence.radio.x_m)
        found.append(f"levels from only {many} place{'s' if many > 1 else ''}")
    if counts["bearings"] == 1 and len(evidence.radio.x_m) < FEWEST_PLACES and nothing_else:
        found.append("one bearing gives a direction and no distance: take one from the side")
    if counts["silent_places"]:
        many = counts["silent_places"] > 1
        found.append(
            f"{counts['silent_places']} silent place{'s are' if many else ' is'} drawn,"
            " but not yet used to shape the area"
        )
    return found


def _of_disagreement(evidence: Evidence, point_m: tuple[float, float]) -> list[str]:
    """Compare with the simple rule: the middle of the places, weighted by their level."""
    radio = evidence.radio
    if len(radio.x_m) < FEWEST_PLACES:
        return []
    x_m, y_m = loud_middle(radio)
    extent_m = float(np.hypot(np.ptp(radio.x_m), np.ptp(radio.y_m)))
    apart_m = float(np.hypot(point_m[0] - x_m, point_m[1] - y_m))
    if apart_m <= extent_m:
        return []
    return ["the best point is far from where it was loudest: search the loud places as well"]
