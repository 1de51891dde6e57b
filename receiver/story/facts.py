"""The records of a story. Names carry units; None is unknown; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position that may be trusted. `sensor` is gps or argos-doppler-shift."""

    fix_id: str
    time: datetime
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float
    sensor: str
    location_class: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The schedule by the collar's own intervals, as it was in force at the end.

    `since` is when it began; `interval_before_s` the one before, None where there was none. `gaps`
    counts the intervals since then, `missed_share` is the share of due times that gave nothing.
    """

    interval_s: float
    since: datetime
    gaps: int
    missed_share: float
    longest_s: float
    interval_before_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """How late it is. `as_long` of the `gaps` before were as long as this silence.

    `share_as_long` counts this silence as one of its gaps: (as_long + 1) / (gaps + 1), so that few
    gaps never make a silence look unusual.
    """

    silence_s: float
    missed: int
    as_long: int
    gaps: int
    share_as_long: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSuccess:
    """How many of the fixes that were due came, in the last `days` of contact and before."""

    days: float
    recent_share: float
    recent_due: int
    before_share: float | None
    before_due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A sensor over time, by medians of days.

    `recent` covers the last 7 days with values, `before` the 30 days before these. The slope is
    that of Theil and Sen over the last 90 days. `swing` is between the highest and lowest of a day.
    """

    unit: str
    count: int
    last: float
    last_time: datetime
    recent: float
    before: float | None
    slope_per_30_days: float | None
    swing_recent: float
    swing_before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mortality:
    """Flags of the collar's own sensor: it lay still. `is_set`: so said the last row with one."""

    count: int
    first: datetime
    last: datetime
    is_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The way between fixes, so at least this far. Steps below `least_step_m` are not counted."""

    distance_m: float
    begin: datetime
    end: datetime
    last_30_days_m: float
    interval_s: float
    least_step_m: float
    positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRange:
    """A kernel home range (bivariate normal). `effective` is the number of independent positions.

    `bandwidth_m` is the reference bandwidth of the effective number.
    """

    positions: int
    effective: float
    bandwidth_m: float
    area_50_m2: float
    area_95_m2: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A place where it stayed. `until_end`: it holds the last position.

    `last_stay_s` is the length of the last visit, `spread_m` the median distance of the fixes of
    that visit from their middle.
    """

    latitude_deg: float
    longitude_deg: float
    begin: datetime
    end: datetime
    positions: int
    visits: int
    longest_stay_s: float
    last_stay_s: float
    spread_m: float
    until_end: bool
    may_be: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A reason for the silence, with what speaks for and against it.

    `weight` is rough: parts of 100 over all causes, by judgement or, where `by_leader`, the
    leader's own. `inaudible_share` is how often the beacon cannot be heard if this is the cause.
    """

    key: str
    title: str
    weight: float
    by_leader: bool
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    missing: tuple[str, ...]
    where: str
    when: str
    inaudible_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What only people know; `answer` is None until it was given."""

    key: str
    text: str
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that the history of a collar says at `time`.

    `places_before` are the positions before the last place, the newest first. `causes` begin with
    the heaviest. `inaudible_share` is the rough chance that the beacon cannot be heard at all,
    wherever one listens: off, empty or carried away.
    """

    collar: str
    device_ids: tuple[str, ...]
    time: datetime
    rows: int
    positions: int
    last_contact: datetime | None
    last_place: Position | None
    places_before: tuple[Position, ...]
    contacts_after_last_place: int
    contact_rhythm: Rhythm | None
    fix_rhythm: Rhythm | None
    overdue: Overdue | None
    fix_success: FixSuccess | None
    battery: Trend | None
    temperature: Trend | None
    mortality: Mortality | None
    walk: Walk | None
    home_range: HomeRange | None
    clusters: tuple[Cluster, ...]
    moved_at_the_end: bool | None
    causes: tuple[Cause, ...] = ()
    questions: tuple[Question, ...] = ()
    inaudible_share: float = 0.0
    warnings: tuple[str, ...] = ()
