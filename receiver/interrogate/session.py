"""A talk with a collar over a link: every word written down, none without leave."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from receiver.clock import Clock
from receiver.errors import WriteError
from receiver.interrogate.sayings import Confirmed, Effect, NotConfirmedError
from receiver.links import Link
from receiver.records import utc_text

SAID, HEARD = "said", "heard"
Mask = Callable[[bytes], bytes]


class Transcript:
    """What was said and heard, a JSON line each, on the disk before the next is said.

    `mask` takes keys and codes of the owner out of bytes.
    """

    def __init__(self, path: Path, mask: Mask) -> None:
        """Open the file, at its end.

        Raises:
            WriteError: it cannot be written.
        """
        self.path, self._mask = path, mask
        try:
            self._file: BinaryIO = path.open("ab")
        except OSError as error:
            raise WriteError(f"{path}: {error.strerror}") from error

    def write(self, direction: str, data: bytes, time: Any) -> None:
        """Write bytes down; `direction` is SAID or HEARD.

        Raises:
            WriteError: there is no room, or the disk is gone.
        """
        line = {"time": utc_text(time), "direction": direction, "hex": self._mask(data).hex()}
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            if direction == SAID:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise WriteError(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Session:
    """An open link to a collar. `effect_of` is the guard: see `sayings`."""

    def __init__(self, link: Link, clock: Clock, transcript: Transcript, effect_of: Effect) -> None:
        self._link, self._clock = link, clock
        self._transcript, self._effect_of = transcript, effect_of

    def say(self, data: bytes, confirmed: Confirmed | None = None) -> None:
        """Send bytes; what changes the collar only with the leave for these very bytes.

        Raises:
            NotConfirmedError: they change the collar, and nobody agreed. Nothing was sent.
            SourceError: the link is lost.
        """
        effect = self._effect_of(data)
        if effect and (confirmed is None or data not in confirmed.sayings):
            raise NotConfirmedError(f"this {effect}; it is not sent without the collar's id")
        self._transcript.write(SAID, data, self._clock.now().utc)
        self._link.write(data)

    def hear(self, timeout_s: float) -> bytes:
        """Return what came within some seconds, b"" for silence.

        Raises:
            SourceError: the link is lost.
        """
        return self._link.read(timeout_s)

    def note(self, message: bytes) -> None:
        """Write a whole message of the collar down."""
        self._transcript.write(HEARD, message, self._clock.now().utc)

    def deadline_ns(self, seconds: float) -> int:
        """Return the monotonic time in so many seconds."""
        return self._clock.now().monotonic_ns + round(seconds * 1e9)

    def is_over(self, deadline_ns: int) -> bool:
        """Tell whether a monotonic time has come."""
        return self._clock.now().monotonic_ns >= deadline_ns
