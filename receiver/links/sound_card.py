"""The sound card: the earphone jack of a receiver, by a cable into the microphone jack.

`sound:default` or the number or a part of the name of a device (`python -m sounddevice` lists
them). `through=1` plays what comes in again at once, so that the ear hears what it heard before.
"""

from __future__ import annotations

import queue
from contextlib import suppress
from typing import Any

from receiver.address import Address, parse_hz
from receiver.errors import MissingExtraError, SourceError

BLOCK_S = 0.05
WAITING_BLOCKS = 400  # twenty seconds: a program that is kept waiting loses nothing
USUAL_RATE = "16k"
NUMBERS = {"u8": "uint8", "s16": "int16", "s32": "int32", "f32": "float32"}
NO_PORTAUDIO = "the sound card needs PortAudio: sudo apt install libportaudio2"


def open_link(address: Address) -> SoundLink:
    """Open the sound card for recording, one channel.

    Raises:
        MissingExtraError: the package for it is not installed.
        SourceError: there is no such device, or it cannot record so.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise MissingExtraError("the sound card", "audio") from error
    except OSError as error:
        raise SourceError(NO_PORTAUDIO, str(address)) from error
    blocks: queue.Queue[bytes] = queue.Queue(WAITING_BLOCKS)
    rate_hz = parse_hz(address.options.get("rate", USUAL_RATE))
    name = address.target
    device = None if name == "default" else int(name) if name.isdigit() else name
    through = address.options.get("through") == "1"

    def heard(data: Any, *rest: Any) -> None:
        with suppress(queue.Full):
            blocks.put_nowait(bytes(data))
        if through:
            rest[0][:] = bytes(data)

    kind = sounddevice.RawStream if through else sounddevice.RawInputStream
    try:
        stream = kind(
            samplerate=rate_hz,
            blocksize=int(rate_hz * BLOCK_S),
            device=device,
            channels=1,
            dtype=NUMBERS.get(address.options.get("format", "s16"), "int16"),
            callback=heard,
        )
        stream.start()
    except (sounddevice.PortAudioError, ValueError) as error:
        text = f"sound card {name}: {error}; is it plugged in? python -m sounddevice lists them"
        raise SourceError(" ".join(text.split()), str(address)) from error
    return SoundLink(stream, blocks, address)


class SoundLink:
    """A sound card that records."""

    datagrams = False

    def __init__(self, stream: Any, blocks: queue.Queue[bytes], address: Address) -> None:
        self._stream, self._blocks, self._address = stream, blocks, address

    def read(self, timeout_s: float) -> bytes:
        """Return the next block; raise SourceError where the card is gone."""
        try:
            return self._blocks.get(timeout=timeout_s)
        except queue.Empty:
            if not self._stream.active:
                text = f"sound card {self._address.target}: it stopped; was it pulled out?"
                raise SourceError(text, str(self._address)) from None
            return b""

    def write(self, data: bytes) -> None:
        """Refuse: a sound card is not asked."""
        raise SourceError("a sound card cannot be asked", str(self._address))

    def close(self) -> None:
        """Stop recording."""
        self._stream.close()
