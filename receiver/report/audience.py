"""What an audience may see of a search: the one place where a report is made coarse.

    ministry   team and permit; positions at 10 km, times by the hour
    partner    as the ministry, without people's names and the permit
    public     nothing but what the leader ticks

Only numbers and words that this program chose pass from `Facts` to `Told`: no text that somebody
typed (notes, names of receivers and antennas, marks of a gain knob) and no text that quotes numbers
(warnings, a packet's details), for each of them may name a place. Exceptions are the collar's name
and the [team] of the settings, which the leader wrote to be shown.

At a coarse precision a cell tells where its listening was done, by day and hour. The search area is
one cell, that of its middle, where it is smaller than a cell: which cells a small area touches
would tell on which border it lies. Bearings and levels are counted and not told: two bearings of
one hour cross at the animal. `exact` gives everything and is only given away by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from receiver.config import Setup, Team
from receiver.export.sharing import (
    METRES_A_DEGREE,
    PRECISIONS,
    TRUSTED,
    Precision,
    edges,
    snap,
)
from receiver.records import Observation
from receiver.report.facts import Called, Decoded, Equipment, Facts, Limit
from receiver.report.told import (
    Area,
    Audience,
    Cell,
    Chart,
    PacketRow,
    Ray,
    Ring,
    Spot,
    Stay,
    Told,
)
from receiver.silence import proves_nothing
from receiver.wording import plain

SHARE = "95"
HOUR = timedelta(hours=1)
NEAR_DEG = 0.001  # exact rows of a table are gathered over some 100 m
STEPS = 20  # chances are told in steps of five of a hundred


def told(facts: Facts, audience: Audience, precision: Precision, recipient: str) -> Told:
    """Return what may be told of a search to the ministry or a partner."""
    exact = precision.name == "exact"
    return Told(
        audience=audience,
        recipient=plain(recipient),
        precision=precision,
        simulation=facts.simulation,
        collar=plain(facts.collar or ""),
        begin=facts.begin and when(facts.begin, precision),
        end=facts.end and till(facts.end, precision),
        team=_team(facts.team, audience),
        stays=_stays(facts.observations, precision),
        chart=_chart(facts, precision),
        area=_area(facts, precision),
        packets=tuple(_packet(decoded, precision) for decoded in facts.packets),
        equipment=tuple(facts.equipment if exact else map(_nameless, facts.equipment)),
        hours=tuple(round(effort.seconds / 3600.0, 1) for effort in facts.effort),
        kilometres=tuple(
            round(effort.metres / 1000.0, 1) for effort in facts.effort if effort.metres is not None
        ),
        outages=facts.outages,
        limits=tuple(_limit(limit, precision) for limit in facts.limits),
        calls=tuple(_call(call, precision) for call in facts.calls),
        notes=facts.notes if exact else (),
        frequencies_hz=facts.frequencies_hz if exact else (),
        warnings=(*facts.answer.warnings, *facts.warnings) if exact else (),
    )


def when(time: datetime, precision: Precision) -> datetime:
    """Return a time as exactly as it may be told: by the hour, to the second where it is exact."""
    if precision.name == "exact":
        return time.replace(microsecond=0)
    return time.replace(minute=0, second=0, microsecond=0)


def till(time: datetime, precision: Precision) -> datetime:
    """Return the end of something as exactly as it may be told: that of its hour."""
    return when(time, precision) + (HOUR * (precision.name != "exact"))


def where(
    latitude_deg: float | None, longitude_deg: float | None, precision: Precision
) -> Spot | None:
    """Return a position as exactly as it may be told."""
    if latitude_deg is None or longitude_deg is None or precision.name == "none":
        return None
    if precision.cell_deg is None:
        return Spot(latitude_deg, longitude_deg)
    return Spot(*snap(latitude_deg, longitude_deg, precision.cell_deg))


def _team(team: Team, audience: Audience) -> Team:
    if audience == "ministry":
        return team
    return Team(organisation=team.organisation, contact=team.contact)


def _nameless(equipment: Equipment) -> Equipment:
    """Return equipment without a word that somebody typed."""
    setup = equipment.setup
    return Equipment(
        observer="",
        receiver="",
        instrument=plain(equipment.instrument),
        setup=Setup(
            directional=setup.directional,
            polarisation=setup.polarisation,
            attenuator_db=setup.attenuator_db,
        ),
        unit=equipment.unit,
        sd_db=equipment.sd_db,
        tested=equipment.tested,
        by_ear=equipment.by_ear,
    )


_COUNTED = {
    "level": "heard",
    "silence": "silent",
    "bearing": "bearings",
    "sighting": "seen",
    "position": "seen",
}


# A silence that did not count: it is told, and drawn on no map.
UNPROVEN = "unproven"


def _counted(o: Observation) -> str:
    is_unproven = o.kind == "silence" and proves_nothing(o)
    return UNPROVEN if is_unproven else _COUNTED[o.kind]


def _stays(observations: Iterable[Observation], precision: Precision) -> tuple[Stay, ...]:
    """Return what was heard where and when, gathered by cell and day, in order."""
    gathered: dict[tuple[object, ...], list[Observation]] = {}
    for o in observations:
        if o.kind in _COUNTED:
            gathered.setdefault(_together(o, precision), []).append(o)
    return tuple(sorted((_stay(own, precision) for own in gathered.values()), key=_in_order))


def _in_order(stay: Stay) -> tuple[datetime, Spot]:
    return stay.begin, stay.spot or Spot(0.0, 0.0)


def _together(o: Observation, precision: Precision) -> tuple[object, ...]:
    """Return what observations of one row of the table share."""
    spot = where(o.latitude_deg, o.longitude_deg, precision)
    if precision.name != "exact" or spot is None:
        return o.time.date(), spot
    near = round(spot.latitude_deg / NEAR_DEG), round(spot.longitude_deg / NEAR_DEG)
    return when(o.time, PRECISIONS["10km"]), near


def _stay(observations: list[Observation], precision: Precision) -> Stay:
    counts = Counter(map(_counted, observations))
    first = observations[0]
    return Stay(
        begin=when(min(o.time for o in observations), precision),
        end=till(max(o.time for o in observations), precision),
        spot=where(first.latitude_deg, first.longitude_deg, precision),
        heard=counts["heard"],
        silent=counts["silent"] + counts[UNPROVEN],
        unproven=counts[UNPROVEN],
        bearings=counts["bearings"],
        seen=counts["seen"],
    )


def _area(facts: Facts, precision: Precision) -> Area | None:
    answer = facts.answer
    if SHARE not in answer.regions:
        return None
    chance = answer.inaudible_probability
    return Area(
        area_m2=answer.regions[SHARE]["area_m2"],
        half_m2=answer.regions["50"]["area_m2"],
        middle=where(answer.latitude_deg, answer.longitude_deg, precision),
        inaudible_percent=None if chance is None else round(STEPS * chance) * 5,
    )


def _packet(decoded: Decoded, precision: Precision) -> PacketRow:
    packet = decoded.packet
    usable = packet.position_status in TRUSTED
    spot = where(packet.latitude_deg, packet.longitude_deg, precision) if usable else None
    return PacketRow(
        time=when(packet.time or decoded.time, precision),
        protocol=packet.protocol,
        status=packet.position_status,
        spot=spot,
        battery_v=packet.battery_v,
        temperature_c=packet.temperature_c,
        mortality=packet.mortality,
    )


def _limit(limit: Limit, precision: Precision) -> Limit:
    who = limit.observer if precision.name == "exact" else ""
    return Limit(time=when(limit.time, precision), limit_m=limit.limit_m, observer=who)


_CALLS = ("animal seen", "danger")


def _call(call: Called, precision: Precision) -> Called:
    exact = precision.name == "exact"
    return Called(
        time=when(call.time, precision),
        what=call.what if call.what in _CALLS or exact else "",
        text=call.text if exact else "",
        observer=call.observer if exact else "",
    )


def _chart(facts: Facts, precision: Precision) -> Chart | None:
    """Return what the map shows; None where no positions are told, or there are none."""
    if precision.name == "none":
        return None
    chart = _exact_chart(facts) if precision.cell_deg is None else _coarse_chart(facts, precision)
    return chart if any((chart.cells, chart.heard, chart.silent, chart.seen, chart.best)) else None


def _coarse_chart(facts: Facts, precision: Precision) -> Chart:
    assert precision.cell_deg is not None
    marks: dict[Spot, set[str]] = {}
    for o in facts.observations:
        spot = where(o.latitude_deg, o.longitude_deg, precision)
        if spot is not None and o.kind in _COUNTED:
            marks.setdefault(spot, set()).add("heard" if o.kind == "bearing" else _counted(o))
    for spot in _area_cells(facts, precision):
        marks.setdefault(spot, set()).add("in_area")
    return Chart(cells=tuple(_cell(spot, own, precision) for spot, own in sorted(marks.items())))


def _cell(spot: Spot, marks: set[str], precision: Precision) -> Cell:
    south, west, north, east = _edges(spot, precision)
    return Cell(
        south=south,
        west=west,
        north=north,
        east=east,
        heard="heard" in marks,
        silent="silent" in marks,
        seen="seen" in marks,
        in_area="in_area" in marks,
    )


def _edges(spot: Spot, precision: Precision) -> tuple[float, float, float, float]:
    assert precision.cell_deg is not None
    return edges(*spot, precision.cell_deg)


def _area_cells(facts: Facts, precision: Precision) -> set[Spot]:
    """Return the cells to search: that of the middle, of a large area all that it reaches into."""
    middle = where(facts.answer.latitude_deg, facts.answer.longitude_deg, precision)
    if middle is None or precision.cell_deg is None:
        return set()
    region = facts.answer.regions.get(SHARE)
    cell_m2 = (precision.cell_deg * METRES_A_DEGREE) ** 2
    if region is None or region["area_m2"] <= cell_m2:
        return {middle}
    rings = [ring for _, ring in _rings(facts, SHARE)]
    edge = (Spot(*snap(lat, lon, precision.cell_deg)) for ring in rings for lon, lat in ring)
    return {middle, *edge, *_filled(rings, precision.cell_deg)}


def _filled(rings: Sequence[Ring], cell_deg: float) -> Iterator[Spot]:
    """Yield the cells whose middle lies inside rings (longitude, latitude), holes left out."""
    latitudes = [latitude for ring in rings for _, latitude in ring]
    middle, _ = snap(min(latitudes), 0.0, cell_deg)
    while middle <= max(latitudes):
        crossings = sorted(crossing for ring in rings for crossing in _crossings(ring, middle))
        for west, east in zip(crossings[::2], crossings[1::2], strict=False):
            _, longitude = snap(middle, west, cell_deg)
            _, left, _, right = edges(middle, longitude, cell_deg)
            while longitude <= east:
                if longitude >= west:
                    yield Spot(*snap(middle, longitude, cell_deg))
                longitude += right - left
        middle += cell_deg


def _crossings(ring: Ring, latitude_deg: float) -> Iterator[float]:
    """Yield the longitudes at which a ring crosses a parallel."""
    for (west, south), (east, north) in pairwise((*ring, ring[0])):
        if (south > latitude_deg) != (north > latitude_deg):
            yield west + (latitude_deg - south) / (north - south) * (east - west)


def _exact_chart(facts: Facts) -> Chart:
    exact = PRECISIONS["exact"]
    placed: dict[str, list[Spot]] = {look: [] for look in (*_COUNTED.values(), UNPROVEN)}
    rays = []
    for o in facts.observations:
        spot = where(o.latitude_deg, o.longitude_deg, exact)
        if spot is None or o.kind not in _COUNTED:
            continue
        placed[_counted(o)].append(spot)
        if o.bearing_deg is not None:
            ways = (o.bearing_deg, *o.bearing_alternatives_deg)
            rays += [Ray(spot=spot, bearing_deg=way, sd_deg=o.bearing_sigma_deg or 10.0)
                     for way in ways]  # fmt: skip
    return Chart(
        heard=tuple(placed["heard"]),
        silent=tuple(placed["silent"]),
        seen=tuple(placed["seen"]),
        rings=(*_rings(facts, SHARE), *_rings(facts, "50")),
        rays=tuple(rays),
        best=where(facts.answer.latitude_deg, facts.answer.longitude_deg, exact),
    )


def _rings(facts: Facts, share: str) -> tuple[tuple[str, Ring], ...]:
    geometry = facts.answer.regions.get(share, {}).get("geometry", {})
    return tuple(
        (share, tuple((float(corner[0]), float(corner[1])) for corner in ring))
        for polygon in geometry.get("coordinates", [])
        for ring in polygon
    )
