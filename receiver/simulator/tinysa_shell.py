"""An emulated TinySA: the shell's echo, prompt, `zero ?` and binary sweeps."""

from __future__ import annotations

import re
from collections.abc import Callable

from receiver.instruments import Lines

PROMPT = b"ch> "


class TinySaShell:
    """What the device does with the lines it gets; `level_dbm` gives each point of a sweep."""

    def __init__(self, zero_db: int, level_dbm: Callable[[int], float]) -> None:
        self._zero_db = zero_db
        self._level_dbm = level_dbm
        self._lines = Lines()

    def hear(self, data: bytes) -> bytes:
        """Return echo, answer and prompt for each whole line."""
        return b"".join(self._answer(line) for line in self._lines.feed(data))

    def _answer(self, line: str) -> bytes:
        return line.encode("latin-1") + b"\r\n" + self._body(line) + PROMPT

    def _body(self, line: str) -> bytes:
        if line == "zero ?":
            return f"usage: zero {{level}}\r\n{self._zero_db}dBm\r\n".encode()
        if match := re.fullmatch(r"scanraw (\d+) (\d+) (\d+)", line):
            values = (self._level_dbm(i) + self._zero_db for i in range(int(match[3])))
            points = (b"x" + round(32 * value).to_bytes(2, "little") for value in values)
            return b"{" + b"".join(points) + b"}"
        return f"{line.split()[0]}?\r\n".encode("latin-1")
