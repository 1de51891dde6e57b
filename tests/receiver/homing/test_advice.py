"""The guidance: what a searcher is told in plain situations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from receiver.geodesy import distance_and_bearing, end_of_line
from receiver.homing.advice import advise
from receiver.homing.snapshot import Advice, Approach
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.records import Observation

HERE = (43.0, 42.0)
TIME = datetime(2026, 6, 1, tzinfo=UTC)
FREE = Approach(limit_m=300.0, edge_m=2000.0, must_stop=False)


def _row(kind: str, place: tuple[float, float], number: int = 0, **values: object) -> Observation:
    row = Observation(
        id=f"{kind}{number}", kind="note", time=TIME + timedelta(seconds=10 * number), collar="leo",
        observer="A", receiver="r", latitude_deg=place[0], longitude_deg=place[1],
    )  # fmt: skip
    return replace(row, kind=kind, **values)  # type: ignore[arg-type]


def _posterior(*rows: Observation) -> Posterior:
    stream = Stream(LocatorConfig(collar="leo"))
    stream.extend(rows)
    return stream.posterior()


def _apart_deg(advice: Advice, bearing_deg: float) -> float:
    assert advice.bearing_deg is not None
    return abs((advice.bearing_deg - bearing_deg + 180.0) % 360.0 - 180.0)


def test_stop_comes_before_everything() -> None:
    stop = replace(FREE, must_stop=True)
    assert advise(None, None, stop).deed == "stop"
    assert advise(_posterior(), HERE, stop).deed == "stop"


def test_nobody_is_led_before_there_is_something_to_go_by() -> None:
    assert advise(None, None, FREE).deed == "wait"
    assert advise(_posterior(), HERE, FREE).deed == "listen"
    once = _row("level", HERE, level_db=20.0, level_unit="dBS9", heard=True)
    assert advise(_posterior(once), HERE, FREE).deed == "turn"
    # A level that is heard before the first answer: it is not "not heard yet".
    assert advise(None, HERE, FREE, heard_age_s=2.0).deed == "turn"
    assert advise(None, HERE, FREE, heard_age_s=2.0, can_turn=False).reason.startswith("heard")


def test_sighting_ahead_leads_straight_to_it() -> None:
    seen = end_of_line(HERE, 70.0, 2000.0)
    found = _posterior(_row("sighting", seen, radius_m=50.0, trust=0.99))
    advice = advise(found, HERE, FREE)
    assert advice.deed == "that way"
    assert _apart_deg(advice, 70.0) < 10.0
    assert advice.distance_m is not None
    assert 100.0 <= advice.distance_m <= 1700.0


def test_walk_is_said_only_where_the_ground_is_known() -> None:
    found = _posterior(_row("sighting", end_of_line(HERE, 70.0, 2000.0), radius_m=50.0, trust=0.99))
    assert advise(found, HERE, FREE, elevations_known=True).deed == "walk"


def test_after_a_turn_it_leads_on_and_a_second_turn_is_not_wanted_there() -> None:
    found = _posterior(_row("bearing", HERE, bearing_deg=120.0, bearing_sigma_deg=10.0))
    advice = advise(found, HERE, FREE)
    assert advice.deed == "that way"
    assert _apart_deg(advice, 120.0) < 75.0


def test_quiet_collar_is_listened_for_where_one_stands() -> None:
    found = _posterior(_row("bearing", HERE, bearing_deg=120.0, bearing_sigma_deg=10.0))
    away = end_of_line(HERE, 120.0, 400.0)
    assert advise(found, away, FREE, heard_age_s=300.0).deed == "turn"
    assert "not heard" in advise(found, away, FREE, heard_age_s=300.0).reason


@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 201.0])
def test_two_bearings_that_cross_are_followed_to_their_crossing(bearing_deg: float) -> None:
    target = end_of_line(HERE, bearing_deg, 2500.0)
    side = end_of_line(HERE, bearing_deg + 90.0, 1500.0)
    seen_from_side = distance_and_bearing(side, target)[1]
    found = _posterior(
        _row("bearing", HERE, 1, bearing_deg=bearing_deg, bearing_sigma_deg=4.0, trust=0.99),
        _row("bearing", side, 2, bearing_deg=seen_from_side, bearing_sigma_deg=4.0, trust=0.99),
    )
    advice = advise(found, side, FREE)
    assert advice.deed == "that way"
    assert _apart_deg(advice, seen_from_side) < 30.0


@pytest.mark.parametrize("course_deg", [None, 90.0, 180.0])
@pytest.mark.parametrize("limit_m", [100.0, 50.0, 0.0])
def test_below_the_usual_limit_the_way_still_leads_to_the_collar(
    limit_m: float, course_deg: float | None
) -> None:
    """Recorded case: all of the search area lay within 300 m, and any way seemed as good."""
    seen = end_of_line(HERE, 0.0, 200.0)
    found = _posterior(_row("sighting", seen, radius_m=30.0, trust=0.99))
    lowered = Approach(limit_m=limit_m, edge_m=150.0, must_stop=False)
    advice = advise(found, HERE, lowered, course_deg=course_deg)
    assert _apart_deg(advice, 0.0) <= 31.0
