"""How loud samples are, and whether they are cut off at the ends of their scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

WINDOW_S = 0.5
CLIPPED_SHARE = 0.01
HOLD_WINDOWS = 20  # a complaint stays for ten seconds: between two pulses nothing is cut off
CLIPPED = "more than 1 % of the samples are cut off: turn the volume or the gain down"
ZEROS = "only zeros come: is it muted, or the wrong input?"


class Format(NamedTuple):
    """How a sample is written: numpy's name of a number, how many of them, zero, full scale."""

    number: str
    numbers: int
    zero: float
    full_scale: float

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample."""
        return self.numbers * int(self.number[-1])


# Little-endian, as rtl_sdr (cu8), hackrf_transfer (cs8), arecord and most others write them.
FORMATS = {
    "u8": Format("u1", 1, 127.5, 127.5),
    "s16": Format("<i2", 1, 0.0, 32768.0),
    "s32": Format("<i4", 1, 0.0, 2147483648.0),
    "f32": Format("<f4", 1, 0.0, 1.0),
    "cu8": Format("u1", 2, 127.5, 127.5),
    "cs8": Format("i1", 2, 0.0, 128.0),
    "cs16": Format("<i2", 2, 0.0, 32768.0),
    "cf32": Format("<f4", 2, 0.0, 1.0),
}


class Level(NamedTuple):
    """Root mean square against full scale, in decibels, and the share of samples at its ends.

    A sine of full scale is -3 dBFS in sound, a tone of full scale 0 dBFS in IQ. `level_dbfs` is
    None where nothing but zeros came.
    """

    level_dbfs: float | None
    clipped_share: float


def level_of(data: bytes, form: Format) -> Level:
    """Return the level of whole samples (at least one); what is no number is left out."""
    import numpy as np

    numbers = np.frombuffer(data, dtype=form.number)
    numbers = numbers[np.isfinite(numbers)]
    scaled = (numbers.astype(np.float32) - form.zero) / form.full_scale
    if not scaled.size:
        return Level(None, 1.0)
    top = (form.full_scale - 1.0) / form.full_scale if form.zero == 0.0 else 1.0
    top = 1.0 if form.number == "<f4" else top
    power = form.numbers * float(np.mean(np.square(scaled, dtype=np.float64)))
    clipped = float(np.mean(np.abs(scaled) >= top))
    return Level(10.0 * math.log10(power) if power > 0.0 else None, clipped)


@dataclass(slots=True)
class Meter:
    """The level of every half second of a stream, and what there is to complain of."""

    form: Format
    rate_hz: float
    level: Level | None = None
    _window: bytes = b""
    _clipped_for: int = 0

    def add(self, data: bytes) -> None:
        """Take whole samples. Of a flood of them only the last half second is measured."""
        window_bytes = max(1, int(self.rate_hz * WINDOW_S)) * self.form.frame_bytes
        self._window += data
        if len(self._window) >= window_bytes:
            self.level = level_of(self._window[-window_bytes:], self.form)
            self._window = b""
            clipped = self.level.clipped_share > CLIPPED_SHARE
            self._clipped_for = HOLD_WINDOWS if clipped else max(0, self._clipped_for - 1)

    @property
    def complaint(self) -> str:
        """What is wrong with the samples, "" for nothing."""
        if self.level is not None and self.level.level_dbfs is None:
            return ZEROS
        return CLIPPED if self._clipped_for else ""
