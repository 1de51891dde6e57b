"""Levels: published tables, and the power of a LoRa signal alone."""

from __future__ import annotations

import pytest

from receiver.levels import (
    AOR_CURVES,
    ICOM_CURVES,
    UNIDEN_CURVE,
    Curve,
    effective_signal_power_dbm,
    usable,
)

# Typed from icr8500.c and icr75.c of Hamlib. That of the R9500 was copied there from another model.
HAMLIB = {
    "r8500": {0: -54, 10: -48, 32: -42, 98: -18, 134: 0, 156: 10, 192: 30, 238: 60},
    "r75": {0: -60, 52: -48, 95: -24, 128: -6, 146: 0, 186: 20, 233: 50, 255: 60},
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


def test_placeholders_are_known_and_never_used() -> None:
    """Hamlib 4.5.4 says -4 dB for a count of 120 of an R8600 (seen), whatever the truth is."""
    placeholder = ICOM_CURVES["r8600"]
    assert (placeholder.evidence, placeholder.level_db(120)) == (
        "placeholder",
        pytest.approx(-3.5, abs=0.1),
    )
    assert {model for model in ICOM_CURVES if usable(ICOM_CURVES, model)} == {"r8500", "r75"}
    assert usable(ICOM_CURVES, "r9999") is None


@pytest.mark.parametrize(
    "curve",
    [*ICOM_CURVES.values(), *AOR_CURVES.values(), UNIDEN_CURVE],
    ids=lambda c: c.calibration_id,
)
def test_curves_rise(curve: Curve) -> None:
    assert len(curve.raw) == len(curve.db)
    for values in (curve.raw, curve.db):
        assert list(values) == sorted(set(values))


@pytest.mark.parametrize(
    ("rssi", "snr", "esp"),
    # Strong: the RSSI. At 0 dB half of the power is noise. Weak: RSSI + SNR. The last one is what
    # a ThingPark network itself said of a live collar's packet (LrrESP).
    [(-80, 10, -80.41), (-110, 0, -113.01), (-117, -20, -137.04), (-117, -5.75, -123.774582)],
)
def test_power_of_the_signal_alone(rssi: float, snr: float, esp: float) -> None:
    assert effective_signal_power_dbm(rssi, snr) == pytest.approx(esp, abs=0.01)
