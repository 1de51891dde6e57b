"""Any history has a story: in words, as JSON without NaN, and as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from receiver.config import Collar
from receiver.records import Fix, jsonable
from receiver.report.story_picture import picture
from receiver.story import Story, tell
from receiver.ui.story import lines

MakeFix = Callable[..., Fix]
START = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 9, 1, tzinfo=UTC)
BARE = Collar(name="Baksan")
SAID_OF_NO_ANIMAL = ("dead", "died", "has been killed", "nan", "inf ")


def sound(rows: list[Fix], now: datetime = NOW) -> Story:
    """Return the story of rows that can be told, written and drawn."""
    story = tell(rows, now, collar=BARE)
    json.dumps(jsonable(story), allow_nan=False)
    text = lines(story)
    assert max(map(len, text)) <= 79
    assert not [word for word in SAID_OF_NO_ANIMAL if word in "\n".join(text).lower()]
    return story


def hostile(fix: MakeFix) -> dict[str, list[Fix]]:
    return {
        "none": [],
        "one": [fix(0)],
        "two": [fix(0), fix(5, 300.0)],
        "one contact": [fix(0, None)],
        "all at the same place": [fix(3.0 * i) for i in range(200)],
        "all at the same time": [fix(0, 10.0 * i) for i in range(50)],
        "no times": [fix(0, time=None)] * 5,
        "only bad places": [fix(i, position_status="bad") for i in range(50)],
        "the future": [fix(24.0 * 365 * i) for i in range(5)],
        "the poles": [fix(i, latitude_deg=90.0 * (-1) ** i) for i in range(20)],
        "both sides of the earth": [fix(24.0 * i, longitude_deg=180.0 * (i % 2), latitude_deg=0.0)
                                    for i in range(30)],
        "the date line": [fix(6.0 * i, longitude_deg=(179.9 + 0.02 * (i % 10) + 180) % 360 - 180)
                          for i in range(100)],
        "received before it was": [fix(i, received=START - timedelta(days=i)) for i in range(40)],
        "terminal codes": [fix(i, device_id="\x1b[2J") for i in range(3)],
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile(lambda *a, **k: Fix(id="", device_id="", file="", row=0)))
def test_any_history_has_a_story_and_a_picture(name: str, fix: MakeFix) -> None:
    rows = hostile(fix)[name]
    story = sound(rows)
    assert picture(story, rows)[:8] == b"\x89PNG\r\n\x1a\n"


def test_rows_of_the_future_are_left_out_and_told(fix: MakeFix) -> None:
    rows = [fix(24.0 * i, 100.0 * i) for i in range(20)]
    story = sound([*rows, fix(24.0 * 900, 5e6)])
    assert story.last_place is not None
    assert story.last_place.time == rows[-1].time
    assert any("1 rows lie in the future" in text for text in story.warnings)


def test_order_of_rows_does_not_matter(fix: MakeFix) -> None:
    rows = [fix(6.0 * i, 500.0 * (i % 7), battery_v=3.6 - i / 1000) for i in range(80)]
    assert sound(rows) == sound(rows[::-1])


def test_a_settled_range_is_a_hint_and_no_decision(fix: MakeFix) -> None:
    rng = np.random.default_rng(1)
    rows = [fix(24.0 * i, *(2000.0 * rng.normal(size=2))) for i in range(60)]
    assert any("resident" in text for text in sound(rows).warnings)
    known = Collar(name="Baksan", movement="dispersing")
    assert tell(rows, NOW, collar=known).warnings == ()


ROW = some.fixed_dictionaries(
    {
        "hours": some.floats(0, 4000),
        "east_m": some.none() | some.floats(-1e5, 1e5),
        "battery_v": some.none() | some.floats(0, 20),
        "temperature_c": some.none() | some.floats(-80, 80),
        "mortality": some.none() | some.booleans(),
        "sensor": some.sampled_from(["gps", "argos-doppler-shift"]),
        "location_class": some.sampled_from([None, "3", "B", "Z"]),
    }
)


@given(some.lists(ROW, max_size=40))
def test_any_rows_have_a_story(rows: list[dict[str, Any]]) -> None:
    made = []
    for i, row in enumerate(rows):
        place: dict[str, Any] = {}
        hours, east_m = row.pop("hours"), row.pop("east_m")
        if east_m is not None:
            place = {"latitude_deg": 43.0, "longitude_deg": 42.0 + east_m / 81_400.0,
                     "position_status": "ok"}  # fmt: skip
        time = START + timedelta(hours=hours)
        made.append(Fix(id=str(i), device_id="1", file="f", row=i, time=time, **place, **row))
    sound(made)
