"""African Wildlife Tracking (AWT) collars by LoRaWAN.

Source: the codec in SmartParksOrg/smartparks-protect at 1e8debad, `tests/fixtures/payloads/awt` and
`shared/device_drivers/awt` (MIT). That codec is wrong outside the south-east quadrant and for HDOP;
here the driver's reading of the words is used, which AWT has not confirmed. No live frame is
public.

    0  header, A5 in every frame seen        5  type: 0 minimal, 1 standard, 3 altitude, 4 light,
    1  counter                                  5 both
    2  command: D1 clear, 91 encrypted       6  master id u16, 8 tag id u16 (little-endian)
    3  length: bytes after offset 4         10  alarms: bit 0 track, 1 low battery, 3 foil, 5
    4  XOR of bytes 0-3                         coverage, 6 memory full, 7 self-test
                                            11  flags, 12 software, 13 interval code
    From here big-endian:
    14 u16 battery, 1/100 V                 28  speed, 29 key, 30 three i16 of acceleration: units
    16 u32 time, 0: clock not set               are not known
    20 u32 latitude: bits 0-26 ddmmmmmm as  36  temperature, degrees C
       decimal digits, 27-30 HDOP, 31 south 37  u16 altitude m (types 3, 5), then u16 light (5)
    24 u32 longitude: bits 0-27 dddmmmmmm,      type 4: u16 light, or altitude: nobody knows
       28 ack, 29 movement, 30 alarm, 31    last  XOR of bytes 5 to the last but one
       east

Two XORs over the whole frame: a checksum, and a weak one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Any

from construct import Array, Bytes, GreedyBytes, Int8ul, Int16sb, Int16ub, Int16ul, Int32ub, Struct

from protocols.anatomy import spans
from protocols.fields import plain, without_last
from protocols.packet import (
    DecodeError,
    Packet,
    Part,
    PositionStatus,
    Protocol,
    Reception,
    parses,
)

HEADER, CLEAR, ENCRYPTED = 0xA5, 0xD1, 0x91
HEADER_BYTES, SHORTEST_PAYLOAD = 5, 33
EXTRA_BYTES = {0: 0, 1: 0, 3: 2, 4: 2, 5: 4}
COMMANDS = {CLEAR: "Not Encrypted", ENCRYPTED: "Encrypted"}
TYPES = {0: "AWT Minimal payload type"}
INTERVALS = {1: "GPS log every 10 minutes"}
ALARMS = {0: "otaTrack", 1: "lowBattery", 3: "tamperFoil", 5: "serviceCoverage", 6: "memoryFull",
          7: "selfTest"}  # fmt: skip

FRAME = Struct(
    "header" / Int8ul,
    "counter" / Int8ul,
    "command" / Int8ul,
    "length" / Int8ul,
    "header_xor" / Int8ul,
    "payload" / GreedyBytes,
)
PAYLOAD = Struct(
    "type" / Int8ul,
    "master_id" / Int16ul,
    "tag_id" / Int16ul,
    "alarms" / Int8ul,
    "flags" / Int8ul,
    "software" / Int8ul,
    "interval" / Int8ul,
    "battery_cv" / Int16ub * "x 0.01 V",
    "time" / Int32ub * "unix",
    "latitude_word" / Int32ub * "bits 0-26: ddmmmmmm",
    "longitude_word" / Int32ub * "bits 0-27: dddmmmmmm",
    "speed" / Int8ul,
    "key" / Int8ul,
    "acceleration" / Array(3, Int16sb),
    "temperature_c" / Int8ul * "C",
    "extra" / GreedyBytes,
)
EXTRA = {
    3: Struct("altitude" / Int16ub * "m"),
    5: Struct("altitude" / Int16ub * "m", "light" / Int16ub),
}
Tree = dict[str, Any]


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a frame into a tree, its checksums tested."""
    if len(data) < HEADER_BYTES + 2:
        raise DecodeError(f"a frame has 7 bytes or more, this has {len(data)}", len(data))
    if data[3] != len(data) - HEADER_BYTES:
        text = f"the frame says {data[3]} bytes after its head, it has {len(data) - HEADER_BYTES}"
        raise DecodeError(text, 3)
    if data[4] not in (checksum(data[:4]), checksum(bytes([HEADER]) + data[1:4])):
        raise DecodeError("the checksum of the head does not fit", 4)
    if checksum(data[5:-1]) != data[-1]:
        raise DecodeError("the checksum of the payload does not fit", len(data) - 1)
    tree = plain(FRAME.parse(data))
    if tree["command"] not in COMMANDS:
        raise DecodeError(f"unknown command {tree['command']:02x}", 2)
    if tree["command"] == ENCRYPTED:
        return tree
    return {**tree, "payload": _payload(data[HEADER_BYTES:-1]), "payload_xor": data[-1]}


def _payload(body: bytes) -> Tree:
    kind = body[0]
    if kind not in EXTRA_BYTES:
        raise DecodeError(f"unknown type {kind}", HEADER_BYTES)
    wanted = SHORTEST_PAYLOAD - 1 + EXTRA_BYTES[kind]
    if len(body) != wanted:
        raise DecodeError(f"type {kind} has {wanted} bytes, this has {len(body)}", HEADER_BYTES)
    return plain(PAYLOAD.parse(body))


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    payload = tree["payload"]
    if not isinstance(payload, bytes):
        payload = PAYLOAD.build(payload) + bytes([tree["payload_xor"]])
    return bytes(FRAME.build({**tree, "payload": payload}))


def checksum(data: bytes) -> int:
    """Return the XOR of bytes."""
    return reduce(xor, data, 0)


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a frame says; of an encrypted one that it is."""
    details = {
        "header": tree["header"],
        "messageCounter": tree["counter"],
        "command": COMMANDS[tree["command"]],
        "payloadLength": tree["length"],
        "headerCRC": checksum(FRAME.build({**tree, "payload": b""})[:4]) == tree["header_xor"],
        "payloadCRC": True,
    }
    warnings = []
    if tree["header"] != HEADER:
        doubt = "" if details["headerCRC"] else "; with a5 the checksum of the head would fit"
        first = f"it begins with {tree['header']:02x}, every frame seen so far with a5"
        warnings.append(f"{first}{doubt}")
    payload = tree["payload"]
    if isinstance(payload, bytes):
        warnings.append("encrypted: the cipher is not public; its level is still good for homing")
        return [Packet(protocol=PROTOCOL.name, details=details, warnings=tuple(warnings))]
    return [_packet(payload, details, warnings)]


def _packet(payload: Tree, details: dict[str, Any], warnings: list[str]) -> Packet:
    latitude, longitude = place_of(payload["latitude_word"], payload["longitude_word"])
    time = payload["time"]
    details |= {
        "subCommand": TYPES.get(payload["type"], f"type {payload['type']}"),
        "masterTagID": payload["master_id"],
        "tagID": payload["tag_id"],
        "softwareVersion": payload["software"],
        "reportingInterval": INTERVALS.get(payload["interval"], f"code {payload['interval']}"),
        "batteryVoltage": payload["battery_cv"] / 100,
        "timestamp": time,
        "latitude": latitude,
        "longitude": longitude,
        "hdop": payload["latitude_word"] >> 27 & 15,
        "movement": bool(payload["longitude_word"] >> 29 & 1),
        "speed": payload["speed"],
        "temperature": payload["temperature_c"],
        **{name: bool(payload["alarms"] >> bit & 1) for bit, name in ALARMS.items()},
        **_extra(payload),
    }
    status = _status(payload, latitude, longitude)
    if status == "bad":
        warnings.append("the position cannot be: its minutes or degrees are too many")
    if time == 0:
        warnings.append("its clock is not set")
    good = status == "ok"
    return Packet(
        protocol=PROTOCOL.name,
        device_id=str(payload["tag_id"]),
        time=datetime.fromtimestamp(time, UTC) if time else None,
        latitude_deg=latitude if good else None,
        longitude_deg=longitude if good else None,
        altitude_m=float(details["altitude"]) if "altitude" in details else None,
        position_status=status,
        battery_v=details["batteryVoltage"],
        temperature_c=float(payload["temperature_c"]),
        details=details,
        warnings=tuple(warnings),
    )


def _extra(payload: Tree) -> dict[str, Any]:
    if payload["type"] in EXTRA:
        return plain(EXTRA[payload["type"]].parse(payload["extra"]))
    if payload["type"] == 4:
        return {"light_or_altitude": int.from_bytes(payload["extra"], "big")}
    return {}


def place_of(latitude_word: int, longitude_word: int) -> tuple[float, float]:
    """Return degrees of the two words; 0, 0 where there is no fix."""
    latitude = _degrees(latitude_word & 0x7FFFFFF)
    longitude = _degrees(longitude_word & 0xFFFFFFF)
    south, east = latitude_word >> 31, longitude_word >> 31
    return (-latitude if south else latitude), (longitude if east else -longitude)


def _degrees(digits: int) -> float:
    degrees, minutes = divmod(digits, 1_000_000)
    return round(degrees + minutes / 10_000 / 60, 7)


def _status(payload: Tree, latitude: float, longitude: float) -> PositionStatus:
    digits = payload["latitude_word"] & 0x7FFFFFF, payload["longitude_word"] & 0xFFFFFFF
    if digits == (0, 0):
        return "unavailable"
    whole = all(value % 1_000_000 < 600_000 for value in digits)
    return "ok" if whole and abs(latitude) <= 90 and abs(longitude) <= 180 else "bad"


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layouts of head and payload; of an encrypted one nothing is known."""
    head = Part(offset=0, layout=without_last(FRAME))
    if data[2] == ENCRYPTED:
        return [head, *spans(HEADER_BYTES, encrypted=len(data) - HEADER_BYTES - 1, payload_xor=1)]
    extra_bytes = EXTRA_BYTES[data[HEADER_BYTES]]
    extra = EXTRA.get(data[HEADER_BYTES], Struct("light_or_altitude" / Bytes(extra_bytes)))
    after = len(data) - 1 - extra_bytes
    return [
        head,
        Part(offset=HEADER_BYTES, layout=without_last(PAYLOAD)),
        Part(offset=after, layout=extra),
        *spans(len(data) - 1, payload_xor=1),
    ]


PROTOCOL = Protocol(
    name="awt-lorawan",
    aliases=("awt",),
    title="African Wildlife Tracking (AWT), LoRaWAN",
    integrity="checksum",
    evidence="document",
    fits=parses(parse),
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
