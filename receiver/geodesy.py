"""Places on the ground: local metres, the ways to write a place, magnetic declination.

Over pyproj, mgrs and pygeomag. WGS 84 unless said; nothing is ever fetched from a network.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

import mgrs
import numpy as np
import pyproj
import pyproj.network as network
from numpy.typing import NDArray
from pygeomag import GeoMag

from receiver.errors import ConfigError, InputError

network.set_network_enabled(False)  # type: ignore[attr-defined]

Floats = NDArray[np.float64]

# Pulkovo 1942 to WGS 84 for Russia, GOST R 51794-2008 (EPSG:5044), rotations in PROJ's sign.
SK42_TO_WGS84 = "23.57,-140.95,-79.8,0,0.35,0.79,-0.22"
SK42_DATUM = "Pulkovo 1942, GOST R 51794-2008"
FIRST_MODEL, LAST_MODEL = 2010, 2025
EQUATOR_DEG = 5e-6  # half a metre
STYLES = ("decimal", "dm", "utm", "mgrs", "sk42")

_WGS84 = pyproj.Geod(ellps="WGS84")


class LocalGrid:
    """Metres east and north of an origin (azimuthal equidistant on WGS 84).

    Distances from the origin are exact; 20 km away lengths are right to some millionths.
    """

    def __init__(self, latitude_deg: float, longitude_deg: float) -> None:
        self.latitude_deg, self.longitude_deg = latitude_deg, longitude_deg
        self._projection = pyproj.Proj(
            proj="aeqd", lat_0=latitude_deg, lon_0=longitude_deg, ellps="WGS84"
        )

    def to_xy(self, latitude_deg: Any, longitude_deg: Any) -> tuple[Floats, Floats]:
        """Return metres east and north; arrays in, arrays out."""
        x_m, y_m = self._projection(np.asarray(longitude_deg), np.asarray(latitude_deg))
        return np.asarray(x_m, dtype=float), np.asarray(y_m, dtype=float)

    def to_degrees(self, x_m: Any, y_m: Any) -> tuple[Floats, Floats]:
        """Return latitude and longitude; arrays in, arrays out."""
        lon, lat = self._projection(np.asarray(x_m), np.asarray(y_m), inverse=True)
        return np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)


def distance_and_bearing(
    from_deg: tuple[float, float], to_deg: tuple[float, float]
) -> tuple[float, float]:
    """Return metres and degrees from true north, from one (latitude, longitude) to another."""
    azimuth_deg, _, distance_m = _WGS84.inv(from_deg[1], from_deg[0], to_deg[1], to_deg[0])
    return float(distance_m), float(azimuth_deg) % 360.0


def end_of_line(
    from_deg: tuple[float, float], bearing_deg: float, length_m: float
) -> tuple[float, float]:
    """Return (latitude, longitude) of the end of a line from a place along a true bearing."""
    longitude, latitude, _ = _WGS84.fwd(from_deg[1], from_deg[0], bearing_deg, length_m)
    return float(latitude), float(longitude)


def declination_deg(latitude_deg: float, longitude_deg: float, day: date) -> float:
    """Return the magnetic declination, east positive: true = magnetic + declination.

    World Magnetic Model, good to about half a degree; near iron or lava not at all. Before 2010 and
    after 2030 the nearest year that a model covers stands in.
    """
    year_begin = date(day.year, 1, 1).toordinal()
    year_days = date(day.year + 1, 1, 1).toordinal() - year_begin
    year = day.year + (day.toordinal() - year_begin) / year_days
    model = _model(min(max(day.year // 5 * 5, FIRST_MODEL), LAST_MODEL))
    first, last = model.life_span
    result = model.calculate(latitude_deg, longitude_deg, 0.0, min(max(year, first), last))
    return float(result.d)


@lru_cache(maxsize=4)
def _model(epoch: int) -> Any:
    return GeoMag(base_year=epoch)


# --- writing a place ------------------------------------------------------------------------


def format_place(latitude_deg: float, longitude_deg: float, style: str) -> str:
    """Write a place as decimal degrees, degrees and minutes, UTM, MGRS or SK-42."""
    return _WRITERS[style](latitude_deg, longitude_deg)


def _decimal(latitude_deg: float, longitude_deg: float) -> str:
    return f"{latitude_deg:.5f}, {longitude_deg:.5f}"


def _dm(latitude_deg: float, longitude_deg: float) -> str:
    return f"{_minutes(latitude_deg, 'NS', 2)}  {_minutes(longitude_deg, 'EW', 3)}"


def _minutes(value_deg: float, letters: str, digits: int) -> str:
    degrees, thousandths = divmod(round(abs(value_deg) * 60_000), 60_000)
    letter = letters[value_deg < 0]
    return f"{letter} {degrees:0{digits}d} {thousandths / 1000:06.3f}"


def _utm(latitude_deg: float, longitude_deg: float) -> str:
    if not -80 <= latitude_deg <= 84:
        return "outside UTM"
    zone, band = _utm_zone(latitude_deg, longitude_deg), _band(latitude_deg)
    east, north = _utm_projection(zone, band < "N")(longitude_deg, latitude_deg)
    return f"{zone}{band} {east:06.0f} {max(north, 0.0):07.0f}"


def _band(latitude_deg: float) -> str:
    return "CDEFGHJKLMNPQRSTUVWXX"[int((latitude_deg + 80) // 8)]


def _utm_zone(latitude_deg: float, longitude_deg: float) -> int:
    zone = int((longitude_deg + 180) // 6) % 60 + 1
    if 56 <= latitude_deg < 64 and 3 <= longitude_deg < 12:
        return 32
    if latitude_deg >= 72 and 0 <= longitude_deg < 42:
        return 31 + 2 * int((longitude_deg + 3) // 12)
    return zone


@lru_cache(maxsize=8)
def _utm_projection(zone: int, south: bool) -> Any:
    return pyproj.Proj(proj="utm", zone=zone, south=south, ellps="WGS84")


def utm_to_degrees(zone: str, east_m: float, north_m: float) -> tuple[float, float]:
    """Return latitude and longitude of UTM metres in a zone such as "38N" (north, south).

    Raises:
        ConfigError: there is no such zone.
    """
    longitude, latitude = _zone_projection(zone)(east_m, north_m, inverse=True)
    return float(latitude), float(longitude)


def grid_convergence_deg(zone: str, latitude_deg: float, longitude_deg: float) -> float:
    """Return what to add to a bearing from the grid's north to make it true.

    Raises:
        ConfigError: there is no such zone.
    """
    factors = _zone_projection(zone).get_factors(longitude_deg, latitude_deg)
    return float(factors.meridian_convergence)


def _zone_projection(zone: str) -> Any:
    match = _ZONE.match(zone)
    if match is None or not 1 <= int(match[1]) <= 60:
        raise ConfigError(f"UTM zone {zone!r}: 1 to 60 and N or S, as in 38N")
    return _utm_projection(int(match[1]), match[2].upper() == "S")


def _mgrs(latitude_deg: float, longitude_deg: float) -> str:
    # Half a metre south of the equator rounds to a square that is none.
    on_equator = -EQUATOR_DEG < latitude_deg < 0.0
    text = str(mgrs.MGRS().toMGRS(0.0 if on_equator else latitude_deg, longitude_deg))
    return f"{text[:-12]} {text[-12:-10]} {text[-10:-5]} {text[-5:]}"


def _sk42(latitude_deg: float, longitude_deg: float) -> str:
    zone = int(longitude_deg % 360 // 6) + 1
    y_m, x_m = _sk42_transformer(zone).transform(longitude_deg, latitude_deg)
    return f"X {x_m:.0f}  Y {y_m:.0f}"


@lru_cache(maxsize=8)
def _sk42_transformer(zone: int) -> pyproj.Transformer:
    gauss_krueger = pyproj.CRS.from_proj4(
        f"+proj=tmerc +lat_0=0 +lon_0={6 * zone - 3} +k=1 +x_0={zone * 1_000_000 + 500_000}"
        f" +y_0=0 +ellps=krass +towgs84={SK42_TO_WGS84} +units=m +type=crs"
    )
    return pyproj.Transformer.from_crs("EPSG:4326", gauss_krueger, always_xy=True)


_WRITERS: dict[str, Callable[[float, float], str]] = {
    "decimal": _decimal,
    "dm": _dm,
    "utm": _utm,
    "mgrs": _mgrs,
    "sk42": _sk42,
}
DATUMS = {style: SK42_DATUM if style == "sk42" else "WGS 84" for style in STYLES}

# --- reading a place ------------------------------------------------------------------------

_UTM = re.compile(r"^(\d{1,2})\s*([C-HJ-NP-X])\s+(\d{6}(?:\.\d+)?)\s+(\d{1,8}(?:\.\d+)?)$")
_ZONE = re.compile(r"^(\d{1,2})\s*([NSns])$")
_MGRS = re.compile(r"^\d{1,2}[C-HJ-NP-X][A-HJ-NP-Z]{2}(\d\d){1,5}$")


def parse_place(text: str) -> tuple[float, float]:
    """Read a place: decimal degrees, degrees and minutes, with seconds, UTM or MGRS.

    `43.3499, 42.4453`, `43.3499N 42.4453E`, `N 43 20.994 E 042 26.718`, `38T 288000 4803000`,
    `38T KN 88000 03000`.

    Raises:
        InputError: it is none of these, or out of range.
    """
    tidy = " ".join(text.upper().split())
    place = _read_utm(tidy) or _read_mgrs(tidy) or _read_degrees(tidy)
    if place is None or not (abs(place[0]) <= 90 and abs(place[1]) <= 180):
        raise InputError(
            f"place {text!r}: write 43.3499,42.4453 or N 43 20.994 E 042 26.718,"
            " UTM 38T 288000 4803000, or MGRS"
        )
    return place


def _read_degrees(text: str) -> tuple[float, float] | None:
    halves = _split_degrees(text)
    if halves is None:
        return None
    latitude_deg, longitude_deg = (_angle(*half) for half in halves)
    if latitude_deg is None or longitude_deg is None:
        return None
    return latitude_deg, longitude_deg


_DECIMAL_COMMAS = re.compile(r"^[-+]?\d+,\d+\s*[;\s]\s*[-+]?\d+,\d+$")
_HALF = re.compile(r"[NSEW]|[-+]?\d+(?:\.\d+)?")


def _split_degrees(text: str) -> tuple[tuple[list[str], str], tuple[list[str], str]] | None:
    """Split tokens into latitude and longitude: at the comma, by letters, or in the middle."""
    if _DECIMAL_COMMAS.match(text):
        text = text.replace(";", " ").replace(",", ".")
    if re.sub(r"[NSEW\d.\s,;°'\"+-]", "", text) or len(re.findall("[,;]", text)) > 1:
        return None
    if len(parts := re.split(r"[,;]", text)) == 2:
        first, second = (_HALF.findall(part) for part in parts)
    else:
        tokens = _HALF.findall(text)
        letters = [i for i, token in enumerate(tokens) if token in "NSEW"]
        if len(letters) == 2:
            cut = letters[1] if letters[0] == 0 else letters[0] + 1
        else:
            cut = len(tokens) // 2 if not letters and len(tokens) % 2 == 0 else 0
        first, second = tokens[:cut], tokens[cut:]
    return (first, "NS"), (second, "EW")


def _angle(tokens: list[str], letters: str) -> float | None:
    """Return degrees of one to three numbers with at most one letter of the right kind."""
    named = [token for token in tokens if token in "NSEW"]
    numbers = [float(token) for token in tokens if token not in "NSEW"]
    if not 1 <= len(numbers) <= 3 or len(named) > 1 or any(n not in letters for n in named):
        return None
    if any(part < 0 or part >= 60 for part in numbers[1:]) or (named and numbers[0] < 0):
        return None
    minus = named == [letters[1]] or tokens[0].startswith("-")
    value: float = sum(abs(part) / 60**i for i, part in enumerate(numbers))
    return -value if minus else value


def _read_utm(text: str) -> tuple[float, float] | None:
    match = _UTM.match(text)
    if match is None or not 1 <= int(match[1]) <= 60:
        return None
    projection = _utm_projection(int(match[1]), match[2] < "N")
    lon, lat = projection(float(match[3]), float(match[4]), inverse=True)
    return (float(lat), float(lon)) if np.isfinite(lat) else None


def _read_mgrs(text: str) -> tuple[float, float] | None:
    joined = text.replace(" ", "")
    if not _MGRS.match(joined):
        return None
    try:
        lat, lon = mgrs.MGRS().toLatLon(joined)
    except mgrs.core.MGRSError:
        return None
    return float(lat), float(lon)
