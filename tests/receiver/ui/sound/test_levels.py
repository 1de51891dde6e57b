"""What is said of pulses: unsmoothed in a turn, smoothed on the way; peaks of polled meters."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from receiver.homing.pulses import MeterPulses, Pulse, pulse_of
from receiver.records import Detection
from receiver.ui.sound.levels import Blip, Levels
from receiver.ui.sound.pitch import Scale

SCALE = Scale(-100.0, 0.0)


def pulse(time_s: float, level_db: float | None, *, saturated: bool = False) -> Pulse:
    return Pulse(time_s=time_s, level_db=level_db, floor_db=-100.0, top_db=0.0, saturated=saturated)


def pitches(levels: Levels, *levels_db: float) -> list[float | None]:
    return [levels.blip(pulse(float(n), level)).pitch_hz for n, level in enumerate(levels_db)]


def test_each_pulse_of_a_turn_has_its_own_pitch() -> None:
    levels = Levels()
    levels.turn(True)
    heard = [-60.0, -30.0, -58.0, -33.0]
    assert pitches(levels, *heard) == [SCALE.pitch_hz(level) for level in heard]


def test_walking_one_odd_pulse_is_smoothed() -> None:
    assert pitches(Levels(), -60.0, -60.0, -60.0, -40.0, -60.0) == [SCALE.pitch_hz(-60.0)] * 5


def test_a_maximum_is_new_once_and_after_a_while() -> None:
    levels = Levels()
    heard = [-60, -61, -62, -50, -50.2, -49.5, -45]
    blips = [levels.blip(pulse(float(n), level)) for n, level in enumerate(heard)]
    assert [blip.is_maximum for blip in blips] == [False, False, False, True, False, False, True]
    # A minute later what was loud then is forgotten.
    late = [levels.blip(pulse(100.0 + n, level)) for n, level in enumerate([-70, -71, -72, -65])]
    assert [blip.is_maximum for blip in late] == [False, False, False, True]


def test_a_turn_and_a_new_gain_begin_a_new_maximum() -> None:
    for begin_anew in (lambda one: one.turn(True), Levels.forget):
        levels = Levels()
        pitches(levels, -30.0, -30.0, -30.0)
        begin_anew(levels)
        assert not levels.blip(pulse(4.0, -20.0)).is_maximum


def test_what_is_saturated_has_no_pitch_and_what_has_no_level_neither() -> None:
    levels = Levels()
    assert levels.blip(pulse(0.0, -1.0, saturated=True)) == Blip(None, saturated=True)
    assert levels.blip(pulse(1.0, None)) == Blip(None)


def reading(time_s: float, level: float, *, is_count: bool = False) -> Detection:
    return Detection(
        kind="meter",
        time=datetime(2026, 11, 28, tzinfo=UTC),
        monotonic_ns=round(time_s * 1e9),
        level_raw=level,
        level_db=None if is_count else level,
    )


def told(levels: list[float], *, is_count: bool = False, step_s: float = 0.1) -> list[Pulse]:
    meter = MeterPulses()
    found = [
        meter.add(reading(number * step_s, level, is_count=is_count), number * step_s)
        for number, level in enumerate(levels)
    ]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("is_count", [False, True])
def test_each_peak_of_a_meter_is_one_pulse_of_its_height(is_count: bool) -> None:
    base = 20.0
    period = [base, base + 1, base, base + 30, base + 41, base + 20, base + 2, base, base, base]
    pulses = told(period * 5, is_count=is_count)
    assert [one.level_db for one in pulses] == [base + 41] * 5
    assert [one.time_s for one in pulses] == pytest.approx([0.4, 1.4, 2.4, 3.4, 4.4])
    assert pulses[-1].floor_db == pytest.approx(base, abs=1.0)


def test_a_meter_that_only_wavers_or_stands_still_gives_no_pulse() -> None:
    assert told([20.0, 22.0, 21.0, 23.0] * 20) == []
    steady = told([20.0] * 30 + [50.0] * 100)
    assert len(steady) <= 1  # where it rose; a held level is no pulse after that


def test_a_meter_that_falls_slowly_keeps_its_pulses_apart() -> None:
    # 20 dB a second, a pulse a second, read four times a second: it never comes down to its noise.
    peaks = [20.0] * 3 + [60.0, 60.0, 54.0, 63.0, 63.0, 60.0]
    levels = [max(20.0, peak - 5.0 * quarter) for peak in peaks for quarter in range(4)]
    pulses = told([20.0] * 12 + levels, step_s=0.25)
    assert [one.level_db for one in pulses] == peaks[3:]
    assert {one.floor_db for one in pulses} == {20.0}


def test_noise_of_a_meter_is_no_pulse() -> None:
    noise = np.random.default_rng(1).normal(20.0, 0.7, 6000)
    assert len(told([round(float(level), 1) for level in noise])) <= 3  # in ten minutes


def test_a_pulse_does_not_wait_for_a_reading_that_does_not_come() -> None:
    meter = MeterPulses()
    for number in range(10):
        meter.add(reading(number * 0.1, 20.0), number * 0.1)
    assert meter.add(reading(1.0, 50.0), 1.0) is None
    assert meter.wait(1.05) is None
    late = meter.wait(1.1)
    assert late is not None
    assert late.time_s == 1.0
    assert meter.wait(1.2) is None


def test_packets_are_placed_between_usual_ends() -> None:
    packet = Detection(
        kind="packet",
        time=datetime(2026, 11, 28, tzinfo=UTC),
        monotonic_ns=2_000_000_000,
        level_db=-80.0,
        level_unit="dBm",
    )
    assert pulse_of(packet, 2.0) == Pulse(time_s=2.0, level_db=-80.0, floor_db=-120.0, top_db=-30.0)
