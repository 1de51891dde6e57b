"""Rows of rtl_power and hackrf_sweep, from a program or a file: levels of many frequencies at once.

    date, time, Hz low, Hz high, Hz step, samples, dB, dB, ...

Source: `rtl_power.c` of osmocom/rtl-sdr at ae0dd6d, `hackrf_sweep.c` of greatscottgadgets/hackrf at
8dbb3475. The decibels are not calibrated in either: their scale is their own. rtl_power writes
local time in whole seconds without a zone, so the time is that of arrival. Rows come in any order.

Each row gives its loudest value, near the beacon's frequency where the address names one; a row
that does not reach there gives nothing. A sweep hears a pulse of 20 ms by luck only.
"""

from __future__ import annotations

import math
import statistics
from datetime import datetime

from receiver.address import Address, parse_hz
from receiver.collar_rules import USUAL_DRIFT_HZ
from receiver.instruments import Lines
from receiver.records import Detection

FIRST_VALUE = 6
MOST_VALUES = 100_000


class SweepCsv:
    """A stream of rows. How often they come, only the user knows."""

    expected_interval_s: float | None = None

    def __init__(self, frequency_hz: float | None) -> None:
        self.refused = 0
        self._frequency_hz = frequency_hz
        self._lines = Lines(MOST_VALUES)

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return the loudest value of each row; rows that are none are counted."""
        detections = []
        for line in self._lines.feed(chunk):
            row = row_of(line)
            if row is None:
                self.refused += 1
            elif (found := self._reading(*row, time, monotonic_ns)) is not None:
                detections.append(found)
        return detections

    def reset(self) -> None:
        """Forget the half row."""
        self._lines.reset()

    def _reading(
        self, low_hz: float, step_hz: float, levels: list[float], time: datetime, mono: int
    ) -> Detection | None:
        wanted = self._frequency_hz
        points = [(low_hz + (i + 0.5) * step_hz, db) for i, db in enumerate(levels)]
        reach_hz = USUAL_DRIFT_HZ + step_hz / 2.0  # which bins may hold the beacon
        near = [p for p in points if wanted is None or abs(p[0] - wanted) <= reach_hz]
        if not near:
            return None
        frequency_hz, level_db = max(near, key=lambda point: point[1])
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=mono,
            frequency_hz=wanted or frequency_hz,
            level_raw=level_db,
            level_db=level_db,
            level_unit="dB",
            noise_db=statistics.median(levels),
        )


def row_of(line: str) -> tuple[float, float, list[float]] | None:
    """Read a row: lowest frequency, step, levels; None where it is none."""
    fields = line.split(",")
    try:
        low_hz, _, step_hz = (float(field) for field in fields[2:5])
        levels = [float(field) for field in fields[FIRST_VALUE:]]
    except ValueError:
        return None
    usable = levels and all(map(math.isfinite, (low_hz, step_hz, *levels)))
    return (low_hz, step_hz, levels) if usable and 0 < step_hz < 1e9 and low_hz >= 0 else None


def make(address: Address) -> SweepCsv:
    """Make a reader; `frequency=150.34M` looks only near that.

    Raises:
        ConfigError: the frequency is not one.
    """
    text = address.options.get("frequency")
    return SweepCsv(parse_hz(text) if text else None)
