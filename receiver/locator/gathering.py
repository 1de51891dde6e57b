"""The data of each factor from rows of observations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from receiver.locator.bearings import CORRELATION_M as BEARING_CORRELATION_M
from receiver.locator.bearings import USUAL_SIGMA_DEG, BearingData
from receiver.locator.bounds import CORRELATION_M as BOUND_CORRELATION_M
from receiver.locator.bounds import BoundData
from receiver.locator.radio import RadioData
from receiver.locator.settings import (
    GAIN_CHAIN_DB,
    LEVEL_AT_100_M,
    LEVEL_OF_OTHER_SCALES,
    SESSION_DB,
    Floats,
    LocatorConfig,
)
from receiver.locator.sightings import SightingData

MOST_PLACES = 200
POSSIBLE_LEVELS_DB = (-250.0, 150.0)
WIDEST_M, OLDEST_S = 1e6, 1e9
AZIMUTH_STEP_DEG = 15.0
USUAL_ON = 0.5  # of a beacon whose hours nobody knows: a coin
RANKED = "count"
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(kw_only=True)
class Rows:
    """Rows with a place, in order of time, and what was left out of them so far."""

    x_m: Floats
    y_m: Floats
    time_s: Floats
    columns: dict[str, NDArray[np.object_]]
    left_out: dict[str, int]

    def of(self, kind: str) -> Mask:
        """Return which rows are of a kind."""
        return np.asarray(self.columns["kind"] == kind)

    def number(self, name: str) -> Floats:
        """Return a column of numbers."""
        return self.columns[name].astype(float)

    def part(self, index: Ints) -> Rows:
        """Return some of the rows."""
        columns = {name: values[index] for name, values in self.columns.items()}
        return Rows(
            x_m=self.x_m[index], y_m=self.y_m[index], time_s=self.time_s[index], columns=columns,
            left_out={},
        )  # fmt: skip

    @cached_property
    def levels(self) -> Mask:
        """Which rows are of something heard."""
        return np.asarray(self.of("level") & (self.number("heard") != 0))

    @cached_property
    def ranked(self) -> Mask:
        """Which rows have only the count of a meter."""
        known = np.isfinite(self.number("level_db"))
        return self.levels & ~known & np.isfinite(self.number("level_raw"))

    @cached_property
    def possible(self) -> Mask:
        """Which levels are decibels that can be."""
        level_db = self.number("level_db")
        low, high = POSSIBLE_LEVELS_DB
        with np.errstate(invalid="ignore"):
            return np.asarray(self.levels & (level_db >= low) & (level_db <= high))

    @cached_property
    def bounded(self) -> Mask:
        """Which levels are only a bound."""
        return self.possible & np.isin(self.columns["level_bound"].astype(str), ("lower", "upper"))

    @property
    def usable(self) -> Mask:
        """Which rows say how loud it was."""
        return (self.possible & ~self.bounded) | self.ranked

    @cached_property
    def sessions(self) -> NDArray[np.str_]:
        """For each row whose scale and which offset its levels have."""
        columns = self.columns
        scales = np.where(self.ranked, RANKED, columns["level_unit"])
        names = (columns[name] for name in ("observer", "session", "receiver"))
        return np.array([session_label(*whose) for whose in zip(scales, *names, strict=True)])


def session_label(
    scale: str | None, observer: str | None, session: str | None, receiver: str | None
) -> str:
    """Name the scale and the offset of a level: one for each stretch with the same receiver."""
    own = "" if session else receiver or ""
    return f"{scale or '?'}\t{observer or ''}\t{session or ''}\t{own}"


def radio_data(rows: Rows, config: LocatorConfig) -> RadioData:
    """Average levels over 10 m squares for each session, scale and direction of the antenna.

    A place is the centre of its square: one more reading there moves its level and nothing else.
    """
    _count_unusable(rows)
    use = np.flatnonzero(rows.usable)
    labels, group = np.unique(rows.sessions[use], return_inverse=True)
    group = group.astype(np.int64).reshape(-1)
    antenna, azimuth_deg = _pointed(rows, use, config)
    turned = np.nan_to_num(azimuth_deg, nan=-1e3) // AZIMUTH_STEP_DEG
    square_m = config.place_square_m
    while True:
        key, member = _squares(rows.x_m[use], rows.y_m[use], group, turned, square_m)
        if len(key) <= MOST_PLACES:
            break
        square_m *= 2
    value = np.where(rows.ranked, rows.number("level_raw"), rows.number("level_db"))[use]
    count = np.bincount(member, minlength=len(key)).astype(float)
    level_db = np.bincount(member, value, len(key)) / np.maximum(count, 1.0)
    of_group = key[:, 0].astype(np.int64)
    scales = [str(label).partition("\t")[0] for label in labels]
    first_label = str(rows.sessions[use[0]]) if len(use) else ""
    ranked = np.array([scale == RANKED for scale in scales], dtype=bool)[of_group]
    first = np.unique(member, return_index=True)[1]
    return RadioData(
        x_m=(key[:, 1] + 0.5) * square_m,
        y_m=(key[:, 2] + 0.5) * square_m,
        level_db=_scores(level_db, of_group, ranked),
        group=of_group,
        group_mean_db=np.array([_prior(scale, config)[0] for scale in scales], dtype=float),
        group_covariance_db2=_sessions(list(map(str, labels)), first_label, config),
        square_m=square_m,
        ranked=ranked,
        labels=tuple(map(str, labels)),
        antenna=tuple(antenna[first]),
        azimuth_deg=azimuth_deg[first],
    )


def _count_unusable(rows: Rows) -> None:
    known = rows.levels & np.isfinite(rows.number("level_db"))
    unknown = rows.levels & ~known & ~rows.ranked
    rows.left_out["levels that are neither decibels nor a count"] = int(unknown.sum())
    rows.left_out["impossible levels"] = int((known & ~rows.possible).sum())


def _pointed(rows: Rows, use: Ints, config: LocatorConfig) -> tuple[NDArray[np.object_], Floats]:
    """Return the antenna and where it pointed, where a pattern of it is known."""
    names = rows.columns["antenna"][use]
    known = np.array([name in config.antennas for name in names], dtype=bool)
    azimuth_deg = rows.number("antenna_azimuth_deg")[use]
    return np.where(known, names, ""), np.where(known, azimuth_deg % 360.0, np.nan)


def _scores(level: Floats, group: Ints, ranked: Mask) -> Floats:
    """Return levels, those of counts as normal scores of their rank within their session."""
    out = level.copy()
    for number in np.unique(group[ranked]):
        mine = group == number
        out[mine] = ndtri((_ranks(level[mine]) - 0.5) / mine.sum())
    return out


def _ranks(values: Floats) -> Floats:
    """Return ranks from 1, the mean rank for equal values."""
    ordered = np.sort(values)
    first, last = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((first + last + 1) / 2.0)


def _prior(scale: str, config: LocatorConfig) -> tuple[float, float]:
    if scale == RANKED:
        return 0.0, LEVEL_OF_OTHER_SCALES[1]
    if scale == "dBm" and config.level_at_100_m_db is not None:
        return config.level_at_100_m_db
    return LEVEL_AT_100_M.get(scale, LEVEL_OF_OTHER_SCALES)


def _sessions(labels: list[str], first: str, config: LocatorConfig) -> Floats:
    """Return the prior covariance of the sessions' powers: one scale shares its power.

    Receivers differ by some decibels; a session with a name is another gain or antenna than that of
    the first reading, and may differ by far more.
    """
    scales = [label.partition("\t")[0] for label in labels]
    spread = np.array([_prior(scale, config)[1] for scale in scales], dtype=float)
    shared = np.array([[a == b and a in LEVEL_AT_100_M for b in scales] for a in scales])
    common = np.outer(spread, spread) * shared.reshape(len(scales), len(scales))
    apart = spread**2 * np.eye(len(scales), dtype=float)
    named = np.array([label != first and bool(label.split("\t")[2]) for label in labels])
    own = np.where(named, GAIN_CHAIN_DB, SESSION_DB) if len(labels) else np.empty(0)
    return np.where(common > 0, common, apart) + np.diag(own**2)


def _squares(
    x_m: Floats, y_m: Floats, group: Ints, turned: Floats, square_m: float
) -> tuple[Floats, Ints]:
    """Return the distinct (group, column, row, direction) and to which each reading belongs."""
    cells = np.column_stack([group, np.floor(x_m / square_m), np.floor(y_m / square_m), turned])
    key, member = np.unique(cells.reshape(-1, 4), axis=0, return_inverse=True)
    return key, member.reshape(-1)


def distinct(rows: Rows, use: Mask, config: LocatorConfig) -> int:
    """Return in how many squares some rows lie."""
    zero = np.zeros(int(use.sum()), dtype=np.int64)
    x_m, y_m = rows.x_m[use], rows.y_m[use]
    return len(_squares(x_m, y_m, zero, zero.astype(float), config.place_square_m)[0])


def shared(x_m: Floats, y_m: Floats, scale_m: float) -> Floats:
    """Return how much each place counts beside its neighbours: 1 / sum_k exp(-D_jk / scale)."""
    distance = np.hypot(np.subtract.outer(x_m, x_m), np.subtract.outer(y_m, y_m))
    return np.asarray(1.0 / np.exp(-distance / scale_m).sum(axis=1))


def bound_data(rows: Rows, heard: RadioData, config: LocatorConfig) -> BoundData:
    """Return silences whose weakest audible level is known, and levels that are only a bound."""
    threshold = np.where(rows.bounded, rows.number("level_db"), rows.number("threshold_db"))
    silent = rows.of("silence")
    use = (silent | rows.bounded) & np.isfinite(threshold)
    rows.left_out["silences without a known weakest level"] = int((silent & ~use).sum())
    square_m = config.place_square_m
    x_m, y_m = ((np.floor(v / square_m) + 0.5) * square_m for v in (rows.x_m, rows.y_m))
    heard_at = set(zip(heard.x_m, heard.y_m, strict=True))
    also_heard = np.array([place in heard_at for place in zip(x_m, y_m, strict=True)], dtype=bool)
    use &= ~(silent & also_heard)
    index = _one_a_place(rows, np.flatnonzero(use), x_m, y_m)
    is_lower = rows.columns["level_bound"][index].astype(str) == "lower"
    on = np.where(silent[index], _on_probability(rows, index), 1.0)
    prior = np.array([_bound_prior(rows, k, config) for k in index], dtype=float).reshape(-1, 2)
    return BoundData(
        x_m=x_m[index],
        y_m=y_m[index],
        threshold_db=np.clip(threshold[index], *POSSIBLE_LEVELS_DB),
        on_probability=on,
        weight=shared(x_m[index], y_m[index], BOUND_CORRELATION_M),
        is_lower=is_lower & ~silent[index],
        mean_db=prior[:, 0],
        sd_db=prior[:, 1],
        shared_db2=_shared_power(rows, index, heard, config),
    )


def _one_a_place(rows: Rows, index: Ints, x_m: Floats, y_m: Floats) -> Ints:
    """Return one row for each square and kind: that of the lowest threshold, or loudest bound."""
    value = np.where(rows.bounded, -rows.number("level_db"), rows.number("threshold_db"))[index]
    order = index[np.argsort(value, kind="stable")]
    cells = np.column_stack([x_m[order], y_m[order], rows.bounded[order]])
    first = np.unique(cells.reshape(-1, 3), axis=0, return_index=True)[1]
    return np.sort(order[first])[:MOST_PLACES]


def _on_probability(rows: Rows, index: Ints) -> Floats:
    on = rows.number("on_probability")[index]
    return np.clip(np.where(np.isfinite(on), on, USUAL_ON), 0.0, 1.0)


def _bound_prior(rows: Rows, index: int, config: LocatorConfig) -> tuple[float, float]:
    mean, spread = _prior(rows.columns["level_unit"][index] or "dBm", config)
    return mean, float(np.hypot(spread, SESSION_DB))


def _shared_power(rows: Rows, index: Ints, heard: RadioData, config: LocatorConfig) -> Floats:
    """Return the prior covariance of bounds' powers with those of sessions that heard: (K, G).

    A silence has no unit of its own: it is on the scale of its session, or of its threshold.
    """
    out = np.zeros((len(index), len(heard.labels)))
    for row, k in enumerate(index):
        scale, own = rows.columns["level_unit"][k] or "dBm", str(rows.sessions[k]).partition("\t")
        for group, label in enumerate(heard.labels):
            unit, _, session = label.partition("\t")
            if session == own[2]:
                out[row, group] = heard.group_covariance_db2[group, group]
            elif unit == scale and unit in LEVEL_AT_100_M:
                out[row, group] = _prior(unit, config)[1] ** 2
    return out


def bearing_data(rows: Rows, config: LocatorConfig) -> BearingData:
    """Return bearings from true north; `trust` of a row is 1 less its share of echoes."""
    bearing = rows.number("bearing_deg")
    wanted = rows.of("bearing")
    index = np.flatnonzero(wanted & np.isfinite(bearing))
    rows.left_out["bearings without a direction"] = int(wanted.sum()) - len(index)
    sigma = rows.number("bearing_sigma_deg")[index]
    sigma = np.where(np.isfinite(sigma) & (sigma > 0), sigma, USUAL_SIGMA_DEG)
    others = rows.columns["bearing_alternatives_deg"]
    trust = rows.number("trust")[index]
    echo_share = np.where(np.isfinite(trust), 1.0 - trust, config.bearing_outlier_share)
    x_m, y_m = rows.x_m[index], rows.y_m[index]
    return BearingData(
        x_m=x_m,
        y_m=y_m,
        sigma_deg=np.minimum(sigma, 90.0),
        weight=shared(x_m, y_m, BEARING_CORRELATION_M),
        alternatives_deg=tuple(_alternatives(bearing[i], others[i]) for i in index),
        echo_share=np.clip(echo_share, 0.01, 0.99),
    )


def _alternatives(bearing_deg: float, others: tuple[float, ...] | None) -> Floats:
    found = np.array([bearing_deg, *(others or ())], dtype=float)
    return np.asarray(found[np.isfinite(found)] % 360.0)


def sighting_data(rows: Rows) -> SightingData:
    """Return sightings by people and positions from packets."""
    use = rows.of("sighting") | rows.of("position")
    disc = rows.of("sighting")[use]
    newest = float(rows.time_s.max()) if len(rows.time_s) else 0.0
    radius = np.where(disc, rows.number("radius_m")[use], rows.number("accuracy_m")[use])
    known = np.isfinite(radius) & (radius > 0)
    trust = rows.number("trust")[use]
    usual = np.where(disc, 0.8, 0.95)
    return SightingData(
        x_m=rows.x_m[use],
        y_m=rows.y_m[use],
        radius_m=np.where(known, np.minimum(radius, WIDEST_M), np.where(disc, 100.0, 20.0)),
        trust=np.clip(np.where(np.isfinite(trust), trust, usual), 0.0, 0.99),
        age_s=np.clip(newest - rows.time_s[use], 0.0, OLDEST_S),
        is_disc=disc,
    )
