"""Which entries still count: a correction takes the place of what it names, and so on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from receiver.records import Entry


def standing(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that still count."""
    gone = superseded(entries)
    return [entry for entry in entries if entry.id not in gone]


def superseded(entries: Iterable[Entry]) -> set[str]:
    """Return the ids, of entries and of what was derived, that no longer count."""
    named = ((entry.id, entry.content.get("supersedes_id")) for entry in entries)
    return taken_back({newer: older for newer, older in named if isinstance(older, str)})


def taken_back(supersedes: Mapping[str, str]) -> set[str]:
    """Return what no longer counts: superseded by something that itself still does.

    `supersedes` maps the newer entry to the older one. Who takes a correction back has the
    original again.
    """
    by_older: dict[str, list[str]] = defaultdict(list)
    for newer, older in supersedes.items():
        by_older[older].append(newer)
    counts: dict[str, bool] = {}
    for start in by_older:
        path = [start]
        while path:
            entry = path[-1]
            counts.setdefault(entry, True)  # also what ends a circle of hostile rows
            above = by_older.get(entry, [])
            if unknown := [newer for newer in above if newer not in counts]:
                path.append(unknown[0])
            else:
                counts[path.pop()] = not any(counts[newer] for newer in above)
    return {entry for entry, still in counts.items() if not still}
