"""Lotek nanotags (code set 4): four pulses whose three gaps are the tag's number.

Source: section 10.4 of the project's page on commercial collars; tve/sensorgnome-control at
0dc6bdd0 for the layout of the tag database. The table of codes is Lotek's own: none is shipped, the
user gives his tags' gaps as SQLite (table `tags` with proj, id, tagFreq in MHz, g1, g2, g3 in ms,
bi: seconds from burst to burst), as JSON (a list of objects with the same names) or as CSV (the
same headings). Only id, g1, g2, g3 must be there.

Gaps fit when each is within 0.2 ms, that included: time stamps have steps of 0.1 ms. The pulses of
a burst agree in frequency to 0.1 kHz. Other pulses may lie between them; with one lost it is none.

Tags of one code differ by their interval: bursts are followed from one to the next, and an interval
that is not that of the table is another tag. How likely chance is: pulses that have nothing to do
with each other come at the rate of the last minute; the chance that one of them ends a chain of
three fitting gaps is (rate * 0.4 ms)^3 a code, and that further ones of the same code do so on its
interval is smaller each time. Interference that has a rhythm of its own may do so more often.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from receiver.errors import ConfigError

TOLERANCE_MS = 0.2 + 1e-3  # a thousandth for the rounding of seconds since 1970
AGREEMENT_KHZ = 0.1
NEAR_TAG_MHZ = 0.02
MOST_PULSES = 64
SLOP_S, SLOP_A_MISSED_S, MOST_MISSED = 0.010, 0.001, 20  # of an interval of bursts
LEAST_CHANCE = 1e-12
LONGEST_INTERVAL_S, LEAST_IN_A_ROW, RATE_S = 300.0, 3, 60.0
MOST_TAGS, MOST_CSV_BYTES = 100_000, 50_000_000
KEYS = ("proj", "id", "tagFreq", "g1", "g2", "g3", "bi")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the user's table: its name, its three gaps and its nominal frequency."""

    name: str
    gaps_ms: tuple[float, float, float]
    frequency_mhz: float | None = None
    interval_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse on one port; `frequency_hz` is absolute, None where the tuned one is not known."""

    time_s: float
    offset_khz: float
    level_db: float
    frequency_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """Four pulses that fit: to the tags in `names`, more than one where they are alike.

    It is the burst number `in_a_row` that came on an interval of `interval_s`, None before the
    second one. `chance` is how likely pulses that have nothing to do with each other look like it.
    `contradicts` tells that three bursts or more came on another interval than the table's.
    """

    names: tuple[str, ...]
    pulses: tuple[Pulse, Pulse, Pulse, Pulse]
    in_a_row: int = 1
    interval_s: float | None = None
    chance: float = 1.0
    contradicts: bool = False


class Schedule:
    """Bursts of one code: how many came on an interval, and on which.

    `on_time` of them came when one was expected: not the first, nor the one that told the interval.
    """

    def __init__(self, interval_s: float | None) -> None:
        self.interval_s, self.in_a_row, self.on_time = interval_s, 0, 0
        self._last_s = -math.inf

    def add(self, time_s: float) -> None:
        """Take the time of a burst. One off the interval begins a new one, from the last to it."""
        waited_s, self._last_s = time_s - self._last_s, time_s
        if not self.in_a_row:
            self.in_a_row = 1
        elif self.interval_s and (count := _multiple(waited_s, self.interval_s)):
            self.in_a_row, self.on_time = self.in_a_row + 1, self.on_time + 1
            self.interval_s = waited_s / count
        else:
            told = 0 < waited_s <= LONGEST_INTERVAL_S  # else it was away, or the clock was set back
            self.in_a_row, self.on_time = 2 if told else 1, 0
            self.interval_s = waited_s if told else None


def _multiple(waited_s: float, interval_s: float) -> int | None:
    """Return how many intervals passed, None where it is no whole number of them."""
    count = round(waited_s / interval_s)
    slop_s = SLOP_S + SLOP_A_MISSED_S * (count - 1)
    fits = 1 <= count <= MOST_MISSED and abs(waited_s - count * interval_s) <= slop_s
    return count if fits else None


class Bursts:
    """Finds bursts in the pulses of one port, as they come."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._by_gaps: dict[tuple[float, float, float], list[Tag]] = {}
        self._schedules: dict[tuple[str, ...], Schedule] = {}
        self._heard_s: deque[float] = deque(
            maxlen=MOST_PULSES
        )  # times of pulses that ended no burst
        for tag in tags:
            self._by_gaps.setdefault(tag.gaps_ms, []).append(tag)
        longest_ms = max((sum(gaps) for gaps in self._by_gaps), default=0.0)
        self._reach_s = (longest_ms + 1.0) / 1e3
        self._recent: deque[Pulse] = deque(maxlen=MOST_PULSES)

    def add(self, pulse: Pulse) -> Burst | None:
        """Take a pulse; return the burst that it ends."""
        while self._recent and not 0 <= pulse.time_s - self._recent[0].time_s <= self._reach_s:
            self._recent.popleft()  # too long ago, or the clock was set back
        found = self._ended_by(pulse)
        if found is None:
            self._recent.append(pulse)
            self._heard_s.append(pulse.time_s)
            return None
        self._recent.clear()
        return self._followed(found)

    def _followed(self, burst: Burst) -> Burst:
        """Return a burst with its place in the row of those before it."""
        known_s = {tag.interval_s for tags in self._by_gaps.values() for tag in tags
                   if tag.name in burst.names and tag.interval_s}  # fmt: skip
        first = next(iter(known_s)) if len(known_s) == 1 else None
        schedule = self._schedules.setdefault(burst.names, Schedule(first))
        schedule.add(burst.pulses[0].time_s)
        heard_s = schedule.interval_s if schedule.in_a_row > 1 else None
        strange = heard_s is not None and bool(known_s) and not any(
            _multiple(heard_s, own_s) for own_s in known_s
        )  # fmt: skip
        return replace(
            burst,
            in_a_row=schedule.in_a_row,
            interval_s=heard_s,
            chance=chance(self._rate_hz(burst.pulses[3].time_s), len(self._by_gaps),
                          schedule.on_time),
            contradicts=strange and schedule.in_a_row >= LEAST_IN_A_ROW,
        )  # fmt: skip

    def _rate_hz(self, now_s: float) -> float:
        """Return pulses a second that belong to no burst; where none was heard, one in a minute."""
        while self._heard_s and not 0 <= now_s - self._heard_s[0] <= RATE_S:
            self._heard_s.popleft()
        full = len(self._heard_s) == MOST_PULSES
        span_s = max(now_s - self._heard_s[0], 1e-3) if full else RATE_S
        others = max(0, len(self._heard_s) - 3)  # three were the burst's own
        return (others + 1) / span_s

    def _ended_by(self, last: Pulse) -> Burst | None:
        fitting: list[tuple[float, Burst]] = []
        for gaps_ms, tags in self._by_gaps.items():
            pulses = self._fit(last, gaps_ms)
            names = tuple(tag.name for tag in tags if _on_frequency(tag, last))
            if pulses is not None and names:
                fitting.append((_misfit_ms(pulses, gaps_ms), Burst(names, pulses)))
        return min(fitting, key=lambda fit: fit[0])[1] if fitting else None

    def _fit(
        self, last: Pulse, gaps_ms: tuple[float, float, float]
    ) -> tuple[Pulse, Pulse, Pulse, Pulse] | None:
        chain = [last]
        for gap_ms in reversed(gaps_ms):
            before = self._before(chain[-1], gap_ms)
            if before is None:
                return None
            chain.append(before)
        offsets = [pulse.offset_khz for pulse in chain]
        if max(offsets) - min(offsets) > AGREEMENT_KHZ:
            return None
        d, c, b, a = chain
        return a, b, c, d

    def _before(self, pulse: Pulse, gap_ms: float) -> Pulse | None:
        """Return the pulse that lies a gap before another one, the nearest to it."""
        apart = [
            (abs((pulse.time_s - p.time_s) * 1e3 - gap_ms), i) for i, p in enumerate(self._recent)
        ]
        misfit, index = min(apart, default=(math.inf, 0))
        return self._recent[index] if misfit <= TOLERANCE_MS else None


def chance(rate_hz: float, codes: int, on_time: int) -> float:
    """Return how likely independent pulses give a burst, and so many on time before or with it.

    The source of the formula is the module's docstring. `rate_hz`: pulses a second. No less is said
    than `LEAST_CHANCE`: no pulses are quite independent.
    """
    of_a_pulse = (rate_hz * 2 * TOLERANCE_MS / 1e3) ** 3
    of_a_moment = min(1.0, rate_hz * of_a_pulse * 2 * SLOP_S)
    return max(LEAST_CHANCE, min(1.0, codes * of_a_pulse) * float(of_a_moment**on_time))


def _on_frequency(tag: Tag, pulse: Pulse) -> bool:
    if tag.frequency_mhz is None or pulse.frequency_hz is None:
        return True
    return abs(pulse.frequency_hz / 1e6 - tag.frequency_mhz) <= NEAR_TAG_MHZ


def _misfit_ms(pulses: tuple[Pulse, ...], gaps_ms: tuple[float, float, float]) -> float:
    times = [pulse.time_s for pulse in pulses]
    return sum(abs((b - a) * 1e3 - g) for a, b, g in zip(times, times[1:], gaps_ms, strict=False))


def load_tags(path: Path) -> list[Tag]:
    """Read a user's table of tags.

    Raises:
        ConfigError: it cannot be read, or holds no tags.
    """
    try:
        with path.open("rb") as file:
            head = file.read(16)
        rows = _rows(path, head)
        tags = list(dict.fromkeys(_tag(row) for row in rows))
    except (OSError, sqlite3.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(f"{path}: no table of tags that can be read ({error})") from error
    if not tags:
        raise ConfigError(f"{path}: there are no tags in it")
    return tags


def _rows(path: Path, head: bytes) -> list[Mapping[str, Any]]:
    if head.startswith(b"SQLite format 3"):
        return _from_sqlite(path)
    return _from_json(path) if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in b"[{" else _from_csv(path)


def _from_csv(path: Path) -> list[Mapping[str, Any]]:
    """Read a table of a spreadsheet: parted by commas, semicolons or tabs; decimal commas."""
    text = path.read_bytes()[:MOST_CSV_BYTES].decode("utf-8-sig")
    heading = text.split("\n", 1)[0]
    separator = max(",;\t", key=heading.count)
    rows = csv.DictReader(text.splitlines(), delimiter=separator)
    names = {name.strip().lower(): name for name in rows.fieldnames or ()}
    return [
        {key: _cell(row[names[key.lower()]], separator) for key in KEYS if key.lower() in names}
        for row in itertools.islice(rows, MOST_TAGS)
    ]


def _cell(text: str | None, separator: str) -> str | None:
    stripped = (text or "").strip()
    return (stripped.replace(",", ".") if separator != "," else stripped) or None


def _from_sqlite(path: Path) -> list[Mapping[str, Any]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        held = {row[1] for row in database.execute("PRAGMA table_info(tags)")}
        columns = ", ".join(key for key in KEYS if key in held)
        rows = database.execute(f"SELECT {columns} FROM tags").fetchmany(MOST_TAGS)
    return [dict(row) for row in rows]


def _from_json(path: Path) -> list[Mapping[str, Any]]:
    rows = json.loads(path.read_bytes())
    if not isinstance(rows, list):
        raise ValueError("it is not a list")
    return rows[:MOST_TAGS]


def _tag(row: Mapping[str, Any]) -> Tag:
    gaps = float(row["g1"]), float(row["g2"]), float(row["g3"])
    if not all(0.0 < gap < 1e4 for gap in gaps):
        raise ValueError(f"gaps {gaps} of tag {row['id']}")
    identity = f"{row['id']:g}" if isinstance(row["id"], float) else str(row["id"])
    project = row.get("proj")
    frequency, interval = row.get("tagFreq"), row.get("bi")
    if not identity or identity == "None":
        raise ValueError(f"a tag without an id, gaps {gaps}")
    return Tag(
        name=f"{project}#{identity}" if project else identity,
        gaps_ms=gaps,
        frequency_mhz=None if frequency is None else float(frequency),
        interval_s=float(interval) if interval and 0.0 < float(interval) < 1e5 else None,
    )
