"""Lotek Biotracker by its serial line: it can be told what to listen to, and says no level.

Source: the public Biotracker manual, p. 19.

    sf150.1234x     frequency in MHz           OK

So it is a receiver for the ear whose scanning the computer does. Gain and channel have commands as
well, whose numbers are not described: they are set by hand. The SRX receivers have no public
commands; their files are read by `receiver.instruments.lotek_srx`.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from receiver.address import Address
from receiver.instruments import Lines, Questions, Rota, seconds
from receiver.records import Detection

NO_ANSWER_S = 1.0


class Biotracker:
    """One receiver. It speaks only when it is told something."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "9600"}
    expected_interval_s: float | None = None

    def __init__(self, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self._lines = Lines()
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._rota = Rota[str]((), "")

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return nothing: its answers hold no level."""
        if self._lines.feed(chunk):
            self._questions.waiting = False
        return []

    def reset(self) -> None:
        """Forget the half answer and what was not told yet."""
        for part in (self._lines, self._questions, self._rota):
            part.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return what it is to be told next."""
        if not self._rota.ordered or not self._questions.due(monotonic_ns):
            return b""
        return self._rota.next().encode()

    def prepare(self) -> None:
        """Nothing: gain and squelch are set by hand."""

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Listen to a frequency."""
        self._rota.order([f"sf{frequency_hz / 1e6:.4f}x"])


def make(address: Address) -> Biotracker:
    """Make a receiver.

    Raises:
        ConfigError: an option has a wrong value.
    """
    return Biotracker(seconds(address, "poll_s", 0.1))
