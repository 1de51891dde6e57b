"""Lotek GPS8000 and PinPoint: positions to Argos satellites on 401.65 MHz.

Source: Lotek's "Argos Message Encoding Method", as AKROGIS/AnimalMovement at f7dc42c1 has it, and
its six examples. Layouts 10 to 16 are those of firmware V2.611 and higher. Always 31 bytes:

    10, 12   header 1, three blocks               the CRC of the first one covers the header
    11       header 1, three blocks               PinPoint, no example seen; nothing covers 11
    14, 16   header 1, two blocks with activity   the CRC of the first one covers the header
    12, 16   the collar was in mortality mode when it sent this

    block    time 3, longitude 3, latitude 3, with activity: flags 1, activity 4, CRC 1

    A number of 3 bytes is one of 32 bits whose lowest 8 were cut: they count as 80, the middle.
    time                   bit 31: 3D; the others: seconds since 2000, in steps of 256 s
    longitude, latitude    signed, 1e-7 degrees
    time and latitude FFFFFF, first block of 10 and 12: the longitude is the time of mortality
    flags    bit 0: activity 2 to 4 are the time of mortality, activity 1 holds if bit 1 is set;
             without bit 0: activity k holds if bit k is set
    activity 1 to 4 are of ref - 5 min, ref, ref + 5 and + 10 min, where ref is the time of the fix,
             rounded down to 5 minutes

CRC-8 (polynomial 07), one a block. With length, header, all CRCs and places that can be, 1 in
3e10 random strings of 31 bytes fits the layouts of three blocks, 1 in 7e7 those of two.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from construct import Bytes, Construct, Int8ub, Int24sb, Int24ub, Struct

from protocols.anatomy import spans
from protocols.checksums import crc8_smbus
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

PLACE = (
    "time" / Int24ub * "x 256 s",
    "longitude" / Int24sb * "x 256e-7 deg",
    "latitude" / Int24sb * "x 256e-7 deg",
)
PLAIN = Struct(*PLACE, "crc8" / Int8ub)
ACTIVE = Struct(*PLACE, "flags" / Int8ub, "activity" / Bytes(4), "crc8" / Int8ub)
LAYOUTS: dict[int, tuple[Construct[Any, Any], int]] = {
    0x10: (PLAIN, 3), 0x11: (PLAIN, 3), 0x12: (PLAIN, 3), 0x14: (ACTIVE, 2), 0x16: (ACTIVE, 2),
}  # fmt: skip
BYTES = 31
PINPOINT = 0x11
MORTALITY = {0x10: False, 0x12: True, 0x14: False, 0x16: True}
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
ALL_ONES, IS_3D = 0xFFFFFF, 0x800000
WRONG = "its CRC does not fit: bits of it are wrong"
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether every CRC fits, and every block says something that can be."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    blocks = tree["blocks"]
    return all(_crcs(tree)) and all(_is_mortality(tree, b) or _place(b) for b in blocks)


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree."""
    if len(data) != BYTES:
        text = f"a message has {BYTES} bytes, this has {len(data)}"
        raise DecodeError(text, min(len(data), BYTES))
    if data[0] not in LAYOUTS:
        raise DecodeError(f"header {data[0]:02x} is not known: 10, 11, 12, 14 or 16", 0)
    layout, count = LAYOUTS[data[0]]
    blocks = layout[count].parse(data[1:])
    return {"header": data[0], "blocks": [plain(block) for block in blocks]}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    layout, count = LAYOUTS[tree["header"]]
    return bytes([tree["header"]]) + bytes(layout[count].build(tree["blocks"]))


def _crcs(tree: Tree) -> list[bool]:
    """Tell for each block whether its CRC fits."""
    layout, _ = LAYOUTS[tree["header"]]
    before = b"" if tree["header"] == PINPOINT else bytes([tree["header"]])
    fit = []
    for block in tree["blocks"]:
        fit.append(crc8_smbus(before + layout.build(block)[:-1]) == block["crc8"])
        before = b""
    return fit


def _is_mortality(tree: Tree, block: Tree) -> bool:
    """Tell whether a block is a time of mortality, and not a place."""
    first = tree["header"] in (0x10, 0x12) and block is tree["blocks"][0]
    return first and block["time"] == ALL_ONES and block["latitude"] == -1


def _place(block: Tree) -> tuple[float, float] | None:
    """Return latitude and longitude; None where they cannot be, or all are zeros."""
    latitude, longitude = _degrees(block["latitude"]), _degrees(block["longitude"])
    can_be = abs(latitude) <= 90 and abs(longitude) <= 180
    return (latitude, longitude) if can_be and block["latitude"] | block["longitude"] else None


def _degrees(raw: int) -> float:
    return (raw * 256 + 128) / 1e7


def _time(raw: int) -> datetime:
    return EPOCH + timedelta(seconds=(raw & ~IS_3D) * 256 + 128)


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return a Packet of each block, bad ones as well."""
    fit = _crcs(tree)
    # Without its CRC nobody knows whether the header was heard rightly.
    mortality = MORTALITY.get(tree["header"]) if fit[0] else None
    facts = [_facts(tree, block, ok) for block, ok in zip(tree["blocks"], fit, strict=True)]
    whole = {"header": tree["header"], "blocks": facts}
    return [
        Packet(
            protocol=PROTOCOL.name,
            mortality=mortality,
            details={**(whole if number == 1 else {}), "block": number, **own},
            **_at(tree, block, ok),
        )
        for number, (block, own, ok) in enumerate(zip(tree["blocks"], facts, fit, strict=True), 1)
    ]


def _at(tree: Tree, block: Tree, crc_ok: bool) -> Tree:
    """Return the fields of a Packet that say where and when."""
    if _is_mortality(tree, block):
        return {"warnings": () if crc_ok else (WRONG,)}
    status, doubt = _judged(block, crc_ok)
    latitude, longitude = _place(block) or (None, None)
    return {
        "time": _time(block["time"]), "latitude_deg": latitude, "longitude_deg": longitude,
        "position_status": status, "warnings": (doubt,) if doubt else (),
    }  # fmt: skip


def _judged(block: Tree, crc_ok: bool) -> tuple[PositionStatus, str]:
    """Return what a position is worth, and why."""
    if not crc_ok:
        return "bad", WRONG
    if not block["latitude"] | block["longitude"]:
        return "unavailable", "a place of zeros: the collar had no fix"
    if _place(block) is None:
        return "bad", "the position cannot be: its degrees are too many"
    return "ok", ""


def _facts(tree: Tree, block: Tree, crc_ok: bool) -> Tree:
    """Return a block under the document's names, in units."""
    if _is_mortality(tree, block):
        when = _time(block["longitude"] & ALL_ONES)
        return {"crc_ok": crc_ok, "mortality_time": _text(when)}
    return {
        "crc_ok": crc_ok,
        "fix": "3D" if block["time"] & IS_3D else "2D",
        "time": _text(_time(block["time"])),
        "lon": _degrees(block["longitude"]),
        "lat": _degrees(block["latitude"]),
        **_activity(block),
    }


def _activity(block: Tree) -> Tree:
    if "flags" not in block:
        return {}
    flags, activity = block["flags"], block["activity"]
    held = [value if flags >> k & 1 else None for k, value in enumerate(activity, 1)]
    if not flags & 1:
        return {"flags": flags, "activity": held}
    when = _time(int.from_bytes(activity[1:], "big"))
    return {"flags": flags, "mortality_time": _text(when), "activity": held[:1]}


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}"


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the header and each block."""
    layout, count = LAYOUTS[data[0]]
    size = layout.sizeof()
    blocks = (
        Part(offset=1 + number * size, layout=layout, group=f"block[{number + 1}]")
        for number in range(count)
    )
    return [*spans(0, header=1), *blocks]


PROTOCOL = Protocol(
    name="lotek-gps8000-argos",
    aliases=("lotek.gps8000.argos", "lotek-pinpoint-argos"),
    title="Lotek GPS8000 and PinPoint, Argos message",
    integrity="crc",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
