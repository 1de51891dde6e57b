"""Silence is earned: each thing that is missing makes it a note, and says what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from receiver.config import Collar, Setup
from receiver.records import Observation
from receiver.setups import RadioCheck
from receiver.silence import Circumstances, judge, listened, missing, on_probability, span_of

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
SAID = Observation(id="s", kind="silence", time=T0, heard=False, duration_s=600.0, ear="by ear")
WHIP = Setup(antenna="whip", directional=False, squelch="open", mode="CW", gain="5")
YAGI = replace(WHIP, antenna="yagi", directional=True)
CHECK = RadioCheck(time=T0, passed=True, threshold_db=-38.0, noise_db=-44.0)
KNOWN = Circumstances(setup=WHIP, check=CHECK)


def ago(minutes: float) -> datetime:
    return T0 - timedelta(minutes=minutes)


def test_earned_silence_carries_what_it_is_worth() -> None:
    found = judge(SAID, KNOWN, None)
    assert found.kind == "silence"
    assert (found.threshold_db, found.noise_db, found.duration_s) == (-38.0, -44.0, 600.0)
    assert (found.on_probability, found.ear) == (0.5, "by ear")


LACKING: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"setup": replace(WHIP, squelch=None)}, "the squelch is not known"),
    ({}, {"setup": replace(WHIP, squelch="closed")}, "the squelch was not open"),
    ({}, {"setup": replace(WHIP, mode=None)}, "the mode is not known"),
    ({}, {"setup": replace(WHIP, gain=None)}, "the gain is not known"),
    ({}, {"setup": replace(WHIP, antenna=None)}, "the antenna is not known"),
    ({}, {"setup": replace(WHIP, directional=None)}, "is the antenna directional?"),
    ({}, {"check": None}, "no radio check of today with this antenna and gain"),
    ({}, {"check": replace(CHECK, passed=False)}, "today's radio check was not passed"),
    ({"ear": "meter"}, {}, "a meter alone proves no silence"),
    ({"ear": None}, {}, "nobody says who listened"),
    ({"duration_s": None}, {}, "nobody says how long"),
    ({"duration_s": 59.0}, {}, "listened for 59 s, 60 are needed"),
    ({}, {"gaps": [(ago(10), ago(0.5))]}, "listened for 30 s, 60 are needed"),
    ({}, {"heard_by": ["r30"]}, "r30 heard it meanwhile"),
    ({}, {"setup": YAGI}, "no full turn in both polarisations (the collar's is not known)"),
    ({}, {"setup": YAGI, "turned": frozenset({"vertical"})},
     "no full turn in both polarisations (the collar's is not known)"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "known", "lack"), LACKING)
def test_what_is_missing_makes_it_a_note_that_says_so(
    said: dict[str, Any], known: dict[str, Any], lack: str
) -> None:
    silence, circumstances = replace(SAID, **said), replace(KNOWN, **known)
    assert missing(silence, circumstances, None) == [lack]
    found = judge(silence, circumstances, None)
    assert found.kind == "note"
    assert found.text == f"nothing heard; it does not count: {lack}"
    assert found.threshold_db is None


TURNED: list[tuple[set[str | None], str | None, bool]] = [
    ({"vertical", "horizontal"}, None, True),
    ({"both"}, None, True),
    ({"both"}, "vertical", True),
    ({"vertical"}, "vertical", True),
    ({"horizontal"}, "vertical", False),
    ({None}, "vertical", False),
    (set(), "vertical", False),
]


@pytest.mark.parametrize(("turned", "polarisation", "earned"), TURNED)
def test_directional_antenna_must_have_looked_all_around_in_the_right_polarisation(
    turned: set[str | None], polarisation: str | None, earned: bool
) -> None:
    known = replace(KNOWN, setup=YAGI, turned=frozenset(turned))
    collar = Collar(name="Baksan", polarisation=polarisation)
    assert (judge(SAID, known, collar).kind == "silence") is earned


def test_gaps_are_taken_off_once_also_where_they_overlap() -> None:
    gaps = [(ago(8), ago(6)), (ago(7), ago(5)), (ago(20), ago(9)), (ago(1), ago(-5))]
    assert listened(SAID, gaps) == timedelta(minutes=1 + 4)  # 9-8 and 5-1 minutes ago
    assert listened(SAID, []) == timedelta(minutes=10)
    assert span_of(SAID) == (ago(10), T0)
    assert judge(SAID, replace(KNOWN, gaps=gaps), None).duration_s == 300.0


HOURS: list[tuple[dict[str, Any], float]] = [
    ({}, 0.5),
    ({"on_hours": ("11:00-13:00",), "on_hours_zone": "UTC"}, 0.9),
    ({"on_hours": ("11:55-13:00",), "on_hours_zone": "UTC"}, 0.9),
    ({"on_hours": ("13:00-14:00",), "on_hours_zone": "UTC"}, 0.0),
    ({"on_hours": ("13:00-14:00",), "on_hours_zone": "switch-on"}, 0.5),
    ({"on_hours": ("11:00-13:00",)}, 0.5),
    ({"battery_end_date": date(2026, 11, 1)}, 0.25),
    ({"battery_end_date": date(2027, 11, 1)}, 0.5),
    ({"on_hours": ("11:00-13:00",), "on_hours_zone": "UTC", "battery_end_date": date(2026, 1, 1)},
     0.45),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "expected"), HOURS)
def test_beacon_may_have_been_off(sheet: dict[str, Any], expected: float) -> None:
    assert on_probability(Collar(name="Baksan", **sheet), span_of(SAID)) == expected
    assert on_probability(None, span_of(SAID)) == 0.5
