"""AOR receivers of the DV series: AR-DV1, DV3, DV10. ASCII lines; not in Hamlib.

Source: roxio/AOR-AR-DV10-Suite, `tests/test_device_simulator.py` at fd00ef57 (facts only); its
author read the layout of LM off real hardware. DV1 and DV3 are of the same family, by inference.

    ask   RF       RF0145.50000          decimal MHz
    ask   MD       MDdan                 three characters
    ask   AT       ATn                   0, 1, 2: of three states, no decibels are published
    ask   LM       LMvvvq                -vvv dB, then the squelch: 1 is open;  LM1001 is -100 dB
    set   RF, MD   refused with ? while it browses its memory: VF A first

Which three characters of MD are CW is not published: the mode is set by hand. The decibels are the
maker's; against what, is not published: their scale is its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar

from receiver.address import Address
from receiver.instruments import Lines, Questions, Rota, seconds
from receiver.records import Detection

LEVEL = re.compile(r"^LM\s?(\d{3})(\d)$")
FREQUENCY = re.compile(r"^RF\s?(\d{1,4}\.\d{1,6})$")
SETTING = re.compile(r"^(MD|AT)\s?(\w{1,3})$")
NO_ANSWER_S = 0.5


class AorDv:
    """One receiver on a serial line."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}

    def __init__(self, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._lines = Lines()
        self._rota = Rota(("RF", "MD", "AT"), "LM")
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._frequency_hz: float | None = None
        self._settings: dict[str, str] = {}

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each level."""
        detections = []
        for line in self._lines.feed(chunk):
            self._questions.waiting = False
            if match := LEVEL.match(line):
                detections.append(self._reading(match, time, monotonic_ns))
            elif match := FREQUENCY.match(line):
                self._frequency_hz = round(float(match[1]) * 1e6, 1)
            elif match := SETTING.match(line):
                self._settings[match[1]] = match[2]
        return detections

    def reset(self) -> None:
        """Forget the half line and what the receiver was set to."""
        self._frequency_hz = None
        self._settings.clear()
        for part in (self._lines, self._rota, self._questions):
            part.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due and the last one is answered or given up."""
        return f"{self._rota.next()}\r".encode() if self._questions.due(monotonic_ns) else b""

    def prepare(self) -> None:
        """Leave the memory, in which nothing can be set; mode and squelch are set by hand."""
        self._rota.order(["VF A"])

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Put the dial on the carrier. The attenuator's decibels are not published: left alone."""
        self._rota.order(["VF A", f"RF{frequency_hz / 1e6:010.5f}"])

    def _reading(self, match: re.Match[str], time: datetime, monotonic_ns: int) -> Detection:
        mode, attenuator = (self._settings.get(name) for name in ("MD", "AT"))
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=self._frequency_hz,
            level_raw=float(match[1]),
            level_db=-float(match[1]),
            level_unit="dB",
            found=match[2] == "1",
            mode=None if mode is None else f"MD{mode}",
            text=None if attenuator is None else f"AT{attenuator}",
        )


def make(address: Address) -> AorDv:
    """Make a receiver of the DV series.

    Raises:
        ConfigError: an option has a wrong value.
    """
    return AorDv(seconds(address, "poll_s", 0.1))
