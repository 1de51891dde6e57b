"""Pulses and packets on the scale of their receiver: what the screen shows and the ear hears."""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass
from itertools import islice, pairwise

from receiver.collar_rules import may_be_heard_at
from receiver.config import Collar
from receiver.records import Detection

# A polled meter: a pulse lifts it by this over its lowest reading of the last seconds, and by so
# many standard deviations of its noise: with 6, noise alone at 10 Hz makes one in some minutes.
RISE_DB, RISE_COUNTS, RISE_SDS = 4.0, 8.0, 6.0
NOISE_READINGS, FEWEST_STEPS, SD_OF_MAD = 200, 10, 1.4826
METER_LOW_S, METER_WAITS_S = 3.0, 0.1
METER_FLOOR_S, METER_LOWEST, METER_READINGS = 60.0, 20, 1200  # noise: the lowest twentieth
# Where a meter does not say what its ends are.
RANGE_DB, TOP_COUNTS = 60.0, 255.0
PACKET_FLOOR_DB, PACKET_TOP_DB = -120.0, -30.0
# Noise of a receiver that measures pulses itself and does not tell it, by its scale: S0 of a meter.
USUAL_FLOOR_DB = {"dBm": -120.0, "dBS9": -54.0, "dBFS": -100.0}
FULL_SCALE = "dBFS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A pulse or a packet. `time_s` is its end; levels are decibels, or counts of a meter.

    `floor_db` is noise, `top_db` where the receiver saturates. `level_db` is None for a packet that
    came without one.
    """

    time_s: float
    level_db: float | None
    floor_db: float
    top_db: float
    saturated: bool = False


class MeterPulses:
    """Finds the pulses in the readings of a polled meter, each once, a reading after its peak.

    A pulse is a rise over the lowest reading since the one before: many meters fall so slowly that
    they never reach their noise between two pulses. Noise is what the meter falls to in a minute.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque(maxlen=METER_READINGS)
        self._peak: Pulse | None = None
        self._told_s = -math.inf

    def add(self, reading: Detection, time_s: float) -> Pulse | None:
        """Take a reading of a second (monotonic); return the pulse that it ends."""
        level = reading.level_raw if reading.level_db is None else reading.level_db
        if level is None:
            return None
        is_count = reading.level_db is None
        self._readings.append((time_s, level))
        floor = self._floor(time_s)
        rise = level - max(self._low(time_s), floor)
        if self._peak is not None and self._peak.level_db is not None:
            if level <= self._peak.level_db:
                return self._told()
        elif rise < max(RISE_COUNTS if is_count else RISE_DB, RISE_SDS * self._noise_sd()):
            return None
        top = TOP_COUNTS if is_count else floor + RANGE_DB
        self._peak = Pulse(
            time_s=time_s,
            level_db=level,
            floor_db=floor,
            top_db=max(top, level),
            saturated=bool(reading.saturated),
        )
        return None

    def wait(self, time_s: float) -> Pulse | None:
        """Return the pulse whose next reading does not come in time."""
        is_late = self._peak is not None and time_s - self._peak.time_s >= METER_WAITS_S
        return self._told() if is_late else None

    def _low(self, time_s: float) -> float:
        since_s = max(self._told_s, time_s - METER_LOW_S)
        return min(level for t, level in self._readings if t >= since_s)

    def _noise_sd(self) -> float:
        """Return the spread of noise by the steps between readings, but for their usual one.

        A meter that falls slowly makes equal steps; a pulse makes few.
        """
        recent = [level for _, level in islice(reversed(self._readings), NOISE_READINGS)]
        steps = [earlier - later for later, earlier in pairwise(recent)]
        if len(steps) < FEWEST_STEPS:
            return 0.0
        usual = statistics.median(steps)
        off = statistics.median(abs(step - usual) for step in steps)
        return SD_OF_MAD * off / math.sqrt(2.0)

    def _floor(self, time_s: float) -> float:
        recent = sorted(v for t, v in self._readings if time_s - t <= METER_FLOOR_S)
        return recent[len(recent) // METER_LOWEST]

    def _told(self) -> Pulse | None:
        told, self._peak = self._peak, None
        self._told_s = self._told_s if told is None else told.time_s
        return told


def pulse_of(heard: Detection, time_s: float) -> Pulse:
    """Return the pulse of a packet, or of a receiver that measures pulses itself."""
    floor_db, level_db = _floor_db(heard), heard.level_db
    top_db = PACKET_TOP_DB if heard.kind == "packet" else floor_db + RANGE_DB
    top_db = 0.0 if heard.level_unit == FULL_SCALE else top_db
    top_db = top_db if level_db is None else max(top_db, level_db)
    return Pulse(time_s=time_s, level_db=level_db, floor_db=floor_db, top_db=top_db,
                 saturated=bool(heard.saturated))  # fmt: skip


def _floor_db(heard: Detection) -> float:
    if heard.kind == "packet":  # one that is spread is heard below the noise
        return PACKET_FLOOR_DB
    if heard.noise_db is not None:
        return heard.noise_db
    if heard.level_db is not None and heard.snr_db is not None:
        return heard.level_db - heard.snr_db
    return USUAL_FLOOR_DB.get(heard.level_unit or "", PACKET_FLOOR_DB)


def may_be_of(heard: Detection, collar: str | None, sheet: Collar | None) -> bool:
    """Tell whether what was heard may be the homed collar.

    A receiver is tuned by hand, and beside the collar's frequency as a gain step; an SDR hears
    everybody in its band, and says at which frequency.
    """
    if heard.collar is not None or heard.kind == "packet":
        return heard.collar is not None and heard.collar == collar
    hears_a_band = heard.kind in ("pulse", "slot")
    frequency_hz = heard.frequency_hz
    if not hears_a_band or sheet is None or sheet.frequency_hz is None or frequency_hz is None:
        return True
    return may_be_heard_at(sheet, frequency_hz)
