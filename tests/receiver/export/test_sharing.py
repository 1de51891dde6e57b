"""What leaves the machine: the fixed grid, what is never told, each format as others read it."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import gpxpy
import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from protocols import Packet
from receiver.errors import MissingExtraError, WriteError
from receiver.export import geojson, gpx
from receiver.export.kml import NAMESPACE, kml
from receiver.export.movebank import COLUMNS, harmless, movebank
from receiver.export.sharing import PRECISIONS, Shared, of_packet, share, snap
from receiver.geodesy import distance_and_bearing
from receiver.importers.history import How, read
from receiver.records import Fix

START = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
EVIL = "=cmd|' /C calc'!A0"


def fix(number: int = 0, **known: object) -> Fix:
    values: dict[str, object] = {
        "id": "secret-id", "device_id": "81267", "file": "secret.csv", "row": 77,
        "time": START + timedelta(hours=number), "latitude_deg": 43.2571234,
        "longitude_deg": 42.5134567, "altitude_m": 2411.0, "accuracy_m": 7.3, "dop": 1.7,
        "satellites": 9, "fix_type": "3D-V", "position_status": "ok", "collar": "Baksan",
        "battery_v": 3.6, "data": b"\xca\xfe", "warnings": ("latitude 43.2571234 was said twice",),
    }  # fmt: skip
    return Fix(**{**values, **known})  # type: ignore[arg-type]


def shared(*fixes: Fix, precision: str = "10km", recipient: str = "Park office") -> Shared:
    hertz = {"Baksan": 150_340_000.0}
    return share(fixes, PRECISIONS[precision], recipient=recipient, frequencies_hz=hertz)


def all_formats(told: Shared) -> bytes:
    return movebank(told) + gpx.fixes(told) + kml(told) + geojson.fixes(told)


# --- the grid -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "cell_deg", "middle"),
    [
        # 133.25 / 0.09 lies in row 1480, whose middle is 1480.5 x 0.09 - 90 = 43.245; there
        # round(360 cos 43.245 / 0.09) = 2914 cells; 222.5 / 360 x 2914 lies in column 1801.
        ((43.25, 42.5), 0.09, (43.245, 1801.5 * 360 / 2914 - 180)),
        # The last row has round(360 cos 89.955 / 0.09) = 3 cells of 120 degrees.
        ((90.0, 180.0), 0.09, (89.955, -120.0)),
        ((-90.0, 10.0), 0.09, (-89.955, 0.0)),
        ((0.0, -180.0), 0.09, (0.045, -180 + 0.5 * 360 / 4000)),
    ],
)
def test_middle_of_a_cell(
    place: tuple[float, float], cell_deg: float, middle: tuple[float, float]
) -> None:
    assert snap(*place, cell_deg) == pytest.approx(middle, abs=1e-5)


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(("1km", "10km")))
def test_no_place_lies_farther_than_the_radius_and_a_cell_stays_itself(
    latitude: float, longitude: float, precision: str
) -> None:
    cell_deg, radius_m = PRECISIONS[precision].cell_deg, PRECISIONS[precision].radius_m
    assert cell_deg is not None
    assert radius_m is not None
    middle = snap(latitude, longitude, cell_deg)
    assert abs(middle[0]) <= 90
    assert -180 <= middle[1] <= 180
    assert snap(*middle, cell_deg) == middle
    if abs(latitude) < 85:  # the few cells about a pole are as wide as they are
        assert distance_and_bearing((latitude, longitude), middle)[0] <= radius_m


def test_many_fixes_at_a_den_average_to_the_middle_of_its_cell() -> None:
    """Noise of a GPS within a cell does not move what is told."""
    cells = {snap(43.25 + 1e-4 * math.sin(i), 42.56 + 1e-4 * math.cos(i), 0.09) for i in range(999)}
    assert len(cells) == 1


# --- what is told -------------------------------------------------------------------------------

EXACT = ("43.257", "42.513", "2411", "7.3", "1.7", "150.34", "150340000", "secret", "cafe", "3D-V")


@pytest.mark.parametrize("precision", ["10km", "1km"])
def test_coarse_files_hold_nothing_exact(precision: str) -> None:
    told = all_formats(shared(fix(), fix(1), precision=precision)).decode()
    assert [text for text in EXACT if text in told] == []
    assert "2026-11-24 12:30" in told
    assert "Park office" in told


def test_nothing_of_positions_where_none_are_told() -> None:
    told = shared(fix(), precision="none")
    assert told.placed == []
    text = (movebank(told) + geojson.fixes(told)).decode()
    assert [t for t in (*EXACT, "43.2", "42.5") if t in text] == []
    (row,) = json.loads(geojson.fixes(told))["features"]
    assert (row["geometry"], row["properties"]["battery_v"]) == (None, 3.6)


def test_exact_files_hold_what_was_asked_for_and_never_messages() -> None:
    told = shared(fix(), precision="exact")
    (feature,) = json.loads(geojson.fixes(told))["features"]
    assert feature["geometry"]["coordinates"] == [42.5134567, 43.2571234]
    assert feature["properties"]["frequency_hz"] == 150_340_000.0
    assert feature["properties"]["altitude_m"] == 2411.0
    assert "cafe" not in all_formats(told).decode()
    assert "150.3400 MHz" in kml(told).decode()


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89))
def test_what_is_told_depends_on_the_cell_alone(a: float, b: float, c: float) -> None:
    """Two fixes of one cell give the same bytes, whatever else is known of them."""
    middle = snap(a, b, 0.09)
    one = fix(
        latitude_deg=a, longitude_deg=b, altitude_m=c, accuracy_m=abs(c), dop=abs(c), id=str(c)
    )
    other = fix(latitude_deg=middle[0], longitude_deg=middle[1])
    assert all_formats(shared(one)) == all_formats(shared(other))


def test_doubtful_positions_are_on_no_map_and_hidden_in_movebank() -> None:
    told = shared(fix(), fix(1, position_status="bad"), fix(2, position_status="stale"))
    assert len(told.placed) == 1
    rows = list(csv.DictReader(io.StringIO(movebank(told).decode())))
    assert [row["visible"] for row in rows] == ["true", "false", "false"]
    features = json.loads(geojson.fixes(told))["features"]
    assert [f["geometry"] is None for f in features] == [False, True, True]
    (track,) = gpxpy.parse(gpx.fixes(told).decode()).tracks
    assert len(track.segments[0].points) == 1


def test_fix_that_came_in_several_messages_is_told_once() -> None:
    again = [fix(received=START + timedelta(hours=i)) for i in (1, 2, 3)]
    told = shared(*again, fix(1))
    assert [row.id for row in told.fixes] == ["1", "2"]
    assert [row.time for row in told.fixes] == [START, START + timedelta(hours=1)]


def test_simulation_is_marked_everywhere() -> None:
    told = share([fix()], PRECISIONS["10km"], simulation=True)
    for content in (movebank(told), gpx.fixes(told), kml(told), geojson.fixes(told)):
        assert b"SIMULATION" in content


# --- formats ------------------------------------------------------------------------------------


def test_movebank_has_the_columns_that_move2_wants_in_their_order() -> None:
    """The list of field-use.md, 3.1: what Movebank downloads and move2's tests use."""
    wanted = (
        "event-id, visible, timestamp, location-long, location-lat, location-error-numerical,"
        " sensor-type, individual-taxon-canonical-name, tag-local-identifier,"
        " individual-local-identifier, study-name"
    )
    first = movebank(shared(fix())).decode().splitlines()[0]
    assert first.split(",") == wanted.split(", ") == list(COLUMNS)


def test_movebank_rows() -> None:
    nowhere = {"latitude_deg": None, "longitude_deg": None, "position_status": "unavailable"}
    anna = fix(animal="Anna", taxon="Panthera pardus")
    told = shared(anna, fix(1, **nowhere), precision="exact")
    one, two = csv.DictReader(io.StringIO(movebank(told).decode()))
    assert list(one.values()) == [
        "1", "true", "2026-11-24 12:30:00.000", "42.5134567", "43.2571234", "7.3", "gps",
        "Panthera pardus", "81267", "Anna", "baksan, exact positions, for Park office",
    ]  # fmt: skip
    assert (two["location-lat"], two["location-error-numerical"], two["visible"]) == (
        "",
        "",
        "true",
    )
    assert two["individual-local-identifier"] == "Baksan"


def test_movebank_comes_back_as_it_went_out() -> None:
    told = shared(*(fix(i, animal=EVIL, device_id="-7") for i in range(3)), precision="exact")
    found = read("out.csv", movebank(told), How())
    assert found.format == "movebank"
    assert {(f.animal, f.device_id, f.latitude_deg) for f in found.fixes} == {
        (EVIL, "-7", 43.2571234)
    }


@pytest.mark.parametrize("text", [EVIL, "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\0=1"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    told = shared(fix(device_id=text, animal=text, taxon=text), recipient=text)
    for row in csv.reader(io.StringIO(movebank(told).decode())):
        assert not any(cell.startswith(("=", "@", "\t", "\r")) for cell in row)
        assert not any(cell.startswith(("+", "-")) for cell in row[6:])


def test_numbers_keep_their_sign() -> None:
    told = shared(fix(latitude_deg=-24.5, longitude_deg=-31.25), precision="exact")
    (row,) = csv.DictReader(io.StringIO(movebank(told).decode()))
    assert (row["location-lat"], row["location-long"]) == ("-24.5", "-31.25")
    assert harmless("leopard") == "leopard"


NASTY = "<b>&\"']]>\x00\x01\ud800 кошка"


def test_xml_holds_any_name() -> None:
    told = shared(fix(animal=NASTY), recipient=NASTY)
    (track,) = gpxpy.parse(gpx.fixes(told).decode()).tracks
    assert track.name == "<b>&\"']]>  кошка"
    root: Element = fromstring(kml(told))
    names = [e.text for e in root.iter(f"{{{NAMESPACE}}}name")]
    assert "<b>&\"']]>  кошка" in names
    assert "кошка" in json.loads(geojson.fixes(told))["features"][0]["properties"]["animal"]


def test_kml_points_have_times_and_the_order_of_longitude_first() -> None:
    root: Element = fromstring(kml(shared(fix(), precision="exact")))
    (coordinates,) = root.iter(f"{{{NAMESPACE}}}coordinates")
    (time,) = root.iter(f"{{{NAMESPACE}}}when")
    assert (coordinates.text, time.text) == ("42.5134567,43.2571234", "2026-11-24T12:30:00.000Z")


def test_a_track_for_each_animal() -> None:
    told = shared(fix(), fix(1, animal="Volna"), fix(2))
    tracks = gpxpy.parse(gpx.fixes(told).decode()).tracks
    assert [(t.name, len(t.segments[0].points)) for t in tracks] == [("Baksan", 2), ("Volna", 1)]
    assert tracks[0].segments[0].points[0].time == START


def test_packet_that_was_heard_as_a_fix() -> None:
    packet = Packet(protocol="x", device_id="81267", latitude_deg=43.2, longitude_deg=42.5,
                    position_status="ok", battery_v=3.1)  # fmt: skip
    told = of_packet(packet, START, "a/1")
    assert (told.time, told.latitude_deg, told.battery_v) == (START, 43.2, 3.1)


# --- GeoPackage ---------------------------------------------------------------------------------


def test_geopackage_without_its_part_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from receiver.export.geopackage import geopackage

    monkeypatch.setitem(__import__("sys").modules, "pyogrio", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'baksan\[gis\]'"):
        geopackage(shared(fix()), tmp_path)


def test_geopackage_into_a_folder_that_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("pyogrio", reason="the optional part [gis] is not installed")
    from receiver.export.geopackage import geopackage

    with pytest.raises(WriteError, match="cannot be written there"):
        geopackage(shared(fix()), tmp_path / "none")


def test_geopackage_as_gdal_reads_it(tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="the optional part [gis] is not installed")
    from receiver.export.geopackage import geopackage

    told = shared(
        fix(), fix(1, position_status="bad"), fix(2, latitude_deg=None), precision="exact"
    )
    path = tmp_path / "a.gpkg"
    path.write_bytes(geopackage(told, tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]
    head = path.read_bytes()[:100]
    assert head[18:20] == b"\x01\x01"  # no write-ahead log: QGIS reads it from a read-only folder
    meta, _, geometry, fields = pyogrio.raw.read(path)
    row = dict(zip(meta["fields"], fields, strict=True))
    assert meta["crs"] == "EPSG:4326"
    assert list(row["collar"]) == ["Baksan"] * 3
    assert str(row["time"][0]).startswith("2026-11-24T12:30:00")
    assert row["frequency_hz"][0] == 150_340_000.0
    assert [point is None for point in geometry] == [False, True, True]
    assert pyogrio.read_info(path)["features"] == 3
