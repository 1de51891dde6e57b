"""What the leader said: answers to what only people know, and weights of causes.

Each is an entry of the journal. A newer one takes the place of the older; one that was taken back
no longer counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from receiver.corrections import standing
from receiver.errors import ConfigError
from receiver.records import STORY, Entry

ANSWERS = ("yes", "no", "unknown")
QUESTIONS = {
    "sisters": "do sister collars (same maker, same account) still report?",
    "account": "is the account or SIM paid, and does the maker's server show nothing newer?",
    "beacon": "is battery left for the VHF beacon, by its maker?",
    "road": "is there a road, village or herders' camp near the last fixes?",
}
CAUSES = ("schedule", "battery", "account", "outage", "gps", "den", "sudden", "dropoff", "dropped",
          "poaching")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Answers by question, weights by cause, and the ids of the entries that hold them."""

    answers: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)


def said_in(entries: Iterable[Entry], names: Collection[str]) -> Said:
    """Return what was said of a collar under any of its names and ids.

    Entries that cannot be understood are passed over.
    """
    said = Said()
    for entry in standing(list(entries)):
        content = entry.content
        if content.get("kind") != STORY or content.get("collar") not in names:
            continue
        question, answer = str(content.get("question")), content.get("answer")
        cause, weight = str(content.get("cause")), content.get("weight")
        if question in QUESTIONS and answer in ANSWERS:
            said.answers[question] = answer
            said.entries[question] = entry.id
        elif cause in CAUSES and _is_weight(weight):
            said.weights[cause] = float(weight)
            said.entries[cause] = entry.id
    return said


def _is_weight(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def content_of(collar: str, before: Said, answer: str | None, weight: str | None) -> dict[str, Any]:
    """Return the content of an entry from "sisters=yes", or from "poaching=30".

    Raises:
        ConfigError: it is neither.
    """
    key, _, value = (answer or weight or "").partition("=")
    key, value = key.strip().lower(), value.strip().lower()
    content: dict[str, Any] = {"kind": STORY, "collar": collar}
    if answer is not None:
        if key not in QUESTIONS or value not in ANSWERS:
            raise ConfigError(f"--answer {answer!r}: one of {', '.join(QUESTIONS)} and yes, no or"
                              " unknown, as in sisters=yes")  # fmt: skip
        content |= {"question": key, "answer": value}
    else:
        content |= {"cause": _cause(key, weight), "weight": _weight(value, weight)}
    return {**content, "supersedes_id": before.entries[key]} if key in before.entries else content


def _cause(key: str, typed: str | None) -> str:
    if key not in CAUSES:
        raise ConfigError(f"--weight {typed!r}: one of {', '.join(CAUSES)}, as in poaching=30")
    return key


def _weight(value: str, typed: str | None) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise ConfigError(f"--weight {typed!r}: parts of 100, as in poaching=30")
    return number
