"""Made-up searchers in broken country: the same seed gives the same, and the country is fair."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from receiver.homing.snapshot import Advice
from receiver.simulator.country import FIRST_BEEP_DB, Country, draw_country
from receiver.simulator.scene import NOISE_FLOOR_DBM, Scene, draw_scene
from receiver.simulator.searcher import ASK_EVERY_S, RECEIVER, TURN_S, Searcher
from receiver.simulator.walkers import CAP_S, SEARCHERS, STEP_M, Walk, searched


def _open_country() -> Country:
    """Return a country with one ridge that runs east and west, 500 m north of the collar."""
    scene = Scene((0.0, 0.0), -70.0, 2.5, (), np.zeros(5))
    return Country(
        scene=scene,
        ridges_m=np.array([[[-400.0, 500.0], [400.0, 500.0]]]),
        hides_db=np.array([20.0]),
        throws_back_db=np.array([10.0]),
        start_m=(0.0, -900.0),
    )


def test_law_holds_where_nothing_stands_between() -> None:
    paths = _open_country().paths_dbm(0.0, -1000.0)
    assert paths[0] == pytest.approx(-70.0 - 25.0)
    # Thrown back over 500 m and 1500 m, with a loss of 10 dB.
    assert paths[1] == pytest.approx(-70.0 - 25.0 * math.log10(20.0) - 10.0)


def test_ridge_hides_what_lies_behind_it_and_less_near_its_end() -> None:
    country = _open_country()
    behind = country.paths_dbm(0.0, 1000.0)[0] - country.paths_dbm(0.0, -1000.0)[0]
    assert behind == pytest.approx(-20.0 * (1.0 - math.exp(-400.0 / 120.0)))
    x_m = 760.0  # crosses the ridge 20 m from its end
    beside = country.paths_dbm(x_m, 1000.0)[0] - country.paths_dbm(x_m, -1000.0)[0]
    assert beside == pytest.approx(-20.0 * (1.0 - math.exp(-20.0 / 120.0)))


def test_antenna_points_at_the_echo_where_the_straight_path_is_hidden() -> None:
    assert _open_country().loudest_deg(0.0, -900.0) == (0.0, False)
    walled = replace(_open_country(), hides_db=np.array([60.0]), throws_back_db=np.array([1.0]))
    bearing_deg, is_echo = walled.loudest_deg(0.0, 1000.0)
    assert is_echo
    assert bearing_deg == pytest.approx(180.0)


def test_search_begins_where_the_collar_is_heard() -> None:
    for seed in range(20):
        country = draw_country(seed)
        assert country.level_dbm(*country.start_m) > NOISE_FLOOR_DBM + FIRST_BEEP_DB


def test_same_seed_gives_the_same_country_and_walk() -> None:
    first, second = (searched("by ear", draw_country(5), 5, 300.0, "alive") for _ in range(2))
    assert (first.distance_m, first.time_s) == (second.distance_m, second.time_s)


@pytest.mark.parametrize("name", SEARCHERS)
def test_each_searcher_comes_to_contact_in_open_country(name: str) -> None:
    walk = searched(name, _open_country(), 1, 300.0, "alive")
    assert walk.met
    assert walk.away_m <= 300.0
    assert walk.time_s < CAP_S
    assert walk.distance_m >= 600.0 - STEP_M


def test_walker_who_hears_nothing_gets_no_direction_and_time_goes_by() -> None:
    far = replace(_open_country(), start_m=(0.0, -60_000.0))
    walk = Walk(far, 300.0, np.random.default_rng(1))
    assert walk.turn() is None
    assert walk.time_s > 0


# --- the searcher of a rehearsal ------------------------------------------------------------------


def _moved(searcher: Searcher, seconds: int) -> list[dict[str, object]]:
    begin = int(searcher._now_s)
    return [said for s in range(begin + 1, begin + seconds + 1) for said in searcher.move(float(s))]


def test_searcher_stands_until_told_and_goes_where_he_is_told() -> None:
    told: list[Advice | None] = [None]
    searcher = Searcher(draw_scene(1), lambda: told[0], 300.0, seed=1)
    _moved(searcher, 20)
    assert (searcher.x_m, searcher.y_m) == (0.0, 0.0)
    told[0] = Advice(deed="that way", bearing_deg=90.0, distance_m=100.0)
    _moved(searcher, 20)
    assert searcher.x_m > 10.0
    assert searcher.y_m == pytest.approx(0.0, abs=1e-6)
    told[0] = Advice(deed="stop")
    _moved(searcher, int(ASK_EVERY_S) + 1)
    x_m = searcher.x_m
    _moved(searcher, 20)
    assert searcher.x_m == x_m


def test_searcher_turns_once_around_and_says_so() -> None:
    searcher = Searcher(draw_scene(1), lambda: Advice(deed="turn"), 300.0, seed=1)
    headings, said, levels = [], [], []
    for second in range(1, int(TURN_S) + 8):
        said += searcher.move(float(second))
        headings.append(searcher.heading_deg)
        levels.append(searcher.level_dbm)
    assert [(entry["state"], entry["receiver"]) for entry in said] == [
        ("start", RECEIVER), ("end", RECEIVER),
    ]  # fmt: skip
    known = [heading for heading in headings if heading is not None]
    assert min(known) == 0.0
    assert max(known) > 340.0
    assert max(levels) - min(levels) > 15.0


def test_searcher_goes_on_to_contact_and_no_nearer() -> None:
    scene = draw_scene(1)

    def straight() -> Advice:
        east, north = scene.collar_m[0] - searcher.x_m, scene.collar_m[1] - searcher.y_m
        bearing_deg = math.degrees(math.atan2(east, north)) % 360.0
        return Advice(deed="that way", bearing_deg=bearing_deg, distance_m=100.0)

    searcher = Searcher(scene, straight, 300.0, seed=1)
    _moved(searcher, 1500)
    assert searcher.met
    east, north = scene.collar_m[0] - searcher.x_m, scene.collar_m[1] - searcher.y_m
    assert 295.0 < math.hypot(east, north) <= 300.0
