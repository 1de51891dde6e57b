"""Uniden scanners: level by PWR, QSC, STS, the CSC stream, or SG of the older ones. CR ends a line.

Source: Uniden BC346XT, BCD325P2 and BCD396XT operation specifications, remote commands; captures of
a BC125AT and a UBC125XLT; Hamlib `rigs/uniden` at 8319dc5d for SG and its curve.

    PWR             PWR,418,01625500              RSSI 0 to 1023, frequency
    QSC,f,,,...     QSC,418,01625500,1            tune to f; the same, and the squelch: 1 is open
    CSC,ON          CSC,418,01625500,1  ...       pushed, until CSC,OFF
    GLG             GLG,01625500,NFM,,0,...       what is received now; all empty when nothing is
    STS             STS,011000,(text,mode) a line,SQL,MUT,BAT,WAT,,,SIG,..    text in latin-1
    SG              S182 F08594375                level 0 to 255, frequency: BC780, 250, 245, 895
    SQL,0           SQL,OK                        squelch open
    ERR NG FER ORER                               refused, not now, framing error, overrun

Frequencies are 8 digits in 100 Hz, or decimal MHz in newer ones. RSSI is a count without any
published meaning, and so are the five steps of SIG: they stay counts. Only the older SG has a
curve. Scanners have AM and FM only: in them a beacon is no tone, so they are for levels, not ears.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError
from receiver.instruments import Lines, Questions, Rota, seconds
from receiver.levels import UNIDEN_CURVE, Curve
from receiver.records import Detection

OLD = re.compile(r"^S(\d{1,3}) F(\d{8})$")
WAYS = {"pwr": "PWR", "qsc": "QSC", "sts": "STS", "csc": "CSC,ON", "sg": "SG"}
KEPT = "," * 12  # QSC and QSH have 13 values; one that is left empty stays as it is
NO_ANSWER_S = 0.5
STREAM_AGAIN_S = 5.0  # a stream that has stopped (a menu, a key) is asked for again
HIGHEST_RSSI, HIGHEST_STEP = 1023, 5


def hz_of(text: str) -> float | None:
    """Read a frequency: 8 digits of 100 Hz, or decimal MHz; None where it is neither."""
    if re.fullmatch(r"\d{8}", text):
        return int(text) * 100.0 or None
    if re.fullmatch(r"\d{1,4}\.\d{1,6}", text):
        return round(float(text) * 1e6, 1) or None
    return None


def written(frequency_hz: float) -> str:
    """Write a frequency as 8 digits of 100 Hz."""
    return f"{round(frequency_hz / 100.0):08d}"


class Uniden:
    """One scanner, asked in one of the `WAYS`."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}

    def __init__(self, way: str, frequency_hz: float | None, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = max(10 * poll_interval_s, 2.0)
        self._way = way
        self._frequency_hz = frequency_hz
        self._curve: Curve | None = UNIDEN_CURVE if way == "sg" else None
        self._lines = Lines()
        pauses = (
            (STREAM_AGAIN_S, STREAM_AGAIN_S) if way == "csc" else (poll_interval_s, NO_ANSWER_S)
        )
        self._questions = Questions(*pauses)
        self._rota = Rota(("GLG",) if way in ("pwr", "qsc") else (), WAYS[way])
        self._mode: str | None = None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each level."""
        found = []
        for line in self._lines.feed(chunk):
            self._questions.waiting = False
            if self._way == "csc":  # asked again only when the stream has stopped
                self._questions.asked_ns = monotonic_ns
            if (values := self._values(line)) is not None:
                found.append(self._reading(*values, time, monotonic_ns))
        return found

    def reset(self) -> None:
        """Forget the half line."""
        for part in (self._lines, self._questions, self._rota):
            part.reset()
        self._mode = None

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due; the stream is asked for when it is not there."""
        if not self._questions.due(monotonic_ns):
            return b""
        question = self._rota.next()
        if question == "QSC" and self._frequency_hz is not None:
            question = f"QSC,{written(self._frequency_hz)}{KEPT}"
        return f"{question}\r".encode()

    def prepare(self) -> None:
        """Open the squelch."""
        self._rota.order(["SQL,0"])

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Hold a frequency; the attenuator's decibels are not published: left alone."""
        self._frequency_hz = frequency_hz
        if self._way == "sg":
            self._rota.order([f"RF{written(frequency_hz)}"])
        elif self._way != "qsc":
            self._rota.order([f"QSH,{written(frequency_hz)}{KEPT}"])

    def _values(self, line: str) -> Values | None:
        if match := OLD.match(line):
            return int(match[1]), hz_of(match[2]), None
        kind, *fields = line.split(",")
        if kind == "GLG" and len(fields) > 1 and fields[1]:
            self._mode = fields[1]  # when nothing is received all is empty, and the mode stays
        read = _READERS.get(kind)
        return read(fields) if read else None

    def _reading(
        self, raw: int, frequency_hz: float | None, is_open: bool | None, time: datetime, mono: int
    ) -> Detection:
        curve = self._curve
        highest = HIGHEST_STEP if self._way == "sts" else HIGHEST_RSSI
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
            saturated=curve.is_end(raw) if curve else raw >= highest,
            found=is_open,
            mode=self._mode,
        )


Values = tuple[int, float | None, bool | None]


def _count(text: str, highest: int) -> int | None:
    usable = text.isascii() and text.isdecimal() and len(text) <= 6
    return int(text) if usable and int(text) <= highest else None


def _level_first(fields: list[str]) -> Values | None:
    """Read RSSI, frequency and, where it is there, the squelch."""
    raw = _count(fields[0], HIGHEST_RSSI) if len(fields) > 1 else None
    if raw is None:
        return None
    return raw, hz_of(fields[1]), fields[2] == "1" if len(fields) > 2 else None


def _status(fields: list[str]) -> Values | None:
    """Read the squelch and the signal's steps behind the lines of the display.

    The first field has a digit for each line, and each line is a text and how it is shown.
    """
    after = 1 + 2 * len(fields[0]) if fields and set(fields[0]) <= {"0", "1"} else len(fields)
    squelch, *_, steps = fields[after : after + 7] if len(fields) >= after + 7 else ("", "")
    raw = _count(steps, HIGHEST_STEP)
    return None if raw is None else (raw, None, squelch == "1")


_READERS: dict[str, Callable[[list[str]], Values | None]] = {
    "PWR": _level_first,
    "QSC": _level_first,
    "CSC": _level_first,
    "STS": _status,
}


def make(address: Address) -> Uniden:
    """Make a scanner: `way=pwr` (the usual one), `qsc`, `sts`, `csc` (pushed), `sg` (older).

    Raises:
        ConfigError: there is no such way, or `qsc` has no `frequency=150.34M`.
    """
    way = address.options.get("way", "pwr").lower()
    if way not in WAYS:
        raise ConfigError(f"{address}: way={way!r} is not one of {', '.join(WAYS)}")
    text = address.options.get("frequency")
    if way == "qsc" and text is None:
        raise ConfigError(f"{address}: way=qsc needs ?frequency=150.34M: it tunes at each reading")
    frequency_hz = parse_hz(text) if text else None
    return Uniden(way, frequency_hz, seconds(address, "poll_s", 0.1))
