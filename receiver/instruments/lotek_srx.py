"""Lotek SRX receivers: their .DTA files.

Source: MotusWTS/motusServer at 15447dff, `inst/doc/motus_data_formats.md`; section 12.1 of the
project's page on commercial collars.

    Active scan_table:       channel and frequency in MHz, until an empty line
    Antenna ... gain         antenna and gain
    ** Data Segment **
    06/05/15  12:43:10.6489         0     393    A1+A2+A3+A4     131
    month/day/year, time, channel, tag, antenna, power;  some firmware has a day's number before

Columns have other widths in each firmware, so the words of a line count. Tag 999 is noise. Power is
a count of 0 to 255: how many decibels it is, no verified source says. Times have no zone: the user
gives it (`utc_offset=+03:00`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timezone

from receiver.address import Address
from receiver.instruments import Lines, utc_offset
from receiver.records import Detection, Place

DATA = re.compile(
    r"^(?:\d{1,6}\s+)?(\d\d)/(\d\d)/(\d\d)\s+(\d\d):(\d\d):(\d\d)(\.\d+)?\s+"
    r"(\d{1,3})\s+(\d{1,4})\s+(\S{1,20})\s+(\d{1,3})\s*$"
)
CHANNEL = re.compile(r"^\s*(\d{1,3})\s+(\d{2,3}\.\d{1,6})\b")
GAIN = re.compile(r"^\s*(A\d|AM|AH0|\d)\s+(\d{1,3})\s*$")
NOISE = "999"
HIGHEST_POWER = 255


class SrxDta:
    """One file."""

    expected_interval_s: float | None = None

    def __init__(self, zone: timezone) -> None:
        self.refused = 0
        self.noise = 0
        self._zone = zone
        self._lines = Lines()
        self._channels: dict[str, float] = {}
        self._gains: dict[str, str] = {}
        self._part = ""

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each row; those of noise are counted."""
        found = [self._line(line, monotonic_ns) for line in self._lines.feed(chunk)]
        return [detection for detection in found if detection is not None]

    def reset(self) -> None:
        """Forget the half line and the tables."""
        self._lines.reset()
        self._channels.clear()
        self._gains.clear()
        self._part = ""

    def _line(self, line: str, monotonic_ns: int) -> Detection | None:
        if match := DATA.match(line):
            return self._row(match, monotonic_ns)
        words = line.casefold()
        for part in ("scan_table", "antenna", "data segment"):
            if part in words:
                self._part = part
                return None
        if self._part == "scan_table" and (match := CHANNEL.match(line)):
            self._channels[match[1].lstrip("0") or "0"] = float(match[2]) * 1e6
        elif self._part == "antenna" and (match := GAIN.match(line)):
            self._gains[match[1]] = match[2]
        elif self._part == "data segment" and line[:1].isdigit():
            self.refused += 1  # looks like a row and is none
        return None

    def _row(self, match: re.Match[str], monotonic_ns: int) -> Detection | None:
        month, day, year, hour, minute, second = (int(match[i]) for i in range(1, 7))
        channel, tag, antenna, power = match[8], match[9], match[10], int(match[11])
        try:
            local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=self._zone)
        except ValueError:
            self.refused += 1
            return None
        if tag == NOISE or power > HIGHEST_POWER:
            self.noise += tag == NOISE
            self.refused += tag != NOISE
            return None
        micro = round(float(match[7] or 0.0) * 1e6)
        gain = self._gains.get(antenna)
        return Detection(
            kind="packet",
            time=local.astimezone(UTC).replace(microsecond=min(micro, 999_999)),
            monotonic_ns=monotonic_ns,
            receiver=f"antenna {antenna}",
            frequency_hz=self._channels.get(channel.lstrip("0") or "0"),
            level_raw=float(power),
            saturated=power == HIGHEST_POWER,
            found=True,
            device_id=tag,
            text=f"channel {channel}" + (f", gain {gain}" if gain else ""),
        )


def make(address: Address) -> SrxDta:
    """Make a reader of .DTA files.

    Raises:
        ConfigError: `utc_offset` is missing or is none.
    """
    return SrxDta(utc_offset(address))
