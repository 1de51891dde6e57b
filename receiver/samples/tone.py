"""What a beacon in IQ sounds like: its frequency moved to where an ear hears well."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from receiver.errors import WriteError
from receiver.samples.conversion import converter
from receiver.samples.level import Format

RATE_HZ, PITCH_HZ = 8000, 700.0
WIDTH_HZ = 500.0  # what is heard: narrower rings, wider is noise only
LOUD = 0.25  # of full scale: the noise, so that a beacon has room above it
PLAYERS = (("aplay", "-q"), ("paplay",), ("play", "-q"), ("ffplay", "-autoexit", "-nodisp"))


class Tone(NamedTuple):
    """Which stretch of samples to make audible: offset from the centre in hertz."""

    form: Format
    rate_hz: float
    offset_hz: float


def audible(data: bytes, tone: Tone) -> NDArray[np.int16]:
    """Return whole samples of IQ as sound of 8 kHz, the beacon at 700 Hz."""
    from scipy.signal import butter, sosfilt

    samples = converter(tone.form, tone.rate_hz).convert(data)
    if not len(samples):
        return np.zeros(0, np.int16)
    step = max(1, int(tone.rate_hz // (4 * RATE_HZ)))
    count = len(samples) // step * step
    turns = np.exp(-2j * np.pi * tone.offset_hz / tone.rate_hz * np.arange(count))
    thin = (samples[:count] * turns.astype(np.complex64)).reshape(-1, step).mean(axis=1)
    rate_hz = tone.rate_hz / step
    filtered = sosfilt(butter(4, WIDTH_HZ / 2, fs=rate_hz, output="sos"), thin)
    at = np.arange(int(len(filtered) / rate_hz * RATE_HZ)) * (rate_hz / RATE_HZ)
    kept = filtered[np.minimum(at.astype(np.int64), len(filtered) - 1)]
    sound = (kept * np.exp(2j * np.pi * PITCH_HZ / RATE_HZ * np.arange(len(kept)))).real
    usual = float(np.median(np.abs(sound)))
    scaled = sound / max(usual * 3.0, 1e-30) * LOUD
    return np.asarray(np.clip(scaled, -1.0, 1.0) * 32767.0, np.int16)


def write(path: Path, sound: NDArray[np.int16]) -> None:
    """Write sound as a WAV file.

    Raises:
        WriteError: it cannot be written.
    """
    try:
        with path.open("wb") as whole, wave.open(whole, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(sound.tobytes())
    except OSError as error:
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error


def play(path: Path) -> bool:
    """Play a file by what this computer has for it; tell whether it has something."""
    for program, *options in PLAYERS:
        if found := shutil.which(program):
            subprocess.Popen(
                [found, *options, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            return True
    return False
