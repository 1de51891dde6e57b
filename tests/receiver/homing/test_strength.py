"""The level of one receiver: pulses of a polled meter, the scale, the rate."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from receiver.config import Collar
from receiver.homing.pulses import may_be_of
from receiver.homing.strength import Levels
from receiver.records import Detection, DetectionKind

T0 = datetime(2026, 11, 28, 6, tzinfo=UTC)


def given(kind: DetectionKind, level_db: float | None = None, **values: Any) -> Detection:
    return Detection(kind=kind, time=T0, monotonic_ns=0, level_db=level_db, **values)


def meter(counts: float) -> Detection:
    return given("meter", level_raw=counts, found=False)


def beating(period_s: float, seconds: float, poll_s: float = 0.1) -> Levels:
    """Return a meter that shows 20 counts of noise, and 120 while a pulse lasts."""
    levels = Levels("count", "meter")
    for step in range(round(seconds / poll_s)):
        time_s = step * poll_s
        is_pulse = step % round(period_s / poll_s) == 0 and time_s >= 1.0
        levels.add(meter(120.0 if is_pulse else 20.0), time_s)
    return levels


def test_meter_shows_noise_between_pulses() -> None:
    levels = beating(1.0, 20.0)
    assert {pulse.value for pulse in levels.pulses} == {120.0}
    told = levels.strength("r", 20.0, [(0.0, 30.0)])
    assert told is not None
    # 100 counts above the noise of 20, of the 235 up to 255.
    assert (told.value, told.unit, told.share, told.age_s) == (120.0, "count", 0.426, 1.0)


def test_meter_that_falls_slowly_is_as_loud_as_its_peaks_over_its_noise() -> None:
    """Recorded case: 20 dB a second, a pulse a second; the median of it was taken for its noise."""
    levels = Levels("dBm", "meter")
    for step in range(300):
        since = step % 10 if step >= 60 else 99
        levels.add(given("meter", max(-120.0, -75.0 - 2.0 * since)), step * 0.1)
    told = levels.strength("r", 30.0, [(0.0, 60.0)])
    assert told is not None
    assert (told.value, told.share) == (-75.0, 0.75)  # 45 dB over noise, of 60
    assert levels.pulses_per_minute(30.0) == pytest.approx(60.0)


def test_meter_without_pulses_is_no_level() -> None:
    levels = Levels("count", "meter")
    for step in range(200):
        levels.add(meter(20.0 + step % 5), step * 0.1)
    assert levels.strength("r", 20.0, [(0.0, 30.0)]) is None


@pytest.mark.parametrize(
    ("period_s", "seconds", "rate", "beats"),
    [(1.0, 20.0, 60.0, 19), (0.5, 20.0, 120.0, 38), (1.5, 60.0, 40.0, 39), (1.0, 4.0, None, 3)],
)
def test_rate_of_a_meters_pulses(
    period_s: float, seconds: float, rate: float | None, beats: int
) -> None:
    levels = beating(period_s, seconds)
    told = levels.pulses_per_minute(seconds)
    assert told == (None if rate is None else pytest.approx(rate, abs=0.1))
    assert levels.beat_count(seconds) == beats
    assert levels.pulses_per_minute(seconds + 31.0) is None
    assert levels.beat_count(seconds + 61.0) == 0


@pytest.mark.parametrize(
    ("heard", "share"),
    [
        (given("pulse", -45.0, level_unit="dBFS", noise_db=-90.0), 0.5),
        (given("pulse", 0.0, level_unit="dBFS", noise_db=-80.0), 1.0),
        (given("pulse", 0.0, level_unit="dBFS", noise_db=0.0), 0.0),  # no span, and no fault
        (given("pulse", 30.0, level_unit="dBS9", noise_db=0.0), 0.5),
        (given("pulse", 20.0, level_unit="dBS9", snr_db=15.0), 0.25),
        (given("pulse", -24.0, level_unit="dBS9"), 0.5),  # S0 to 60 dB above it
        (given("packet", -75.0, level_unit="dBm"), 0.5),  # of -120 to -30
        (given("packet", -118.0, level_unit="dBm", noise_db=-105.0), 0.022),  # below the noise
        (given("packet", -130.0, level_unit="dBm"), 0.0),
    ],
)
def test_where_a_level_lies_on_the_meter(heard: Detection, share: float) -> None:
    levels = Levels(heard.level_unit or "dB", heard.kind)
    levels.add(heard, 0.0)
    told = levels.strength("r", 0.0, [])
    assert told is not None
    assert told.share == share


def test_loudest_pulse_holds_for_three_seconds_and_the_peak_for_its_sweep() -> None:
    levels = Levels("dBFS", "pulse")
    for second, level_db in enumerate([-50.0, -60.0, -62.0, -61.0, -63.0, -64.0, -65.0]):
        levels.add(given("pulse", level_db, level_unit="dBFS", noise_db=-90.0), float(second))
    told = levels.strength("r", 6.5, [(3.0, 10.0), (0.0, 3.0)])
    assert told is not None
    assert (told.value, told.peak, told.peak_age_s, told.trend_db) == (-61.0, -61.0, 3.5, -11.0)


def test_saturation_of_the_loudest_is_told_and_counts_have_no_trend() -> None:
    levels = Levels("count", "meter")
    for step in range(100):
        loud = step % 10 == 0 and step > 10
        levels.add(given("meter", level_raw=255.0 if loud else 10.0, saturated=loud), step * 0.1)
    told = levels.strength("r", 10.0, [(5.0, 20.0), (0.0, 5.0)])
    assert told is not None
    assert told.saturated
    assert (told.share, told.trend_db) == (1.0, None)


@pytest.mark.parametrize("sd", [1.0, 1.5, 2.0, 4.0])
def test_noise_of_a_meter_is_no_beacon(sd: float) -> None:
    """Recorded case: 1.5 dB of noise at ten readings a second made 43 pulses a minute of it."""
    dice = random.Random(7)
    levels, minutes = Levels("dBm", "meter"), 10
    for step in range(600 * minutes):
        levels.add(given("meter", -110.0 + dice.gauss(0.0, sd)), step * 0.1)
    assert len(levels.pulses) <= 2 * minutes


@pytest.mark.parametrize("sd", [0.5, 1.0, 1.5])
def test_pulses_well_above_a_noisy_meter_are_found(sd: float) -> None:
    dice = random.Random(7)
    levels = Levels("dBm", "meter")
    for step in range(1200):
        lift = 15.0 if step % 10 == 0 else 0.0
        levels.add(given("meter", -110.0 + lift + dice.gauss(0.0, sd)), step * 0.1)
    assert levels.pulses_per_minute(120.0) == pytest.approx(60.0, rel=0.02)
    assert len(levels.pulses) >= 100


def test_pulse_that_comes_late_hides_none_of_the_newer_ones() -> None:
    levels = Levels("dB", "pulse")
    for time_s, level_db in ((1.0, -60.0), (40.0, -50.0), (41.0, -55.0), (2.0, -40.0)):
        levels.add(given("pulse", level_db), time_s)
    assert [told.time_s for told in levels.pulses] == [1.0, 2.0, 40.0, 41.0]
    told = levels.strength("r", 42.0, [(12.0, 43.0)])
    assert told is not None
    assert (told.value, told.age_s, told.peak) == (-50.0, 1.0, -50.0)


LEO = Collar(name="leo", frequency_hz=150.1e6)


@pytest.mark.parametrize(
    ("heard", "may_be"),
    [
        (given("pulse", -60.0, frequency_hz=150.1e6), True),
        (given("pulse", -60.0, frequency_hz=150.1025e6), True),
        (given("pulse", -20.0, frequency_hz=150.16e6), False),  # somebody else in the band
        (given("pulse", -60.0), True),
        (given("pulse", -60.0, frequency_hz=150.16e6, collar="leo"), True),
        (given("pulse", -60.0, frequency_hz=150.1e6, collar="ira"), False),
        (given("meter", -60.0, frequency_hz=150.12e6), True),  # tuned beside it, as a gain step
        (given("packet", -60.0), False),
        (given("packet", -60.0, collar="leo"), True),
    ],
)
def test_what_may_be_the_homed_collar(heard: Detection, may_be: bool) -> None:
    assert may_be_of(heard, "leo", LEO) is may_be
