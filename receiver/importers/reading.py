"""What readers of makers' files share: where a value stands, what is counted and returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from receiver.importers import values
from receiver.importers.formats import Format, key
from receiver.importers.text import Row
from receiver.records import Fix, Refused

KEPT_TEXT = 2000  # characters of a refused row
MOST_SENTENCES = 40


class Reading(NamedTuple):
    """What all rows of a file say."""

    rows: int
    fixes: list[Fix]
    refused: list[Refused]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each meaning stands in a row."""

    places: Mapping[str, tuple[int, ...]]
    count: int
    needed: int  # fields that a row must have

    @classmethod
    def of(cls, names: Sequence[str], kind: Format) -> Columns:
        """Find the columns of a format; of headings that come twice the first one counts."""
        there: dict[str, int] = {}
        for index, name in enumerate(names):
            there.setdefault(key(name), index)
        places = {
            meaning: tuple(there[key(name)] for name in known if key(name) in there)
            for meaning, known in kind.columns.items()
        }
        needed = 1 + max(there[key(need)] for need in kind.needs)
        return cls({m: found for m, found in places.items() if found}, len(names), needed)

    def has(self, meaning: str) -> bool:
        """Tell whether there is a column of that meaning."""
        return meaning in self.places

    def value(self, row: Row, meaning: str) -> str:
        """Return the first value of that meaning in a row, "" where there is none."""
        return next(self.all(row, meaning), "") if meaning in self.places else ""

    def all(self, row: Row, meaning: str) -> Iterator[str]:
        """Yield all values of that meaning in a row."""
        fields = row.fields
        for index in self.places.get(meaning, ()):
            if index < len(fields) and (text := values.present(fields[index])):
                yield text


def _where(count: int, first: int) -> str:
    return f"line {first}" if count == 1 else f"{count} rows, from line {first} on"


class Unusable(Exception):  # noqa: N818  (a reason, not a fault of the program)
    """Why a row cannot be used."""


@dataclass(slots=True)
class Tally:
    """Sentences about a file, each with how often it is true and where first."""

    found: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, sentence: str, row: int) -> None:
        """Count a sentence; of a file that gives very many the rest share one."""
        if sentence not in self.found and len(self.found) >= MOST_SENTENCES:
            sentence = "there is more like this"
        count, first = self.found.get(sentence, (0, row))
        self.found[sentence] = (count + 1, first)

    def sentences(self) -> list[str]:
        """Return them in the order in which they were first true."""
        return [f"{sentence} ({_where(*found)})" for sentence, found in self.found.items()]
