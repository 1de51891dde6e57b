"""What is known of a receiver at a time: setups, radio checks, calibrations, compasses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.config import Configuration, Setup, configuration_from, configuration_to
from receiver.records import Entry
from receiver.setups import register

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
R30 = Setup(receiver="r30", antenna="yagi", directional=True)
SETTINGS = Configuration(receivers=(R30,))


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def entry(hours: float, kind: str, /, **content: Any) -> Entry:
    return Entry(id=f"{kind}{hours}", observer="A", time=at(hours),
                 content={"kind": kind, "receiver": "r30", **content})  # fmt: skip


def test_settings_hold_until_something_is_said_and_the_rest_stays() -> None:
    found = register([entry(1, "setup", gain="5"), entry(2, "setup", attenuator_db=20)], SETTINGS)
    assert found.hearing("A", "r30", at(0)) == (R30, 0)
    setup, change = found.hearing("A", "r30", at(1.5))
    assert (setup.antenna, setup.gain, setup.attenuator_db, change) == ("yagi", "5", None, 1)
    setup, change = found.hearing("A", "r30", at(3))
    assert (setup.antenna, setup.gain, setup.attenuator_db) == ("yagi", "5", 20.0)
    assert change == 1  # the attenuator's steps are known by number: see receiver.steps
    assert found.hearing("B", "r30", at(3)) == (Setup(receiver="r30"), 0)
    assert found.hearing("A", "hand", at(3)) == (Setup(), 0)


def test_saying_the_same_again_is_no_change_and_order_does_not_matter() -> None:
    entries = [entry(1, "setup", gain="5"), entry(2, "setup", gain="5"),
               entry(3, "setup", gain="6"), entry(4, "setup", gain="5")]  # fmt: skip
    for rows in (entries, entries[::-1]):
        found = register(rows, SETTINGS)
        assert [found.hearing("A", "r30", at(h)).change for h in (0, 1, 2, 3, 4)] == [0, 1, 1, 2, 3]


def test_entry_about_an_earlier_time_counts_from_then() -> None:
    late = entry(5, "setup", gain="5", time=at(1).isoformat())
    assert register([late], SETTINGS).hearing("A", "r30", at(2)).setup.gain == "5"


def test_radio_check_holds_for_a_working_day() -> None:
    found = register([entry(0, "radio_check", passed=True, threshold_db=-30.0)], SETTINGS)
    assert found.check("A", "r30", at(-1)) is None
    check = found.check("A", "r30", at(10))
    assert check is not None
    assert (check.passed, check.threshold_db) == (True, -30.0)
    assert found.check("A", "r30", at(20)) is None  # tomorrow it is tested again
    assert found.check("A", "other", at(10)) is None
    worse = register(
        [entry(0, "radio_check", passed=True), entry(1, "radio_check", passed=False)], SETTINGS
    ).check("A", "r30", at(2))
    assert worse is not None
    assert worse.passed is False


TABLE = {"raw": [0, 100], "db": [-50, 0], "unit": "dB", "sd_db": [1, 2]}


def test_radio_check_holds_with_the_antenna_and_the_gain_it_was_made_with() -> None:
    rows = [entry(0, "setup", gain="5"), entry(1, "radio_check", passed=True),
            entry(2, "setup", gain="2"), entry(3, "setup", gain="5", attenuator_db=20),
            entry(4, "setup", antenna="whip")]  # fmt: skip
    found = register(rows, SETTINGS)
    held = [found.check("A", "r30", at(hours)) is not None for hours in (1.5, 2.5, 3.5, 4.5)]
    assert held == [True, False, True, False]


def test_calibration_holds_after_it_was_made_else_the_first_one() -> None:
    rows = [entry(2, "calibration", calibration_id="b", **TABLE),
            entry(1, "calibration", calibration_id="a", **TABLE)]  # fmt: skip
    found = register(rows, SETTINGS)
    held = [found.calibration("A", "r30", at(h)) for h in (0, 1.5, 3)]
    assert [c and c.curve.calibration_id for c in held] == ["a", "a", "b"]
    assert held[0] is not None
    assert (held[0].curve.level_db(50), held[0].unit, held[0].sd_db) == (-25.0, "dB", 2.0)
    assert found.calibration("A", "r31", at(3)) is None
    assert found.calibrated_today("A", "r30", at(3))
    assert not found.calibrated_today("A", "r30", at(30))


def test_calibration_at_another_gain_does_not_hold() -> None:
    rows = [entry(0, "setup", gain="5"), entry(2, "setup", gain="7"),
            entry(1, "calibration", calibration_id="a", gain="5", **TABLE)]  # fmt: skip
    found = register(rows, SETTINGS)
    assert found.calibration("A", "r30", at(1.5)) is not None
    assert found.calibration("A", "r30", at(3)) is None


def test_mark_of_a_knob_is_the_same_in_small_letters() -> None:
    rows = [entry(0, "setup", gain="Wide 7A"),
            entry(1, "calibration", calibration_id="a", gain="wide  7a", **TABLE)]  # fmt: skip
    assert register(rows, SETTINGS).calibration("A", "r30", at(2)) is not None


BAD: list[tuple[str, dict[str, Any]]] = [
    ("calibration", {}),
    ("calibration", {"calibration_id": "x", "raw": [1, 1], "db": [0, 1]}),
    ("calibration", {"calibration_id": "x", "raw": [1], "db": [0]}),
    ("calibration", {"calibration_id": "x", "raw": [1, 2, 3], "db": [0, 1]}),
    ("calibration", {"calibration_id": "x", "raw": "ab", "db": "cd"}),
    ("turn", {"state": "dance"}),
    ("turn", {}),
    ("turn", {"state": "end", "loudest_deg": "north"}),
    ("compass", {"compass": "crystal ball"}),
    ("compass", {"compass": "phone", "sigma_deg": 0.01}),
    ("setup", {"attenuator_db": "much"}),
    ("radio_check", {"threshold_db": 1}),
    ("setup", {"attenuator_db": [1]}),
]


@pytest.mark.parametrize(("kind", "content"), BAD)
def test_entry_that_is_none_is_told_and_the_others_count(
    kind: str, content: dict[str, Any]
) -> None:
    found = register([entry(0, kind, **content), entry(1, "setup", gain="5")], SETTINGS)
    assert len(found.faults) == 1
    assert "cannot be understood" in found.faults[0]
    assert found.hearing("A", "r30", at(2)).setup.gain == "5"


def test_strange_time_is_that_of_the_entry() -> None:
    for time in ("yesterday", 5, "2026-11-24T13:00:00"):
        found = register([entry(1, "setup", gain="5", time=time)], SETTINGS)
        assert found.hearing("A", "r30", at(0.9)).setup.gain is None
        assert found.hearing("A", "r30", at(1)).setup.gain == "5"


def test_phone_is_off_by_15_degrees_until_another_compass_is_named() -> None:
    checked = entry(2, "compass", compass="phone", sigma_deg=5, checked=True)
    found = register([entry(1, "compass", compass="magnetic"), checked], SETTINGS)
    assert [found.heading_sigma_deg("A", at(h)) for h in (0, 1.5, 3)] == [15.0, 5.0, 5.0]


def test_receivers_of_the_settings_survive_the_journal() -> None:
    whole = Setup(receiver="r30", antenna="yagi", directional=True, antenna_azimuth_deg=90.0,
                  side="left", polarisation="both", attenuator_db=20.0, preamplifier="off",
                  gain="5", body="front", squelch="open", mode="CW")  # fmt: skip
    settings = Configuration(receivers=(whole, Setup(receiver="hand", gain="max")))
    assert configuration_from(configuration_to(settings)) == settings
