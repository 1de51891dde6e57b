"""The map from heights alone: heights in files, which slopes are lit, where lines run."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from receiver.errors import InputError, MissingExtraError
from receiver.ui.web.elevation import VOID, open_elevation, read_sheet
from receiver.ui.web.relief import DAY, contour_m, drawn, relief_tile, shaded, slopes


def hgt(heights: Any) -> bytes:
    return np.asarray(heights, ">i2").tobytes()


def plane() -> Any:
    """Return a tile that rises by 1 m a row to the south and 2 m a column to the east."""
    row, column = np.mgrid[0:1201, 0:1201]
    return row + 2 * column


@pytest.fixture
def tile(tmp_path: Path) -> Path:
    path = tmp_path / "N42E044.hgt"
    path.write_bytes(hgt(plane()))
    return path


def at(path: Path, latitude: float, longitude: float) -> float:
    return float(open_elevation([path]).heights(np.array([latitude]), np.array([longitude]))[0, 0])


def test_corners_and_middle_of_a_tile(tile: Path) -> None:
    assert at(tile, 43.0, 44.0) == 0  # the first node is in the north-west
    assert at(tile, 43.0, 45.0) == 2400
    assert at(tile, 42.0, 44.0) == 1200
    assert at(tile, 42.5, 44.5) == 1800
    assert at(tile, 42.5 - 0.5 / 1200, 44.5) == pytest.approx(1800.5)


@pytest.mark.parametrize("place", [(43.001, 44.5), (41.999, 44.5), (42.5, 43.999), (42.5, 45.001)])
def test_nothing_is_known_outside(tile: Path, place: tuple[float, float]) -> None:
    assert np.isnan(at(tile, *place))


def test_south_and_west_tiles_are_named_after_their_corner(tmp_path: Path) -> None:
    path = tmp_path / "s01w078.HGT"
    path.write_bytes(hgt(plane()))
    assert at(path, 0.0, -78.0) == 0
    assert at(path, -1.0, -77.0) == 3600


def test_neighbours_meet_without_a_gap(tmp_path: Path) -> None:
    for name in ("N42E044", "N42E045"):
        (tmp_path / f"{name}.hgt").write_bytes(hgt(np.full((1201, 1201), 700)))
    (tmp_path / "readme.txt").write_text("not heights")
    longitudes = np.linspace(44.99, 45.01, 41)
    heights = open_elevation([tmp_path]).heights(np.array([42.5]), longitudes)
    assert (heights == 700).all()


def test_a_void_is_unknown_and_not_a_depth(tmp_path: Path) -> None:
    heights = plane()
    heights[600, 600] = VOID
    path = tmp_path / "N42E044.hgt"
    path.write_bytes(hgt(heights))
    assert np.isnan(at(path, 42.5, 44.5))
    assert np.isnan(at(path, 42.5 + 0.4 / 1200, 44.5))
    assert at(path, 42.5 + 2 / 1200, 44.5) == pytest.approx(1798)


def test_packed_tiles(tmp_path: Path) -> None:
    packed = tmp_path / "N42E044.hgt.gz"
    packed.write_bytes(gzip.compress(hgt(plane())))
    zipped = tmp_path / "N42E044.hgt.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("N42E044.hgt", hgt(plane()))
    assert at(packed, 42.5, 44.5) == at(zipped, 42.5, 44.5) == 1800


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("N42E044.hgt", b"x" * 1000, "1000 bytes are no .hgt"),
        ("N42E044.hgt.gz", b"not gzip", "cannot be unpacked"),
        ("N42E044.hgt.zip", b"PK not zip", "cannot be unpacked"),
        ("heights.xyz", b"", "heights come as"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_sheet(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="N42E044"):
        read_sheet(tmp_path / "N42E044.hgt")
    with pytest.raises(InputError, match="no files of heights"):
        open_elevation([tmp_path])


def test_a_packed_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "N42E044.hgt.gz"
    path.write_bytes(gzip.compress(bytes(100_000_000)))
    with pytest.raises(InputError, match="25934403 bytes"):
        read_sheet(path)


def test_geotiff_is_read_or_says_what_to_install(shared: Path) -> None:
    """Of the tile's README: heights 315 to 2295 m, 34.2314 to 34.4090 N, 118.3457 to 117.9531 W."""
    path = shared / "data/elevation/bigtujunga.tif"
    try:
        import rasterio  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match=r"baksan\[terrain\]"):
            read_sheet(path)
        return
    sheet = read_sheet(path)
    assert (np.nanmin(sheet.heights_m), np.nanmax(sheet.heights_m)) == pytest.approx(
        (315, 2295), abs=3
    )
    assert sheet.north_deg == pytest.approx(34.4090, abs=0.001)
    assert sheet.west_deg == pytest.approx(-118.3457, abs=0.001)


# --- drawing ------------------------------------------------------------------------------------


def test_slopes_of_a_plane() -> None:
    row, column = np.mgrid[0:12, 0:12]
    east, south = slopes(30.0 * column - 15.0 * row, 100.0)
    assert east == pytest.approx(0.3)
    assert south == pytest.approx(-0.15)


def test_light_comes_from_the_north_west() -> None:
    """Flat ground under a sun 45 degrees high is lit by its sine; a slope across it fully."""
    flat, facing, behind = (
        float(shaded(np.array([e]), np.array([s]))[0])
        for e, s in ((0.0, 0.0), (0.7071, 0.7071), (-0.7071, -0.7071))
    )
    assert flat == pytest.approx(0.7071, abs=1e-4)
    assert facing == pytest.approx(1.0, abs=1e-4)
    assert behind == pytest.approx(0.0, abs=1e-4)


def test_contour_lines_run_at_round_heights_and_every_fifth_is_strong() -> None:
    heights = np.tile(np.arange(258) * 2.0 + 1.0, (258, 1))  # 3 m at the first column, 2 m a pixel
    row = drawn(heights, 200.0, 50.0, DAY)[100].astype(int)
    greys = row[:, 1]
    lines = [c for c in range(1, 255) if greys[c] < greys[c - 1] and greys[c] <= greys[c + 1]]
    tops = {round((3.0 + 2 * c) / 50) * 50 for c in lines}
    assert tops == {50, 100, 150, 200, 250, 300, 350, 400, 450, 500}
    strong = [c for c in lines if greys[c] == DAY[3][1]]
    assert {round((3.0 + 2 * c) / 50) * 50 for c in strong} == {250, 500}


def test_flat_ground_has_no_lines() -> None:
    picture = drawn(np.full((20, 20), 100.0), 50.0, 50.0, DAY)
    assert np.ptp(picture[..., :3].reshape(-1, 3), axis=0).max() == 0


def test_lines_are_closer_at_deeper_zooms() -> None:
    steps = [contour_m(zoom) for zoom in range(5, 18)]
    assert steps == sorted(steps, reverse=True)


@pytest.mark.parametrize("night", [False, True])
def test_tile_of_the_web_map(tile: Path, night: bool) -> None:
    """Tile 12/2549/1511 lies at 44.03 E to 44.12 E, 42.68 N to 42.75 N."""
    picture = relief_tile(open_elevation([tile]), 12, 2549, 1511, night=night)
    assert picture is not None
    pixels = imread(io.BytesIO(picture), format="png")
    assert pixels.shape == (256, 256, 4)
    assert pixels[..., 3].min() == 1
    assert bool(pixels[..., 1:3].max() == 0) is night


def test_tiles_of_elsewhere_are_none(tile: Path) -> None:
    heights = open_elevation([tile])
    assert relief_tile(heights, 12, 0, 0) is None
    assert relief_tile(heights, 3, 4, 3) is None
    assert relief_tile(heights, 12, -1, 5000) is None
