"""`baksan pack`: one folder that is whole, says what is missing, and can be checked."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.config import Collar, Configuration, Setup, Team, configuration_from
from receiver.errors import InputError, WriteError
from receiver.journal import Journal
from receiver.pack import folder as folders
from receiver.pack.contents import Item, Trip, contents, files, missing
from receiver.pack.licences import licence_of
from receiver.sheets import text_of

Capture = pytest.CaptureFixture[str]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TEAM = Team(organisation='Park "A"', members=("B", "C"), permit_end_date=date(2026, 12, 31))
SETTINGS = Configuration(
    observer="B",
    collars=(Collar(name="Agunda the 2nd", frequency_hz=150_340_000.0, ids=("0AFF",),
                    pulses_per_minute={"normal": 40.0}, notes="<script> & co",
                    start_date=date(2025, 5, 1)),),
    receivers=(Setup(receiver="r30", antenna="yagi", directional=True, attenuator_db=10.0),),
    antennas={"yagi": ((0.0, 0.0), (90.0, -12.5), (180.0, -20.0), (270.0, -12.5))},
    team=TEAM,
    simulation=True,
)  # fmt: skip
SHEET = """observer = "B"
[collars.Agunda]
frequency_hz = 150340000
app_key = "00112233445566778899AABBCCDDEEFF"
"""


@pytest.fixture
def elevation(tmp_path: Path) -> Path:
    path = tmp_path / "N43E042.hgt"
    path.write_bytes(bytes(2 * 1201**2))
    return path


@pytest.fixture
def mbtiles(tmp_path: Path) -> Path:
    path = tmp_path / "map.mbtiles"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
    words = '&copy; <a href="https://osm.org">OpenStreetMap</a>'
    connection.execute("INSERT INTO metadata VALUES ('attribution', ?)", (words,))
    connection.commit()
    connection.close()
    return path


def pmtiles(path: Path, metadata: bytes, compression: int, length: int | None = None) -> Path:
    head = bytearray(127)
    head[:8] = b"PMTiles\x03"
    struct.pack_into("<QQ", head, 24, 127, len(metadata) if length is None else length)
    head[97] = compression
    path.write_bytes(bytes(head) + metadata)
    return path


def test_settings_come_back_as_they_were() -> None:
    assert configuration_from(tomllib.loads(text_of(SETTINGS))) == SETTINGS
    assert configuration_from(tomllib.loads(text_of(Configuration()))) == Configuration()


def test_folder_holds_everything_and_no_key(
    tmp_path: Path, elevation: Path, mbtiles: Path, capsys: Capture
) -> None:
    (tmp_path / "baksan.toml").write_text(SHEET)
    trip = tmp_path / "trip"
    words = ["pack", str(trip), "--config", str(tmp_path / "baksan.toml"),
             "--elevation", str(elevation), "--tiles", str(mbtiles)]  # fmt: skip
    assert run(words) == 0
    names = {p.relative_to(trip).as_posix() for p in trip.rglob("*") if p.is_file()}
    assert names == {"elevation/N43E042.hgt", "tiles/map.mbtiles", "baksan.toml", "collars.html",
                     "collars.txt", "LICENCES.txt", "MISSING.txt", "SHA256SUMS"}  # fmt: skip
    everything = b"".join((trip / name).read_bytes() for name in names)
    assert b"00112233" not in everything
    assert "150.3400 MHz" in (trip / "collars.html").read_text()
    assert "150.3400 MHz" in (trip / "collars.txt").read_text()
    assert "OpenStreetMap" in (trip / "LICENCES.txt").read_text()
    said = capsys.readouterr().err
    assert "no licence is known of N43E042.hgt" in said
    assert "7 files, 2.9 MB" in said
    assert not list(tmp_path.glob(".*.part"))
    assert run(["pack", str(trip), "--check"]) == 0
    assert "missing: no history of a collar" in capsys.readouterr().err  # the evening before


def test_sums_are_those_of_sha256sum(
    tmp_path: Path, elevation: Path, peer: Callable[[str], str]
) -> None:
    trip = tmp_path / "trip"
    assert run(["pack", str(trip), "--elevation", str(elevation)]) == 0
    done = subprocess.run([peer("sha256sum"), "--check", "--strict", "SHA256SUMS"],
                          cwd=trip, capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_check_finds_each_kind_of_change(tmp_path: Path, elevation: Path, capsys: Capture) -> None:
    trip = tmp_path / "trip"
    assert run(["pack", str(trip), "--elevation", str(elevation)]) == 0
    content = bytearray((trip / "elevation/N43E042.hgt").read_bytes())
    content[1000] ^= 1
    (trip / "elevation/N43E042.hgt").write_bytes(content)
    (trip / "collars.txt").unlink()
    (trip / "more.txt").write_text("")
    capsys.readouterr()
    assert run(["pack", str(trip), "--check"]) == 4
    said = capsys.readouterr().err
    for words in ("N43E042.hgt: has changed", "collars.txt: is missing", "more.txt: was added",
                  "3 files"):  # fmt: skip
        assert words in said


def test_sums_that_lead_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "trip").mkdir()
    (tmp_path / "trip" / "SHA256SUMS").write_text(f"{'0' * 64}  ../secret\n")
    assert folders.check(tmp_path / "trip") == ["../secret: leads out of the folder"]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no sums\n", None])
def test_folder_of_something_else(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "SHA256SUMS").write_bytes(content)
    with pytest.raises(InputError):
        folders.check(tmp_path)


def test_disk_without_room_is_refused_before_anything_is_written(
    tmp_path: Path, elevation: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=3_000_000))
    assert run(["pack", str(tmp_path / "trip"), "--elevation", str(elevation)]) == 5
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "needs 3 MB, and 3 MB are free" in last
    assert [p.name for p in tmp_path.iterdir()] == ["N43E042.hgt"]


def test_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left on device"):
        folders.write(tmp_path / "trip", [Item(name="a/b.txt", content=b"b")])
    assert list(tmp_path.iterdir()) == []


def test_run_that_was_cut_off_is_begun_anew_and_a_folder_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / ".trip.part" / "a").mkdir(parents=True)
    (tmp_path / ".trip.part" / "a" / "b.txt").write_text("half")
    folders.write(tmp_path / "trip", [Item(name="a/b.txt", content=b"whole")])
    assert (tmp_path / "trip/a/b.txt").read_text() == "whole"
    with pytest.raises(WriteError, match="is there already"):
        folders.write(tmp_path / "trip", [])


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    said = " ".join(missing(Trip(configuration=Configuration(), now=NOW)))
    for word in ("--elevation", "--tiles", "baksan collar new", "baksan import"):
        assert word in said


@pytest.mark.parametrize(("name", "content"), [
    ("a.hgt", b"\0" * 100), ("a.tif", b"PNG"), ("a.mbtiles", b""), ("a.pmtiles", b"SQLite"),
    ("a.zip", b"PK"), ("none.hgt", None),
])  # fmt: skip
def test_files_that_are_not_what_they_say(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError):
        files([tmp_path / name], (".hgt", ".tif", ".mbtiles", ".pmtiles"))


def test_two_files_of_one_name(tmp_path: Path, elevation: Path) -> None:
    other = tmp_path / "other" / elevation.name
    other.parent.mkdir()
    shutil.copy(elevation, other)
    with pytest.raises(InputError, match="two files are named"):
        contents(Trip(configuration=Configuration(), now=NOW, elevations=[elevation, other]))


def test_licences_of_tiles_and_beside_them(tmp_path: Path, elevation: Path) -> None:
    said = json.dumps({"attribution": "Protomaps \x1b[31m© OpenStreetMap"}).encode()
    for number, (content, kind) in enumerate([(said, 1), (gzip.compress(said), 2)]):
        path = pmtiles(tmp_path / f"{number}.pmtiles", content, kind)
        assert licence_of(path) == "Protomaps  [31m© OpenStreetMap"
    assert licence_of(elevation) == ""
    (tmp_path / "N43E042.hgt.licence").write_text("Copernicus DEM")
    assert licence_of(elevation) == "Copernicus DEM"


def test_hostile_tiles_have_no_licence(tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" + b" " * (1 << 24))
    for number, (content, kind, length) in enumerate(
        [(bomb, 2, None), (b"{", 1, None), (b"", 1, 2**63), (b"[1]", 1, None), (b"\0", 2, None)]
    ):
        assert licence_of(pmtiles(tmp_path / f"{number}.pmtiles", content, kind, length)) == ""
    broken = tmp_path / "a.mbtiles"
    broken.write_bytes(b"SQLite format 3\0" + bytes(100))
    assert licence_of(broken) == ""


def test_history_of_a_collar_comes_along(tmp_path: Path) -> None:
    heads = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier\n"
    rows = [f"2026-11-{10 + i} 12:00:00,42.51,43.25,gps,81267\n" for i in range(10)]
    (tmp_path / "gps.csv").write_text(heads + "".join(rows))
    (tmp_path / "baksan.toml").write_text('[collars.Agunda]\nids = ["81267"]\n')
    journal, trip = tmp_path / "a.journal", tmp_path / "trip"
    assert run(["import", str(tmp_path / "gps.csv"), "--to", str(journal)]) == 0
    assert run(["pack", str(trip), "--journal", str(journal)]) == 0
    assert "43.25" in (trip / "prior.csv").read_text()
    assert (trip / "story.txt").read_text().strip()


def test_settings_of_a_journal_alone(tmp_path: Path) -> None:
    journal = tmp_path / "a.journal"
    Journal.create(journal, SETTINGS).close()
    assert run(["pack", str(tmp_path / "trip"), "--journal", str(journal)]) == 0
    packed = tomllib.loads((tmp_path / "trip/baksan.toml").read_text())
    assert configuration_from(packed) == SETTINGS
    html = (tmp_path / "trip/collars.html").read_text()
    assert "<script" not in html
    assert run(["pack", str(tmp_path / "x"), "--journal", str(tmp_path / "none.journal")]) == 2
