"""A made-up searcher in a rehearsal who does what he is told, second by second, until contact.

He asks every few seconds. "turn": he stands and turns the antenna once around in a minute, with a
compass on it, so that the ordinary reduction of a turn makes the bearing. Where a turn has just
told nothing he goes on a hundred metres before the next. "walk" and "that way": he goes there.
"stop", "listen", "wait" and nothing said: he stands. While he walks the antenna is carried upright
and hears alike from all sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from receiver.homing.snapshot import Advice
from receiver.notes import content
from receiver.simulator.scene import GPS_ERROR_M, GPS_MEMORY_S, Scene

RECEIVER = "r8500"
PACE_M_S, ASK_EVERY_S, TURN_S = 1.2, 5.0, 60.0
REST_S = 3.0  # of real time after a turn, until what it gave is on the screen
ASIDE_M, ASIDE_DEG = 100.0, 0.0  # up the gorge
# Of a small Yagi: degrees off its axis and what is lost there.
PATTERN_DEG, PATTERN_DB = (0.0, 30.0, 60.0, 90.0, 120.0, 180.0), (0.0, 2.0, 8.0, 25.0, 12.0, 9.0)


class Searcher:
    """Where he is and what he does; `move` lets time go by and gives what he writes down."""

    def __init__(
        self,
        scene: Scene,
        ask: Callable[[], Advice | None],
        limit_m: float,
        seed: int,
        speed: float = 1.0,
    ) -> None:
        """Stand at the foot of the gorge; `speed`: so many times as fast as real time goes by."""
        self._rest_s = REST_S * speed
        self._scene, self._ask, self._limit_m = scene, ask, limit_m
        self._rng = np.random.default_rng([seed, 9])
        self.x_m, self.y_m = 0.0, 0.0
        self._error_m = self._rng.normal(0.0, GPS_ERROR_M, 2)
        self._now_s = self._next_ask_s = 0.0
        self._course_deg: float | None = None
        self._turn_began_s: float | None = None
        self._turned_m: tuple[float, float] | None = None
        self.heading_deg: float | None = None
        self.level_dbm = -math.inf
        self._hear()

    @property
    def away_m(self) -> float:
        """How far he is from the collar."""
        return math.dist(self._scene.collar_m, (self.x_m, self.y_m))

    @property
    def met(self) -> bool:
        """Whether the collar is within the limit."""
        return self.away_m <= self._limit_m

    @property
    def gps_m(self) -> tuple[float, float]:
        """Where his GPS says he is."""
        return self.x_m + float(self._error_m[0]), self.y_m + float(self._error_m[1])

    def move(self, now_s: float) -> list[content.Content]:
        """Let time go by until `now_s`; return what he writes down."""
        passed_s, self._now_s = max(now_s - self._now_s, 0.0), now_s
        keep = math.exp(-passed_s / GPS_MEMORY_S)
        fresh = self._rng.normal(0.0, GPS_ERROR_M, 2)
        self._error_m = keep * self._error_m + math.sqrt(1.0 - keep**2) * fresh
        said = list(self._act(passed_s))
        self._hear()
        return said

    def _act(self, passed_s: float) -> Iterator[content.Content]:
        if self.met:
            return
        if self._turn_began_s is not None:
            yield from self._go_on_turning(self._turn_began_s)
        elif self._now_s >= self._next_ask_s:
            self._next_ask_s = self._now_s + ASK_EVERY_S
            yield from self._obey(self._ask())
        if self._course_deg is not None:
            self.x_m += PACE_M_S * passed_s * math.sin(math.radians(self._course_deg))
            self.y_m += PACE_M_S * passed_s * math.cos(math.radians(self._course_deg))

    def _obey(self, advice: Advice | None) -> Iterator[content.Content]:
        deed = "wait" if advice is None else advice.deed
        self._course_deg = None
        if advice is not None and deed in ("walk", "that way"):
            self._course_deg = advice.bearing_deg
        if deed == "turn" and self._has_just_turned_here():
            self._course_deg = ASIDE_DEG
        elif deed == "turn":
            self._turn_began_s, self.heading_deg = self._now_s, 0.0
            yield content.turn(RECEIVER, "start")

    def _has_just_turned_here(self) -> bool:
        turned = self._turned_m
        return turned is not None and math.dist(turned, (self.x_m, self.y_m)) < ASIDE_M

    def _go_on_turning(self, began_s: float) -> Iterator[content.Content]:
        share = (self._now_s - began_s) / TURN_S
        if share < 1.0:
            self.heading_deg = 360.0 * share
            return
        self._turn_began_s = self.heading_deg = None
        self._turned_m = self.x_m, self.y_m
        self._next_ask_s = self._now_s + self._rest_s
        yield content.turn(RECEIVER, "end", full=True)

    def _hear(self) -> None:
        """Note the mean level here, by where the antenna points."""
        level_dbm = float(self._scene.level_dbm(np.array([self.x_m]), np.array([self.y_m]))[0])
        if self.heading_deg is not None:
            east, north = self._scene.collar_m
            toward_deg = math.degrees(math.atan2(east - self.x_m, north - self.y_m))
            off_deg = abs((self.heading_deg - toward_deg + 180.0) % 360.0 - 180.0)
            level_dbm -= float(np.interp(off_deg, PATTERN_DEG, PATTERN_DB))
        self.level_dbm = level_dbm
