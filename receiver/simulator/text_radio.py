"""Emulated receivers that talk in lines of text: AOR's classic series, Uniden's older scanners.

They refuse whatever they do not know, as real ones do.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from receiver.instruments import Lines


class AorRadio:
    """An AR8200 or its kin. What its RX line looks like is a guess that Hamlib accepts."""

    def __init__(self, frequency_hz: int, level: Callable[[], int]) -> None:
        self.frequency_hz = frequency_hz
        self.mode = 3
        self._level = level
        self._lines = Lines()

    def hear(self, data: bytes) -> bytes:
        """Return the answers to whole lines."""
        return b"".join(self._answer(line) for line in self._lines.feed(data))

    def _answer(self, line: str) -> bytes:
        if match := re.fullmatch(r"RF(\d{10})", line):
            self.frequency_hz = int(match[1])
            return b"\r\n"
        if match := re.fullmatch(r"MD(\d)", line):
            self.mode = int(match[1])
            return b"\r\n"
        if line == "RX":
            return f"VA RF{self.frequency_hz:010d} STD MD{self.mode} AT0 TM0\r\n".encode()
        if line == "LM":
            return f"LM {self._level():03d}\r\n".encode()
        return b"\r\n" if re.fullmatch(r"(MD|AT|EX|VA|VF)\S*", line) else b"?\r\n"


class UnidenRadio:
    """A BC780XLT or its kin."""

    def __init__(self, frequency_hz: int, level: Callable[[], int]) -> None:
        self.frequency_hz = frequency_hz
        self._level = level
        self._lines = Lines()

    def hear(self, data: bytes) -> bytes:
        """Return the answers to whole lines."""
        return b"".join(self._answer(line) for line in self._lines.feed(data))

    def _answer(self, line: str) -> bytes:
        if match := re.fullmatch(r"RF(\d{8})", line):
            self.frequency_hz = int(match[1]) * 100
            return b"OK\r"
        if line == "RF":
            return f"RF{self.frequency_hz // 100:08d}\r".encode()
        if line == "SG":
            return f"S{self._level():03d} F{self.frequency_hz // 100:08d}\r".encode()
        if line == "SI":
            return b"SI BC780XLT,0000000000,104\r"
        return b"OK\r" if re.fullmatch(r"(RM|SQ|QU|AT|KEY)\S*", line) else b"ERR\r"
