"""What a searcher should do next: turn, listen, go that way, or stop. Pure; some milliseconds.

A step of L metres to a place c is worth what the way is then likely to be:

    cost(c) = L + E max(|x - c| - limit, 0) - WORTH * new(c) * (S - S(c))

x is where the collar may be (the cells of the search area). S is how widely it is spread now: the
mean distance from the middle. S(c) is the same when a bearing from c has told in which of 16
directions it is, averaged over these. So the way leads to the point of least expected distance,
except where the search area is long and thin: there a bearing from the side is worth a detour. A
second turn beside a place where one was made repeats its error: new(c) = 1 - exp(-d / 100 m), d
from the nearest turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from receiver.homing.snapshot import Advice, Approach
from receiver.language import phrase
from receiver.locator import Posterior

Floats = NDArray[np.float64]

HELD, MOST_CELLS = 0.95, 1500
DIRECTIONS, LEGS = 24, (0.15, 0.35, 0.7)  # a leg is a share of the expected way
SHORTEST_LEG_M, LONGEST_LEG_M = 60.0, 600.0
SECTORS = 16  # as wide as a bearing by the loudest signal is sure
ASIDE_WORTH, TURN_WORTH = 0.2, 0.7  # metres of detour, or standing, for a metre less of spread
TURN_M = 50.0  # a turn takes as long as so many metres
SAME_PLACE_M = 100.0
ASIDE_DEG = 30.0
QUIET_S = 120.0


def advise(
    posterior: Posterior | None,
    place_deg: tuple[float, float] | None,
    approach: Approach,
    *,
    heard_age_s: float | None = None,
    elevations_known: bool = False,
) -> Advice:
    """Return what to do next at a place (latitude, longitude).

    Args:
        posterior: the answer now; its evidence tells where turns have been made.
        place_deg: where the searcher is, None where that is not known.
        approach: how he stands to the approach limit.
        heard_age_s: how long the collar has not been heard; None where that is not known.
        elevations_known: whether the ground is known; without it nobody is told to walk.
    """
    if approach.must_stop:
        return Advice(deed="stop", reason=phrase("you may be near it: the leader decides"))
    if place_deg is None:
        return Advice(deed="wait", reason=phrase("your place is not known: wait, or enter it"))
    if posterior is None or posterior.belief is None or posterior.evidence is None:
        return _before_an_answer(posterior)
    view = _view(posterior, place_deg, approach.limit_m)
    new_here = float(view.is_new(np.zeros((1, 2)))[0])
    if heard_age_s is not None and heard_age_s > QUIET_S and new_here > 0.5:
        return Advice(deed="turn", reason=phrase("not heard for a while: turn where you stand"))
    return _best(view, elevations_known)


def _before_an_answer(posterior: Posterior | None) -> Advice:
    counts = posterior.answer.counts if posterior is not None else {}
    if counts.get("readings", 0):
        return Advice(deed="turn", reason=phrase("heard, but not yet from where: turn around once"))
    return Advice(deed="listen", reason=phrase("not heard yet: listen from high ground"))


@dataclass(frozen=True, slots=True)
class View:
    """Cells about the searcher: `cells_m` (N, 2) and what each holds, (N,); he is at (0, 0).

    `turns_m` (B, 2): where bearings were taken.
    """

    cells_m: Floats
    held: Floats
    turns_m: Floats
    limit_m: float

    def is_new(self, places_m: Floats) -> Floats:
        """Return how much a turn at places (C, 2) would tell that earlier ones did not, 0 to 1."""
        if len(self.turns_m) == 0:
            return np.ones(len(places_m))
        apart = places_m[:, None, :] - self.turns_m[None, :, :]
        return np.asarray(1.0 - np.exp(-np.hypot(*apart.T).min(axis=0) / SAME_PLACE_M))


def _view(posterior: Posterior, place_deg: tuple[float, float], limit_m: float) -> View:
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
    return View(leaves.points_m[kept] - here, held / held.sum(), turns, limit_m)


def _best(view: View, elevations_known: bool) -> Advice:
    """Return the turn here, or the leg, that is likely to shorten the way most."""
    places = _candidates(view)
    told = view.is_new(places) * (_spread(view) - _spread_after(view, places))
    cost = np.hypot(*places.T) + _way(view, places) - ASIDE_WORTH * told
    best = int(np.argmin(cost[1:])) + 1
    if TURN_WORTH * told[0] > TURN_M:
        return Advice(deed="turn", reason=phrase("a bearing from here would say most"))
    east, north = (float(v) for v in places[best])
    bearing_deg = float(np.degrees(np.arctan2(east, north))) % 360.0
    middle = view.held @ view.cells_m
    straight_deg = float(np.degrees(np.arctan2(*middle)))
    aside = abs((bearing_deg - straight_deg + 180.0) % 360.0 - 180.0) > ASIDE_DEG
    return Advice(
        deed="walk" if elevations_known else "that way",
        reason=phrase("a bearing from the side would cut the search area")
        if aside
        else phrase("towards the middle of the search area"),
        bearing_deg=round(bearing_deg, 1) % 360.0,
        distance_m=round(float(np.hypot(east, north)), -1),
    )


def _candidates(view: View) -> Floats:
    """Return here, and the ends of legs all around, (1 + DIRECTIONS * LEGS, 2)."""
    way_m = float(_way(view, np.zeros((1, 2)))[0])
    legs = np.clip(np.array(LEGS) * way_m, SHORTEST_LEG_M, LONGEST_LEG_M)
    turn = np.arange(DIRECTIONS) / DIRECTIONS * 2.0 * np.pi
    middle = view.held @ view.cells_m
    turn += np.arctan2(*middle)  # one of the directions is straight on
    ring = np.column_stack([np.sin(turn), np.cos(turn)])
    return np.vstack([np.zeros((1, 2)), (legs[:, None, None] * ring[None]).reshape(-1, 2)])


def _way(view: View, places_m: Floats) -> Floats:
    """Return how far it is likely to be from places (C, 2) until the limit."""
    apart = places_m[:, None, :] - view.cells_m[None, :, :]
    return np.asarray(np.maximum(np.hypot(*apart.T).T - view.limit_m, 0.0) @ view.held)


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
