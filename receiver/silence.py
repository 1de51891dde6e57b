"""Silence is earned: when hearing nothing says that the beacon was not there.

A deaf receiver hears nothing either. So a silence counts only where everything about the listening
is known and was enough; else it is kept as a note that says what was missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from receiver.collar_rules import days_left, is_on
from receiver.config import Collar, Setup
from receiver.records import Observation
from receiver.setups import RadioCheck

SHORTEST, LONGEST_S = timedelta(seconds=60), 86_400.0
EARS = ("by ear", "sdr")  # a polled meter alone hears a pulse by luck, so it proves no silence
# How likely the beacon was on the air. Judgement: one that should be on by its hours may have died
# or drifted away; of one whose hours nobody knows, a coin; past its battery's end, half of that.
ON_BY_HOURS, ON_UNKNOWN, PAST_BATTERY = 0.9, 0.5, 0.5
NOT_COUNTED = "it does not count: "
MINUTE = timedelta(minutes=1)
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known about the listening: `setup`, `check`, and what happened meanwhile.

    `gaps` are spans without the receiver (cable, sleep, own radio). `heard_by` names receivers on
    the same antenna, or this one, that heard the collar meanwhile. `turned` holds the
    polarisations in which a full turn was made.
    """

    setup: Setup
    check: RadioCheck | None = None
    gaps: Sequence[Span] = ()
    heard_by: Sequence[str] = ()
    turned: frozenset[str | None] = frozenset()


def span_of(silence: Observation) -> Span:
    """Return from when to when somebody listened: it is written down at its end."""
    duration = timedelta(seconds=min(max(silence.duration_s or 0.0, 0.0), LONGEST_S))
    return silence.time - duration, silence.time


def listened(silence: Observation, gaps: Iterable[Span]) -> timedelta:
    """Return how long the receiver could really hear: the span without the gaps in it."""
    begin, end = span_of(silence)
    total, at = timedelta(0), begin
    for gap_begin, gap_end in sorted(gaps):
        total += max(min(gap_begin, end) - at, timedelta(0))
        at = max(at, min(gap_end, end))
    return total + max(end - at, timedelta(0))


def missing(silence: Observation, known: Circumstances, collar: Collar | None) -> list[str]:
    """Return what a silence lacks to count, in words; nothing when it is earned."""
    return [
        *_unknown(known.setup),
        *_receiver(silence, known),
        *_time(silence, known),
        *_turn(known, collar),
        *(f"{name} heard it meanwhile" for name in known.heard_by),
    ]


def _unknown(setup: Setup) -> Iterable[str]:
    if setup.squelch != "open":
        yield "the squelch is not known" if setup.squelch is None else "the squelch was not open"
    named = (("mode", setup.mode), ("gain", setup.gain), ("antenna", setup.antenna))
    yield from (f"the {name} is not known" for name, value in named if value is None)


def _receiver(silence: Observation, known: Circumstances) -> Iterable[str]:
    if known.check is None:
        yield "no radio check of today with this antenna and gain"
    elif not known.check.passed:
        yield "today's radio check was not passed"
    if silence.ear not in EARS:
        yield "a meter alone proves no silence" if silence.ear else "nobody says who listened"


def _time(silence: Observation, known: Circumstances) -> Iterable[str]:
    if silence.duration_s is None:
        yield "nobody says how long"
    elif (heard_for := listened(silence, known.gaps)) < SHORTEST:
        yield f"listened for {heard_for.total_seconds():.0f} s, 60 are needed"


def _turn(known: Circumstances, collar: Collar | None) -> Iterable[str]:
    if known.setup.directional is None:
        yield "is the antenna directional?"
    if not known.setup.directional:
        return
    wanted = None if collar is None else collar.polarisation
    if "both" in known.turned or {"vertical", "horizontal"} <= known.turned:
        return
    if wanted is None:
        yield "no full turn in both polarisations (the collar's is not known)"
    elif wanted not in known.turned:
        yield f"no full turn with the antenna {wanted}"


def judge(silence: Observation, known: Circumstances, collar: Collar | None) -> Observation:
    """Return the silence as evidence, or as a note that says what it lacks."""
    lacks = missing(silence, known, collar)
    if lacks:
        said = f"nothing heard; {NOT_COUNTED}{'; '.join(lacks)}"
        text = f"{silence.text}; {said}" if silence.text else said
        return replace(silence, kind="note", text=text)
    assert known.check is not None
    return replace(
        silence,
        duration_s=listened(silence, known.gaps).total_seconds(),
        threshold_db=known.check.threshold_db,
        noise_db=known.check.noise_db,
        on_probability=on_probability(collar, span_of(silence)),
    )


def lacking(judged: Observation) -> str:
    """Return what a judged silence lacks, "" for one that counts and for everything else."""
    return (judged.text or "").partition(NOT_COUNTED)[2] if judged.kind == "note" else ""


def proves_nothing(silence: Observation) -> bool:
    """Tell whether a silence was kept as one that does not count."""
    return NOT_COUNTED in (silence.text or "")


def on_probability(collar: Collar | None, span: Span) -> float:
    """Return how likely the beacon was on the air at some time of a span, by its sheet."""
    if collar is None:
        return ON_UNKNOWN
    begin, end = span
    minutes = range(int((end - begin) / MINUTE) + 1)
    on = [is_on(collar, begin + k * MINUTE) for k in minutes]
    known = [state for state in on if state is not None]
    usual = ON_BY_HOURS if any(known) else (0.0 if known else ON_UNKNOWN)
    past = (days_left(collar.battery_end_date, end) or 0) < 0
    return round(usual * (PAST_BATTERY if past else 1.0), 3)
