"""Two antennas on an aircraft: which side is called, and when none is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from receiver.config import Setup
from receiver.records import Observation
from receiver.sides import sides

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def level(receiver: str, seconds: float, level_db: float, **more: object) -> Observation:
    known: dict[str, object] = {"observer": "A", "collar": "Baksan", "level_unit": "dBS9"}
    return Observation(id=f"{receiver}{seconds}", kind="level", receiver=receiver,
                       level_db=level_db, time=T0 + timedelta(seconds=seconds),
                       **{**known, **more})  # type: ignore[arg-type]  # fmt: skip


def setups(levels: list[Observation]) -> dict[str, Setup]:
    side = {"l": "left", "r": "right", "x": None}
    return {o.id: Setup(receiver=o.receiver or "", side=side[o.receiver or "x"]) for o in levels}


@pytest.mark.parametrize(
    ("left_db", "right_db", "called"),
    [(-20.0, -30.0, "left"), (-30.0, -20.0, "right"), (-20.0, -22.9, "ahead or behind"),
     (-22.9, -20.0, "ahead or behind"), (-20.0, -23.0, "left")],
)  # fmt: skip
def test_louder_side_is_called(left_db: float, right_db: float, called: str) -> None:
    levels = [level("l", 0, left_db), level("r", 0.4, right_db)]
    (side,) = sides(levels, setups(levels))
    assert (side.called, side.left_minus_right_db) == (called, pytest.approx(left_db - right_db))
    assert (side.observer, side.collar, side.time) == ("A", "Baksan", T0)


def test_only_the_same_pulse_of_the_same_collar_on_the_same_scale_is_compared() -> None:
    for other in (level("r", 1.1, -30), level("r", 0, -30, collar="Cegem"),
                  level("r", 0, -30, level_unit="dBm"), level("r", 0, -30, observer="B"),
                  level("x", 0, -30)):  # fmt: skip
        levels = [level("l", 0, -20), other]
        assert sides(levels, setups(levels)) == []


def test_nearest_pulse_is_taken() -> None:
    levels = [level("l", 1.5, -20), level("r", 0.7, -10), level("r", 1.6, -30), level("r", 3, -10)]
    (side,) = sides(levels, setups(levels))
    assert side.left_minus_right_db == 10.0
