"""Made-up walks of six kinds, to measure how far a locator may be believed.

    assumed   levels as the locator's own model says: harmonics about the collar, a slope, shadows
    broken    sectors with hard edges, one shadow field of 4-10 dB over 20-200 m, missed packets,
              errors of GPS, a walker who turns when it grows fainter (the project's locating page,
              section 17.3)
    large     the same at four times the scale
    car       one reading every 100-400 m along a road
    ridge     places along a ridge, the collar in the valley below, obstructions of 10-15 dB
    near      a walk that begins within 100 m

The collar is at (0, 0). Everything comes from the kind and the seed. `Trial.truth` says what was
drawn, so that the posterior of the true model can be computed beside the locator's.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from receiver.simulator.scene import WAVES, Field, Floats, exponential_field

KINDS = ("assumed", "broken", "large", "car", "ridge", "near")
FLOOR_DBM, FLOOR_SOFTNESS_DB = -127.0, 1.5
GPS_ERROR_M, GPS_MEMORY_PACKETS = 4.0, 30
NEAREST_M = 3.0
PACKETS_A_LOOK, FAINTER_DB = 12, 1.5
ASSUMED_SHADOWS = (
    ((0.85, 25.0),), ((0.38, 20.0), (0.50, 150.0)), ((0.09, 20.0), (0.85, 150.0)), ((0.94, 100.0),),
)  # fmt: skip
FEWEST_HEARD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What was drawn: the spread and reach of shadows, the sectors, how far the start was.

    `shadows`: pairs of variance in dB^2 and scale in metres. `own_db`: what each packet has of its
    own. `sector_edges` are shares of a turn; None for harmonics of `sector_db` about the collar.
    """

    shadows: tuple[tuple[float, float], ...]
    own_db: float
    sector_db: float
    sector_edges: Floats | None
    start_m: tuple[float, float]
    squared_exponential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One made-up walk: places as GPS gave them, levels (NaN where nothing was heard).

    `path_m` (P, 2) is where the walker really was.
    """

    kind: str
    path_m: Floats
    x_m: Floats
    y_m: Floats
    level_dbm: Floats
    truth: Truth


@dataclass(frozen=True, slots=True)
class Air:
    """Levels at places about a collar at (0, 0)."""

    power_dbm: float
    exponent: float
    fields: tuple[Field, ...]
    sector_edges: Floats | None
    sector_db: Floats  # of each sector; harmonics a1 b1 a2 b2 and slopes u v where there are none

    def level_dbm(self, x_m: Floats, y_m: Floats) -> Floats:
        """Return the mean level, without fading."""
        log_d = 10.0 * np.log10(np.maximum(np.hypot(x_m, y_m), NEAREST_M) / 100.0)
        level = self.power_dbm - self.exponent * log_d
        for field in self.fields:
            level = level + field.at(x_m, y_m)
        turn = np.arctan2(x_m, y_m)
        if self.sector_edges is None:
            a1, b1, a2, b2, u, v = self.sector_db
            cos, sin = np.cos(turn), np.sin(turn)
            level += a1 * cos + b1 * sin + a2 * np.cos(2 * turn) + b2 * np.sin(2 * turn)
            return np.asarray(level + log_d * (u * cos + v * sin))
        share = (turn / (2 * np.pi)) % 1.0
        sector = np.searchsorted(self.sector_edges, share) % len(self.sector_edges)
        return np.asarray(level + self.sector_db[sector])


def trial(kind: str, seed: int, packets: int = 100) -> Trial:
    """Return the walk of a kind and a seed; `packets` for those on foot.

    Raises:
        KeyError: there is no such kind.
    """
    for attempt in range(100):
        rng = np.random.default_rng([zlib.crc32(kind.encode()), seed, attempt])
        air, truth, path = _DRAWN[kind](rng, packets)
        fading = rng.normal(0.0, truth.own_db, len(path))
        level = air.level_dbm(path[:, 0], path[:, 1]) + fading
        missed = rng.random(len(path)) > 1 / (1 + np.exp(-(level - FLOOR_DBM) / FLOOR_SOFTNESS_DB))
        level[missed] = np.nan
        if np.isfinite(level).sum() >= FEWEST_HEARD:
            break
    seen = path + _gps_errors(rng, len(path))
    return Trial(
        kind=kind, path_m=path, x_m=seen[:, 0], y_m=seen[:, 1], level_dbm=level, truth=truth
    )


def _gps_errors(rng: np.random.Generator, count: int) -> Floats:
    keep = math.exp(-1.0 / GPS_MEMORY_PACKETS)
    errors = np.empty((count, 2))
    errors[0] = rng.normal(0, GPS_ERROR_M, 2)
    for number in range(1, count):
        fresh = rng.normal(0, GPS_ERROR_M, 2)
        errors[number] = keep * errors[number - 1] + math.sqrt(1 - keep**2) * fresh
    return errors


Drawn = tuple[Air, Truth, Floats]


def _assumed(rng: np.random.Generator, packets: int) -> Drawn:
    shares = ASSUMED_SHADOWS[rng.integers(4)]
    spread, sector_db = float(rng.choice([4.0, 6.5, 10.0])), float(rng.choice([0.0, 5.0, 10.0]))
    shadows = tuple((share * spread**2, scale) for share, scale in shares)
    own_db = spread * math.sqrt(1.0 - sum(share for share, _ in shares))
    start = _start(rng, 80.0, 500.0)
    spreads = sector_db * np.array([1, 1, 0.7, 0.7, 0.2, 0.2])
    air = Air(
        power_dbm=float(rng.normal(-95.0, 12.0)),
        exponent=float(np.clip(rng.normal(2.8, 0.6), 1.5, 4.5)),
        fields=tuple(exponential_field(rng, scale, variance**0.5) for variance, scale in shadows),
        sector_edges=None,
        sector_db=rng.normal(size=6) * spreads,
    )
    truth = Truth(
        shadows=shadows, own_db=own_db, sector_db=sector_db, sector_edges=None, start_m=start
    )
    return air, truth, _walk(rng, air, start, packets, 2.5)


def _scaled(rng: np.random.Generator, packets: int, scale: float, near: bool = False) -> Drawn:
    start = _start(rng, 15.0, 100.0) if near else _start(rng, 80.0 * scale, 500.0 * scale)
    spread = float(rng.uniform(4.0, 10.0))
    reach = scale * float(np.exp(rng.uniform(np.log(20.0), np.log(200.0))))
    air, truth = _sectors(rng, spread, reach, float(rng.uniform(0.0, 6.0)), start)
    return air, truth, _walk(rng, air, start, packets, 2.5 * scale)


def _sectors(
    rng: np.random.Generator, spread: float, reach: float, sector: float, start: tuple[float, float]
) -> tuple[Air, Truth]:
    count = int(rng.integers(3, 7))
    smooth = bool(rng.integers(2))
    draw = _smooth_field if smooth else exponential_field
    field = draw(rng, reach, spread)
    edges = np.sort(rng.uniform(0, 1, count))
    air = Air(
        power_dbm=float(rng.normal(-95.0, 12.0)),
        exponent=float(rng.uniform(2.0, 4.0)),
        fields=(field,),
        sector_edges=edges,
        sector_db=rng.normal(0.0, sector, count),
    )
    truth = Truth(
        shadows=((spread**2, reach),), own_db=2.5, sector_db=sector, sector_edges=edges,
        start_m=start, squared_exponential=smooth,
    )  # fmt: skip
    return air, truth


def _smooth_field(rng: np.random.Generator, scale_m: float, spread_db: float) -> Field:
    """Draw a field with covariance spread^2 exp(-(D / scale)^2 / 2)."""
    vectors = rng.normal(size=(WAVES, 2)) / scale_m
    return Field(vectors, rng.uniform(0, 2 * np.pi, WAVES), spread_db)


def _car(rng: np.random.Generator, packets: int) -> Drawn:
    """A road that bends and passes the collar at 100-1500 m."""
    step = float(rng.uniform(100.0, 400.0))
    places = int(rng.integers(10, 30))
    start = _start(rng, 300.0, 2500.0)
    air, truth = _sectors(
        rng, float(rng.uniform(5, 10)), float(rng.uniform(50, 300)), float(rng.uniform(0, 6)), start
    )
    heading = math.atan2(-start[0], -start[1]) + rng.normal(0, 0.6)
    path = _bending(rng, start, heading, places, step, 0.25)
    return air, truth, path


def _ridge(rng: np.random.Generator, packets: int) -> Drawn:
    """Places along a ridge that runs across, the collar below it; rock takes 10-15 dB."""
    off = float(np.exp(rng.uniform(np.log(400.0), np.log(4000.0))))
    along = float(rng.uniform(-1500, 1500))
    turn = float(rng.uniform(0, 2 * np.pi))
    places, step = int(rng.integers(8, 30)), float(rng.uniform(50.0, 200.0))
    begin = along - places * step / 2
    start = _rotated((begin, off), turn)
    air, truth = _sectors(
        rng, float(rng.uniform(6, 10)), float(rng.uniform(100, 400)),
        float(rng.uniform(10, 15)), start,
    )  # fmt: skip
    path = _bending(rng, start, math.pi / 2 - turn, places, step, 0.15)
    return air, truth, path


_DRAWN: dict[str, Callable[[np.random.Generator, int], Drawn]] = {
    "assumed": _assumed,
    "broken": lambda rng, packets: _scaled(rng, packets, 1.0),
    "large": lambda rng, packets: _scaled(rng, packets, 4.0),
    "car": _car,
    "ridge": _ridge,
    "near": lambda rng, packets: _scaled(rng, packets, 1.0, near=True),
}


def _start(rng: np.random.Generator, nearest_m: float, farthest_m: float) -> tuple[float, float]:
    distance = math.exp(rng.uniform(math.log(nearest_m), math.log(farthest_m)))
    return _rotated((0.0, distance), float(rng.uniform(0, 2 * np.pi)))


def _rotated(point: tuple[float, float], turn: float) -> tuple[float, float]:
    cos, sin = math.cos(turn), math.sin(turn)
    return point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos


def _bending(
    rng: np.random.Generator, start: tuple[float, float], heading: float, places: int,
    step_m: float, bend: float,
) -> Floats:  # fmt: skip
    headings = heading + np.cumsum(rng.normal(0, bend, places))
    steps = step_m * np.column_stack([np.sin(headings), np.cos(headings)])
    return np.asarray(np.array(start) + np.cumsum(steps, axis=0) - steps[0])


def _walk(
    rng: np.random.Generator, air: Air, start: tuple[float, float], packets: int, step_m: float
) -> Floats:
    """Walk on with a sway; turn aside when the last look was fainter than the one before."""
    heading, before_dbm = float(rng.uniform(0, 2 * np.pi)), -math.inf
    path = np.empty((packets, 2))
    here = np.array(start)
    for begin in range(0, packets, PACKETS_A_LOOK):
        count = min(PACKETS_A_LOOK, packets - begin)
        headings = heading + np.cumsum(rng.normal(0, 0.08, count))
        steps = step_m * np.column_stack([np.sin(headings), np.cos(headings)])
        leg = here + np.cumsum(steps, axis=0)
        path[begin : begin + count] = leg
        here, heading = leg[-1], float(headings[-1])
        now_dbm = float(air.level_dbm(leg[:, 0], leg[:, 1]).mean())
        if now_dbm < before_dbm - FAINTER_DB:
            heading += float(rng.choice([-1.0, 1.0]) * rng.uniform(0.8, 2.6))
        before_dbm = now_dbm
    return path
