"""A search that goes on: one more reading changes the answer without computing the past again.

One more level changes sums that are kept for each cell (`receiver.locator.growing`). Cells that
come to hold much are split, and only the new ones are computed from nothing. So it is in the first
half hour, and in all of a search for a beacon that lies still. In a later half hour what was
believed before spreads with the time of each reading: the last epoch is computed anew.

Everything else (a bearing, a sighting, a new session, a row that replaces or precedes others, the
next half hour) is computed anew, from the last epoch on that it touches. At any time the answer is
that of `receiver.locator.posterior` on the same rows: at the same points to 1e-3 in ln p, or to
1e-6 with `LocatorConfig(precision=np.float64)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from receiver.columns import columns
from receiver.locator.answer import Posterior, newest, of_belief, posterior
from receiver.locator.belief import Belief, Past, Scene, reach_of
from receiver.locator.bounds import bounds
from receiver.locator.evidence import EPOCH_S, Epoch, Evidence, gather
from receiver.locator.gathering import MOST_PLACES, POSSIBLE_LEVELS_DB, session_label
from receiver.locator.growing import Cells, Growing, Which
from receiver.locator.limits import reason_for_none
from receiver.locator.reach import nearest_squared, of_nearest
from receiver.locator.settings import Floats, LocatorConfig
from receiver.locator.tree import Leaves, quarters, settle, to_split
from receiver.records import Observation

GROWN = 1.35  # more cells than at the last settling: settle anew
EVERYTHING = slice(None)
CHANGED_BY_LEVELS = ("reach", "levels", "silence")


class Current:
    """The epoch that goes on: its factors on its cells, and which squares have been heard."""

    def __init__(self, scene: Scene, rows: list[Observation], evidence: Evidence) -> None:
        self.scene, self.evidence = scene, evidence
        self.levels = Growing(scene.epoch.radio, scene.config)
        self.unchanged = [name for name in scene.factors if name not in CHANGED_BY_LEVELS]
        leaves = settle(scene.near, scene.config.reach_m, scene)
        self.grown = leaves.grown
        self.most_cells = int(GROWN * len(leaves.points_m))
        self.cells = Cells(*self._kept(leaves.points_m, leaves.side_m), self.most_cells)
        self.squares: dict[tuple[int, int, int], tuple[int, float, int]] = {}
        for row in rows:
            self._count(row)

    def _kept(self, points_m: Floats, side_m: Floats) -> tuple[Floats, dict[str, NDArray[Any]]]:
        columns, gram = self.levels.kept(points_m)
        arrays: dict[str, NDArray[Any]] = {
            "points_m": points_m,
            "side_m": side_m,
            "design": columns,
        }
        if self.scene.reach is not None:
            arrays["nearest_squared"] = nearest_squared(points_m, self.scene.reach.places_m)
        for name in self.unchanged:
            arrays[name] = self.scene.factors[name](points_m)
        return gram, arrays

    def _key(self, row: Observation) -> tuple[int, int, int]:
        data = self.levels.data
        label = session_label(row.level_unit, row.observer, row.session, row.receiver)
        x_m, y_m = self.evidence.grid.to_xy(row.latitude_deg, row.longitude_deg)
        side = data.square_m
        return data.labels.index(label), int(x_m // side), int(y_m // side)

    def _count(self, row: Observation) -> None:
        """Remember how many readings a square has, and which place it is."""
        if not is_plain(row):
            return
        key = self._key(row)
        if key not in self.squares:
            data = self.levels.data
            x_m, y_m = ((key[k] + 0.5) * data.square_m for k in (1, 2))
            found = (data.x_m == x_m) & (data.y_m == y_m) & (data.group == key[0])
            self.squares[key] = (int(np.flatnonzero(found)[0]), 0.0, 0)
        place, total, count = self.squares[key]
        assert row.level_db is not None
        self.squares[key] = (place, total + row.level_db, count + 1)

    def takes(self, row: Observation) -> bool:
        """Tell whether a row can be taken without computing the epoch anew."""
        data, epoch = self.levels.data, self.scene.epoch
        label = session_label(row.level_unit, row.observer, row.session, row.receiver)
        if not is_plain(row) or label not in data.labels or self.scene.config.receivers:
            return False
        if self.scene.reach is None or row.antenna in self.scene.config.antennas:
            return False
        full = len(data.x_m) + 1 > min(MOST_PLACES, self.levels.room)
        if self.cells.count > self.most_cells or (full and self._key(row) not in self.squares):
            return False
        if len(epoch.bounds.x_m):  # a silence where it is heard now counts no more
            return False
        later_s = row.time.timestamp() - epoch.begin_s
        return later_s >= 0 and (later_s <= EPOCH_S or self.scene.config.movement == "still")

    def take(self, row: Observation) -> None:
        """Take one more level."""
        key = self._key(row)
        assert row.level_db is not None
        if key in self.squares:
            place, total, count = self.squares[key]
            total, count = total + row.level_db, count + 1
            self.squares[key] = (place, total, count)
            self.levels.with_level(place, total / count)
        else:
            self.squares[key] = (len(self.levels.data.x_m), row.level_db, 1)
            x_m, y_m = ((key[k] + 0.5) * self.levels.data.square_m for k in (1, 2))
            self.levels.with_place(x_m, y_m, key[0], row.level_db, self.cells)
            squared = ((self.cells["points_m"] - (x_m, y_m)) ** 2).sum(axis=1)
            nearest = self.cells["nearest_squared"]
            np.minimum(nearest, squared, out=nearest)
        time_s = max(self.scene.epoch.time_s, row.time.timestamp())
        self.scene.epoch = replace(self.scene.epoch, time_s=time_s, radio=self.levels.data)
        self.scene.reach = reach_of(self.scene.epoch, self.scene.config)

    def belief(self) -> Belief:
        """Return what is believed now; cells that have come to hold much are split."""
        parts = self._parts(EVERYTHING)
        leaves = self._leaves(parts)
        while (split := to_split(leaves)).any():
            points_m, side_m = leaves.points_m[split], leaves.side_m[split]
            rows = self.cells.replace(split, *self._kept(*quarters(points_m, side_m)))
            for name, values in self._parts(rows).items():
                longer = np.resize(parts[name], self.cells.count)
                longer[rows] = values
                parts[name] = longer
            leaves = self._leaves(parts)
        return self.scene.belief(leaves, parts)

    def _leaves(self, parts: dict[str, Floats]) -> Leaves:
        total = sum(parts.values(), np.zeros(self.cells.count))
        points_m, side_m = (self.cells[name].copy() for name in ("points_m", "side_m"))
        return Leaves(points_m, side_m, np.asarray(total), self.grown)

    def _parts(self, which: Which) -> dict[str, Floats]:
        """Return what each factor says of some of the cells."""
        cells, scene, epoch = self.cells, self.scene, self.scene.epoch
        points_m = cells["points_m"][which]
        parts = {name: cells[name][which] for name in self.unchanged}
        if scene.reach is not None:
            nearest = cells["nearest_squared"][which]
            parts["reach"] = of_nearest(points_m, nearest, scene.reach, scene.config)
        if len(epoch.radio.x_m):
            parts["levels"] = self.levels.log_likelihood(cells, which)
        if len(epoch.bounds.x_m):
            found = bounds(points_m, epoch.bounds, epoch.radio, scene.off, scene.config)
            parts["silence"] = found[0]
        return parts


def is_plain(row: Observation) -> bool:
    """Tell whether a row is one more level in decibels, with its place."""
    low, high = POSSIBLE_LEVELS_DB
    return (
        row.kind == "level"
        and row.heard is not False
        and row.level_db is not None
        and low <= row.level_db <= high
        and row.level_bound == "none"
        and row.supersedes_id is None
        and row.latitude_deg is not None
        and row.longitude_deg is not None
        and abs(row.latitude_deg) <= 90
        and abs(row.longitude_deg) <= 180
    )


def can_grow(scene: Scene) -> bool:
    """Tell whether levels of an epoch can be added one by one: there are some, all in decibels."""
    data = scene.epoch.radio
    plain = data.ranked is None or not data.ranked.any()
    return len(data.x_m) > 0 and plain and not any(data.antenna) and scene.config.loss_db is None


class Stream:
    """The answer of one collar while a search goes on.

    stream = Stream(LocatorConfig(collar="leo"))
    stream.add(observation)
    stream.posterior().answer
    """

    def __init__(self, config: LocatorConfig | None = None) -> None:
        self.config = config or LocatorConfig()
        self.rows: list[Observation] = []
        self._replaced: set[str] = set()
        self._collars: set[str] = set()
        self._current: Current | None = None
        self._settled: Belief | None = None
        self.past = Past()

    def add(self, row: Observation) -> None:
        """Take one more observation, of any kind, in any order."""
        if self.config.collar is not None and row.collar not in (None, self.config.collar):
            return
        self.rows.append(row)
        if row.supersedes_id is not None:
            self._replaced.add(row.supersedes_id)
        if row.collar is not None:
            self._collars.add(row.collar)
        counts = row.id not in self._replaced and len(self._collars) < 2  # collars are not mixed
        if self._current is not None and counts and self._current.takes(row):
            self._current.take(row)
        else:
            self._current = self._settled = None

    def extend(self, rows: Iterable[Observation]) -> None:
        """Take observations."""
        for row in rows:
            self.add(row)

    def belief(self) -> Belief | None:
        """Return what is believed now, None where nothing can be said."""
        if self._current is None and self._settled is None:
            self._begin()
        return self._settled if self._current is None else self._current.belief()

    def posterior(self) -> Posterior:
        """Return the answer now, as `receiver.locator.posterior` does for the same rows."""
        belief = self.belief()
        table = columns(self.rows)
        if belief is None:
            return posterior(table, self.config)
        evidence = gather(table, self.config)
        assert evidence is not None
        return of_belief(belief, evidence, self.config, newest(table))

    def _begin(self) -> None:
        """Compute anew what has changed: epochs that are as they were keep their belief."""
        table = columns(self.rows)
        evidence = gather(table, self.config)
        if evidence is None or reason_for_none(table, evidence, self.config) is not None:
            return
        belief = self.past.before_last(evidence, self.config)
        last = evidence.epochs[-1]
        scene = Scene(belief, last, evidence.silent_days, self.config)
        if can_grow(scene):
            self._current = Current(scene, self._rows_of(last), evidence)
        else:
            self._settled = scene.belief(settle(scene.near, self.config.reach_m, scene))

    def _rows_of(self, epoch: Epoch) -> list[Observation]:
        begin = datetime.fromtimestamp(epoch.begin_s, tz=self.rows[0].time.tzinfo)
        return [row for row in self.rows if row.id not in self._replaced and row.time >= begin]
