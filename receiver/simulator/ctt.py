"""Made-up samples of CTT tags, with a known truth: what the receiver of bursts is held against.

Noise is white over the band, `sigma` steps of the 8-bit scale on I and on Q. The phase of a burst
goes on from bit to bit, unless it `jumps`, at the instants of the samples: a burst may begin
between two of them. At an Eb/N0 of x its amplitude is sigma sqrt(2 x bit rate / rate) steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.checksums import crc8_smbus
from protocols.ctt import CODE, ID_BYTES, PREAMBLE, SYNC

Samples = NDArray[np.complex64]

BIT_RATE_HZ = 25e3
ZERO = 127.5  # of cu8


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBurst:
    """One frame of a tag. `offset_hz` is its carrier above the middle of the band.

    Where it `jumps`, each bit begins with a phase of its own, as of two tones that are keyed.
    """

    frame: bytes
    start_s: float
    ebn0_db: float
    offset_hz: float = 0.0
    deviation_hz: float = 25e3
    bit_rate_hz: float = BIT_RATE_HZ
    phase: float = 0.0
    jumps: bool = False


def frame(identity: bytes, preamble_bytes: int = 3) -> bytes:
    """Return the frame of an id of four bytes."""
    return PREAMBLE * preamble_bytes + SYNC + identity + bytes([crc8_smbus(identity)])


def drawn_id(rng: np.random.Generator) -> bytes:
    """Return an id as Motus gives them."""
    return bytes(rng.choice(np.frombuffer(CODE, np.uint8), ID_BYTES).tolist())


def samples(
    rate_hz: float, duration_s: float, bursts: Sequence[TagBurst], seed: int, sigma: float = 10.0
) -> Samples:
    """Return noise with bursts, in steps of the 8-bit scale."""
    rng = np.random.default_rng([seed, 0])
    noise = rng.standard_normal(2 * round(rate_hz * duration_s), dtype=np.float32)
    signal: Samples = (noise * np.float32(sigma)).view(np.complex64)
    for burst in bursts:
        _add(signal, rate_hz, burst, sigma)
    return signal


def cu8(signal: Samples) -> bytes:
    """Return samples as an RTL-SDR would deliver them: unsigned bytes, I and Q in turn."""
    steps = np.rint(signal.view(np.float32) + np.float32(ZERO))
    return bytes(np.clip(steps, 0, 255).astype(np.uint8))


def _add(signal: Samples, rate_hz: float, burst: TagBurst, sigma: float) -> None:
    bits = np.unpackbits(np.frombuffer(burst.frame, np.uint8))
    bit_s = 1.0 / burst.bit_rate_hz
    first = max(0, int(np.ceil(burst.start_s * rate_hz)))
    end = min(len(signal), int(np.ceil((burst.start_s + len(bits) * bit_s) * rate_hz)))
    time = np.arange(first, end) / rate_hz - burst.start_s
    swing = burst.deviation_hz * bit_s * np.concatenate(([0.0], np.cumsum(2.0 * bits - 1.0)))
    turns = burst.offset_hz * time + np.interp(time / bit_s, np.arange(len(swing)), swing)
    amplitude = sigma * np.sqrt(2.0 * 10.0 ** (burst.ebn0_db / 10.0) * burst.bit_rate_hz / rate_hz)
    if burst.jumps:
        turned = np.random.default_rng(len(signal)).uniform(0.0, 1.0, len(bits) + 1)
        turns += turned[(time / bit_s).astype(np.int64)]
    wave = amplitude * np.exp(2j * np.pi * turns + 1j * burst.phase)
    signal[first:end] += wave.astype(np.complex64)
