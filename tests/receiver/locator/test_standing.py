"""Recorded case: somebody stood still for minutes, and the search area shrank about him.

The errors of a GPS made ten places of one, and ten places were taken for a walk to where it was
loud. Standing still tells how loud it is here, and nothing of how near.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from receiver.columns import columns
from receiver.locator import LocatorConfig, locate
from receiver.records import Answer, Observation

T0 = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
DEGREE_M = 111_195.0


def stood(minutes: int, gps_sd_m: float = 6.0) -> list[Observation]:
    """Return a level every six seconds by two receivers of somebody who stands still."""
    rng = np.random.default_rng(5)
    return [
        Observation(
            id=f"{receiver}{k}",
            kind="level",
            time=T0 + timedelta(seconds=6 * k),
            observer="A",
            receiver=receiver,
            session=receiver,
            heard=True,
            level_db=level_db + float(rng.normal(0.0, 2.0)),
            level_unit="dBm",
            latitude_deg=43.0 + float(rng.normal(0.0, gps_sd_m)) / DEGREE_M,
            longitude_deg=34.0 + float(rng.normal(0.0, gps_sd_m)) / DEGREE_M / np.cos(0.7505),
        )
        for receiver, level_db in (("r8500", -112.0), ("gateway", -121.0))
        for k in range(10 * minutes)
    ]


def area_m2(answer: Answer) -> float:
    assert answer.reason is None
    return float(answer.regions["50"]["area_m2"])


@pytest.mark.parametrize("minutes", [2, 5])
def test_who_stands_still_is_not_told_that_it_is_near(minutes: int) -> None:
    least = area_m2(locate(columns(stood(1)[:4]), LocatorConfig()))
    assert area_m2(locate(columns(stood(minutes)), LocatorConfig())) > 0.5 * least
