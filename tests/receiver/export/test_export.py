"""Files going out: what other readers find in them, and never half a file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import gpxpy
import pytest

from receiver import export
from receiver.columns import columns
from receiver.errors import WriteError
from receiver.export.geojson import geojson
from receiver.export.gpx import gpx
from receiver.locator import LocatorConfig, locate
from receiver.records import Answer, Observation

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OBSERVATIONS = [
    Observation(id="1", kind="bearing", time=NOW, latitude_deg=43.0, longitude_deg=41.99,
                bearing_deg=90.0, bearing_sigma_deg=4.0, bearing_alternatives_deg=(270.0,)),
    Observation(id="2", kind="bearing", time=NOW, latitude_deg=42.99, longitude_deg=42.0,
                bearing_deg=0.0, bearing_sigma_deg=4.0),
    Observation(id="3", kind="silence", time=NOW, latitude_deg=42.98, longitude_deg=42.0),
    Observation(id="4", kind="sighting", time=NOW, latitude_deg=43.0, longitude_deg=42.0,
                radius_m=300.0, trust=0.7, text="<tracks> & \u0441\u043b\u0435\u0434\u044b"),
    Observation(id="5", kind="level", time=NOW, level_db=-90.0),
]  # fmt: skip
ANSWER = locate(columns(OBSERVATIONS), LocatorConfig(cells=64))


def test_geojson_is_as_rfc_7946_wants_it() -> None:
    document = json.loads(geojson(ANSWER, OBSERVATIONS))
    assert document["type"] == "FeatureCollection"
    kinds = [feature["geometry"]["type"] for feature in document["features"]]
    assert kinds.count("MultiPolygon") == 3
    assert kinds.count("LineString") == 3  # two bearings, one with a second direction
    assert kinds.count("Point") == 3  # the answer, the silence, the sighting; no place, no point
    for feature in document["features"]:
        if feature["geometry"]["type"] == "MultiPolygon":
            for polygon in feature["geometry"]["coordinates"]:
                for ring in polygon:
                    assert ring[0] == ring[-1]
                    assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)
    assert "crs" not in document
    assert "note" not in document


def test_gpx_is_read_by_another_reader() -> None:
    track = gpxpy.parse(gpx(ANSWER, OBSERVATIONS).decode())
    here = track.waypoints[0]
    assert here.name == "IT MAY BE HERE"
    assert here.latitude == pytest.approx(ANSWER.latitude_deg, abs=1e-6)
    assert len(track.routes) == 3
    assert len(track.tracks[0].segments[0].points) == 3


def test_answer_without_a_place_is_still_a_file() -> None:
    none = Answer(reason="nothing has been heard yet")
    assert json.loads(geojson(none, []))["features"] == []
    assert gpxpy.parse(gpx(none, []).decode()).waypoints == []


def test_simulation_is_said_in_every_file() -> None:
    assert b"SIMULATION" in geojson(ANSWER, [], simulation=True)
    assert b"SIMULATION" in gpx(ANSWER, [], simulation=True)


def test_write_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "area.geojson"
    export.write(path, b"first")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        export.write(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["no/such/folder.gpx", ".", "", "/", "/proc/x"])
def test_where_nothing_can_be_written_is_told(name: str) -> None:
    with pytest.raises(WriteError) as caught:
        export.write(Path(name), b"x")
    assert caught.value.exit_code == 5
