"""Uniden scanners: level by PWR, by the CSC stream, or by SG of the older ones. CR ends a line.

Source: Uniden BC346XT and BCD325P2 operation specifications, 7.13; captures of a BC125AT and a
UBC125XLT; Hamlib `rigs/uniden` at 8319dc5d for SG and its curve.

    PWR             PWR,418,01625500              RSSI 0 to 1023, frequency
    QSC,f,...       QSC,418,01625500,1            the same, and the squelch: 1 is open
    CSC,ON          CSC,418,01625500,1  ...       pushed, until CSC,OFF
    GLG             GLG,01625500,NFM,,0,...       what is received now; all empty when nothing is
    STS             STS,011000,....,5,,3          display; text in latin-1
    SG              S182 F08594375                level 0 to 255, frequency: BC780, 250, 245, 895
    ERR NG FER ORER                               refused, not now, framing error, overrun

Frequencies are 8 digits in 100 Hz, or decimal MHz in newer ones. RSSI is a count without any
published meaning: it stays one. Only the older SG has a curve.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.instruments import Lines, Questions, seconds
from receiver.levels import UNIDEN_CURVE, Curve
from receiver.records import Detection

OLD = re.compile(r"^S(\d{1,3}) F(\d{8})$")
WAYS = {"pwr": "PWR", "sg": "SG", "csc": ""}
NO_ANSWER_S = 0.5
HIGHEST_RSSI = 1023


def hz_of(text: str) -> float | None:
    """Read a frequency: 8 digits of 100 Hz, or decimal MHz; None where it is neither."""
    if re.fullmatch(r"\d{8}", text):
        return int(text) * 100.0 or None
    if re.fullmatch(r"\d{1,4}\.\d{1,6}", text):
        return round(float(text) * 1e6, 1) or None
    return None


class Uniden:
    """One scanner; `question` is empty for the pushed stream."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}

    def __init__(self, question: str, curve: Curve | None, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = max(10 * poll_interval_s, 2.0)
        self._question = question
        self._curve = curve
        self._lines = Lines()
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._asked_for_stream = False
        self._modulation: str | None = None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each level."""
        found = [self._line(line, time, monotonic_ns) for line in self._lines.feed(chunk)]
        return [detection for detection in found if detection is not None]

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()
        self._questions.reset()
        self._asked_for_stream, self._modulation = False, None

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due; the stream is asked for once."""
        if not self._question:
            first, self._asked_for_stream = not self._asked_for_stream, True
            return b"CSC,ON\r" if first else b""
        return f"{self._question}\r".encode() if self._questions.due(monotonic_ns) else b""

    def _line(self, line: str, time: datetime, monotonic_ns: int) -> Detection | None:
        self._questions.waiting = False
        if match := OLD.match(line):
            return self._reading(int(match[1]), hz_of(match[2]), None, time, monotonic_ns)
        kind, *fields = line.split(",")
        if kind == "GLG" and len(fields) > 1:
            self._modulation = fields[1] or None
        read = _READERS.get(kind)
        values = read(fields) if read else None
        return None if values is None else self._reading(*values, time, monotonic_ns)

    def _reading(
        self, raw: int, frequency_hz: float | None, is_open: bool | None, time: datetime, mono: int
    ) -> Detection:
        curve = self._curve
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=mono,
            frequency_hz=frequency_hz,
            level_raw=float(raw),
            level_db=curve.level_db(raw) if curve else None,
            level_unit="dBS9" if curve else None,
            level_sd_db=curve.step_db(raw) / 2.0 if curve else None,
            calibration_id=curve.calibration_id if curve else None,
            saturated=curve.is_end(raw) if curve else raw >= HIGHEST_RSSI,
            found=is_open,
            text=self._modulation,
        )


Values = tuple[int, float | None, bool | None]


def _level_first(fields: list[str]) -> Values | None:
    """Read RSSI, frequency and, where it is there, the squelch."""
    if len(fields) < 2 or not fields[0].isascii() or not fields[0].isdecimal():
        return None
    raw = int(fields[0][:6])
    if raw > HIGHEST_RSSI:
        return None
    return raw, hz_of(fields[1]), fields[2] == "1" if len(fields) > 2 else None


_READERS: dict[str, Callable[[list[str]], Values | None]] = {
    "PWR": _level_first,
    "QSC": _level_first,
    "CSC": _level_first,
}


def make(address: Address) -> Uniden:
    """Make a scanner: `way=pwr` (polled, the usual one), `way=csc` (pushed), `way=sg` (older).

    Raises:
        ConfigError: there is no such way.
    """
    way = address.options.get("way", "pwr").lower()
    if way not in WAYS:
        raise ConfigError(f"{address}: way={way!r} is not one of {', '.join(WAYS)}")
    curve = UNIDEN_CURVE if way == "sg" else None
    return Uniden(WAYS[way], curve, seconds(address, "poll_s", 0.1))
