"""From a person's words to the content of an entry, under the names of `records.Observation`.

What a word is worth is judgement, not measurement, and is stated here and in the help.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from receiver.clock import Clock
from receiver.errors import ConfigError
from receiver.levels import HAND_LEVEL_DB, HAND_LEVEL_SD_DB, HAND_UNIT
from receiver.notes.describing import METHODS as METHODS
from receiver.notes.describing import SETUP_NAMES
from receiver.notes.describing import TRUST as TRUST
from receiver.records import (
    APPROACH,
    CALL,
    COMPASS,
    HAND,
    SETUP,
    TURN,
    Entry,
)
from receiver.setups import COMPASS_SIGMA_DEG

Content = dict[str, Any]

# Spread of a bearing taken by ear with a directional antenna and a compass. A vehicle's rig with an
# electronic compass had 12 degrees (USDA, JWM 72(5), 2008); by hand a clear null or peak is better,
# a wide one worse.
SIGMA_DEG = {"sharp": 5.0, "broad": 20.0}
EARS = ("by ear", "sdr", "meter")
POLARISATIONS = ("vertical", "horizontal", "both")
CHECKED_SIGMA_DEG = 5.0  # of a phone that pointed at a landmark as the map has it
CALLS = ("animal seen", "danger")
LARGEST_APPROACH_LIMIT_M = 10_000.0
MOST_DIRECTIONS = 3
LONGEST_TEXT = 2000
_MARK = re.compile(r"^[\w.+/-]{1,6}$")


def number(value: float, what: str, low: float, high: float) -> float:
    """Return `value` where it is a number within bounds.

    Raises:
        ConfigError: it is not.
    """
    if not (math.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{what} {value:g} cannot be: {low:g} to {high:g}")
    return float(value)


def heard(
    word: str | None,
    *,
    gain_mark: str | None = None,
    level_db: float | None = None,
    calibration_id: str | None = None,
    receiver: str | None = None,
) -> Content:
    """Return what was heard: a word, or a level read from a receiver's display.

    Readings of one receiver with the same mark of its gain knob are one session: they share one
    unknown offset. Without `receiver` it is one without a cable.

    Raises:
        ConfigError: neither or both are given, or a mark that is no short mark.
    """
    if (word is None) == (level_db is None):
        raise ConfigError("say faint, clear or strong, or give --level with the number shown")
    content: Content = {"kind": "level", "heard": True, "session": session(gain_mark)}
    if word is not None:
        level = {"level_db": HAND_LEVEL_DB[word], "level_unit": HAND_UNIT}
        return _with(receiver, {**content, **level, "level_sd_db": HAND_LEVEL_SD_DB})
    # A number from a display has its own zero, not that of the words.
    content["session"] = content["session"].replace("hand", "display", 1)
    content["level_db"] = number(level_db or 0.0, "level", -200, 200)
    if calibration_id is None:
        return _with(receiver, {**content, "level_unit": "dB"})
    return _with(receiver, {**content, "level_unit": "dBm", "calibration_id": calibration_id})


def _with(receiver: str | None, content: Content) -> Content:
    if receiver is None or receiver == HAND:
        return content
    return {**content, "receiver": receiver, "session": f"{receiver}/{content['session']}"}


def session(gain_mark: str | None) -> str:
    """Return the name of the stretch with one gain: `hand`, or `hand/gain MARK`.

    Raises:
        ConfigError: the mark is not a short one.
    """
    if gain_mark is None:
        return "hand"
    mark = gain_mark.strip().lower()
    if not _MARK.match(mark):
        raise ConfigError(f"gain mark {gain_mark!r}: a short mark, as in 3, 7.5, max or -30")
    return f"hand/gain {mark}"


def bearing(
    degrees: Sequence[float],
    *,
    sigma_deg: float,
    declination_deg: float | None = None,
    method: str | None = None,
) -> Content:
    """Return a bearing; several directions when the observer cannot tell which is right.

    Args:
        degrees: one to three directions, from magnetic north where `declination_deg` is given.
        sigma_deg: spread in degrees.
        declination_deg: added to the directions to make them true.
        method: "loudest", "weakest" or not said.

    Raises:
        ConfigError: a direction or the spread is not a number within bounds, or there are too many.
    """
    if not 1 <= len(degrees) <= MOST_DIRECTIONS:
        raise ConfigError(f"{len(degrees)} directions: give one to {MOST_DIRECTIONS}")
    said = [number(value, "bearing", 0, 360) for value in degrees]
    turn = declination_deg or 0.0
    first, *others = [round((value + turn) % 360.0, 2) % 360.0 for value in said]
    reference = "true"
    if declination_deg is not None:
        values = " or ".join(f"{value:g}" for value in said)
        reference = f"magnetic {values}, declination {declination_deg:+.1f}"
    content = {
        "kind": "bearing",
        "heard": True,
        "bearing_deg": first,
        "bearing_sigma_deg": number(sigma_deg, "error", 0.5, 90),
        "bearing_reference": f"{reference}; {method}" if method else reference,
    }
    return {**content, "bearing_alternatives_deg": others} if others else content


def silence(minutes: float | None = None, ear: str = "by ear") -> Content:
    """Return that nothing was heard, for how long somebody listened, and which ear did.

    Raises:
        ConfigError: not a number of minutes between 0.1 and a day, or an ear that is none.
    """
    if ear not in EARS:
        raise ConfigError(f"ear {ear!r}: {', '.join(EARS)}")
    content: Content = {"kind": "silence", "heard": False, "ear": ear}
    if minutes is None:
        return content
    return {**content, "duration_s": 60.0 * number(minutes, "minutes", 0.1, 1440)}


def sighting(radius_m: float, trust: float) -> Content:
    """Return that the animal or its trace was seen within `radius_m` of a place.

    Raises:
        ConfigError: not numbers within bounds.
    """
    return {
        "kind": "sighting",
        "radius_m": number(radius_m, "radius", 1, 100_000),
        "trust": number(trust, "trust", 0.01, 1),
    }


def trust_of(text: str) -> float:
    """Read a trust: certain, likely, rumour, or a number up to 1.

    Raises:
        ConfigError: it is neither.
    """
    words = [word for word in TRUST if text and word.startswith(text.lower())]
    if words:
        return TRUST[words[0]]
    try:
        return number(float(text), "trust", 0.01, 1)
    except ValueError as error:
        raise ConfigError(f"trust {text!r}: {', '.join(TRUST)}, or a number to 1") from error


def note(text: str) -> Content:
    """Return a free text.

    Raises:
        ConfigError: it is empty or longer than two thousand characters.
    """
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > LONGEST_TEXT:
        raise ConfigError(f"a text of 1 to {LONGEST_TEXT} characters, this has {len(tidy)}")
    return {"kind": "note", "text": tidy}


def call(what: str, text: str = "") -> Content:
    """Return what is called to everybody: animal seen, or danger; a text may go with it.

    Raises:
        ConfigError: another call, or a text that is too long.
    """
    if what not in CALLS:
        raise ConfigError(f"call {what!r}: {', '.join(CALLS)}")
    content: Content = {"kind": CALL, "call": what}
    return {**content, "text": note(text)["text"]} if text.strip() else content


def approach_limit(limit_m: float) -> Content:
    """Return how near to the search area the leader lets anybody go.

    Raises:
        ConfigError: not a number of metres between 0 and ten kilometres.
    """
    limit = number(limit_m, "approach limit", 0, LARGEST_APPROACH_LIMIT_M)
    return {"kind": APPROACH, "limit_m": limit}


def entry(content: Content, observer: str, clock: Clock) -> Entry:
    """Return the row that says this now."""
    stamp = clock.now()
    return Entry(
        id=str(uuid.uuid4()),
        observer=observer,
        time=stamp.utc,
        content=content,
        monotonic_ns=stamp.monotonic_ns,
        boot_id=clock.boot_id,
        clock_source=clock.source,
    )


def setup(receiver: str, values: Mapping[str, Any]) -> Content:
    """Return what a receiver hears with from now on; what is not said stays as it was.

    Raises:
        ConfigError: nothing is said, or a value cannot be.
    """
    from receiver.settings import setup_fault

    said = {key: _tidy(key, value) for key, value in values.items() if value is not None}
    if not said:
        raise ConfigError("say what has changed: --antenna, --gain, --attenuator, ...")
    for key, value in said.items():
        if fault := setup_fault(key, value):
            raise ConfigError(f"{SETUP_NAMES.get(key, key)} {value!r} {fault}")
    return {"kind": SETUP, "receiver": receiver, **said}


def _tidy(key: str, value: Any) -> Any:
    """Return what was typed so that the same thing is the same word: cw is CW."""
    tidy = " ".join(value.split()) if isinstance(value, str) else value
    return tidy.upper() if key == "mode" and isinstance(tidy, str) else tidy


def turn(
    receiver: str,
    state: str,
    *,
    polarisation: str | None = None,
    loudest_deg: float | None = None,
    weakest_deg: float | None = None,
    full: bool | None = None,
    declination_deg: float = 0.0,
) -> Content:
    """Return the beginning or the end of a turn with a directional antenna.

    `declination_deg` is added to the directions to make them true.

    Raises:
        ConfigError: a word or a direction that cannot be.
    """
    if state not in ("start", "end"):
        raise ConfigError(f"turn {state!r}: start or end")
    if polarisation not in (None, *POLARISATIONS):
        raise ConfigError(f"polarisation {polarisation!r}: {', '.join(POLARISATIONS)}")
    content: Content = {"kind": TURN, "receiver": receiver, "state": state}
    for name, value in (("loudest_deg", loudest_deg), ("weakest_deg", weakest_deg)):
        if value is not None:
            said = number(value, name.removesuffix("_deg"), 0, 360)
            content[name] = round((said + declination_deg) % 360.0, 2) % 360.0
    named = {"polarisation": polarisation, "full": full}
    return {**content, **{name: value for name, value in named.items() if value is not None}}


def compass(kind: str, sigma_deg: float | None = None, *, checked: bool = False) -> Content:
    """Return which compass gives headings; a phone is off by 15 degrees until it was checked.

    Raises:
        ConfigError: a compass that is not known, or a spread that cannot be.
    """
    if kind not in COMPASS_SIGMA_DEG:
        raise ConfigError(f"compass {kind!r}: {', '.join(COMPASS_SIGMA_DEG)}")
    usual = COMPASS_SIGMA_DEG[kind]
    usual = min(usual, CHECKED_SIGMA_DEG) if checked else usual
    spread = usual if sigma_deg is None else number(sigma_deg, "error", 0.5, 90)
    return {"kind": COMPASS, "compass": kind, "sigma_deg": spread, "checked": checked}
