"""From columns of observations to the data of each factor, in metres about the places.

What cannot be used is left out and counted, so that the answer can say so.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from receiver.columns import Columns
from receiver.geodesy import LocalGrid
from receiver.locator.bearings import CORRELATION_M, USUAL_SIGMA_DEG, BearingData
from receiver.locator.radio import RadioData
from receiver.locator.reach import ReachData, reach_data
from receiver.locator.settings import (
    LEVEL_AT_100_M,
    LEVEL_OF_OTHER_SCALES,
    Floats,
    LocatorConfig,
)
from receiver.locator.sightings import SightingData

MOST_PLACES = 200
POSSIBLE_LEVELS_DB = (-250.0, 150.0)
WIDEST_M, OLDEST_S = 1e6, 1e9
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the factors need, on one local grid."""

    grid: LocalGrid
    radio: RadioData
    bearings: BearingData
    sightings: SightingData
    reach: ReachData
    listened_m: Floats  # every place where somebody listened or looked, (P, 2)
    silent_m: Floats
    counts: dict[str, int]
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Sorted:
    """The usable rows of the columns, by kind."""

    x_m: Floats
    y_m: Floats
    kind: NDArray[np.object_]
    columns: dict[str, NDArray[np.object_]]
    left_out: dict[str, int]

    def of(self, kind: str) -> Mask:
        """Return which rows are of a kind."""
        return np.asarray(self.kind == kind)


def chosen(columns: Columns, collar: str | None) -> Mask:
    """Return which rows are of the collar and not superseded."""
    keep: Mask = np.ones(len(columns["kind"]), dtype=bool)
    replaced = {value for value in columns["supersedes_id"] if value}
    if replaced:
        keep &= np.array([value not in replaced for value in columns["id"]], dtype=bool)
    if collar is not None:
        # What is of no collar by name (a bearing by hand, say) belongs to the one being sought.
        keep &= np.array([value in (None, collar) for value in columns["collar"]], dtype=bool)
    return keep


def gather(columns: Columns, config: LocatorConfig) -> Evidence | None:
    """Return the evidence in columns, None where no row has a place."""
    rows = _sort(columns, config)
    if rows is None:
        return None
    grid, table = rows
    radio, places = _radio(table, config)
    bearing, sighting = _bearings(table), _sightings(table)
    silent = table.of("silence")
    listened = ~(table.of("sighting") | table.of("position"))
    counts = {
        "readings": int((table.of("level") & (table.columns["heard"] != 0)).sum()),
        "places": places,
        "bearings": len(bearing.x_m),
        "silent_places": _distinct(table.x_m[silent], table.y_m[silent], config.place_square_m),
        "sightings": int(table.of("sighting").sum()),
        "positions": int(table.of("position").sum()),
    }
    return Evidence(
        grid=grid,
        radio=radio,
        bearings=bearing,
        sightings=sighting,
        reach=reach_data(radio, bearing.x_m, bearing.y_m),
        listened_m=np.column_stack([table.x_m[listened], table.y_m[listened]]),
        silent_m=np.column_stack([table.x_m[silent], table.y_m[silent]]),
        counts=counts,
        left_out={reason: count for reason, count in table.left_out.items() if count},
    )


def _sort(columns: Columns, config: LocatorConfig) -> tuple[LocalGrid, Sorted] | None:
    keep = chosen(columns, config.collar) & (columns["kind"] != "note")
    latitude, longitude = columns["latitude_deg"], columns["longitude_deg"]
    with np.errstate(invalid="ignore"):
        placed = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 180)
    left_out = {"without a place": int((keep & ~placed).sum())}
    keep &= placed
    if not keep.any():
        return None
    table = {name: values[keep] for name, values in columns.items()}
    grid = LocalGrid(*_middle(table["latitude_deg"], table["longitude_deg"]))
    x_m, y_m = grid.to_xy(table["latitude_deg"], table["longitude_deg"])
    return grid, Sorted(x_m, y_m, table["kind"], table, left_out)


def _middle(latitude_deg: Floats, longitude_deg: Floats) -> tuple[float, float]:
    """Return the median place; longitudes are taken about the first, across the antimeridian."""
    first = longitude_deg[0]
    about = (longitude_deg - first + 180.0) % 360.0 - 180.0
    longitude = (first + float(np.median(about)) + 180.0) % 360.0 - 180.0
    return float(np.median(latitude_deg)), float(longitude)


def _radio(table: Sorted, config: LocatorConfig) -> tuple[RadioData, int]:
    """Average levels over 10 m squares for each receiver session and scale."""
    use, units = _usable_levels(table)
    x_m, y_m, level_db = table.x_m[use], table.y_m[use], table.columns["level_db"][use]
    names = _groups(table, use, units)
    labels, inverse = np.unique(names, return_inverse=True)
    group = inverse.astype(np.int64)
    square_m = config.place_square_m
    key, member = _squares(x_m, y_m, group, square_m)
    while len(key) > MOST_PLACES:
        square_m *= 2
        key, member = _squares(x_m, y_m, group, square_m)
    count = np.bincount(member, minlength=len(key)).astype(float)
    mean = [np.bincount(member, values, len(key)) / count for values in (x_m, y_m, level_db)]
    prior = np.array([_prior(str(label)) for label in labels], dtype=float).reshape(-1, 2)
    data = RadioData(
        x_m=mean[0],
        y_m=mean[1],
        level_db=mean[2],
        group=key[:, 0],
        group_mean_db=prior[:, 0],
        group_sd_db=prior[:, 1],
    )
    return data, _distinct(x_m, y_m, config.place_square_m)


def _usable_levels(table: Sorted) -> tuple[Mask, NDArray[np.object_]]:
    columns = table.columns
    level_db, heard = columns["level_db"].astype(float), columns["heard"].astype(float)
    levels = table.of("level") & (heard != 0)
    known = levels & np.isfinite(level_db)
    with np.errstate(invalid="ignore"):
        low, high = POSSIBLE_LEVELS_DB
        possible = known & (level_db >= low) & (level_db <= high)
    clean = possible & ~np.isin(columns["level_bound"].astype(str), ("lower", "upper"))
    table.left_out["levels that are only a count of a meter"] = int((levels & ~known).sum())
    table.left_out["impossible levels"] = int((known & ~possible).sum())
    table.left_out["levels of an overloaded receiver"] = int((possible & ~clean).sum())
    return clean, columns["level_unit"]


def _groups(table: Sorted, use: Mask, units: NDArray[np.object_]) -> NDArray[np.str_]:
    columns = table.columns
    whose = (columns[name][use] for name in ("observer", "session", "receiver"))
    rows = zip(units[use], *whose, strict=True)
    return np.array(
        [
            f"{unit or '?'}\t{observer or ''}\t{session or receiver or ''}"
            for unit, observer, session, receiver in rows
        ]
    )


def _prior(label: str) -> tuple[float, float]:
    return LEVEL_AT_100_M.get(label.partition("\t")[0], LEVEL_OF_OTHER_SCALES)


def _squares(
    x_m: Floats, y_m: Floats, group: NDArray[np.int64], square_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct (group, column, row) and to which each reading belongs."""
    cells = np.column_stack([group, np.floor(x_m / square_m), np.floor(y_m / square_m)])
    cells = cells.astype(np.int64).reshape(-1, 3)
    key, member = np.unique(cells, axis=0, return_inverse=True)
    return key, member.reshape(-1)


def _distinct(x_m: Floats, y_m: Floats, square_m: float) -> int:
    return len(_squares(x_m, y_m, np.zeros(len(x_m), dtype=np.int64), square_m)[0])


def shared(x_m: Floats, y_m: Floats, scale_m: float) -> Floats:
    """Return how much each place counts beside its neighbours: 1 / sum_k exp(-D_jk / scale)."""
    distance = np.hypot(np.subtract.outer(x_m, x_m), np.subtract.outer(y_m, y_m))
    return np.asarray(1.0 / np.exp(-distance / scale_m).sum(axis=1))


def _bearings(table: Sorted) -> BearingData:
    columns = table.columns
    bearing = columns["bearing_deg"].astype(float)
    wanted = table.of("bearing")
    use = wanted & np.isfinite(bearing)
    table.left_out["bearings without a direction"] = int((wanted & ~use).sum())
    sigma = columns["bearing_sigma_deg"].astype(float)[use]
    sigma = np.where(np.isfinite(sigma) & (sigma > 0), sigma, USUAL_SIGMA_DEG)
    others = columns["bearing_alternatives_deg"]
    alternatives = tuple(
        np.array([bearing[i], *(others[i] or ())], dtype=float) for i in np.flatnonzero(use)
    )
    x_m, y_m = table.x_m[use], table.y_m[use]
    return BearingData(
        x_m=x_m,
        y_m=y_m,
        sigma_deg=np.minimum(sigma, 90.0),
        weight=shared(x_m, y_m, CORRELATION_M),
        alternatives_deg=alternatives,
    )


def _sightings(table: Sorted) -> SightingData:
    use = table.of("sighting") | table.of("position")
    columns, disc = table.columns, table.of("sighting")[use]
    time = columns["time"].astype(float)
    newest = float(np.nanmax(time)) if np.isfinite(time).any() else 0.0
    age_s = np.clip(np.nan_to_num(newest - time[use], nan=0.0), 0.0, OLDEST_S)
    radius = np.where(disc, columns["radius_m"][use], columns["accuracy_m"][use]).astype(float)
    known = np.isfinite(radius) & (radius > 0)
    trust = columns["trust"].astype(float)[use]
    usual = np.where(disc, 0.8, 0.95)
    return SightingData(
        x_m=table.x_m[use],
        y_m=table.y_m[use],
        radius_m=np.where(known, np.minimum(radius, WIDEST_M), np.where(disc, 100.0, 20.0)),
        trust=np.clip(np.where(np.isfinite(trust), trust, usual), 0.0, 0.99),
        age_s=age_s,
        is_disc=disc,
    )
