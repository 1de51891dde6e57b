"""AOR receivers of the classic series: AR8200, AR8600, SR2200. ASCII lines, 8N2.

Source: Hamlib `rigs/aor` at 8319dc5d for LM and the curves; the AR8200 protocol listing V1.3.

    ask     RX          state: a line with RFnnnnnnnnnn (hertz), MDn, ATn in it
    ask     LM          level: LM and a decimal count; an asterisk or a space may stand between
    error   ?           the command was refused

The curves are fine below and coarse above: near the top of the AR8200 three counts are 10 dB. So a
level carries the width of its own step as spread. What MD and AT mean beside their number is not
documented well enough: they are kept as they come, since a change of either is a new session.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.instruments import Lines, Questions, Rota, seconds
from receiver.levels import AOR_CURVES, Curve
from receiver.records import Detection

LEVEL = re.compile(r"^LM[ *%]?(\d{1,3})$")
FIELD = re.compile(r"\b(RF|MD|AT)(\d+)")
NO_ANSWER_S = 0.5


class Aor:
    """One receiver on a serial line."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "9600", "stopbits": "2"}

    def __init__(self, curve: Curve, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._curve = curve
        self._lines = Lines()
        self._rota = Rota(("RX",), "LM")
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._fields: dict[str, str] = {}

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each level."""
        detections = []
        for line in self._lines.feed(chunk):
            self._questions.waiting = False
            if match := LEVEL.match(line):
                detections.append(self._reading(int(match[1]), time, monotonic_ns))
            else:
                self._fields.update(FIELD.findall(line))
        return detections

    def reset(self) -> None:
        """Forget the half line and what the receiver was set to."""
        self._fields.clear()
        for part in (self._lines, self._rota, self._questions):
            part.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due and the last one is answered or given up."""
        return f"{self._rota.next()}\r".encode() if self._questions.due(monotonic_ns) else b""

    def _reading(self, raw: int, time: datetime, monotonic_ns: int) -> Detection:
        frequency_hz = self._fields.get("RF")
        setting = [f"{name}{self._fields[name]}" for name in ("MD", "AT") if name in self._fields]
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=float(frequency_hz) if frequency_hz else None,
            level_raw=float(raw),
            level_db=self._curve.level_db(raw),
            level_unit="dBS9",
            level_sd_db=self._curve.step_db(raw) / 2.0,
            calibration_id=self._curve.calibration_id,
            saturated=self._curve.is_end(raw),
            text=" ".join(setting) or None,
        )


def make(address: Address) -> Aor:
    """Make a receiver from `model=ar8200`.

    Raises:
        ConfigError: the model is unknown.
    """
    model = address.options.get("model", "").lower()
    if model not in AOR_CURVES:
        raise ConfigError(f"{address}: add ?model= with one of {', '.join(AOR_CURVES)}")
    return Aor(AOR_CURVES[model], seconds(address, "poll_s", 0.1))
