"""Polled meters and pulsed beacons: a peak a period, and nothing that is no pulse."""

from __future__ import annotations

import itertools
import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from receiver.config import Collar, Configuration
from receiver.levels import Curve
from receiver.meters import Pulses, longest_period_s
from receiver.records import Detection
from receiver.setups import Calibration

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
RATES = {"normal": 40.0, "mortality": 80.0}
SHEETS = Configuration(
    collars=(
        Collar(name="Baksan", frequency_hz=150.35e6, pulses_per_minute=RATES),
        Collar(name="Cegem", frequency_hz=150.36e6),
    )
)
CURVE = Curve(calibration_id="mine", evidence="measured", raw=(0, 100), db=(-100.0, 0.0))
CALIBRATION = Calibration(time=T0, curve=CURVE, unit="dB", sd_db=1.5)


def meter(seconds: float, level_db: float | None, **fields: object) -> Detection:
    known: dict[str, object] = {"kind": "meter", "monotonic_ns": 0, "source": "r", "session": "s",
                                "collar": "Baksan", "level_unit": "dBS9"}  # fmt: skip
    return Detection(time=T0 + timedelta(seconds=seconds), level_db=level_db, **{**known, **fields})  # type: ignore[arg-type]


def pulses(readings: list[Detection], **how: object) -> tuple[list[Detection], dict[str, int]]:
    found = Pulses(SHEETS)
    for reading in readings:
        found.add(reading)
    return found.result(**how)  # type: ignore[arg-type]


def beacon(seconds: float, rate: float, poll_hz: float, phase_s: float = 0.2) -> list[Detection]:
    """A meter that jumps to -20 at each pulse and falls back within 0.3 s, polled."""
    readings = []
    for k in range(int(seconds * poll_hz)):
        since = (k / poll_hz - phase_s) % (60.0 / rate)
        readings.append(meter(k / poll_hz, -20.0 - 20.0 * min(since / 0.3, 1.0)))
    return readings


def test_one_peak_a_period() -> None:
    peaks, unused = pulses(beacon(60.0, 40.0, 10.0))
    assert len(peaks) == 40
    assert {round((b.time - a.time).total_seconds(), 1) for a, b in itertools.pairwise(peaks)} == {
        1.5
    }
    assert {(p.level_db, p.noise_db) for p in peaks} == {(-20.0, -40.0)}
    assert unused == {}


def test_of_a_beacon_twice_as_fast_every_second_pulse_is_enough() -> None:
    peaks, _ = pulses(beacon(60.0, 80.0, 10.0))
    assert 35 <= len(peaks) <= 45
    assert all(p.level_db == pytest.approx(-20.0, abs=7.0) for p in peaks)


@pytest.mark.parametrize("phase_s", [0.0, 0.05, 1.45, 1.49])
def test_pulse_on_the_border_of_two_periods_is_one(phase_s: float) -> None:
    peaks, _ = pulses(beacon(60.0, 40.0, 20.0, phase_s))
    assert 39 <= len(peaks) <= 41
    steps = [(b.time - a.time).total_seconds() for a, b in itertools.pairwise(peaks)]
    assert min(steps) > 0.7


def test_jitter_neither_doubles_nor_loses_many() -> None:
    rng, at, times = random.Random(3), 0.3, []
    while at < 300.0:
        times.append(at)
        at += 1.5 * (1.0 + rng.gauss(0, 0.02))
    readings = []
    for k in range(3000):
        now = k / 10.0
        since = min((now - t for t in times if t <= now), default=9.0)
        readings.append(meter(now, -20.0 - 20.0 * min(since / 0.3, 1.0)))
    peaks, _ = pulses(readings)
    assert len(times) * 0.9 < len(peaks) <= len(times)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [({"level_db": None}, "without any number"), ({"collar": None}, "none or several"),
     ({"collar": "Cegem"}, "no pulse rate")],
)  # fmt: skip
def test_reading_that_cannot_be_used_is_counted_with_its_reason(
    reading: dict[str, object], reason: str
) -> None:
    one = meter(0, **{"level_db": -30.0, **reading})  # type: ignore[arg-type]
    peaks, unused = pulses([one, one])
    assert peaks == []
    assert [(reason in text, count) for text, count in unused.items()] == [(True, 2)]


def test_steady_meter_has_no_pulse() -> None:
    peaks, unused = pulses([meter(0.1 * k, -40.0 + 0.1 * (k % 3)) for k in range(45)])
    assert peaks == []
    assert unused == {"without a pulse in them": 45}


def test_meter_that_is_asked_too_seldom_proves_nothing() -> None:
    peaks, unused = pulses(beacon(60.0, 40.0, 1.0))
    assert peaks == []
    assert unused == {"asked too seldom to catch a pulse": 60}


def test_count_needs_a_calibration() -> None:
    counts = [meter(r.time.timestamp() - T0.timestamp(), None, level_raw=100.0 + (r.level_db or 0))
              for r in beacon(6.0, 40.0, 10.0)]  # fmt: skip
    peaks, unused = pulses(counts)
    assert peaks == []
    assert unused == {"of a meter without a curve: a count is no level": 60}
    peaks, unused = pulses(counts, calibration_of=lambda reading: CALIBRATION)
    assert [(p.level_db, p.noise_db, p.level_unit, p.level_sd_db) for p in peaks] == [
        (-20.0, -40.0, "dB", 1.5)
    ] * 4
    assert {p.calibration_id for p in peaks} == {"mine"}


def test_change_of_the_attenuator_is_not_mixed_into_a_period() -> None:
    first = [meter(0.1 * k, -40.0, attenuator_db=0.0) for k in range(8)]
    second = [meter(0.8 + 0.1 * k, -60.0, attenuator_db=20.0) for k in range(7)]
    peaks, unused = pulses([*first, *second])  # the fall by 20 dB is no pulse
    assert (peaks, unused) == ([], {"without a pulse in them": 15})


def test_period_is_the_longest_of_the_sheet() -> None:
    assert longest_period_s(SHEETS.collar("Baksan")) == 1.5
    assert longest_period_s(SHEETS.collar("Cegem")) is None
    assert longest_period_s(None) is None
    assert math.isfinite(longest_period_s(SHEETS.collars[0]) or math.nan)
