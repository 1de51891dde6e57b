"""What may leave the machine: how exactly a position is told, and what is never told with it.

The place of a live animal is what a poacher needs. Unless somebody asked for exact positions, each
is moved to the middle of its cell of one grid that is the same for the whole earth and all files:

    cell height   0.09 degrees of latitude (10.0 km), counted from the south pole;
                  0.009 degrees (1.0 km) for the fine grid
    cell width    the same length: a row holds round(360 cos(its middle) / height) cells, counted
                  from 180 west

So one place always gives one cell, whichever file it is in and however often it is told: many fixes
at a den average to the middle of the cell and no further. Whatever could tell where in its cell a
position lies is left out: altitude, accuracy and DOP (the cell's own radius stands there instead),
messages, the maker's warnings (which quote numbers), identities made of positions, and frequencies.
Times stay as they are. Keys of collars are in no journal, so in no file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from protocols.packet import Packet
from receiver.records import Fix
from receiver.wording import plain

METRES_A_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
TRUSTED = ("ok", "corrected")


class Precision(NamedTuple):
    """How exactly positions are told. `cell_deg` is the height of a cell."""

    name: str
    words: str
    cell_deg: float | None = None

    @property
    def radius_m(self) -> float | None:
        """Half the diagonal of a cell: no position lies farther from its middle."""
        if self.cell_deg is None:
            return None
        return math.ceil(self.cell_deg * METRES_A_DEGREE / math.sqrt(2) / 100) * 100.0


PRECISIONS = {
    "exact": Precision("exact", "exact positions"),
    "1km": Precision("1km", "positions on a 1 km grid", 0.009),
    "10km": Precision("10km", "positions on a 10 km grid", 0.09),
    "none": Precision("none", "no positions"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What a file may say: fixes as they may be told, to whom, and of which search.

    `frequencies_hz` are those of collars by their names, only where everything is exact.
    """

    fixes: tuple[Fix, ...]
    precision: Precision
    recipient: str = ""
    simulation: bool = False
    frequencies_hz: Mapping[str, float] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """A line for the head of a file: what it is, how exact, for whom."""
        parts = ("SIMULATION" if self.simulation else "", "baksan", self.precision.words)
        return ", ".join(filter(None, (*parts, f"for {self.recipient}" if self.recipient else "")))

    @property
    def placed(self) -> list[tuple[Fix, float, float]]:
        """The fixes that a map may show, with latitude and longitude."""
        found = ((fix, place(fix)) for fix in self.fixes)
        return [(fix, *where) for fix, where in found if where is not None]


def place(fix: Fix) -> tuple[float, float] | None:
    """Return latitude and longitude for a map; None where they are not told, or not trusted."""
    if fix.latitude_deg is None or fix.longitude_deg is None or fix.position_status not in TRUSTED:
        return None
    return fix.latitude_deg, fix.longitude_deg


def share(
    fixes: Iterable[Fix],
    precision: Precision,
    *,
    recipient: str = "",
    simulation: bool = False,
    frequencies_hz: Mapping[str, float] | None = None,
) -> Shared:
    """Return what may be told of fixes, in order of time, with numbers instead of identities.

    A fix that came in several messages is told once.
    """
    ordered = sorted(fixes, key=lambda fix: (when(fix).timestamp(), fix.device_id))
    once = {_same(fix): fix for fix in reversed(ordered)}
    told = (told_of(fix, precision) for fix in reversed(once.values()))
    return Shared(
        fixes=tuple(replace(fix, id=str(number)) for number, fix in enumerate(told, start=1)),
        precision=precision,
        recipient=plain(recipient),
        simulation=simulation,
        frequencies_hz=dict(frequencies_hz or {}) if precision.name == "exact" else {},
    )


def _same(fix: Fix) -> tuple[object, ...]:
    place = fix.latitude_deg, fix.longitude_deg
    return fix.device_id, when(fix), fix.sensor, fix.position_status, *place


def when(fix: Fix) -> datetime:
    """Return the time of a fix, or when it was received."""
    time = fix.time or fix.received
    if time is None:
        raise ValueError("a fix without any time")
    return time


def told_of(fix: Fix, precision: Precision) -> Fix:
    """Return a fix as exactly as it may be told."""
    named = replace(
        fix,
        device_id=plain(fix.device_id),
        collar=plain(fix.collar) if fix.collar else None,
        animal=plain(fix.animal) if fix.animal else None,
        taxon=plain(fix.taxon) if fix.taxon else None,
    )
    if precision.name == "exact":
        return named
    bare = replace(
        named,
        latitude_deg=None,
        longitude_deg=None,
        altitude_m=None,
        accuracy_m=None,
        dop=None,
        satellites=None,
        fix_type=None,
        data=None,
        file="",
        row=0,
        warnings=(),
    )
    if precision.cell_deg is None or fix.latitude_deg is None or fix.longitude_deg is None:
        return bare
    latitude, longitude = snap(fix.latitude_deg, fix.longitude_deg, precision.cell_deg)
    return replace(
        bare, latitude_deg=latitude, longitude_deg=longitude, accuracy_m=precision.radius_m
    )


def snap(latitude_deg: float, longitude_deg: float, cell_deg: float) -> tuple[float, float]:
    """Return the middle of the cell that a position lies in (the grid of this module's head)."""
    rows = round(180.0 / cell_deg)
    row = min(int((latitude_deg + 90.0) / cell_deg), rows - 1)
    middle = (row + 0.5) * cell_deg - 90.0
    count = max(1, round(360.0 * math.cos(math.radians(middle)) / cell_deg))
    column = int((longitude_deg + 180.0) / 360.0 * count) % count
    return round(middle, 5), round((column + 0.5) * 360.0 / count - 180.0, 5)


def edges(
    latitude_deg: float, longitude_deg: float, cell_deg: float
) -> tuple[float, float, float, float]:
    """Return south, west, north and east of the cell that a position lies in, in degrees."""
    middle_deg, across_deg = snap(latitude_deg, longitude_deg, cell_deg)
    count = max(1, round(360.0 * math.cos(math.radians(middle_deg)) / cell_deg))
    up, aside = cell_deg / 2.0, 180.0 / count
    return middle_deg - up, across_deg - aside, middle_deg + up, across_deg + aside


def of_packet(packet: Packet, heard: datetime, identity: str) -> Fix:
    """Return a packet that was heard as a fix: its own position, or a contact."""
    return Fix(
        id=identity,
        device_id=packet.device_id or "unknown",
        file="",
        row=0,
        time=packet.time or heard,
        received=heard,
        latitude_deg=packet.latitude_deg,
        longitude_deg=packet.longitude_deg,
        altitude_m=packet.altitude_m,
        accuracy_m=packet.accuracy_m,
        position_status=packet.position_status,
        battery_v=packet.battery_v,
        temperature_c=packet.temperature_c,
        mortality=packet.mortality,
    )


def animal(fix: Fix) -> str:
    """Return what to call the animal of a fix: its name, its collar's, or the identity."""
    return fix.animal or fix.collar or fix.device_id
