"""What people entered, as a homing search shows it: worked out anew only when a row comes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from receiver.corrections import standing
from receiver.homing.approach import USUAL_LIMIT_M
from receiver.homing.said import call_words, entry_words
from receiver.homing.snapshot import Said
from receiver.joining import hand_place
from receiver.notes.content import LARGEST_APPROACH_LIMIT_M
from receiver.records import APPROACH, BY_ITSELF, CALL, Entry, Place

CALL_SHOWN_S, SHOWN = 1800.0, 3


class Dated(NamedTuple):
    """A line, who said it, the second (monotonic) that it is about and that in which it came."""

    text: str
    observer: str
    since_s: float
    came_s: float

    def said(self, now_s: float) -> Said:
        """Return it with its age by now."""
        return Said(text=self.text, age_s=now_s - self.since_s, observer=self.observer)


@dataclass(slots=True)
class Entered:
    """The entries of a journal that still count, and what follows from them.

    `origin` is that of its own rows; without it nobody can tell them from those of another team
    whose observer has the same name.
    """

    observer: str
    origin: str | None = None
    heard_count: int = 0
    places: list[tuple[Place, float]] = field(default_factory=list)
    _places: dict[str, Place] = field(default_factory=dict)  # of this run, by the entry's id
    _entries: dict[str, Entry] = field(default_factory=dict)
    _times: dict[str, tuple[float, float]] = field(default_factory=dict)
    _limits: list[Entry] = field(default_factory=list)
    _calls: list[Dated] = field(default_factory=list)
    _last: list[Dated] = field(default_factory=list)

    def add(
        self, entry: Entry, since_s: float, came_s: float, *, is_old: bool = False
    ) -> Entry | None:
        """Take an entry that is `settle`d later; return what it takes back.

        `is_old`: it is of an earlier run, and no place of now.
        """
        is_place = entry.content.get("kind") == "place"
        if is_place and not is_old and (place := hand_place(entry)):
            self._places.setdefault(entry.id, place)
        self._entries.setdefault(entry.id, entry)
        self._times.setdefault(entry.id, (since_s, came_s))
        older = entry.content.get("supersedes_id")
        return self._entries.get(older) if isinstance(older, str) else None

    def settle(self) -> None:
        """Work out what stands, once for all entries that came together."""
        entries = standing([*map(self._without_others_say, self._entries.values())])
        self.heard_count = sum(_is_heard(e.content) for e in entries)
        self._limits = [e for e in entries if e.content.get("kind") == APPROACH]
        self._calls = [
            self._dated(e, call_words(e.content)) for e in entries if e.content.get("kind") == CALL
        ]
        entered = [e for e in entries if e.content.get("kind") not in BY_ITSELF]
        self._last = [self._dated(e, entry_words(e.content)) for e in entered[-SHOWN:]]
        self.places = [
            (self._places[e.id], self._times[e.id][0]) for e in entries if e.id in self._places
        ]

    def _without_others_say(self, entry: Entry) -> Entry:
        """Return an entry that takes back no approach limit of somebody else."""
        older = self._entries.get(str(entry.content.get("supersedes_id")))
        if older is None or older.content.get("kind") != APPROACH:
            return entry
        if (older.observer, older.origin) == (entry.observer, entry.origin):
            return entry
        said = {key: v for key, v in entry.content.items() if key != "supersedes_id"}
        return replace(entry, content=said)

    def _dated(self, entry: Entry, text: str) -> Dated:
        return Dated(text, entry.observer, *self._times[entry.id])

    def limit_m(self, collar: str | None) -> float:
        """Return the approach limit that stands for a collar."""
        return approach_limit_m(self._limits, self.observer, collar, self.origin)

    def calls(self, now_s: float) -> tuple[Said, ...]:
        """Return what was called to all of late, also where it came late from a phone."""
        return tuple(c.said(now_s) for c in self._calls if now_s - c.came_s < CALL_SHOWN_S)

    def last(self, now_s: float) -> tuple[Said, ...]:
        """Return what was entered last."""
        return tuple(one.said(now_s) for one in self._last)


def _is_heard(content: dict[str, Any]) -> bool:
    return content.get("kind") == "level" and content.get("heard") is True


def approach_limit_m(
    entries: Sequence[Entry], observer: str, collar: str | None, origin: str | None = None
) -> float:
    """Return the approach limit that stands for a collar, by what was said of limits.

    It is our leader's last word about it. That of others, whose rows were brought from elsewhere,
    and that about another collar widen it and never lower it: this animal may be alive, and that
    one's collar dropped.
    """
    last = {
        (entry.observer, origin and entry.origin, entry.content.get("collar")): float(
            entry.content["limit_m"]
        )
        for entry in entries
        if _is_limit(entry.content.get("limit_m"))
    }
    own = last.pop((observer, origin, collar), USUAL_LIMIT_M)
    return max(own, *last.values()) if last else own


def _is_limit(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= LARGEST_APPROACH_LIMIT_M  # type: ignore[operator, arg-type]
