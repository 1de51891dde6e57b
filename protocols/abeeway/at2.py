"""Abeeway trackers with Asset Tracker 1 and 2 firmware, LoRaWAN.

Source: actility/device-catalog at 53ef3f33, `vendors/abeeway/drivers/asset-tracker` (facts only).

    0  type                               3  temperature, 0-255 is -44 to 85 degrees C
    1  bits 5-7 mode, 4 SOS, 3 state of   4  bits 4-7 token of the answer, 0-3 sub-type
       application, 2 moving, 1 periodic  5. contents
       position, 0 on demand
    2  battery: 0 charging, 255 unknown; port 18: percent, port 17: 1-254 is 2.8 to 4.2 V

    type  sub-type            contents
    0                         frame pending: only a token follows the type
    3     0 GPS               age * 8 s, i24 latitude and longitude * 256e-7 degrees, error 0-255 is
                              0-1000 m, three bytes more or not
          1 GPS timeout       cause, four C/N 0-255 is 0-50 dB
          2 5 6               encrypted
          3 4 Wi-Fi failed    six voltages; 4 has a code after them
          7 BLE, 9 Wi-Fi      age * 8 s, then of each MAC 6, i8 dBm; 10 and 11 ids of 6 or 16 octets
          8 BLE failed        cause
    14    as 3                the age is u16 s and stands before failures too, and
          0 GPS               age, u8 (bit 0 3D, bit 1 units), i32 latitude and longitude 1e-7, i16
                              height, u8 error, u16 course 1/100 degree, u16 speed cm/s; and the fix
                              before, or not: age * 8 s, bit 15 moving, 12-14 n, 6-11 and 0-5 its
                              difference + 32 in 2^n e-7 degrees
          1 GPS timeout       one byte more or not
    4     0 energy            u32 GPS on s, GPS standby s, scans
          1 health            u16 consumed (unit not told), highest and lowest temperature, u16 by
                              LoRa, BLE, GPS, Wi-Fi, u16 mV
    5                         reset, version 3, BLE version 3: the versions or not
    7     by bits 0-2 of 5    1 activity u32; 2 parameters (id, u32); 3 shocks, three i16 mg, u32
                              or not; 4 six u16, activity u32; 5 BLE MAC
    9                         cause of shutting down
    10    by byte 5           2 end of motion: three i16 mg, u8 percent or not; 5 temperature:
                              state, highest, lowest, two u16; 9 angle: flags, u16 s, two vectors,
                              i8 degrees; 10 geofence: format and kind, u24; others nothing
    11    0 1 2               flags (bit 6 MAC), collection, hash, then of each i8 dBm with 3 octets
                              of beacon (the first unused in a scan of type 0) or 6 of MAC
    12 15                     proximity, debug: not read
    13                        token, u24 to whom, text

Height and error with bit 1 of units: m, and m up to 250, then 251-255 for up to 500, 1000, 2000,
4000 and more; without: cm, and the scale of 0-1000 m. Big-endian. No time is in it: a fix is as old
as its age says, counted from the reception. No checksum: the port must be named.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from construct import Int8ub, Struct

from protocols.abeeway.at2_contents import ENERGY_OR_HEALTH, EVENT, FRAME_PENDING, MISC, SCAN, TEXT
from protocols.abeeway.at2_contents import MESSAGES as OTHERS
from protocols.abeeway.at2_positions import EXTENDED, FIX_TYPES, MOVING, POSITION
from protocols.abeeway.at2_positions import MESSAGES as POSITIONS
from protocols.abeeway.shared import (
    NO_BOUND,
    NOT_READ,
    Details,
    degrees_c,
    error_of,
    status_of,
    volts,
)
from protocols.fields import Bits
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

VOLTS_PORT, PERCENT_PORT = 17, 18
CHARGING, FULL, UNKNOWN = 0, 100, 255
HEAD_BYTES = 5
MODES = ("STAND_BY", "MOTION_TRACKING", "PERMANENT_TRACKING", "MOTION_START_END_TRACKING",
         "ACTIVITY_TRACKING", "OFF")  # fmt: skip
MESSAGES = {**POSITIONS, **OTHERS}
OLDEST_S = {POSITION: 2040, EXTENDED: 65535}
HEAD = Struct(
    "type" / Int8ub, "status" / Int8ub, "battery" / Int8ub,
    "temperature" / Int8ub * "x 129 / 255 - 44 C", "token" / Bits(ack=4, kind=4),
)  # fmt: skip
Tree = dict[str, Any]


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload into a tree."""
    port = reception.port
    if port not in (VOLTS_PORT, PERCENT_PORT):
        named = "it needs the LoRaWAN port" if port is None else f"port {port} is not known"
        raise DecodeError(f"{named}: 17 (battery in volts) or 18 (in percent)", 0)
    if not data:
        raise DecodeError("empty: there are no bytes to decode", 0)
    key = _key(data)
    message = MESSAGES.get(key)
    if message is None:
        raise DecodeError(f"there is no type {key[0]} with kind {key[1]}", 0)
    head = _head_bytes(data[0])
    message.check(len(data) - head, head)
    if head == HEAD_BYTES and data[1] >> 5 >= len(MODES):
        raise DecodeError(f"there is no mode {data[1] >> 5}", 1)
    body = message.layout.parse(data[head:])
    return {"port": port, "key": key, "head": data[:head], "body": body}


def _head_bytes(kind: int) -> int:
    return 1 if kind in (FRAME_PENDING, TEXT) else HEAD_BYTES


def _key(data: bytes) -> tuple[int, int]:
    """Return the type of a message, and what tells the kinds of this type apart."""
    kind = data[0]
    needed = _head_bytes(kind) + (kind in (MISC, EVENT, SCAN))
    if len(data) < needed:
        raise DecodeError(f"it has {needed} bytes or more, this has {len(data)}", len(data))
    if kind in (POSITION, EXTENDED, ENERGY_OR_HEALTH):
        return kind, data[4] & 15
    if kind == SCAN:
        return kind, (data[4] & 15) << 1 | data[5] >> 6 & 1
    if kind == MISC:
        return kind, data[5] & 7
    return kind, data[5] if kind == EVENT else 0


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(tree["head"]) + bytes(MESSAGES[tree["key"]].layout.build(tree["body"]))


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether port, type, size and mode agree; a place must be one that can be."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    message = MESSAGES[tree["key"]]
    details = message.read(tree["body"])
    status, _ = status_of(details.get("gpsLatitude", 0), details.get("gpsLongitude", 0))
    return message.warning != NOT_READ and status != "bad" and not _battery_doubts(tree)


def _battery_doubts(tree: Tree) -> tuple[str, ...]:
    """Return what is wrong with a battery in percent: it may be a message of the other port."""
    octet = tree["head"][2] if len(tree["head"]) == HEAD_BYTES else CHARGING
    wrong = tree["port"] == PERCENT_PORT and FULL < octet < UNKNOWN
    return (f"its battery cannot have {octet} percent: is it of port 17?",) if wrong else ()


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a payload says; the time of a fix is its age before the reception."""
    message, payload = MESSAGES[tree["key"]], build(tree)
    body = message.read(tree["body"])
    details: Details = {"messageType": message.name, "payload": payload.hex()}
    cut = message.warnings(len(payload) - len(tree["head"]))
    if len(tree["head"]) == HEAD_BYTES:
        details |= _head(tree)
    details |= body
    packet = Packet(
        protocol=PROTOCOL.name,
        battery_v=_battery_v(details),
        temperature_c=details.get("temperatureMeasure"),
        details=details,
        warnings=(*_battery_doubts(tree), *cut),
    )
    return [_placed(packet, tree, reception) if "gpsLatitude" in body else packet]


def _head(tree: Tree) -> Details:
    kind, status, battery, temperature, token = tree["head"]
    mode = MODES[status >> 5]
    found = {
        "trackingMode": mode,
        "deviceConfiguration": {"mode": mode},
        "sosFlag": status >> 4 & 1,
        "appState": status >> 3 & 1,
        "dynamicMotionState": MOVING[status >> 2 & 1],
        "periodicPosition": bool(status >> 1 & 1),
        "onDemand": bool(status & 1),
        "temperatureMeasure": degrees_c(temperature),
        "ackToken": token >> 4,
        "batteryStatus": {CHARGING: "CHARGING", UNKNOWN: "UNKNOWN"}.get(battery, "OPERATING"),
    }
    if battery not in (CHARGING, UNKNOWN):
        percent = tree["port"] == PERCENT_PORT
        found |= {"batteryLevel": battery} if percent else {"batteryVoltage": volts(battery)}
    if kind in (POSITION, EXTENDED):
        found["rawPositionType"] = FIX_TYPES[token & 15]
    return found


def _battery_v(details: Details) -> float | None:
    millivolts = details.get("healthStatus", {}).get("batteryVoltage")
    return millivolts / 1000 if millivolts else details.get("batteryVoltage")


def _placed(packet: Packet, tree: Tree, reception: Reception) -> Packet:
    """Return the packet of a fix with its place, where that can be one."""
    details = packet.details
    place = details["gpsLatitude"], details["gpsLongitude"]
    status, doubts = status_of(*place)
    error_m = _error_m(tree, details)
    if error_m is None and status == "ok":
        status, doubts = "bad", NO_BOUND
    if details["age"] >= OLDEST_S[tree["key"][0]] and status == "ok":
        status, doubts = "stale", (f"the fix is {details['age']} s old or older",)
    usable = status in ("ok", "stale")
    received = reception.received
    return replace(
        packet,
        time=received - timedelta(seconds=details["age"]) if received and status == "ok" else None,
        latitude_deg=place[0] if usable else None,
        longitude_deg=place[1] if usable else None,
        altitude_m=_height_m(details) if usable else None,
        accuracy_m=error_m if usable else None,
        position_status=status,
        warnings=(*packet.warnings, *doubts),
    )


def _height_m(details: Details) -> float | None:
    return float(details["gpsAltitude"]) if "gpsAltitude" in details else None


def _error_m(tree: Tree, details: Details) -> float | None:
    if details.get("gpsPayloadType"):
        return error_of(tree["body"].error, "")[1]
    return float(details["horizontalAccuracy"])


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layouts of the head and of the contents."""
    head = HEAD if _head_bytes(data[0]) == HEAD_BYTES else Struct("type" / Int8ub)
    layout = MESSAGES[_key(data)].layout
    return [Part(offset=0, layout=head), Part(offset=head.sizeof(), layout=layout)]


PROTOCOL = Protocol(
    name="abeeway-at2",
    aliases=("abeeway",),
    title="Abeeway, Asset Tracker 2 firmware (and 1)",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
