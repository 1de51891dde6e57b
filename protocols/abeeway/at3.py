"""Abeeway trackers with Asset Tracker 3 firmware, LoRaWAN.

Source: actility/device-catalog at 53ef3f33, `vendors/abeeway/drivers/asset-tracker-3` (facts only).

    0  bit 7 in several frames, 6 SOS, 3-5 type, 0-2 token of the answer
    1  bit 7 kept from before, 0-6 battery percent (0 charging, 127 unknown)
    2  u16 seconds since midnight or noon, UTC (FFFF: clock not set); of one kept: u32 unix time
       in several frames: one byte, bits 5-7 group, 4 last, 0-3 number
       and then the contents, offsets within them:

    type            contents
    1 notification  0 kind: bits 4-7 class, 0-3 type; see `at3_notifications`
    2 position      0 bit 7 moving, 5-6 status (success, timeout, failure, not solvable), 0-3 kind
                    1 bits 0-3 motion counter    2 u16 what called for it
                    4 by kind:
       10 GNSS      i32 latitude, longitude 1e-7 degrees, i16 height m, u16 course 1/100 degree,
                    u16 speed cm/s, u8 error m (251-255 up to 500, 1000, 2000, 4000, more), bits
                    5-7 fix (invalid, valid, 2D, 3D), 0-4 satellites;
                    without success: bits 5-7 cause, 0-4 how many, then of each: number, bits 6-7
                    system, 0-5 C/N
       3 Wi-Fi      of each MAC 6, i8 dBm
       4-6 7-9 BLE  of each a MAC of 6, an id of 2, or of 16 octets, i8 dBm
       0-2 LR11xx   opaque: the network works the place out; 11 aided GNSS: nothing is known
    3 4 5           query, response, telemetry: not read

Big-endian. Ports 3, 19 and 199 are seen. No checksum: the port must be named.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from construct import GreedyBytes, Int8ub, Int16sb, Int16ub, Int32sb, Struct

from protocols import dates
from protocols.abeeway.at3_notifications import notification
from protocols.abeeway.shared import (
    NO_BOUND,
    NOT_READ,
    Details,
    Message,
    error_of,
    named,
    scanned,
    status_of,
)
from protocols.anatomy import spans
from protocols.fields import Bits
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

PORTS = (3, 19, 199)
NOTIFICATION, POSITION = 1, 2
TYPES = {NOTIFICATION: "NOTIFICATION", POSITION: "POSITION", 3: "QUERY", 4: "RESPONSE",
         5: "TELEMETRY"}  # fmt: skip
CHARGING, UNKNOWN, FULL = 0, 127, 100
NO_CLOCK = 0xFFFF
HALF_DAY = timedelta(hours=12)
HEAD_BYTES = 4
POSITION_HEAD = struct.Struct(">BBH")
PLACE_BYTES = POSITION_HEAD.size
STATUSES = ("SUCCESS", "TIMEOUT", "FAILURE", "NOT_SOLVABLE")
SUCCESS, NOT_SOLVABLE = 0, 3
KINDS = (
    "LR11xx_A_GNSS", "LR11xx_GNSS_NAV1", "LR11xx_GNSS_NAV2", "WIFI", "BLE_SCAN1_MAC",
    "BLE_SCAN1_SHORT", "BLE_SCAN1_LONG", "BLE_SCAN2_MAC", "BLE_SCAN2_SHORT", "BLE_SCAN2_LONG",
    "GNSS", "AIDED_GNSS",
)  # fmt: skip
GNSS, AIDED_GNSS = 10, 11
TRIGGERS = tuple(
    f"geoTrigger{name}"
    for name in ("Pod", "Sos", "MotionStart", "MotionStop", "InMotion", "InStatic", "Shock",
                 "TempHighThreshold", "TempLowThreshold", "Geozoning")
)  # fmt: skip
CAUSES = ("T0_TIMEOUT", "T1_TIMEOUT", "ACQUISITION_TIMEOUT")
SYSTEMS = ("GPS", "GLONASS", "BEIDOU", "GALILEO")
FIXES = ("INVALID", "VALID", "FIX_2D", "FIX_3D")
INVALID_FIX = 0
HEAD = Struct("what" / Bits(several=1, sos=1, type=3, ack=3), "level" / Bits(kept=1, battery=7))
Tree = dict[str, Any]


# --- positions --------------------------------------------------------------------------------

FIX = Struct(
    "latitude" / Int32sb, "longitude" / Int32sb, "altitude" / Int16sb, "course" / Int16ub,
    "speed" / Int16ub, "error" / Int8ub, "quality" / Int8ub,
)  # fmt: skip
FAILURE = Struct("cause" / Int8ub, "list" / GreedyBytes)
UNREAD = Message(
    "a message", Struct("unread" / GreedyBytes), lambda body: {"unread": body.unread.hex()},
    warning=NOT_READ,
)  # fmt: skip
LISTED = Struct("list" / GreedyBytes)


def _fix(body: Any) -> Details:
    latitude, longitude = body.latitude / 1e7, body.longitude / 1e7
    fix = {
        "latitude": latitude,
        "longitude": longitude,
        "altitude": body.altitude,
        "COG": body.course,
        "SOG": body.speed,
        "EHPE": error_of(body.error, ">4000")[0],
        "quality": {
            "fixQuality": named(FIXES, body.quality >> 5),
            "numberSatellitesUsed": body.quality & 31,
        },
    }
    return {"gnssFix": fix, "coordinates": [longitude, latitude, body.altitude]}


def _failure(body: Any) -> Details:
    seen = [
        {"svId": body.list[at], "constellation": SYSTEMS[body.list[at + 1] >> 6],
         "CN": body.list[at + 1] & 63}
        for at in range(0, len(body.list) - 1, 2)
    ]  # fmt: skip
    cause = named(CAUSES, body.cause >> 5)
    return {"gnssFailure": {"timeoutCause": cause, "satellitesSeen": seen}}


def _scan(kind: int) -> Message:
    octets = {3: 6, 4: 6, 7: 6, 5: 2, 8: 2}.get(kind, 16)
    key = "wifiBssids" if kind == 3 else "bleBeaconMacs" if octets == 6 else "bleBeaconIds"
    name, joint = ("mac", ":") if octets == 6 else ("id", "-")
    return Message(
        KINDS[kind],
        LISTED,
        lambda body: {key: scanned(body.list, name, joint, octets)},
        (0,),
        octets + 1,
    )


def _opaque(kind: int, key: str) -> Message:
    return Message(KINDS[kind], LISTED, lambda body: {key: body.list.hex()})


SCANS = {kind: _scan(kind) for kind in range(3, 10)}
SOLVED = {
    0: _opaque(0, "lr11xxAGnss"),
    1: _opaque(1, "lr11xxGnssNav1"),
    2: _opaque(2, "lr11xxGnssNav2"),
    **SCANS,
    GNSS: Message("GNSS", FIX, _fix, (FIX.sizeof(),)),
}


def _position(what: int, at: int) -> Message:
    """Return what a position holds by its first byte, which stands at a byte.

    Raises:
        DecodeError: nobody knows.
    """
    kind, status = what & 15, what >> 5 & 3
    if kind > AIDED_GNSS:
        raise DecodeError(f"there is no position of kind {kind}", at)
    if kind == GNSS and status in (SUCCESS, NOT_SOLVABLE):
        return SOLVED[GNSS] if status == SUCCESS else _opaque(GNSS, "unread")
    if kind == GNSS:
        return Message("GNSS", FAILURE, _failure, (1,), 2)
    if kind in SOLVED and status in (SUCCESS, NOT_SOLVABLE):
        return SOLVED[kind]
    return _opaque(kind, "unread")


# --- the message ------------------------------------------------------------------------------


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload into a tree; `place` is the head of a position."""
    port = reception.port
    if port not in PORTS:
        words = "it needs the LoRaWAN port" if port is None else f"port {port} is not known"
        raise DecodeError(f"{words}: 3, 19 or 199", 0)
    size = _head_bytes(data)
    kind = data[0] >> 3 & 7 if data else 0
    before = size + (PLACE_BYTES if kind == POSITION else 0)
    if len(data) < before + (kind != POSITION):
        raise DecodeError(f"it ends in its head, after {len(data)} bytes", len(data))
    if FULL < data[1] & 127 < UNKNOWN:
        raise DecodeError(f"the battery cannot have {data[1] & 127} percent", 1)
    message = _message(kind, data[size:], size)
    message.check(len(data) - before, before)
    body = message.layout.parse(data[before:])
    if "cause" in body and len(body.list) != 2 * (body.cause & 31):
        raise DecodeError(f"its {body.cause & 31} satellites do not fit its length", before)
    return {
        "port": port, "head": data[:size], "place": data[size:before], "message": message,
        "body": body,
    }  # fmt: skip


def _head_bytes(data: bytes) -> int:
    """Return how many bytes stand before the contents."""
    kept, several = bool(data[1:] and data[1] >> 7), bool(data and data[0] >> 7)
    return HEAD_BYTES + 2 * kept + several


def _message(kind: int, contents: bytes, at: int) -> Message:
    """Return what the contents are, which stand at a byte.

    Raises:
        DecodeError: nobody knows.
    """
    if kind == POSITION:
        return _position(contents[0], at)
    if kind == NOTIFICATION:
        return notification(contents, at)
    if kind not in TYPES:
        raise DecodeError(f"there is no message of type {kind}", 0)
    return UNREAD


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(tree["head"] + tree["place"]) + bytes(tree["message"].layout.build(tree["body"]))


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether port, kind and size of a position or a notification agree to the byte."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    message, size = tree["message"], len(data) - len(tree["head"]) - len(tree["place"])
    fix = message.read(tree["body"]).get("gnssFix", {})
    status, _ = status_of(fix.get("latitude", 0), fix.get("longitude", 0))
    return status != "bad" and not message.warnings(size) and _no_spare_bit(tree["place"])


def _no_spare_bit(place: bytes) -> bool:
    """Tell whether the bits of a position's head that mean nothing are zero."""
    what, counter, called = POSITION_HEAD.unpack(place) if place else (0, 0, 0)
    return not (what & 16 or counter >> 4 or called >> len(TRIGGERS))


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a payload says; its time needs the time of reception, save for one kept."""
    head, message, payload = tree["head"], tree["message"], build(tree)
    kind = head[0] >> 3 & 7
    time, doubts = _time(head, reception.received)
    contents = message.read(tree["body"])
    details: Details = {"header": _header(head, time), "payload": payload.hex()}
    if head[0] >> 7:
        last = {"groupId": head[-1] >> 5, "last": head[-1] >> 4 & 1, "frameNumber": head[-1] & 15}
        details["extendedHeader"] = last
    if kind == POSITION:
        contents = _place(tree["place"]) | contents
    details[TYPES[kind].lower()] = contents
    packet = Packet(
        protocol=PROTOCOL.name,
        time=time,
        battery_v=_battery_v(contents),
        temperature_c=_temperature_c(contents),
        details=details,
        warnings=(*doubts, *message.warnings(len(payload) - len(head) - len(tree["place"]))),
    )
    return [_placed(packet, tree["body"], contents)] if "gnssFix" in contents else [packet]


def _header(head: bytes, time: datetime | None) -> Details:
    level = head[1] & 127
    return {
        "sos": bool(head[0] >> 6 & 1),
        "type": TYPES[head[0] >> 3 & 7],
        "ackToken": head[0] & 7,
        "multiFrame": bool(head[0] >> 7),
        "batteryLevel": {CHARGING: "CHARGING", UNKNOWN: "UNKNOWN"}.get(level, level),
        "timestamp": f"{time:%Y-%m-%dT%H:%M:%S.000Z}" if time else None,
        **({"buffering": True} if head[1] >> 7 else {}),
    }


def _time(head: bytes, received: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    """Return when a message was made, from the clock of half a day or the whole one."""
    if head[1] >> 7:
        unix_s = int.from_bytes(head[2:6], "big")
        return (datetime.fromtimestamp(unix_s, UTC) if unix_s else None), ()
    seconds = int.from_bytes(head[2:4], "big")
    if seconds == NO_CLOCK:
        return None, ("its clock is not set",)
    if seconds >= HALF_DAY.total_seconds():
        return None, (f"its clock says {seconds} s of half a day: not believed",)
    if received is None:
        return None, ()
    latest = received.astimezone(UTC) + dates.CLOCK_SLACK
    time = latest.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(seconds=seconds)
    while time > latest:
        time -= HALF_DAY
    return time, ()


def _place(head: bytes) -> Details:
    what, counter, called = POSITION_HEAD.unpack(head)
    return {
        "motion": what >> 7,
        "motionCounter": counter & 15,
        "status": STATUSES[what >> 5 & 3],
        "positionType": KINDS[what & 15],
        "triggers": {name: called >> bit & 1 for bit, name in enumerate(TRIGGERS)},
    }


def _battery_v(contents: Details) -> float | None:
    system = contents.get("system", {})
    found = system.get("lowBattery") or system.get("status") or {}
    return found["batteryVoltage"] / 1000 if "batteryVoltage" in found else None


def _temperature_c(contents: Details) -> float | None:
    system = contents.get("system", {})
    found = system.get("heartbeat") or system.get("status") or {}
    degrees = found.get("currentTemperature", contents.get("temperature"))
    return None if degrees is None else float(degrees)


def _placed(packet: Packet, body: Any, contents: Details) -> Packet:
    """Return the packet of a fix with its place, where that can be one."""
    fix = contents["gnssFix"]
    status, doubts = status_of(fix["latitude"], fix["longitude"])
    accuracy_m = error_of(body.error, "")[1]
    if status == "ok" and body.quality >> 5 == INVALID_FIX:
        status, doubts = "bad", ("the receiver says that its fix is not valid",)
    if status == "ok" and accuracy_m is None:
        status, doubts = "bad", NO_BOUND
    good = status == "ok"
    return replace(
        packet,
        latitude_deg=fix["latitude"] if good else None,
        longitude_deg=fix["longitude"] if good else None,
        altitude_m=float(fix["altitude"]) if good else None,
        accuracy_m=accuracy_m if good else None,
        position_status=status,
        warnings=(*packet.warnings, *doubts),
    )


def parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield the layouts of the head, of a position's head, and of the contents."""
    tree = parse(data, reception)
    size, place = len(tree["head"]), len(tree["place"])
    time = {"unix_time": 4} if data[1] >> 7 else {"seconds": 2}
    several = size - 2 - sum(time.values())
    yield Part(offset=0, layout=HEAD)
    yield from spans(2, **time, **({"frame": several} if several else {}))
    if place:
        yield from spans(size, what=1, counter=1, triggers=place - 2)
    yield Part(offset=size + place, layout=tree["message"].layout)


PROTOCOL = Protocol(
    name="abeeway-at3",
    title="Abeeway, Asset Tracker 3 firmware",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
