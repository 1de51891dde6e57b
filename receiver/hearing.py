"""Listening to samples: what the detectors find becomes pulses, slots and tracks of collars."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from receiver.config import Collar
from receiver.dsp.detector import Detector, Heard
from receiver.dsp.pulses import Pulse, alarms_h_khz
from receiver.dsp.rhythm import Group, Groups, Rhythm, expected_alarms_h, rhythm
from receiver.dsp.slots import FOUND
from receiver.dsp.spectra import Layout, Samples, layout
from receiver.dsp.tracks import Track as DspTrack
from receiver.dsp.waterfall import Waterfall
from receiver.errors import ConfigError
from receiver.heard import (
    CONTINUES_S,
    DRIFT_HZ_S,
    LEAST_PULSES,
    LINK_S,
    MAYBE_AN_HOUR,
    SAME_BEACON_HZ,
    SAME_RATE,
    SHARE,
    Call,
    HeardPulse,
    HeardSlot,
    News,
    Track,
    call,
    has_rate,
    meaning_of,
    same_beacon,
)
from receiver.listening_plan import Plan

# The weakest pulse that is written down; noise gives fewer than one an hour and kHz. The floor of a
# narrow band, as of sound, is less exact: there more is asked.
PULSES_H_KHZ, NARROW_H_KHZ, NARROW_HZ = 0.7, 0.1, 20e3
LOUD = 50.0  # an energy from which a single pulse is measured better than its slot
LOUD_KEPT_S = 70.0
IMAGE_SHARE = 0.5  # of the slots of a track that lie beside a louder pulse that was cut off


@dataclass(slots=True)
class _Told:
    """What was told of a track: until when its slots, and their sums."""

    until_s: float = -math.inf
    first_s: float = math.inf
    times_s: deque[float] = field(default_factory=lambda: deque(maxlen=200))
    found: int = 0
    slots: int = 0
    power: float = 0.0
    variance: float = 0.0
    cn0: float = 0.0
    saturated: bool = False
    beside: int = 0
    first_hz: float = math.nan  # from the centre


class Watch:
    """Listens to one stream of complex samples, cut anywhere.

    Raises:
        ConfigError: samples are too few a second for the pulse length.
    """

    def __init__(
        self, rate_hz: float, full_scale: float, plan: Plan, scale: float, *, picture: bool = False
    ) -> None:
        """Begin; `full_scale` is where samples are cut off, `scale` the size of a tone of 0 dBFS.

        A `picture` keeps a waterfall of all that was heard.
        """
        self.plan, self.rate_hz, self._scale = plan, rate_hz, scale
        self.elapsed_s, self._taken = 0.0, 0
        self._pulses_h_khz = NARROW_H_KHZ if rate_hz < NARROW_HZ else PULSES_H_KHZ
        self._groups, self._told = Groups(), dict[str, _Told]()
        self._loud: deque[Pulse] = deque()
        self._followed: dict[str, Track] = {}
        self._names: dict[str, str] = {}
        self._newest: dict[str, int] = {}
        lengths = plan.lengths_s()
        wanted = [plan.wanted(rate_hz, pulse_s) for pulse_s in lengths]
        self.width_khz = sum(2.0 * w.drift_hz for own in wanted for w in own) / 1000.0
        tracks_h_khz = MAYBE_AN_HOUR * SHARE / max(self.width_khz, 1.0)
        main = _layout(rate_hz, lengths[0])
        self.waterfall = Waterfall(main) if picture else None
        self.detectors = [
            Detector(
                _layout(rate_hz, pulse_s),
                own,
                pulse_false_alarms_h_khz=None if number else self._pulses_h_khz,
                track_false_alarms_h_khz=min(tracks_h_khz, 1.0),
                full_scale=full_scale,
                waterfall=None if number else self.waterfall,
            )
            for number, (pulse_s, own) in enumerate(zip(lengths, wanted, strict=True))
            if own or not number
        ]

    @property
    def listed(self) -> set[str]:
        """The collars that are listened for."""
        return {one.name for d in self.detectors for f in d.followers for one in f.wanted}

    @property
    def noise_db(self) -> float | None:
        """The noise in the whole band, dBFS."""
        level = self.detectors[0].floor.level
        if not len(level):
            return None
        window = float(np.square(self.detectors[0].layout.window()).sum())
        return _db(float(level.mean()) / window / self._scale**2)

    def push(self, samples: Samples) -> Iterator[News]:
        """Take samples; yield what is certain by now."""
        self._taken += len(samples)
        for number, detector in enumerate(self.detectors):
            for heard in detector.push(samples):
                yield self._news(heard, is_main=number == 0)

    def finish(self) -> Iterator[News]:
        """Yield what the last samples give, and end all tracks."""
        end_s = self._taken / self.rate_hz
        for number, detector in enumerate(self.detectors):
            for heard in detector.finish():
                yield self._news(heard, is_main=number == 0)
        self.elapsed_s = end_s
        yield News(end_s, tracks=self._unlisted(self._groups.finish()))

    def _news(self, heard: Heard, is_main: bool) -> News:
        until_s = min(heard.until_s, self._taken / self.rate_hz)
        self.elapsed_s = max(self.elapsed_s, until_s)
        pulses = heard.pulses if is_main else []
        self._loud.extend(pulse for pulse in pulses if pulse.q > LOUD)
        while self._loud and self._loud[0].time_s < self.elapsed_s - LOUD_KEPT_S:
            self._loud.popleft()
        slots: list[HeardSlot] = []
        tracks = []
        for track in heard.tracks:
            found, told = self._listed(track)
            slots += found
            tracks += [] if told is None else [told]
        tracks += self._unlisted(self._groups.push(pulses, self.elapsed_s))
        return News(self.elapsed_s, [self._pulse(p) for p in pulses], slots, tracks)

    def _pulse(self, pulse: Pulse) -> HeardPulse:
        false_alarms_h = alarms_h_khz(pulse.q) * self.rate_hz / 1000.0
        return HeardPulse(
            time_s=pulse.time_s,
            frequency_hz=self.plan.true_hz(pulse.frequency_hz),
            level_db=_db(pulse.power / self._scale**2),
            cn0_dbhz=pulse.cn0_dbhz,
            saturated=pulse.saturated,
            false_alarms_h=false_alarms_h,
            call=call(false_alarms_h),
        )

    # --- listed collars -------------------------------------------------------------------------

    def _listed(self, track: DspTrack) -> tuple[list[HeardSlot], Track | None]:
        """Return the slots that are new and the track as it is now, None for what went over."""
        track_id = self._identity(track)
        if self._newest[track_id] != track.number:
            return [], None  # the beacon drifted away from here, and is followed elsewhere
        told = self._told.setdefault(track_id, _Told(first_hz=track.frequency_hz))
        slots = self._slots(track, track_id, told)
        for slot in slots:
            _count(told, slot)
        is_image = told.beside > IMAGE_SHARE * told.slots
        if is_image:  # neither called nor a level for the locator
            slots = [replace(slot, call="faint") for slot in slots]
        false_alarms_h = self._alarms_h(track)
        beat = self._rhythm(told, track)
        made = self._track(
            track_id, told, beat, false_alarms_h, track.frequency_hz, track.slots.strength
        )
        made = replace(
            made, collar=track.wanted.name, pulse_length_s=self._length_s(track), ended=track.ended
        )
        made = replace(made, meaning=self._meaning(track.wanted.name, made))
        if is_image:
            made = replace(made, call="faint")
        self._followed[track_id] = made
        if track.ended:
            self._forget_old()
        return slots, made

    def _forget_old(self) -> None:
        """Forget beacons that ended long ago."""
        oldest_s = self.elapsed_s - LOUD_KEPT_S
        self._followed = {k: t for k, t in self._followed.items() if t.last_s > oldest_s}
        self._told = {k: t for k, t in self._told.items() if k in self._followed}
        self._names = {k: name for k, name in self._names.items() if name in self._followed}

    def _identity(self, track: DspTrack) -> str:
        """Return the name of the beacon that a track is of: one that drifted has several tracks."""
        key = f"{track.wanted.name}-{track.number}"
        if key not in self._names:
            self._names[key] = self._before(track) or key
            self._newest[self._names[key]] = track.number
        return self._names[key]

    def _before(self, track: DspTrack) -> str | None:
        """Return the beacon that this one continues, drifted a little further."""
        frequency_hz = self.plan.true_hz(track.frequency_hz)
        for track_id, known in self._followed.items():
            late_s = min(abs(track.heard_until_s - known.last_s), LINK_S)
            near = abs(known.frequency_hz - frequency_hz) < SAME_BEACON_HZ + DRIFT_HZ_S * late_s
            recent = known.last_s > self.elapsed_s - CONTINUES_S
            same_rate = abs(known.period_s / track.slots.period_s - 1.0) <= SAME_RATE
            if known.collar == track.wanted.name and near and recent and same_rate:
                return track_id
        return None

    def _slots(self, track: DspTrack, track_id: str, told: _Told) -> list[HeardSlot]:
        """Return the slots that were not told yet."""
        found = []
        frequency_hz = self.plan.true_hz(track.frequency_hz)
        slots = track.slots
        for sample, q, noise in zip(slots.samples, slots.q, slots.noise, strict=True):
            time_s = float(sample) / self.rate_hz
            if time_s <= told.until_s + slots.period_s / 2:
                continue
            loud = self._pulse_at(time_s, track.frequency_hz)
            told.beside += self._is_image(time_s, track.frequency_hz, float(q * noise))
            energy, noise_power, pulse_s = (
                (float(q), float(noise), track.pulse_s)
                if loud is None
                else (loud.q, loud.noise, loud.pulse_s)
            )
            unit = noise_power / (pulse_s * self.rate_hz) / self._scale**2
            is_found = energy >= FOUND
            found.append(
                HeardSlot(
                    track_id=track_id,
                    collar=track.wanted.name,
                    call=self._call(track),
                    time_s=time_s,
                    frequency_hz=frequency_hz,
                    found=is_found,
                    power=(energy - 1.0) * unit,
                    power_sd=math.sqrt(max(2.0 * energy - 1.0, 1.0)) * unit,
                    noise_db=_db(unit * pulse_s),
                    level_db=_db((energy - 1.0) * unit) if is_found else None,
                    cn0_dbhz=_db((energy - 1.0) / pulse_s) if is_found else None,
                    saturated=loud is not None and loud.saturated,
                    pulse_length_s=self._length_s(track),
                )
            )
        return found

    def _is_image(self, time_s: float, frequency_hz: float, energy: float) -> bool:
        """Tell whether a louder pulse that was cut off leaves images in its time."""
        return any(
            pulse.saturated and pulse.energy > energy
            for pulse in self._loud
            if abs(pulse.time_s - time_s) < pulse.pulse_s
            and abs(pulse.frequency_hz - frequency_hz) > 5.0 / pulse.pulse_s
        )

    def _alarms_h(self, track: DspTrack) -> float:
        return math.exp(-track.slots.strength) * self.width_khz

    def _call(self, track: DspTrack) -> Call:
        return call(self._alarms_h(track))

    def _pulse_at(self, time_s: float, frequency_hz: float) -> Pulse | None:
        for pulse in self._loud:
            near = abs(pulse.time_s - time_s) < pulse.pulse_s
            if near and abs(pulse.frequency_hz - frequency_hz) < 2.0 / pulse.pulse_s:
                return pulse
        return None

    def _rhythm(self, told: _Told, track: DspTrack) -> Rhythm:
        period_s = track.slots.period_s
        if track.slots.steady or len(told.times_s) < 3:
            return Rhythm(period_s, None, regular=True)
        return rhythm(list(told.times_s))._replace(period_s=period_s, regular=True)

    def _track(
        self, track_id: str, told: _Told, beat: Rhythm, false_alarms_h: float, offset_hz: float,
        strength: float,
    ) -> Track:  # fmt: skip
        power = told.power / max(1, told.slots)
        sd = math.sqrt(told.variance) / max(1, told.slots)
        is_measured = power > sd
        return Track(
            track_id=track_id,
            collar=None,
            call=call(false_alarms_h),
            frequency_hz=self.plan.true_hz(offset_hz),
            drifted_hz=abs(offset_hz - told.first_hz),
            period_s=beat.period_s,
            pulses_per_minute=60.0 / beat.period_s,
            jitter=beat.jitter,
            regular=beat.regular,
            pulse_count=told.found,
            slot_count=told.slots,
            level_db=_db(power) if is_measured else None,
            level_sd_db=10.0 / math.log(10.0) * sd / power if is_measured else None,
            cn0_dbhz=_db(told.cn0 / told.slots) if is_measured and told.cn0 > 0 else None,
            saturated=told.saturated,
            first_s=told.first_s,
            last_s=told.until_s,
            log_likelihood=strength,
            false_alarms_h=false_alarms_h,
            expected_false_alarms=false_alarms_h * self.elapsed_s / 3600.0,
        )

    def _length_s(self, track: DspTrack) -> float | None:
        """Return how long the pulses of a track are, where its sheet says what that means.

        None where the user has it listened for longer ones: then short ones cannot be told.
        """
        collar = self._sheet(track.wanted.name)
        shortest_s = min(collar.pulse_lengths_s.values(), default=0.0) if collar else 0.0
        return track.slots.length_s if track.pulse_s <= shortest_s else None

    def _sheet(self, name: str) -> Collar | None:
        return next((c for c in self.plan.collars if c.name == name), None)

    def _meaning(self, name: str, track: Track) -> str | None:
        collar = self._sheet(name)
        if collar is None or track.pulse_count < LEAST_PULSES:
            return None
        return meaning_of(collar, track.period_s, track.pulse_length_s)

    # --- beacons that nobody listed -------------------------------------------------------------

    def _unlisted(self, groups: Iterable[Group]) -> list[Track]:
        """Return beacons by their loud pulses, without those that are followed already."""
        made = [self._named(self._group(group)) for group in groups]
        known = self._followed.values()
        return [one for one in made if not any(same_beacon(one, track) for track in known)]

    def _named(self, track: Track) -> Track:
        """Return a track with the collar whose frequency and rate it has, if it is one of them."""
        if not track.regular or track.pulse_count < 3:
            return track
        for collar in self.plan.collars:
            drift_hz = self.plan.drift_hz(collar)
            near = abs((collar.frequency_hz or 0.0) - track.frequency_hz) <= drift_hz
            if near and has_rate(collar, track.pulses_per_minute):
                named = replace(track, collar=collar.name)
                return replace(named, meaning=self._meaning(collar.name, named))
        return track

    def _group(self, group: Group) -> Track:
        track_id, told = f"unknown-{group.number}", _Told(first_s=group.first_s)
        told.first_hz = group.pulses[0].frequency_hz
        for pulse in group.pulses:
            unit = pulse.noise / (pulse.pulse_s * pulse.rate_hz) / self._scale**2
            told.slots, told.until_s = told.slots + 1, pulse.time_s
            told.power += (pulse.q - 1.0) * unit
            told.variance += (2.0 * pulse.q - 1.0) * unit * unit
            told.cn0 += (pulse.q - 1.0) / pulse.pulse_s
            told.saturated |= pulse.saturated
        told.found = group.count
        band_khz, pulse_s = self.rate_hz / 1000.0, group.pulses[-1].pulse_s
        alarms_h = expected_alarms_h(group.count, self._pulses_h_khz, band_khz, pulse_s)
        strength = min(50.0, -math.log(max(alarms_h / band_khz, 1e-30)))
        made = self._track(track_id, told, group.rhythm(), alarms_h, group.frequency_hz, strength)
        return replace(made, slot_count=group.count, ended=group.ended)


def _count(told: _Told, slot: HeardSlot) -> None:
    told.until_s, told.first_s = slot.time_s, min(told.first_s, slot.time_s)
    told.slots, told.found = told.slots + 1, told.found + slot.found
    told.power += slot.power
    told.variance += slot.power_sd**2
    told.cn0 += slot.power / 10.0 ** (slot.noise_db / 10.0)
    told.saturated |= slot.saturated
    if slot.found:
        told.times_s.append(slot.time_s)


def _layout(rate_hz: float, pulse_s: float) -> Layout:
    try:
        return layout(rate_hz, pulse_s)
    except ValueError as error:
        text = f"{rate_hz:g} samples a second and pulses of {pulse_s * 1e3:g} ms: {error}"
        raise ConfigError(text) from error


def _db(power: float) -> float:
    return 10.0 * math.log10(max(power, 1e-30))


def out_of_band(watch: Watch) -> Sequence[str]:
    """Return the collars that cannot be heard in this band."""
    return [c.name for c in watch.plan.collars if c.name not in watch.listed]
