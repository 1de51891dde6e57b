"""Observations as arrays under the same names: what the locator takes.

Numbers are float64 with NaN where unknown, `time` and `place_time` seconds since 1970 UTC, the rest
object arrays. A CSV of observations has these names as headings; only `kind` is needed.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from receiver.errors import InputError
from receiver.records import Observation, utc_text

Columns = Mapping[str, NDArray[Any]]

TIMES = ("time", "place_time")
TEXTS = (
    "id", "kind", "supersedes_id", "collar", "observer", "receiver", "session", "level_unit",
    "level_bound", "calibration_id", "antenna", "polarisation", "body", "ear", "bearing_reference",
    "packet_id", "text",
)  # fmt: skip
NAMES = tuple(f.name for f in dataclasses.fields(Observation))
KINDS = ("level", "silence", "bearing", "sighting", "position", "note")
LONGEST_FIELD = 10_000


def columns(observations: Iterable[Observation]) -> dict[str, NDArray[Any]]:
    """Return the columns of observations."""
    rows = list(observations)
    return {name: _array(name, [getattr(row, name) for row in rows]) for name in NAMES}


def complete(columns: Columns) -> dict[str, NDArray[Any]]:
    """Return columns with every name of an Observation; missing ones are unknown everywhere.

    Raises:
        InputError: there is no column `kind`, or columns have different lengths.
    """
    if "kind" not in columns:
        raise InputError("observations need a column `kind`")
    length = len(columns["kind"])
    if wrong := [name for name, values in columns.items() if len(values) != length]:
        raise InputError(f"column {wrong[0]} has another length than `kind`")
    missing = {name: _array(name, [None] * length) for name in NAMES if name not in columns}
    return {**columns, **missing}


def _array(name: str, values: list[Any]) -> NDArray[Any]:
    if name in TIMES:
        return np.array([math.nan if v is None else v.timestamp() for v in values], dtype=float)
    if name in TEXTS or name == "bearing_alternatives_deg":
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    return np.array([math.nan if v is None else float(v) for v in values], dtype=float)


def read_csv(path: Path) -> dict[str, NDArray[Any]]:
    """Read a CSV of observations.

    Raises:
        InputError: missing, empty, no CSV, or a value is wrong; the message has line and column.
    """
    return columns(read_observations(path))


def read_observations(path: Path) -> list[Observation]:
    """Read a CSV of observations as records; raises InputError as `read_csv`."""
    with open_table(path) as reader:
        _check_headings(path, reader.fieldnames)
        return [_observation(path, reader.line_num, row) for row in reader]


@contextmanager
def open_table(path: Path) -> Iterator[csv.DictReader[str]]:
    """Read a CSV with headings, from whatever program.

    Raises:
        InputError: missing, not text, or not CSV.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield csv.DictReader(file, strict=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text (byte {error.start})") from error
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file ({error})") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def _check_headings(path: Path, names: Any) -> None:
    if not names:
        raise InputError(f"{path}: the file is empty")
    if "kind" not in names:
        raise InputError(
            f"{path}: no column `kind`: this is not a CSV of observations"
            " (other files are turned into one by: baksan import)"
        )


def _observation(path: Path, line: int, row: Mapping[str, Any]) -> Observation:
    known: dict[str, Any] = {}
    for name in NAMES:
        text = (row.get(name) or "").strip()
        if text:
            try:
                known[name] = _value(name, text)
            except ValueError as error:
                raise InputError(f"{path}, line {line}, column {name}: {error}") from error
    known.setdefault("id", f"line {line}")
    known.setdefault("time", datetime.fromtimestamp(0, UTC))
    if known.get("kind") not in KINDS:
        raise InputError(f"{path}, line {line}, column kind: one of {', '.join(KINDS)}")
    return Observation(**known)


def _value(name: str, text: str) -> Any:
    if name in TIMES:
        return _time(text)
    if name in TEXTS:
        return text
    if name == "heard":
        return _truth(text)
    if name == "bearing_alternatives_deg":
        return tuple(_number(part) for part in text.split())
    return _number(text)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time (2026-11-24T12:00:00Z)") from None
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it in Z or +03:00")
    return time.astimezone(UTC)


def _truth(text: str) -> bool:
    if text.lower() not in ("1", "0", "true", "false", "yes", "no"):
        raise ValueError(f"{text!r} is neither 1 nor 0")
    return text.lower() in ("1", "true", "yes")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def csv_of(observations: Iterable[Observation]) -> bytes:
    """Return a CSV of observations (UTF-8) with those headings that are used."""
    rows = list(observations)
    used = [n for n in NAMES if n in ("kind", "time") or any(_filled(getattr(r, n)) for r in rows)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(used)
    writer.writerows([_text(getattr(row, name)) for name in used] for row in rows)
    return text.getvalue().encode()


def _filled(value: Any) -> bool:
    return value not in (None, "", (), "none")


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)
