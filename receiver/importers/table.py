"""A CSV table of levels or bearings with headings of any usual name.

    place     latitude_deg, lat and longitude_deg, lon;  x_m, y_m from an origin;  x, y in UTM
    level     level_dbm, rssi_dbm (with snr_db: the power of the signal alone);  level_db, rssi
    bearing   bearing_deg, bearing, azimuth; from true north, or from that of the UTM grid
    heard     0 makes a silence of the row
    time      time (ISO 8601 with zone), or t_s: seconds from a start
    case      case, collar or animal: becomes the collar's name

A level whose heading does not say dBm has a scale of its own. Lines are numbered as in the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from receiver.columns import open_table
from receiver.errors import ConfigError, InputError
from receiver.geodesy import LocalGrid, grid_convergence_deg, utm_to_degrees
from receiver.levels import effective_signal_power_dbm
from receiver.records import Observation

HEADINGS: dict[str, tuple[str, ...]] = {
    "latitude": ("latitude_deg", "latitude", "lat", "lat_deg"),
    "longitude": ("longitude_deg", "longitude", "lon", "lng", "long", "lon_deg"),
    "x": ("x_m", "x", "easting_m", "easting", "utm_x"),
    "y": ("y_m", "y", "northing_m", "northing", "utm_y"),
    "level_dbm": ("level_dbm", "rssi_dbm", "power_dbm", "signal_dbm"),
    "level": ("level_db", "rssi", "level", "signal", "strength"),
    "snr": ("snr_db", "snr", "lsnr"),
    "bearing": ("bearing_deg", "bearing", "azimuth_deg", "azimuth"),
    "sigma": ("bearing_sigma_deg", "bearing_sd_deg"),
    "heard": ("heard",),
    "time": ("time", "timestamp", "datetime", "time_utc"),
    "seconds": ("t_s", "time_s", "seconds"),
    "receiver": ("receiver", "rx"),
    "case": ("case", "collar", "animal"),
}
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
ToDegrees = Callable[[float, float], tuple[float, float]]
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to read a table: what its plane coordinates mean, and when it begins.

    `origin` (latitude, longitude) for local metres, or `utm` ("10N") for UTM. `grid_north`: its
    bearings are from the north of that grid. `bearing_sigma_deg` where the table does not say.
    """

    origin: tuple[float, float] | None = None
    utm: str | None = None
    grid_north: bool = False
    bearing_sigma_deg: float = 5.0
    start: datetime = UNKNOWN_TIME
    case: str | None = None


def read_table(path: Path, plan: Plan) -> list[Observation]:
    """Read a table.

    Raises:
        InputError: no table, a heading is missing, or a value is wrong; with the line.
        ConfigError: plane coordinates without an origin or a zone.
    """
    with open_table(path) as reader:
        names = _names(path, reader.fieldnames or ())
        to_degrees = _to_degrees(path, names, plan)
        found = [
            observation
            for row in reader
            for observation in _observations(
                _Line(path, reader.line_num, row, names), plan, to_degrees
            )
        ]
    if not found:
        where = f" for the case {plan.case!r}" if plan.case else ""
        raise InputError(f"{path}: no rows{where}")
    return found


def _names(path: Path, headings: object) -> dict[str, str]:
    """Return for each meaning the heading that this table has for it."""
    there = {str(name).strip().lower(): str(name) for name in headings if name is not None}  # type: ignore[attr-defined]
    names = {
        meaning: there[usual[0]]
        for meaning, known in HEADINGS.items()
        if (usual := [name for name in known if name in there])
    }
    if not there:
        raise InputError(f"{path}: the file is empty")
    if not {"latitude", "longitude"} <= names.keys() and not {"x", "y"} <= names.keys():
        raise InputError(f"{path}: no place in the headings (lat, lon or x, y)")
    if not names.keys() & {"level", "level_dbm", "bearing", "heard"}:
        raise InputError(f"{path}: no level and no bearing in the headings")
    return names


def _to_degrees(path: Path, names: Mapping[str, str], plan: Plan) -> ToDegrees | None:
    """Return what turns x, y into degrees; None where the table has degrees."""
    if {"latitude", "longitude"} <= names.keys():
        return None
    if plan.utm is not None:
        zone = plan.utm
        return lambda x, y: utm_to_degrees(zone, x, y)
    if plan.origin is not None:
        grid = LocalGrid(*plan.origin)
        return lambda x, y: _floats(grid.to_degrees(x, y))
    raise ConfigError(
        f"{path}: its places are metres: add --origin LAT,LON of x = y = 0, or --utm ZONE"
    )


def _floats(pair: tuple[object, object]) -> tuple[float, float]:
    return float(pair[0]), float(pair[1])  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a table; asks for values by their meaning."""

    path: Path
    number: int
    row: Row
    names: Mapping[str, str]

    def text(self, meaning: str) -> str | None:
        heading = self.names.get(meaning)
        value = (self.row.get(heading) or "").strip() if heading else ""
        return None if value.lower() in ("", "na", "nan", "null", "none") else value

    def value(self, meaning: str) -> float | None:
        text = self.text(meaning)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(meaning, f"{text!r} is not a number")
        return value

    def wrong(self, meaning: str, why: str) -> InputError:
        return InputError(f"{self.path}, line {self.number}, column {self.names[meaning]}: {why}")


def _observations(line: _Line, plan: Plan, to_degrees: ToDegrees | None) -> Iterator[Observation]:
    """Yield what a line says: a level or a silence, and a bearing."""
    case = line.text("case")
    if plan.case is not None and case != plan.case:
        return
    place = _place(line, to_degrees)
    common = Observation(
        id=f"line {line.number}",
        kind="note",
        time=_time(line, plan),
        collar=case,
        receiver=line.text("receiver"),
        latitude_deg=place[0] if place else None,
        longitude_deg=place[1] if place else None,
    )
    heard = line.value("heard")
    if heard == 0:
        yield replace(common, kind="silence", heard=False)
        return
    level_db, unit = _level(line)
    if level_db is not None:
        yield replace(common, kind="level", heard=True, level_db=level_db, level_unit=unit)
    bearing_deg = line.value("bearing")
    if bearing_deg is not None:
        turn_deg = _turn_deg(plan, place)
        yield replace(
            common,
            id=f"line {line.number}b" if level_db is not None else common.id,
            kind="bearing",
            bearing_deg=round((bearing_deg + turn_deg) % 360.0, 6) % 360.0,
            bearing_sigma_deg=line.value("sigma") or plan.bearing_sigma_deg,
            bearing_reference=f"grid {plan.utm}" if plan.grid_north else "true",
        )


def _place(line: _Line, to_degrees: ToDegrees | None) -> tuple[float, float] | None:
    first, second = ("latitude", "longitude") if to_degrees is None else ("x", "y")
    a, b = line.value(first), line.value(second)
    if a is None or b is None:
        return None
    latitude, longitude = (a, b) if to_degrees is None else to_degrees(a, b)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise line.wrong(first, f"{a:g}, {b:g} is no place on earth")
    return round(latitude, 7), round(longitude, 7)


def _level(line: _Line) -> tuple[float | None, str | None]:
    dbm, snr_db = line.value("level_dbm"), line.value("snr")
    if dbm is None:
        level = line.value("level")
        return level, None if level is None else "dB"
    return (dbm if snr_db is None else round(effective_signal_power_dbm(dbm, snr_db), 3)), "dBm"


def _turn_deg(plan: Plan, place: tuple[float, float] | None) -> float:
    """Return what to add to a bearing to make it true."""
    if not plan.grid_north or plan.utm is None or place is None:
        return 0.0
    return grid_convergence_deg(plan.utm, *place)


def _time(line: _Line, plan: Plan) -> datetime:
    text, seconds = line.text("time"), line.value("seconds")
    if text is None:
        return plan.start + timedelta(seconds=seconds or 0.0)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise line.wrong("time", f"{text!r} is no time") from error
    if time.tzinfo is None:
        raise line.wrong("time", f"{text!r} has no time zone; end it in Z or +03:00")
    return time.astimezone(UTC)
