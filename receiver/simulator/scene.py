"""A made-up gorge: a collar, the ground between, and a searcher who walks by what he hears.

    level(x) = P100 - 10 n log10(d / 100 m) + near(x) + far(x) + sector(direction)

`near` and `far` are Gaussian random fields with covariance exp(-D / 20 m) and exp(-D / 150 m): two
scales of obstacles. `sector`: the body and the rock about the collar weaken some directions. Power
and exponent are drawn, not known to the searcher; a level under the noise floor is not heard.
Everything comes from the seed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WAVES = 400
SCALES_M, SPREADS_DB = (20.0, 150.0), (3.0, 5.0)
SECTORS, SECTOR_DB = 5, 4.0
POWER_DBM, POWER_SD_DB = -85.0, 8.0  # at 100 m
EXPONENTS = (2.4, 3.4)
FADING_DB, NOISE_FLOOR_DBM = 2.0, -118.0
WALK_M_S, STEP_S = 1.2, 2.0
LOOK_STEPS, FAINTER_DB = 30, 3.0  # once a minute the searcher asks himself: louder or fainter?
GPS_ERROR_M, GPS_MEMORY_S = 4.0, 60.0
GORGE_HALF_WIDTH_M, GORGE_BEND_M = 220.0, 900.0


@dataclass(frozen=True, slots=True)
class Field:
    """A Gaussian random field as a sum of waves: `vectors` (W, 2) per metre, `phases` (W,)."""

    vectors: Floats
    phases: Floats
    spread_db: float

    def at(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return the field in dB at points."""
        turns = np.multiply.outer(x_m, self.vectors[:, 0])
        turns += np.multiply.outer(y_m, self.vectors[:, 1])
        waves = np.cos(turns + self.phases).sum(axis=-1)
        return np.asarray(self.spread_db * math.sqrt(2.0 / len(self.phases)) * waves)


def exponential_field(rng: np.random.Generator, scale_m: float, spread_db: float) -> Field:
    """Draw a field with covariance spread^2 exp(-D / scale).

    In two dimensions the spectrum of exp(-D / scale) is a multivariate Cauchy distribution: a
    normal vector divided by the modulus of a normal number.
    """
    normal = rng.normal(size=(WAVES, 2))
    vectors = normal / np.abs(rng.normal(size=(WAVES, 1))) / scale_m
    return Field(vectors, rng.uniform(0, 2 * np.pi, WAVES), spread_db)


@dataclass(frozen=True, slots=True)
class Scene:
    """One made-up search area in local metres; the truth is `collar_m`."""

    collar_m: tuple[float, float]
    power_dbm: float
    exponent: float
    fields: tuple[Field, ...]
    sector_db: Floats

    def level_dbm(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return the mean level at points, without fading."""
        dx, dy = np.asarray(x_m) - self.collar_m[0], np.asarray(y_m) - self.collar_m[1]
        distance = np.maximum(np.hypot(dx, dy), 3.0)
        level = self.power_dbm - 10.0 * self.exponent * np.log10(distance / 100.0)
        for field in self.fields:
            level = level + field.at(np.asarray(x_m), np.asarray(y_m))
        share = (np.arctan2(dx, dy) / (2 * np.pi)) % 1.0
        sector = np.minimum((share * len(self.sector_db)).astype(int), len(self.sector_db) - 1)
        return np.asarray(level + self.sector_db[sector])


def draw_scene(seed: int) -> Scene:
    """Draw a scene."""
    rng = np.random.default_rng([seed, 1])
    up = rng.uniform(600.0, 1400.0)
    side = rng.uniform(-1.0, 1.0) * GORGE_HALF_WIDTH_M
    return Scene(
        collar_m=(gorge_middle_m(up) + side, up),
        power_dbm=float(rng.normal(POWER_DBM, POWER_SD_DB)),
        exponent=float(rng.uniform(*EXPONENTS)),
        fields=tuple(
            exponential_field(rng, scale, spread)
            for scale, spread in zip(SCALES_M, SPREADS_DB, strict=True)
        ),
        sector_db=rng.normal(0.0, SECTOR_DB, SECTORS),
    )


def gorge_middle_m(up_m: float) -> float:
    """Return how far east the river of the winding gorge is, `up_m` metres north of the start."""
    return 160.0 * math.sin(2 * math.pi * up_m / GORGE_BEND_M)


@dataclass(frozen=True, slots=True)
class Step:
    """Where the searcher is at `time_s`, and where his GPS says he is."""

    time_s: float
    x_m: float
    y_m: float
    gps_x_m: float
    gps_y_m: float


def walk(scene: Scene, seed: int, minutes: float) -> list[Step]:
    """Walk up the gorge, turning when it grows fainter, within its walls."""
    rng = np.random.default_rng([seed, 2])
    steps: list[Step] = []
    x, y, heading, before_dbm = 0.0, 0.0, 0.0, -math.inf
    error = rng.normal(0, GPS_ERROR_M, 2)
    keep = math.exp(-STEP_S / GPS_MEMORY_S)
    for number in range(int(minutes * 60 / STEP_S)):
        if number and number % LOOK_STEPS == 0:
            now_dbm = _mean_dbm(scene, steps[-LOOK_STEPS:])
            heading = _turned(rng, heading, now_dbm - before_dbm)
            before_dbm = max(now_dbm, NOISE_FLOOR_DBM)
        x += WALK_M_S * STEP_S * math.sin(heading)
        y += WALK_M_S * STEP_S * math.cos(heading)
        x, heading = _between_walls(x, y, heading)
        error = keep * error + math.sqrt(1 - keep**2) * rng.normal(0, GPS_ERROR_M, 2)
        steps.append(Step(number * STEP_S, x, y, x + float(error[0]), y + float(error[1])))
    return steps


def _mean_dbm(scene: Scene, steps: list[Step]) -> float:
    x_m, y_m = np.array([step.x_m for step in steps]), np.array([step.y_m for step in steps])
    return float(scene.level_dbm(x_m, y_m).mean())


def _turned(rng: np.random.Generator, heading: float, gain_db: float) -> float:
    """Go on with a small sway while it does not grow clearly fainter, else turn off to one side."""
    if gain_db > -FAINTER_DB:
        return heading + float(rng.normal(0.0, 0.3))
    return heading + float(rng.choice([-1.0, 1.0]) * rng.uniform(1.2, 2.4))


def _between_walls(x: float, y: float, heading: float) -> tuple[float, float]:
    middle = gorge_middle_m(y)
    if abs(x - middle) <= GORGE_HALF_WIDTH_M:
        return x, heading
    inside = middle + math.copysign(GORGE_HALF_WIDTH_M, x - middle)
    return inside, -heading


@dataclass(frozen=True, slots=True)
class Reading:
    """One beacon pulse or packet: `level_dbm` None where it was not heard."""

    step: Step
    level_dbm: float | None


def readings(
    scene: Scene, steps: list[Step], seed: int, *, every_s: float, on_s: float, off_s: float
) -> Iterator[Reading]:
    """Yield what a receiver gives: one reading every `every_s` while the beacon is on."""
    rng = np.random.default_rng([seed, 3])
    stride = max(1, round(every_s / STEP_S))
    for step in steps[::stride]:
        fading = rng.normal(0.0, FADING_DB)
        mean = float(scene.level_dbm(np.array([step.x_m]), np.array([step.y_m]))[0])
        on = step.time_s % (on_s + off_s) < on_s
        heard = on and mean + fading > NOISE_FLOOR_DBM
        yield Reading(step, mean + fading if heard else None)
