"""From readings at known steps to a meter's curve: pure functions.

A step is a setting whose decibels are known: an attenuator's, a generator's, or a test collar at a
paced distance. Of each step the median counts; a curve must rise, so steps that fall back are
pooled (isotonic regression by pool-adjacent-violators); where several steps share one count the
meter is at its end, and the curve stops there. What a step does not do as it should is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from receiver.errors import ConfigError
from receiver.records import CALIBRATION, Detection

FEWEST_STEPS = 3
# How a beacon's level falls with distance, in dB: 20 log10 in free space; a hand-held collar near
# the ground scatters about it by some 4 dB (walks at 150 MHz, section 15 of the page on locating).
FREE_SPACE_DB_A_DECADE, COLLAR_SD_DB = 20.0, 4.0
MAD_TO_SD = 1.4826
LEAST_NOMINAL_DB = 3.0
PERIODS_A_PEAK = 2.0
STRONG = "overload, or the end of the meter"
WEAK = "the noise, or the signal comes in past the attenuator"
METHODS = ("attenuator", "generator", "collar")
UNITS = {"attenuator": "dB", "generator": "dBm", "collar": "dB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One setting: what it is in decibels (more is stronger), and the counts that were read."""

    said: float
    known_db: float
    counts: tuple[float, ...]

    @property
    def count(self) -> float:
        """The median of its readings."""
        return median(self.counts)

    @property
    def spread(self) -> float:
        """How far its readings scatter, as a standard deviation of counts (by the MAD)."""
        middle = self.count
        return MAD_TO_SD * median(abs(count - middle) for count in self.counts)


def known_db(method: str, said: float) -> float:
    """Return the decibels of a step: minus an attenuation, a generator's dBm, or by metres.

    Raises:
        ConfigError: a distance that is none.
    """
    if method == "attenuator":
        return -said
    if method == "generator":
        return said
    if said <= 0:
        raise ConfigError(f"a distance of {said:g} m cannot be")
    return -FREE_SPACE_DB_A_DECADE * math.log10(said)


def peaks(readings: Sequence[Detection], period_s: float | None) -> tuple[float, ...]:
    """Return the counts that a step is worth: one peak each few periods of a beacon, else all."""
    counts = [(r.monotonic_ns / 1e9, r.level_raw) for r in readings if r.level_raw is not None]
    if period_s is None or not counts:
        return tuple(count for _, count in counts)
    begin, window_s = counts[0][0], PERIODS_A_PEAK * period_s
    best: dict[int, float] = {}
    for time_s, count in counts:
        number = int((time_s - begin) / window_s)
        best[number] = max(best.get(number, -math.inf), count)
    whole = int((counts[-1][0] - begin) / window_s)  # the last window may have missed its pulse
    return tuple(count for number, count in best.items() if number < whole) or tuple(best.values())


def faults(steps: Sequence[Step]) -> list[str]:
    """Return what is doubtful about steps, in words: where the meter does not follow.

    A step is judged by what the whole table says a count is worth there; so this finds steps that
    change the count by less than half of what the other steps make of it.
    """
    ordered = sorted(steps, key=lambda step: step.known_db)
    slopes = [_slope(low, high) for low, high in pairwise(ordered)]
    usual = median(slopes) if slopes else 0.0
    found = []
    for (low, high), slope in zip(pairwise(ordered), slopes, strict=True):
        if high.known_db - low.known_db < LEAST_NOMINAL_DB or slope >= usual / 2.0:
            continue
        strong = high is ordered[-1] or low.known_db >= ordered[len(ordered) // 2].known_db
        why = STRONG if strong else WEAK
        found.append(
            f"between {low.said:g} and {high.said:g} the meter hardly moves"
            f" ({low.count:.0f} to {high.count:.0f}): {why}"
        )
    return found


def _slope(low: Step, high: Step) -> float:
    span = high.known_db - low.known_db
    return (high.count - low.count) / span if span > 0 else 0.0


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the rising sequence nearest to `values` by weighted least squares (PAVA)."""
    blocks: list[list[float]] = []  # mean, weight, length
    for value, weight in zip(values, weights, strict=True):
        blocks.append([value, weight, 1.0])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, total, length = blocks.pop()
            before = blocks[-1]
            joined = before[1] + total
            before[0] = (before[0] * before[1] + mean * total) / joined
            before[1], before[2] = joined, before[2] + length
    return [mean for mean, _, length in blocks for _ in range(int(length))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A meter's curve as it was measured: rising counts, their decibels and spread."""

    raw: tuple[float, ...]
    db: tuple[float, ...]
    sd_db: tuple[float, ...]
    faults: tuple[str, ...] = ()


def table(steps: Sequence[Step], method: str) -> Table:
    """Return the curve that steps give.

    Raises:
        ConfigError: fewer than three steps, or the meter did not rise at all.
    """
    if len(steps) < FEWEST_STEPS:
        raise ConfigError(f"{len(steps)} steps: at least {FEWEST_STEPS} make a table")
    ordered = sorted(steps, key=lambda step: step.known_db)
    counts = isotonic([s.count for s in ordered], [float(len(s.counts)) for s in ordered])
    raw, db, sd_db = _ends_cut(ordered, counts, method)
    if len(raw) < 2:
        raise ConfigError("the meter did not move: is it the right receiver, and not overloaded?")
    return Table(raw=tuple(raw), db=tuple(db), sd_db=tuple(sd_db), faults=tuple(faults(steps)))


def _ends_cut(
    ordered: Sequence[Step], counts: Sequence[float], method: str
) -> tuple[list[float], list[float], list[float]]:
    """Return one point for each count; at the flat ends the point nearest to the others holds."""
    groups: dict[float, list[Step]] = {}
    for step, count in zip(ordered, counts, strict=True):
        groups.setdefault(round(count, 3), []).append(step)
    points = list(groups.items())
    raw, db, sd_db = [], [], []
    for number, (count, members) in enumerate(points):
        values = [step.known_db for step in members]
        at_begin, at_end = number == 0, number == len(points) - 1
        raw.append(count)
        db.append(max(values) if at_begin else min(values) if at_end else median(values))
        sd_db.append(round(_sd_db(points, number, method), 2))
    return raw, db, sd_db


def _sd_db(points: Sequence[tuple[float, list[Step]]], number: int, method: str) -> float:
    """Return the spread of a point: of its readings, by the slope there, and of the method."""
    members = points[number][1]
    near = points[max(number - 1, 0) : number + 2]
    span_db = near[-1][1][0].known_db - near[0][1][0].known_db
    span = near[-1][0] - near[0][0]
    spread = max(max(step.spread for step in members), 0.5)  # half a count cannot be told
    own = COLLAR_SD_DB if method == "collar" else 0.0
    return math.hypot(spread * (span_db / span if span > 0 else 0.0), own)


def content(
    receiver: str, identity: str, method: str, made: Table, gain: str | None
) -> dict[str, Any]:
    """Return the entry's content of a calibration."""
    said = {
        "kind": CALIBRATION, "receiver": receiver, "calibration_id": identity, "method": method,
        "unit": UNITS[method], "raw": list(made.raw), "db": list(made.db),
        "sd_db": list(made.sd_db),
    }  # fmt: skip
    return {**said, "gain": gain} if gain else said
