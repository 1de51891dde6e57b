"""The factor of levels on cells that are kept, while places are added and levels change.

What is kept for each cell are sums over places: the columns X of the design (float32), and for each
shape of correlation G = X'K^-1 X. One more reading at a place that is known already changes the
levels r only, so g = X'K^-1 r: one product. A new place adds a row to the Cholesky factor, C^-1
gets a row c, and G grows by w w' with w = X c.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from receiver.locator.radio import (
    COLUMNS,
    SCALED_AT_DB,
    Grams,
    Products,
    Radio,
    RadioData,
    Whitening,
    design,
)
from receiver.locator.settings import Floats, LocatorConfig

Which = slice | NDArray[np.int64]


class Cells:
    """What is kept for each cell, with room for more cells.

    `gram`: (S, 7, 7, N). By name, cells along the first axis: points_m (N, 2), side_m (N,), design
    (N, 7, M), nearest_squared to a place (N,), and what each factor said that levels do not change.
    """

    def __init__(self, gram: Floats, arrays: dict[str, NDArray[Any]], room: int) -> None:
        self._allocate(gram, arrays, room)

    def _allocate(self, gram: Floats, arrays: dict[str, NDArray[Any]], room: int) -> None:
        self.count, self.room = len(arrays["side_m"]), max(room, len(arrays["side_m"]))
        self._gram = np.empty((*gram.shape[:-1], self.room))
        self._gram[..., : self.count] = gram
        self._arrays = {}
        for name, values in arrays.items():
            self._arrays[name] = np.empty((self.room, *values.shape[1:]), dtype=values.dtype)
            self._arrays[name][: self.count] = values

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return one of the arrays."""
        return self._arrays[name][: self.count]

    @property
    def gram(self) -> Floats:
        """G of each cell."""
        return self._gram[..., : self.count]

    def replace(
        self, gone: NDArray[np.bool_], gram: Floats, arrays: dict[str, NDArray[Any]]
    ) -> NDArray[np.int64]:
        """Put new cells in the place of some, and the rest behind; return which they are."""
        index = np.flatnonzero(gone)
        end = self.count + len(arrays["side_m"]) - len(index)
        if end > self.room:
            whole = {name: self[name] for name in self._arrays}
            self._allocate(self.gram, whole, 2 * end)
        rows = np.append(index, np.arange(self.count, end))
        self.count = end
        self._gram[..., rows] = gram
        for name, values in arrays.items():
            self._arrays[name][rows] = values
        return rows


class Growing:
    """The factor of levels on cells, while places are added and levels change."""

    def __init__(self, data: RadioData, config: LocatorConfig) -> None:
        self.data, self.config = data, config
        self.radio = Radio(data, config)
        self.room = max(64, 2 * len(data.x_m))

    def kept(self, points_m: Floats) -> tuple[Products, Floats]:
        """Return the design and G of cells, computed from nothing."""
        found = np.zeros((len(points_m), COLUMNS, self.room), dtype=self.config.precision)
        found[:, :, : len(self.data.x_m)] = design(points_m, self.data, self.config)
        return found, self.radio.grams(points_m).gram

    def with_level(self, place: int, level_db: float) -> None:
        """Take another mean level at a place."""
        levels = self.data.level_db.copy()
        levels[place] = level_db
        self._levels(replace(self.data, level_db=levels))

    def with_place(self, x_m: float, y_m: float, group: int, level_db: float, cells: Cells) -> None:
        """Add a place: a row of C^-1 for each shape, and what it adds to G of the cells."""
        data, places = self.data, len(self.data.x_m)
        self.data = replace(
            data,
            x_m=np.append(data.x_m, x_m),
            y_m=np.append(data.y_m, y_m),
            level_db=np.append(data.level_db, level_db),
            group=np.append(data.group, group),
            ranked=np.zeros(places + 1, dtype=bool),
            antenna=(*data.antenna, ""),
            azimuth_deg=np.full(places + 1, np.nan),
        )
        one = replace(self.data, x_m=self.data.x_m[-1:], y_m=self.data.y_m[-1:])
        cells["design"][:, :, places] = design(cells["points_m"], one, self.config)[:, :, 0]
        inverses = [
            _longer(shape.inverse, self._column(number))
            for number, shape in enumerate(self.radio.shapes)
        ]
        rows = np.array([inverse[-1] for inverse in inverses], dtype=self.config.precision)
        flat = cells["design"].reshape(-1, self.room)[:, : places + 1]
        white = (flat @ rows.T).astype(float).reshape(-1, COLUMNS, len(rows)).transpose(2, 1, 0)
        gram = cells.gram
        gram += white[:, :, None, :] * white[:, None, :, :]
        self.radio.shapes = [
            Whitening(inverse, np.empty((0, 0), np.float32), np.empty(0),
                      shape.log_det_half - float(np.log(inverse[-1, -1])))
            for shape, inverse in zip(self.radio.shapes, inverses, strict=True)
        ]  # fmt: skip
        self._levels(self.data)

    def _column(self, number: int) -> Floats:
        """Return the last column of K of a shape."""
        data = self.data
        total = np.zeros(len(data.x_m))
        distance_m = np.hypot(data.x_m - data.x_m[-1], data.y_m - data.y_m[-1])
        for share, scale_m in self.config.shadowing[number]:
            total += share * (np.exp(-distance_m / scale_m) if scale_m else 0.0)
            total[-1] += 0.0 if scale_m else share
        sessions = data.group_covariance_db2[data.group, data.group[-1]]
        return np.asarray(total + sessions / SCALED_AT_DB**2)

    def _levels(self, data: RadioData) -> None:
        self.data = self.radio.data = data
        excess = data.level_db - data.group_mean_db[data.group]
        self.radio.shapes = [
            Whitening(
                shape.inverse, np.ascontiguousarray(shape.inverse.T, dtype=self.config.precision),
                shape.inverse @ excess, shape.log_det_half,
            )
            for shape in self.radio.shapes
        ]  # fmt: skip

    def log_likelihood(self, cells: Cells, which: Which) -> Floats:
        """Return the tempered log-likelihood of the levels at some of the cells."""
        places, shapes = len(self.data.x_m), self.radio.shapes
        weights = np.array(
            [shape.inverse.T @ shape.z for shape in shapes], dtype=self.config.precision
        )
        flat = cells["design"][which].reshape(-1, self.room)[:, :places]
        cross = (flat @ weights.T).astype(float).reshape(-1, COLUMNS, len(shapes))
        square = np.array([shape.z @ shape.z for shape in shapes])
        grams = Grams(
            cells.gram[..., which], cross.transpose(2, 1, 0),
            np.broadcast_to(square[:, None], (len(shapes), len(cross))),
        )  # fmt: skip
        return self.radio.of_grams(grams)


def _longer(inverse: Floats, column: Floats) -> Floats:
    """Return C^-1 with one more row, for K with one more column."""
    size = len(inverse)
    low = inverse @ column[:size]
    last = 1.0 / np.sqrt(column[size] - low @ low)
    out = np.zeros((size + 1, size + 1))
    out[:size, :size] = inverse
    out[size, :size] = -last * (low @ inverse)
    out[size, size] = last
    return out
