"""The records that flow through the program.

Frozen, keyword-only. A name carries its unit, and is the same in the code, in the journal, as the
heading of a CSV file and as the key in JSON. Unknown is None. Times are timezone-aware UTC.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

DetectionKind = Literal["meter", "packet", "pulse", "slot"]
ObservationKind = Literal["level", "silence", "bearing", "sighting", "position", "note"]
LevelBound = Literal["none", "lower", "upper"]
PositionStatus = Literal["ok", "corrected", "stale", "bad", "unavailable"]  # as of a packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """A level, pulse, track slot or packet heard by one receiver.

    `kind` is "meter" for a reading of a polled meter, which is a level only at the peak of a
    pulse; "packet" for a packet with its level; "pulse" and "slot" come from samples. `data` is a
    packet's payload, `protocol`, `port` and `device_id` what its carrier said about it. For a meter
    `found` tells whether its squelch is open. `relative_bearing_deg` is a direction finder's,
    clockwise from the mark on its antenna; `antenna_azimuth_deg` is that mark from true north.
    `observer` is set where another one heard it than who carries the source: a node of a station.
    """

    kind: DetectionKind
    time: datetime
    monotonic_ns: int
    id: str = ""
    source: str = ""
    observer: str | None = None
    receiver: str | None = None
    collar: str | None = None
    session: str | None = None
    frequency_hz: float | None = None
    level_db: float | None = None
    level_unit: str | None = None
    level_raw: float | None = None
    level_sd_db: float | None = None
    noise_db: float | None = None
    snr_db: float | None = None
    cn0_dbhz: float | None = None
    attenuator_db: float | None = None
    gain_db: float | None = None
    calibration_id: str | None = None
    saturated: bool | None = None
    found: bool | None = None
    track_id: str | None = None
    data: bytes | None = None
    protocol: str | None = None
    port: int | None = None
    device_id: str | None = None
    mode: str | None = None
    antenna_azimuth_deg: float | None = None
    relative_bearing_deg: float | None = None
    pulses_per_minute: float | None = None
    pulse_length_s: float | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the antenna was.

    `source` names what said so. `holds_s` is how long the place holds where it was said once (by
    hand, or in an address) rather than measured again and again.
    """

    time: datetime
    latitude_deg: float
    longitude_deg: float
    altitude_m: float | None = None
    accuracy_m: float | None = None
    heading_deg: float | None = None
    heading_sigma_deg: float | None = None
    source: str = ""
    observer: str = ""
    holds_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One piece of evidence: the place and time of the antenna, and what it heard or saw there.

    The headings of an observation CSV are these names. A row is corrected by a new one whose
    `supersedes_id` names it. `session` is one stretch with the same receiver, antenna and gain:
    one unknown offset. `bearing_deg` is always from true north. `ear` tells who listened ("by ear",
    "sdr"), `on_probability` how likely the beacon was on the air while nothing was heard, `body`
    where the antenna was on the one who carried it.
    """

    id: str
    kind: ObservationKind
    time: datetime
    supersedes_id: str | None = None
    collar: str | None = None
    observer: str | None = None
    receiver: str | None = None
    session: str | None = None
    place_time: datetime | None = None
    place_age_s: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    heading_deg: float | None = None
    frequency_hz: float | None = None
    duration_s: float | None = None
    heard: bool | None = None
    level_db: float | None = None
    level_unit: str | None = None
    level_raw: float | None = None
    level_sd_db: float | None = None
    level_bound: LevelBound = "none"
    threshold_db: float | None = None
    snr_db: float | None = None
    noise_db: float | None = None
    gain_db: float | None = None
    attenuator_db: float | None = None
    calibration_id: str | None = None
    antenna: str | None = None
    antenna_azimuth_deg: float | None = None
    polarisation: str | None = None
    body: str | None = None
    ear: str | None = None
    on_probability: float | None = None
    bearing_deg: float | None = None
    bearing_sigma_deg: float | None = None
    bearing_reference: str | None = None
    bearing_alternatives_deg: tuple[float, ...] = ()
    radius_m: float | None = None
    trust: float | None = None
    packet_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverModel:
    """What is known of one fixed receiver: level = true level + `offset_db`, from and to a time.

    `noise_db` is its noise floor on the same scale.
    """

    receiver: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    offset_db: float = 0.0
    offset_sd_db: float = 0.0
    noise_db: float | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where the collar may be, or the `reason` why nothing can be said.

    `latitude_deg`, `longitude_deg` is the point of least expected distance, `map` the single most
    likely one. `regions` has the keys "50", "75", "95", each `{"geometry": GeoJSON MultiPolygon,
    "area_m2": float}`. `contributions_bits` tells for each kind of evidence how much it narrowed
    the area down. `counts` and `warnings` say what the answer rests on and what limits it.
    """

    collar: str | None = None
    time: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    map: dict[str, float] | None = None
    regions: dict[str, dict[str, Any]] = field(default_factory=dict)
    inaudible_probability: float | None = None
    contributions_bits: dict[str, float] = field(default_factory=dict)
    beside: dict[str, dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A row of a collar's history, from a maker's file: a position, or a contact without one.

    `time` is that of the position, or of the contact where there is none; None where the file does
    not tell how old a position is. `received` is when the message with it came. `device_id` is the
    collar's as the file has it, `collar` the name of the sheet that knows it. Only a position whose
    status is "ok" or "corrected" may be taken for the animal's. `sensor` has Movebank's words;
    `location_class` is that of Argos. `data` are the bytes of the message, not decoded. `id` is the
    same for the same content, whatever file and row it stood in.
    """

    id: str
    device_id: str
    file: str
    row: int
    time: datetime | None = None
    received: datetime | None = None
    collar: str | None = None
    animal: str | None = None
    taxon: str | None = None
    sensor: str = "gps"
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    position_status: PositionStatus = "unavailable"
    fix_type: str | None = None
    dop: float | None = None
    satellites: int | None = None
    location_class: str | None = None
    battery_v: float | None = None
    temperature_c: float | None = None
    activity: float | None = None
    mortality: bool | None = None
    data: bytes | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row of a maker's file that says nothing usable, kept as it stands, and why."""

    file: str
    row: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A row of the journal: bytes as a source gave them, not yet understood."""

    source: str
    kind: Literal["bytes", "datagram"]
    time: datetime
    monotonic_ns: int
    boot_id: str
    clock_source: str
    raw: bytes
    clock_age_ms: int | None = None
    seq: int = 0
    origin: str = ""


# The text of every made-up observation, so that no table of them is taken for a search.
SIMULATION_MARK = "SIMULATION"
# The kind of an entry that the program makes itself: what the search is set to from now on.
SETTINGS = "settings"
# Kinds of entries that are about a receiver and not evidence of a collar: what it hears with
# (`receiver.config.Setup`), today's radio check, a calibration of its meter, which compass is used.
SETUP, RADIO_CHECK, CALIBRATION, COMPASS = "setup", "radio_check", "calibration", "compass"
# The kind of an entry that says what was given away to whom.
EXPORT = "export"
# The kind of an entry in which the leader answers a question of a collar's story or weighs a cause.
STORY = "story"
# What was called to everybody (animal seen, danger), and the approach limit as the leader set it.
CALL, APPROACH = "call", "approach_limit"
# The program leads the searchers from here on: who is led has not gone where it is loud by himself.
GUIDED = "guided"
# Kinds of entries that say nothing of where a collar is.
NO_EVIDENCE = (SETTINGS, EXPORT, STORY, CALL, APPROACH, GUIDED)
# Of these, what the program writes by itself: nobody has entered it, and nobody takes it back.
BY_ITSELF = (SETTINGS, EXPORT, GUIDED)
# The beginning or the end of a turn with a directional antenna.
TURN = "turn"
# The reason of a gap while the team's own voice radio transmits: no silence, and no beep either.
OWN_RADIO = "own radio transmitting"
# How the reason of a gap ends where a file or a program has no more to give.
END_OF_INPUT = "read to its end"
# The key of an entry's content with the time that a phone's own clock showed: it may be wrong.
PHONE_TIME = "phone_time"
# So many bits of a burst are expected to be wrong where it is doubtful.
DOUBTFUL_BITS = 0.5
# The receiver of somebody who listens by ear, without a cable.
HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the journal: what a person wrote down. `content` has the names of Observation."""

    id: str
    observer: str
    time: datetime
    content: dict[str, Any]
    monotonic_ns: int = 0
    boot_id: str = ""
    clock_source: str = ""
    seq: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A row of the journal: `source` could not be heard from `time` on, and why.

    `ended` True is the row that closes the gap.
    """

    source: str
    time: datetime
    monotonic_ns: int
    boot_id: str
    reason: str
    ended: bool = False
    seq: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A row of the journal: a source that was opened, so that its bytes can be read again.

    A source whose role is "history" is a maker's file: its bytes are all of that file, in pieces.
    """

    source: str
    address: str
    observer: str
    receiver: str | None = None
    role: Literal["receiver", "position", "samples", "history"] = "receiver"
    seq: int = 0
    origin: str = ""


Row = Heard | Entry | Gap | Source


YEARS = range(1990, 2200)


def said_time(content: Mapping[str, Any], written: datetime) -> datetime:
    """Return the time that an entry's content is about, when it was written where it says none.

    Raises:
        TypeError, ValueError: its time is none, has no zone, or lies in another century.
    """
    if "time" not in content:
        return written
    time = datetime.fromisoformat(content["time"])
    if time.tzinfo is None:  # whose local time would it be?
        raise ValueError("a time without its zone")
    if time.year not in YEARS:
        raise ValueError(f"a time in the year {time.year}")
    return time.astimezone(UTC)


def utc_text(time: datetime) -> str:
    """Write a time as ISO 8601 UTC with milliseconds and Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def jsonable(value: Any) -> Any:
    """Turn a record, or anything made of records, into what `json.dumps` takes.

    None stays null, NaN and infinity become null, bytes become hex, times ISO 8601 UTC.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if hasattr(value, "item"):  # a numpy scalar
        return jsonable(value.item())
    return value
