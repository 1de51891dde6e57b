"""OpenCollar, first generation: IRNAS rhino and lion trackers, LoRaWAN.

Source: IRNAS/smartparks-rhino-tracker-firmware at c78d99f, `decoder.js`, `main/status.h`,
`main/gps_tracker.h`. No real packet is public: everything here is after the document.

    port 1, GPS                 port 12, status                     port 11, log: records of 10
    0  latitude 24              0  bits 0-2 reset cause, 3-7 timeout  0  latitude 24
    3  longitude 24             1  battery, v * 10 + 2500 mV          3  longitude 24
    6  u16 altitude m           2  temperature, 0-255 is -20..80 C    6  24 bits, minutes since
    8  satellites, hdop         3  errors, bits 5-7 charging             1600000000
       (nibbles)                4  latitude 24, 7 longitude 24        9  bit 7 motion, 4-6 accuracy
    9  time to fix s            10 resent, 11 acceleration x y z,        / 12, 0-3 time to fix / 5
    10 accuracy m                  0-255 is -2000..2000 mg
    11 snr, 12 light            14 u16 input mV, 16 u16 GPS seconds   port 3, settings, 34 bytes
    13 motion                   18 u32 time of fix                    port 30, standing wave ratios
    14 u32 time of fix          22 pulses, 23 energy, 24 u16 fence
                                   voltage (12 bits), 26 u16 downlinks

Places and log times are big-endian, all else little-endian: latitude = raw / 16777215 * 180 - 90,
longitude = raw / 16777215 * 360 - 180, five decimals; both 0: no fix. The energy of pulses is
unreliable in the published decoder and is given as it came. No checksum: the port must be named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from construct import (
    Array,
    Bytes,
    BytesInteger,
    Construct,
    Int8ul,
    Int16ul,
    Int32ul,
    Struct,
)

from protocols import opencollar_edge
from protocols.fields import Bits
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

SPAN = 16_777_215
LOG_EPOCH = 1_600_000_000
RECORD_BYTES, MOST_RECORDS, SETTINGS_BYTES = 10, 20, 34
RESET_CAUSES = {3: "WATCHDOG"}
ERRORS = ("gps_periodic_error", "gps_triggered_error", "gps_fix_error", "accelerometer_error",
          "light_error")  # fmt: skip

Raw24 = BytesInteger(3)
GPS = Struct(
    "latitude" / Raw24,
    "longitude" / Raw24,
    "altitude" / Int16ul,
    "quality" / Bits(satellites=4, hdop=4),
    "time_to_fix" / Int8ul,
    "epe" / Int8ul,
    "snr" / Int8ul,
    "lux" / Int8ul,
    "motion" / Int8ul,
    "gps_time" / Int32ul,
)
STATUS = Struct(
    "system" / Bits(timeout=5, reset=3),
    "battery" / Int8ul,
    "temperature" / Int8ul,
    "errors" / Int8ul,
    "latitude" / Raw24,
    "longitude" / Raw24,
    "gps_resend" / Int8ul,
    "acceleration" / Array(3, Int8ul),
    "input_mv" / Int16ul,
    "gps_on_time_total" / Int16ul,
    "gps_time" / Int32ul,
    "pulse_counter" / Int8ul,
    "pulse_energy" / Int8ul,
    "pulse_voltage" / Int16ul,
    "downlink_counter" / Int16ul,
)
RECORD = Struct(
    "latitude" / Raw24,
    "longitude" / Raw24,
    "minutes" / Raw24,
    "info" / Bits(motion=1, epe=3, ttf=4),
)
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether the port and the length agree, and it is no message of the next generation.

    On ports 3 and 30 anything would fit: there the format must be named.
    """
    if reception.port not in (1, 11, 12) or opencollar_edge.PROTOCOL.fits(data, reception):
        return False
    try:
        parse(data, reception)
    except DecodeError:
        return False
    return True


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload into a tree."""
    port = reception.port
    if port not in LAYOUTS:
        named = "it needs the LoRaWAN port" if port is None else f"it has no port {port}"
        raise DecodeError(f"{named}: 1, 3, 11, 12 or 30", 0)
    layout = LAYOUTS[port](len(data))
    if layout is None or not data:
        raise DecodeError(f"{len(data)} bytes are no message of port {port}", len(data))
    return {"port": port, "size": len(data), "fields": layout.parse(data)}


def _exactly(layout: Construct[Any, Any]) -> Callable[[int], Construct[Any, Any] | None]:
    return lambda size: layout if size == layout.sizeof() else None


def _records(size: int) -> Construct[Any, Any] | None:
    many, rest = divmod(size, RECORD_BYTES)
    return None if rest or many > MOST_RECORDS else Array(many, RECORD)


LAYOUTS: dict[int, Callable[[int], Construct[Any, Any] | None]] = {
    1: _exactly(GPS),
    3: lambda size: Bytes(size) if size == SETTINGS_BYTES else None,
    11: _records,
    12: _exactly(STATUS),
    30: lambda size: Array(size, Int8ul),
}
GROUPS = {3: "settings", 11: "record", 30: "vswr"}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    layout = LAYOUTS[tree["port"]](tree["size"])
    assert layout is not None
    return bytes(layout.build(tree["fields"]))


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a payload says."""
    return [MEANINGS[tree["port"]](tree["fields"])]


def place_of(fields: Mapping[str, Any]) -> tuple[float, float]:
    """Return latitude and longitude in degrees; 0, 0 without a fix."""
    if fields["latitude"] == fields["longitude"] == 0:
        return 0.0, 0.0
    latitude = round(fields["latitude"] / SPAN * 180 - 90, 5)
    return latitude, round(fields["longitude"] / SPAN * 360 - 180, 5)


def _placed(details: dict[str, Any], time_s: int | None, **known: Any) -> Packet:
    latitude, longitude = details["lat"], details["lon"]
    fixed = (latitude, longitude) != (0.0, 0.0)
    return Packet(
        protocol=PROTOCOL.name,
        time=datetime.fromtimestamp(time_s, UTC) if time_s else None,
        latitude_deg=latitude if fixed else None,
        longitude_deg=longitude if fixed else None,
        position_status="ok" if fixed else "unavailable",
        **{"details": details, **known},
    )


def _gps(fields: Mapping[str, Any]) -> Packet:
    latitude, longitude = place_of(fields)
    names = ("time_to_fix", "epe", "snr", "lux", "motion", "gps_time")
    details = {
        "lat": latitude,
        "lon": longitude,
        "alt": fields["altitude"],
        "satellites": fields["quality"]["satellites"],
        "hdop": fields["quality"]["hdop"],
        **{name: fields[name] for name in names},
    }
    fixed = (latitude, longitude) != (0.0, 0.0)
    return _placed(
        details, fields["gps_time"],
        altitude_m=float(fields["altitude"]) if fixed else None,
        accuracy_m=float(fields["epe"]) if fixed and fields["epe"] else None,
    )  # fmt: skip


def _status(fields: Mapping[str, Any]) -> Packet:
    latitude, longitude = place_of(fields)
    reset = fields["system"]["reset"]
    voltage = fields["pulse_voltage"] & 0xFFF
    battery_mv = fields["battery"] * 10 + 2500
    temperature = fields["temperature"] * 100 / 255 - 20
    names = ("gps_resend", "gps_on_time_total", "gps_time", "pulse_counter", "downlink_counter")
    axes = zip(("accelx", "accely", "accelz"), fields["acceleration"], strict=True)
    flags = {name: fields["errors"] >> bit & 1 for bit, name in enumerate(ERRORS)}
    details = {
        "resetCause": RESET_CAUSES.get(reset, reset),
        "system_state_timeout": fields["system"]["timeout"],
        "battery": battery_mv,
        "temperature": round(temperature, 1),
        "system_functions_errors": {**flags, "charging_status": fields["errors"] >> 5},
        "lat": latitude,
        "lon": longitude,
        "battery_low": fields["input_mv"],
        **{name: round(raw * 4000 / 255 - 2000, 1) for name, raw in axes},
        **{name: fields[name] for name in names},
        "pulse_energy_raw": fields["pulse_energy"],
        "pulse_voltage": voltage,
        "voltage_fence_v": voltage * 8,
    }
    return _placed(
        details, fields["gps_time"], battery_v=battery_mv / 1000, temperature_c=temperature
    )  # fmt: skip


def _log(records: list[Mapping[str, Any]]) -> Packet:
    found = [_location(record) for record in records]
    newest = max(found, key=lambda one: one["gps_time"] or 0)
    packet = _placed({"lat": newest["lat"], "lon": newest["lon"]}, newest["gps_time"])
    return Packet(
        protocol=PROTOCOL.name,
        time=packet.time,
        latitude_deg=packet.latitude_deg,
        longitude_deg=packet.longitude_deg,
        accuracy_m=float(newest["epe"]) or None,
        position_status=packet.position_status,
        details={"locations": found},
    )


def _location(record: Mapping[str, Any]) -> dict[str, Any]:
    latitude, longitude = place_of(record)
    return {
        "lat": latitude,
        "lon": longitude,
        "gps_time": LOG_EPOCH + 60 * record["minutes"],
        "motion": record["info"]["motion"],
        "epe": record["info"]["epe"] * 12,
        "ttf": record["info"]["ttf"] * 5,
    }


def _plain(name: str) -> Callable[[Any], Packet]:
    def say(value: Any) -> Packet:
        shown = value.hex() if isinstance(value, bytes) else list(value)
        return Packet(protocol=PROTOCOL.name, details={name: shown})

    return say


MEANINGS: dict[int, Callable[[Any], Packet]] = {
    1: _gps,
    3: _plain("settings"),
    11: _log,
    12: _status,
    30: _plain("vswr"),
}


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a payload."""
    assert reception.port is not None
    layout = LAYOUTS[reception.port](len(data))
    assert layout is not None
    return [Part(offset=0, layout=layout, group=GROUPS.get(reception.port, ""))]


PROTOCOL = Protocol(
    name="opencollar-gen1",
    title="OpenCollar, first generation (IRNAS rhino and lion trackers)",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
