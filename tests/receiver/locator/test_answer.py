"""Answers: what is said when there is little, and that nothing strange gets through."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.columns import columns
from receiver.geodesy import LocalGrid, distance_and_bearing
from receiver.locator import LocatorConfig, locate
from receiver.locator.regions import contains
from receiver.records import Answer, Observation, jsonable
from receiver.simulator.search import made_up_search

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUICK = LocatorConfig(cells=64)


def observation(number: int, kind: str, **fields: Any) -> Observation:
    return Observation(**{"id": str(number), "kind": kind, "time": NOW, **fields})


def bearing(number: int, latitude_deg: float, longitude_deg: float, deg: float) -> Observation:
    return observation(number, "bearing", latitude_deg=latitude_deg, longitude_deg=longitude_deg,
                       bearing_deg=deg, bearing_sigma_deg=3.0)  # fmt: skip


def walk(centre: tuple[float, float], places: int = 30, seed: int = 3) -> list[Observation]:
    """Levels on a ring of 300 m about a collar at the centre, 3 dB of scatter."""
    rng, grid = np.random.default_rng(seed), LocalGrid(*centre)
    found = []
    for k in range(places):
        turn, radius = 2 * math.pi * k / places, rng.uniform(100, 400)
        lat, lon = grid.to_degrees(radius * math.sin(turn), radius * math.cos(turn))
        level = -95 - 28 * math.log10(radius / 100) + rng.normal(0, 3)
        found.append(
            observation(k, "level", heard=True, level_db=level, level_unit="dBm",
                        latitude_deg=float(lat), longitude_deg=float(lon))
        )  # fmt: skip
    return found


def found(rows: list[Observation], config: LocatorConfig = QUICK) -> Answer:
    return locate(columns(rows), config)


def metres(answer: Answer, place: tuple[float, float]) -> float:
    assert answer.latitude_deg is not None
    assert answer.longitude_deg is not None
    return distance_and_bearing((answer.latitude_deg, answer.longitude_deg), place)[0]


# Elbrus; the antimeridian (Wrangel Island, Fiji); near the poles; the equator.
PLACES = [(43.35, 42.44), (71.0, 180.0), (-17.0, -179.999), (89.0, 12.0), (-85.0, 60.0), (0.0, 0.0)]


@pytest.mark.parametrize("place", PLACES)
def test_levels_about_a_collar_find_it_anywhere_on_earth(place: tuple[float, float]) -> None:
    answer = found(walk(place))
    assert answer.reason is None
    assert metres(answer, place) < 80
    assert answer.regions["50"]["area_m2"] < answer.regions["95"]["area_m2"] < 80e4


@pytest.mark.parametrize("place", [(43.35, 42.44), (71.0, 180.0), (-17.0, -179.999)])
def test_bearings_that_meet_find_it(place: tuple[float, float]) -> None:
    grid = LocalGrid(*place)
    rows = []
    for number, (x, y, deg) in enumerate([(-800, 0, 90), (0, -700, 0), (600, 600, 225)]):
        lat, lon = grid.to_degrees(x, y)
        rows.append(bearing(number, float(lat), float(lon), deg))
    answer = found(rows)
    assert metres(answer, place) < 60
    assert contains(answer.regions["95"]["geometry"], place[0], (place[1] + 180) % 360 - 180) or (
        abs(place[1]) > 179.9
    )
    assert set(answer.contributions_bits) == {"bearings"}


def test_sighting_alone_is_a_disc() -> None:
    row = observation(1, "sighting", latitude_deg=43.0, longitude_deg=42.0, radius_m=100.0,
                      trust=0.95)  # fmt: skip
    answer = found([row], LocatorConfig())
    assert metres(answer, (43.0, 42.0)) < 30
    assert answer.regions["75"]["area_m2"] < 4 * math.pi * 100**2


def test_packet_position_is_taken_with_its_accuracy_and_age() -> None:
    fresh = observation(1, "position", latitude_deg=43.0, longitude_deg=42.0, accuracy_m=20.0)
    later = observation(2, "bearing", latitude_deg=43.01, longitude_deg=42.0, bearing_deg=180.0,
                        bearing_sigma_deg=5.0)  # fmt: skip
    old = observation(1, "position", latitude_deg=43.0, longitude_deg=42.0, accuracy_m=20.0)
    new = found([fresh, later])
    aged = found([replace(old, time=NOW - timedelta(days=2)), later])
    assert metres(new, (43.0, 42.0)) < 30
    assert new.regions["95"]["area_m2"] * 50 < aged.regions["95"]["area_m2"]


LEVEL = {"heard": True, "level_db": -90.0, "level_unit": "dBm"}
HERE = {"latitude_deg": 43.0, "longitude_deg": 42.0}
NONE: dict[str, tuple[list[Observation], str]] = {
    "nothing": ([], "nothing has been written down yet"),
    "a note": ([observation(1, "note", text="tracks")], "nothing that was heard has a place"),
    "no place": ([observation(1, "level", **LEVEL)], "nothing that was heard has a place"),
    "silence": ([observation(1, "silence", heard=False, **HERE)], "nothing has been heard yet"),
    "one place": ([observation(1, "level", **LEVEL, **HERE)], "heard at 1 place"),
    "only counts": ([observation(1, "level", heard=True, **HERE)], "neither decibels nor a count"),
    "impossible": (
        [observation(1, "level", heard=True, level_db=999.0, **HERE)], "impossible levels"),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE)
def test_cannot_say_is_an_answer_with_its_reason(name: str) -> None:
    rows, words = NONE[name]
    answer = found(rows)
    assert answer.reason is not None
    assert words in answer.reason
    assert (answer.latitude_deg, answer.regions) == (None, {})


def test_several_collars_are_not_mixed() -> None:
    one = [replace(o, collar="one") for o in walk((43.0, 42.0))]
    two = [replace(o, collar="two", id=f"t{o.id}") for o in walk((43.02, 42.0))]
    assert "choose one with --collar: one, two" in str(found(one + two).reason)
    answer = found(one + two, LocatorConfig(cells=64, collar="two"))
    assert metres(answer, (43.02, 42.0)) < 80
    assert answer.collar == "two"
    assert "nothing is known of a collar" in str(
        found(one, LocatorConfig(cells=64, collar="three")).reason
    )


def test_superseded_rows_do_not_count() -> None:
    rows = walk((43.0, 42.0))
    wrong = bearing(900, 43.1, 42.5, 10.0)
    right = observation(901, "note", supersedes_id="900", text="taken back")
    assert found([*rows, wrong, right]).contributions_bits.keys() == {"levels"}


def test_order_of_the_rows_does_not_matter() -> None:
    rows = [*walk((43.0, 42.0)), bearing(100, 43.0, 41.99, 90.0)]
    shuffled = list(rows)
    np.random.default_rng(5).shuffle(shuffled)  # type: ignore[arg-type]
    one, two = found(rows), found(shuffled)
    assert metres(one, (two.latitude_deg or 0, two.longitude_deg or 0)) < 1.0
    assert one.regions["95"]["area_m2"] == pytest.approx(two.regions["95"]["area_m2"], rel=0.01)


def test_repeated_readings_at_one_place_are_no_new_evidence() -> None:
    rows = walk((43.0, 42.0))
    many = [replace(row, id=f"{row.id}/{k}") for row in rows for k in range(20)]
    one, two = found(rows), found(many)
    assert one.regions["95"]["area_m2"] == pytest.approx(two.regions["95"]["area_m2"], rel=0.01)
    assert two.counts["places"] == one.counts["places"]


def test_straight_walk_leaves_both_sides_and_says_so() -> None:
    grid, rows = LocalGrid(43.0, 42.0), []
    for k in range(40):
        x = -400 + 20 * k
        lat, lon = grid.to_degrees(x, 0)
        level = -95 - 28 * math.log10(math.hypot(x, 150) / 100)
        rows.append(
            observation(k, "level", heard=True, level_db=level, level_unit="dBm",
                        latitude_deg=float(lat), longitude_deg=float(lon))
        )  # fmt: skip
    answer = found(rows)
    assert any("straight line" in warning for warning in answer.warnings)
    for y in (150, -150):
        lat, lon = grid.to_degrees(0, y)
        assert contains(answer.regions["95"]["geometry"], float(lat), float(lon))


def test_search_box_is_the_radio_reach_and_not_the_walk() -> None:
    """Levels that hardly change over a short walk: the collar may be far beyond it."""
    grid, rows = LocalGrid(43.0, 42.0), []
    for k in range(8):
        lat, lon = grid.to_degrees(20 * k, 5 * (k % 3))
        rows.append(
            observation(k, "level", heard=True, level_db=-110 - 0.1 * k, level_unit="dBm",
                        latitude_deg=float(lat), longitude_deg=float(lon))
        )  # fmt: skip
    answer = found(rows)
    lons = [p[0] for poly in answer.regions["95"]["geometry"]["coordinates"] for p in poly[0]]
    assert (max(lons) - min(lons)) * 81_000 > 3_000


FIELDS = ("latitude_deg", "longitude_deg", "level_db", "bearing_deg", "bearing_sigma_deg",
          "radius_m", "trust", "accuracy_m", "heard", "level_raw", "threshold_db", "time",
          "on_probability", "altitude_m")  # fmt: skip
STRANGE = st.floats() | st.sampled_from([0.0, -0.0, 1e308, -1e308, 43.0, 42.0, 360.0, 90.0])
ROW = st.tuples(
    st.sampled_from(["level", "silence", "bearing", "sighting", "position", "note", "what"]),
    st.lists(STRANGE, min_size=len(FIELDS), max_size=len(FIELDS)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=6))
def test_hostile_numbers_never_become_a_wrong_kind_of_answer(rows: list[Any]) -> None:
    table: dict[str, Any] = {"kind": np.array([kind for kind, _ in rows], dtype=object)}
    for column, name in enumerate(FIELDS):
        table[name] = np.array([values[column] for _, values in rows], dtype=float)
    with np.errstate(all="ignore"):
        answer = locate(table, LocatorConfig(cells=32))
    json.dumps(jsonable(answer), allow_nan=False)
    assert (answer.reason is None) == (answer.latitude_deg is not None)
    if answer.latitude_deg is not None:
        assert abs(answer.latitude_deg) <= 90
        assert abs(answer.longitude_deg or 0) <= 180


def test_hundred_thousand_readings_are_one_answer() -> None:
    rng, grid = np.random.default_rng(2), LocalGrid(43.0, 42.0)
    x, y = rng.uniform(-400, 400, (2, 100_000))
    lat, lon = grid.to_degrees(x, y)
    level = -95 - 28 * np.log10(np.hypot(np.hypot(x - 100, y), 10) / 100) + rng.normal(0, 6, len(x))
    kinds = np.full(len(x), "level", dtype=object)
    units = np.full(len(x), "dBm", dtype=object)
    table = {"kind": kinds, "latitude_deg": lat, "longitude_deg": lon, "level_db": level,
             "level_unit": units}  # fmt: skip
    answer = locate(table, QUICK)
    assert answer.counts["readings"] == 100_000
    target = grid.to_degrees(100.0, 0.0)
    assert metres(answer, (float(target[0]), float(target[1]))) < 30


def test_made_up_searches_are_inside_their_areas_about_as_often_as_is_said() -> None:
    """Twelve made-up searches: a coarse guard; the figures are in tests/bench/locating.py."""
    inside = 0
    for seed in range(100, 112):
        made = made_up_search(seed, 20, every_s=10)
        answer = found(made.observations)
        if answer.reason is None:
            area = answer.regions["95"]["geometry"]
            inside += contains(area, made.latitude_deg, made.longitude_deg)
        else:
            inside += 1
    assert inside >= 9


def test_one_bearing_has_no_distance_and_its_area_goes_on_to_the_edge() -> None:
    answer = found([bearing(1, 43.0, 42.0, 90.0)])
    told = " ".join(answer.warnings)
    assert "take one from the side" in told
    assert "edge of the map" in told
    assert answer.regions["95"]["area_m2"] > 10e6


def test_overloaded_receiver_says_that_it_is_near() -> None:
    """Levels of which only a lower bound is known pull the area to where they were."""
    rows = walk((43.0, 42.0), 20)
    grid = LocalGrid(43.0, 42.0)
    lat, lon = grid.to_degrees(20.0, 10.0)
    loud = observation(
        99, "level", heard=True, level_db=-70.0, level_unit="dBm", level_bound="lower",
        latitude_deg=float(lat), longitude_deg=float(lon),
    )  # fmt: skip
    plain, bounded = found(rows), found([*rows, loud])
    assert bounded.contributions_bits["silence"] > 0.2
    assert metres(bounded, (43.0, 42.0)) < metres(plain, (43.0, 42.0)) + 20
    assert bounded.regions["95"]["area_m2"] < plain.regions["95"]["area_m2"]


def test_counts_of_a_meter_locate_by_their_order() -> None:
    """A meter without a curve: 3 counts a decibel near its end, 1 below; nobody knows."""
    rows = []
    for row in walk((43.0, 42.0), 40):
        above = (row.level_db or 0.0) + 120.0
        rows.append(replace(row, level_db=None, level_unit=None, level_raw=above + above**2 / 30))
    answer = found(rows)
    assert metres(answer, (43.0, 42.0)) < 120
    assert answer.counts["places"] == 40


@pytest.mark.parametrize("seed", [4, 5])
def test_other_gain_is_another_session_and_not_another_place(seed: int) -> None:
    """An attenuator of 20 dB now and then: with sessions named the answer hardly changes."""
    rows = walk((43.0, 42.0), 40, seed)
    half = [replace(r, session="attenuated", level_db=(r.level_db or 0) - 20) for r in rows[1::2]]
    whole, split = found(rows), found([*rows[::2], *half])
    assert metres(split, (43.0, 42.0)) < metres(whole, (43.0, 42.0)) + 60
    assert split.regions["95"]["area_m2"] < 3 * whole.regions["95"]["area_m2"]


def test_simple_rules_stand_beside_the_answer() -> None:
    rows = [*walk((43.0, 42.0)), bearing(100, 43.0, 41.99, 90.0), bearing(101, 42.99, 42.0, 0.0)]
    beside = found(rows).beside
    assert beside.keys() == {"loudest", "centroid", "lenth_mle", "lenth_huber", "lenth_andrews"}
    crossing = beside["lenth_mle"]["latitude_deg"], beside["lenth_mle"]["longitude_deg"]
    assert distance_and_bearing(crossing, (43.0, 42.0))[0] < 5
    parallel = [bearing(1, 43.0, 42.0, 0.0), bearing(2, 43.0, 42.01, 0.0)]
    assert "do not cross" in found(parallel).beside["lenth_mle"]["reason"]


def test_clock_that_jumped_does_not_age_everything_else() -> None:
    rows = [
        replace(r, time=NOW + timedelta(seconds=5 * k))
        for k, r in enumerate(walk((43.0, 42.0), 100))
    ]
    jumped = [*rows[:99], replace(rows[99], time=NOW + timedelta(days=9000))]
    one, two = found(rows), found(jumped)
    assert two.regions["95"]["area_m2"] < 1.2 * one.regions["95"]["area_m2"]
    assert any("wrong clock" in warning for warning in two.warnings)


def test_living_animal_may_have_gone_on_and_one_that_lies_still_has_not() -> None:
    old = [replace(row, time=NOW - timedelta(hours=3)) for row in walk((43.0, 42.0))]
    now = observation(500, "bearing", latitude_deg=43.05, longitude_deg=42.0, bearing_deg=180.0,
                      bearing_sigma_deg=5.0)  # fmt: skip
    alive, still = found([*old, now]), found([*old, now], LocatorConfig(movement="still"))
    assert 0.5e6 < alive.regions["95"]["area_m2"] < 30e6
    assert still.regions["95"]["area_m2"] < 0.4e6
    assert any("--still" in warning for warning in alive.warnings)


@pytest.mark.parametrize("ground", ["hills", "flat", None])
def test_hills_read_rough_area(ground: Any) -> None:
    answer = found(walk((43.0, 42.0)), LocatorConfig(cells=64, ground=ground))
    assert ("rough area, not tested in mountains" in answer.warnings) == (ground != "flat")


def test_altitudes_tell_whether_there_are_hills() -> None:
    level = [replace(row, altitude_m=1500.0 + k % 3) for k, row in enumerate(walk((43.0, 42.0)))]
    steep = [replace(row, altitude_m=1500.0 + 10 * k) for k, row in enumerate(level)]
    assert "rough area, not tested in mountains" not in found(level).warnings
    assert "rough area, not tested in mountains" in found(steep).warnings


def test_half_hours_that_say_nothing_are_passed_over() -> None:
    """Counts without a curve and rows out of the possible before, between and after a walk."""
    nothing = {"heard": True, "latitude_deg": 43.0, "longitude_deg": 42.0}
    walked = walk((43.0, 42.0))
    rows = [
        observation(900, "level", **nothing, level_db=999.0),
        *(replace(row, time=NOW + timedelta(hours=2)) for row in walked),
    ]
    before = found(rows)
    assert before.regions["95"]["area_m2"] == pytest.approx(
        found(walked).regions["95"]["area_m2"], rel=0.05
    )
    late = Observation(id="901", kind="level", time=NOW + timedelta(hours=5), **nothing)
    after = found([*rows, late])
    assert after.regions["95"]["area_m2"] > 3 * before.regions["95"]["area_m2"]


def test_row_after_everything_that_says_nothing_is_survived_alone() -> None:
    row = observation(1, "level", heard=True, latitude_deg=43.0, longitude_deg=42.0)
    assert found([row, replace(row, id="2", time=NOW + timedelta(hours=2))]).reason is not None
