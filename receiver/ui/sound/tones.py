"""The sounds themselves: numbers from -1 to 1, 48,000 a second.

All but the alarm are over within a third of a second: begun after a pulse, they have ended before
the next one of a beacon of 120 a minute.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

RATE_HZ = 48_000
BLIP_S, EDGE_S = 0.06, 0.004
BLIP_LOUD, CALL_LOUD, ALARM_LOUD = 0.25, 0.35, 0.6
# C5, E5, G5, C6: nothing of the meter rises so.
HEARD_HZ = (523.25, 659.26, 783.99, 1046.5)
NOTE_S = 0.08
TRILL_HZ = (1800.0, 2300.0)
TRILL_NOTES, TRILL_NOTE_S = 6, 0.025
CLICK_HZ, CLICK_S, CLICK_PAUSE_S = 2600.0, 0.008, 0.05
ALARM_HZ = (950.0, 620.0)
ALARM_NOTES, ALARM_NOTE_S = 8, 0.2


def note(pitch_hz: float, seconds: float, loud: float = BLIP_LOUD) -> Sound:
    """Return a sine with soft edges."""
    count = round(seconds * RATE_HZ)
    edge = min(round(EDGE_S * RATE_HZ), count // 2)
    sound = loud * np.sin(2 * math.pi * pitch_hz / RATE_HZ * np.arange(count))
    slope = 0.5 - 0.5 * np.cos(math.pi * (np.arange(edge) + 0.5) / edge)
    sound[:edge] *= slope
    sound[count - edge :] *= slope[::-1]
    return np.asarray(sound, np.float32)


def rest(seconds: float) -> Sound:
    """Return silence."""
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def blip(pitch_hz: float) -> Sound:
    """One pulse."""
    return note(pitch_hz, BLIP_S)


def click() -> Sound:
    """A packet without a level."""
    return note(CLICK_HZ, CLICK_S)


def double_click() -> Sound:
    """A new maximum."""
    return np.concatenate((rest(0.02), click(), rest(CLICK_PAUSE_S), click()))


def trill() -> Sound:
    """Saturated: the level is a lower bound, turn the gain down."""
    notes = [note(TRILL_HZ[n % 2], TRILL_NOTE_S) for n in range(TRILL_NOTES)]
    return np.concatenate(notes)


def heard() -> Sound:
    """The call of HEARD: four rising notes."""
    return np.concatenate([note(hz, NOTE_S, CALL_LOUD) for hz in HEARD_HZ])


def alarm() -> Sound:
    """An animal was seen, or there is danger: high, low, high, low, louder than all else."""
    notes = [note(ALARM_HZ[n % 2], ALARM_NOTE_S, ALARM_LOUD) for n in range(ALARM_NOTES)]
    return np.concatenate(notes)
