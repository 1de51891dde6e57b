"""WildFi tags: entries of the log, the frames that carry it over ESP-NOW, and the beacon.

Source: trichl/WildFiOpenSource at 2b4f945 (MIT), its decoder (`LogEntry*.java`,
`EspNowMessage.java`) and its gateway (`ESP32WildFiGatewayOnlineFirmware.ino`).

An entry is `12 34 xx`, u32 time, and by xx (big-endian; F is u16 length of the IMU's raw values, P
u16 length of those met, both in front of what they count; E is i16 1/100 degree C, u32 humidity
1/1000 percent, u32 pressure 1/100 hPa):

    58            i32 latitude, longitude 1e-6 degrees, u8 HDOP / 10, u8 s to the fix
    56            u8 error, place and HDOP as 58, F
    5A 5C         u8 10 ms, u8 error, place and HDOP as 58, E, i16 1/100 degree C of the IMU, F
    5E 60 61      u8 10 ms, u8 error, u16 errors, u16 mV, E, i16 1/100 degree C of the IMU, F
    57            P
    62 65         P, F
    63            E, P
    64 66         E, P, F
    72            f32 s of the week, u16 week, u8 leap seconds, u8 state (these little-endian), u8
                  how many, u8 size 34 each: raw ranges

One who was met: u16 name, u8 level in -dBm. A place of 0, 0 is none. The decoder believes no entry
before 2019 or in the future, none with a fix after 0 s, and meetings at whole minutes only.

    AB            data frame: u32 place in the flash (17 bits page, 11 offset, 4 spare), a piece of
                  the log, which may begin and end within an entry
    77 99         beacon of 10 or 30 bytes: u16 mV, error, u16 errors, command, state, activated,
                  has the time; 99 also: software, configuration, three i16 of the compass, u32
                  starts, u32 bytes to send, four more

Runs of FF are flash that was lost. There is no checksum: what does not hold together is passed over
up to the next `12 34 xx`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from construct import (
    Bytes,
    Construct,
    ConstructError,
    Float32l,
    Int8ub,
    Int16sb,
    Int16ub,
    Int16ul,
    Int32sb,
    Int32ub,
    Struct,
    this,
)

from protocols import dates
from protocols.fields import Finite, Linear, plain
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

MARK, MARK_BYTES = b"\x12\x34", 3
DATA, DATA_HEAD_BYTES = 0xAB, 5
LONGEST_ENTRY = 9000
MOST_MET, MOST_FIFO, MOST_RANGES, RANGE_BYTES = 512, 8192, 50, 34
MET_BYTES, WEAKEST_DBM = 3, -100
UPTIME_S, FIRST_S, MINUTE_S = 1_000_000, 1_546_300_800, 60
LOST_FLASH = 12  # octets of FF, from which on they are no values
GPS_ONLY, RAW_GPS = 0x58, 0x72

TIME = "utcTimestamp" / Int32ub * "unix"
HUNDREDTHS = Linear(Int16sb, divisor=100)
PLACE = (
    "lat" / Linear(Int32sb, divisor=1_000_000), "lon" / Linear(Int32sb, divisor=1_000_000),
    "hdop" / Linear(Int8ub, divisor=10),
)  # fmt: skip
AIR = (
    "temperatureInDegCel" / HUNDREDTHS, "humidityInPercent" / Linear(Int32ub, divisor=1000),
    "pressureInHPA" / Linear(Int32ub, divisor=100),
)  # fmt: skip
MOMENT = ("milliseconds" / Int8ub, "lastErrorId" / Int8ub)
OF_IMU = "temperatureBmxInDegCel" / HUNDREDTHS
MET_LENGTH, MET = "proxLen" / Int16ub, "met" / Bytes(this.proxLen)
FIFO_LENGTH, FIFO = "fifoLen" / Int16ub, "fifo" / Bytes(this.fifoLen)
WITH_PLACE = Struct(TIME, *MOMENT, *PLACE, *AIR, OF_IMU, FIFO_LENGTH, FIFO)
WITH_POWER = Struct(
    TIME, *MOMENT, "errorCount" / Int16ub, "batteryVoltage" / Linear(Int16ub, divisor=1000), *AIR,
    OF_IMU, FIFO_LENGTH, FIFO,
)  # fmt: skip
MET_AND_IMU = Struct(TIME, MET_LENGTH, FIFO_LENGTH, MET, FIFO)
MET_IN_AIR_AND_IMU = Struct(TIME, *AIR, MET_LENGTH, FIFO_LENGTH, MET, FIFO)
LAYOUTS: dict[int, Construct[Any, Any]] = {
    0x56: Struct(TIME, "lastErrorId" / Int8ub, *PLACE, FIFO_LENGTH, FIFO),
    0x57: Struct(TIME, MET_LENGTH, MET),
    GPS_ONLY: Struct(TIME, *PLACE, "ttfSeconds" / Int8ub),
    0x5A: WITH_PLACE, 0x5C: WITH_PLACE,
    0x5E: WITH_POWER, 0x60: WITH_POWER, 0x61: WITH_POWER,
    0x62: MET_AND_IMU, 0x65: MET_AND_IMU,
    0x63: Struct(TIME, *AIR, MET_LENGTH, MET),
    0x64: MET_IN_AIR_AND_IMU, 0x66: MET_IN_AIR_AND_IMU,
    RAW_GPS: Struct(
        TIME, "receiverTimeOfWeekInSec" / Finite(Float32l), "gpsWeekNumber" / Int16ul,
        "gpsLeapSeconds" / Int8ub, "receiverTrackingStatusBitField" / Int8ub,
        "measurementLen" / Int8ub, "observationLen" / Int8ub,
        "ranges" / Bytes(this.measurementLen * this.observationLen),
    ),
}  # fmt: skip
BEACON = (
    "kind" / Int8ub, "voltage" / Int16ub, "lastErrorId" / Int8ub, "errorCnt" / Int16ub,
    "commandByteMirrored" / Int8ub, "state" / Int8ub, "isActivated" / Int8ub,
    "hasValidTimestamp" / Int8ub,
)  # fmt: skip
BEACONS = {
    0x77: Struct(*BEACON),
    0x99: Struct(
        *BEACON, "wildFiSoftwareVersion" / Int8ub, "wildFiConfigVersion" / Int8ub,
        "magHardIronOffsetX" / Int16sb, "magHardIronOffsetY" / Int16sb,
        "magHardIronOffsetZ" / Int16sb, "startCnt" / Int32ub, "bytesToTransmit" / Int32ub,
        "more" / Bytes(4),
    ),
}  # fmt: skip
DATA_HEAD = Struct("kind" / Int8ub, "flash_place" / Int32ub)
ENTRY_MARK = Struct("mark" / Bytes(2), "kind" / Int8ub)
Tree = dict[str, Any]


# --- reading ----------------------------------------------------------------------------------


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a beacon, or the entries of a log; `parts` are these and what was passed over."""
    kind = data[0] if data else None
    if kind in BEACONS and len(data) == BEACONS[kind].sizeof():
        return {"beacon": plain(BEACONS[kind].parse(data))}
    head = data[:DATA_HEAD_BYTES] if kind == DATA else b""
    if kind == DATA and len(data) <= DATA_HEAD_BYTES:
        raise DecodeError(f"a data frame has 6 bytes or more, this has {len(data)}", len(data))
    parts = list(_parts(data, len(head)))
    if not head and not any("fields" in part for part in parts):
        raise DecodeError(parts[0]["fault"] if parts else "empty", parts[0]["at"] if parts else 0)
    return {"head": head, "parts": parts}


def _parts(data: bytes, at: int) -> Iterator[Tree]:
    """Yield entries and, as bytes, what is none."""
    while at < len(data):
        part = _entry(data, at)
        end = at + part.get("length", 0)
        following = _next(data, at + 1)
        if "fields" not in part or (part["doubts"] and following < end):
            end = following
            part = {"at": at, "fault": part.get("fault") or part["doubts"][0],
                    "skipped": data[at:end]}  # fmt: skip
        yield part
        at = end


def _next(data: bytes, start: int) -> int:
    """Return where the next known mark stands, or the end."""
    found = data.find(MARK, start)
    while found >= 0 and data[found + 2 : found + 3] and data[found + 2] not in LAYOUTS:
        found = data.find(MARK, found + 1)
    return len(data) if found < 0 or found + 2 >= len(data) else found


def _entry(data: bytes, at: int) -> Tree:
    """Return the entry that begins here, or the fault of what does."""
    mark = data[at : at + MARK_BYTES]
    if len(mark) < MARK_BYTES or not mark.startswith(MARK) or mark[2] not in LAYOUTS:
        return {"fault": _no_entry(data, at)}
    layout = LAYOUTS[mark[2]]
    try:
        fields = layout.parse(data[at + MARK_BYTES : at + LONGEST_ENTRY])
    except DecodeError as error:
        return {"fault": str(error)}
    except ConstructError:
        return {"fault": f"length: the entry at byte {at} runs past the end"}
    if fault := _impossible(fields):
        return {"fault": f"the entry at byte {at} {fault}"}
    length = MARK_BYTES + len(layout.build(fields))
    doubts = tuple(_doubts(mark[2], fields))
    return {"at": at, "code": mark[2], "fields": fields, "length": length, "doubts": doubts}


def _no_entry(data: bytes, at: int) -> str:
    if data[at : at + LOST_FLASH] == b"\xff" * LOST_FLASH:
        return f"byte {at}: flash that was lost"
    return f"byte {at}: {data[at : at + MARK_BYTES].hex(' ')} begins no known entry"


def _impossible(fields: Any) -> str | None:
    if fields.get("proxLen", 0) > MOST_MET or fields.get("fifoLen", 0) > MOST_FIFO:
        return "is longer than any can be"
    if "observationLen" not in fields:
        return None
    if fields.measurementLen > MOST_RANGES or fields.observationLen != RANGE_BYTES:
        return "has no ranges of a size that they can have"
    return None


def _doubts(code: int, fields: Any) -> Iterator[str]:
    """Yield why an entry is not believed, apart from a time in the future."""
    time_s = fields.utcTimestamp
    if UPTIME_S < time_s < FIRST_S and code != RAW_GPS:
        yield "its time is before 2019: not believed"
    if code == GPS_ONLY and fields.ttfSeconds == 0:
        yield "a fix after 0 s cannot be: not believed"
    if abs(fields.get("lat", 0)) > 90 or abs(fields.get("lon", 0)) > 180:
        yield "the position cannot be: its degrees are too many"
    if "met" in fields:
        if time_s % MINUTE_S:
            yield "tags meet at whole minutes: its time is not believed"
        if any(level < WEAKEST_DBM for _, level in _met(fields)):
            yield "it has levels that cannot be: not believed"


def _met(fields: Any) -> list[tuple[str, int]]:
    records = range(0, len(fields.met) - MET_BYTES + 1, MET_BYTES)
    return [(fields.met[at : at + 2].hex().upper(), -fields.met[at + 2]) for at in records]


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    if "beacon" in tree:
        return bytes(BEACONS[tree["beacon"]["kind"]].build(tree["beacon"]))
    return bytes(tree["head"]) + b"".join(map(_bytes_of, tree["parts"]))


def _bytes_of(part: Tree) -> bytes:
    if "skipped" in part:
        return bytes(part["skipped"])
    return MARK + bytes([part["code"]]) + bytes(LAYOUTS[part["code"]].build(part["fields"]))


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether it is a log of entries that can be believed; a data frame may cut some.

    A tag has no LoRaWAN: with a port nothing is claimed. A beacon has too short a mark.
    """
    if reception.port is not None:
        return False
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    entries = [part for part in tree.get("parts", ()) if "fields" in part]
    whole = tree.get("head") or len(entries) == len(tree.get("parts", ()))
    return bool(entries) and bool(whole) and not any(entry["doubts"] for entry in entries)


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a packet for each entry; of a data frame without any that it was heard."""
    if "beacon" in tree:
        return [_beacon(tree["beacon"])]
    packets: list[Packet] = []
    faults: list[str] = []
    for part in tree["parts"]:
        if "skipped" in part:
            faults.append(f"{part['fault']}; {len(part['skipped'])} bytes passed over")
            continue
        packet = _packet(part, reception.received)
        packets.append(replace(packet, warnings=(*faults, *packet.warnings)))
        faults = []
    flash = _flash(tree["head"])
    if not packets:
        faults = ["no whole entry is in this piece; its level is still good for homing"]
        return [Packet(protocol=PROTOCOL.name, details=flash, warnings=tuple(faults))]
    packets[-1] = replace(packets[-1], warnings=(*packets[-1].warnings, *faults))
    return [replace(packet, details={**flash, **packet.details}) for packet in packets]


def _flash(head: bytes) -> dict[str, Any]:
    word = int.from_bytes(head[1:], "big")
    place = {"sendPagePointer": word >> 15, "sendPageOffsetPointer": word >> 4 & 0x7FF}
    return place if head else {}


def _beacon(fields: Tree) -> Packet:
    details = {name: value for name, value in fields.items() if name not in ("kind", "more")}
    return Packet(protocol=PROTOCOL.name, battery_v=fields["voltage"] / 1000, details=details)


def _packet(part: Tree, received: datetime | None) -> Packet:
    fields = part["fields"]
    time, late = _time(fields.utcTimestamp, received)
    doubts = (*part["doubts"], *late)
    details = {
        "prefixDataType": f"1234{part['code']:02X}",
        "plausible": not doubts,
        "length": part["length"],
        **_said(fields),
    }
    packet = Packet(
        protocol=PROTOCOL.name,
        time=None if doubts else time,
        battery_v=fields.get("batteryVoltage"),
        temperature_c=fields.get("temperatureInDegCel"),
        details=details,
        warnings=doubts if time or doubts else ("its clock was not set",),
    )
    return _placed(packet, bool(doubts)) if "lat" in fields else packet


def _time(time_s: int, received: datetime | None) -> tuple[datetime | None, tuple[str, ...]]:
    if time_s <= UPTIME_S:
        return None, ()
    time = datetime.fromtimestamp(time_s, UTC)
    if received is not None and time > received + dates.A_DAY:
        return time, (f"its time is {time:%Y-%m-%d}, in the future: not believed",)
    return time, ()


def _said(fields: Any) -> dict[str, Any]:
    """Return the fields under the names of the maker's tables."""
    said = {name: value for name, value in plain(fields).items() if not isinstance(value, bytes)}
    if fields.utcTimestamp > UPTIME_S:
        time = datetime.fromtimestamp(fields.utcTimestamp, UTC)
        said["utcDate"] = f"{time:%d.%m.%y %H:%M:%S}"
    if "milliseconds" in fields:
        said["milliseconds"] *= 10
    if "met" in fields:
        met = _met(fields)
        said["proxIdBurst"] = " ".join(name for name, _ in met)
        said["proxRssiBurst"] = " ".join(str(level) for _, level in met)
    if "hdop" in fields:
        said["hdop"] = fields.hdop or None
    if fields.get("lat") == fields.get("lon") == 0:
        said |= {"lat": None, "lon": None}
    raw = {name: fields[name].hex() for name in ("fifo", "ranges") if fields.get(name)}
    return said | raw


def _placed(packet: Packet, doubted: bool) -> Packet:
    latitude, longitude = packet.details["lat"], packet.details["lon"]
    if doubted:
        return replace(packet, position_status="bad")
    if latitude is None:
        return packet
    return replace(
        packet, latitude_deg=latitude, longitude_deg=longitude, position_status="ok"
    )  # fmt: skip


def layout_parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield a beacon, or the mark and the layout of each entry; what was passed over is none."""
    tree = parse(data, reception)
    if "beacon" in tree:
        yield Part(offset=0, layout=BEACONS[data[0]])
        return
    if tree["head"]:
        yield Part(offset=0, layout=DATA_HEAD)
    for number, part in enumerate(tree["parts"], start=1):
        if "fields" in part:
            group = f"entry[{number}]"
            yield Part(offset=part["at"], layout=ENTRY_MARK, group=group)
            layout = LAYOUTS[part["code"]]
            yield Part(offset=part["at"] + MARK_BYTES, layout=layout, group=group)


PROTOCOL = Protocol(
    name="wildfi-log",
    aliases=("wildfi",),
    title="WildFi, entries of the log, data frames and beacons",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=layout_parts,
)
