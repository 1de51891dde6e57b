"""Recordings of bursts, as files: samples (cu8), and the truth beside them as JSON.

The truth is `{"rate_hz", "frequency_hz", "duration_s", "bursts": [...]}`: times are the starts in
seconds from the first sample. They are made a few seconds at a time, however long they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols import argos as argos_format
from protocols.ctt import ID_BYTES
from receiver.errors import ConfigError, WriteError
from receiver.simulator import argos, ctt

Samples = NDArray[np.complex64]
Sent = argos.Transmission | ctt.TagBurst

PIECE_S = 2.0
SIGMA = 10.0  # steps of the 8-bit scale, on I and on Q
FIRST_S = 0.5
BESIDE = 0.45  # of the rate: a carrier beyond that is at the edge of the band


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is to be made: samples a second, middle of the band, length, which noise, bursts."""

    rate_hz: float
    frequency_hz: float
    duration_s: float
    seed: int
    bursts: Sequence[Sent]


def argos_bursts(
    platform: str, data: str, every_s: float, duration_s: float, **how: Any
) -> list[argos.Transmission]:
    """Return the messages of one Argos PTT-A2 platform; `how` are fields of a Transmission.

    Raises:
        ConfigError: there is no such platform, or no message of so many bytes.
    """
    try:
        frame = argos_format.frame(int(platform, 16), bytes.fromhex(data))
    except ValueError as error:
        raise ConfigError(f"no Argos message can be made: {error}") from error
    bits = "".join(f"{byte:08b}" for byte in frame)
    return [argos.Transmission(bits=bits, start_s=s, **how) for s in _starts(every_s, duration_s)]


def ctt_bursts(
    identity: str, every_s: float, duration_s: float, **how: Any
) -> list[ctt.TagBurst]:  # fmt: skip
    """Return the beeps of one CTT tag; `how` are fields of a TagBurst.

    Raises:
        ConfigError: its id is not one of four bytes.
    """
    try:
        raw = bytes.fromhex(identity)
    except ValueError:
        raw = b""
    if len(raw) != ID_BYTES:
        raise ConfigError(f"id {identity!r}: expected 8 hex digits, as in 78664C33")
    frame = ctt.frame(raw)
    return [ctt.TagBurst(frame=frame, start_s=s, **how) for s in _starts(every_s, duration_s)]


def _starts(every_s: float, duration_s: float) -> list[float]:
    return [float(s) for s in np.arange(FIRST_S, duration_s, every_s)]


def pieces(recording: Recording) -> Iterator[Samples]:
    """Yield the samples, in steps of the 8-bit scale."""
    size = round(PIECE_S * recording.rate_hz)
    for number in range(int(np.ceil(recording.duration_s * recording.rate_hz / size))):
        begin_s = number * size / recording.rate_hz
        length = min(size, round(recording.duration_s * recording.rate_hz) - number * size)
        moved = [replace(one, start_s=one.start_s - begin_s) for one in recording.bursts]
        yield _piece(moved, recording.rate_hz, length, 1000 * recording.seed + number)


def _piece(bursts: Sequence[Sent], rate_hz: float, size: int, seed: int) -> Samples:
    seconds = size / rate_hz
    near = [one for one in bursts if -_duration_s(one) < one.start_s < seconds]
    tags = [one for one in near if isinstance(one, ctt.TagBurst)]
    signal = ctt.samples(rate_hz, seconds, tags, seed, SIGMA)
    platforms = [one for one in near if isinstance(one, argos.Transmission)]
    if platforms:
        scale = np.float32(SIGMA / np.sqrt(argos.NOISE * rate_hz / 2.0))
        signal += argos.samples(platforms, rate_hz, seconds, None) * scale
    return signal


def _duration_s(one: Sent) -> float:
    if isinstance(one, argos.Transmission):
        return one.duration_s
    return 8 * len(one.frame) / one.bit_rate_hz


def write(path: Path, recording: Recording, watched: Callable[[float], None]) -> Path:
    """Write a recording as cu8, at once and whole; return the path of its truth.

    `watched` is told how many seconds are written.

    Raises:
        ConfigError: a burst lies outside the band, or the name is not that of cu8.
        WriteError: it cannot be written.
    """
    _check(path, recording)
    half, truth_path = path.with_name(path.name + ".part"), path.with_name(path.name + ".json")
    try:
        with half.open("wb") as file:
            written = 0
            for piece in pieces(recording):
                file.write(ctt.cu8(piece))
                written += len(piece)
                watched(written / recording.rate_hz)
        os.replace(half, path)
        truth_path.write_text(json.dumps(_truth(recording)) + "\n", encoding="utf-8")
    except OSError as error:
        half.unlink(missing_ok=True)
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error
    return truth_path


def _check(path: Path, recording: Recording) -> None:
    if path.suffix != ".cu8":
        raise ConfigError(f"{path}: bursts are written as cu8: name it NAME.cu8")
    for one in recording.bursts:
        offset_hz = one.frequency_hz if isinstance(one, argos.Transmission) else one.offset_hz
        if abs(offset_hz) > BESIDE * recording.rate_hz:
            raise ConfigError(f"a carrier {offset_hz:g} Hz beside the middle is outside the band")


def _truth(recording: Recording) -> dict[str, Any]:
    return {
        "rate_hz": recording.rate_hz,
        "frequency_hz": recording.frequency_hz,
        "duration_s": recording.duration_s,
        "bursts": [_said(one) for one in recording.bursts],
    }


def _said(one: Sent) -> dict[str, Any]:
    said = asdict(one)
    return said | {"frame": one.frame.hex()} if isinstance(one, ctt.TagBurst) else said
