"""Single pulses: their ends and levels by the formula of the made signal, in any blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from receiver.dsp.beep import Beep, Beeper

PULSE_S, PERIOD_S, FIRST_S = 0.02, 0.8, 1.0


def made(
    rate_hz: float,
    tone_hz: float,
    levels_db: list[float],
    *,
    is_real: bool,
    noise: float = 1e-3,
    pulse_s: float = PULSE_S,
) -> NDArray[Any]:
    """Return pulses of these levels (0 dB is 1.0) that end at FIRST_S + k PERIOD_S, in noise."""
    rng = np.random.default_rng(7)
    count = round((FIRST_S + len(levels_db) * PERIOD_S) * rate_hz)
    at = np.arange(count) / rate_hz
    size = np.zeros(count)
    for number, level_db in enumerate(levels_db):
        end_s = FIRST_S + number * PERIOD_S
        size[(at >= end_s - pulse_s) & (at < end_s)] = 10 ** (level_db / 20)
    if is_real:
        return (size * np.sin(2 * np.pi * tone_hz * at) + noise * rng.normal(size=count)).astype(
            "f4"
        )
    random = (rng.normal(size=count) + 1j * rng.normal(size=count)) * noise / np.sqrt(2)
    return np.asarray(size * np.exp(2j * np.pi * tone_hz * at) + random, np.complex64)


def heard(beeper: Beeper, samples: NDArray[Any], block: int = 4001) -> list[Beep]:
    return [
        beep
        for at in range(0, len(samples), block)
        for beep in beeper.push(samples[at : at + block])
    ]


def iq_beeper(rate_hz: float = 300e3, drift_hz: float = 2500.0, scale: float = 1.0) -> Beeper:
    return Beeper(rate_hz, 20_000.0, drift_hz, PULSE_S, scale)


def sound_beeper(rate_hz: float = 48e3) -> Beeper:
    return Beeper(rate_hz, 900.0, 600.0, PULSE_S, 1.0, is_real=True)


LEVELS_DB = [-10.0, -13.0, -40.0, -25.0, -11.0, -30.0]


@pytest.mark.parametrize(
    ("rate_hz", "tone_hz", "is_real"),
    [(48e3, 950.0, True), (16e3, 740.0, True), (300e3, 21_337.0, False), (64e3, 18_200.0, False)],
)
def test_each_pulse_has_its_end_and_its_own_level(
    rate_hz: float, tone_hz: float, is_real: bool
) -> None:
    beeper = sound_beeper(rate_hz) if is_real else iq_beeper(rate_hz)
    beeps = heard(beeper, made(rate_hz, tone_hz, LEVELS_DB, is_real=is_real))[: len(LEVELS_DB)]
    ends_s = [FIRST_S + k * PERIOD_S for k in range(len(LEVELS_DB) - 1)]
    assert [beep.end_s for beep in beeps[:-1]] == pytest.approx(ends_s, abs=0.002)
    assert [beep.level_db for beep in beeps[:-1]] == pytest.approx(LEVELS_DB[:-1], abs=0.35)
    assert [beep.offset_hz for beep in beeps[:-1]] == pytest.approx([tone_hz] * 5, abs=4.0)
    for beep in beeps:
        assert beep.told_s - beep.end_s <= beeper.delay_s < 0.05
        assert not beep.saturated


def test_noise_is_taken_off_and_told() -> None:
    # Noise of 0.02 in 48,000 samples a second has 2 * 0.02^2 / 960 in a pulse of 960 (one-sided).
    beeper = sound_beeper()
    levels_db = [-36.0] * 40
    beeps = heard(beeper, made(48e3, 900.0, levels_db, is_real=True, noise=0.02))
    noise_db = 10 * np.log10(4 * 0.02**2 / 960)
    assert np.median([beep.noise_db for beep in beeps]) == pytest.approx(noise_db, abs=1.5)
    power = np.mean([10 ** (beep.level_db / 10) for beep in beeps])
    assert 10 * np.log10(power) == pytest.approx(-36.0, abs=0.5)


@pytest.mark.parametrize("block", [1, 479, 100_000])
def test_blocks_make_no_difference(block: int) -> None:
    samples = made(16e3, 900.0, LEVELS_DB[:3], is_real=True)
    assert heard(sound_beeper(16e3), samples, block) == heard(sound_beeper(16e3), samples)


def test_noise_alone_is_seldom_a_pulse() -> None:
    rng = np.random.default_rng(11)
    beeps = heard(sound_beeper(8e3), rng.normal(size=8000 * 60).astype("f4"), 8000)
    assert len(beeps) <= 1  # one in five minutes is meant


def test_a_carrier_is_no_pulse_and_hides_none_beside_it() -> None:
    samples = made(300e3, 21_000.0, [-20.0] * 4, is_real=False)
    at = np.arange(len(samples)) / 300e3
    carrier = 0.05 * np.exp(2j * np.pi * 19_000.0 * at) * (at > 1.5)
    beeps = heard(iq_beeper(), (samples + carrier).astype(np.complex64))
    near = [beep for beep in beeps if abs(beep.offset_hz - 21_000.0) < 30.0]
    assert len(beeps) == len(near) == 4


def test_clicks_are_no_pulses() -> None:
    samples = made(48e3, 900.0, [-100.0] * 6, is_real=True)
    samples[48_000::7001] += 0.5
    assert heard(sound_beeper(), samples) == []


def test_a_longer_pulse_ends_where_it_ends_and_is_one() -> None:
    samples = made(48e3, 900.0, [-20.0] * 4, is_real=True, pulse_s=0.05)
    beeps = heard(sound_beeper(), samples)
    assert [b.end_s for b in beeps[:3]] == pytest.approx([1.0, 1.8, 2.6], abs=0.002)
    assert [b.level_db for b in beeps[:3]] == pytest.approx([-20.0] * 3, abs=0.2)


def test_what_is_cut_off_is_saturated() -> None:
    samples = made(300e3, 20_500.0, [3.0, -6.0, -20.0, -60.0], is_real=False)
    cut = (np.clip(samples.real, -1, 1) + 1j * np.clip(samples.imag, -1, 1)).astype(np.complex64)
    beeps = heard(iq_beeper(), cut)
    assert [beep.saturated for beep in beeps[:3]] == [True, False, False]


def test_silence_gives_nothing() -> None:
    assert heard(sound_beeper(), np.zeros(48_000 * 3, np.float32)) == []


def test_pulses_without_any_noise_are_measured() -> None:
    beeps = heard(sound_beeper(), made(48e3, 900.0, [-20.0] * 4, is_real=True, noise=0.0))
    assert [b.level_db for b in beeps[:3]] == pytest.approx([-20.0] * 3, abs=0.2)
