"""Numbers that cannot be: a broken cable or a hostile sender says anything, also within a checksum.

What is heard stays in the journal as it came. A value out of these limits is left out, the rest of
what was said counts: a packet with an absurd level is a packet without a level.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from receiver.records import Detection, Place

_DECIBELS = (-300.0, 300.0)
_DEGREES = (-360.0, 360.0)
LIMITS = {
    "frequency_hz": (1.0, 1e12),
    "level_db": _DECIBELS,
    "level_raw": (-1e6, 1e6),
    "level_sd_db": (0.0, 300.0),
    "noise_db": _DECIBELS,
    "snr_db": (-200.0, 200.0),
    "cn0_dbhz": _DECIBELS,
    "attenuator_db": (0.0, 300.0),
    "gain_db": _DECIBELS,
    "antenna_azimuth_deg": _DEGREES,
    "relative_bearing_deg": _DEGREES,
    "pulses_per_minute": (0.1, 1e5),
    "pulse_length_s": (1e-4, 100.0),
    "altitude_m": (-1000.0, 100_000.0),
    "accuracy_m": (0.0, 1e6),
    "heading_deg": _DEGREES,
    "heading_sigma_deg": (0.0, 180.0),
}
_OF_DETECTION = tuple(name for name in LIMITS if name in Detection.__dataclass_fields__)
_OF_PLACE = tuple(name for name in LIMITS if name in Place.__dataclass_fields__)


def plausible(said: Detection | Place) -> tuple[Detection | Place, tuple[str, ...]]:
    """Return what was said without values that cannot be (NaN as well), and their names."""
    names = _OF_PLACE if isinstance(said, Place) else _OF_DETECTION
    wrong = tuple(name for name in names if not _may_be(getattr(said, name), *LIMITS[name]))
    without: dict[str, Any] = dict.fromkeys(wrong)
    return (replace(said, **without) if wrong else said), wrong


def _may_be(value: float | None, low: float, high: float) -> bool:
    return value is None or low <= value <= high
