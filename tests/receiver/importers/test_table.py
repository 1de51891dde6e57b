"""Other people's tables: usual headings, real walks and bearings, every wrong value."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.columns import columns, read_observations
from receiver.config import Configuration
from receiver.errors import ConfigError, InputError
from receiver.geodesy import LocalGrid, distance_and_bearing, utm_to_degrees
from receiver.importers.table import Plan, read_table
from receiver.journal import Journal
from receiver.locator import LocatorConfig, locate


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "given.csv"
    path.write_text(text)
    return path


def test_levels_in_degrees(tmp_path: Path) -> None:
    path = table(tmp_path, "Lat,Lon,RSSI_dBm,SNR,time\n43,42,-100,-5,2026-11-24T12:00:00+03:00\n")
    (found,) = read_table(path, Plan())
    assert found.level_db == pytest.approx(-106.193, abs=1e-3)
    assert (found.level_unit, found.latitude_deg) == ("dBm", 43.0)
    assert found.time.isoformat() == "2026-11-24T09:00:00+00:00"


def test_level_without_dbm_has_a_scale_of_its_own(tmp_path: Path) -> None:
    (found,) = read_table(table(tmp_path, "lat,lon,rssi\n43,42,68\n"), Plan())
    assert (found.level_db, found.level_unit) == (68.0, "dB")


def test_not_heard_is_a_silence(tmp_path: Path) -> None:
    path = table(tmp_path, "lat,lon,rssi_dbm,heard\n43,42,,0\n43,42,NA,0\n43,42,-99,1\n")
    assert [o.kind for o in read_table(path, Plan())] == ["silence", "silence", "level"]


def test_level_and_bearing_in_one_row_are_two_observations(tmp_path: Path) -> None:
    path = table(tmp_path, "lat,lon,rssi_dbm,azimuth,bearing_sd_deg\n43,42,-99,370,7\n")
    one, two = read_table(path, Plan())
    assert (one.kind, two.kind, two.bearing_deg, two.bearing_sigma_deg) == (
        "level", "bearing", 10.0, 7.0
    )  # fmt: skip
    assert one.id != two.id


def test_metres_need_an_origin(tmp_path: Path) -> None:
    path = table(tmp_path, "x_m,y_m,rssi_dbm\n100,200,-99\n")
    with pytest.raises(ConfigError, match="--origin"):
        read_table(path, Plan())
    (found,) = read_table(path, Plan(origin=(43.0, 42.0)))
    grid = LocalGrid(43.0, 42.0)
    assert grid.to_xy(found.latitude_deg, found.longitude_deg) == pytest.approx(
        (100, 200), abs=0.02
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("a,b\n1,2\n", "no place"), ("lat,lon\n1,2\n", "no level and no bearing"),
     ("lat,lon,rssi\n43,42,loud\n", "line 2, column rssi"),
     ("lat,lon,rssi\n43,inf,5\n", "line 2, column lon"),
     ("lat,lon,rssi\n99,42,5\n", "no place on earth"), ("lat,lon,rssi\n", "no rows"),
     ("lat,lon,rssi,time\n43,42,5,noon\n", "line 2, column time"),
     ("lat,lon,rssi,time\n43,42,5,2026-11-24T12:00\n", "no time zone")],
)  # fmt: skip
def test_wrong_table_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_table(table(tmp_path, text), Plan())
    assert "given.csv" in str(caught.value)


def test_case_that_is_not_there(tmp_path: Path) -> None:
    path = table(tmp_path, "lat,lon,rssi,case\n43,42,5,a\n43,42,6,b\n")
    (found,) = read_table(path, Plan(case="b"))
    assert found.collar == "b"
    with pytest.raises(InputError, match="no rows for the case 'c'"):
        read_table(path, Plan(case="c"))


def test_command_writes_what_locate_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, "x,y,bearing\n-500,0,90\n0,-500,0\n0,500,180\n")
    out = tmp_path / "out.csv"
    assert run(["import", str(path), "--origin", "43,42", "--to", str(out)]) == 0
    assert run(["locate", str(out)]) == 0
    assert "IT MAY BE AT  43.0" in capsys.readouterr().out
    assert len(read_observations(out)) == 3


@pytest.mark.parametrize(
    "words",
    [["--grid-north"], ["--utm", "99X"], ["--origin", "here"],
     ["--origin", "43,42", "--start", "noon"],
     ["--origin", "43,42", "--start", "2026-11-24T12:00"]],
)  # fmt: skip
def test_wrong_options_are_one_line(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path, "x,y,bearing\n-500,0,90\n")
    assert run(["import", str(path), "--to", str(tmp_path / "o.csv"), *words]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_table_does_not_become_a_journal_and_a_journal_no_table(tmp_path: Path) -> None:
    path = table(tmp_path, "lat,lon,bearing\n43,42,90\n")
    assert run(["import", str(path), "--to", str(tmp_path / "x.journal")]) == 2
    journal = tmp_path / "theirs.journal"
    Journal.create(journal, Configuration()).close()
    assert run(["import", str(journal), "--to", str(tmp_path / "ours.journal")]) == 2


# --- real data --------------------------------------------------------------------------------


def test_real_walks_are_located_within_what_the_truth_allows(shared: Path) -> None:
    """Six walks of the University of Western Australia; the truth is good to about 30 m."""
    folder = shared / "data/locating/uwa_lora916_walk"
    found = read_table(folder / "readings.csv", Plan(origin=(-31.98, 115.8188)))
    grid, apart = LocalGrid(-31.98, 115.8188), []
    for row in csv.DictReader((folder / "truth.csv").read_text().splitlines()):
        rows = [o for o in found if o.collar == row["case"]]
        answer = locate(columns(rows), LocatorConfig(cells=96))
        assert answer.latitude_deg is not None
        assert answer.longitude_deg is not None
        x, y = grid.to_xy(answer.latitude_deg, answer.longitude_deg)
        apart.append(math.hypot(float(x) - float(row["x_m"]), float(y) - float(row["y_m"])))
    assert sorted(apart)[2] < 60
    assert max(apart) < 150


def test_real_grid_bearings_meet_where_the_otters_were(shared: Path) -> None:
    folder = shared / "data/locating/otter_bearings_simulated"
    plan = Plan(utm="10N", grid_north=True, bearing_sigma_deg=3.0)
    found = read_table(folder / "bearings.csv", plan)
    rows = list(csv.DictReader((folder / "truth.csv").read_text().splitlines()))[:12]
    apart = []
    for row in rows:
        own = [o for o in found if o.collar == row["case"]]
        answer = locate(columns(own), LocatorConfig(cells=96))
        assert answer.latitude_deg is not None
        assert answer.longitude_deg is not None
        truth = utm_to_degrees("10N", float(row["x"]), float(row["y"]))
        here = (answer.latitude_deg, answer.longitude_deg)
        apart.append(distance_and_bearing(here, truth)[0])
    assert sorted(apart)[6] < 300
