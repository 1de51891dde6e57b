"""Geodesy against what others published or computed: PROJ's own EPSG operations, NOAA, NGA."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyproj
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyproj.transformer import TransformerGroup

from receiver.errors import ConfigError, InputError
from receiver.geodesy import (
    LocalGrid,
    declination_deg,
    distance_and_bearing,
    end_of_line,
    format_place,
    grid_convergence_deg,
    parse_place,
    utm_to_degrees,
)

ELBRUS = (43.355, 42.439)


@pytest.mark.parametrize("centre", [ELBRUS, (0.0, 0.0), (-31.98, 115.82), (89.0, 10.0), (60, 180)])
def test_local_grid_keeps_distances_and_directions(centre: tuple[float, float]) -> None:
    """Held against the geodesic of PROJ: from the centre they are exact."""
    grid = LocalGrid(*centre)
    geod = pyproj.Geod(ellps="WGS84")
    for azimuth in range(0, 360, 30):
        for distance_m in (1.0, 1000.0, 20_000.0):
            lon, lat, _ = geod.fwd(centre[1], centre[0], azimuth, distance_m)
            x, y = grid.to_xy(lat, lon)
            assert float(np.hypot(x, y)) == pytest.approx(distance_m, rel=1e-6)
            turned = (np.degrees(np.arctan2(x, y)) - azimuth + 180) % 360 - 180
            assert float(turned) == pytest.approx(0, abs=1e-4)
            back = grid.to_degrees(x, y)
            assert float(back[0]) == pytest.approx(lat, abs=1e-9)


def test_distance_bearing_and_end_of_line_agree_with_vincentys_example() -> None:
    """Flinders Peak to Buninyong, GDA94 (GRS80): 54 972.271 m, 306 52 05.37."""
    flinders = (-(37 + 57 / 60 + 3.72030 / 3600), 144 + 25 / 60 + 29.52440 / 3600)
    buninyong = (-(37 + 39 / 60 + 10.15610 / 3600), 143 + 55 / 60 + 35.38390 / 3600)
    distance_m, bearing_deg = distance_and_bearing(flinders, buninyong)
    assert distance_m == pytest.approx(54_972.271, abs=0.01)
    assert bearing_deg == pytest.approx(306 + 52 / 60 + 5.37 / 3600, abs=1e-5)
    assert end_of_line(flinders, bearing_deg, distance_m) == pytest.approx(buninyong, abs=1e-7)


# NOAA's test values of the World Magnetic Model 2025 (height 0 km): year, lat, lon, declination.
WMM2025 = [
    (date(2025, 1, 1), 80.0, 0.0, 1.28),
    (date(2025, 1, 1), 0.0, 120.0, -0.16),
    (date(2025, 1, 1), -80.0, 240.0, 68.78),
]


@pytest.mark.parametrize(("day", "lat", "lon", "declination"), WMM2025)
def test_declination_is_that_of_the_published_model(
    day: date, lat: float, lon: float, declination: float
) -> None:
    assert declination_deg(lat, lon, day) == pytest.approx(declination, abs=0.02)


def test_declination_of_an_older_search_uses_the_model_of_its_time() -> None:
    """WMM2020 test value: 2020.0, 80 N, 0 E, 0 km: -1.28."""
    assert declination_deg(80.0, 0.0, date(2020, 1, 1)) == pytest.approx(-1.28, abs=0.02)


def test_utm_is_that_of_proj() -> None:
    """Zone 38 by EPSG:32638, made by PROJ's own database."""
    transformer = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32638", always_xy=True)
    east, north = transformer.transform(ELBRUS[1], ELBRUS[0])
    assert format_place(*ELBRUS, "utm") == f"38T {east:06.0f} {north:07.0f}"
    assert utm_to_degrees("38N", east, north) == pytest.approx(ELBRUS, abs=1e-8)


@pytest.mark.parametrize(
    ("place", "zone"),
    [((60.0, 5.0), "32V"), ((78.0, 15.0), "33X"), ((78.0, 8.0), "31X"), ((-1.0, 37.0), "37M"),
     ((0.0, -180.0), "1N"), ((0.0, 179.99), "60N"), ((83.9, 0.0), "31X")],
)  # fmt: skip
def test_zones_of_norway_and_svalbard(place: tuple[float, float], zone: str) -> None:
    assert format_place(*place, "utm").startswith(zone + " ")


def test_poles_are_outside_utm_and_said_so() -> None:
    assert format_place(89.0, 0.0, "utm") == "outside UTM"


def test_convergence_follows_its_formula() -> None:
    """First order: (lon - central meridian) sin(lat)."""
    value = grid_convergence_deg("38N", 43.355, 42.439)
    assert value == pytest.approx((42.439 - 45.0) * np.sin(np.radians(43.355)), abs=0.01)


@pytest.mark.parametrize("zone", ["", "61N", "0N", "38", "38T", "N"])
def test_zone_that_is_none(zone: str) -> None:
    with pytest.raises(ConfigError):
        utm_to_degrees(zone, 500_000, 4_800_000)


def test_sk42_is_epsg_5044() -> None:
    """The operation of PROJ's database named (20), GOST R 51794-2008; zone 8 for 42.4 E."""
    group = TransformerGroup("EPSG:4326", "EPSG:28408", always_xy=True)
    ours = next(t for t in group.transformers if "(20)" in t.description)
    y, x = ours.transform(ELBRUS[1], ELBRUS[0])
    assert format_place(*ELBRUS, "sk42") == f"X {x:.0f}  Y {y:.0f}"


@pytest.mark.parametrize(
    ("text", "place"),
    [("43.3550, 42.4390", ELBRUS), ("43.355 42.439", ELBRUS), ("N 43 21.300 E 042 26.340", ELBRUS),
     ("43 21.3N 42 26.34E", ELBRUS), ("43°21'18\"N 42°26'20.4\"E", ELBRUS),
     ("-31.98,115.8188", (-31.98, 115.8188)), ("43,3550 42,4390", ELBRUS),
     ("43,3550; 42,4390", ELBRUS), ("S 31 58.800 E 115 49.128", (-31.98, 115.8188))],
)  # fmt: skip
def test_place_as_people_write_it(text: str, place: tuple[float, float]) -> None:
    assert parse_place(text) == pytest.approx(place, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "here",
        "91, 42",
        "43.3",
        "43 61.0N 42 26E",
        "43N 42N",
        "38T 999",
        "1,2,3,4",
        "43,35, 42,44",
        "99Z",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_place(text)


@given(st.floats(-79.9, 83.9), st.floats(-180, 179.999))
@example(-1.5e-8, 0.0)  # MGRS rounded it to row A of the southern hemisphere
def test_written_place_reads_back(latitude_deg: float, longitude_deg: float) -> None:
    geod = pyproj.Geod(ellps="WGS84")
    for style, within_m in (("decimal", 1.0), ("dm", 1.5), ("utm", 1.0), ("mgrs", 1.5)):
        lat, lon = parse_place(format_place(latitude_deg, longitude_deg, style))
        _, _, apart_m = geod.inv(longitude_deg, latitude_deg, lon, lat)
        assert apart_m <= within_m, style
