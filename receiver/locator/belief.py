"""What is believed after an epoch, and how it is carried on to the next.

The animal moves between epochs, so what was believed is spread; power and exponent of the collar
do not, so they are carried over as a normal distribution each. The first epoch in which the collar
was heard also brings how far it may be from there (`receiver.locator.reach`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import logsumexp

from receiver.locator.bearings import Bearings
from receiver.locator.bounds import bounds
from receiver.locator.evidence import Epoch, Evidence
from receiver.locator.movement import spread_m
from receiver.locator.radio import (
    SCALED_AT_DB,
    Radio,
    RadioData,
    covariance,
    distances_db,
    known_offsets_db,
    variants,
)
from receiver.locator.reach import ReachData, reach, reach_data
from receiver.locator.settings import SESSION_DB, Floats, LocatorConfig
from receiver.locator.sightings import sightings
from receiver.locator.tree import FINEST_OPENING_M, Leaves, Near, settle

LogDensity = Callable[[Floats], Floats]
USUAL_OFF, OFF_AFTER_DAYS = 0.1, (0.4, 30.0)
LEAST_MASS = 1e-7
CARRIED_CELLS = 200
SMALLEST_POWER_SD_DB, SMALLEST_EXPONENT_SD = 3.0, 0.2
FAR_TAIL, FAR_TAIL_FACTOR = 0.02, 3.0
CHUNK_VALUES = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What is known of a collar's level at 100 m, on one scale, and of the exponent."""

    mean_db: float
    sd_db: float
    exponent: float
    exponent_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """The cells after an epoch, the chance that the beacon is off, and the epoch's levels.

    `power_before`: what earlier epochs said of the collar's power.
    """

    time_s: float
    leaves: Leaves
    off_probability: float
    was_heard: bool
    radio: RadioData
    power_before: Power | None
    parts: dict[str, Floats] = field(default_factory=dict)
    """What each factor said at the centres of the cells, by name."""


class Past:
    """Beliefs of epochs that have passed, so that a search that goes on need not repeat them.

    What an epoch was computed from is its key: one more row in it, and it is computed again.
    """

    def __init__(self) -> None:
        self._known: dict[int, Belief] = {}

    def __len__(self) -> int:
        return len(self._known)

    def before_last(self, evidence: Evidence, config: LocatorConfig) -> Belief | None:
        """Return what is believed after all epochs but the last."""
        belief, kept = None, {}
        key = hash((repr(config), evidence.silent_days >= OFF_AFTER_DAYS[1]))
        for epoch in evidence.epochs[:-1]:
            key = hash((key, _digest(epoch)))
            belief = self._known.get(key) or step(belief, epoch, evidence.silent_days, config)
            kept[key] = belief
        self._known = kept
        return belief


def _digest(epoch: Epoch) -> int:
    radio, bound, bearing, seen = epoch.radio, epoch.bounds, epoch.bearings, epoch.sightings
    arrays = (
        radio.x_m, radio.y_m, radio.level_db, radio.group, bound.x_m, bound.y_m,
        bound.threshold_db, bound.on_probability, bound.is_lower, bearing.x_m, bearing.y_m,
        bearing.sigma_deg, bearing.echo_share, *bearing.alternatives_deg, seen.x_m, seen.y_m,
        seen.radius_m, seen.trust, seen.age_s, seen.is_disc,
    )  # fmt: skip
    pointed = () if radio.azimuth_deg is None else (radio.antenna, radio.azimuth_deg.tobytes())
    named = (epoch.time_s, radio.labels, *pointed)
    return hash((*named, *(array.tobytes() for array in arrays)))


def follow(evidence: Evidence, config: LocatorConfig, past: Past | None = None) -> Belief:
    """Return what is believed after all epochs, the first to the last."""
    past = Past() if past is None else past
    before = past.before_last(evidence, config)
    return step(before, evidence.epochs[-1], evidence.silent_days, config)


def step(belief: Belief | None, epoch: Epoch, silent_days: float, config: LocatorConfig) -> Belief:
    """Return what is believed after one more epoch."""
    scene = Scene(belief, epoch, silent_days, config)
    leaves = settle(scene.near, config.reach_m, scene)
    return scene.belief(leaves)


class Scene:
    """The factors of one epoch, each with what does not depend on the cell computed once."""

    def __init__(
        self, belief: Belief | None, epoch: Epoch, silent_days: float, config: LocatorConfig
    ) -> None:
        self.power = None if belief is None else power(belief, config)
        if self.power is not None:
            epoch, config = with_power(epoch, self.power, config)
        self.epoch, self.config, self.before = epoch, config, belief
        self.heard_before = belief is not None and belief.was_heard
        self.off = _off_before(belief, epoch, silent_days, config)
        self.reach = reach_of(epoch, config) if epoch.was_heard and not self.heard_before else None
        self.near = near(epoch, belief)
        self.factors: dict[str, LogDensity] = {}
        if belief is not None:
            self.factors["earlier"] = carried(belief, epoch.time_s, config)
        if (data := self.reach) is not None:
            self.factors["reach"] = lambda points: reach(points, data, config)[0]
        if len(epoch.radio.x_m):
            self.factors["levels"] = _levels(epoch.radio, config)
        if len(epoch.bounds.x_m):
            self.factors["silence"] = lambda points: bounds(
                points, epoch.bounds, epoch.radio, self.off, config
            )[0]
        if len(epoch.bearings.x_m):
            self.factors["bearings"] = Bearings(epoch.bearings, config)
        if len(epoch.sightings.x_m):
            self.factors["sightings"] = lambda points: sightings(points, epoch.sightings, config)[0]

    def __call__(self, points_m: Floats) -> Floats:
        """Return the log density at points (N, 2)."""
        found = (factor(points_m) for factor in self.factors.values())
        return np.asarray(sum(found, np.zeros(len(points_m))))

    def belief(self, leaves: Leaves, parts: dict[str, Floats] | None = None) -> Belief:
        """Return what is believed when the cells have settled; `parts` where known already."""
        if parts is None:
            parts = self._parts(leaves)
        heard = self.epoch.was_heard
        return Belief(
            time_s=self.epoch.time_s,
            leaves=leaves,
            off_probability=0.0 if heard else _off_after(leaves, parts.get("silence"), self.off),
            was_heard=heard or self.heard_before,
            radio=self.epoch.radio,
            power_before=self.power,
            parts=parts,
        )

    def _parts(self, leaves: Leaves) -> dict[str, Floats]:
        """Return what each factor said; that of levels, the dearest, is what the others leave."""
        parts = {
            name: factor(leaves.points_m)
            for name, factor in self.factors.items()
            if name != "levels"
        }
        if "levels" in self.factors:
            parts["levels"] = leaves.log_density - sum(parts.values(), np.zeros(1))
        return parts


def reach_of(epoch: Epoch, config: LocatorConfig) -> ReachData:
    """Return the places that heard the collar, for how far it may be from them."""
    loud = epoch.bounds.is_lower
    return reach_data(
        epoch.radio,
        np.append(epoch.bearings.x_m, epoch.bounds.x_m[loud]),
        np.append(epoch.bearings.y_m, epoch.bounds.y_m[loud]),
        config.shortest_walk_m,
    )


def _levels(data: RadioData, config: LocatorConfig) -> LogDensity:
    radios = [Radio(variant, config) for variant in variants(data)]
    if len(radios) == 1:
        return radios[0]
    return lambda points: np.asarray(
        logsumexp([radio(points) for radio in radios], axis=0) - np.log(len(radios))
    )


def near(epoch: Epoch, belief: Belief | None) -> Near:
    """Return where cells must be small: places of levels and bearings, sightings."""
    points = [
        epoch.radio.places_m,
        np.column_stack([epoch.bounds.x_m, epoch.bounds.y_m]),
        np.column_stack([epoch.bearings.x_m, epoch.bearings.y_m]),
    ]
    count = sum(map(len, points))
    scale = np.full(count, FINEST_OPENING_M)
    seen = epoch.sightings
    points.append(np.column_stack([seen.x_m, seen.y_m]))
    scale = np.append(scale, np.maximum(seen.radius_m / 2.0, FINEST_OPENING_M / 4.0))
    if belief is not None:
        heaviest = np.argsort(belief.leaves.probability)[-20:]
        points.append(belief.leaves.points_m[heaviest])
        scale = np.append(scale, np.maximum(belief.leaves.side_m[heaviest], FINEST_OPENING_M))
    return Near(np.vstack(points), scale)


def _off_before(
    belief: Belief | None, epoch: Epoch, silent_days: float, config: LocatorConfig
) -> float:
    """Return the chance that the beacon is off before this epoch's silence is looked at."""
    if epoch.was_heard:
        return 0.0
    if belief is not None and not belief.was_heard:
        return belief.off_probability
    if config.off_probability is not None:
        return config.off_probability
    share, days = OFF_AFTER_DAYS
    return share if silent_days >= days else USUAL_OFF


def _off_after(leaves: Leaves, silence: Floats | None, off: float) -> float:
    """Return the chance that it is off after silence: o / E[o + (1 - o) p(silence | on, cell)]."""
    if silence is None or off <= 0:
        return off
    without = leaves.log_mass - silence
    log_all = logsumexp(leaves.log_mass) - logsumexp(without)
    return float(np.exp(min(np.log(off) - log_all, 0.0)))


def carried(belief: Belief, time_s: float, config: LocatorConfig) -> LogDensity:
    """Return the log density of what was believed, spread by how far the animal has gone since."""
    age_s = max(time_s - belief.time_s, 0.0)
    gone_m = float(spread_m(np.array([age_s]), config.movement)[0]) / 2.0**0.5
    points_m, mass, side_m = _merged(belief.leaves, gone_m / 2.0)
    variance = gone_m**2 + side_m**2 / 12.0 + 1.0
    parts = [
        (np.log(mass * share / (2.0 * np.pi * variance * factor**2)), variance * factor**2)
        for share, factor in ((1.0 - FAR_TAIL, 1.0), (FAR_TAIL, FAR_TAIL_FACTOR))
    ]

    def log_density(points: Floats) -> Floats:
        out = np.empty(len(points))
        rows = max(1, CHUNK_VALUES // len(points_m))
        for begin in range(0, len(points), rows):
            chunk = points[begin : begin + rows]
            squared = np.subtract.outer(chunk[:, 0], points_m[:, 0]) ** 2
            squared += np.subtract.outer(chunk[:, 1], points_m[:, 1]) ** 2
            each = [_log_of_sum(weight - 0.5 * squared / var) for weight, var in parts]
            out[begin : begin + rows] = np.logaddexp(*each)
        return out

    return log_density


def _log_of_sum(log_values: Floats) -> Floats:
    """Return ln sum exp of each row; the general function takes three times as long."""
    highest = log_values.max(axis=1)
    log_values -= highest[:, None]
    np.exp(log_values, out=log_values)
    return np.asarray(highest + np.log(log_values.sum(axis=1)))


def _merged(leaves: Leaves, cell_m: float) -> tuple[Floats, Floats, Floats]:
    """Return centres, masses and sides of cells, those smaller than `cell_m` put together."""
    mass = leaves.probability
    kept = mass > LEAST_MASS
    points_m, mass, side_m = leaves.points_m[kept], mass[kept], leaves.side_m[kept]
    if cell_m <= 0:
        return points_m, mass, side_m
    step = np.maximum(cell_m, side_m)
    level = np.round(np.log2(step / cell_m), 6)
    key = np.column_stack([level, np.floor(points_m / step[:, None])])
    _, member = np.unique(key, axis=0, return_inverse=True)
    member = member.reshape(-1)
    total = np.bincount(member, mass)
    centres = np.column_stack([np.bincount(member, mass * points_m[:, k]) for k in (0, 1)])
    side = np.zeros(len(total))
    np.maximum.at(side, member, step)
    return centres / total[:, None], np.asarray(total, dtype=float), side


def power(belief: Belief, config: LocatorConfig) -> Power | None:
    """Return what the levels say of power and exponent, over the cells; of one scale only."""
    leaves, data, known = belief.leaves, belief.radio, belief.power_before
    if known is not None:
        config = replace(config, exponent=known.exponent, exponent_sd=known.exponent_sd)
    scales = {label.partition("\t")[0] for label in data.labels}
    if len(scales) != 1 or len(data.x_m) == 0 or data.ranked is None or data.ranked.any():
        return known
    best = np.argsort(leaves.probability)[-CARRIED_CELLS:]
    weight = leaves.probability[best] / leaves.probability[best].sum()
    common = _common(data.group_covariance_db2)
    if common <= 0:  # sessions on a scale of their own each
        return known
    sessions = replace(data, group_covariance_db2=data.group_covariance_db2 - common)
    shape = config.shadowing[min(1, len(config.shadowing) - 1)]
    factor = cho_factor(covariance(sessions, shape) * SCALED_AT_DB**2, lower=True)
    log_d = distances_db(leaves.points_m[best], data.x_m, data.y_m, config.place_error_m)
    prior_mean = np.array([0.0, config.exponent])
    prior = np.diag([1.0 / common, 1.0 / config.exponent_sd**2])
    excess = np.broadcast_to(data.level_db - data.group_mean_db[data.group], log_d.shape)
    offsets = known_offsets_db(leaves.points_m[best], data, config)
    excess = excess if offsets is None else excess - offsets
    means, covariances = [], []
    for row, above in zip(log_d, excess, strict=True):
        design = np.column_stack([np.ones(len(row)), -row])
        solved = cho_solve(factor, design)
        spread = np.linalg.inv(design.T @ solved + prior)
        means.append(spread @ (solved.T @ above + prior @ prior_mean))
        covariances.append(spread)
    mean = weight @ np.array(means)
    total = np.einsum("k,kij->ij", weight, np.array(covariances))
    off = np.array(means) - mean
    total += np.einsum("k,ki,kj->ij", weight, off, off)
    return Power(
        mean_db=float(data.group_mean_db[0] + mean[0]),
        sd_db=max(float(total[0, 0]) ** 0.5, SMALLEST_POWER_SD_DB),
        exponent=float(mean[1]),
        exponent_sd=max(float(total[1, 1]) ** 0.5, SMALLEST_EXPONENT_SD),
    )


def _common(group_covariance_db2: Floats) -> float:
    """Return the variance that all sessions of a scale share."""
    if len(group_covariance_db2) > 1:
        return float(group_covariance_db2[0, 1])
    return float(group_covariance_db2[0, 0]) - SESSION_DB**2


def with_power(epoch: Epoch, known: Power, config: LocatorConfig) -> tuple[Epoch, LocatorConfig]:
    """Return an epoch and a configuration that begin with what is known of power and exponent."""
    config = replace(config, exponent=known.exponent, exponent_sd=known.exponent_sd)
    data = epoch.radio
    scales = {label.partition("\t")[0] for label in data.labels}
    if len(scales) == 1 and len(data.x_m):
        common = _common(data.group_covariance_db2)
        if common <= 0:
            return epoch, config
        change = known.sd_db**2 - common
        data = replace(
            data,
            group_mean_db=np.full_like(data.group_mean_db, known.mean_db),
            group_covariance_db2=data.group_covariance_db2 + change,
        )
    return replace(epoch, radio=data), config
