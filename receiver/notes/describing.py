"""An entry's content in field words, as it is read back, listed and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from receiver.config import SETUP_KEYS
from receiver.levels import HAND_LEVEL_DB, HAND_UNIT
from receiver.records import (
    APPROACH,
    CALIBRATION,
    CALL,
    COMPASS,
    GUIDED,
    HAND,
    RADIO_CHECK,
    SETUP,
    STORY,
    TURN,
)

# How likely what somebody tells is true and meant for this animal.
TRUST = {"certain": 0.95, "likely": 0.7, "rumour": 0.3}
METHODS = ("loudest", "weakest")
SETUP_NAMES = {"attenuator_db": "attenuator", "antenna_azimuth_deg": "azimuth"}


def describe(content: Mapping[str, Any]) -> str:
    """Say an entry's content in field words; one of another program may have any content."""
    kind = content.get("kind")
    try:
        said = _SAID[str(kind)](content)
    except (KeyError, TypeError, ValueError, AttributeError):
        said = f"entry of kind {kind!r}, which cannot be read"
    collar = content.get("collar")
    return f"{said}, collar {collar}" if collar else said


def _heard_words(content: Mapping[str, Any]) -> str:
    word = level_word(content)
    level = word or f"{content['level_db']:g} {content['level_unit']}"
    said, mark = _by_receiver(f"heard {level}", content), gain_mark(content)
    return f"{said}, gain at {mark}" if mark else said


def _by_receiver(said: str, content: Mapping[str, Any]) -> str:
    receiver = content.get("receiver") or HAND
    return said if receiver == HAND else f"{said} with {receiver}"


def level_word(content: Mapping[str, Any]) -> str | None:
    """Return the word of a level by hand, None for a number from a display."""
    if content.get("level_unit") != HAND_UNIT:
        return None
    return next((w for w, db in HAND_LEVEL_DB.items() if db == content["level_db"]), None)


def gain_mark(content: Mapping[str, Any]) -> str | None:
    """Return the mark of the gain knob, None where none was said."""
    return (content.get("session") or "").partition("/gain ")[2] or None


def method_of(content: Mapping[str, Any]) -> str | None:
    """Return how a bearing was taken: loudest, weakest, or None."""
    return (content.get("bearing_reference") or "").partition("; ")[2] or None


def _bearing_words(content: Mapping[str, Any]) -> str:
    directions = [content["bearing_deg"], *content.get("bearing_alternatives_deg", ())]
    degrees = " or ".join(f"{value % 360:g}" for value in directions)
    width = f"within about {content['bearing_sigma_deg']:g} either way"
    method = method_of(content)
    return f"bearing {degrees} degrees true, {width}" + (f", {method}" if method else "")


def _silence_words(content: Mapping[str, Any]) -> str:
    duration_s, frequency_hz = content.get("duration_s"), content.get("frequency_hz")
    said = f"nothing heard in {duration_s / 60:g} minutes" if duration_s else "nothing heard"
    said = f"{said} on {frequency_hz / 1e6:g} MHz" if frequency_hz else said
    ear = {"sdr": ", by SDR", "meter": ", by a meter alone"}.get(content.get("ear") or "", "")
    return f"{_by_receiver(said, content)}{ear}"


def _sighting_words(content: Mapping[str, Any]) -> str:
    words = {value: word for word, value in TRUST.items()}
    trust = words.get(content["trust"], f"{content['trust']:.0%} sure")
    return f"seen within {content['radius_m']:g} m, {trust}"


def _setup_words(content: Mapping[str, Any]) -> str:
    said = [setup_words(key, content[key]) for key in SETUP_KEYS if key in content]
    return f"{content.get('receiver')} hears with: {', '.join(said)}"


def setup_words(key: str, value: Any) -> str:
    """Say one value of a setup: attenuator 20 dB, directional, antenna yagi."""
    if key == "directional":
        return "directional" if value else "omni"
    if key in SETUP_NAMES:
        return f"{SETUP_NAMES[key]} {value:g} {'dB' if key.endswith('_db') else 'degrees true'}"
    return f"{key} {value}"


def _turn_words(content: Mapping[str, Any]) -> str:
    ends = content["state"] == "end"
    said = "turn end" if ends else "turn start"
    words = [_by_receiver(said, content), content.get("polarisation") or ""]
    words += [
        f"{name} {content[f'{name}_deg']:g} degrees true"
        for name in METHODS
        if f"{name}_deg" in content
    ]
    if content.get("full") is not None:
        words.append("all around" if content["full"] is True else "not all around")
    return ", ".join(filter(None, words))


def _check_words(content: Mapping[str, Any]) -> str:
    receiver = content.get("receiver")
    passed = content.get("passed") is True
    return (
        f"radio check of {receiver}: passed" if passed else f"radio check of {receiver}: NOT passed"
    )


_SAID: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "level": _heard_words,
    "bearing": _bearing_words,
    "silence": _silence_words,
    "sighting": _sighting_words,
    "place": lambda content: "place",
    "note": lambda content: f"note: {content.get('text', '')}",
    SETUP: _setup_words,
    TURN: _turn_words,
    COMPASS: lambda content: (
        f"compass: {content['compass']}, within about {content['sigma_deg']:g} either way"
        f"{', checked' if content.get('checked') is True else ''}"
    ),
    RADIO_CHECK: _check_words,
    STORY: lambda content: (
        f"{content['question']}: {content['answer']}"
        if "question" in content
        else f"weight of {content['cause']}: {content['weight']:g} of 100"
    ),
    GUIDED: lambda content: "guided by baksan from here on",
    CALL: lambda content: (
        f"called: {content['call']}" + (f", {content['text']}" if content.get("text") else "")
    ),
    APPROACH: lambda content: f"approach limit {content['limit_m']:g} m",
    CALIBRATION: lambda content: (
        f"calibration {content.get('calibration_id')} of {content.get('receiver')}"
    ),
}
