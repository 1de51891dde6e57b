"""One line a second: for a bad link, a screen reader, and where no screen can be drawn."""

from __future__ import annotations

from receiver.homing.snapshot import Snapshot
from receiver.language import phrase
from receiver.ui.homescreen import words
from receiver.wording import plain


def line(snapshot: Snapshot) -> str:
    """Return the snapshot in one line, what matters most first; no glyphs that are not words."""
    parts = [
        f"{snapshot.time:%H:%M:%S}",
        phrase("SIMULATION") if snapshot.simulation else "",
        *[words.call(said) for said in snapshot.calls[-1:]],
        *[words.lost(source) for source in snapshot.sources if source.state in ("lost", "ended")],
        words.fault(snapshot),
        words.advised(snapshot),
        *_direction(snapshot),
        _level(snapshot),
        _beat(snapshot),
        words.nearness(snapshot.where),
        phrase("possible echo") if snapshot.possible_echo else "",
        words.saved(snapshot),
        *[words.other(other) for other in snapshot.others if other.must_stop],
    ]
    return "; ".join(plain(part) for part in parts if part)


def _direction(snapshot: Snapshot) -> list[str]:
    if words.bearing_deg(snapshot) is None:
        return []
    clock = words.oclock(snapshot) if words.heading_deg(snapshot) is not None else ""
    return [_aged(words.degrees(snapshot), snapshot.where.age_s), clock]


def _level(snapshot: Snapshot) -> str:
    strength = snapshot.strength
    if strength is None:
        return phrase("nothing heard yet")
    name = plain(strength.name or strength.receiver)
    level = f"{name} {words.figure(strength)} {words.unit(strength)}"
    trend = words.trend(strength).lstrip("▲▼= ") if strength.trend_db is not None else ""
    loud = phrase("TOO LOUD: next gain step") if strength.saturated else ""
    return ", ".join(part for part in (_aged(level, strength.age_s), trend, loud) if part)


def _beat(snapshot: Snapshot) -> str:
    beat = snapshot.beat
    if beat is None:
        return ""
    rate = phrase("beacon {rate} a minute", rate=f"{beat.pulses_per_minute:.0f}")
    return _aged(f"{rate}: {beat.meaning}" if beat.meaning else rate, beat.age_s)


def _aged(text: str, age_s: float | None) -> str:
    if age_s is None or not words.is_old(age_s):
        return text
    return f"{text} {phrase('OLD {age}', age=words.age(age_s))}"


def stalled(said: str, stalled_s: float) -> str:
    """Put before a line that it is an old one."""
    age = words.age(stalled_s)
    return f"{phrase('NO NEWS FROM THE RECORDING FOR {age}', age=age)}; {said}"
