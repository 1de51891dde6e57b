"""A beacon in IQ as sound while it comes: the beat note that a hand receiver makes.

`tone` makes sound of stored minutes; here is the same pitch and width, sample by sample. How loud
it is follows the noise until pulses are louder than sound can be; then it follows the loudest
pulse, and goes up again slowly, so that a turn of the antenna keeps its ups and downs.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.lowering import Lowering, Resampler
from receiver.samples.tone import LOUD, PITCH_HZ, WIDTH_HZ

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

SOUND_HZ = 48_000
HOP = SOUND_HZ // 100
USUAL_HOPS = 300  # three seconds, whose median is the noise
LOUDEST = 0.8
UP_AGAIN = 10.0 ** (0.5 / 20 / 100)  # half a decibel a second, for each hop
QUIET = 1e-9  # of full scale: louder is not made of silence


class BeatNote:
    """Turns the samples of a band that `Lowering` gives into sound of 48 kHz, from -1 to 1."""

    def __init__(self, low_hz: float) -> None:
        self._low_hz, self._offset_hz, self._phase = low_hz, 0.0, 0.0
        self._narrow = Lowering(low_hz, 0.0, WIDTH_HZ)
        self._up = Resampler(self._narrow.low_hz, SOUND_HZ, WIDTH_HZ)
        self._count = 0
        self._volume = Volume()

    def follow(self, offset_hz: float) -> None:
        """Take a frequency, from the middle of the band, as that of the beacon."""
        self._offset_hz = offset_hz

    def push(self, low: Samples) -> Floats:
        """Return the sound of samples."""
        turns = self._phase + self._offset_hz / self._low_hz * np.arange(len(low) + 1)
        self._phase = float(turns[-1] % 1.0)
        turned = low * np.exp(-2j * np.pi * turns[:-1]).astype(np.complex64)
        slow = self._up.push(self._narrow.push(turned))
        numbers = self._count + np.arange(len(slow))
        self._count = (self._count + len(slow)) % (SOUND_HZ * 1000)
        pitch = np.exp(2j * np.pi * np.mod(PITCH_HZ / SOUND_HZ * numbers, 1.0))
        return self._volume.push((slow * pitch).real.astype(np.float32))


class Volume:
    """Makes sound as loud as an ear wants it, a hop of 10 ms at a time."""

    def __init__(self) -> None:
        self._waiting: Floats = np.zeros(0, np.float32)
        self._usual: deque[float] = deque(maxlen=USUAL_HOPS)
        self._peak = 0.0
        self._gain = 0.0

    def push(self, sound: Floats) -> Floats:
        """Return the whole hops."""
        sound = np.concatenate((self._waiting, sound))
        whole = len(sound) // HOP * HOP
        self._waiting = sound[whole:]
        hops = [self._hop(hop) for hop in sound[:whole].reshape(-1, HOP)]
        return np.concatenate(hops) if hops else np.zeros(0, np.float32)

    def _hop(self, hop: Floats) -> Floats:
        self._usual.append(float(np.abs(hop).mean()))
        self._peak = max(self._peak / UP_AGAIN, float(np.abs(hop).max()))
        usual = max(float(np.median(self._usual)), QUIET)
        gain = min(LOUD / 3.0 / usual, LOUDEST / max(self._peak, QUIET))
        before, self._gain = self._gain or gain, gain
        # Down at once, so that nothing is cut off; up over a hop, so that nothing clicks.
        slope = np.linspace(min(before, gain), gain, HOP, dtype=np.float32)
        return np.asarray(hop * slope, np.float32)
