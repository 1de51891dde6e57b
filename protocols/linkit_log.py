"""LinkIt trackers: the log that is downloaded from them.

Source: arribada/CLS-Argos-Linkit-CORE at d012ea5b, `core/logging/messages.hpp`, and
arribada/CLS-Argos-Linkit-pylinkit at 8560540, `LOGFILE`. Little-endian. A record:

    header 9    day, month, year u16, hours, minutes, seconds, kind, size of what follows
    kind 0      GPS, 104 bytes or more: event, battery mV u16, iTOW ms u32, year u16, month, day,
                hour, minute, second, valid, on for ms u32, time to fix ms u32, fix type, three
                flags, satellites, longitude f64, latitude f64, height mm i32, above sea mm i32,
                accuracy mm u32, vertical u32, velocity north east down mm/s 3 i32, speed mm/s i32,
                course deg f32, its accuracies mm/s u32, deg f32, pDOP, vDOP, hDOP f32, heading f32
    kinds 1-8   events of the firmware: kept as hex, unless they are text
    kinds 9-12  error, warning, information, trace: text

The firmware keeps 128 bytes for each record, the maker's program steps by 9 + size. No real
download is public: where every record has 128 bytes, both are tried. No checksum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from construct import (
    Bytes,
    Construct,
    Float32l,
    Float64l,
    GreedyBytes,
    Int8ul,
    Int16ul,
    Int32sl,
    Int32ul,
    Struct,
    this,
)

from protocols.anatomy import spans
from protocols.fields import plain, without_last
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

KINDS = ("LOG_GPS", "LOG_STARTUP", "LOG_ARTIC", "LOG_UNDERWATER", "LOG_BATTERY", "LOG_STATE",
         "LOG_ZONE", "LOG_OTA_UPDATE", "LOG_BLE", "LOG_ERROR", "LOG_WARN", "LOG_INFO",
         "LOG_TRACE")  # fmt: skip
GPS, HEADER_BYTES, GPS_BYTES, SLOT_BYTES = 0, 9, 104, 128
SHORT_FLOATS = ("headMot", "headAcc", "pDOP", "vDOP", "hDOP", "headVeh")
TWO_D = 2  # the least fix type with a position

RECORD = Struct(
    "day" / Int8ul,
    "month" / Int8ul,
    "year" / Int16ul,
    "hours" / Int8ul,
    "mins" / Int8ul,
    "secs" / Int8ul,
    "log_t" / Int8ul,
    "size" / Int8ul,
    "body" / Bytes(this.size),
)
_NUMBERS: tuple[tuple[str, Construct[Any, Any]], ...] = (
    ("event", Int8ul),
    ("batt_voltage", Int16ul * "mV"),
    ("iTOW", Int32ul),
    ("fix_year", Int16ul),
    *((name, Int8ul) for name in ("fix_month", "fix_day", "fix_hour", "fix_min", "fix_sec")),
    ("valid", Int8ul),
    ("onTime", Int32ul * "ms"),
    ("ttff", Int32ul * "ms"),
    *((name, Int8ul) for name in ("fixType", "flags", "flags2", "flags3", "numSV")),
    ("lon", Float64l * "deg"),
    ("lat", Float64l * "deg"),
    ("height", Int32sl * "mm"),
    ("hMSL", Int32sl * "mm"),
    ("hAcc", Int32ul * "mm"),
    ("vAcc", Int32ul * "mm"),
    *((name, Int32sl) for name in ("velN", "velE", "velD", "gSpeed")),
    ("headMot", Float32l),
    ("sAcc", Int32ul),
    *((name, Float32l) for name in ("headAcc", "pDOP", "vDOP", "hDOP", "headVeh")),
)
FIX = Struct(*(name / number for name, number in _NUMBERS), "rest" / GreedyBytes)
Tree = dict[str, Any]


def parse(data: bytes, reception: Reception) -> Tree:
    """Read records until one is none.

    Raises:
        DecodeError: not even the first is one.
    """
    trees = [_read(data, 0)]
    if len(data) % SLOT_BYTES == 0:
        trees.append(_read(data, SLOT_BYTES))
    best = max(trees, key=lambda tree: len(tree["records"]))
    if not best["records"]:
        raise DecodeError("no record of a log: its first bytes are no date with a kind of entry", 0)
    return best


def _read(data: bytes, slot_bytes: int) -> Tree:
    """Read records, each in a slot of its own or, with 0, one after another."""
    records, offset = [], 0
    while end := _end_of_record(data, offset):
        after = offset + slot_bytes if slot_bytes else end
        record = plain(RECORD.parse(data[offset:end]))
        records.append({**record, "filling": data[end:after]})
        offset = after
    return {"records": records, "tail": data[offset:]}


def _end_of_record(data: bytes, offset: int) -> int | None:
    """Return where the record that begins here ends; None where none does, or it is cut."""
    header = data[offset : offset + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[7] >= len(KINDS):
        return None
    if header[7] == GPS and header[8] < GPS_BYTES:
        return None
    date = _date(int.from_bytes(header[2:4], "little"), header[1], header[0], *header[4:7])
    end = offset + HEADER_BYTES + header[8]
    return end if date and end <= len(data) else None


def _date(
    year: int, month: int, day: int, hour: int, minute: int, second: int
) -> datetime | None:  # fmt: skip
    if not 1970 <= year < 2100:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    records = (RECORD.build(record) + record["filling"] for record in tree["records"])
    return b"".join(records) + bytes(tree["tail"])


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet for each record; what follows the last one is told with the first."""
    packets = [_packet(record) for record in tree["records"]]
    tail = tree["tail"]
    if tail.strip(b"\xff") and tail.strip(b"\0"):
        offset = len(build({**tree, "tail": b""}))
        warning = f"from byte {offset} on it is no log: {len(tail)} bytes"
        packets[0] = replace(packets[0], warnings=(*packets[0].warnings, warning))
    return packets


def _packet(record: Tree) -> Packet:
    time = _date(*(record[name] for name in ("year", "month", "day", "hours", "mins", "secs")))
    details = {name: record[name] for name in ("day", "month", "year", "hours", "mins", "secs")}
    details["log_t"] = KINDS[record["log_t"]]
    if record["log_t"] == GPS:
        return _fix(record["body"], details)
    text = record["body"].rstrip(b"\0")
    known = {"message": text.decode()} if _is_text(text) else {"raw": record["body"].hex()}
    return Packet(protocol=PROTOCOL.name, time=time, details={**details, **known})


def _is_text(text: bytes) -> bool:
    return text.isascii() and text.decode().isprintable()


def _fix(body: bytes, details: Tree) -> Packet:
    fields = plain(FIX.parse(body))
    known = {name: value for name, value in fields.items()
             if name not in ("event", "flags", "flags2", "flags3", "rest")}  # fmt: skip
    details |= {name: _finite(name, value) for name, value in known.items()}
    parts = ("year", "month", "day", "hour", "min", "sec")
    return Packet(
        protocol=PROTOCOL.name,
        time=_date(*(fields[f"fix_{part}"] for part in parts)),
        battery_v=fields["batt_voltage"] / 1000,
        details=details,
        **_place(details),
    )


def _finite(name: str, value: float) -> float | None:
    """Return a number; None for one that is none. 32-bit numbers have seven figures."""
    if not math.isfinite(value):
        return None
    return float(f"{value:.7g}") if name in SHORT_FLOATS else value


def _place(details: Tree) -> Tree:
    """Return the position of a fix, and how good it is."""
    latitude, longitude = details["lat"], details["lon"]
    if not details["valid"] or details["fixType"] < TWO_D:
        return {}
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return {"position_status": "bad", "warnings": ("the position cannot be: no such degrees",)}
    return {"latitude_deg": latitude, "longitude_deg": longitude, "position_status": "ok",
            "altitude_m": details["hMSL"] / 1000,
            "accuracy_m": details["hAcc"] / 1000}  # fmt: skip


def parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield the header of each record, and what follows it."""
    offset = 0
    for number, record in enumerate(parse(data, reception)["records"], start=1):
        group, body = f"record[{number}]", record["body"]
        yield Part(offset=offset, layout=without_last(RECORD), group=group)
        if record["log_t"] == GPS:
            yield Part(offset=offset + HEADER_BYTES, layout=without_last(FIX), group=group)
        else:
            yield from spans(offset + HEADER_BYTES, **{f"{group}.body": len(body)})
        offset += HEADER_BYTES + len(body) + len(record["filling"])


PROTOCOL = Protocol(
    name="linkit-log",
    title="LinkIt (Arribada, CLS), log",
    integrity="none",
    evidence="document",
    fits=parses(parse),
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
