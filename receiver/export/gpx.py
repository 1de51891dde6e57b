"""GPX 1.1 for hand receivers and phones.

Of an answer: the point, the walk, bearings as routes of two points; exact, for the case folder and
not for sharing. Of collars' histories: a track for each animal.
"""

from __future__ import annotations

from collections.abc import Sequence

import gpxpy.gpx

from receiver.export.geojson import BEARING_LENGTH_M
from receiver.export.sharing import Shared, animal, when
from receiver.geodesy import end_of_line
from receiver.records import Answer, Observation
from receiver.wording import area


def gpx(answer: Answer, observations: Sequence[Observation], *, simulation: bool = False) -> bytes:
    """Return the GPX file of an answer and what it rests on."""
    document = gpxpy.gpx.GPX()
    document.creator = "baksan"
    document.name = "SIMULATION" if simulation else "search"
    document.time = answer.time
    if answer.latitude_deg is not None and answer.longitude_deg is not None:
        document.waypoints.append(_waypoint(answer))
    document.tracks.append(_walk(observations))
    document.routes += [r for o in observations if o.kind == "bearing" for r in _routes(o)]
    document.waypoints += [_mark(o) for o in observations if o.kind in ("sighting", "silence")]
    return (document.to_xml(version="1.1") + "\n").encode()


def fixes(shared: Shared) -> bytes:
    """Return the GPX file of the fixes that a map may show, a track for each animal."""
    document = gpxpy.gpx.GPX()
    document.creator = "baksan"
    document.name = shared.mark
    segments: dict[str, gpxpy.gpx.GPXTrackSegment] = {}
    for fix, latitude, longitude in shared.placed:
        name = animal(fix)
        if name not in segments:
            track = gpxpy.gpx.GPXTrack(name=name)
            segments[name] = gpxpy.gpx.GPXTrackSegment()
            track.segments.append(segments[name])
            document.tracks.append(track)
        point = gpxpy.gpx.GPXTrackPoint(latitude, longitude, fix.altitude_m, when(fix))
        segments[name].points.append(point)
    return (document.to_xml(version="1.1") + "\n").encode()


def _waypoint(answer: Answer) -> gpxpy.gpx.GPXWaypoint:
    most = area(answer.regions["95"]["area_m2"])
    return gpxpy.gpx.GPXWaypoint(
        answer.latitude_deg,
        answer.longitude_deg,
        time=answer.time,
        name="IT MAY BE HERE",
        description=f"search area {most}, 1 in 20 outside",
    )


def _walk(observations: Sequence[Observation]) -> gpxpy.gpx.GPXTrack:
    track, segment = gpxpy.gpx.GPXTrack(name="listened"), gpxpy.gpx.GPXTrackSegment()
    for o in observations:
        if o.kind in ("level", "silence", "bearing") and o.latitude_deg is not None:
            segment.points.append(
                gpxpy.gpx.GPXTrackPoint(o.latitude_deg, o.longitude_deg, o.altitude_m, o.time)
            )
    track.segments.append(segment)
    return track


def _routes(o: Observation) -> list[gpxpy.gpx.GPXRoute]:
    if o.latitude_deg is None or o.longitude_deg is None or o.bearing_deg is None:
        return []
    routes = []
    for bearing_deg in (o.bearing_deg, *o.bearing_alternatives_deg):
        route = gpxpy.gpx.GPXRoute(name=f"bearing {bearing_deg:.0f} true")
        end = end_of_line((o.latitude_deg, o.longitude_deg), bearing_deg, BEARING_LENGTH_M)
        route.points.append(gpxpy.gpx.GPXRoutePoint(o.latitude_deg, o.longitude_deg))
        route.points.append(gpxpy.gpx.GPXRoutePoint(*end))
        routes.append(route)
    return routes


def _mark(o: Observation) -> gpxpy.gpx.GPXWaypoint:
    name = "seen" if o.kind == "sighting" else "silent"
    return gpxpy.gpx.GPXWaypoint(o.latitude_deg, o.longitude_deg, time=o.time, name=name)
