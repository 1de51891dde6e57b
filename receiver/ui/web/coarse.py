"""What viewers see: places on the 10 km grid of `receiver.export.sharing`, nothing that tunes in.

Everything that is told is named here; what is new in a snapshot or a map is not told by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from receiver.export.sharing import PRECISIONS, snap
from receiver.homing.snapshot import (
    Advice,
    Approach,
    Beat,
    Said,
    Snapshot,
    Standing,
    Strength,
    Where,
)

CELL = PRECISIONS["10km"]
# What may be a frequency, a coordinate or a grid square in somebody's words or a collar's name.
_NUMBERS = r"\d+(?:(?:[.,]|\s+)\d+)+|\d{4,}"
_TELLING = re.compile(_NUMBERS + r"|\d+\s*(?:[°NSEWСЮВЗ]|[MkМк](?:Hz|Гц))")  # noqa: RUF001


def words(text: str) -> str:
    """Return a text without numbers that may be a frequency or a place."""
    return _TELLING.sub("…", text)


def snapshot(exact: Snapshot) -> Snapshot:
    """Return what a viewer may see of a snapshot."""
    return Snapshot(
        time=exact.time,
        collar=None if exact.collar is None else words(exact.collar),
        collars=(),
        simulation=exact.simulation,
        approach=Approach(limit_m=exact.approach.limit_m, edge_m=None,
                          must_stop=exact.approach.must_stop),
        advice=Advice(deed="stop" if exact.advice.deed == "stop" else "wait"),
        machine=exact.machine,
        where=Where(area_m2=exact.where.area_m2, age_s=exact.where.age_s),
        strength=_strength(exact.strength),
        beat=_beat(exact.beat),
        place=None if exact.place is None else _standing(exact.place),
        others=tuple(map(_standing, exact.others)),
        calls=tuple(map(_called, exact.calls)),
        heard_count=exact.heard_count,
    )  # fmt: skip


def _strength(exact: Strength | None) -> Strength | None:
    if exact is None:
        return None
    return Strength(receiver="", value=exact.value, unit=exact.unit, share=exact.share,
                    age_s=exact.age_s, trend_db=exact.trend_db)  # fmt: skip


def _beat(exact: Beat | None) -> Beat | None:
    if exact is None:
        return None
    return Beat(pulses_per_minute=exact.pulses_per_minute, meaning=words(exact.meaning),
                age_s=exact.age_s)  # fmt: skip


def _standing(exact: Standing) -> Standing:
    latitude_deg, longitude_deg = cell(exact.latitude_deg, exact.longitude_deg)
    return Standing(observer=words(exact.observer), latitude_deg=latitude_deg,
                    longitude_deg=longitude_deg, age_s=exact.age_s,
                    accuracy_m=CELL.radius_m)  # fmt: skip


def _called(exact: Said) -> Said:
    """Return a call without the words behind it: a place can be told in too many ways."""
    return Said(text=words(_kind(exact.text)), age_s=exact.age_s, observer=words(exact.observer))


def _kind(text: str | None) -> str:
    return (text or "").partition(":")[0]


def cell(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Return the middle of the cell that a place lies in."""
    assert CELL.cell_deg is not None
    return snap(latitude_deg, longitude_deg, CELL.cell_deg)


def map_of(exact: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a viewer may see of a map: which cells, and who is in which."""
    walked = dict.fromkeys(cell(spot[0], spot[1]) for spot in exact.get("walk", ()))
    ground = {key: exact[key] for key in ("has_tiles", "has_relief", "zooms") if key in exact}
    return {
        **ground,
        "version": exact.get("version"),
        "walk": [[latitude, longitude, None, None] for latitude, longitude in walked],
        "regions": regions(exact.get("regions") or {}),
        "bearings": [],
        "others": [_spot(other) for other in exact.get("others", ())],
        "belief": None,
        "alarms": [_spot({**a, "text": _kind(a.get("text"))}) for a in exact.get("alarms", ())],
    }


def _spot(exact: Mapping[str, Any]) -> dict[str, Any]:
    """Return who or what is where, by its cell."""
    said = {name: str(exact[name]) for name in ("observer", "text") if exact.get(name)}
    told: dict[str, Any] = {name: words(text) for name, text in said.items()}
    told["age_s"] = exact.get("age_s")
    latitude_deg = exact.get("latitude_deg", exact.get("lat"))
    longitude_deg = exact.get("longitude_deg", exact.get("lon"))
    if latitude_deg is not None and longitude_deg is not None:
        told["lat"], told["lon"] = cell(latitude_deg, longitude_deg)
    return told


def regions(exact: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one cell in which the search area has its middle, as a GeoJSON polygon."""
    corners = [c for region in exact.values() for c in _corners(_geometry(region)["coordinates"])]
    if not corners:
        return {}
    east, north = (sum(c[axis] for c in corners) / len(corners) for axis in (0, 1))
    return {"95": square(*cell(north, east))}


def _geometry(region: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = region.get("geometry")
    return inner if isinstance(inner, Mapping) else region


def _corners(coordinates: Iterable[Any]) -> Iterable[tuple[float, float]]:
    """Yield the longitudes and latitudes of a polygon or of several."""
    for item in coordinates:
        if isinstance(item[0], int | float):
            yield item[0], item[1]
        else:
            yield from _corners(item)


def square(latitude_deg: float, longitude_deg: float) -> dict[str, Any]:
    """Return a cell as a GeoJSON polygon, by its middle."""
    assert CELL.cell_deg is not None
    up = CELL.cell_deg / 2
    aside = up / max(math.cos(math.radians(latitude_deg)), up)
    west, east = longitude_deg - aside, longitude_deg + aside
    south, north = latitude_deg - up, latitude_deg + up
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(v, 5) for v in p] for p in ring]]}
