"""GeoPackage for QGIS, written by GDAL: one layer `fixes` of points in WGS84. Needs [gis].

An export and never a live store: one file without a log beside it (journal mode DELETE).
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from receiver.errors import MissingExtraError, WriteError
from receiver.export.geojson import properties
from receiver.export.sharing import Shared, place, when
from receiver.records import Fix

LAYER = "fixes"
_NUMBERS = ("altitude_m", "accuracy_m", "dop", "satellites", "battery_v", "temperature_c",
            "activity", "frequency_hz")  # fmt: skip
_TEXTS = ("device_id", "collar", "animal", "taxon", "sensor", "position_status", "fix_type",
          "location_class", "mortality")  # fmt: skip


def geopackage(shared: Shared, folder: Path) -> bytes:
    """Return the GeoPackage of fixes; GDAL writes it into a folder of its own within `folder`.

    Raises:
        MissingExtraError: pyogrio is not installed.
        WriteError: the folder cannot be written to.
    """
    write = _writer()
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".baksan-") as temporary:
            path = Path(temporary) / "fixes.gpkg"
            write(path, *_columns(shared), shared.mark)
            return path.read_bytes()
    except (OSError, RuntimeError) as error:  # GDAL's own errors are RuntimeErrors
        raise WriteError(f"{folder}: a GeoPackage cannot be written there ({error})") from error


def _writer() -> Callable[[Path, list[Any], list[str], Any, str], None]:
    try:
        from pyogrio import raw
    except ImportError as error:
        raise MissingExtraError("a GeoPackage", "gis") from error

    def write(path: Path, data: list[Any], names: list[str], points: Any, mark: str) -> None:
        raw.write(
            path,
            points,
            field_data=data,
            fields=names,
            layer=LAYER,
            driver="GPKG",
            geometry_type="Point",
            crs="EPSG:4326",
            gdal_tz_offsets={"time": np.full(len(points), 100, dtype=np.int32)},  # 100: UTC
            layer_metadata={"DESCRIPTION": mark},
        )

    return write


def _columns(shared: Shared) -> tuple[list[Any], list[str], Any]:
    """Return the columns, their names, and the points as well-known binary (None where unknown)."""
    rows = [properties(fix, shared) for fix in shared.fixes]
    times = [when(fix).replace(tzinfo=None) for fix in shared.fixes]
    data: list[Any] = [np.array(times, dtype="datetime64[ms]")]
    data += [_numbers([row.get(name) for row in rows]) for name in _NUMBERS]
    data += [_texts([row.get(name) for row in rows]) for name in _TEXTS]
    return data, ["time", *_NUMBERS, *_TEXTS], _points(shared.fixes)


def _numbers(values: Sequence[Any]) -> Any:
    return np.array([np.nan if value is None else float(value) for value in values])


def _texts(values: Sequence[Any]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = [None if value is None else str(value) for value in values]
    return array


def _points(fixes: Sequence[Fix]) -> Any:
    points = np.empty(len(fixes), dtype=object)
    points[:] = [_wkb(fix) for fix in fixes]
    return points


def _wkb(fix: Fix) -> bytes | None:
    """Return a point as well-known binary (little-endian), x the longitude."""
    where = place(fix)
    return struct.pack("<BIdd", 1, 1, where[1], where[0]) if where else None
