"""The pitch of a level.

300 Hz at noise + 3 dB up to 1,500 Hz at 3 dB below saturation, as a musical scale: a decibel is the
same interval everywhere. It goes in steps of 1 dB, so that equal levels sound equal and a step is
a step. A step is at least a third of a semitone (1.9 %) and 3 dB at least one semitone (5.9 %).

What the ear can tell: of tones of half a second about 1/30 of a critical band, which is 0.5 % at
1 kHz (Acoustical Society of America, Auditory Demonstrations, track 33); of blips of hundredths of
a second, and by untrained ears, a few times as much. So 3 dB are ten such differences for long
tones, and are still heard in blips. Where a receiver's range is wider than 84 dB the steps stay so
large, and the pitch goes on above 1,500 Hz.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LOWEST_HZ, HIGHEST_HZ = 300.0, 1500.0
MARGIN_DB = 3.0
STEP_DB = 1.0
LEAST_SEMITONES_DB = 1.0 / 3.0
MOST_HZ = 3000.0  # sharper is no longer heard well by old ears
MOVES_DB = 6.0
RANGE_SEMITONES = 12.0 * math.log2(HIGHEST_HZ / LOWEST_HZ)


class Scale(NamedTuple):
    """Noise and saturation of a receiver, in its own decibels (counts where it has none)."""

    floor_db: float
    top_db: float

    def pitch_hz(self, level_db: float) -> float:
        """Return the pitch of a level, in steps."""
        low_db, high_db = self.floor_db + MARGIN_DB, self.top_db - MARGIN_DB
        semitones_db = max(LEAST_SEMITONES_DB, RANGE_SEMITONES / max(high_db - low_db, 1.0))
        above_db = min(max(level_db, low_db), max(high_db, low_db)) - low_db
        steps = round(above_db / STEP_DB)
        hz = LOWEST_HZ * math.pow(2.0, steps * STEP_DB * semitones_db / 12.0)
        return min(hz, MOST_HZ)

    def kept(self, floor_db: float, top_db: float) -> Scale:
        """Return this scale, or a new one where noise or saturation are other ones now.

        It stays while they move a little: the same level must be the same pitch.
        """
        moved_db = max(abs(floor_db - self.floor_db), abs(top_db - self.top_db))
        return Scale(floor_db, top_db) if moved_db > MOVES_DB else self
