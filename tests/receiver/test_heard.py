"""What a beacon's rate means, by the collar's own sheet and by nothing else."""

from __future__ import annotations

import pytest

from receiver.config import Collar, collar_from, configuration_from, configuration_to
from receiver.heard import meaning_of, temperature_c
from receiver.hearing import Plan

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
