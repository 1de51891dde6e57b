"""Observations as columns and as CSV: there and back, and every wrong value with its place."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receiver.columns import NAMES, columns, complete, csv_of, read_csv, read_observations
from receiver.errors import InputError
from receiver.records import Observation

NOW = datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC)
FULL = Observation(
    id="a", kind="bearing", time=NOW, collar="Баксан", observer="B", latitude_deg=43.35,
    longitude_deg=42.44, heard=True, bearing_deg=243.0, bearing_sigma_deg=5.0,
    bearing_alternatives_deg=(60.0, 61.5), text='a "quoted", text\nin two lines', place_time=NOW,
)  # fmt: skip


def test_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = [FULL, Observation(id="b", kind="silence", time=NOW, heard=False)]
    path = tmp_path / "o.csv"
    path.write_bytes(csv_of(rows))
    assert read_observations(path) == rows


def test_headings_are_the_names_of_the_record() -> None:
    heading = next(csv.reader(csv_of([FULL]).decode().splitlines()))
    assert set(heading) <= set(NAMES)
    assert {"kind", "time", "bearing_deg"} <= set(heading)


def test_unknown_is_nan_and_everything_has_its_column() -> None:
    table = complete(columns([FULL]))
    assert set(table) == set(NAMES)
    assert math.isnan(table["level_db"][0])
    assert table["time"][0] == NOW.timestamp()


def test_spreadsheet_with_few_headings_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    path.write_text("\ufeffkind,latitude_deg,longitude_deg,bearing_deg\nbearing,43,42,90\n")
    table = read_csv(path)
    assert table["bearing_deg"][0] == 90.0
    assert math.isnan(table["bearing_sigma_deg"][0])


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("a,b\n1,2\n", "no column `kind`"), ("kind\nfish\n", "line 2, column kind"),
     ("kind,level_db\nlevel,loud\n", "line 2, column level_db"),
     ("kind,time\nlevel,2026-11-24T12:00\n", "no time zone"),
     ("kind,time\nlevel,yesterday\n", "line 2, column time"),
     ("kind,heard\nlevel,perhaps\n", "line 2, column heard"),
     ('kind,text\nnote,"' + "x" * 20_000 + '"\n', "not a CSV file"),
     ("kind,level_db\n\nlevel,5\nlevel,x\n", "line 4")],
)  # fmt: skip
def test_wrong_value_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "o.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        read_observations(path)
    assert str(path) in str(caught.value)


def test_columns_of_different_lengths_are_refused() -> None:
    table = columns([FULL])
    with pytest.raises(InputError, match="another length"):
        complete({**table, "level_db": table["level_db"][:0]})
    with pytest.raises(InputError, match="kind"):
        complete({})
