"""What a snapshot's values are called: the same words on the screen and on a plain line.

A value that is older than `OLD_S` is struck out AND called OLD: a terminal may not strike.
"""

from __future__ import annotations

from receiver.homing.snapshot import (
    OLD_S,
    Advice,
    Said,
    Snapshot,
    SourceState,
    Standing,
    Strength,
    Where,
)
from receiver.language import phrase, translated
from receiver.ui.homescreen.theme import Role
from receiver.wording import area, length, plain

Span = tuple[str, Role]
# Below this, two peaks are called equal: what an ear hears, and what fading alone seldom makes.
SAME_DB = 3.0
# A peak holds until the next turn or half minute of walking has one.
HELD_S = 60.0
FAULT_SHOWN_S = 600.0  # then it stands in the list of a phone alone
# An arrow that is further off the collar's direction does not point to the collar.
ASIDE_DEG = 30.0
ARROWS = "↑↗→↘↓↙←↖"


def age(seconds: float) -> str:
    """Say an age in the fewest letters."""
    seconds = max(seconds, 0.0)
    if seconds < 100:
        return phrase("{count} s", count=f"{seconds:.0f}")
    if seconds < 5400:
        return phrase("{count} min", count=f"{seconds / 60:.0f}")
    return phrase("{count} h", count=f"{seconds / 3600:.0f}")


def is_old(age_s: float | None, old_s: float = OLD_S) -> bool:
    """Tell whether a value must not be taken for one of now."""
    return age_s is not None and age_s > old_s


def aged(
    text: str, age_s: float | None, role: Role = "text", old_s: float = OLD_S
) -> tuple[Span, ...]:
    """Return a value and its age, struck out and called OLD where it is."""
    if age_s is None:
        return ((text, role),)
    if is_old(age_s, old_s):
        return ((text, "old"), (" " + phrase("OLD {age}", age=age(age_s)), "strong"))
    return ((text, role), (" " + age(age_s), "dim"))


def figure(strength: Strength | None) -> str:
    """Return the number that is drawn large."""
    return "--" if strength is None else f"{round(strength.value):d}"


def unit(strength: Strength) -> str:
    """Return the unit of a level; a meter without a curve counts."""
    return phrase("count") if strength.unit == "count" else translated(strength.unit)


def trend(strength: Strength) -> str:
    """Say whether the last sweep's peak was louder than the one before it."""
    if strength.trend_db is None:
        return phrase("no trend yet")
    amount = f"{abs(strength.trend_db):.0f}"
    if strength.trend_db >= SAME_DB:
        return phrase("▲ LOUDER by {amount}", amount=amount)
    if strength.trend_db <= -SAME_DB:
        return phrase("▼ weaker by {amount}", amount=amount)
    return phrase("= the same")


def other(standing: Standing) -> str:
    """Name another searcher, and that he must not go on."""
    name = plain(standing.observer)
    return phrase("{observer} MUST STOP", observer=name) if standing.must_stop else name


def must_stop(snapshot: Snapshot) -> bool:
    """Tell whether nobody may be led on: the leader decides."""
    return snapshot.approach.must_stop or snapshot.advice.deed == "stop"


def bearing_deg(snapshot: Snapshot) -> float | None:
    """Return where the arrow points from true north; None inside the approach limit."""
    if must_stop(snapshot):
        return None
    advised = snapshot.advice.bearing_deg
    return snapshot.where.bearing_deg if advised is None else advised


def heading_deg(snapshot: Snapshot) -> float | None:
    """Return where the searcher faces, None where that is not known or old."""
    place = snapshot.place
    return None if place is None or is_old(place.age_s) else place.heading_deg


def turned_deg(snapshot: Snapshot) -> float | None:
    """Return where the arrow points on the screen: from straight ahead, else from north."""
    bearing = bearing_deg(snapshot)
    return None if bearing is None else (bearing - (heading_deg(snapshot) or 0.0)) % 360.0


def oclock(snapshot: Snapshot) -> str:
    """Say the direction as on a clock's face, or what is up on the screen without a heading."""
    turned = turned_deg(snapshot)
    if turned is None:
        return ""
    if heading_deg(snapshot) is None:
        return phrase("map arrow: north is up")
    return phrase("at {hour} o'clock", hour=round(turned / 30.0) % 12 or 12)


def degrees(snapshot: Snapshot) -> str:
    """Say a bearing with its spread."""
    bearing, spread = bearing_deg(snapshot), snapshot.where.bearing_sd_deg
    if bearing is None:
        return ""
    said = f"{round(bearing) % 360:03d}°"
    is_where = spread is not None and not is_aside(snapshot)
    return phrase("{degrees} true", degrees=f"{said} ±{spread:.0f}°" if is_where else said)


def pointer(snapshot: Snapshot) -> str:
    """Return the arrow's glyph and its degrees, "" inside the approach limit."""
    turned = turned_deg(snapshot)
    if turned is None:
        return ""
    return f"{ARROWS[round(turned / 45.0) % 8]} {degrees(snapshot)}"


def nearness(where: Where) -> str:
    """Say how near; metres only where the level's scale is known."""
    words = {"far": phrase("far"), "near": phrase("near"), "very near": phrase("VERY NEAR")}
    said = [] if where.nearness is None else [words[where.nearness]]
    if where.metres_known and where.low_m is not None and where.high_m is not None:
        said.append(phrase("{low} to {high}", low=length(where.low_m), high=length(where.high_m)))
    return ", ".join(said)


def search_area(where: Where) -> str:
    """Say the size of the search area, or why there is none yet."""
    if where.area_m2 is not None:
        return phrase("search area {area}", area=area(where.area_m2))
    return plain(where.reason) or phrase("no search area yet")


def deed(snapshot: Snapshot) -> str:
    """Say what to do next."""
    advice = snapshot.advice
    if must_stop(snapshot):
        return phrase("STOP, LEADER DECIDES")
    words = {
        "walk": _walk(advice),
        "that way": _that_way(snapshot),
        "turn": phrase("turn around once with the antenna"),
        "listen": phrase("stand and listen"),
    }
    return words.get(advice.deed, phrase("wait"))


def advised(snapshot: Snapshot) -> str:
    """Say what to do next and why; inside the approach limit nothing but STOP."""
    reason = plain(snapshot.advice.reason)
    return deed(snapshot) + (f" ({reason})" if reason and not must_stop(snapshot) else "")


def _that_way(snapshot: Snapshot) -> str:
    """The arrow leads to the collar, or aside to where a bearing tells more."""
    if is_aside(snapshot):
        return phrase("a place to listen from is that way")
    return phrase("the collar is that way")


def is_aside(snapshot: Snapshot) -> bool:
    """Tell whether the arrow leads to somewhere else than to the collar."""
    to_collar, advised = snapshot.where.bearing_deg, snapshot.advice.bearing_deg
    if to_collar is None or advised is None:
        return False
    return abs((advised - to_collar + 180.0) % 360.0 - 180.0) > ASIDE_DEG


def _walk(advice: Advice) -> str:
    if advice.distance_m is None:
        return phrase("walk there")
    return phrase("walk {distance}", distance=length(advice.distance_m))


def metres(length_m: float) -> str:
    """Write a distance that no row's end parts from its unit."""
    return length(length_m).replace(" ", "\u00a0")


def limit(snapshot: Snapshot) -> str:
    """Say the approach limit and how far its edge is."""
    approach = snapshot.approach
    if approach.limit_m <= 0:
        return phrase("NO approach limit: the leader lifted it")
    said = phrase("limit {distance}", distance=metres(approach.limit_m))
    if approach.edge_m is None:
        return said
    if must_stop(snapshot):
        return phrase("{limit}: it may be nearer", limit=said)
    if approach.edge_m <= 0:
        return phrase("{limit}: less than 1 in 5 that it is nearer", limit=said)
    return phrase("{limit}, search area in {edge}", limit=said, edge=metres(approach.edge_m))


def call(said: Said) -> str:
    """Say what was called to everybody, by whom and when."""
    text, who = plain(said.text).upper(), plain(said.observer)
    return phrase("{call} {who} {age} ago", call=text, who=who, age=age(said.age_s))


def lost(source: SourceState) -> str:
    """Say that a source is lost and why."""
    reason = f": {translated(plain(source.reason))}" if source.reason else ""
    name, state = plain(source.name), state_word(source.state).upper()
    return f"{name} {state}{reason}"


def fault(snapshot: Snapshot) -> str:
    """Say what went wrong last, while that is news: "" else."""
    last = snapshot.faults[-1] if snapshot.faults else None
    if last is None or last.age_s > FAULT_SHOWN_S:
        return ""
    return phrase("look out: {fault}", fault=plain(last.text))


def state_word(state: str) -> str:
    """Say the state of a source."""
    words = {
        "lost": phrase("lost"), "ended": phrase("ended"), "opening": phrase("opening"),
        "silent": phrase("silent"),
    }  # fmt: skip
    return words.get(state, state)


def clock(source: str) -> str:
    """Say by which clock the time is."""
    words = {"system": phrase("of this computer"), "simulated": phrase("made up")}
    return words.get(source, plain(source))


def saved(snapshot: Snapshot) -> str:
    """Say how many rows are saved, and whether some wait longer than they should."""
    machine = snapshot.machine
    if machine.is_stuck:
        return phrase("NOT SAVED YET {count}", count=machine.waiting)
    return phrase("saved {count}", count=machine.saved)


def machine(snapshot: Snapshot) -> str:
    """Say what the computer has left: battery and disk."""
    machine, parts = snapshot.machine, []
    if machine.battery_percent is not None:
        battery = phrase("battery {percent} %", percent=machine.battery_percent)
        parts.append(battery + hours(machine.battery_hours))
    if machine.disk_hours is not None:
        parts.append(phrase("disk") + hours(machine.disk_hours))
    return ", ".join(parts)


def hours(count: float | None) -> str:
    """Say how many hours are left, nothing where that is not known."""
    if count is None:
        return ""
    shown = f"{count:.0f}" if count < 100 else "99+"
    return phrase(" for {count} h", count=shown)
