"""A polled meter and a pulsed beacon: one peak for each period, and nothing between the pulses.

A meter that is read ten times a second hears the noise between two pulses far more often than a
pulse. Such readings are no levels. Where the collar's sheet says how it pulses, each period is
reduced to its loudest reading; it counts when it stands out of what the meter falls to. Everything
else is counted with the reason why it was not used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from receiver.config import Collar, Configuration
from receiver.records import Detection
from receiver.setups import Calibration

# A pulse lifts the meter by at least this over what it falls to between pulses.
PULSE_RISE_DB = 4.0
# With fewer readings in a period, whether one fell on a pulse is luck.
FEWEST_READINGS = 4
CalibrationOf = Callable[[Detection], Calibration | None]
Unused = dict[str, int]
_Key = tuple[object, ...]


@dataclass(slots=True)
class _Period:
    """One period of a beacon as a polled meter saw it: the loudest and the faintest."""

    peak: Detection
    low: Detection
    readings: int = 1

    def add(self, reading: Detection) -> None:
        self.readings += 1
        self._widen(reading, reading)

    def join(self, other: _Period) -> None:
        self.readings += other.readings
        self._widen(other.peak, other.low)

    def _widen(self, high: Detection, low: Detection) -> None:
        if _height(high) > _height(self.peak):
            self.peak = high
        if _height(low) < _height(self.low):
            self.low = low


def _height(reading: Detection) -> float:
    """Return what orders readings: decibels, else the count."""
    level = reading.level_raw if reading.level_db is None else reading.level_db
    return level or 0.0


class Pulses:
    """The readings of one observer's polled meters, period by period."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._periods: dict[_Key, dict[int, _Period]] = {}
        self._unused: Counter[str] = Counter()

    def add(self, reading: Detection) -> None:
        """Take one reading, in the order of its source."""
        collar = self._configuration.collar(reading.collar or "")
        period_s = longest_period_s(collar)
        if reading.level_db is None and reading.level_raw is None:
            self._unused["without any number"] += 1
        elif collar is None:
            self._unused["on a frequency of none or several of the collars' sheets"] += 1
        elif period_s is None:
            self._unused["because the collar's sheet has no pulse rate"] += 1
        else:
            chain = (reading.source, reading.session, reading.collar, reading.attenuator_db)
            periods = self._periods.setdefault((*chain, period_s), {})
            number = int(reading.time.timestamp() // period_s)
            if number in periods:
                periods[number].add(reading)
            else:
                periods[number] = _Period(reading, reading)

    def result(
        self, calibration_of: CalibrationOf = lambda reading: None
    ) -> tuple[list[Detection], Unused]:
        """Return the peaks, and how many readings could not be used, by reason.

        Args:
            calibration_of: the calibration that holds for a reading, if there is one.
        """
        peaks: list[Detection] = []
        unused = Counter(self._unused)
        for (*_, period_s), periods in self._periods.items():
            assert isinstance(period_s, float)
            for period in _apart(periods, period_s):
                peak, reason = _judge(period, calibration_of(period.peak))
                peaks += [peak] if peak else []
                unused.update({reason: period.readings} if reason else {})
        return peaks, dict(unused)


def _apart(periods: dict[int, _Period], period_s: float) -> Iterator[_Period]:
    """Yield the periods; one pulse on the border of two is one."""
    last: _Period | None = None
    for _, period in sorted(periods.items()):
        if last is None:
            last = replace(period)
        elif (period.peak.time - last.peak.time).total_seconds() < period_s / 2.0:
            last.join(period)
        else:
            yield last
            last = replace(period)
    if last is not None:
        yield last


def _judge(period: _Period, calibration: Calibration | None) -> tuple[Detection | None, str]:
    """Return the peak of a period as a level, or why it is none."""
    if period.readings < FEWEST_READINGS:
        return None, "asked too seldom to catch a pulse"
    peak, low = (calibrated(reading, calibration) for reading in (period.peak, period.low))
    if peak.level_db is None or low.level_db is None:
        return None, "of a meter without a curve: a count is no level"
    if peak.level_db - low.level_db < PULSE_RISE_DB:
        return None, "without a pulse in them"
    return replace(peak, noise_db=low.level_db), ""


def calibrated(reading: Detection, calibration: Calibration | None) -> Detection:
    """Return a reading on the scale of a calibration; as it was without one."""
    if calibration is None or reading.level_raw is None:
        return reading
    curve = calibration.curve
    return replace(
        reading,
        level_db=curve.level_db(reading.level_raw),
        level_unit=calibration.unit,
        level_sd_db=calibration.sd_db,
        calibration_id=curve.calibration_id,
        saturated=curve.is_end(reading.level_raw),
    )


def longest_period_s(collar: Collar | None) -> float | None:
    """Return the longest time between two pulses by a collar's sheet; None where it has none."""
    if collar is None or not collar.pulses_per_minute:
        return None
    return 60.0 / min(collar.pulses_per_minute.values())
