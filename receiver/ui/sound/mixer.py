"""Puts sounds over the receiver's own, which always comes through whole.

The raw sound is never made quieter and never waits: a beacon at the edge of hearing is heard by the
ear first. What is put over it is placed by whoever adds it: a blip begins when its pulse is over.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from receiver.ui.sound.tones import Sound

FULL = 32768.0  # a receiver's samples of 16 bits come out as they went in


class Mixer:
    """`position` is how many samples were given out; sounds are added from there on."""

    def __init__(self) -> None:
        self.position = 0
        self._sounds: list[tuple[int, Sound]] = []

    def add(self, sound: Sound, at: int = 0) -> int:
        """Add a sound from sample `at` on, or from now; return where it begins."""
        begin = max(at, self.position)
        self._sounds.append((begin, sound))
        return begin

    def busy_until(self) -> int:
        """Return when the sounds that were added are over."""
        return max((begin + len(sound) for begin, sound in self._sounds), default=self.position)

    def mix(self, raw: Sound) -> NDArray[np.int16]:
        """Return the next `len(raw)` samples."""
        out = raw.astype(np.float32) * FULL
        end = self.position + len(raw)
        for begin, sound in self._sounds:
            first, last = max(begin, self.position), min(begin + len(sound), end)
            if first < last:
                here = slice(first - self.position, last - self.position)
                out[here] += sound[first - begin : last - begin] * FULL
        self.position = end
        self._sounds = [one for one in self._sounds if one[0] + len(one[1]) > end]
        return np.asarray(np.clip(np.rint(out), -FULL, FULL - 1), np.int16)
