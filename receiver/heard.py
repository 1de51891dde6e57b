"""What is said to be heard in samples: pulses, slots, tracks, how sure, and which are one beacon.

The user's measure is false alarms of the whole watch over all channels: HEARD falsely at most once
in eight hours, MAYBE at most three times an hour. Single pulses, tracks of listed collars and
beacons that nobody listed share that. What is rarer than HEARD asks is "heard", then "maybe"; the
rest, down to one an hour and kHz, is "faint": written down, not called out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from receiver.config import Collar

if TYPE_CHECKING:
    from protocols.packet import Packet

Call = Literal["heard", "maybe", "faint"]

HEARD_AN_HOUR, MAYBE_AN_HOUR = 1.0 / 8.0, 3.0
SHARE = 1.0 / 3.0  # of single pulses, of tracks, of beacons that nobody listed
SAME_RATE, SAME_LENGTH = 0.03, 0.18
LEAST_PULSES = 30  # before that nothing is said of what a rate means
SAME_BEACON_HZ, SAME_BEACON_S = 200.0, 5.0
DRIFT_HZ_S, LINK_S, CONTINUES_S = 60.0, 10.0, 25.0  # of a beacon that warms up, or is carried


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPulse:
    """A single pulse. Times are seconds from the first sample to its middle.

    `level_db` is dBFS, 0 for a tone of full scale, of its power without the noise in it; a lower
    bound where `saturated`. `false_alarms_h` is how often an hour noise gives one like it.
    """

    time_s: float
    frequency_hz: float
    level_db: float
    cn0_dbhz: float
    saturated: bool
    false_alarms_h: float
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSlot:
    """The time of one pulse of a track, whether it was found there or not.

    `power` is the power of the beacon against full scale, noise taken off: below zero where noise
    was lower than usual, so that means of many are true. `level_db` is None where it is not found.
    `noise_db` is the density of noise, in dB of full scale and 1 Hz. `pulse_length_s` is that of
    the track by then, where the sheet has lengths that mean something.
    """

    track_id: str
    collar: str | None
    call: Call
    time_s: float
    frequency_hz: float
    found: bool
    power: float
    power_sd: float
    noise_db: float
    level_db: float | None
    cn0_dbhz: float | None
    saturated: bool = False
    pulse_length_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A beacon over many pulses. `collar` is None for one that no sheet has.

    `log_likelihood` is how many nats its evidence stands above what noise reaches once an hour and
    kHz, `expected_false_alarms` how many such tracks noise gives in a watch so long. `meaning` is
    the key of the sheet's rate that it has, None below 30 pulses and where the sheet has none.
    `pulse_length_s` is measured where the sheet has lengths that mean something.
    `frequency_hz` is where it is now, `drifted_hz` how far that is from where it was first.
    """

    track_id: str
    collar: str | None
    call: Call
    frequency_hz: float
    drifted_hz: float
    period_s: float
    pulses_per_minute: float
    jitter: float | None
    regular: bool
    pulse_count: int
    slot_count: int
    level_db: float | None
    level_sd_db: float | None
    cn0_dbhz: float | None
    saturated: bool
    first_s: float
    last_s: float
    log_likelihood: float
    false_alarms_h: float
    expected_false_alarms: float
    pulse_length_s: float | None = None
    meaning: str | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardBurst:
    """A burst of data. `time_s` is the start of its carrier, from the first sample.

    `signal` is how it is keyed, None where that was not found: then it was heard, no more.
    `frequency_hz` is that of its carrier, `drift_hz_s` the mean of the burst, None where it is not
    measured. `hex` are its bits, `bit_count` of them, the last byte filled with zeros;
    `sync_errors` of those that are known beforehand came wrong, of the others `expected_errors`
    are. `error` says why bits could not be decoded.
    """

    time_s: float
    duration_s: float | None
    signal: str | None
    frequency_hz: float
    drift_hz_s: float | None
    level_db: float
    noise_db: float
    cn0_dbhz: float
    saturated: bool
    polarity: Literal["normal", "inverted"] | None = None
    bit_rate_hz: float | None = None
    bit_count: int | None = None
    hex: str | None = None
    sync_errors: int | None = None
    expected_errors: float | None = None
    packets: tuple[Packet, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a stretch of samples gave; `until_s` is how far it is decided."""

    until_s: float
    pulses: list[HeardPulse] = field(default_factory=list)
    slots: list[HeardSlot] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    bursts: list[HeardBurst] = field(default_factory=list)


def call(false_alarms_h: float) -> Call:
    """Return what something that noise gives so often an hour is called."""
    if false_alarms_h <= HEARD_AN_HOUR * SHARE:
        return "heard"
    return "maybe" if false_alarms_h <= MAYBE_AN_HOUR * SHARE else "faint"


def has_rate(collar: Collar, pulses_per_minute: float) -> bool:
    """Tell whether this is one of the sheet's rates."""
    rates = collar.pulses_per_minute.values()
    return any(abs(pulses_per_minute / rate - 1.0) <= SAME_RATE for rate in rates)


def said_by(
    collar: Collar, pulses_per_minute: float, pulse_length_s: float | None = None
) -> str | None:
    """Return which key of the sheet's rates and pulse lengths fits in all that the sheet gives.

    None where none does, where two do equally well, and where one would fit by a length that was
    not measured: what a beacon says is not guessed.
    """
    fits: list[tuple[float, str]] = []
    for name in {**collar.pulses_per_minute, **collar.pulse_lengths_s}:
        off = _off(collar, name, pulses_per_minute, pulse_length_s)
        if not off:
            return None
        fits += [(max(off), name)] if max(off) <= 1.0 else []
    fits.sort()
    is_sure = len(fits) == 1 or (len(fits) > 1 and fits[0][0] < fits[1][0])
    return fits[0][1] if is_sure else None


def _off(collar: Collar, name: str, rate: float, length_s: float | None) -> list[float]:
    """Return how far what is known lies from what the sheet gives, in the most that it may be."""
    off = []
    if (own := collar.pulses_per_minute.get(name)) is not None:
        off.append(abs(rate / own - 1.0) / SAME_RATE)
    if (own := collar.pulse_lengths_s.get(name)) is not None and length_s is not None:
        off.append(abs(length_s / own - 1.0) / SAME_LENGTH)
    return off


def temperature_c(collar: Collar, period_s: float) -> float | None:
    """Return what a beacon's period tells by the curve of its sheet, None outside of it."""
    curve = collar.temperature_c_by_period_s
    for (low_s, low_c), (high_s, high_c) in itertools.pairwise(curve):
        if low_s <= period_s <= high_s:
            return low_c + (high_c - low_c) * (period_s - low_s) / (high_s - low_s)
    return None


def meaning_of(collar: Collar, period_s: float, pulse_length_s: float | None = None) -> str | None:
    """Return what rate and length of pulses mean by the collar's own sheet, or a temperature."""
    name = said_by(collar, 60.0 / period_s, pulse_length_s)
    if name is not None:
        by_length = name not in collar.pulses_per_minute
        return f"{name} by its pulse length" if by_length else name
    degrees = temperature_c(collar, period_s)
    return None if degrees is None else f"{degrees:.0f} C by its curve"


def same_beacon(one: Track, other: Track) -> bool:
    """Tell whether two tracks are of one beacon: the same frequency at the same time.

    Those of two collars never are: one must not hide the other.
    The frequency of a track is that of its end, and may have drifted until the end of the other.
    """
    if None not in (one.collar, other.collar) and one.collar != other.collar:
        return False
    drifted_hz = max(one.drifted_hz, other.drifted_hz)
    late_s = min(abs(one.last_s - other.last_s), LINK_S)
    late_s = LINK_S if drifted_hz > SAME_BEACON_HZ else late_s
    drifted_hz += DRIFT_HZ_S * late_s
    return (
        abs(one.frequency_hz - other.frequency_hz) < SAME_BEACON_HZ + drifted_hz
        and one.first_s - SAME_BEACON_S <= other.last_s
        and other.first_s - SAME_BEACON_S <= one.last_s
    )


def best(tracks: Iterable[Track]) -> list[Track]:
    """Return the newest state of each beacon, listed collars first, the surest of each first.

    Of several tracks of one beacon the longest stands for all.
    """
    newest = {track.track_id: track for track in tracks}
    order = sorted(newest.values(), key=lambda t: (-t.slot_count, t.collar is None))
    kept: list[Track] = []
    for track in order:
        if not any(same_beacon(track, one) for one in kept):
            kept.append(track)
    return sorted(kept, key=lambda t: (t.collar is None, -t.log_likelihood))
