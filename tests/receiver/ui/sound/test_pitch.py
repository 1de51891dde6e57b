"""The pitch of a level: by the formula, in steps that an ear hears."""

from __future__ import annotations

import itertools
import math

import pytest

from receiver.ui.sound.pitch import Scale

SEMITONE = 2 ** (1 / 12)


@pytest.mark.parametrize(
    ("level_db", "share"), [(-90, 0.0), (-77, 0.0), (-40, 0.5), (-3, 1.0), (0, 1.0)]
)
def test_pitch_is_that_of_the_formula(level_db: float, share: float) -> None:
    # 300 * 5^x, x = (rssi - (floor + 3)) / ((saturation - 3) - (floor + 3)), clipped to 0..1
    assert Scale(-80.0, 0.0).pitch_hz(level_db) == pytest.approx(300 * 5**share, rel=0.01)


@pytest.mark.parametrize("floor_db", [-40.0, -80.0, -110.0, -140.0])
def test_three_decibels_are_a_semitone_or_more_everywhere(floor_db: float) -> None:
    scale = Scale(floor_db, 0.0)
    levels = range(math.ceil(floor_db + 3), -6)
    for level_db in levels:
        interval = scale.pitch_hz(level_db + 3) / scale.pitch_hz(level_db)
        at_its_end = scale.pitch_hz(level_db + 3) >= 3000.0
        assert interval >= SEMITONE * 0.999 or at_its_end


def test_a_step_is_a_decibel_and_the_same_everywhere() -> None:
    scale = Scale(-80.0, 0.0)
    pitches = [scale.pitch_hz(-77.0 + tenth / 10) for tenth in range(740)]
    steps = sorted(set(pitches))
    ratios = [b / a for a, b in itertools.pairwise(steps)]
    assert len(steps) == 75
    assert min(ratios) == pytest.approx(max(ratios))
    assert pitches == sorted(pitches)


def test_the_scale_stays_while_noise_moves_a_little() -> None:
    scale = Scale(-80.0, 0.0)
    assert scale.kept(-76.0, 0.0) is scale
    assert scale.kept(-70.0, 0.0) == Scale(-70.0, 0.0)


def test_a_scale_without_room_has_one_pitch() -> None:
    assert Scale(-2.0, 0.0).pitch_hz(-1.0) == 300.0
