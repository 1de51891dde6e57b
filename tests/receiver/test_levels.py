"""Levels: published tables, and the power of a LoRa signal alone."""

from __future__ import annotations

import pytest

from receiver.levels import ICOM_CURVES, effective_signal_power_dbm

# Typed from Hamlib's rigs/icom/icr8500.c. That of the R9500 was copied there from another model.
HAMLIB = {
    "r8500": {0: -54, 10: -48, 32: -42, 98: -18, 134: 0, 156: 10, 192: 30, 238: 60},
}


@pytest.mark.parametrize("model", HAMLIB)
def test_curve_meets_the_published_points(model: str) -> None:
    curve = ICOM_CURVES[model]
    for raw, db in HAMLIB[model].items():
        assert curve.level_db(raw) == db


def test_between_points_a_straight_line_and_outside_the_end() -> None:
    curve = ICOM_CURVES["r8500"]
    assert curve.level_db(145) == 5.0
    assert curve.level_db(-3) == -54.0
    assert curve.level_db(255) == 60.0
    assert (curve.is_end(237), curve.is_end(238)) == (False, True)


def test_only_curves_that_were_measured_are_there() -> None:
    assert set(ICOM_CURVES) == {"r8500"}


@pytest.mark.parametrize(
    ("rssi", "snr", "esp"),
    # Strong: the RSSI. At 0 dB half of the power is noise. Weak: RSSI + SNR.
    [(-80, 10, -80.41), (-110, 0, -113.01), (-117, -20, -137.04)],
)
def test_power_of_the_signal_alone(rssi: float, snr: float, esp: float) -> None:
    assert effective_signal_power_dbm(rssi, snr) == pytest.approx(esp, abs=0.01)
