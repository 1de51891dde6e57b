"""Made-up recordings of VHF beacons with a known truth: what detectors are held against.

A scene is noise of `sigma` steps of the 8-bit scale on I and on Q, beacons ("tags") and
interference. The amplitude of a carrier of c dB-Hz is sigma sqrt(2 10^(c/10) / rate) steps. Noise,
each tag, impulses and audio have generators of their own, so that one more tag does not change the
noise. The same scene gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.complex64]

BLOCK_SAMPLES = 2**19
ZERO = 127.5  # of cu8: the codes 127 and 128 are half a step below and above
NOISE, TAG, IMPULSES, AUDIO, LADDER = 0, 1, 2, 3, 9  # the second number of each seed
AM_DEPTH = 0.4  # root mean square
IMPULSE_S, IMPULSE_MEAN_DB = 5e-6, 3.0
PULL_S = 0.01  # how fast the frequency settles after a pulse begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A beacon: frequency from the centre, level while keyed, pulses.

    `jitter` is a share of the period: of each interval where `cumulative`, so that errors add up,
    else of each pulse about a fixed grid. The carrier follows a sine of `drift_hz`, and starts each
    pulse `chirp_hz` high.
    """

    frequency_hz: float
    cn0_dbhz: float
    period_s: float = 1.2
    width_s: float = 0.02
    first_s: float = 0.3
    jitter: float = 0.005
    cumulative: bool = True
    drift_hz: float = 0.0
    drift_period_s: float = 300.0
    rise_s: float = 0.0002
    chirp_hz: float = 0.0


class Carrier(NamedTuple):
    """A steady carrier; `audio_hz` is the bandwidth of noise that modulates it, None for none."""

    frequency_hz: float
    cn0_dbhz: float
    audio_hz: float | None = None


class TruePulse(NamedTuple):
    """A pulse of tag number `tag`: its start from the first sample, its carrier from the centre."""

    tag: int
    start_s: float
    width_s: float
    frequency_hz: float
    cn0_dbhz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A recording to be made: rate and length, noise, tags, interference.

    `impulses_hz` counts them a second, `impulse_db` is their least amplitude over `sigma`.
    `noise_rise_db` is how much the noise grows to the end while the tags stay as they are.
    """

    rate_hz: float
    duration_s: float
    seed: int
    sigma: float = 10.0
    tags: tuple[Tag, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    impulses_hz: float = 0.0
    impulse_db: float = 40.0
    offset: float = 0.0
    noise_rise_db: float = 0.0

    @property
    def size(self) -> int:
        """How many samples it has."""
        return round(self.duration_s * self.rate_hz)

    def amplitude(self, cn0_dbhz: float) -> float:
        """Return the amplitude of a carrier in steps."""
        return float(self.sigma * np.sqrt(2.0 * 10.0 ** (cn0_dbhz / 10.0) / self.rate_hz))


def ladder(
    levels_dbhz: list[float], rate_hz: float, duration_s: float, seed: int,
    span_hz: float | None = None,
) -> Scene:  # fmt: skip
    """Return a scene of one tag a level, staggered so that no two pulses meet."""
    count, rng = len(levels_dbhz), np.random.default_rng([seed, LADDER])
    span_hz = 0.8 * rate_hz if span_hz is None else span_hz
    order = rng.permutation(count)
    grid = -span_hz / 2 + span_hz * (np.arange(count) + 0.5) / count
    grid = grid + rng.uniform(-500.0, 500.0, count)
    tags = tuple(
        Tag(
            frequency_hz=float(grid[order[number]]),
            cn0_dbhz=level,
            first_s=0.05 + number * 1.2 / count,
            jitter=0.0005,
            cumulative=False,
        )
        for number, level in enumerate(levels_dbhz)
    )
    return Scene(rate_hz=rate_hz, duration_s=duration_s, seed=seed, tags=tags)


class _Pulse(NamedTuple):
    truth: TruePulse
    tag: Tag
    phase: float


def _pulses(scene: Scene) -> list[_Pulse]:
    """Return the pulses that lie whole within the scene, in order of time."""
    found = []
    for index, tag in enumerate(scene.tags):
        rng = np.random.default_rng([scene.seed, TAG, index])
        count = int(scene.duration_s / tag.period_s) + 3
        errors = rng.normal(0.0, tag.jitter * tag.period_s, count)
        errors = np.cumsum(errors) if tag.cumulative else errors
        starts = tag.first_s + np.arange(count) * tag.period_s + errors
        kept = starts[(starts > 0.0) & (starts + tag.width_s < scene.duration_s)]
        phases = rng.uniform(0.0, 2 * np.pi, len(kept))
        turns = np.sin(2 * np.pi * kept / tag.drift_period_s + index)
        carriers = tag.frequency_hz + tag.drift_hz * turns
        for start, phase, carrier in zip(kept, phases, carriers, strict=True):
            truth = TruePulse(index, float(start), tag.width_s, float(carrier), tag.cn0_dbhz)
            found.append(_Pulse(truth, tag, float(phase)))
    return sorted(found, key=lambda pulse: pulse.truth.start_s)


def truth(scene: Scene) -> list[TruePulse]:
    """Return every pulse of a scene in order of time."""
    return [pulse.truth for pulse in _pulses(scene)]


def samples(scene: Scene) -> Iterator[Samples]:
    """Yield the scene before it is quantised, in blocks, in steps of the 8-bit scale."""
    noise = np.random.default_rng([scene.seed, NOISE])
    pulses, impulses = _pulses(scene), _impulses(scene)
    for begin in range(0, scene.size, BLOCK_SAMPLES):
        size = min(BLOCK_SAMPLES, scene.size - begin)
        block = noise.standard_normal(2 * size, dtype=np.float32) * np.float32(scene.sigma)
        if scene.noise_rise_db:
            rise_db = scene.noise_rise_db * begin / scene.size
            block *= np.float32(10.0 ** (rise_db / 20.0))
        signal: Samples = block.view(np.complex64)
        for pulse in pulses:
            _add_pulse(signal, begin, scene, pulse)
        for carrier in scene.carriers:
            signal += _carrier(scene, carrier, begin, size)
        for impulse in impulses:
            _add_impulse(signal, begin, scene, impulse)
        if scene.offset:
            signal += np.complex64(complex(scene.offset, scene.offset))
        yield signal


def cu8(scene: Scene) -> Iterator[bytes]:
    """Yield the scene as an RTL-SDR would deliver it: unsigned bytes, I and Q in turn."""
    for block in samples(scene):
        steps = np.rint(block.view(np.float32) + np.float32(ZERO))
        yield np.clip(steps, 0, 255).astype(np.uint8).tobytes()


def _add_pulse(signal: Samples, begin: int, scene: Scene, pulse: _Pulse) -> None:
    rate_hz, (start, width) = scene.rate_hz, (pulse.truth.start_s, pulse.truth.width_s)
    first, last = int(np.ceil(start * rate_hz)), int(np.floor((start + width) * rate_hz))
    first, last = max(first, begin), min(last, begin + len(signal))
    if first >= last:
        return
    time = np.arange(first, last) / rate_hz - start
    edge = np.minimum(1.0, np.minimum(time, width - time) / pulse.tag.rise_s)
    phase = 2 * np.pi * pulse.truth.frequency_hz * time + pulse.phase
    if pulse.tag.chirp_hz:
        phase -= 2 * np.pi * pulse.tag.chirp_hz * PULL_S * np.exp(-time / PULL_S)
    shape = scene.amplitude(pulse.truth.cn0_dbhz) * (0.5 - 0.5 * np.cos(np.pi * edge))
    signal[first - begin : last - begin] += (shape * np.exp(1j * phase)).astype(np.complex64)


def _carrier(scene: Scene, carrier: Carrier, begin: int, size: int) -> Samples:
    turns = 2 * np.pi * carrier.frequency_hz * np.arange(begin, begin + size) / scene.rate_hz
    wave = scene.amplitude(carrier.cn0_dbhz) * np.exp(1j * turns)
    if carrier.audio_hz is not None:
        hold = int(scene.rate_hz / (2 * carrier.audio_hz))
        rng = np.random.default_rng([scene.seed, AUDIO, begin // BLOCK_SAMPLES])
        audio = np.repeat(rng.standard_normal(size // hold + 2), hold)[:size]
        wave = wave * (1.0 + AM_DEPTH * audio)
    return np.asarray(wave, np.complex64)


class _Impulse(NamedTuple):
    sample: int
    value: complex


def _impulses(scene: Scene) -> list[_Impulse]:
    if not scene.impulses_hz:
        return []
    rng = np.random.default_rng([scene.seed, IMPULSES])
    count = rng.poisson(scene.impulses_hz * scene.duration_s)
    where = np.sort(rng.integers(0, scene.size, count))
    phases = rng.uniform(0.0, 2 * np.pi, count)
    level_db = scene.impulse_db + rng.exponential(IMPULSE_MEAN_DB, count)
    values = scene.sigma * 10.0 ** (level_db / 20.0) * np.exp(1j * phases)
    return [_Impulse(int(s), complex(v)) for s, v in zip(where, values, strict=True)]


def _add_impulse(signal: Samples, begin: int, scene: Scene, impulse: _Impulse) -> None:
    at, length = impulse.sample - begin, max(1, int(IMPULSE_S * scene.rate_hz))
    if 0 <= at < len(signal):
        signal[at : at + length] += np.complex64(impulse.value)
