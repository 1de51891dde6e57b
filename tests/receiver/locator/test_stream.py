"""A search that goes on gives at any time what its rows give from the beginning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from receiver.columns import columns
from receiver.geodesy import LocalGrid, distance_and_bearing
from receiver.locator import LocatorConfig, Past, Stream, posterior
from receiver.locator.belief import Scene, follow
from receiver.locator.evidence import gather
from receiver.records import Observation
from receiver.simulator.trials import trial

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
GRID = LocalGrid(43.0, 42.0)
STILL = LocatorConfig(movement="still")


def walk(seed: int, packets: int = 120, every_s: float = 2.0) -> list[Observation]:
    made = trial("broken", seed, packets)
    latitude, longitude = GRID.to_degrees(made.x_m, made.y_m)
    return [
        Observation(
            id=str(k), kind="level", time=START + timedelta(seconds=every_s * k), heard=True,
            level_db=float(level), level_unit="dBm", latitude_deg=float(lat),
            longitude_deg=float(lon),
        )
        for k, (lat, lon, level) in enumerate(
            zip(latitude, longitude, made.level_dbm, strict=True)
        ) if np.isfinite(level)
    ]  # fmt: skip


def bearing(number: int, deg: float, **fields: Any) -> Observation:
    return Observation(
        id=f"b{number}", kind="bearing", time=START + timedelta(seconds=100), latitude_deg=43.001,
        longitude_deg=42.001, bearing_deg=deg, bearing_sigma_deg=5.0, **fields,
    )  # fmt: skip


def assert_same(stream: Stream, tolerance: float = 1e-3) -> None:
    """Compare ln p at the stream's own cells with that from the beginning."""
    belief = stream.belief()
    assert belief is not None
    evidence = gather(columns(stream.rows), stream.config)
    assert evidence is not None
    before = None
    if len(evidence.epochs) > 1:
        before = follow(replace(evidence, epochs=evidence.epochs[:-1]), stream.config)
    scene = Scene(before, evidence.epochs[-1], evidence.silent_days, stream.config)
    whole = scene(belief.leaves.points_m)
    found = belief.leaves.log_density
    likely = found > found.max() - 30
    np.testing.assert_allclose(
        (found - found.max())[likely], (whole - whole[np.argmax(found)])[likely], atol=tolerance
    )


@pytest.mark.parametrize("seed", [3, 5])
def test_one_reading_more_is_the_same_as_all_from_the_beginning(seed: int) -> None:
    stream, computed = Stream(), 0
    for number, row in enumerate(walk(seed)):
        stream.add(row)
        if number >= 30:
            before = stream._current
            stream.belief()
            computed += before is not stream._current
        if number in (40, 70, 100):
            assert_same(stream)
    assert_same(stream)
    assert computed < 30  # the others were only updated


def test_in_double_precision_it_is_the_same_to_a_millionth() -> None:
    stream = Stream(LocatorConfig(precision=np.float64))
    for row in walk(3, 60):
        stream.add(row)
        stream.belief()
    assert_same(stream, 1e-6)


def test_readings_out_of_order_superseded_and_of_a_new_session() -> None:
    rows = walk(7)
    order = np.random.default_rng(1).permutation(len(rows))
    stream = Stream()
    for k in order[:60]:
        stream.add(rows[k])
    stream.belief()
    wrong = replace(rows[order[60]], id="wrong", level_db=-20.0)
    stream.add(wrong)
    stream.belief()
    stream.add(Observation(id="no", kind="note", time=wrong.time, supersedes_id="wrong"))
    assert_same(stream)
    for k in order[60:80]:
        stream.add(rows[k])
    for k in order[80:]:
        stream.add(
            replace(rows[k], session="without antenna", level_db=(rows[k].level_db or 0) - 30)
        )
    stream.add(bearing(1, 40.0))
    assert_same(stream)
    answer, whole = stream.posterior().answer, posterior(columns(stream.rows)).answer
    assert answer.counts == whole.counts
    assert answer.warnings == whole.warnings
    assert answer.latitude_deg == pytest.approx(whole.latitude_deg, abs=1e-4)


def test_epochs_that_have_passed_are_not_computed_again() -> None:
    rows = [replace(row, time=START + timedelta(minutes=k)) for k, row in enumerate(walk(5, 80))]
    stream = Stream()
    for row in rows[:50]:
        stream.add(row)
        stream.belief()
    kept = dict(stream.past._known)
    stream.extend([bearing(1, 30.0), *rows[50:55]])
    stream.belief()
    assert len(kept) == 1
    assert_same(stream, 0.05)  # the cells of what was believed before are others


def test_late_reading_of_an_earlier_half_hour_counts_in_that() -> None:
    rows = [replace(row, time=START + timedelta(minutes=k)) for k, row in enumerate(walk(5, 60))]
    late = rows.pop(10)
    stream = Stream()
    stream.extend(rows)
    stream.belief()
    stream.add(late)
    answer = stream.posterior().answer
    whole = posterior(columns([*rows, late])).answer
    assert answer.counts == whole.counts
    here = (answer.latitude_deg or 0.0, answer.longitude_deg or 0.0)
    there = (whole.latitude_deg or 0.0, whole.longitude_deg or 0.0)
    assert distance_and_bearing(here, there)[0] < 5.0


def test_several_collars_have_a_stream_each() -> None:
    rows = [replace(row, collar="one" if k % 2 else "two") for k, row in enumerate(walk(5))]
    streams = {name: Stream(LocatorConfig(collar=name)) for name in ("one", "two")}
    for row in rows:
        for stream in streams.values():
            stream.add(row)
    for name, stream in streams.items():
        whole = posterior(columns(rows), LocatorConfig(collar=name)).answer
        assert stream.posterior().answer.counts == whole.counts


def test_two_collars_in_one_search_are_not_mixed() -> None:
    rows = walk(7)
    rows[0] = replace(rows[0], collar="one")
    stream = Stream()
    stream.extend(rows[:40])
    assert stream.belief() is not None
    stream.add(replace(rows[40], id="other", collar="two"))
    assert stream.belief() is None
    reason = stream.posterior().answer.reason
    assert reason is not None
    assert reason == posterior(columns(stream.rows)).answer.reason


def test_row_that_was_replaced_before_it_arrived_does_not_count() -> None:
    rows = walk(7)
    stream = Stream()
    stream.extend(rows[:40])
    stream.belief()
    stream.add(Observation(id="no", kind="note", time=rows[40].time, supersedes_id="late"))
    stream.belief()
    stream.add(replace(rows[40], id="late", level_db=-20.0))
    assert_same(stream)
    assert stream.posterior().answer.counts == posterior(columns(stream.rows)).answer.counts


def test_walk_is_not_forgotten_in_half_hours_that_say_nothing() -> None:
    """Forty of them: silences whose weakest level nobody knows are drawn, they are no evidence."""
    rows = walk(5)
    later = [
        Observation(
            id=f"n{k}", kind="silence", time=START + timedelta(minutes=31 * k), heard=False,
            latitude_deg=43.02, longitude_deg=42.0,
        ) for k in range(1, 41)
    ]  # fmt: skip
    found, alone = (posterior(columns(r)).answer for r in ([*rows, *later], rows))
    assert found.reason is None
    here, there = ((a.latitude_deg or 0.0, a.longitude_deg or 0.0) for a in (found, alone))
    assert distance_and_bearing(here, there)[0] < 300.0


def test_says_why_there_is_no_answer_yet() -> None:
    stream = Stream()
    assert stream.posterior().answer.reason == "nothing has been written down yet"
    stream.add(walk(5)[0])
    assert stream.belief() is None
    assert "heard at 1 place" in str(stream.posterior().answer.reason)


def test_half_hours_cost_little_of_what_the_joint_model_finds() -> None:
    """A collar that lies still, believed to be alive: how much wider the area grows.

    A walk of 40 minutes in two epochs beside the joint model of all readings. Power and exponent
    are carried over; what is lost is what the animal may have walked meanwhile.
    """
    ratio, loss = [], []
    for seed in range(20, 28):
        made = walk(seed, 160, every_s=15.0)
        joint = posterior(columns(made), STILL)
        epochs = posterior(columns(made))
        assert epochs.belief is not None
        assert joint.belief is not None
        ratio.append(epochs.answer.regions["95"]["area_m2"] / joint.answer.regions["95"]["area_m2"])
        loss.append(_log_score(joint.belief) - _log_score(epochs.belief))
    assert np.median(ratio) < 4.0
    assert np.mean(loss) < 1.5


def _log_score(belief: Any) -> float:
    """Return the log of the density at the truth, (0, 0) of GRID."""
    leaves = belief.leaves
    x_m, y_m = LocalGrid(43.0, 42.0).to_xy(43.0, 42.0)
    inside = np.abs(leaves.points_m - (float(x_m), float(y_m))) <= leaves.side_m[:, None] / 2
    cell = int(np.flatnonzero(inside.all(axis=1))[0])
    return float(np.log(leaves.probability[cell] / leaves.side_m[cell] ** 2))


def test_power_is_carried_over_to_the_next_half_hour() -> None:
    rows = walk(5, 160, every_s=15.0)
    evidence = gather(columns(rows), LocatorConfig())
    assert evidence is not None
    assert len(evidence.epochs) == 2
    first = follow(replace(evidence, epochs=evidence.epochs[:1]), LocatorConfig())
    scene = Scene(first, evidence.epochs[1], 0.0, LocatorConfig())
    assert scene.power is not None
    assert scene.power.sd_db < 18.0
    assert 1.5 < scene.power.exponent < 4.5
    assert scene.reach is None


def test_half_hours_that_have_passed_are_kept_for_the_next_answer() -> None:
    rows = [replace(row, time=START + timedelta(minutes=k)) for k, row in enumerate(walk(5, 80))]
    past = Past()
    first = posterior(columns(rows[:70]), None, past)
    kept = dict(past._known)
    assert len(kept) == len(past) == 2
    second = posterior(columns(rows), None, past)
    assert past._known.items() >= kept.items()
    whole = posterior(columns(rows))
    assert second.answer == whole.answer
    assert first.answer != second.answer


def test_half_hour_of_bearings_alone_and_of_counts_is_followed_too() -> None:
    """Nothing there to add level by level: it is computed anew, and the same."""
    rows = [
        bearing(1, 40.0),
        bearing(2, 300.0),
        *(
            replace(row, level_db=None, level_raw=200.0 + (row.level_db or 0))
            for row in walk(5, 30)
        ),
        replace(bearing(3, 10.0), time=START + timedelta(hours=3)),
    ]
    stream = Stream()
    for row in rows:
        stream.add(row)
        stream.belief()
    assert stream.posterior().answer == posterior(columns(rows)).answer


def test_two_sessions_of_an_unknown_scale_have_no_power_to_carry() -> None:
    rows = [
        replace(row, level_unit="dBFS", session="ab"[k % 2]) for k, row in enumerate(walk(5, 30))
    ]
    later = replace(bearing(3, 10.0), time=START + timedelta(hours=1))
    assert posterior(columns([*rows, later])).answer.reason is None
