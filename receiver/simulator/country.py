"""Made-up broken country: a collar, ridges that hide it and throw it back, open to walk anywhere.

Beside what a scene has (law, two scales of obstacles, sectors) there are ridges, and in half of the
countries the collar lies in a gorge between two more. A path that crosses one loses up to 10-25 dB,
less near its ends; each also throws the signal back from its middle with a loss of 4-12 dB, over
the longer way. What is heard is the sum of all paths, and an antenna that is turned points along
the strongest: where the straight path is hidden, at an echo (about three of ten turns at the start,
half of them where there is a gorge). All searchers hear the same country. Everything comes from the
seed. It proves nothing about a gorge: rock is not straight lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from receiver.simulator.scene import (
    EXPONENTS,
    NOISE_FLOOR_DBM,
    POWER_DBM,
    POWER_SD_DB,
    SCALES_M,
    SECTOR_DB,
    SECTORS,
    SPREADS_DB,
    Scene,
    exponential_field,
)

Floats = NDArray[np.float64]

NEAREST_START_M, FARTHEST_START_M = 600.0, 2500.0
FIRST_BEEP_DB = 3.0  # so much above the noise, at least, where the search begins
RIDGES, RIDGE_M, RIDGE_DB, THROWN_BACK_DB = (6, 13), (300.0, 1200.0), (10.0, 25.0), (4.0, 12.0)
GORGE_SHARE, WALLS_AWAY_M, WALLS_M = 0.5, (100.0, 300.0), (500.0, 1500.0)
AROUND_AN_END_M = 120.0


@dataclass(frozen=True)
class Country:
    """A collar at (0, 0) in the `scene`; `ridges_m` (K, 2 ends, 2), their losses in dB, (K,)."""

    scene: Scene
    ridges_m: Floats
    hides_db: Floats
    throws_back_db: Floats
    start_m: tuple[float, float]

    @cached_property
    def middles_m(self) -> Floats:
        """Where ridges throw the signal back."""
        return np.asarray(self.ridges_m.mean(axis=1))

    @cached_property
    def _lost_on_the_way_db(self) -> Floats:
        """What is lost from the collar to each ridge's middle and there, without the law."""
        hidden = self._hidden_db(np.zeros((1, 2)), self.middles_m)
        return np.asarray(hidden.sum(axis=1) - hidden.diagonal() + self.throws_back_db)

    def paths_dbm(self, x_m: float, y_m: float) -> Floats:
        """Return the mean level of each path at a place: the straight one, then by each ridge."""
        here = np.array([[x_m, y_m]])
        straight = float(self.scene.level_dbm(here[:, 0], here[:, 1])[0])
        straight -= float(self._hidden_db(np.zeros((1, 2)), here).sum())
        at_here = sum(float(field.at(here[:, 0], here[:, 1])[0]) for field in self.scene.fields)
        way_m = np.hypot(*self.middles_m.T) + np.hypot(*(here - self.middles_m).T)
        law_db = 10.0 * self.scene.exponent * np.log10(np.maximum(way_m, 3.0) / 100.0)
        hidden = self._hidden_db(self.middles_m, here)
        lost_db = law_db + self._lost_on_the_way_db + hidden.sum(axis=1) - hidden.diagonal()
        return np.append(straight, self.scene.power_dbm + at_here - lost_db)

    def level_dbm(self, x_m: float, y_m: float) -> float:
        """Return the mean level at a place, all paths together."""
        return float(10.0 * np.log10((10.0 ** (self.paths_dbm(x_m, y_m) / 10.0)).sum()))

    def loudest_deg(self, x_m: float, y_m: float) -> tuple[float, bool]:
        """Return from where it is loudest at a place, and whether that is an echo."""
        strongest = int(np.argmax(self.paths_dbm(x_m, y_m)))
        toward = self.scene.collar_m if strongest == 0 else self.middles_m[strongest - 1]
        return math.degrees(math.atan2(toward[0] - x_m, toward[1] - y_m)) % 360.0, strongest > 0

    def _hidden_db(self, begin_m: Floats, end_m: Floats) -> Floats:
        """Return what each ridge takes from straight paths, (P, 2) to (P, 2): (P, K)."""
        first, along = self.ridges_m[:, 0], self.ridges_m[:, 1] - self.ridges_m[:, 0]
        path = end_m - begin_m
        off = first[None] - np.broadcast_to(begin_m, path.shape)[:, None]
        across = _cross(path[:, None], along[None])
        across = np.where(across == 0.0, 1e-12, across)
        on_path = _cross(off, along[None]) / across
        on_ridge = _cross(off, path[:, None]) / across
        crosses = (on_path > 0) & (on_path < 1) & (on_ridge > 0) & (on_ridge < 1)
        from_end_m = np.minimum(on_ridge, 1.0 - on_ridge) * np.hypot(*along.T)
        deep = 1.0 - np.exp(-np.maximum(from_end_m, 0.0) / AROUND_AN_END_M)
        return np.where(crosses, self.hides_db * deep, 0.0)


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def draw_country(seed: int) -> Country:
    """Draw a country in which the collar is heard where the search begins."""
    rng = np.random.default_rng([seed, 7])
    while True:
        country = _draw(rng)
        if country.level_dbm(*country.start_m) > NOISE_FLOOR_DBM + FIRST_BEEP_DB:
            return country


def _draw(rng: np.random.Generator) -> Country:
    away_m = math.exp(rng.uniform(math.log(NEAREST_START_M), math.log(FARTHEST_START_M)))
    turn = rng.uniform(0.0, 2.0 * math.pi)
    scene = Scene(
        collar_m=(0.0, 0.0),
        power_dbm=float(rng.normal(POWER_DBM, POWER_SD_DB)),
        exponent=float(rng.uniform(*EXPONENTS)),
        fields=tuple(
            exponential_field(rng, scale, spread)
            for scale, spread in zip(SCALES_M, SPREADS_DB, strict=True)
        ),
        sector_db=rng.normal(0.0, SECTOR_DB, SECTORS),
    )
    ridges_m = _ridges(rng, away_m)
    if rng.random() < GORGE_SHARE:
        ridges_m = np.concatenate([ridges_m, _walls(rng)])
    return Country(
        scene=scene,
        ridges_m=ridges_m,
        hides_db=rng.uniform(*RIDGE_DB, len(ridges_m)),
        throws_back_db=rng.uniform(*THROWN_BACK_DB, len(ridges_m)),
        start_m=(away_m * math.sin(turn), away_m * math.cos(turn)),
    )


def _ridges(rng: np.random.Generator, away_m: float) -> Floats:
    """Draw ridges anywhere between and about."""
    count = int(rng.integers(*RIDGES))
    middle = rng.uniform(-1.2, 1.2, (count, 2)) * away_m
    course, half_m = rng.uniform(0.0, math.pi, count), rng.uniform(*RIDGE_M, count) / 2.0
    return _lines(middle, course, half_m)


def _walls(rng: np.random.Generator) -> Floats:
    """Draw the two walls of the gorge that the collar lies in."""
    course = float(rng.uniform(0.0, math.pi))
    across = np.array([math.cos(course), -math.sin(course)])
    off_m = rng.uniform(*WALLS_AWAY_M, 2) * np.array([-1.0, 1.0])
    half_m = rng.uniform(*WALLS_M, 2) / 2.0
    return _lines(off_m[:, None] * across, np.full(2, course), half_m)


def _lines(middle: Floats, course: Floats, half_m: Floats) -> Floats:
    half = half_m[:, None] * np.column_stack([np.sin(course), np.cos(course)])
    return np.stack([middle - half, middle + half], axis=1)
