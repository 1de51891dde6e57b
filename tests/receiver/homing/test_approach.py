"""The approach limit: distances to a search area, and when a searcher must stop."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from receiver.geodesy import LocalGrid, end_of_line
from receiver.homing.approach import approach, distance_m, must_stop, share_within
from receiver.homing.stops import Stops
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.records import Observation

PIECES = [
    [[(400, -300), (1500, 200), (900, 900), (700, 350), (300, 500)]],
    [
        [(-2000, -2000), (-500, -1800), (-700, -600), (-1900, -900)],
        [(-1500, -1500), (-1000, -1500), (-1250, -1100)],
    ],
]
# By shapely 2.2.0, on the plane.
SHAPELY_M = [
    ((0, 0), 359.701), ((600, 0), 0.0), ((1200, 800), 162.698), ((-1250, -1400), 100.0),
    ((-1800, -1800), 0.0), ((740, 600), 47.844), ((-600, -300), 316.228), ((5000, -4000), 5467.175),
]  # fmt: skip
HERE = (43.0, 42.0)
TIME = datetime(2026, 6, 1, tzinfo=UTC)


def _geometry(about: tuple[float, float], latitude_deg: float, longitude_deg: float) -> dict:  # type: ignore[type-arg]
    """Return the pieces as GeoJSON, drawn about a searcher who stands at a point of them."""
    grid = LocalGrid(latitude_deg, longitude_deg)

    def corner(x_m: float, y_m: float) -> list[float]:
        latitude, longitude = grid.to_degrees(x_m - about[0], y_m - about[1])
        return [float(longitude), float(latitude)]

    closed = [[[corner(*c) for c in [*ring, ring[0]]] for ring in piece] for piece in PIECES]
    return {"type": "MultiPolygon", "coordinates": closed}


@pytest.mark.parametrize(("about", "expected_m"), SHAPELY_M)
@pytest.mark.parametrize("place", [HERE, (0.0, 179.995), (-61.0, -3.0)])
def test_distance_is_that_of_another_library(
    about: tuple[float, float], expected_m: float, place: tuple[float, float]
) -> None:
    assert distance_m(_geometry(about, *place), *place) == pytest.approx(expected_m, abs=0.01)


def test_area_without_a_side_has_no_distance() -> None:
    assert distance_m({"type": "MultiPolygon", "coordinates": []}, *HERE) is None


def test_definite_area_stops_within_it_and_the_limit_only() -> None:
    small_m2 = 1e6
    assert must_stop(0.0, small_m2, 0.0, 300.0)
    assert must_stop(300.0, small_m2, 0.0, 300.0)
    assert not must_stop(300.1, small_m2, 0.0, 300.0)
    assert must_stop(30.0, 5e4, 0.0, 30.0)


def test_very_wide_area_stops_only_where_the_chance_is() -> None:
    wide_m2 = 4e8
    assert not must_stop(0.0, wide_m2, 0.199, 300.0)
    assert must_stop(0.0, wide_m2, 0.2, 300.0)


def test_a_stop_that_stands_does_not_go_by_itself_as_the_chance_wavers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chances = iter([0.19, 0.21, 0.15, 0.11, 0.09, 0.15, 0.25, 0.15, 0.15])
    monkeypatch.setattr("receiver.homing.approach.share_within", lambda *asked: next(chances))
    monkeypatch.setattr("receiver.homing.approach.DEFINITE_DISCS", 0)
    limit_m, stops, stood = [300.0], Stops(lambda collar: limit_m[0]), []
    for number in range(7):
        stops.take("leo", posterior_about(HERE, trust=0.9 + 0.01 * number))
        stood.append(stops.of("A", HERE, "leo").must_stop)
    assert stood == [False, True, True, True, False, False, True]
    limit_m[0] = 400.0  # who asks for more distance takes no STOP away
    stops.take("leo", posterior_about(HERE, trust=0.99))
    assert stops.of("A", HERE, "leo").must_stop
    limit_m[0] = 200.0  # the leader lowered it: what stood under the old one is past
    assert not stops.of("A", HERE, "leo").must_stop


def posterior_about(place_deg: tuple[float, float], trust: float) -> Posterior:
    stream = Stream(LocatorConfig(collar="leo", movement="still"))
    stream.add(
        Observation(id="1", kind="sighting", time=TIME, collar="leo", latitude_deg=place_deg[0],
                    longitude_deg=place_deg[1], radius_m=50.0, trust=trust)
    )  # fmt: skip
    return stream.posterior()


def test_a_stop_of_a_definite_area_does_not_come_and_go_at_its_edge() -> None:
    large_m2 = 21 * math.pi * 300.0**2
    for edge_m, area_m2 in ((0.0, large_m2), (301.0, 1e6)):
        assert not must_stop(edge_m, area_m2, 0.0, 300.0)
        assert must_stop(edge_m, area_m2, 0.0, 300.0, has_stopped=True)
    assert not must_stop(361.0, 1e6, 0.0, 300.0, has_stopped=True)


def test_lifted_limit_and_unknown_place_stop_nobody() -> None:
    assert not must_stop(0.0, 1e4, 1.0, 0.0)
    assert not must_stop(None, 1e4, 0.0, 300.0)
    assert not approach(None, HERE, 300.0).must_stop


def test_searcher_is_stopped_before_a_collar_seen_ahead() -> None:
    seen = end_of_line(HERE, 0.0, 2000.0)
    posterior = posterior_about(seen, trust=0.99)
    assert not approach(posterior, HERE, 300.0).must_stop
    near = approach(posterior, end_of_line(HERE, 0.0, 1700.0), 300.0)
    assert near.must_stop
    assert near.edge_m is not None
    assert 0.0 < near.edge_m < 300.0
    assert approach(posterior, seen, 300.0).edge_m == 0.0
    assert share_within(posterior, seen, 100.0) > 0.9
    assert math.isclose(share_within(posterior, HERE, 1e6), 1.0, abs_tol=1e-6)
