r"""TinySA and TinySA Ultra: a text shell over USB, with binary sweeps. Used in zero span.

Source: erikkaashoek/tinySA at f5d5bed5 (facts only).

    zero ?                        ... 174dBm                what a value of 0 is below 0 dBm
    scanraw START STOP POINTS     { x lo hi  x lo hi ... }  little-endian, dBm = value/32 - zero
    prompt                        ch>                       after every answer; commands are echoed

A sweep is read by the count of its points: a closing brace may stand inside data. Where a brace
stands in place of an x, the sweep was broken off, and what came before is used. `zero` is asked
for: 128 on the small one, 174 on the Ultra, and it can be set.

A sweeping receiver misses a pulse of 20 ms, so it stays on one frequency (start is stop), and each
sweep gives its loudest and its faintest point.
"""

from __future__ import annotations

import re
import statistics
import struct
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError
from receiver.instruments import Questions, seconds
from receiver.records import Detection

PROMPT, SWEEP, OPEN, POINT = b"ch> ", b"scanraw", b"{", b"x"
ZERO = re.compile(rb"(\d{1,3})dBm")
ECHO = re.compile(rb"scanraw (\d{1,11}) ")
MOST_POINTS = 500
LONGEST_ANSWER_BYTES = 16_384
NO_ANSWER_S = 2.0
COUNTS_A_DB = 32.0


class TinySa:
    """One analyser that stays on one frequency."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}

    def __init__(self, frequency_hz: float, points: int, poll_interval_s: float) -> None:
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._frequency_hz = frequency_hz
        self._points = points
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._buffer = b""
        self._zero_db: int | None = None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return the loudest and the faintest point of each sweep."""
        self._buffer += chunk
        detections: list[Detection] = []
        while (answer := self._next_answer()) is not None:
            self._questions.waiting = False
            if SWEEP in answer:
                if values := points_of(answer):
                    echo = ECHO.search(answer)
                    frequency_hz = float(echo[1]) if echo else None
                    detections += self._readings(values, frequency_hz, time, monotonic_ns)
            elif b"zero" in answer and (match := ZERO.search(answer)):
                self._zero_db = int(match[1])
        return detections

    def reset(self) -> None:
        """Forget the half answer and what zero is: another one may be plugged in."""
        self._buffer, self._zero_db = b"", None
        self._questions.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due and the last one is answered or given up."""
        if not self._questions.due(monotonic_ns):
            return b""
        if self._zero_db is None:
            return b"zero ?\r"
        frequency = f"{self._frequency_hz:.0f}"
        return f"scanraw {frequency} {frequency} {self._points}\r".encode()

    def _next_answer(self) -> bytes | None:
        """Cut off what stands before the next prompt; data of a sweep may look like a prompt."""
        end, sweep = self._buffer.find(PROMPT), self._buffer.find(SWEEP)
        if sweep >= 0 and (end < 0 or sweep < end):
            data_end = sweep_end(self._buffer, sweep)
            end = self._buffer.find(PROMPT, data_end) if data_end >= 0 else -1
        if end < 0:
            self._buffer = self._buffer[-LONGEST_ANSWER_BYTES:]
            return None
        answer, self._buffer = self._buffer[:end], self._buffer[end + len(PROMPT) :]
        return answer

    def prepare(self) -> None:
        """Nothing: an analyser has neither squelch nor mode."""

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Stay on another frequency from the next sweep on; its attenuator is set by hand."""
        self._frequency_hz = frequency_hz

    def _readings(
        self, values: list[int], frequency_hz: float | None, time: datetime, monotonic_ns: int
    ) -> list[Detection]:
        zero_db = self._zero_db
        levels = None if zero_db is None else [v / COUNTS_A_DB - zero_db for v in values]
        reading = Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=frequency_hz,
            level_unit="dBm" if levels else None,
            calibration_id=f"tinysa:zero {zero_db}" if levels else None,
            noise_db=statistics.median(levels) if levels else None,
        )
        return [
            replace(
                reading,
                level_raw=float(pick(values)),
                level_db=pick(levels) if levels else None,
            )
            for pick in (max, min)
        ]


def sweep_end(data: bytes, echo: int) -> int:
    """Return where the sweep after the echo of its command is over, -1 where it is not yet.

    Data that do not have the form end it as well, so that the next prompt is found.
    """
    at = data.find(OPEN, echo) + 1
    if at == 0:  # no sweep yet, or the command was refused
        return data.find(PROMPT, echo)
    while data[at : at + 1] == POINT:
        at += 3
    return at if at < len(data) else -1


def points_of(answer: bytes) -> list[int]:
    """Return the values of a sweep, as many as are whole."""
    values: list[int] = []
    at = answer.find(OPEN, answer.find(SWEEP)) + 1
    while 0 < at <= len(answer) - 3 and answer[at : at + 1] == POINT:
        values.append(struct.unpack_from("<H", answer, at + 1)[0])
        at += 3
    return values


def make(address: Address) -> TinySa:
    """Make an analyser from `frequency=150.34M`, and `points=` of each sweep.

    Raises:
        ConfigError: no frequency, or an option has a wrong value.
    """
    if "frequency" not in address.options:
        raise ConfigError(f"{address}: add ?frequency=150.34M, that of the beacon")
    points = address.options.get("points", "100")
    if not points.isdecimal() or not 1 <= int(points) <= MOST_POINTS:
        raise ConfigError(f"{address}: points={points!r} is not a number from 1 to {MOST_POINTS}")
    frequency_hz = parse_hz(address.options["frequency"])
    return TinySa(frequency_hz, int(points), seconds(address, "poll_s", 0.2))
