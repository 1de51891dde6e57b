"""One source of samples as an ear has it: its raw sound, and the pulses in it."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from receiver.config import Collar
from receiver.dsp.beep import BLOCK_S, Beep, Beeper
from receiver.dsp.lowering import Lowering, Resampler
from receiver.errors import ConfigError
from receiver.homing.pulses import Pulse
from receiver.language import phrase
from receiver.samples.beat import BeatNote
from receiver.samples.conversion import IqConverter, numbers, top
from receiver.samples.stream import Stream
from receiver.ui.sound.tones import RATE_HZ, Sound, rest

BEAT_HZ, BEAT_REACH_HZ = 900.0, 600.0  # what people tune a beacon to: 300 to 1,500 Hz
USUAL_PULSE_S, USUAL_DRIFT_HZ, MOST_DRIFT_HZ = 0.02, 2000.0, 10_000.0
FOLLOWED, LEAST_FOLLOWED = 5, 2  # pulses whose middle frequency the beat note follows
# What windows are made for; longer pulses are measured as well, and told no later.
SHORTEST_S, LONGEST_S = 0.005, 0.05
LEAST_SOUND_HZ = 4000.0
BESIDE_HZ = 1000.0  # that is heard beside how far a beacon drifts


class Piece(NamedTuple):
    """What samples gave: sound of 48 kHz, and the pulses that have ended."""

    raw: Sound
    pulses: list[Pulse]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listened for: a frequency, how far it may be off, the length of its pulses."""

    frequency_hz: float | None
    drift_hz: float
    pulse_s: float


def wanted(collar: Collar | None) -> Wanted:
    """Return what a collar's sheet says, and what is usual where it says nothing."""
    if collar is None:
        return Wanted(None, USUAL_DRIFT_HZ, USUAL_PULSE_S)
    return Wanted(
        collar.frequency_hz,
        min(collar.frequency_drift_hz or USUAL_DRIFT_HZ, MOST_DRIFT_HZ),
        min(max(collar.pulse_length_s or USUAL_PULSE_S, SHORTEST_S), LONGEST_S),
    )


class Ear:
    """What follows a stretch of samples, which may be cut anywhere between two of them.

    `delay_s` is how long after its end a pulse is told.
    """

    def __init__(self, stream: Stream, beeper: Beeper) -> None:
        self._block_bytes = max(1, round(stream.rate_hz * BLOCK_S)) * stream.form.frame_bytes
        self._beeper, self._waiting = beeper, b""
        self.delay_s = beeper.delay_s + BLOCK_S

    def push(self, data: bytes) -> Piece:
        """Take whole samples; return what their whole blocks gave."""
        data = self._waiting + data
        whole = len(data) // self._block_bytes * self._block_bytes
        self._waiting = data[whole:]
        begins = range(0, whole, self._block_bytes)
        pieces = [self._block(data[at : at + self._block_bytes]) for at in begins]
        raw = [piece.raw for piece in pieces] or [rest(0.0)]
        return Piece(np.concatenate(raw), [p for piece in pieces for p in piece.pulses])

    def follow(self, frequency_hz: float) -> None:
        """Take a frequency (from the middle of the band) as that of a beacon too weak to beep."""

    def _block(self, data: bytes) -> Piece:
        raise NotImplementedError


def ear(stream: Stream, wish: Wanted) -> Ear:
    """Return what listens to a stream.

    Raises:
        ConfigError: its frequency is not known, or the collar's lies outside of it.
    """
    return SoundEar(stream, wish) if stream.kind == "audio" else IqEar(stream, wish)


class SoundEar(Ear):
    """The sound of a receiver: raw as it is."""

    def __init__(self, stream: Stream, wish: Wanted) -> None:
        if stream.rate_hz < LEAST_SOUND_HZ:
            raise ConfigError(
                phrase("sound of {rate} Hz is too slow to listen to", rate=f"{stream.rate_hz:g}")
            )
        rate_hz, scale = stream.rate_hz, top(stream.form)
        reach_hz, pulse_s = BEAT_REACH_HZ, wish.pulse_s
        super().__init__(stream, Beeper(rate_hz, BEAT_HZ, reach_hz, pulse_s, scale, is_real=True))
        self._form, self._up = stream.form, Resampler(rate_hz, RATE_HZ)

    def _block(self, data: bytes) -> Piece:
        sound = numbers(data, self._form)
        raw = self._up.push(sound / np.float32(self._form.full_scale))
        return Piece(raw, [_pulse(beep) for beep in self._beeper.push(sound)])


class IqEar(Ear):
    """IQ: raw is the beat note of the beacon, wherever it has drifted to."""

    def __init__(self, stream: Stream, wish: Wanted) -> None:
        middle_hz, rate_hz = _offset_hz(stream, wish), stream.rate_hz
        self._convert = IqConverter(stream.form, rate_hz)
        self._scale = self._convert.full_scale
        super().__init__(
            stream, Beeper(rate_hz, middle_hz, wish.drift_hz, wish.pulse_s, self._scale)
        )
        self._middle_hz = middle_hz
        self._lowering = Lowering(rate_hz, middle_hz, 2 * wish.drift_hz + BESIDE_HZ)
        self._beat = BeatNote(self._lowering.low_hz)
        self._offsets: deque[float] = deque(maxlen=FOLLOWED)

    def _block(self, data: bytes) -> Piece:
        samples = self._convert.convert(data)
        beeps = self._beeper.push(samples)
        self._offsets.extend(beep.offset_hz for beep in beeps)
        if beeps and len(self._offsets) >= LEAST_FOLLOWED:
            self._beat.follow(statistics.median(self._offsets) - self._middle_hz)
        low = self._lowering.push(samples) / np.float32(self._scale)
        return Piece(self._beat.push(low), [_pulse(beep) for beep in beeps])

    def follow(self, frequency_hz: float) -> None:
        """Take a frequency, from the middle of the band, while no pulse is heard singly."""
        if len(self._offsets) < LEAST_FOLLOWED:
            self._beat.follow(frequency_hz - self._middle_hz)


def _offset_hz(stream: Stream, wish: Wanted) -> float:
    if wish.frequency_hz is None or not stream.frequency_hz:
        raise ConfigError(
            phrase("no sound of samples: the frequency of the collar or of the samples is not said")
        )
    offset_hz = wish.frequency_hz - stream.frequency_hz
    if abs(offset_hz) > stream.rate_hz / 2:
        raise ConfigError(
            phrase(
                "no sound of samples: {collar} MHz lies outside of them",
                collar=f"{wish.frequency_hz / 1e6:.4f}",
            )
        )
    return offset_hz


def _pulse(beep: Beep) -> Pulse:
    return Pulse(
        time_s=beep.end_s,
        level_db=beep.level_db,
        floor_db=beep.noise_db,
        top_db=0.0,
        saturated=beep.saturated,
    )
