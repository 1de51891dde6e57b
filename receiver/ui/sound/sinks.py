"""Where sound goes: a sound device, or a WAV file."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from receiver.errors import MissingExtraError, SourceError, WriteError
from receiver.language import phrase
from receiver.ui.sound.tones import RATE_HZ

Out = NDArray[np.int16]
MOST_WAITING = RATE_HZ // 5  # samples: later than that is no longer now
LEAD = RATE_HZ // 25  # after a gap so many are gathered, so that the next one is not a gap at once


class Sink(Protocol):
    """Takes sound as it is made."""

    def write(self, sound: Out) -> None:
        """Take the next samples, 48,000 a second."""

    def close(self) -> None:
        """End."""


class WavSink:
    """A WAV file, which is whole after every piece.

    Raises:
        WriteError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._raw = path.open("wb")  # it stays open
        except OSError as error:
            raise self._fault(error) from error
        self._file = wave.open(self._raw, "wb")  # noqa: SIM115
        self._file.setnchannels(1)
        self._file.setsampwidth(2)
        self._file.setframerate(RATE_HZ)

    def write(self, sound: Out) -> None:
        """Take the next samples."""
        if not len(sound):
            return
        try:
            self._file.writeframes(sound.astype("<i2").tobytes())
            self._raw.flush()
        except OSError as error:
            raise self._fault(error) from error

    def close(self) -> None:
        """End the file."""
        try:
            self._file.close()
        except OSError as error:
            raise self._fault(error) from error
        finally:
            self._raw.close()

    def _fault(self, error: OSError) -> WriteError:
        return WriteError(
            phrase("{path}: sound cannot be written ({why})", path=self._path, why=error.strerror)
        )


class Waiting:
    """Sound between who makes it and the device that asks for it; of too much the oldest goes."""

    def __init__(self) -> None:
        self._data, self._is_gathering = bytearray(), True
        self._lock = threading.Lock()

    def put(self, sound: Out) -> None:
        """Add the next samples."""
        with self._lock:
            self._data += sound.tobytes()
            del self._data[: max(0, len(self._data) - 2 * MOST_WAITING)]

    def get(self, count: int) -> bytes:
        """Return so many samples: silence after what there is."""
        with self._lock:
            self._is_gathering &= len(self._data) < 2 * LEAD
            size = 0 if self._is_gathering else 2 * count
            data = bytes(self._data[:size])
            del self._data[:size]
            self._is_gathering |= len(data) < 2 * count
        return data.ljust(2 * count, b"\0")


class DeviceSink:
    """A sound device of this computer, "default" or a part of its name.

    Raises:
        MissingExtraError: the package for it is not installed.
        SourceError: there is no such device.
    """

    def __init__(self, device: str) -> None:
        try:
            import sounddevice
        except ImportError as error:
            raise MissingExtraError(phrase("sound"), "audio") from error
        except OSError as error:
            said = phrase("sound needs PortAudio: sudo apt install libportaudio2")
            raise SourceError(said) from error
        self._waiting = Waiting()
        wanted = None if device == "default" else device
        try:
            self.name = str(sounddevice.query_devices(wanted, "output")["name"])
            self._stream = _stream(sounddevice, wanted, self._fill)
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise SourceError(_unopened(wanted, error)) from error

    def _fill(self, out: Any, frames: int, *_: Any) -> None:
        out[:] = self._waiting.get(frames)

    def write(self, sound: Out) -> None:
        """Take the next samples."""
        if not self._stream.active:
            raise SourceError(phrase("{device}: the sound device is gone", device=self.name))
        self._waiting.put(sound)

    def close(self) -> None:
        """Stop."""
        self._stream.close()


def _unopened(device: str | None, error: Exception) -> str:
    if device is None:
        return phrase("this computer has no sound device, or it is in use")
    why = " ".join(str(error).split())
    return phrase("sound device {device}: {why}", device=device, why=why)


def _stream(sounddevice: Any, device: str | None, fill: Callable[..., None]) -> Any:
    return sounddevice.RawOutputStream(
        samplerate=RATE_HZ, device=device, channels=1, dtype="int16", latency="low", callback=fill
    )
