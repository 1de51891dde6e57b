"""An emulated Icom receiver: CI-V on a pseudo-terminal, with the level that a caller gives.

It answers FA to whatever it does not know, as a real one does: an emulator that says yes to
everything teaches a driver nothing.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from contextlib import suppress

from receiver.instruments.icom import (
    ATTENUATOR,
    BAD,
    CONTROLLER,
    GOOD,
    METER,
    MODEL_ID,
    OPEN_SQUELCH,
    PREAMPLIFIER,
    READ_FREQUENCY,
    READ_MODE,
    RF_GAIN,
    SET_FREQUENCY,
    SET_MODE,
    SQUELCH,
    bcd_of_hz,
    frame,
    hz_of_bcd,
    split_frames,
)

CHUNK_BYTES = 4096


class IcomRadio:
    """What a receiver on the bus does with the bytes it gets; no I/O here."""

    def __init__(
        self,
        bus_address: int,
        frequency_hz: float,
        level: Callable[[], int],
        *,
        echo: bool = False,
    ) -> None:
        self.frequency_hz = round(frequency_hz)
        self.mode, self.filter = 3, 1
        self.attenuator_db = 0
        self.squelch_open = True
        self.rf_gain = 255
        self._address = bus_address
        self._level = level
        self._echo = echo
        self._buffer = b""

    def hear(self, data: bytes) -> bytes:
        """Return what the bus carries back: the echo, if there is one, and the answers."""
        frames, self._buffer = split_frames(self._buffer + data)
        answers = [
            self._answer(content[2:])
            for content in frames
            if len(content) > 2 and content[0] == self._address
        ]
        return (data if self._echo else b"") + b"".join(answers)

    def turn_knob(self, frequency_hz: float) -> bytes:
        """Return the frame that a real receiver sends unasked when its knob is turned."""
        self.frequency_hz = round(frequency_hz)
        return frame(0x00, b"\x00" + bcd_of_hz(self.frequency_hz), self._address)

    def _answer(self, body: bytes) -> bytes:
        reply = self._read(body)
        if reply is None:
            reply = bytes([GOOD if self._set(body) else BAD])
        return frame(CONTROLLER, reply, self._address)

    def _read(self, body: bytes) -> bytes | None:
        answers: dict[bytes, Callable[[], bytes]] = {
            bytes([READ_FREQUENCY]): lambda: bcd_of_hz(self.frequency_hz),
            bytes([READ_MODE]): lambda: bytes([self.mode, self.filter]),
            METER: lambda: bytes.fromhex(f"{min(max(self._level(), 0), 255):04d}"),
            SQUELCH: lambda: bytes([self.squelch_open]),
            RF_GAIN: lambda: bytes.fromhex(f"{self.rf_gain:04d}"),
            ATTENUATOR: lambda: bytes.fromhex(f"{self.attenuator_db:02d}"),
            PREAMPLIFIER: lambda: b"\x00",
            MODEL_ID: lambda: bytes([self._address]),
        }
        return body + answers[body]() if body in answers else None

    def _set(self, body: bytes) -> bool:
        if body[0] == SET_FREQUENCY and (hz := hz_of_bcd(body[1:])) is not None:
            self.frequency_hz = hz
        elif body[0] == SET_MODE and len(body) > 1:
            self.mode, self.filter = body[1], body[2] if len(body) > 2 else 1
        elif body[:1] == ATTENUATOR and len(body) == 2 and body[1:].hex().isdecimal():
            self.attenuator_db = int(body[1:].hex())
        elif body == OPEN_SQUELCH:
            self.squelch_open = True
        else:
            return body[0] == 0x07  # choosing a VFO: there is one
        return True


class SerialServer:
    """Serves an emulated device on a pseudo-terminal; `path` is what to open."""

    def __init__(self, hear: Callable[[bytes], bytes]) -> None:
        self._hear = hear
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="emulated port", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while not self._stop.is_set():
                ready, _, _ = select.select([self._master], [], [], 0.1)
                if ready and (answer := self._hear(os.read(self._master, CHUNK_BYTES))):
                    os.write(self._master, answer)

    def send(self, data: bytes) -> None:
        """Send bytes unasked."""
        os.write(self._master, data)

    def close(self) -> None:
        """Pull the plug."""
        self._stop.set()
        self._thread.join(1.0)
        for descriptor in (self._master, self._slave):
            with suppress(OSError):
                os.close(descriptor)
