"""AOR receivers of the classic series: AR8200, AR8600, SR2200. ASCII lines, 8N2.

Source: Hamlib `rigs/aor` at 8319dc5d for LM and the curves; the AR8200 protocol listing V1.3.

    ask     RX          state: a line with RFnnnnnnnnnn (hertz), MDn, ATn in it
    ask     LM          level: LM and a decimal count; an asterisk or a space may stand between
    set     RFnnnnnnnnnn, MDn
    error   ?           the command was refused

The curves are fine below and coarse above: near the top of the AR8200 three counts are 10 dB. So a
level carries the width of its own step as spread. What AT means beside its number is not documented
well enough: it is kept as it comes, since a change of it is a new session. Squelch and filter have
no command that is documented.
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
MODES = {"0": "WFM", "1": "NFM", "2": "AM", "3": "USB", "4": "LSB", "5": "CW", "6": "SFM",
         "7": "WAM", "8": "NAM"}  # fmt: skip
CW = "MD5"
WITH_CW = ("ar8200", "ar8600")  # the SR2200 has AM and FM only
NO_ANSWER_S = 0.5


class Aor:
    """One receiver on a serial line."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "9600", "stopbits": "2"}

    def __init__(self, model: str, poll_interval_s: float) -> None:
        self.model = model
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._curve: Curve = AOR_CURVES[model]
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

    def prepare(self) -> None:
        """Take CW where the model has it; the rest is set by hand."""
        if self.model in WITH_CW:
            self._rota.order([CW])

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Put the dial on the carrier. The attenuator's steps are not documented: left alone."""
        self._rota.order([f"RF{round(frequency_hz):010d}"])

    def _reading(self, raw: int, time: datetime, monotonic_ns: int) -> Detection:
        frequency_hz = self._fields.get("RF")
        mode, attenuator = (self._fields.get(name) for name in ("MD", "AT"))
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
            mode=None if mode is None else MODES.get(mode, f"MD{mode}"),
            text=None if attenuator is None else f"AT{attenuator}",
        )


def make(address: Address) -> Aor:
    """Make a receiver from `model=ar8200`.

    Raises:
        ConfigError: the model is unknown.
    """
    model = address.options.get("model", "").lower()
    if model not in AOR_CURVES:
        raise ConfigError(f"{address}: add ?model= with one of {', '.join(AOR_CURVES)}")
    return Aor(model, seconds(address, "poll_s", 0.1))
