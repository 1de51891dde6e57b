"""What a search is set to: the observer and the collars' sheets, as records and as plain values.

`receiver/settings.py` reads them from a file. Keys of collars are never here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from receiver.records import HAND

Pattern = tuple[tuple[float, float], ...]
MOVEMENTS = ("alive", "resident", "dispersing", "still")
RATES = ("normal", "mortality", "low_battery", "recovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collar:
    """A collar's sheet. Every value is known or None; nothing is assumed.

    `ids` are the identities that its packets carry (DevEUI, DevAddr, IMEI, PTT id), upper case or
    not. `protocol` is the format of its packets and `period_minutes` the time from fix to fix,
    where the packets do not tell. `pulses_per_minute` and `pulse_lengths_s` have any of the keys
    normal, mortality, low_battery, recovery. `on_hours` is a list such as ["06:00-10:00"] in
    `on_hours_zone` (an IANA name or UTC); where the zone is "switch-on" the hours count from the
    moment when the collar was switched on. `polarisation` is vertical or horizontal, as its antenna
    stands on the animal. `movement` is alive (None: taken for it), resident, dispersing, or still:
    a collar that was dropped, or an animal that the leader holds for dead.
    `temperature_c_by_period_s` are pairs of a beacon whose period tells its temperature, as its
    maker measured them. `level_at_100_m_dbm` is what a calibrated receiver hears of it from 100 m.
    """

    name: str
    maker: str | None = None
    serial: str | None = None
    ids: tuple[str, ...] = ()
    protocol: str | None = None
    period_minutes: float | None = None
    frequency_hz: float | None = None
    frequency_drift_hz: float | None = None
    pulse_length_s: float | None = None
    polarisation: str | None = None
    level_at_100_m_dbm: float | None = None
    movement: str | None = None
    pulses_per_minute: dict[str, float] = field(default_factory=dict)
    pulse_lengths_s: dict[str, float] = field(default_factory=dict)
    temperature_c_by_period_s: Pattern = ()
    on_hours: tuple[str, ...] = ()
    on_hours_zone: str | None = None
    start_date: date | None = None
    battery_end_date: date | None = None
    drop_off_date: date | None = None
    notes: str | None = None

    @property
    def listened_length_s(self) -> float | None:
        """The pulse length to listen for: the shortest, in which longer ones are heard as well."""
        return min(self.pulse_lengths_s.values(), default=self.pulse_length_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a receiver hears with, as far as it is known. Any change begins a new session.

    `receiver` is the name of its source, or "hand". Receivers on one antenna (a splitter) give it
    the same name. `antenna_azimuth_deg` is for an antenna that does not move: its mark from true
    north. `gain` is the mark of a knob, `polarisation` vertical, horizontal or both, `side` left or
    right for a pair on an aircraft, `squelch` open or closed, `body` where the antenna is on who
    carries it (in front, behind, mast, car).
    """

    receiver: str = HAND
    antenna: str | None = None
    directional: bool | None = None
    antenna_azimuth_deg: float | None = None
    side: str | None = None
    polarisation: str | None = None
    attenuator_db: float | None = None
    preamplifier: str | None = None
    gain: str | None = None
    body: str | None = None
    squelch: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who searches and by whose leave, for reports; "" is unknown.

    `authority` gave the permit, which ends on `permit_end_date`. `contact` is given to others.
    """

    organisation: str = ""
    leader: str = ""
    members: tuple[str, ...] = ()
    permit: str = ""
    authority: str = ""
    permit_end_date: date | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that a search was set to, without keys. `simulation` marks a made-up search.

    `antennas`: by name, degrees off the axis and gain in dB of a pattern.
    """

    observer: str = "A"
    collars: tuple[Collar, ...] = ()
    receivers: tuple[Setup, ...] = ()
    antennas: dict[str, Pattern] = field(default_factory=dict)
    team: Team = field(default_factory=Team)
    simulation: bool = False

    def collar(self, name: str) -> Collar | None:
        """Return a collar's sheet by its name, None where there is none."""
        return next((collar for collar in self.collars if collar.name == name), None)


_NUMBERS = (
    "period_minutes",
    "frequency_hz",
    "frequency_drift_hz",
    "pulse_length_s",
    "level_at_100_m_dbm",
)
_DATES = ("start_date", "battery_end_date", "drop_off_date")
_LISTS, _CURVES = ("ids", "on_hours"), ("temperature_c_by_period_s",)
COLLAR_KEYS = tuple(f.name for f in fields(Collar) if f.name != "name")
SETUP_KEYS = tuple(f.name for f in fields(Setup) if f.name != "receiver")
TEAM_KEYS = tuple(f.name for f in fields(Team))


def configuration_from(document: Mapping[str, Any]) -> Configuration:
    """Make the configuration of a parsed file, or of what `configuration_to` gave."""
    collars = document.get("collars", {})
    return Configuration(
        observer=str(document.get("observer", "A")),
        collars=tuple(collar_from(name, sheet) for name, sheet in collars.items()),
        receivers=tuple(
            setup_from(name, sheet) for name, sheet in document.get("receivers", {}).items()
        ),
        antennas={
            name: tuple((float(degrees), float(gain_db)) for degrees, gain_db in sheet["pattern"])
            for name, sheet in document.get("antennas", {}).items()
        },
        team=team_from(document.get("team", {})),
        simulation=document.get("simulation") is True,
    )


def configuration_to(configuration: Configuration) -> dict[str, Any]:
    """Turn a configuration into plain values for JSON, without keys of collars."""
    collars = {collar.name: _sheet(collar) for collar in configuration.collars}
    plain: dict[str, Any] = {"observer": configuration.observer, "collars": collars}
    if configuration.receivers:
        plain["receivers"] = {s.receiver: setup_to(s) for s in configuration.receivers}
    if configuration.antennas:
        plain["antennas"] = {
            name: {"pattern": [list(pair) for pair in pattern]}
            for name, pattern in configuration.antennas.items()
        }
    if team := team_to(configuration.team):
        plain["team"] = team
    return {**plain, "simulation": True} if configuration.simulation else plain


def collar_from(name: str, sheet: Mapping[str, Any]) -> Collar:
    """Make a collar of its plain values; unknown keys are passed over."""
    known: dict[str, Any] = {key: sheet[key] for key in COLLAR_KEYS if key in sheet}
    for key in known.keys() & _LISTS:
        known[key] = tuple(str(value) for value in known[key])
    for key in known.keys() & _DATES:
        known[key] = to_date(known[key])
    for key in known.keys() & _NUMBERS:
        known[key] = float(known[key])
    for key in known.keys() & _CURVES:
        known[key] = tuple((float(at), float(value)) for at, value in known[key])
    return Collar(name=name, **known)


def setup_from(receiver: str, values: Mapping[str, Any]) -> Setup:
    """Make a setup of its plain values; unknown keys are passed over.

    Raises:
        TypeError, ValueError: a value is not what its key wants.
    """
    known: dict[str, Any] = {key: values[key] for key in SETUP_KEYS if values.get(key) is not None}
    for key in known.keys() & {"antenna_azimuth_deg", "attenuator_db"}:
        known[key] = float(known[key])
    for key in known.keys() - {"antenna_azimuth_deg", "attenuator_db", "directional"}:
        known[key] = str(known[key])
    if "directional" in known:
        known["directional"] = known["directional"] is True
    return Setup(receiver=receiver, **known)


def setup_to(setup: Setup) -> dict[str, Any]:
    """Turn a setup into plain values for JSON, without what is not known."""
    values = {key: getattr(setup, key) for key in SETUP_KEYS}
    return {key: value for key, value in values.items() if value is not None}


def team_from(values: Mapping[str, Any]) -> Team:
    """Make a team of its plain values; unknown keys are passed over.

    Raises:
        TypeError, ValueError: a value is not what its key wants.
    """
    known: dict[str, Any] = {key: values[key] for key in TEAM_KEYS if values.get(key)}
    for key in known.keys() - {"members", "permit_end_date"}:
        known[key] = str(known[key])
    if "members" in known:
        known["members"] = tuple(str(name) for name in known["members"])
    if "permit_end_date" in known:
        known["permit_end_date"] = to_date(known["permit_end_date"])
    return Team(**known)


def team_to(team: Team) -> dict[str, Any]:
    """Turn a team into plain values for JSON, without what is not known."""
    values = {key: getattr(team, key) for key in TEAM_KEYS}
    plain = {key: list(v) if isinstance(v, tuple) else v for key, v in values.items() if v}
    return {key: v.isoformat() if isinstance(v, date) else v for key, v in plain.items()}


def _sheet(collar: Collar) -> dict[str, Any]:
    sheet: dict[str, Any] = {}
    for key in COLLAR_KEYS:
        value = getattr(collar, key)
        if value not in (None, (), {}):
            sheet[key] = value.isoformat() if isinstance(value, date) else value
            sheet[key] = list(value) if isinstance(value, tuple) else sheet[key]
    return sheet


def to_date(value: Any) -> date:
    """Return a date from a TOML date, or from text.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))
