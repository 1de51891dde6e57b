"""What a report may tell, as records: made by `receiver.report.audience` alone.

Positions are as exact as they may be told, times those of whole hours unless everything is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from receiver.config import Team
from receiver.export.sharing import Precision
from receiver.report.facts import Called, Equipment, Limit, Note

Audience = Literal["ministry", "partner"]
Ring = tuple[tuple[float, float], ...]  # longitude, latitude


class Spot(NamedTuple):
    """A position as exactly as it may be told."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What was heard in one cell, from one hour to another. `spot` None: place not told or known.

    Counts of times that the collar was heard, not heard (and of these that proved nothing), a
    bearing taken, the animal or its own fix seen.
    """

    begin: datetime
    end: datetime
    spot: Spot | None
    heard: int
    silent: int
    unproven: int
    bearings: int
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A square of the map: its edges in degrees and what is told of it."""

    south: float
    west: float
    north: float
    east: float
    heard: bool = False
    silent: bool = False
    seen: bool = False
    in_area: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ray:
    """A bearing from true north, where it was taken, and its error."""

    spot: Spot
    bearing_deg: float
    sd_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a map may show. Cells where it is coarse; all the others only where it is exact.

    `rings` are (longitude, latitude) of the search area of 95 and of 50 of a hundred.
    """

    cells: tuple[Cell, ...] = ()
    heard: tuple[Spot, ...] = ()
    silent: tuple[Spot, ...] = ()
    seen: tuple[Spot, ...] = ()
    rings: tuple[tuple[str, Ring], ...] = ()
    rays: tuple[Ray, ...] = ()
    best: Spot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """The search area: how large, how large its inner half, where its middle is.

    `inaudible_percent`: of a hundred, that it cannot be heard at all.
    """

    area_m2: float
    half_m2: float
    middle: Spot | None
    inaudible_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRow:
    """A decoded packet, without its identity and what its maker wrote into it."""

    time: datetime
    protocol: str
    status: str
    spot: Spot | None
    battery_v: float | None
    temperature_c: float | None
    mortality: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a report for one recipient says; times are those of hours unless it is exact."""

    audience: Audience
    recipient: str
    precision: Precision
    simulation: bool
    collar: str
    begin: datetime | None
    end: datetime | None
    team: Team
    stays: tuple[Stay, ...]
    chart: Chart | None
    area: Area | None
    packets: tuple[PacketRow, ...]
    equipment: tuple[Equipment, ...]
    hours: tuple[float, ...]
    kilometres: tuple[float, ...]
    outages: int
    limits: tuple[Limit, ...]
    calls: tuple[Called, ...]
    notes: tuple[Note, ...] = ()
    frequencies_hz: tuple[tuple[str, float], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Tell whether everything is told."""
        return self.precision.name == "exact"
