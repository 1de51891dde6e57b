"""Settings of a search: one TOML file that holds the observer and the collars' sheets.

The file is named on the command line or found as `baksan.toml` beside the journal. Keys of collars
are not in it: they live in `keys.toml`, which only its owner may read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Collar:
    """A collar's sheet. Every value is known or None; nothing is assumed.

    `pulses_per_minute` has any of the keys normal, mortality, low_battery, recovery. `ids` are the
    identities that its packets carry (DevEUI, DevAddr, IMEI, PTT id), upper case or not. `on_hours`
    is a list such as ["06:00-10:00"] in `on_hours_zone` (an IANA name or UTC), or hours after
    switch-on where `on_hours_zone` is "switch-on".
    """

    name: str
    maker: str | None = None
    serial: str | None = None
    ids: tuple[str, ...] = ()
    frequency_hz: float | None = None
    frequency_drift_hz: float | None = None
    pulse_length_s: float | None = None
    pulses_per_minute: dict[str, float] = field(default_factory=dict)
    on_hours: tuple[str, ...] = ()
    on_hours_zone: str | None = None
    start_date: date | None = None
    battery_end_date: date | None = None
    drop_off_date: date | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that a search was set to, without keys."""

    observer: str = "A"
    collars: tuple[Collar, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
