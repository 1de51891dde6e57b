"""Three searchers in the same made-up country, from the first beep until contact.

    guided    does what `receiver.homing.advice` says, from the very `Stream` that runs live
    by ear    turns with the antenna, walks where it is loudest while it grows no fainter
    loudest   goes to the loudest place heard so far and walks rings about it

All walk at one pace, and a turn with the antenna takes all the same time and is as good: 10 degrees
about the loudest direction, which may be an echo. The receiver gives the guided one a level every
ten seconds; an ear compares two levels no better than `EAR_DB`. Contact is a distance from the
collar.

The guided one stops where he must. If the collar is not that near, the leader lowers the limit by
typing (`LOWERED_M`), which takes a minute each time, and he goes on: `stops` says how often, and
`first_stop_m` how far the collar really was.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from receiver.columns import columns
from receiver.geodesy import LocalGrid
from receiver.homing.advice import advise
from receiver.homing.approach import approach
from receiver.levels import S9_DBM_VHF
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.locator.evidence import gather
from receiver.locator.settings import LED_WALK_M, Movement
from receiver.records import SIMULATION_MARK, Answer, Observation
from receiver.simulator.country import Country
from receiver.simulator.scene import FADING_DB, GPS_ERROR_M, NOISE_FLOOR_DBM
from receiver.simulator.search import ORIGIN_DEG, START

PACE_M_S, STEP_S = 0.8, 10.0
STEP_M = PACE_M_S * STEP_S
TURN_S, BEARING_ERROR_DEG = 60.0, 10.0
CAP_S = 3 * 3600.0
EAR_DB, FAINTER_DB, LOOK_STEPS = 2.0, 3.0, 3
LOUD_DBM, LEG_M, LEG_WHERE_LOUD_M = -75.0, 150.0, 50.0
FIRST_RING_M, RING_GROWS, RING_CORNERS = 50.0, 1.6, 8
ASKED_EVERY_M = 120.0
LOWERED_M, LEADER_S = (100.0, 30.0, 0.0), 60.0


@dataclass(slots=True)
class Walk:
    """One searcher under way. He knows what `step` and `turn` tell him, and no more."""

    country: Country
    limit_m: float
    rng: np.random.Generator
    x_m: float = 0.0
    y_m: float = 0.0
    time_s: float = 0.0
    distance_m: float = 0.0
    turns: int = 0
    echoes: int = 0
    stops: int = 0
    first_stop_m: float | None = None

    def __post_init__(self) -> None:
        self.x_m, self.y_m = self.country.start_m

    @property
    def away_m(self) -> float:
        """How far the collar really is."""
        return math.hypot(self.x_m, self.y_m)

    @property
    def met(self) -> bool:
        """Whether the collar is within the limit."""
        return self.away_m <= self.limit_m

    @property
    def over(self) -> bool:
        """Whether the search has ended: contact, or the day is over."""
        return self.met or self.time_s >= CAP_S

    def listen(self) -> float | None:
        """Return the level here, None where it is not heard."""
        level_dbm = self.country.level_dbm(self.x_m, self.y_m) + self.rng.normal(0.0, FADING_DB)
        return float(level_dbm) if level_dbm > NOISE_FLOOR_DBM else None

    def step(self, bearing_deg: float) -> float | None:
        """Walk one step and return the level there."""
        self.x_m += STEP_M * math.sin(math.radians(bearing_deg))
        self.y_m += STEP_M * math.cos(math.radians(bearing_deg))
        self.time_s, self.distance_m = self.time_s + STEP_S, self.distance_m + STEP_M
        return self.listen()

    def turn(self) -> float | None:
        """Turn with the antenna; return the loudest direction, None where it is not heard."""
        self.time_s += TURN_S
        if self.listen() is None:
            return None
        loudest_deg, is_echo = self.country.loudest_deg(self.x_m, self.y_m)
        self.turns, self.echoes = self.turns + 1, self.echoes + is_echo
        return (loudest_deg + float(self.rng.normal(0.0, BEARING_ERROR_DEG))) % 360.0

    def toward_deg(self, x_m: float, y_m: float) -> float:
        """Return the bearing to a place."""
        return math.degrees(math.atan2(x_m - self.x_m, y_m - self.y_m)) % 360.0


# --- by ear ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Memory:
    """What a searcher remembers by ear: the loudest place, and how loud it was there."""

    x_m: float
    y_m: float
    level_dbm: float = -math.inf

    def hear(self, walk: Walk, level_dbm: float | None) -> bool:
        """Take note of a level; tell whether it was clearly louder than ever before."""
        if level_dbm is None:
            return False
        heard_dbm = level_dbm + float(walk.rng.normal(0.0, EAR_DB))
        louder = heard_dbm > self.level_dbm + FAINTER_DB
        if heard_dbm > self.level_dbm:
            self.x_m, self.y_m, self.level_dbm = walk.x_m, walk.y_m, heard_dbm
        return louder


def climb_by_ear(walk: Walk) -> None:
    """Walk where it is loudest until it grows fainter, and turn again."""
    memory = Memory(walk.x_m, walk.y_m)
    while not walk.over:
        bearing_deg = walk.turn()
        if bearing_deg is None:
            back_m = math.hypot(memory.x_m - walk.x_m, memory.y_m - walk.y_m)
            lost = back_m < 2 * STEP_M
            anywhere = float(walk.rng.uniform(0.0, 360.0))
            bearing_deg = anywhere if lost else walk.toward_deg(memory.x_m, memory.y_m)
        _leg_by_ear(walk, bearing_deg, memory)


def _leg_by_ear(walk: Walk, bearing_deg: float, memory: Memory) -> None:
    heard: list[float] = []
    leg_m = LEG_WHERE_LOUD_M if memory.level_dbm > LOUD_DBM else LEG_M
    for _ in range(math.ceil(leg_m / STEP_M)):
        level_dbm = walk.step(bearing_deg)
        memory.hear(walk, level_dbm)
        heard.append(NOISE_FLOOR_DBM if level_dbm is None else level_dbm)
        if walk.over or _is_fainter(walk, heard):
            return


def _is_fainter(walk: Walk, heard: list[float]) -> bool:
    if len(heard) % LOOK_STEPS or len(heard) < 2 * LOOK_STEPS:
        return False
    before, now = heard[-2 * LOOK_STEPS : -LOOK_STEPS], heard[-LOOK_STEPS:]
    seems_db = float(np.mean(now) - np.mean(before) + walk.rng.normal(0.0, EAR_DB))
    return seems_db < -FAINTER_DB


def search_loudest(walk: Walk) -> None:
    """Go to the loudest place heard so far and walk rings about it, wider and wider."""
    memory, ring_m = Memory(walk.x_m, walk.y_m), FIRST_RING_M
    memory.hear(walk, walk.listen())
    while not walk.over:
        louder = _ring(walk, (memory.x_m, memory.y_m), ring_m, memory)
        ring_m = FIRST_RING_M if louder else ring_m * RING_GROWS
        _go(walk, memory.x_m, memory.y_m, memory)


def _ring(walk: Walk, about_m: tuple[float, float], ring_m: float, memory: Memory) -> bool:
    """Walk a ring about a place; tell whether it was louder somewhere on it."""
    begin_deg = float(walk.rng.uniform(0.0, 360.0))
    louder = False
    for corner in range(RING_CORNERS + 1):
        turn = math.radians(begin_deg + 360.0 * corner / RING_CORNERS)
        x_m, y_m = about_m[0] + ring_m * math.sin(turn), about_m[1] + ring_m * math.cos(turn)
        louder |= _go(walk, x_m, y_m, memory)
    return louder


def _go(walk: Walk, x_m: float, y_m: float, memory: Memory) -> bool:
    louder = False
    while not walk.over and math.hypot(x_m - walk.x_m, y_m - walk.y_m) > STEP_M:
        louder |= memory.hear(walk, walk.step(walk.toward_deg(x_m, y_m)))
    return louder


# --- by the guidance ------------------------------------------------------------------------------


@dataclass(slots=True)
class Guide:
    """The running search of a guided searcher: what he hands in, and what he is told."""

    walk: Walk
    limit_m: float
    stream: Stream
    grid: LocalGrid = field(default_factory=lambda: LocalGrid(*ORIGIN_DEG))
    rows: int = 0
    course_deg: float | None = None

    def place_deg(self) -> tuple[float, float]:
        """Return where his GPS says he is."""
        error = self.walk.rng.normal(0.0, GPS_ERROR_M, 2)
        latitude, longitude = self.grid.to_degrees(
            self.walk.x_m + error[0], self.walk.y_m + error[1]
        )
        return float(latitude), float(longitude)

    def hand_in(self, kind: str, **values: object) -> None:
        """Add a row of evidence."""
        self.rows += 1
        latitude_deg, longitude_deg = self.place_deg()
        told = {"kind": kind, "latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
        self.stream.add(
            Observation(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"walker/{self.rows}")),
                time=START + timedelta(seconds=self.walk.time_s),
                collar="simulated",
                observer="A",
                receiver="simulated",
                text=SIMULATION_MARK,
                **told,  # type: ignore[arg-type]
                **values,  # type: ignore[arg-type]
            )
        )

    def posterior(self) -> Posterior:
        """Return the answer now; without its outlines once the leader has lifted the limit."""
        if self.limit_m > 0 or (belief := self.stream.belief()) is None:
            return self.stream.posterior()
        evidence = gather(columns(self.stream.rows), self.stream.config)
        return Posterior(answer=Answer(), belief=belief, evidence=evidence)

    def hear(self, level_dbm: float | None) -> None:
        """Hand in a level: of a meter that is not calibrated, so against S9."""
        if level_dbm is not None:
            level_db = round(level_dbm - S9_DBM_VHF, 1)
            self.hand_in("level", heard=True, level_db=level_db, level_unit="dBS9")

    def turn(self) -> None:
        """Turn with the antenna and hand in the bearing."""
        bearing_deg = self.walk.turn()
        if bearing_deg is None:
            self.hand_in("silence", heard=False)
            return
        sigma_deg = BEARING_ERROR_DEG
        self.hand_in("bearing", bearing_deg=round(bearing_deg), bearing_sigma_deg=sigma_deg)


def follow_guidance(walk: Walk, movement: Movement = "alive") -> None:
    """Do what the advice says until contact."""
    led = LocatorConfig(collar="simulated", movement=movement, shortest_walk_m=LED_WALK_M)
    guide = Guide(walk, walk.limit_m, Stream(led))
    guide.hear(walk.listen())
    while not walk.over:
        posterior, place_deg = guide.posterior(), guide.place_deg()
        standing = approach(posterior, place_deg, guide.limit_m)
        if standing.must_stop:
            _ask_leader(guide)
            continue
        advice = advise(posterior, place_deg, standing, course_deg=guide.course_deg)
        if advice.bearing_deg is None or advice.distance_m is None:
            guide.turn()
        else:
            walk_leg(guide, advice.bearing_deg, min(advice.distance_m, ASKED_EVERY_M))


def _ask_leader(guide: Guide) -> None:
    """Stop; the collar is not within the limit, so the leader lowers it and the search goes on."""
    walk = guide.walk
    walk.stops, walk.time_s = walk.stops + 1, walk.time_s + LEADER_S
    if walk.first_stop_m is None:
        walk.first_stop_m = walk.away_m
    guide.limit_m = next(limit for limit in LOWERED_M if limit < guide.limit_m)


def walk_leg(guide: Guide, bearing_deg: float, length_m: float) -> None:
    """Walk a leg and hand in what is heard on it."""
    guide.course_deg = bearing_deg
    for _ in range(max(1, round(length_m / STEP_M))):
        guide.hear(guide.walk.step(bearing_deg))
        if guide.walk.over:
            return


# --- all three ------------------------------------------------------------------------------------

SEARCHERS: dict[str, Callable[[Walk, Movement], None]] = {
    "guided": follow_guidance,
    "by ear": lambda walk, movement: climb_by_ear(walk),
    "loudest": lambda walk, movement: search_loudest(walk),
}


def searched(name: str, country: Country, seed: int, limit_m: float, movement: Movement) -> Walk:
    """Return the walk of one searcher, ended."""
    number = list(SEARCHERS).index(name)
    walk = Walk(country, limit_m, np.random.default_rng([seed, 8, number]))
    SEARCHERS[name](walk, movement)
    return walk
