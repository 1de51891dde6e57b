"""From rows to the data of factors: squares, sessions, scales, epochs, what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from receiver.columns import columns
from receiver.geodesy import LocalGrid
from receiver.locator import LocatorConfig
from receiver.locator.evidence import Evidence, gather
from receiver.locator.gathering import MOST_PLACES
from receiver.locator.radio import spacing_m
from receiver.records import Observation, ReceiverModel

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GRID = LocalGrid(43.0, 42.0)


def level(number: int, x_m: float, y_m: float, level_db: float | None, **more: Any) -> Observation:
    lat, lon = GRID.to_degrees(x_m, y_m)
    known = {"id": str(number), "kind": "level", "time": NOW, "heard": True, "level_unit": "dBm"}
    return Observation(**{**known, "latitude_deg": float(lat), "longitude_deg": float(lon),
                          "level_db": level_db, **more})  # fmt: skip


def gathered(rows: list[Observation], **config: Any) -> Evidence:
    found = gather(columns(rows), LocatorConfig(**config))
    assert found is not None
    return found


def test_place_is_the_fixed_centre_of_its_square() -> None:
    one = gathered([level(1, 3.0, 4.0, -90.0)]).radio
    two = gathered([level(1, 3.0, 4.0, -90.0), level(2, 7.0, 8.0, -100.0)]).radio
    assert (one.x_m[0], one.y_m[0]) == (two.x_m[0], two.y_m[0]) == (5.0, 5.0)
    assert two.level_db[0] == -95.0


def test_squares_do_not_move_as_a_search_goes_on() -> None:
    rows = [level(k, 40.0 * k, 3.0, -90.0, time=NOW + timedelta(seconds=k)) for k in range(50)]
    few, many = gathered(rows[:10]).radio, gathered(rows).radio
    assert set(zip(few.x_m, few.y_m, strict=True)) <= set(zip(many.x_m, many.y_m, strict=True))


def test_long_walk_has_larger_squares_and_not_more_places() -> None:
    rng = np.random.default_rng(1)
    rows = [level(k, *rng.uniform(-3000, 3000, 2), -100.0) for k in range(2000)]
    found = gathered(rows).radio
    assert len(found.x_m) <= MOST_PLACES
    assert found.square_m in {10.0 * 2**k for k in range(1, 12)}


def test_sessions_of_one_scale_share_their_power_and_other_scales_do_not() -> None:
    rows = [
        level(1, 0, 0, -90.0), level(2, 50, 0, -95.0, session="no antenna"),
        level(3, 0, 50, 4.0, level_unit="hand"), level(4, 50, 50, None, level_raw=120.0),
    ]  # fmt: skip
    found = gathered(rows).radio
    scales = [label.partition("\t")[0] for label in found.labels]
    assert sorted(scales) == ["count", "dBm", "dBm", "hand"]
    dbm = [k for k, scale in enumerate(scales) if scale == "dBm"]
    other = [k for k in range(4) if k not in dbm]
    covariance = found.group_covariance_db2
    assert covariance[dbm[0], dbm[1]] == pytest.approx(18.0**2)
    assert (covariance[np.ix_(dbm, other)] == 0).all()
    own = [covariance[k, k] - covariance[dbm[0], dbm[1]] for k in dbm]
    assert sorted(own) == pytest.approx([6.0**2, 20.0**2])  # the session without antenna: far more


def test_counts_become_normal_scores_of_their_rank() -> None:
    counts = [10.0, 80.0, 30.0, 30.0, 250.0]
    rows = [level(k, 50.0 * k, 0, None, level_raw=c) for k, c in enumerate(counts)]
    found = gathered(rows).radio
    assert found.ranked is not None
    assert found.ranked.all()
    expected = stats.norm.ppf((stats.rankdata(counts) - 0.5) / 5)
    np.testing.assert_allclose(found.level_db[np.argsort(found.x_m)], expected)


def test_what_is_left_out_is_counted() -> None:
    rows = [
        level(1, 0, 0, -90.0), level(2, 0, 0, None), level(3, 0, 0, 400.0),
        level(4, 0, 0, -90.0, latitude_deg=None),
        level(5, 0, 0, None, kind="bearing"), level(6, 0, 0, None, kind="silence", heard=False),
    ]  # fmt: skip
    assert gathered(rows).left_out == {
        "without a place": 1,
        "levels that are neither decibels nor a count": 1,
        "impossible levels": 1,
        "bearings without a direction": 1,
        "silences without a known weakest level": 1,
    }


def test_half_hours_are_epochs_unless_it_lies_still() -> None:
    times = [NOW + timedelta(minutes=m) for m in (0, 10, 29, 31, 45, 90)]
    rows = [level(k, 30.0 * k, 0, -90.0, time=t) for k, t in enumerate(times)]
    assert [len(e.radio.x_m) for e in gathered(rows).epochs] == [3, 2, 1]
    assert len(gathered(rows, movement="still").epochs) == 1


def test_silence_where_it_was_heard_is_a_miss_and_no_silence() -> None:
    silent = {"kind": "silence", "heard": False, "threshold_db": -120.0}
    rows = [level(1, 3, 3, -90.0), level(2, 4, 4, None, **silent), level(3, 99, 4, None, **silent)]
    assert gathered(rows).epochs[0].bounds.x_m.tolist() == [95.0]


def test_spacing_of_places() -> None:
    rows = [level(k, 100.0 * k + 5, 5, -90.0) for k in range(5)]
    assert spacing_m(gathered(rows).radio) == pytest.approx(100.0)


def test_fixed_receivers_with_fresh_offsets_share_one_scale() -> None:
    """An offset that is stale, or known badly, is unknown."""
    models = {
        "loud": ReceiverModel(receiver="loud", offset_db=12.0, offset_sd_db=1.0, noise_db=-100.0),
        "deaf": ReceiverModel(receiver="deaf", offset_db=-5.0, offset_sd_db=1.0),
        "old": ReceiverModel(receiver="old", offset_db=3.0, valid_to=NOW - timedelta(days=90)),
        "vague": ReceiverModel(receiver="vague", offset_db=3.0, offset_sd_db=6.0),
    }
    rows = [
        level(k, 500.0 * k, 0, -90.0, receiver=name, observer=name) for k, name in enumerate(models)
    ]
    found = gathered(rows, receivers=models).radio
    by_x = dict(zip(found.x_m.tolist(), zip(found.level_db, found.group, strict=True), strict=True))
    (loud, one), (deaf, two), (old, three), (vague, four) = (by_x[x] for x in sorted(by_x))
    assert loud == pytest.approx(10 * np.log10(1e-9 - 1e-10) - 12.0)
    assert (deaf, old, vague) == (-85.0, -90.0, -90.0)
    assert one == two
    assert len({one, three, four}) == 3


def test_silence_of_a_fixed_receiver_is_below_its_noise_and_three_decibels() -> None:
    models = {"a": ReceiverModel(receiver="a", offset_db=4.0, noise_db=-101.0)}
    rows = [
        level(1, 0, 0, -80.0, receiver="a"),
        level(2, 900, 0, None, kind="silence", heard=False, receiver="a"),
    ]
    assert gathered(rows, receivers=models).epochs[0].bounds.threshold_db.tolist() == [-102.0]
