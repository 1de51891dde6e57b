"""TickTag loggers: fixes from the EEPROM, and the text of the serial port.

Source: trichl/TickTagOpenSource at 2730cc4 (MIT). No radio: the tag is read by a cable, 9600 baud.

EEPROM, big-endian bits; FF is unwritten:

    header 16   write pointer u32, sum of times to fix u32, u16 unused, sum of HDOP u32, 2 more
    fix 10      25 bits latitude * 1e5 + 9000000, 26 bits longitude * 1e5 + 18000000,
                29 bits seconds since 1618428394 (2021-04-14)

Text: a banner, START MEMORY between three stars or one, `count,timestamp,lat,lon` and the rows, END
MEMORY, settings, a menu (where 1 erases). The tag prints a value between -1 and 0 without its minus
sign (`main.cpp:227`): near the equator and near Greenwich both signs are possible, and the text
cannot tell. The EEPROM can.

Neither has a checksum. A fix of ten bytes of zero is one that was never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from construct import BitsInteger, BitStruct, Bytes, Int16ub, Int32ub, Struct

from protocols.anatomy import spans
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

EPOCH = 1_618_428_394
HEADER_BYTES, FIX_BYTES = 16, 10
UNWRITTEN = (bytes(FIX_BYTES), b"\xff" * FIX_BYTES)
BANNER = b"TICK-TAG"
LONGEST_TEXT = 4 << 20
ROW = re.compile(rb"^(\d{1,9}),(\d{1,10}),(-?\d{1,3}\.\d{1,7}),(-?\d{1,3}\.\d{1,7})\s*$")
START, END = re.compile(rb"^\*{1,3}START MEMORY\*{1,3}"), re.compile(rb"^\*{1,3}END MEMORY\*{1,3}")

HEADER = Struct(
    "write_pointer" / Int32ub, "ttf_sum" / Int32ub * "s", "unused" / Int16ub,
    "hdop_sum" / Int32ub, "spare" / Bytes(2),
)  # fmt: skip
FIX = BitStruct(
    "latitude" / BitsInteger(25) * "x 1e-5 deg - 90",
    "longitude" / BitsInteger(26) * "x 1e-5 deg - 180",
    "time" / BitsInteger(29) * "s since 2021-04-14 19:19:54 UTC",
)
Tree = dict[str, Any]


# --- EEPROM -----------------------------------------------------------------------------------


def parse_eeprom(data: bytes, reception: Reception) -> Tree:
    """Read fixes, with the header before them or without."""
    head = HEADER_BYTES if len(data) % FIX_BYTES == HEADER_BYTES % FIX_BYTES else 0
    if len(data) < max(1, head) or (len(data) - head) % FIX_BYTES:
        text = f"fixes have {FIX_BYTES} bytes each, after a header of 16 or none"
        raise DecodeError(f"{text}; this has {len(data)}", len(data) - len(data) % FIX_BYTES)
    header, body = data[:head], data[head:]
    fixes, offset = [], 0
    while offset < len(body):
        piece = body[offset : offset + FIX_BYTES]
        if piece in UNWRITTEN:
            break
        fixes.append(_fix(piece, head + offset))
        offset += FIX_BYTES
    if not fixes and not header:
        raise DecodeError("nothing was ever written here", 0)
    return {"header": header, "fixes": fixes, "tail": body[offset:]}


def _fix(piece: bytes, offset: int) -> Tree:
    found = FIX.parse(piece)
    latitude, longitude = found.latitude - 9_000_000, found.longitude - 18_000_000
    if abs(latitude) > 9_000_000 or abs(longitude) > 18_000_000:
        place = f"{latitude / 1e5:.5f}, {longitude / 1e5:.5f}"
        raise DecodeError(f"the fix at byte {offset} is at {place}: that cannot be", offset)
    return {"latitude": found.latitude, "longitude": found.longitude, "time": found.time}


def build_eeprom(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    fixes = b"".join(FIX.build(fix) for fix in tree["fixes"])
    return bytes(tree["header"]) + fixes + bytes(tree["tail"])


def written(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet for each fix; with none, one that says so."""
    if not tree["fixes"]:
        return [Packet(protocol=EEPROM.name, details={"fixes": 0})]
    return [
        _packet(
            EEPROM.name,
            (fix["latitude"] - 9_000_000) / 1e5,
            (fix["longitude"] - 18_000_000) / 1e5,
            fix["time"] + EPOCH,
        )
        for fix in tree["fixes"]
    ]


def _packet(name: str, latitude: float, longitude: float, time_s: int, **more: Any) -> Packet:
    details = {"lat": latitude, "lon": longitude, "timestamp": time_s}
    known = {
        "latitude_deg": latitude,
        "longitude_deg": longitude,
        "position_status": "ok",
        **more,
    }
    return Packet(
        protocol=name, time=datetime.fromtimestamp(time_s, UTC),
        **{"details": details, **known},
    )  # fmt: skip


def eeprom_parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield the header where there is one, and each fix."""
    tree = parse_eeprom(data, reception)
    head = len(tree["header"])
    if head:
        yield Part(offset=0, layout=HEADER)
    for number in range(len(tree["fixes"])):
        offset = head + number * FIX_BYTES
        yield Part(offset=offset, layout=FIX, group=f"fix[{number + 1}]")


def never(data: bytes, reception: Reception) -> bool:
    """Claim nothing: ten bytes of anything are a fix, so the format must be named."""
    return False


# --- text -------------------------------------------------------------------------------------


def parse_text(data: bytes, reception: Reception) -> Tree:
    """Read what the serial port printed; lines that were cut are counted."""
    if len(data) > LONGEST_TEXT:
        raise DecodeError("more than 4 MiB, this is no download of a tag", LONGEST_TEXT)
    lines = data.split(b"\n")
    known = (START.match, ROW.match, re.compile(rb"count,timestamp|EMPTY\s*$").match)
    if not any(is_one(line.strip()) for line in lines for is_one in known):
        raise DecodeError("no START MEMORY in it, and no row of a fix", 0)
    return {"lines": lines}


def build_text(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return b"\n".join(tree["lines"])


def fits_text(data: bytes, reception: Reception) -> bool:
    """Tell whether bytes are a download of a tag."""
    return BANNER in data[:2000] and b"START MEMORY" in data


def printed(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet for each row; with none, one that says so."""
    rows, cut = [], 0
    for line in _of_tables(tree["lines"]):
        found = ROW.match(line)
        if found is None:
            cut += 1
        else:
            rows.append(found)
    warnings = (f"{cut} lines of fixes were cut and are left out",) if cut else ()
    if not rows:
        details = {"fixes": 0, "cut": cut}
        return [Packet(protocol=TEXT.name, details=details, warnings=warnings)]
    first, *others = map(_row, rows)
    return [replace(first, warnings=(*warnings, *first.warnings)), *others]


def _of_tables(lines: list[bytes]) -> Iterator[bytes]:
    """Yield the lines of tables: after their heading, up to an empty line or END MEMORY.

    Rows that somebody cut out, without any heading, are a table as well.
    """
    inside = bool(ROW.match(lines[0].strip()))
    for line in lines:
        text = line.strip()
        if text.startswith(b"count,timestamp"):
            inside = True
        elif inside and (not text or END.match(text)):
            inside = False
        elif inside:
            yield text


def _row(found: re.Match[bytes]) -> Packet:
    time_s, latitude, longitude = int(found[2]), float(found[3]), float(found[4])
    if abs(latitude) > 90 or abs(longitude) > 180 or time_s >= 1 << 33:
        warning = "the position cannot be: its degrees are too many"
        return _packet(
            TEXT.name, latitude, longitude, min(time_s, (1 << 33) - 1), latitude_deg=None,
            longitude_deg=None, position_status="bad", warnings=(warning,),
        )  # fmt: skip
    doubtful = {
        name: [value, -value]
        for name, value in (("latitude", latitude), ("longitude", longitude))
        if 0 < value < 1
    }
    if not doubtful:
        return _packet(TEXT.name, latitude, longitude, time_s)
    names = " and ".join(doubtful)
    warning = f"the tag prints no minus sign between -1 and 0: the {names} may be of either sign"
    details = {"lat": latitude, "lon": longitude, "timestamp": time_s, "candidates": doubtful}
    return _packet(
        TEXT.name, latitude, longitude, time_s, latitude_deg=None, longitude_deg=None,
        position_status="bad", details=details, warnings=(warning,),
    )  # fmt: skip


def text_parts(data: bytes, reception: Reception) -> Iterator[Part]:
    """Yield each line."""
    offset = 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        yield from spans(offset, **{f"line[{number}]": len(line)})
        offset += len(line)


EEPROM = Protocol(
    name="ticktag-eeprom",
    title="TickTag, fixes of the EEPROM",
    integrity="none",
    evidence="document",
    fits=never,
    parse=parse_eeprom,
    build=build_eeprom,
    to_packets=written,
    layout=eeprom_parts,
)
TEXT = Protocol(
    name="ticktag-serial",
    aliases=("ticktag",),
    title="TickTag, text of the serial port",
    integrity="none",
    evidence="capture",
    fits=fits_text,
    parse=parse_text,
    build=build_text,
    to_packets=printed,
    layout=text_parts,
)
