"""What a searcher should do next: turn, listen, go that way, or stop. Pure; some milliseconds.

A step of L metres to a place c is worth what the way is then likely to be:

    cost(c) = L + E max(|x - c| - contact, 0) - ASIDE_WORTH * new(c) * (S - S(c))

x is where the collar may be (the cells of the search area). S is how widely it is spread now: the
mean distance from the middle. S(c) is the same when a bearing from c has told in which of 16
directions it is, averaged over these. So the way leads to the point of least expected distance,
except where the search area is long and thin: there a bearing from the side is worth a detour. A
second turn beside a place where one was made repeats its error: new(c) = 1 - exp(-d / 100 m), d
from the nearest turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from receiver.homing.approach import DROPPED_LIMIT_M
from receiver.homing.snapshot import Advice, Approach, Deed
from receiver.language import phrase

if TYPE_CHECKING:
    from receiver.locator import Posterior

Floats = NDArray[np.float64]

HELD, MOST_CELLS = 0.95, 1500
DIRECTIONS, LEGS = 24, (0.15, 0.35, 0.7)  # a leg is a share of the expected way
SHORTEST_LEG_M, LONGEST_LEG_M = 30.0, 600.0
SECTORS = 16  # as wide as a bearing by the loudest signal is sure
ASIDE_WORTH, TURN_WORTH = 0.05, 0.7  # metres of detour, or standing, for a metre less of spread
TURN_M = 35.0  # a turn takes as long as so many metres
SAME_PLACE_M = 100.0
SURE_M = 60.0  # with no more spread than this nobody needs a turn to begin with
ASIDE_DEG = 30.0
COURSE_M = 30.0  # turning right about is worth so many metres of way
QUIET_S = 120.0


def advise(
    posterior: Posterior | None,
    place_deg: tuple[float, float] | None,
    approach: Approach,
    *,
    course_deg: float | None = None,
    heard_age_s: float | None = None,
    has_heard: bool = False,
    can_turn: bool = True,
    elevations_known: bool = False,
) -> Advice:
    """Return what to do next at a place (latitude, longitude).

    Args:
        posterior: the answer now; its evidence tells where turns have been made.
        place_deg: where the searcher is, None where that is not known.
        approach: how he stands to the approach limit, which is also how near the team means to
            come: at least 30 m, from where a collar is seen.
        course_deg: where he is going now, so that small reasons do not turn him about.
        heard_age_s: how long the collar has not been heard; None where that is not known.
        has_heard: whether somebody has said that he heard it.
        can_turn: whether he has an antenna with a direction.
        elevations_known: whether the ground is known; without it nobody is told to walk.
    """
    if approach.must_stop:
        return Advice(deed="stop", reason=_why_stop(approach))
    if place_deg is None:
        return Advice(deed="wait", reason=phrase("your place is not known: wait, or enter it"))
    if posterior is None or posterior.belief is None or posterior.evidence is None:
        counts = posterior.answer.counts if posterior is not None else {}
        is_heard = has_heard or heard_age_s is not None or counts.get("readings", 0) > 0
        return _before_an_answer(is_heard=is_heard, can_turn=can_turn)
    view = _view(posterior, place_deg, max(approach.limit_m, DROPPED_LIMIT_M))
    if can_turn and (reason := _why_turn(view, heard_age_s)):
        return Advice(deed="turn", reason=reason)
    return _lead(view, course_deg, "walk" if elevations_known else "that way")


def _why_stop(approach: Approach) -> str:
    if approach.other_collar is not None:
        return phrase("you may be near {collar}: the leader decides", collar=approach.other_collar)
    return phrase("you may be near it: the leader decides")


def _before_an_answer(*, is_heard: bool, can_turn: bool) -> Advice:
    if not is_heard:
        return Advice(deed="listen", reason=phrase("not heard yet: listen from high ground"))
    if not can_turn:
        return Advice(deed="listen", reason=phrase("heard: listen at more places around here"))
    return Advice(deed="turn", reason=phrase("heard, but not yet from where: turn around once"))


@dataclass(frozen=True, slots=True)
class View:
    """Cells about the searcher: `cells_m` (N, 2) and what each holds, (N,); he is at (0, 0).

    `turns_m` (B, 2): where bearings were taken.
    """

    cells_m: Floats
    held: Floats
    turns_m: Floats
    contact_m: float

    def is_new(self, places_m: Floats) -> Floats:
        """Return how much a turn at places (C, 2) would tell that earlier ones did not, 0 to 1."""
        if len(self.turns_m) == 0:
            return np.ones(len(places_m))
        apart = places_m[:, None, :] - self.turns_m[None, :, :]
        return np.asarray(1.0 - np.exp(-np.hypot(*apart.T).min(axis=0) / SAME_PLACE_M))


def _view(posterior: Posterior, place_deg: tuple[float, float], contact_m: float) -> View:
    assert posterior.belief is not None
    assert posterior.evidence is not None
    x_m, y_m = posterior.evidence.grid.to_xy(*place_deg)
    here = np.array([float(x_m), float(y_m)])
    leaves, bearings = posterior.belief.leaves, posterior.evidence.epochs[-1].bearings
    order = np.argsort(-leaves.log_density)
    most = int(np.searchsorted(np.cumsum(leaves.probability[order]), HELD)) + 1
    kept = order[: min(most, MOST_CELLS)]
    held = leaves.probability[kept]
    turned = np.column_stack([bearings.x_m, bearings.y_m])
    turns = np.concatenate([turned, posterior.evidence.silent_m]) - here
    return View(leaves.points_m[kept] - here, held / held.sum(), turns, contact_m)


def _why_turn(view: View, heard_age_s: float | None) -> str:
    """Return why the antenna should be turned here and now, "" where it should not."""
    here = np.zeros((1, 2))
    is_new = float(view.is_new(here)[0])
    if len(view.turns_m) == 0 and _spread(view) > SURE_M:
        return phrase("turn around once: from where is it loudest?")
    if heard_age_s is not None and heard_age_s > QUIET_S and is_new > 0.5:
        return phrase("not heard for a while: turn where you stand")
    told_m = is_new * (_spread(view) - float(_spread_after(view, here)[0]))
    return phrase("a bearing from here would say most") if TURN_WORTH * told_m > TURN_M else ""


def _lead(view: View, course_deg: float | None, deed: Deed) -> Advice:
    """Return the leg that is likely to shorten the way most."""
    ends = _legs(view)
    azimuth_deg = np.degrees(np.arctan2(*ends.T)) % 360.0
    told_m = view.is_new(ends) * (_spread(view) - _spread_after(view, ends))
    cost = np.hypot(*ends.T) + _way(view, ends) - ASIDE_WORTH * told_m
    if course_deg is not None:
        cost += COURSE_M * (1.0 - np.cos(np.radians(azimuth_deg - course_deg))) / 2.0
    best = int(np.argmin(cost))
    off_deg = abs((azimuth_deg[best] - _middle_deg(view) + 180.0) % 360.0 - 180.0)
    aside = phrase("a bearing from the side would cut the search area")
    straight = phrase("towards the middle of the search area")
    return Advice(
        deed=deed,
        reason=aside if off_deg > ASIDE_DEG else straight,
        bearing_deg=round(float(azimuth_deg[best]), 1) % 360.0,
        distance_m=round(float(np.hypot(*ends[best])), -1),
    )


def _middle_deg(view: View) -> float:
    return float(np.degrees(np.arctan2(*(view.held @ view.cells_m))))


def _legs(view: View) -> Floats:
    """Return the ends of legs all around, (DIRECTIONS * LEGS, 2); one direction is straight on."""
    way_m = float(_way(view, np.zeros((1, 2)))[0])
    legs = np.clip(np.array(LEGS) * way_m, SHORTEST_LEG_M, LONGEST_LEG_M)
    turn = np.arange(DIRECTIONS) / DIRECTIONS * 2.0 * np.pi + np.radians(_middle_deg(view))
    ring = np.column_stack([np.sin(turn), np.cos(turn)])
    return np.asarray((legs[:, None, None] * ring[None]).reshape(-1, 2))


def _way(view: View, places_m: Floats) -> Floats:
    """Return how far it is likely to be from places (C, 2) until contact."""
    apart = places_m[:, None, :] - view.cells_m[None, :, :]
    return np.asarray(np.maximum(np.hypot(*apart.T).T - view.contact_m, 0.0) @ view.held)


def _spread(view: View) -> float:
    """Return the mean distance of the cells from their middle."""
    apart = view.cells_m - view.held @ view.cells_m
    return float(view.held @ np.hypot(*apart.T))


def _spread_after(view: View, places_m: Floats) -> Floats:
    """Return the spread that is left when a bearing from each place (C, 2) has told the sector."""
    apart = view.cells_m[None, :, :] - places_m[:, None, :]
    turn = np.arctan2(apart[..., 0], apart[..., 1]) / (2.0 * np.pi)
    sector = (turn * SECTORS).astype(int) % SECTORS
    sector += np.arange(len(places_m))[:, None] * SECTORS
    key, size = sector.ravel(), len(places_m) * SECTORS
    mass, *sums = (
        np.bincount(key, np.tile(view.held * values, len(places_m)), size)
        for values in (1.0, *view.cells_m.T)
    )
    middle = np.column_stack(sums) / np.maximum(mass, 1e-12)[:, None]
    from_middle = view.cells_m[None, :, :] - middle[sector]
    return np.asarray(np.hypot(from_middle[..., 0], from_middle[..., 1]) @ view.held)
