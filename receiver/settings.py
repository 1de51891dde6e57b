"""The settings file: found, read, and checked with line numbers.

One TOML file, named on the command line or `baksan.toml` beside the journal:

    observer = "A"

    [collars.Baksan]
    frequency_hz = 150340000
    pulses_per_minute = { normal = 40, mortality = 80 }

    [receivers.r30]          # by the name of the source; "hand" for one without a cable
    antenna = "yagi"
    directional = true
    gain = "5"
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from receiver.collar_rules import doubts
from receiver.config import (
    COLLAR_KEYS,
    MOVEMENTS,
    RATES,
    SETUP_KEYS,
    TEAM_KEYS,
    Configuration,
    collar_from,
    configuration_from,
    to_date,
)
from receiver.errors import ConfigError, InputError

FILE_NAME = "baksan.toml"
LARGEST_FILE_BYTES = 1 << 20
LONGEST_WORD = 60
FEWEST_OF_A_PATTERN = 4

_TEXT = {"maker", "serial", "protocol", "polarisation", "on_hours_zone", "notes"}
_NUMBERS = {
    "period_minutes",
    "frequency_hz",
    "frequency_drift_hz",
    "pulse_length_s",
    "level_at_100_m_dbm",
}
_DATES = {"start_date", "battery_end_date", "drop_off_date"}
_LISTS = {"ids", "on_hours"}
_CURVES = {"temperature_c_by_period_s"}
_TOP = {"observer", "collars", "receivers", "antennas", "team", "simulation"}
_TABLES = {
    "collars": "a collar is a table: [collars.NAME] and its values below",
    "receivers": "a receiver is a table: [receivers.NAME] and its values below",
    "antennas": "an antenna is a table: [antennas.NAME] and its pattern below",
}
# What each key of a receiver may be: one of some words, numbers between two bounds, or any text.
_CHOICES = {
    "side": ("left", "right"),
    "polarisation": ("vertical", "horizontal", "both"),
    "squelch": ("open", "closed"),
}
_BOUNDS = {"antenna_azimuth_deg": (0.0, 360.0), "attenuator_db": (0.0, 120.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found in a settings file: its line, how bad, and what to do."""

    line: int
    wrong: bool
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def find_file(named: str | Path | None, journal: str | Path | None) -> Path | None:
    """Return the settings file: the named one, or `baksan.toml` beside the journal or here."""
    if named is not None:
        return Path(named)
    folder = Path(journal).parent if journal is not None else Path()
    path = folder / FILE_NAME
    return path if path.exists() else None


def load(path: Path | None) -> tuple[Configuration, list[Finding]]:
    """Read a settings file; without one everything is unknown.

    Returns the configuration and what was found in it that is not wrong enough to refuse.

    Raises:
        InputError: it cannot be read.
        ConfigError: it is not TOML, or a value is wrong; the message has the line.
    """
    if path is None:
        return Configuration(), []
    text = read_text(path)
    document = parse_toml(text, path)
    findings = check(document, text)
    if wrong := [finding for finding in findings if finding.wrong]:
        raise ConfigError(f"{path}, {wrong[0]}")
    return configuration_from(document), findings


def read_text(path: Path) -> str:
    """Read a settings file's text.

    Raises:
        InputError: missing, unreadable, no text, or larger than 1 MiB.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            raise InputError(f"{path}: larger than 1 MiB, this is no settings file")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text (byte {error.start})") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ConfigError: it is not TOML; the message has line and column.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError
        raise ConfigError(f"{path}: not TOML that can be read: {error}") from error


def check(document: Mapping[str, Any], text: str) -> list[Finding]:
    """Return what is wrong or suspicious in a parsed settings file, with line numbers."""
    findings = [_unknown(key, _TOP, _line(text, key)) for key in document if key not in _TOP]
    if not isinstance(document.get("observer", ""), str):
        fault = 'observer is not text in quotes ("...")'
        findings.append(Finding(line=_line(text, "observer"), wrong=True, text=fault))
    checks = (
        ("collars", _check_sheet),
        ("receivers", _check_setup),
        ("antennas", _check_antenna),
    )
    for kind, check_one in checks:
        findings += _check_tables(document.get(kind, {}), kind, text, check_one)
    return findings + _check_team(document.get("team", {}), text)


def _check_team(team: Any, text: str) -> list[Finding]:
    begin = _line(text, "team")
    if not isinstance(team, dict):
        fault = "the team is a table: [team] and its values below"
        return [Finding(line=begin, wrong=True, text=fault)]
    findings = []
    for key, value in team.items():
        line = _line(text, key, begin)
        if key not in TEAM_KEYS:
            findings.append(_unknown(key, TEAM_KEYS, line))
        elif wrong := _team_fault(key, value):
            findings.append(Finding(line=line, wrong=True, text=f"{key} {wrong}"))
    return findings


def _team_fault(key: str, value: Any) -> str | None:
    if key == "permit_end_date":
        return _date_fault(value)
    if key == "members":
        good = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return None if good else 'is not a list of names in quotes (["...", "..."])'
    return None if isinstance(value, str) else 'is not text in quotes ("...")'


def _check_tables(
    tables: Any, kind: str, text: str, check_one: Callable[[Any, str, int], list[Finding]]
) -> list[Finding]:
    if not isinstance(tables, dict):
        return [Finding(line=_line(text, kind), wrong=True, text=_TABLES[kind])]
    findings = []
    for name, sheet in tables.items():
        begin = _line(text, name)
        if isinstance(sheet, dict):
            findings += check_one(sheet, text, begin)
        else:
            findings.append(Finding(line=begin, wrong=True, text=_TABLES[kind]))
    return findings


def _check_setup(sheet: Mapping[str, Any], text: str, begin: int) -> list[Finding]:
    findings = []
    for key, value in sheet.items():
        line = _line(text, key, begin)
        if key not in SETUP_KEYS:
            findings.append(_unknown(key, SETUP_KEYS, line))
        elif fault := setup_fault(key, value):
            findings.append(Finding(line=line, wrong=True, text=f"{key} {fault}"))
    return findings


def _check_antenna(sheet: Mapping[str, Any], text: str, begin: int) -> list[Finding]:
    findings = [
        _unknown(key, ("pattern",), _line(text, key, begin)) for key in sheet if key != "pattern"
    ]
    pattern = sheet.get("pattern")
    good = isinstance(pattern, list) and len(pattern) >= FEWEST_OF_A_PATTERN
    if not good or not all(_is_pair(pair) for pair in pattern or ()):
        fault = "pattern is not a list of [degrees off the axis, gain in dB], four or more"
        line = _line(text, "pattern", begin)
        findings.append(Finding(line=line, wrong=True, text=fault))
    return findings


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(_is_number(value) for value in pair)
        and 0 <= pair[0] < 360
        and -100 <= pair[1] <= 100
    )


def setup_fault(key: str, value: Any) -> str | None:
    """Return what is wrong with a value of a receiver's setup, None where it may be."""
    if key == "directional":
        return None if isinstance(value, bool) else "is not true or false"
    if key in _BOUNDS:
        low, high = _BOUNDS[key]
        good = _is_number(value) and low <= value <= high
        return None if good else f"is not a number from {low:g} to {high:g}"
    if key in _CHOICES:
        choices = _CHOICES[key]
        return None if value in choices else f"is not one of {', '.join(choices)}"
    good = isinstance(value, str) and 0 < len(value) <= LONGEST_WORD and value.isprintable()
    return None if good else f'is not a text in quotes ("...") of 1 to {LONGEST_WORD} letters'


def _unknown(key: str, known: set[str] | tuple[str, ...], line: int) -> Finding:
    near = difflib.get_close_matches(key, known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return Finding(line=line, wrong=False, text=f"unknown key {key}{hint}")


def _line(text: str, key: str, begin: int = 1) -> int:
    """Return the line of a key or table name at or after line `begin`."""
    pattern = re.compile(rf"""^\s*(\[.*)?["']?{re.escape(key)}["']?\s*(=|\]|\.)""")
    for number, line in enumerate(text.splitlines(), 1):
        if number >= begin and pattern.match(line):
            return number
    return begin


def _check_sheet(sheet: Mapping[str, Any], text: str, begin: int) -> list[Finding]:
    findings = [
        _unknown(key, COLLAR_KEYS, _line(text, key, begin))
        for key in sheet
        if key not in COLLAR_KEYS
    ]
    for key in COLLAR_KEYS:
        if key in sheet and (fault := _type_fault(key, sheet[key])):
            line = _line(text, key, begin)
            findings.append(Finding(line=line, wrong=True, text=f"{key} {fault}"))
    if any(finding.wrong for finding in findings):
        return findings
    return findings + [
        Finding(line=_line(text, doubt.key, begin), wrong=doubt.wrong, text=doubt.text)
        for doubt in doubts(collar_from("", sheet))
    ]


def _type_fault(key: str, value: Any) -> str | None:
    if key == "movement":
        return None if value in MOVEMENTS else f"is not one of {', '.join(MOVEMENTS)}"
    if key in _TEXT:
        return None if isinstance(value, str) else 'is not text in quotes ("...")'
    if key in _NUMBERS:
        return None if _is_number(value) else "is not a number"
    if key in _LISTS:
        good = isinstance(value, list) and all(isinstance(v, str) for v in value)
        return None if good else 'is not a list of texts (["..."])'
    if key in _DATES:
        return _date_fault(value)
    if key in _CURVES:
        return None if _is_curve(value) else "is not a list of [seconds, degrees], two or more"
    good = isinstance(value, dict) and all(_is_number(v) and k in RATES for k, v in value.items())
    return None if good else f"is not a table of numbers for {', '.join(RATES)}"


def _is_curve(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(_is_number, pair)) for pair in value
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _date_fault(value: Any) -> str | None:
    try:
        to_date(value)
    except ValueError:
        return "is not a date (2026-11-24)"
    return None
