"""Pictures laid over the map: PNG as others read it, and the belief where it belongs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from receiver.geodesy import LocalGrid
from receiver.locator.raster import Grid
from receiver.ui.web import belief
from receiver.ui.web.mercator import from_latitudes, is_tile, latitudes, pixel_m, tile_axes
from receiver.ui.web.png import png

LATITUDE_DEG, LONGITUDE_DEG = 43.0, 44.0


@dataclass
class Found:
    """As a posterior, as far as a picture looks at it."""

    grid: Grid | None
    evidence: Any


@dataclass
class Origin:
    grid: LocalGrid


def read(picture: bytes) -> Any:
    return (imread(io.BytesIO(picture), format="png") * 255).round().astype(np.uint8)


def found(peak_m: tuple[float, float], half_m: float = 3000.0) -> Found:
    axis = (np.arange(200) + 0.5) / 200 * 2 * half_m - half_m
    across, up = np.meshgrid(axis, axis)
    p = np.exp(-((across - peak_m[0]) ** 2 + (up - peak_m[1]) ** 2) / 2 / 250.0**2)
    return Found(Grid(axis, axis, p / p.sum()), Origin(LocalGrid(LATITUDE_DEG, LONGITUDE_DEG)))


def overlay(shown: Found, night: bool = False) -> belief.Overlay:
    drawn = belief.overlay(shown, night=night)  # type: ignore[arg-type]
    assert drawn is not None
    return drawn


@pytest.mark.parametrize("channels", [3, 4])
def test_png_is_read_by_another_program(channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, channels)).astype(np.uint8)
    assert np.array_equal(read(png(pixels)), pixels)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (0, 4, 3)])
def test_what_is_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no picture"):
        png(np.zeros(shape, np.uint8))


def test_tiles_of_the_web() -> None:
    """Zoom 1 has its corner at 0, 0; a pixel of zoom 0 is 156 543 m at the equator."""
    lat, lon = tile_axes(1, 1, 1)
    assert lon[0] == pytest.approx(360 / 512 / 2)
    assert lat[0] == pytest.approx(-360 / 512 / 2, rel=1e-4)
    assert pixel_m(0, 0.0) == pytest.approx(156_543.03, abs=0.01)
    assert latitudes(np.array([0.0]))[0] == pytest.approx(85.0511, abs=1e-4)
    assert from_latitudes(latitudes(np.array([0.3])))[0] == pytest.approx(0.3)
    assert [is_tile(1, 1, 1), is_tile(1, 2, 0), is_tile(-1, 0, 0), is_tile(23, 0, 0)] == [
        True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("peak_m", [(1500.0, -900.0), (-2000.0, 2000.0)])
@pytest.mark.parametrize("half_m", [3000.0, 30_000.0])
def test_likeliest_pixel_lies_where_the_likeliest_cell_is(
    peak_m: tuple[float, float], half_m: float
) -> None:
    drawn = overlay(found(peak_m, half_m))
    alpha = read(drawn.png)[..., 3].astype(float)
    rows, columns = np.nonzero(alpha == alpha.max())
    y = from_latitudes(np.array([drawn.north, drawn.south]))
    lat = latitudes(np.array([y[0] + (y[1] - y[0]) * (rows.mean() + 0.5) / belief.SIDE]))
    lon = drawn.west + (drawn.east - drawn.west) * (columns.mean() + 0.5) / belief.SIDE
    east_m, north_m = LocalGrid(LATITUDE_DEG, LONGITUDE_DEG).to_xy(lat[0], lon)
    tolerance_m = 2 * half_m * 2 / belief.SIDE
    assert (float(east_m), float(north_m)) == pytest.approx(peak_m, abs=tolerance_m)


def test_where_there_is_little_the_map_shows_through() -> None:
    pixels = read(overlay(found((0.0, 0.0))).png)
    assert (pixels[0, 0] == 0).all()
    assert pixels[belief.SIDE // 2, belief.SIDE // 2, 3] > 150


def test_day_grows_darker_to_the_likeliest_and_night_brighter() -> None:
    rising = np.linspace(0.1, 1.0, 50)[None, :]
    day = belief.coloured(rising, belief.DAY)[0].astype(float)
    light = day[:, :3] @ [0.299, 0.587, 0.114]
    assert (np.diff(light) < 0).all()
    night = belief.coloured(rising, belief.NIGHT)[0]
    assert (np.diff(night[:, 0].astype(int)) >= 0).all()
    assert night[:, 1:3].max() == 0


def test_night_is_red_alone() -> None:
    assert read(overlay(found((0.0, 0.0)), night=True).png)[..., 1:3].max() == 0


def test_nothing_to_say_is_no_picture() -> None:
    assert belief.overlay(Found(None, None)) is None  # type: ignore[arg-type]
