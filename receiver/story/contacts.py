"""When a collar spoke: its schedule, how overdue it is, and what its sensors said.

The schedule is not asked of anybody: it is the mode of the collar's own intervals. Whether a
silence is unusual is judged by the intervals that the same collar had before, not by a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from receiver.records import Fix
from receiver.story.facts import FixSuccess, Mortality, Overdue, Rhythm, Trend

Floats = NDArray[np.float64]
DAY_S = 86_400.0
FUTURE = timedelta(days=1)  # a clock that is wrong by a zone is no reason to leave a row out
# Contacts that come in bursts (all messages of one satellite pass) are one: what is shorter than
# half of the interval below which the shortest ones make up a tenth of all the time.
BURST_TIME_SHARE, BURST_PART = 0.1, 0.5
FEWEST_GAPS, RECENT_GAPS = 5, 30
WINDOW_GAPS, LOW = 20, 0.1
LIKE_THE_MODE, ANOTHER_SCHEDULE = 1.2, 1.5
RECENT_DAYS, FEWEST_RECENT_DAYS, FEWEST_DUE = 14.0, 1.0, 3
WEEK_DAYS, MONTH_DAYS, TREND_DAYS, FEWEST_DAYS = 7, 30, 90, 5


def when(fix: Fix) -> datetime | None:
    """Return when a row reached people, or else what it is about."""
    return fix.received or fix.time


def seconds(times: Iterable[datetime | None]) -> Floats:
    """Return the distinct times in seconds since 1970, in order."""
    return np.unique(np.array([time.timestamp() for time in times if time], dtype=float))


def utc(time_s: float) -> datetime:
    """Return the time of seconds since 1970."""
    return datetime.fromtimestamp(float(time_s), UTC)


# --- the schedule -------------------------------------------------------------------------------


def rhythm(time_s: Floats) -> Rhythm | None:
    """Return the schedule in force at the end of times in order; None where they are too few."""
    time_s = merged(time_s)
    gaps = np.diff(time_s)
    if len(gaps) < FEWEST_GAPS:
        return None
    first = _first_in_force(gaps)
    own = gaps[first:]
    interval_s = usual_interval_s(own)
    due = np.maximum(np.rint(own / interval_s), 1.0)
    before = gaps[:first]
    return Rhythm(
        interval_s=interval_s,
        since=utc(time_s[first]),
        gaps=len(own),
        missed_share=float(1.0 - len(own) / due.sum()),
        longest_s=float(own.max()),
        interval_before_s=usual_interval_s(before) if len(before) >= FEWEST_GAPS else None,
    )


def merged(time_s: Floats) -> Floats:
    """Return times of which those in one burst have become one."""
    gaps = np.diff(time_s)
    if not len(gaps):
        return time_s
    ordered = np.sort(gaps)
    share = np.cumsum(ordered) / ordered.sum()
    short_s = BURST_PART * ordered[int(np.searchsorted(share, BURST_TIME_SHARE))]
    return np.asarray(time_s[np.append(True, gaps >= short_s)])


def usual_interval_s(gaps_s: Floats) -> float:
    """Return the mode of intervals: the median of the fifth-wide band that holds most of them.

    Where two bands hold as many it is the shorter: the longer are fixes that failed.
    """
    ordered = np.sort(gaps_s)
    ends = np.searchsorted(ordered, ordered * LIKE_THE_MODE, side="right")
    begin = int(np.argmax(ends - np.arange(len(ordered))))
    return float(np.median(ordered[begin : ends[begin]]))


def _first_in_force(gaps_s: Floats) -> int:
    """Return from which interval on the last schedule holds.

    The lower tenth of twenty intervals is a schedule's own interval also where most fixes fail.
    """
    if len(gaps_s) < 2 * WINDOW_GAPS:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(gaps_s, WINDOW_GAPS)
    usual_s = usual_interval_s(gaps_s[-RECENT_GAPS:])
    ratio = np.log(np.quantile(windows, LOW, axis=1) / usual_s)
    others = np.flatnonzero(np.abs(ratio) > np.log(ANOTHER_SCHEDULE))
    if not len(others):
        return 0
    # A tenth of the last foreign window has the shorter intervals: those before, or those since.
    before = LOW if ratio[others[-1]] < 0 else 1.0 - LOW
    first = int(others[-1]) + 1 + round(before * WINDOW_GAPS)
    return min(first, len(gaps_s) - FEWEST_GAPS)


def overdue(time_s: Floats, found: Rhythm, now: datetime) -> Overdue:
    """Return how late it is at `now`, and how many of its own intervals were as long."""
    own = np.diff(merged(time_s))[-found.gaps :]
    silence_s = max(now.timestamp() - float(time_s[-1]), 0.0)
    as_long = int((own >= silence_s).sum())
    return Overdue(
        silence_s=silence_s,
        missed=int(silence_s // found.interval_s),
        as_long=as_long,
        gaps=len(own),
        share_as_long=(as_long + 1) / (len(own) + 1),
    )


def fix_success(fix_s: Floats, found: Rhythm, last_contact_s: float) -> FixSuccess | None:
    """Return the share of due fixes that came in the last days of contact, and before."""
    begin_s = found.since.timestamp()
    span_s = last_contact_s - begin_s
    days = min(RECENT_DAYS, span_s / DAY_S / 2.0)
    cut_s = last_contact_s - days * DAY_S
    recent = _came(fix_s, cut_s, last_contact_s, found.interval_s)
    before = _came(fix_s, begin_s, cut_s, found.interval_s)
    if recent is None or days < FEWEST_RECENT_DAYS:
        return None
    return FixSuccess(
        days=days,
        recent_share=recent[0],
        recent_due=recent[1],
        before_share=None if before is None else before[0],
        before_due=0 if before is None else before[1],
    )


def _came(
    fix_s: Floats, begin_s: float, end_s: float, interval_s: float
) -> tuple[float, int] | None:
    """Return the share of due fixes that came, and how many were due; None for fewer than 3.

    Due times are counted from fix to fix, as no collar keeps its interval to the second.
    """
    inside = (fix_s[1:] > begin_s) & (fix_s[1:] <= end_s)
    steps = np.rint(np.diff(fix_s)[inside] / interval_s)
    came = int((steps >= 1).sum())
    last_s = max(fix_s[fix_s <= end_s].max(initial=begin_s), begin_s)
    due = int(steps.sum()) + int((end_s - last_s) // interval_s)
    return (came / due, due) if due >= FEWEST_DUE else None


# --- what its sensors said ----------------------------------------------------------------------


def trend(fixes: Sequence[Fix], value: Callable[[Fix], float | None], unit: str) -> Trend | None:
    """Return how a sensor's value went; None where no row has one."""
    known = [
        (time.timestamp(), number)
        for fix in fixes
        if (time := fix.time or fix.received) and (number := value(fix)) is not None
    ]
    if not known:
        return None
    table = np.array(sorted(known))
    day, middle, swing = _by_day(table[:, 0], table[:, 1])
    recent = day > day[-1] - WEEK_DAYS
    before = ~recent & (day > day[-1] - WEEK_DAYS - MONTH_DAYS)
    fresh = day > day[-1] - TREND_DAYS
    return Trend(
        unit=unit,
        count=len(table),
        last=float(table[-1, 1]),
        last_time=utc(table[-1, 0]),
        recent=float(np.median(middle[recent])),
        before=float(np.median(middle[before])) if before.any() else None,
        slope_per_30_days=_slope(day[fresh], middle[fresh]),
        swing_recent=float(np.median(swing[recent])),
        swing_before=float(np.median(swing[before])) if before.any() else None,
    )


def _by_day(time_s: Floats, value: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the days since 1970 that have values, their medians, and highest less lowest."""
    days, first = np.unique(np.floor(time_s / DAY_S), return_index=True)
    parts = np.split(value, first[1:])
    middle = np.array([np.median(part) for part in parts])
    return days, middle, np.array([np.ptp(part) for part in parts])


def _slope(day: Floats, value: Floats) -> float | None:
    """Return the median of all slopes between two days (Theil and Sen), for 30 days."""
    if len(day) < FEWEST_DAYS:
        return None
    one, other = np.triu_indices(len(day), k=1)
    return float(MONTH_DAYS * np.median((value[other] - value[one]) / (day[other] - day[one])))


def mortality(fixes: Sequence[Fix]) -> Mortality | None:
    """Return the flags of the collar's own sensor; None where it never said so."""
    told = [(time, fix.mortality) for fix in fixes
            if fix.mortality is not None and (time := fix.time or fix.received)]  # fmt: skip
    still = [time for time, flag in told if flag]
    if not still:
        return None
    newest = max(told, key=lambda row: row[0])
    return Mortality(
        count=len(still), first=min(still), last=max(still), is_set=bool(newest[1])
    )  # fmt: skip
