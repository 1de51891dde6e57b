"""Words to content, under the names of an Observation."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from receiver.errors import ConfigError
from receiver.notes import content as notes
from receiver.notes.describing import describe
from receiver.records import Observation

NAMES = {field.name for field in dataclasses.fields(Observation)}
EXAMPLES: list[dict[str, Any]] = [
    notes.heard("clear", gain_mark="5"),
    notes.heard(None, level_db=-97.5),
    notes.bearing([240, 60], sigma_deg=20, declination_deg=7.5, method="weakest"),
    notes.silence(10),
    notes.sighting(200, 0.7),
    notes.note("fresh tracks"),
]


@pytest.mark.parametrize("content", EXAMPLES, ids=lambda content: str(content["kind"]))
def test_keys_are_names_of_an_observation(content: dict[str, Any]) -> None:
    assert set(content) <= NAMES
    assert describe(content)


@pytest.mark.parametrize(
    ("said", "turn", "true"),
    [(236, 7.5, 243.5), (355, 7.5, 2.5), (3, -7.5, 355.5), (360, None, 0), (0, None, 0)],
)
def test_magnetic_is_turned_to_true(said: float, turn: float | None, true: float) -> None:
    content = notes.bearing([said], sigma_deg=5, declination_deg=turn)
    assert content["bearing_deg"] == pytest.approx(true)
    assert ("magnetic" in content["bearing_reference"]) == (turn is not None)


def test_magnetic_value_is_kept() -> None:
    content = notes.bearing([236, 56], sigma_deg=5, declination_deg=7.5, method="loudest")
    assert content["bearing_reference"] == "magnetic 236 or 56, declination +7.5; loudest"
    assert content["bearing_alternatives_deg"] == [63.5]


@pytest.mark.parametrize("degrees", [[-1], [361], [math.nan], [math.inf], [], [1, 2, 3, 4]])
def test_bearings_that_cannot_be(degrees: list[float]) -> None:
    with pytest.raises(ConfigError):
        notes.bearing(degrees, sigma_deg=5)


def test_one_gain_mark_is_one_session() -> None:
    assert notes.heard("faint", gain_mark=" Max ")["session"] == "hand/gain max"
    assert notes.heard("faint")["session"] == "hand"
    assert notes.heard(None, level_db=-90)["session"] != "hand"


def test_uncalibrated_number_is_never_dbm() -> None:
    assert notes.heard(None, level_db=-97.5)["level_unit"] == "dB"
    calibrated = notes.heard(None, level_db=-97.5, calibration_id="R30 no. 3")
    assert (calibrated["level_unit"], calibrated["calibration_id"]) == ("dBm", "R30 no. 3")


@pytest.mark.parametrize("mark", ["", "a b", "1234567", "#"])
def test_long_marks_are_refused(mark: str) -> None:
    with pytest.raises(ConfigError, match="short mark"):
        notes.session(mark)


@pytest.mark.parametrize(("text", "trust"), [("certain", 0.95), ("l", 0.7), ("0.25", 0.25)])
def test_trust(text: str, trust: float) -> None:
    assert notes.trust_of(text) == trust


@pytest.mark.parametrize("text", ["", "0", "2", "nan", "surely"])
def test_trust_that_cannot_be(text: str) -> None:
    with pytest.raises(ConfigError):
        notes.trust_of(text)


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        notes.note(text)


@pytest.mark.parametrize("what", notes.CALLS)
def test_calls_to_everybody(what: str) -> None:
    assert notes.call(what) == {"kind": "call", "call": what}
    assert describe(notes.call(what, " on  the ridge ")) == f"called: {what}, on the ridge"


def test_calls_that_are_none() -> None:
    for what, text in (("bear", ""), ("danger", "x" * 2001)):
        with pytest.raises(ConfigError):
            notes.call(what, text)


def test_approach_limit() -> None:
    assert describe(notes.approach_limit(150)) == "approach limit 150 m"
    for wrong in (-1, 10_001, math.nan, math.inf):
        with pytest.raises(ConfigError, match="approach limit"):
            notes.approach_limit(wrong)
