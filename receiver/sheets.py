"""A collar's sheet as text in the settings file: a new block, written in one step.

Nothing that is in the file is changed: a block is added at its end.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from receiver import settings
from receiver.collar_rules import USUAL_DRIFT_HZ, days_left, doubts, is_on
from receiver.config import RATES, Collar, Configuration, collar_from, setup_to, team_to
from receiver.errors import ConfigError, InputError

# Each key with its explanation and an example, in the order in which a sheet shows them.
_FIELDS = (
    ("maker", "who made the collar", '"Lotek"'),
    ("serial", "serial number on the collar", '"12345"'),
    ("ids", "identities in its packets: DevEUI, IMEI, Argos number", '["70B3D57ED0051234"]'),
    ("protocol", "format of its packets (baksan protocols)", '"telonics-gen3-argos"'),
    ("period_minutes", "minutes from fix to fix, where its packets do not say", "1440"),
    ("frequency_hz", "beacon frequency in hertz", "150340000"),
    ("frequency_drift_hz", "how far it may have drifted, hertz up or down", "2000"),
    ("pulse_length_s", "length of one pulse in seconds", "0.02"),
    ("polarisation", "how its antenna stands: vertical or horizontal", '"vertical"'),
    ("level_at_100_m_dbm", "how loud it is 100 m away, by a calibrated receiver", "-80"),
    ("movement", "alive, resident, dispersing, or still (dropped, or dead)", '"still"'),
    ("pulses_per_minute", f"any of {', '.join(RATES)}", "{ normal = 40, mortality = 80 }"),
    (
        "pulse_lengths_s",
        "the same by pulse length",
        "{ normal = 0.02, mortality = 0.04 }",
    ),
    ("temperature_c_by_period_s", "its curve: [seconds, degrees C]", "[[0.9, 30.0], [1.3, 0.0]]"),
    ("on_hours", "when the beacon is on", '["06:00-10:00", "18:00-22:00"]'),
    ("on_hours_zone", "clock of these hours, or switch-on", '"Europe/Moscow"'),
    ("start_date", "when the collar was put on", "2025-03-10"),
    ("battery_end_date", "when its battery is expected to end", "2027-03-10"),
    ("drop_off_date", "when it should fall off", "2027-05-01"),
    ("notes", "anything else", '"left ear torn"'),
)
_BARE = re.compile(r"^[A-Za-z0-9_-]+$")
LONGEST_NAME = 60


def block(collar: Collar) -> str:
    """Return a sheet as TOML; what is unknown stands as a comment with an example."""
    lines = [f"[collars.{_key(collar.name)}]"]
    for key, meaning, example in _FIELDS:
        value = getattr(collar, key)
        if value in (None, (), {}):
            lines.append(f"# {key} = {example}   # unknown: {meaning}")
        else:
            lines.append(f"{key} = {_toml(value)}   # {meaning}")
    return "\n".join(lines) + "\n"


def text_of(configuration: Configuration) -> str:
    """Return a settings file of everything that is known; a key of a collar cannot be in it."""
    parts = [f"observer = {toml_text(configuration.observer)}\n"]
    if configuration.simulation:
        parts[0] += "simulation = true\n"
    tables = {
        **{f"receivers.{_key(s.receiver)}": setup_to(s) for s in configuration.receivers},
        **{f"antennas.{_key(n)}": {"pattern": p} for n, p in configuration.antennas.items()},
        "team": team_to(configuration.team),
    }
    parts += [block(collar) for collar in configuration.collars]
    parts += [_table(name, values) for name, values in tables.items() if values]
    return "\n".join(parts)


def _table(name: str, values: Mapping[str, Any]) -> str:
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def toml_text(value: str) -> str:
    """Write a text as TOML has it, in quotes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _key(name: str) -> str:
    return name if _BARE.match(name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return toml_text(str(value))


def make(name: str, values: Mapping[str, Any]) -> tuple[Collar, list[str]]:
    """Return a new collar of plain values, and what is suspicious about it.

    Raises:
        ConfigError: the name or a value cannot be.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"name {name!r}: 1 to {LONGEST_NAME} letters, digits and signs")
    try:
        collar = collar_from(name, {k: v for k, v in values.items() if v not in (None, (), {})})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"collar {name}: {error}") from error
    found = doubts(collar)
    if wrong := [doubt for doubt in found if doubt.wrong]:
        raise ConfigError(f"collar {name}: {wrong[0].text}")
    return collar, [doubt.text for doubt in found]


def add(path: Path, collar: Collar) -> None:
    """Add a sheet at the end of a settings file, which is made where there is none.

    Raises:
        ConfigError: the collar has a sheet already, or the file cannot take one; it is unchanged.
        InputError: the file cannot be read or written.
    """
    old = settings.read_text(path) if path.exists() else ""
    document = settings.parse_toml(old, path)
    if collar.name in document.get("collars", {}):
        raise ConfigError(f"{path}: collar {collar.name} has a sheet already; change it there")
    new = f"{old.rstrip()}\n\n{block(collar)}".lstrip()
    try:
        settings.parse_toml(new, path)
    except ConfigError as error:
        raise ConfigError(f"{path}: no sheet can be added, write it by hand ({error})") from error
    newline = "\r\n" if "\r\n" in old else "\n"
    text = new.replace("\r\n", "\n").replace("\n", newline)
    mark = "utf-8-sig" if old and path.read_bytes().startswith(b"\xef\xbb\xbf") else "utf-8"
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    replace_file(path, text.encode(mark), mode)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step: it has the old content or the new one, also after a power cut.

    Raises:
        InputError: it cannot be written; the old file is whole.
    """
    path = Path(os.path.realpath(path))
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
        with open(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            os.unlink(name)
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- showing --------------------------------------------------------------------------------


def drift_words(collar: Collar) -> str:
    """Say between which frequencies the beacon may be by now."""
    if collar.frequency_hz is None:
        return "unknown: search the whole band"
    known = collar.frequency_drift_hz
    drift_hz = USUAL_DRIFT_HZ if known is None else known
    low, high = ((collar.frequency_hz + sign * drift_hz) / 1e6 for sign in (-1, 1))
    basis = "by its sheet" if known is not None else "drift unknown, usual is up to 3 kHz"
    return f"listen from {low:.4f} to {high:.4f} MHz ({basis})"


def on_words(collar: Collar, on: bool | None) -> str:
    """Say whether the beacon should transmit now."""
    if on is not None:
        return "yes, by its hours" if on else "NO, by its hours: silence now means nothing"
    return "cannot say: listen over 24 hours and on several weekdays"


def battery_words(left: int | None) -> str:
    """Say how the battery stands by its date."""
    if left is None:
        return "unknown"
    if left < 0:
        return f"PAST by {-left} days: it may be silent for good, or weak"
    return f"{left} days left by its sheet"


def plain(collar: Collar, now: datetime) -> dict[str, Any]:
    """Return a sheet for JSON, unknown as null, with what holds now."""
    sheet: dict[str, Any] = {"name": collar.name}
    for key, _, _ in _FIELDS:
        value = getattr(collar, key)
        sheet[key] = value.isoformat() if isinstance(value, date) else value
        sheet[key] = None if value in ((), {}) else sheet[key]
    sheet["on_now"] = is_on(collar, now)
    sheet["battery_days_left"] = days_left(collar.battery_end_date, now)
    return sheet


def table(collar: Collar, now: datetime) -> list[tuple[str, str]]:
    """Return what a ranger reads: a name and its value in words, "unknown" where it is."""
    rows = [(_TITLES[key], _shown(key, getattr(collar, key))) for key, _, _ in _FIELDS]
    left = days_left(collar.battery_end_date, now)
    return [
        ("collar", collar.name),
        *rows,
        ("where to listen", drift_words(collar)),
        ("on the air now?", on_words(collar, is_on(collar, now))),
        ("battery", battery_words(left)),
    ]


_TITLES = {
    "maker": "maker",
    "serial": "serial number",
    "ids": "identities",
    "protocol": "format of packets",
    "period_minutes": "fix to fix",
    "frequency_hz": "frequency",
    "frequency_drift_hz": "drift, up or down",
    "pulse_length_s": "pulse length",
    "polarisation": "polarisation",
    "level_at_100_m_dbm": "level 100 m away",
    "movement": "movement",
    "pulses_per_minute": "pulses per minute",
    "pulse_lengths_s": "lengths of pulses",
    "temperature_c_by_period_s": "temperature curve",
    "on_hours": "on hours",
    "on_hours_zone": "clock of the hours",
    "start_date": "put on",
    "battery_end_date": "battery ends",
    "drop_off_date": "falls off",
    "notes": "notes",
}
_UNITS = {"frequency_drift_hz": "Hz", "level_at_100_m_dbm": "dBm", "period_minutes": "min"}


def _shown(key: str, value: Any) -> str:
    if value in (None, (), {}):
        return "unknown"
    if key == "frequency_hz":
        return f"{value / 1e6:.4f} MHz"
    if key in _UNITS:
        return f"{value:g} {_UNITS[key]}"
    if key == "pulse_length_s":
        return f"{1000 * value:g} ms"
    if key == "temperature_c_by_period_s":
        return ", ".join(f"{period_s:g} s {degrees:g} C" for period_s, degrees in value)
    if key == "pulse_lengths_s":
        value = {kind: f"{1000 * length_s:g} ms" for kind, length_s in value.items()}
        return ", ".join(f"{kind.replace('_', ' ')} {length}" for kind, length in value.items())
    if isinstance(value, Mapping):
        return ", ".join(f"{kind.replace('_', ' ')} {rate:g}" for kind, rate in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def sheet_of(path: Path | None, name: str) -> Collar:
    """Return one collar's sheet from a settings file.

    Raises:
        InputError, ConfigError: the file cannot be read, or has no such collar.
    """
    if path is None:
        raise InputError(f"no {settings.FILE_NAME} here: baksan collar new {name}")
    configuration, _ = settings.load(path)
    found = [c for c in configuration.collars if c.name.casefold() == name.casefold()]
    if not found:
        known = ", ".join(collar.name for collar in configuration.collars) or "none"
        raise ConfigError(f"{path}: no sheet of collar {name!r}; there are: {known}")
    return found[0]
