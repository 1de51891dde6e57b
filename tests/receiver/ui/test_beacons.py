"""The words for beacons, read as a tired ranger would."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest

from receiver.heard import Track
from receiver.hearing import Watch
from receiver.listening_plan import Plan
from receiver.samples.level import FORMATS, Meter
from receiver.ui.beacons import (
    BeaconScreen,
    beacon_line,
    level_words,
    rate_words,
    strip,
    summary,
)

TRACK = Track(
    track_id="leo-1", collar="leo", call="heard", frequency_hz=150.0124e6, drifted_hz=0.0,
    period_s=1.2, pulses_per_minute=50.0, jitter=0.005, regular=True, pulse_count=49, slot_count=50,
    level_db=-41.23, level_sd_db=0.3, cn0_dbhz=33.4, saturated=False, first_s=0.3, last_s=58.0,
    log_likelihood=50.0, false_alarms_h=1e-9, expected_false_alarms=1e-10, meaning="normal",
)  # fmt: skip


IRREGULAR = {"meaning": None, "regular": False, "pulses_per_minute": 92.0}
FEW = "50 a minute; 12 pulses are too few to say what that means"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "50 a minute: its normal rate"),
        ({"meaning": "low_battery"}, "50 a minute: its low battery rate"),
        ({"meaning": None}, "50 a minute, meaning unknown"),
        (
            {"meaning": "mortality by its pulse length", "pulse_length_s": 0.0403},
            "50 a minute, 40 ms long: mortality by its pulse length",
        ),
        ({"meaning": "12 C by its curve"}, "50 a minute: 12 C by its curve"),
        ({"meaning": None, "jitter": 0.0001}, "50 a minute, steady, meaning unknown"),
        (IRREGULAR, "about 92 a minute, irregular, meaning unknown"),
        ({"meaning": None, "pulse_count": 12}, FEW),
    ],
)
def test_rate_in_words(changes: dict, words: str) -> None:
    assert rate_words(dataclasses.replace(TRACK, **changes)) == words


@pytest.mark.parametrize("word", ["dead", "alive", "mortality"])
def test_no_word_on_life_or_death_without_the_sheet(word: str) -> None:
    few = dataclasses.replace(TRACK, meaning=None, pulse_count=29)
    assert word not in beacon_line(few, 60.0).lower()


def test_a_line_says_who_where_how_loud_and_how_old() -> None:
    line = beacon_line(TRACK, 60.0)
    for word in ("HEARD", "leo", "150.0124 MHz", "-41.2 dB", "49 of 50 pulses", "2 s ago"):
        assert word in line
    loud = beacon_line(dataclasses.replace(TRACK, saturated=True), 60.0)
    assert "at least" in loud
    assert "less gain" in loud
    assert "level ?" in beacon_line(dataclasses.replace(TRACK, level_db=None), 60.0)


def test_a_maybe_says_what_to_do() -> None:
    watch = Watch(48_000.0, 127.5, Plan(), 127.5)
    text = "\n".join(summary([dataclasses.replace(TRACK, call="maybe")], watch, 3, ["far"]))
    assert "unplug it" in text
    assert "not listened for: far" in text
    assert "no beacon was heard" in "\n".join(summary([], watch, 0, []))


def test_strip_shows_a_carrier_in_its_place() -> None:
    watch = Watch(48_000.0, 127.5, Plan(frequency_hz=150e6), 127.5, picture=True)
    assert strip(watch, 60) == []
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(2 * 96_000, dtype=np.float32).view(np.complex64)
    samples[30_000:31_000] += 2 * np.exp(2j * np.pi * 0.25 * np.arange(1000))
    for _ in watch.push(samples):
        pass
    bars, scale = strip(watch, 60)
    assert len(bars) == len(scale) == 60
    assert bars.index(max(bars)) == pytest.approx(45, abs=1)
    assert "149.9760" in scale
    assert "150.0240 MHz" in scale


def test_without_a_terminal_each_call_is_told_once() -> None:
    watch, said = Watch(48_000.0, 127.5, Plan(), 127.5), io.StringIO()
    meter = Meter(FORMATS["cu8"], 48_000.0)
    with BeaconScreen(said) as screen:
        for call in ("faint", "maybe", "maybe", "heard", "heard"):
            screen.show(watch, [dataclasses.replace(TRACK, call=call)], meter)
    assert [line[:5] for line in said.getvalue().splitlines()[::2]] == ["MAYBE", "HEARD"]
    assert level_words(meter) == "level ?"
    meter.add(bytes([255, 128]) * 30_000)
    assert "50.0% cut off" in level_words(meter)
