"""Direction and distance as crossed bearings give them, and nearness by the close-in chain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from receiver.columns import columns
from receiver.geodesy import distance_and_bearing
from receiver.homing.gains import nearness
from receiver.homing.where import where
from receiver.locator import LocatorConfig, posterior
from receiver.records import Observation

T0 = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
HERE = (43.0, 42.0)


def bearing(number: int, deg: float, **more: Any) -> Observation:
    fields = {"latitude_deg": HERE[0], "longitude_deg": HERE[1], "bearing_sigma_deg": 4.0, **more}
    return Observation(id=str(number), kind="bearing", time=T0, bearing_deg=deg, heard=True,
                       **fields)  # fmt: skip


def test_direction_and_distance_are_those_of_the_cells() -> None:
    crossed = [bearing(1, 45.0), bearing(2, 315.0, longitude_deg=42.02)]
    found = posterior(columns(crossed), LocatorConfig(bearing_outlier_share=0.05))
    told = where(found, HERE, "far", metres_known=True, age_s=2.0)
    answer = found.answer
    assert answer.latitude_deg is not None
    assert answer.longitude_deg is not None
    away_m, toward_deg = distance_and_bearing(HERE, (answer.latitude_deg, answer.longitude_deg))
    assert told.bearing_deg == pytest.approx(toward_deg, abs=6.0)
    assert told.low_m is not None
    assert told.high_m is not None
    assert told.low_m < away_m < told.high_m
    assert (told.metres_known, told.nearness, told.age_s) == (True, "far", 2.0)


@pytest.mark.parametrize(
    ("gain", "is_heard", "saturated", "said"),
    [
        (None, False, False, None),
        (None, True, False, None),  # not known with what: that is not far
        ("5", True, False, "far"),
        ("7", True, True, "near"),
        ("attenuator", True, False, "near"),
        ("attenuator, off tune 20 kHz", True, False, "very near"),
        ("no antenna", True, False, "very near"),
    ],
)
def test_nearness_is_what_is_still_heard_through(
    gain: str | None, is_heard: bool, saturated: bool, said: str | None
) -> None:
    assert nearness(gain, is_heard=is_heard, saturated=saturated) == said
