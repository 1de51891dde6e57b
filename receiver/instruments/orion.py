"""Sigma Eight Orion: its files.

Source: section 12.2 of the project's page on commercial collars.

    Date       Time         Site  Ant  Freq    [Type] Code  Power
    columns at 0, 13, 24, 31, 36, 46, (55,) 61

Words of a line count rather than columns. Type is not in every file. Power is a count. Times have
no zone: the user gives it (`utc_offset=+03:00`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timezone

from receiver.address import Address
from receiver.instruments import Lines, local_time, utc_offset
from receiver.records import Detection, Place

ROW = re.compile(
    r"^(\d{4}-\d\d-\d\d|\d\d/\d\d/\d{2,4})\s+(\d\d:\d\d:\d\d(?:\.\d{1,6})?)\s+(\S{1,12})\s+"
    r"(\S{1,6})\s+(\d{2,3}\.\d{1,6})\s+(?:([A-Za-z]\w{0,9})\s+)?(\d{1,6})\s+(-?\d{1,4})\s*$"
)
TIMES = tuple(
    f"{date} %H:%M:%S{part}"
    for date in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")
    for part in ("", ".%f")
)


class Orion:
    """One file."""

    expected_interval_s: float | None = None

    def __init__(self, zone: timezone) -> None:
        self.refused = 0
        self._zone = zone
        self._lines = Lines()

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each row; the others that begin like one are counted."""
        found = []
        for line in self._lines.feed(chunk):
            match = ROW.match(line)
            heard = self._row(match, monotonic_ns) if match else None
            self.refused += heard is None and line[:1].isdigit()
            found += [heard] if heard else []
        return found

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()

    def _row(self, match: re.Match[str], monotonic_ns: int) -> Detection | None:
        date, clock, site, antenna, frequency, kind, code, power = match.groups()
        time = local_time(f"{date} {clock}", TIMES, self._zone)
        if time is None:
            return None
        return Detection(
            kind="packet",
            time=time,
            monotonic_ns=monotonic_ns,
            receiver=f"site {site} antenna {antenna}",
            frequency_hz=round(float(frequency) * 1e6, 1),
            level_raw=float(power),
            found=True,
            device_id=code,
            text=kind,
        )


def make(address: Address) -> Orion:
    """Make a reader of an Orion's files.

    Raises:
        ConfigError: `utc_offset` is missing or is none.
    """
    return Orion(utc_offset(address))
