"""Lotek nanotags (code set 4): four pulses whose three gaps are the tag's number.

Source: section 10.4 of the project's page on commercial collars; tve/sensorgnome-control at
0dc6bdd0 for the layout of the tag database. The table of codes is Lotek's own: none is shipped, the
user gives his tags' gaps as SQLite (table `tags` with proj, id, tagFreq in MHz, g1, g2, g3 in ms)
or as JSON (a list of objects with the same names).

Gaps fit when each is within 0.2 ms, that included: time stamps have steps of 0.1 ms. The pulses of
a burst agree in frequency to 0.1 kHz. Other pulses may lie between them; with one lost it is none.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receiver.errors import ConfigError

TOLERANCE_MS = 0.2 + 1e-3  # a thousandth for the rounding of seconds since 1970
AGREEMENT_KHZ = 0.1
NEAR_TAG_MHZ = 0.02
MOST_PULSES = 64
MOST_TAGS = 100_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the user's table: its name, its three gaps and its nominal frequency."""

    name: str
    gaps_ms: tuple[float, float, float]
    frequency_mhz: float | None = None


@dataclass(frozen=True, slots=True)
class Pulse:
    """A pulse on one port; `frequency_hz` is absolute, None where the tuned one is not known."""

    time_s: float
    offset_khz: float
    level_db: float
    frequency_hz: float | None = None


@dataclass(frozen=True, slots=True)
class Burst:
    """Four pulses that fit: to the tags in `names`, more than one where they are alike."""

    names: tuple[str, ...]
    pulses: tuple[Pulse, Pulse, Pulse, Pulse]


class Bursts:
    """Finds bursts in the pulses of one port, as they come."""

    def __init__(self, tags: Iterable[Tag]) -> None:
        self._by_gaps: dict[tuple[float, float, float], list[Tag]] = {}
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
        else:
            self._recent.clear()
        return found

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
        rows = _from_sqlite(path) if head.startswith(b"SQLite format 3") else _from_json(path)
        tags = list(dict.fromkeys(_tag(row) for row in rows))
    except (OSError, sqlite3.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(f"{path}: no table of tags that can be read ({error})") from error
    if not tags:
        raise ConfigError(f"{path}: there are no tags in it")
    return tags


def _from_sqlite(path: Path) -> list[Mapping[str, Any]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT proj, id, tagFreq, g1, g2, g3 FROM tags").fetchmany(
            MOST_TAGS
        )
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
    frequency = row.get("tagFreq")
    return Tag(
        name=f"{project}#{identity}" if project else identity,
        gaps_ms=gaps,
        frequency_mhz=None if frequency is None else float(frequency),
    )
