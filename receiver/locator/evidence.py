"""From columns of observations to the data of each factor, in metres and in order of time.

What cannot be used is left out and counted, so that the answer can say so. An animal moves, so
evidence is cut into epochs of half an hour; a collar that lies still has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from receiver.columns import Columns
from receiver.geodesy import LocalGrid
from receiver.locator.bearings import BearingData
from receiver.locator.bounds import BoundData
from receiver.locator.fixed_receivers import with_models
from receiver.locator.gathering import (
    Rows,
    bearing_data,
    bound_data,
    distinct,
    radio_data,
    sighting_data,
)
from receiver.locator.radio import RadioData
from receiver.locator.settings import Floats, LocatorConfig
from receiver.locator.sightings import SightingData

EPOCH_S = 1800.0
MOST_EPOCHS = 48  # with evidence: a day of listening
WRONG_CLOCK_S, FEW = 7 * 86_400.0, 0.02
ANCHOR_DEG = 0.1
LATEST_S = 7.26e9  # the year 2200
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """What half an hour said. `begin_s`, `time_s`: since 1970, of its oldest and newest row."""

    begin_s: float
    time_s: float
    radio: RadioData
    bounds: BoundData
    bearings: BearingData
    sightings: SightingData

    @property
    def says_something(self) -> bool:
        """Tell whether there is any evidence in it."""
        parts = (self.radio, self.bounds, self.bearings, self.sightings)
        return any(len(part.x_m) for part in parts)

    @property
    def was_heard(self) -> bool:
        """Tell whether the collar was heard at all."""
        return len(self.radio.x_m) + len(self.bearings.x_m) + int(self.bounds.is_lower.sum()) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the factors need, on one local grid. The last epoch is the newest.

    `listened_m`: every place where somebody listened, (P, 2). `altitudes_m` of these places.
    """

    grid: LocalGrid
    epochs: tuple[Epoch, ...]
    radio: RadioData  # all levels of all epochs, for simple rules and pictures
    bearings: BearingData
    listened_m: Floats
    silent_m: Floats
    altitudes_m: Floats
    silent_days: float
    counts: dict[str, int]
    left_out: dict[str, int] = field(default_factory=dict)


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
    keep = chosen(columns, config.collar) & (columns["kind"] != "note")
    with np.errstate(invalid="ignore"):
        placed = (np.abs(columns["latitude_deg"]) <= 90) & (np.abs(columns["longitude_deg"]) <= 180)
    left_out = {"without a place": int((keep & ~placed).sum())}
    keep &= placed
    if not keep.any():
        return None
    times = possible_times(columns)[keep]
    order = np.argsort(np.nan_to_num(times), kind="stable")
    table = {name: values[keep][order] for name, values in columns.items()}
    grid = LocalGrid(*_anchor(table["latitude_deg"], table["longitude_deg"]))
    x_m, y_m = grid.to_xy(table["latitude_deg"], table["longitude_deg"])
    time_s, wrong = _trusted_times(times[order])
    left_out["times of a wrong clock"] = wrong
    table = with_models(table, time_s, config)
    rows = Rows(x_m=x_m, y_m=y_m, time_s=time_s, columns=table, left_out=left_out)
    return _evidence(rows, grid, config)


def _anchor(latitude_deg: Floats, longitude_deg: Floats) -> tuple[float, float]:
    """Return the origin of the lattice: near the first place, and the same as a search goes on."""
    latitude = round(float(latitude_deg[0]) / ANCHOR_DEG) * ANCHOR_DEG
    longitude = round(float(longitude_deg[0]) / ANCHOR_DEG) * ANCHOR_DEG
    return float(np.clip(latitude, -90.0, 90.0)), (longitude + 180.0) % 360.0 - 180.0


def possible_times(columns: Columns) -> Floats:
    """Return the times in seconds since 1970, NaN where they lie before that or after 2200."""
    time_s = columns["time"].astype(float)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where((time_s >= 0.0) & (time_s < LATEST_S), time_s, np.nan))


def _trusted_times(time_s: Floats) -> tuple[Floats, int]:
    """Return times in which a few rows far in the future do not age everything else.

    Rows without a time have that of the newest.
    """
    known = np.isfinite(time_s)
    if not known.any():
        return np.zeros(len(time_s)), 0
    if known.sum() < 1.0 / FEW:
        return np.where(known, time_s, time_s[known].max()), 0
    late = float(np.quantile(time_s[known], 1.0 - FEW, method="lower"))
    wrong = known & (time_s > late + WRONG_CLOCK_S)
    newest = float(time_s[known & ~wrong].max())
    return np.where(known & ~wrong, time_s, newest), int(wrong.sum())


def _evidence(rows: Rows, grid: LocalGrid, config: LocatorConfig) -> Evidence:
    parts = _epochs(rows.time_s, config)
    kept = [rows.part(part) for part in parts]
    *earlier, last = [*(_epoch(part, config) for part in kept), *_later(rows, config)]
    # A half hour that says nothing is passed over; only the last one still tells that time went by.
    epochs = [epoch for epoch in earlier if epoch.says_something]
    rows.left_out["half hours too long ago"] = max(len(epochs) - MOST_EPOCHS, 0)
    epochs = [*epochs[-MOST_EPOCHS:], last]
    everything = rows.part(np.arange(len(rows.x_m)))
    radio, bearings = radio_data(everything, config), bearing_data(everything, config)
    listened = ~(rows.of("sighting") | rows.of("position"))
    silent, heard = rows.of("silence"), rows.of("level") & (rows.columns["heard"] != 0)
    places = distinct(rows, rows.usable, config)
    counts = {
        "readings": int(heard.sum()),
        "places": places,
        "bearings": len(bearings.x_m),
        "silent_places": distinct(rows, silent, config),
        "sightings": int(rows.of("sighting").sum()),
        "positions": int(rows.of("position").sum()),
    }
    return Evidence(
        grid=grid,
        epochs=tuple(epochs),
        radio=radio,
        bearings=bearings,
        listened_m=np.column_stack([rows.x_m[listened], rows.y_m[listened]]),
        silent_m=np.column_stack([rows.x_m[silent], rows.y_m[silent]]),
        altitudes_m=rows.columns["altitude_m"].astype(float)[listened],
        silent_days=_silent_days(rows, ~silent, last.time_s),
        counts=counts,
        left_out=_summed([rows.left_out, *(part.left_out for part in kept)]),
    )


def _summed(counts: list[dict[str, int]]) -> dict[str, int]:
    """Return what was left out of all parts, without what was not."""
    reasons = dict.fromkeys(reason for part in counts for reason in part)
    total = {reason: sum(part.get(reason, 0) for part in counts) for reason in reasons}
    return {reason: count for reason, count in total.items() if count}


def _silent_days(rows: Rows, heard: Mask, until_s: float) -> float:
    """Return for how long nothing has come from the collar, in days; 0 where nobody knows."""
    if not heard.any():
        return 0.0
    return float(until_s - rows.time_s[heard].max()) / 86_400.0


def _epochs(time_s: Floats, config: LocatorConfig) -> list[NDArray[np.int64]]:
    """Return the rows of each epoch; rows are in order of time."""
    if config.movement == "still":
        return [np.arange(len(time_s))]
    parts, begin = [], 0
    for number in range(1, len(time_s) + 1):
        if number == len(time_s) or time_s[number] - time_s[begin] > EPOCH_S:
            parts.append(np.arange(begin, number))
            begin = number
    return parts


def _later(rows: Rows, config: LocatorConfig) -> list[Epoch]:
    """Return an empty half hour at the time that was asked for, where that is much later."""
    as_of_s = config.as_of.timestamp() if config.as_of else 0.0
    if config.movement == "still" or as_of_s <= rows.time_s.max() + EPOCH_S:
        return []
    empty = rows.part(np.zeros(0, dtype=np.int64))
    return [replace(_epoch(empty, config), begin_s=as_of_s, time_s=as_of_s)]


def _epoch(rows: Rows, config: LocatorConfig) -> Epoch:
    radio = radio_data(rows, config)
    return Epoch(
        begin_s=float(rows.time_s.min(initial=np.inf)),
        time_s=float(rows.time_s.max(initial=0.0)),
        radio=radio,
        bounds=bound_data(rows, radio, config),
        bearings=bearing_data(rows, config),
        sightings=sighting_data(rows),
    )
