"""Amounts and times as people read them, the same in every screen, picture and file."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

FIRST_YEAR = 2000
# What XML cannot hold, and what a terminal would obey.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
# Formats, such as an override of the direction of writing, and separators of lines.
_MARKS = {"Cf": "", "Zl": " ", "Zp": " "}
_UNITS = (("year", 365.25 * 86_400.0), ("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0))
SIMULATION = "SIMULATION: nothing below was measured, no animal is there"


def area(area_m2: float) -> str:
    """Write an area in hectares, or square kilometres from 10 km2 on."""
    if area_m2 >= 1e7:
        return f"{area_m2 / 1e6:.0f} km2"
    return f"{area_m2 / 1e4:.0f} ha" if area_m2 >= 1e5 else f"{area_m2 / 1e4:.1f} ha"


def length(length_m: float) -> str:
    """Write a distance in metres, or kilometres from 1 km on."""
    return f"{length_m / 1000:.1f} km" if length_m >= 1000 else f"{length_m:.0f} m"


def local_time(time: datetime | None) -> str:
    """Write a time in this computer's zone and name it; nothing where the time is not known."""
    if time is None or time.year < FIRST_YEAR:
        return ""
    local = time.astimezone()
    offset = f"{local:%z}"
    zone = "UTC" if offset == "+0000" else f"{local.tzname()}, UTC{offset[:3]}:{offset[3:]}"
    return f"{local:%d %b %Y, %H:%M} {zone}"


def plain(text: str) -> str:
    """Return somebody's text without control characters and marks that nobody sees."""
    return without_marks(_CONTROL.sub(" ", text)).strip()


def without_marks(text: str) -> str:
    """Return a text without what turns its letters round, and in one line."""
    if text.isprintable():
        return text
    return "".join(_MARKS.get(unicodedata.category(letter), letter) for letter in text)


def unit(level_unit: str | None) -> str:
    """Name the unit of a level for people: of full scale, which only engineers count in, is dB."""
    return "dB" if level_unit == "dBFS" else level_unit or ""


def span(seconds: float) -> str:
    """Write a stretch of time in the unit that people would use."""
    for unit, length_s in _UNITS:
        if seconds >= 1.95 * length_s:
            count = seconds / length_s
            return f"{count:.0f} {unit}s" if count >= 9.95 else f"{count:.1f} {unit}s"
    return f"{seconds:.0f} seconds" if round(seconds) != 1 else "1 second"
