"""What a searcher sees, hears and reads on a phone at one moment, the same for all three.

A face (terminal, page, sound, one line a second) shows a snapshot and computes nothing of its own.
Every value that can grow old comes with its age in seconds: a face strikes out what is older than
`OLD_S`. None is unknown. `jsonable` of a snapshot is what phones get.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

OLD_S = 10.0
Nearness = Literal["far", "near", "very near"]
# What a searcher is told to do: `stop` is the approach limit; `that way` gives a direction and says
# nothing of the ground; `walk` only where elevations are known; `turn` and `listen` gather more.
Deed = Literal["stop", "that way", "walk", "turn", "listen", "wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """The level of the homed collar by one receiver, on that receiver's own scale.

    `share` is where it lies between the receiver's noise (0) and its saturation (1). `peak_db` is
    the loudest of the last sweep and holds; `trend_db` compares the peaks of the last two sweeps
    (turns, or half minutes of walking) heard with the same antenna and gain, None where there are
    not two. `unit` is dBm only with a calibration; "count" for a meter without a curve.
    `source` is what setups and turns are said of; `name` what people call the receiver: of several
    gateways behind one source, with the end of its own.
    """

    receiver: str
    value: float
    unit: str
    share: float
    age_s: float
    peak: float | None = None
    peak_age_s: float | None = None
    trend_db: float | None = None
    saturated: bool = False
    source: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """How fast the beacon beats; what that means stands only on the collar's sheet."""

    pulses_per_minute: float
    meaning: str
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where the collar may be, seen from the searcher's place; bearings from true north.

    `low_m` to `high_m` is the distance that nine of ten times holds; only shown as metres where
    the level's scale is calibrated (`metres_known`), else `nearness` alone. `area_m2` is that of
    the search area (95 %).
    """

    bearing_deg: float | None = None
    bearing_sd_deg: float | None = None
    low_m: float | None = None
    high_m: float | None = None
    nearness: Nearness | None = None
    metres_known: bool = False
    area_m2: float | None = None
    inaudible_probability: float | None = None
    age_s: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """The approach limit, which the leader alone lowers, and whether the searcher stands in it.

    `edge_m` is how far the searcher is from the search area (0 inside), None where either is not
    known. `must_stop` is True inside the search area plus the limit: of the homed collar, or of
    `other_collar`, which was homed in on before.
    """

    limit_m: float
    edge_m: float | None
    must_stop: bool
    other_collar: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do next, in one deed and the reason for it.

    `bearing_deg` from true north and `distance_m` go with "walk" and "that way".
    """

    deed: Deed
    reason: str = ""
    bearing_deg: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What the receiver hears with, in words, and the next step to take close in ("" for none)."""

    now: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands: the searcher, or another one.

    `must_stop`: another one is inside the search area plus the approach limit, and his phone says
    so; for the searcher `Approach` does. `holds_s`: so long a place holds that was said by hand.
    """

    observer: str
    latitude_deg: float
    longitude_deg: float
    age_s: float
    accuracy_m: float | None = None
    heading_deg: float | None = None
    must_stop: bool = False
    holds_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line with its age: the last decoded packet, a call to all, what was entered."""

    text: str
    age_s: float
    observer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source: its state in a word, its age, and why where it is lost.

    `off_in_s` is when a receiver that switches itself off will do so, by its sheet of keys.
    """

    name: str
    role: str
    state: str
    age_s: float | None
    reason: str = ""
    off_in_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The computer: rows saved and waiting, battery, disk, what the clock follows."""

    saved: int
    waiting: int
    is_stuck: bool
    battery_percent: int | None = None
    battery_hours: float | None = None
    disk_hours: float | None = None
    why_stuck: str = ""
    clock_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything at one moment. `calls` are what was called to everybody: animal seen, danger.

    `possible_echo`: near bearings disagree, or peaks are broad. `needed` says what would help most,
    first things first. `faults` are told once each, newest last. `heard_count` counts calls of
    HEARD, so that a face can tell a new one.
    """

    time: datetime
    collar: str | None
    collars: tuple[str, ...]
    simulation: bool
    approach: Approach
    advice: Advice
    machine: Machine
    where: Where
    strength: Strength | None = None
    beat: Beat | None = None
    gain: Gain | None = None
    place: Standing | None = None
    others: tuple[Standing, ...] = ()
    sources: tuple[SourceState, ...] = ()
    decoded: tuple[Said, ...] = ()
    calls: tuple[Said, ...] = ()
    entered: tuple[Said, ...] = ()
    needed: tuple[str, ...] = ()
    faults: tuple[Said, ...] = ()
    possible_echo: bool = False
    turning: bool = False
    own_radio: bool = False
    heard_count: int = 0
