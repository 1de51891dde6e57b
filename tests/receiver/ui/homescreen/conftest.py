"""Made-up snapshots for the homing screen: no animal is there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from receiver.homing.snapshot import (
    Advice,
    Approach,
    Beat,
    Gain,
    Machine,
    Said,
    Snapshot,
    SourceState,
    Standing,
    Strength,
    Where,
)
from receiver.language import set_language

STRENGTH = Strength(receiver="r30", value=-87.4, unit="dBm", share=0.41, age_s=1.2, peak=-81.0,
                    peak_age_s=14.0, trend_db=3.4)  # fmt: skip
WHERE = Where(bearing_deg=52.0, bearing_sd_deg=12.0, low_m=420.0, high_m=1300.0, nearness="near",
              metres_known=True, area_m2=230_000.0, age_s=4.0)  # fmt: skip
PLACE = Standing(observer="A", latitude_deg=42.84123, longitude_deg=44.12345, age_s=0.8,
                 accuracy_m=4.0, heading_deg=20.0)  # fmt: skip


def made_snapshot(**changes: Any) -> Snapshot:
    """Return a snapshot in which everything is known, with changes."""
    usual = Snapshot(
        time=datetime(2026, 11, 28, 3, 14, 15, tzinfo=UTC),
        collar="made-7",
        collars=("made-7", "made-8"),
        simulation=True,
        approach=Approach(limit_m=300.0, edge_m=620.0, must_stop=False),
        advice=Advice(deed="that way", bearing_deg=52.0, reason="the last two bearings agree"),
        machine=Machine(saved=12_345, waiting=0, is_stuck=False, battery_percent=83,
                        battery_hours=5.2, disk_hours=410.0, clock_source="gps"),
        where=WHERE,
        strength=STRENGTH,
        beat=Beat(pulses_per_minute=38.0, meaning="at rest for hours", age_s=1.2),
        gain=Gain(now="yagi, gain 5", next_step="attenuator"),
        place=PLACE,
        others=(Standing(observer="B", latitude_deg=42.84, longitude_deg=44.13, age_s=33.0),),
        sources=(SourceState(name="r30", role="receiver", state="running", age_s=0.3,
                             off_in_s=540.0),),
        decoded=(Said(text="LinkIt: battery 3.41 V, 7 satellites", age_s=312.0),),
        entered=(Said(text="bearing 48 degrees true", age_s=40.0),),
        needed=("a bearing from the other side of the valley",),
        possible_echo=True,
    )  # fmt: skip
    return replace(usual, **changes)


STOPPED = {
    "approach": Approach(limit_m=300.0, edge_m=120.0, must_stop=True),
    "advice": Advice(deed="stop"),
}
WORST = {
    **STOPPED,
    "calls": (
        Said(text="animal seen", age_s=90.0, observer="B"),
        Said(text="danger", age_s=12.0, observer="C"),
    ),
    "sources": (
        SourceState(name="r30", role="receiver", state="lost", age_s=31.0,
                    reason="/dev/ttyUSB0 is gone: plug it in again"),
        SourceState(name="r85", role="receiver", state="running", age_s=0.2, off_in_s=45.0),
    ),
    "strength": replace(STRENGTH, age_s=31.0, saturated=True, value=-107.0),
    "faults": (
        Said(text="silence at 03:10 UTC is kept and does not count: which antenna", age_s=9.0),
    ),
    "own_radio": True,
}  # fmt: skip
NOTHING_YET = {
    "collar": None, "strength": None, "beat": None, "gain": None, "place": None, "where": Where(),
    "advice": Advice(deed="turn"), "others": (), "sources": (), "decoded": (), "entered": (),
    "needed": (), "possible_echo": False,
}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "stop": STOPPED,
    "worst": WORST,
    "nothing yet": NOTHING_YET,
    "no heading": {"place": replace(PLACE, heading_deg=None)},
    "old": {"where": replace(WHERE, age_s=75.0), "strength": replace(STRENGTH, age_s=20.0)},
}
_WORD = re.compile(r"\{\w+\}|[A-Za-z]{3,}")


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Snapshot:
    return made_snapshot(**CASES[request.param])


@pytest.fixture
def made() -> Callable[..., Snapshot]:
    def make(case: str = "usual", **changes: Any) -> Snapshot:
        return made_snapshot(**{**CASES[case], **changes})

    return make


def longer(text: str, /, **values: object) -> str:
    """Return a phrase of a made-up language in which each word is a third longer."""

    def lengthen(found: re.Match[str]) -> str:
        word = found.group()
        return word if word[0] == "{" else word + word[-1] * math.ceil(0.33 * len(word))

    return _WORD.sub(lengthen, text).format(**values)


@pytest.fixture(params=["English", "Russian", "a longer language"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    set_language("ru" if request.param == "Russian" else "en")
    if request.param == "a longer language":
        for module in ("words", "rows", "figures", "plain"):
            monkeypatch.setattr(f"receiver.ui.homescreen.{module}.phrase", longer)
        for module in ("keypad", "questions", "homing_keys"):
            monkeypatch.setattr(f"receiver.ui.{module}.phrase", longer)
    yield str(request.param)
    set_language("en")
