"""An answer for a time after the newest observation: the animal has gone on since."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from receiver.columns import columns
from receiver.locator import LocatorConfig, locate
from receiver.records import Answer, Observation

FIX = datetime(2026, 10, 19, 18, tzinfo=UTC)
LAST = Observation(id="1", kind="position", time=FIX, latitude_deg=43.18, longitude_deg=42.78,
                   accuracy_m=20.0, trust=0.99)  # fmt: skip


def half_of_it_m2(*rows: Observation, config: LocatorConfig) -> float:
    return float(locate(columns(rows), config).regions["50"]["area_m2"])


def test_position_spreads_until_then_as_the_animal_moves() -> None:
    """3 km in a day, root mean square: half of a round normal lies within 1.177 sigma."""
    found = half_of_it_m2(LAST, config=LocatorConfig(as_of=FIX + timedelta(days=1)))
    assert found == pytest.approx(math.pi * (1.1774 * 3000.0 / math.sqrt(2.0)) ** 2, rel=0.1)


def test_without_later_time_nothing_changes() -> None:
    plain = half_of_it_m2(LAST, config=LocatorConfig())
    for config in (
        LocatorConfig(as_of=FIX - timedelta(days=9)),
        LocatorConfig(as_of=FIX + timedelta(days=90), movement="still"),
    ):
        assert half_of_it_m2(LAST, config=config) == plain


def silent_about_the_fix(off_probability: float) -> Answer:
    rows = [LAST] + [
        Observation(id=f"s{i}", kind="silence", time=FIX + timedelta(days=10, minutes=i),
                    heard=False, latitude_deg=43.18 + north, longitude_deg=42.78 + east,
                    threshold_db=-130.0, level_unit="dBm", on_probability=1.0, duration_s=600.0)
        for i, (north, east) in enumerate([(0, 0), (0.02, 0), (-0.02, 0), (0, 0.03), (0, -0.03)])
    ]  # fmt: skip
    return locate(columns(rows), LocatorConfig(off_probability=off_probability, as_of=FIX))


def test_silence_raises_the_chance_that_it_cannot_be_heard() -> None:
    """It begins at what the history said and never falls by silence."""
    after = [silent_about_the_fix(off).inaudible_probability or 0.0 for off in (0.1, 0.5)]
    assert 0.1 < after[0] < after[1]
    assert after[1] > 0.5


def test_time_of_the_answer_is_the_one_asked_for() -> None:
    later = FIX + timedelta(days=40)
    assert locate(columns([LAST]), LocatorConfig(as_of=later)).time == later
    assert locate(columns([LAST]), LocatorConfig()).time == FIX
    assert locate(columns([]), LocatorConfig(as_of=later)).reason is not None
