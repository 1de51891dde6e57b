"""Tracks, ways and places where it stayed, on ground whose measures are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from receiver.records import Fix
from receiver.story import ground
from receiver.story.ground import ARGOS, Track

MakeFix = Callable[..., Fix]
DEGREE_ON_EQUATOR_M = 111_319.49  # of WGS 84: 2 pi 6,378,137 m / 360


def track(rows: Sequence[Fix]) -> Track:
    found = ground.track(ground.trusted(rows))
    assert found is not None
    return found


def on_equator(fix: MakeFix, degrees: Sequence[float]) -> Track:
    return track([fix(24.0 * i, latitude_deg=0.0, longitude_deg=lon)
                  for i, lon in enumerate(degrees)])  # fmt: skip


@pytest.mark.parametrize("degrees", [(10.0, 11.0, 12.0), (178.9, 179.9, -179.1)])
def test_way_is_geodesic_also_across_the_date_line(fix: MakeFix, degrees: list[float]) -> None:
    found = ground.walk(on_equator(fix, degrees))
    assert found.distance_m == pytest.approx(2 * DEGREE_ON_EQUATOR_M, rel=1e-6)
    assert found.interval_s == 86_400


def test_track_across_the_date_line_is_in_one_piece(fix: MakeFix) -> None:
    found = on_equator(fix, [179.99, -179.99, 179.98])
    assert max(abs(found.x_m)) < 5000


def test_what_stands_still_does_not_walk(fix: MakeFix) -> None:
    rows = [fix(i / 3600, 3.0 * (i % 3), 2.0 * (i % 5)) for i in range(2000)]
    assert ground.walk(track(rows)).distance_m == 0.0


def test_only_positions_that_may_be_trusted_count(fix: MakeFix) -> None:
    rows = [
        fix(0), fix(1, 100.0, position_status="corrected"), fix(2, 9e4, position_status="bad"),
        fix(3, 9e4, position_status="stale"), fix(4, None),
        fix(5, 50.0, time=None, received=None),
    ]  # fmt: skip
    assert len(track(rows)) == 2


def test_a_position_that_nothing_reaches_is_left_out(fix: MakeFix) -> None:
    found = track([fix(0), fix(1), fix(2, 5e5), fix(3), fix(4)])
    assert (len(found), found.spikes) == (4, 1)


def test_argos_counts_only_where_there_is_no_gps(fix: MakeFix) -> None:
    argos = [fix(i, 100.0 * i, sensor=ARGOS, location_class=c) for i, c in enumerate("3210ABZ")]
    assert len(track(argos)) == 3
    assert len(track([*argos, fix(9)])) == 1
    assert ground.track(ground.trusted(argos[3:])) is None


def test_last_place_is_gps_rather_than_argos_of_the_same_day(fix: MakeFix) -> None:
    gps, later = fix(0), fix(5, 7000.0, sensor=ARGOS, location_class="B")
    [near] = ground.last_places(ground.trusted([gps, later]))
    assert (near.fix_id, near.accuracy_m) == (gps.id, 20.0)
    much_later = fix(50, 7000.0, sensor=ARGOS, location_class="B")
    last, before = ground.last_places(ground.trusted([gps, much_later]))
    assert (last.fix_id, last.accuracy_m) == (much_later.id, 8000.0)
    assert before.fix_id == gps.id


def test_position_that_several_messages_told_is_one(fix: MakeFix) -> None:
    told = [fix(1, received=fix(2 + i).time) for i in range(4)]
    last, before = ground.last_places(ground.trusted([fix(0, 300.0), *told]))
    assert (last.time, before.time) == (told[0].time, fix(0).time)


def roaming(fix: MakeFix, begin: int, count: int) -> list[Fix]:
    return [fix(3.0 * (begin + i), 1000.0 * (begin + i)) for i in range(count)]


def test_a_stay_on_the_way_is_a_possible_kill(fix: MakeFix) -> None:
    stay = [fix(3.0 * (10 + i), 10_000.0 + 20.0 * (i % 3)) for i in range(10)]
    found = ground.clusters(track([*roaming(fix, 0, 10), *stay, *roaming(fix, 20, 10)]))
    assert len(found) == 1
    assert found[0].longest_stay_s == 27 * 3600
    assert found[0].longitude_deg == pytest.approx(42 + 10_020 / 81_400, abs=5e-4)
    assert (found[0].until_end, "kill" in found[0].may_be) == (False, True)


def test_a_place_that_it_comes_back_to_is_a_possible_den(fix: MakeFix) -> None:
    rows: list[Fix] = []
    for round_ in range(4):
        begin = 120.0 * round_
        rows += [fix(begin + 3.0 * i, 10.0 * i) for i in range(4)]
        rows += [fix(begin + 12 + 3.0 * i, 5000.0 + 900.0 * i, 300.0 * round_) for i in range(20)]
    den = [one for one in ground.clusters(track(rows)) if one.visits == 4]
    assert len(den) == 1
    assert "came back" in den[0].may_be


def test_fixes_that_lie_together_to_the_end_may_be_a_collar_that_lies_still(fix: MakeFix) -> None:
    rows = [*roaming(fix, 0, 20), *(fix(60 + 3.0 * i, 19_500.0 + 8.0 * (i % 2)) for i in range(9))]
    first = ground.clusters(track(rows))[0]
    assert first.until_end
    assert first.spread_m <= 10
    assert "lies still" in first.may_be
    assert not ground.moved_at_the_end(track(rows))
    assert ground.moved_at_the_end(track(roaming(fix, 0, 20)))
