"""Heights of the ground from files that a user brings: SRTM .hgt with numpy, GeoTIFF with rasterio.

An .hgt file is a square degree named after its south-west corner (N42E044.hgt, also .hgt.gz and
.hgt.zip): big-endian int16 metres, 1201 x 1201 or 3601 x 3601 nodes, the first row in the north,
outer nodes on whole degrees, -32768 where nothing is known.
"""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from receiver.errors import InputError, MissingExtraError
from receiver.language import phrase

Floats = NDArray[np.float64]
VOID = -32768
SIDES = {side * side * 2: side for side in (1201, 3601)}
HGT = re.compile(r"^([NS])(\d{2})([EW])(\d{3})\.hgt(\.gz|\.zip)?$", re.IGNORECASE)
TIFF = (".tif", ".tiff")
MOST_CELLS = 60_000_000  # of a GeoTIFF: 120 MB


@dataclass(frozen=True, slots=True)
class Sheet:
    """Heights in metres at nodes of a grid in degrees, NaN or `VOID` where not known.

    `heights_m[row, column]` is at `north - row * step_lat_deg`, `west + column * step_lon_deg`.
    """

    north_deg: float
    west_deg: float
    step_lat_deg: float
    step_lon_deg: float
    heights_m: NDArray[Any]

    def heights(self, latitude_deg: Floats, longitude_deg: Floats) -> Floats:
        """Return heights between the nodes (bilinear), NaN outside of them.

        Takes latitudes of rows and longitudes of columns; returns (rows, columns).
        """
        row = (self.north_deg - latitude_deg) / self.step_lat_deg
        column = (longitude_deg - self.west_deg) / self.step_lon_deg
        rows, columns = self.heights_m.shape
        i, down = _node(row, rows)
        j, right = _node(column, columns)
        if not (np.isfinite(down).any() and np.isfinite(right).any()):
            return np.full((len(row), len(column)), np.nan)
        corners = [self._at(i + below, j + beside) for below in (0, 1) for beside in (0, 1)]
        upper = corners[0] * (1 - right) + corners[1] * right
        lower = corners[2] * (1 - right) + corners[3] * right
        return np.asarray(upper * (1 - down[:, None]) + lower * down[:, None])

    def _at(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> Floats:
        found = self.heights_m[np.ix_(i, j)].astype(float)
        return np.where(found == VOID, np.nan, found)


def _node(place: Floats, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the node before each place and how far behind it, NaN outside."""
    inside = (place >= -1e-6) & (place <= count - 1 + 1e-6)
    node = np.clip(np.floor(place), 0, count - 2).astype(np.intp)
    return node, np.where(inside, np.clip(place - node, 0.0, 1.0), np.nan)


class Elevation:
    """Sheets side by side; the first that knows a height gives it."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        self._sheets = tuple(sheets)

    def heights(self, latitude_deg: Floats, longitude_deg: Floats) -> Floats:
        """Return heights at latitudes of rows and longitudes of columns, NaN where not known."""
        heights = np.full((len(latitude_deg), len(longitude_deg)), np.nan)
        for sheet in self._sheets:
            if not np.isnan(heights).any():
                break
            found = sheet.heights(latitude_deg, longitude_deg)
            heights = np.where(np.isnan(heights), found, heights)
        return heights


def open_elevation(paths: Iterable[Path]) -> Elevation:
    """Read files of heights; a folder stands for all of them in it.

    Raises:
        InputError: one cannot be read, or is no such file.
        MissingExtraError: a GeoTIFF without rasterio.
    """
    files = [file for path in paths for file in (_within(path) if path.is_dir() else [path])]
    if not files:
        raise InputError(phrase("no files of heights: .hgt or .tif"))
    return Elevation(read_sheet(file) for file in files)


def _within(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if HGT.match(file.name) or file.suffix.lower() in TIFF
    )


def read_sheet(path: Path) -> Sheet:
    """Read one file of heights.

    Raises:
        InputError: it cannot be read, or is no such file.
        MissingExtraError: a GeoTIFF without rasterio.
    """
    try:
        if named := HGT.match(path.name):
            return _hgt(path, named)
        if path.suffix.lower() in TIFF:
            return _geotiff(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    raise InputError(
        phrase("{path}: heights come as N42E044.hgt (.gz, .zip) or as .tif", path=path)
    )


def _hgt(path: Path, named: re.Match[str]) -> Sheet:
    north_south, latitude, east_west, longitude, packing = named.groups()
    data = _unpacked(path, (packing or "").lower())
    side = SIDES.get(len(data))
    if side is None:
        raise InputError(
            phrase(
                "{path}: {count} bytes are no .hgt of 1201 or 3601 rows: load it down again",
                path=path,
                count=len(data),
            )
        )
    south = int(latitude) * (1 if north_south in "Nn" else -1)
    west = int(longitude) * (1 if east_west in "Ee" else -1)
    heights = np.frombuffer(data, ">i2").reshape(side, side).astype(np.int16)
    step = 1.0 / (side - 1)
    return Sheet(south + 1.0, float(west), step, step, heights)


def _unpacked(path: Path, packing: str) -> bytes:
    """Return at most one byte more than the largest file has."""
    most = max(SIDES) + 1
    try:
        if packing == ".gz":
            return zlib.decompressobj(wbits=31).decompress(path.read_bytes(), most)
        if packing == ".zip":
            with zipfile.ZipFile(path) as archive:
                (name,) = (n for n in archive.namelist() if n.lower().endswith(".hgt"))
                with archive.open(name) as file:
                    return file.read(most)
        with path.open("rb") as file:
            return file.read(most)
    except (zlib.error, zipfile.BadZipFile, ValueError, EOFError, RuntimeError) as error:
        raise InputError(
            phrase("{path}: cannot be unpacked: {error}", path=path, error=error)
        ) from error


def _geotiff(path: Path) -> Sheet:
    """Read the first band, brought to degrees of WGS 84 at its own resolution."""
    try:
        import rasterio
        from rasterio.vrt import WarpedVRT
    except ImportError as error:
        raise MissingExtraError(phrase("a map of heights as GeoTIFF"), "terrain") from error
    try:
        with (
            rasterio.open(path) as source,
            WarpedVRT(source, crs="EPSG:4326", nodata=math.nan, dtype="float32") as degrees,
        ):
            if degrees.width * degrees.height > MOST_CELLS:
                raise InputError(
                    phrase("{path}: too large to hold: cut out the search's area", path=path)
                )
            grid, heights = degrees.transform, degrees.read(1)
    except rasterio.errors.RasterioError as error:
        raise InputError(phrase("{path}: no GeoTIFF: {error}", path=path, error=error)) from error
    return Sheet(grid.f + grid.e / 2.0, grid.c + grid.a / 2.0, -grid.e, grid.a, heights)
