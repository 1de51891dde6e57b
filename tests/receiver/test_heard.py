"""What a beacon's rate means, by the collar's own sheet and by nothing else."""

from __future__ import annotations

import pytest

from receiver.config import Collar, collar_from, configuration_from, configuration_to
from receiver.heard import meaning_of, said_by, temperature_c
from receiver.listening_plan import Plan

CURVE = ((0.9, 30.0), (1.1, 10.0), (1.5, -10.0))


@pytest.mark.parametrize(
    ("period_s", "degrees"),
    [(0.9, 30.0), (1.0, 20.0), (1.1, 10.0), (1.3, 0.0), (1.5, -10.0), (0.89, None), (1.51, None)],
)
def test_temperature_by_the_curve_and_nothing_outside_of_it(
    period_s: float, degrees: float | None
) -> None:
    collar = Collar(name="Leo", temperature_c_by_period_s=CURVE)
    found = temperature_c(collar, period_s)
    assert found is None if degrees is None else found == pytest.approx(degrees)


def test_a_rate_of_the_sheet_comes_before_its_curve() -> None:
    collar = Collar(name="Leo", pulses_per_minute={"mortality": 60.0},
                    temperature_c_by_period_s=CURVE)  # fmt: skip
    assert meaning_of(collar, 1.0) == "mortality"
    assert meaning_of(collar, 1.2) == "5 C by its curve"
    assert meaning_of(collar, 3.0) is None
    assert meaning_of(Collar(name="Leo"), 1.0) is None


def test_beacon_with_a_curve_is_sought_at_any_period() -> None:
    sheet = {"frequency_hz": 150.01e6, "pulses_per_minute": {"normal": 50}}
    plain = collar_from("Leo", sheet)
    curved = collar_from("Leo", {**sheet, "temperature_c_by_period_s": [[0.9, 30], [1.5, -10]]})
    for collar, periods in ((plain, (1.2,)), (curved, ())):
        (wanted,) = Plan(collars=(collar,), frequency_hz=150e6).wanted(300e3, 0.02)
        assert wanted.periods_s == periods


def test_curve_is_kept_with_the_search() -> None:
    sheets = {"collars": {"Leo": {"temperature_c_by_period_s": [[0.9, 30], [1.5, -10]]}}}
    once = configuration_from(sheets)
    assert once.collars[0].temperature_c_by_period_s == ((0.9, 30.0), (1.5, -10.0))
    assert configuration_from(configuration_to(once)) == once


LENGTHS = {"normal": 0.02, "mortality": 0.04}


@pytest.mark.parametrize(
    ("rates", "lengths", "length_s", "name"),
    [
        ({}, LENGTHS, 0.021, "normal"),
        ({}, LENGTHS, 0.043, "mortality"),
        ({}, LENGTHS, 0.03, None),  # neither
        ({}, LENGTHS, None, None),  # not measured
        ({"normal": 60}, LENGTHS, 0.04, "mortality"),  # whose rate the sheet does not give
        ({"normal": 60}, LENGTHS, 0.02, "normal"),
        ({"normal": 60}, LENGTHS, None, None),  # it may be mortality as well
        ({"normal": 60, "mortality": 60}, LENGTHS, 0.04, "mortality"),
        ({"normal": 60, "mortality": 60}, {}, None, None),  # no difference, so nothing is said
        ({"normal": 60, "mortality": 120}, LENGTHS, 0.04, None),  # rate and length disagree
        ({"normal": 60, "mortality": 120}, LENGTHS, None, "normal"),  # the rate is enough
        ({"normal": 60}, {}, 0.04, "normal"),
    ],
)
def test_what_fits_in_all_that_the_sheet_gives(
    rates: dict[str, float], lengths: dict[str, float], length_s: float | None, name: str | None
) -> None:
    collar = Collar(name="Leo", pulses_per_minute=rates, pulse_lengths_s=lengths)
    assert said_by(collar, 60.0, length_s) == name


def test_a_meaning_by_the_length_alone_says_so() -> None:
    collar = Collar(name="Leo", pulse_lengths_s=LENGTHS)
    assert meaning_of(collar, 1.0, 0.04) == "mortality by its pulse length"
