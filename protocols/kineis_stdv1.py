"""Kineis MSGKINEIS_STDV1: the position message of KIM modules, to Argos satellites.

Source: Kineis/ArduinoKim at ff4a12ef, `msg_kineis_std.h` and its example. 31 bytes, bits from the
highest:

    16   CRC-16/XMODEM over all that follows, without a BCH code
    3    code of the interval: 1, 5, 10, 15, 30, 60 minutes, 6 one place at once, 7 the user's
    5    day of month   5   hour   6   minute
    22   longitude      21  latitude           sign and 1e-4 degrees; longitude first
    10   altitude       (m + 500) / 10
    160  user data; or 128 and the BCH(255,223,4) code over all that comes before it, 32

The month is that of the reception. Where the BCH code is there its wrong bits are mended, and taken
only where the CRC fits after that. Zeros fit all checks, but are no date. One random string of 31
bytes in 130,000 is taken for one: 2^-16 and half of all dates and places. A newer layout begins
with 4 more bits; it is not known here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from construct import BitsInteger, BitStruct, Bytes, Bytewise

from protocols import dates
from protocols.anatomy import spans
from protocols.bch import B255_223_4
from protocols.checksums import crc16_xmodem
from protocols.fields import Linear, SignMagnitude, plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

LAYOUT: Any = BitStruct(
    "crc16" / BitsInteger(16),
    "acq" / BitsInteger(3),
    "day" / BitsInteger(5), "hour" / BitsInteger(5), "minute" / BitsInteger(6),
    "lon" / SignMagnitude(22, divisor=10_000) * "deg",
    "lat" / SignMagnitude(21, divisor=10_000) * "deg",
    "alt" / Linear(BitsInteger(10), numerator=10, offset=-500) * "m",
    "user" / Bytewise(Bytes(20)),
)  # fmt: skip
BYTES, CRC_BYTES, BCH_BYTES, USER_AT = 31, 2, 4, 11
MINUTES = {0: 1, 1: 5, 2: 10, 3: 15, 4: 30, 5: 60}
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether the CRC fits without any mending, and date and place can be."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    return not tree["flipped"] and _is_date(tree) and _can_be(tree)


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree, its wrong bits mended where there is a code for that."""
    if len(data) != BYTES:
        text = f"a message has {BYTES} bytes, this has {len(data)}"
        raise DecodeError(text, min(len(data), BYTES))
    if _crc_fits(data):
        return {**plain(LAYOUT.parse(data)), "flipped": 0, "bch": False}
    word = int.from_bytes(data, "big")
    flipped = B255_223_4.flipped(word, 8 * BYTES)
    mended = (word ^ (flipped or 0)).to_bytes(BYTES, "big")
    if flipped is None or not _crc_fits(mended[:-BCH_BYTES]):
        raise DecodeError("the CRC does not fit, and no BCH code can mend it", 0)
    return {**plain(LAYOUT.parse(mended)), "flipped": flipped, "bch": True}


def _crc_fits(data: bytes) -> bool:
    return crc16_xmodem(data[CRC_BYTES:]) == int.from_bytes(data[:CRC_BYTES], "big")


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again, with the bits that were wrong."""
    word = int.from_bytes(LAYOUT.build(tree), "big") ^ tree["flipped"]
    return int(word).to_bytes(BYTES, "big")


def _is_date(tree: Tree) -> bool:
    return bool(tree["day"] and tree["hour"] < 24 and tree["minute"] < 60)


def _can_be(tree: Tree) -> bool:
    return bool(abs(tree["lat"]) <= 90 and abs(tree["lon"]) <= 180)


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a message says."""
    time = dates.of_day_of_month(tree["day"], tree["hour"], tree["minute"], reception.received)
    wrong_bits = tree["flipped"].bit_count()
    status, doubt = _judged(tree, time, wrong_bits)
    mended = f"wrong bits mended: {wrong_bits}; the CRC fits now, but trust it less"
    has_place = status in ("ok", "corrected", "stale")
    return [
        Packet(
            protocol=PROTOCOL.name,
            time=time,
            latitude_deg=tree["lat"] if has_place else None,
            longitude_deg=tree["lon"] if has_place else None,
            altitude_m=tree["alt"] if has_place else None,
            position_status=status,
            details=_details(tree, wrong_bits),
            warnings=tuple(filter(None, (mended if wrong_bits else "", doubt))),
        )
    ]


def _judged(tree: Tree, time: datetime | None, wrong_bits: int) -> tuple[PositionStatus, str]:
    """Return what the position is worth, and why."""
    if (tree["lat"], tree["lon"]) == (0, 0):
        return "unavailable", "a place of zeros: the collar had no fix"
    if not _can_be(tree):
        return "bad", "the position cannot be: its degrees are too many"
    if time is None:
        return "stale", "nobody knows of which day it is: say when it was received"
    return ("corrected", "") if wrong_bits else ("ok", "")


def _details(tree: Tree, wrong_bits: int) -> Tree:
    names = ("crc16", "acq", "day", "hour", "minute", "lon", "lat", "alt")
    user = tree["user"][:-BCH_BYTES] if tree["bch"] else tree["user"]
    return {
        **{name: tree[name] for name in names},
        "acq_minutes": MINUTES.get(tree["acq"]),
        "user": user.hex().upper(),
        "crc_ok": True,
        "bch_ok": wrong_bits == 0 if tree["bch"] else None,
    }


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layouts of a message as it came: wrong bits are shown as they are."""
    numbers = BitStruct(*LAYOUT.subcon.subcons[:-1])
    rest = BYTES - USER_AT
    bch = parse(data, reception)["bch"]
    user = {"user": rest - BCH_BYTES, "bch": BCH_BYTES} if bch else {"user": rest}
    return [Part(offset=0, layout=numbers), *spans(USER_AT, **user)]


PROTOCOL = Protocol(
    name="kineis-stdv1",
    aliases=("kineis.stdv1",),
    title="Kineis STDV1 (KIM modules), Argos message",
    integrity="crc",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
