"""The level of the homed collar: pulses of a meter, peaks, trend, scale."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from receiver.homing.strength import Levels, walked
from receiver.records import Detection

T0 = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


def reading(level_db: float | None = None, raw: float | None = None, **more: object) -> Detection:
    fields = {"kind": "meter", "time": T0, "monotonic_ns": 0, "level_db": level_db,
              "level_raw": raw, **more}  # fmt: skip
    return Detection(**fields)  # type: ignore[arg-type]


def beating(levels: Levels, pulses: dict[float, float], until_s: float, noise: float) -> None:
    """Ask a meter ten times a second; at `pulses` it shows them, else noise."""
    for tick in range(round(until_s * 10)):
        at_s = tick / 10
        levels.add(reading(pulses.get(at_s, noise)), at_s)


def test_meter_that_shows_noise_alone_is_no_level() -> None:
    levels = Levels("dBm", is_meter=True)
    beating(levels, {}, 20.0, -120.0)
    assert levels.strength("r", 20.0, walked(20.0)) is None


def test_pulses_of_a_meter_are_the_level_and_the_rate() -> None:
    levels = Levels("dBm", is_meter=True)
    beating(levels, {float(s): -90.0 + s % 2 for s in range(2, 30)}, 30.0, -120.0)
    seen = levels.strength("r", 30.0, walked(30.0))
    assert seen is not None
    assert (seen.value, seen.unit, seen.age_s) == (-89.0, "dBm", 1.0)
    assert seen.share == pytest.approx(31 / 60, abs=0.02)  # noise to 60 dB above it
    assert levels.pulses_per_minute(30.0) == pytest.approx(60.0)


def test_trend_compares_the_peaks_of_two_sweeps() -> None:
    levels = Levels("dBm", is_meter=True)
    early, late = {10.0: -95.0, 20.0: -99.0}, {40.0: -91.0, 50.0: -97.0}
    beating(levels, early | late, 60.0, -120.0)
    seen = levels.strength("r", 60.0, walked(60.0))
    assert seen is not None
    assert (seen.peak, seen.trend_db) == (-91.0, 4.0)
    turns = [(35.0, 55.0), (5.0, 15.0)]
    turned = levels.strength("r", 60.0, turns)
    assert turned is not None
    assert (turned.peak, turned.peak_age_s, turned.trend_db) == (-91.0, 20.0, 4.0)


def test_one_sweep_has_no_trend() -> None:
    levels = Levels("dBm", is_meter=True)
    beating(levels, {10.0: -95.0}, 12.0, -120.0)
    seen = levels.strength("r", 12.0, walked(12.0))
    assert seen is not None
    assert seen.trend_db is None


def test_counts_have_no_decibels() -> None:
    levels = Levels("count", is_meter=True)
    for tick in range(300):
        levels.add(reading(raw=200.0 if tick % 10 == 0 else 20.0), tick / 10)
    seen = levels.strength("r", 30.0, walked(30.0))
    assert seen is not None
    assert (seen.unit, seen.value, seen.trend_db) == ("count", 200.0, None)


@pytest.mark.parametrize(("unit", "shown"), [("dBm", "dBm"), ("dBS9", "dB"), ("dBFS", "dB")])
def test_only_a_calibrated_level_is_called_dbm(unit: str, shown: str) -> None:
    levels = Levels(unit, is_meter=False)
    levels.add(reading(-60.0, kind="slot", level_unit=unit, found=True, noise_db=-80.0), 1.0)
    seen = levels.strength("sdr", 1.0, walked(1.0))
    assert seen is not None
    assert seen.unit == shown


def test_slot_in_which_nothing_was_found_is_no_level() -> None:
    levels = Levels("dBFS", is_meter=False)
    levels.add(reading(-80.0, kind="slot", level_unit="dBFS", found=False), 1.0)
    assert levels.strength("sdr", 1.0, walked(1.0)) is None
