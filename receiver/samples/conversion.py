"""From bytes of a sample source to complex samples, cut anywhere.

IQ becomes complex by one subtraction, in the units of its format: full scale is `form.full_scale`.
Sound of a receiver becomes complex at half its rate: its spectrum from 0 Hz to half the rate is
moved down by a quarter of the rate, so that nothing is heard twice. A sine of full scale becomes a
tone of full scale.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from receiver.samples.level import Format

Samples = NDArray[np.complex64]
Floats = NDArray[np.float32]

HALF_BAND_TAPS = 63  # what lies below 2.5 % or above 97.5 % of the band is weakened
MOST = 1e6  # times full scale: what is louder, or no number, is no sample but a fault


class Converter(Protocol):
    """Takes bytes of whole samples; gives complex samples at `rate_hz`."""

    rate_hz: float
    full_scale: float

    def convert(self, data: bytes) -> Samples:
        """Return the samples."""


def converter(form: Format, rate_hz: float, channels: int = 1) -> Converter:
    """Return what turns bytes of a format into complex samples."""
    if form.numbers == 2:
        return IqConverter(form, rate_hz)
    return SoundConverter(form, rate_hz, channels)


class IqConverter:
    """IQ: two numbers a sample."""

    def __init__(self, form: Format, rate_hz: float) -> None:
        self._form, self.rate_hz = form, rate_hz
        self.full_scale = top(form)

    def convert(self, data: bytes) -> Samples:
        """Return the samples in units of the format."""
        return numbers(data, self._form).view(np.complex64)


class SoundConverter:
    """Sound: one number a sample, or several channels, of which the mean is taken."""

    def __init__(self, form: Format, rate_hz: float, channels: int = 1) -> None:
        self._form, self._channels, self.rate_hz = form, channels, rate_hz / 2
        self.full_scale = top(form)
        from scipy import signal  # 50 MB that IQ does without

        self._signal = signal
        taps = signal.firwin(HALF_BAND_TAPS, 0.5)
        # Twice: a sine is two tones of half its size, and one of them is kept.
        turns = np.exp(0.5j * np.pi * np.arange(HALF_BAND_TAPS))
        self._taps = (2.0 * taps * turns).astype(np.complex64)
        self._waiting: Floats = np.zeros(HALF_BAND_TAPS - 1, np.float32)
        self._count = 0

    def convert(self, data: bytes) -> Samples:
        """Return the samples, half as many, in units of the format."""
        sound = numbers(data, self._form)
        if self._channels > 1:
            sound = sound.reshape(-1, self._channels).mean(axis=1, dtype=np.float32)
        sound = np.concatenate((self._waiting, sound))
        count = max(0, (len(sound) - HALF_BAND_TAPS + 1) // 2)
        self._waiting = sound[2 * count :]
        if not count:
            return np.zeros(0, np.complex64)
        whole = sound[: 2 * count + HALF_BAND_TAPS - 1]
        before = HALF_BAND_TAPS // 2  # outputs for which samples are missing
        filtered = self._signal.upfirdn(self._taps, whole, down=2)[before : before + count]
        # Down by a quarter of the rate: half a turn for each sample that is kept.
        signs = 1.0 - 2.0 * ((self._count + np.arange(len(filtered))) % 2)
        self._count += len(filtered)
        return np.asarray(filtered * signs, np.complex64)


def top(form: Format) -> float:
    """Return the value at which samples of a format are cut off."""
    if form.zero or form.full_scale == 1.0:
        return form.full_scale
    return form.full_scale - 1.0


def numbers(data: bytes, form: Format) -> Floats:
    """Return the numbers of whole samples in units of the format; 0 for what is none."""
    raw = np.frombuffer(data, dtype=form.number)
    with np.errstate(invalid="ignore"):  # numbers that are none are taken out below
        found = np.subtract(raw, np.float32(form.zero), dtype=np.float32)
    if form.number.endswith("f4"):
        found = np.where(np.abs(found) < MOST, found, np.float32(0.0))
    return np.asarray(found)
