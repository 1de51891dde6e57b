"""GeoJSON (RFC 7946) for QGIS and others.

Of an answer: search areas, the point, the walk, bearings, sightings; exact, for the case folder and
not for sharing. Of collars' histories: their fixes, as exactly as `receiver.export.sharing` lets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from receiver.export.sharing import Shared, place, when
from receiver.geodesy import end_of_line
from receiver.records import Answer, Fix, Observation, jsonable, utc_text

BEARING_LENGTH_M = 10_000.0
SHOWN = (
    "collar", "device_id", "animal", "taxon", "sensor", "position_status", "fix_type",
    "location_class", "altitude_m", "accuracy_m", "dop", "satellites", "battery_v",
    "temperature_c", "activity", "mortality",
)  # fmt: skip
AREAS = {"95": "search area, 1 in 20 outside", "75": "1 in 4 outside", "50": "half of it in here"}


def geojson(
    answer: Answer, observations: Sequence[Observation], *, simulation: bool = False
) -> bytes:
    """Return the FeatureCollection of an answer and what it rests on."""
    features = [*_areas(answer), *_point(answer), *_observations(observations)]
    collection = {"type": "FeatureCollection", "features": features}
    if simulation:
        collection["note"] = "SIMULATION"
    return _file(collection)


def fixes(shared: Shared) -> bytes:
    """Return the FeatureCollection of fixes; one that no map may show has no geometry."""
    features = []
    for fix in shared.fixes:
        where = place(fix)
        point = _position(*where) if where else None
        features.append(_feature(point, id=fix.id, **properties(fix, shared)))
    return _file({"type": "FeatureCollection", "note": shared.mark, "features": features})


def properties(fix: Fix, shared: Shared) -> dict[str, Any]:
    """Return what a map may show of a fix beside its place."""
    return {
        "time": utc_text(when(fix)),
        "received": utc_text(fix.received) if fix.received else None,
        "frequency_hz": shared.frequencies_hz.get(fix.collar or ""),
        **{name: getattr(fix, name) for name in SHOWN},
    }


def _file(collection: dict[str, Any]) -> bytes:
    text = json.dumps(jsonable(collection), allow_nan=False, ensure_ascii=False)
    return (text + "\n").encode()


def _feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    known = {key: value for key, value in properties.items() if value is not None}
    return {"type": "Feature", "geometry": geometry, "properties": known}


def _areas(answer: Answer) -> Iterator[dict[str, Any]]:
    for share, name in AREAS.items():
        if share in answer.regions:
            region = answer.regions[share]
            yield _feature(region["geometry"], name=name, area_m2=region["area_m2"], share=share)


def _point(answer: Answer) -> Iterator[dict[str, Any]]:
    if answer.latitude_deg is not None and answer.longitude_deg is not None:
        point = _position(answer.latitude_deg, answer.longitude_deg)
        time = utc_text(answer.time) if answer.time else None
        yield _feature(point, name="it may be here", collar=answer.collar, time=time)


def _position(latitude_deg: float, longitude_deg: float) -> dict[str, Any]:
    coordinates = [round(longitude_deg, 7), round(latitude_deg, 7)]
    return {"type": "Point", "coordinates": coordinates}


def _observations(observations: Sequence[Observation]) -> Iterator[dict[str, Any]]:
    for o in observations:
        if o.latitude_deg is None or o.longitude_deg is None:
            continue
        shown = {"kind": o.kind, "time": utc_text(o.time), "observer": o.observer, "text": o.text}
        if o.kind == "bearing" and o.bearing_deg is not None:
            for bearing_deg in (o.bearing_deg, *o.bearing_alternatives_deg):
                end = end_of_line((o.latitude_deg, o.longitude_deg), bearing_deg, BEARING_LENGTH_M)
                yield _feature(_line((o.latitude_deg, o.longitude_deg), end), **shown,
                               bearing_deg=bearing_deg)  # fmt: skip
        else:
            yield _feature(
                _position(o.latitude_deg, o.longitude_deg),
                **shown,
                level_db=o.level_db,
                level_unit=o.level_unit,
                radius_m=o.radius_m,
                accuracy_m=o.accuracy_m,
            )


def _line(begin: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    pairs = [[round(lon, 7), round(lat, 7)] for lat, lon in (begin, end)]
    return {"type": "LineString", "coordinates": pairs}
