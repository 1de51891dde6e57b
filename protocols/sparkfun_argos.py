"""SparkFun ARTIC R2: the position that its library sends to Argos satellites.

Source: sparkfun/SparkFun_ARGOS_ARTIC_R2_Arduino_Library at aa4e6e1c (MIT). 56 bits, from the
highest:

    21   latitude     22   longitude     sign and 1e-4 degrees, cut, not rounded
    13   zeros

No checksum and no time: it must be named. Of random bytes that are, one in 11,000 gives a place:
2^-13 for the zeros, three quarters for degrees that can be.
"""

from __future__ import annotations

from typing import Any

from construct import BitsInteger, BitStruct

from protocols.fields import SignMagnitude, plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

LAYOUT = BitStruct(
    "lat" / SignMagnitude(21, divisor=10_000) * "deg",
    "lon" / SignMagnitude(22, divisor=10_000) * "deg",
    "zeros" / BitsInteger(13),
)
BYTES = 7
Tree = dict[str, Any]


def never(data: bytes, reception: Reception) -> bool:
    """Tell that this is never guessed: it has no checksum."""
    return False


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree."""
    if len(data) != BYTES:
        text = f"a message has {BYTES} bytes, this has {len(data)}"
        raise DecodeError(text, min(len(data), BYTES))
    tree = plain(LAYOUT.parse(data))
    if tree["zeros"]:
        raise DecodeError("the last 13 bits are not zeros", 5)
    return tree


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(LAYOUT.build(tree))


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a message says."""
    status, warnings = _judged(tree["lat"], tree["lon"])
    return [
        Packet(
            protocol=PROTOCOL.name,
            latitude_deg=tree["lat"] if status == "ok" else None,
            longitude_deg=tree["lon"] if status == "ok" else None,
            position_status=status,
            details={"lat": tree["lat"], "lon": tree["lon"]},
            warnings=warnings,
        )
    ]


def _judged(latitude_deg: float, longitude_deg: float) -> tuple[PositionStatus, tuple[str, ...]]:
    if (latitude_deg, longitude_deg) == (0, 0):
        return "unavailable", ("a place of zeros: there was no fix",)
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        return "bad", ("the position cannot be: its degrees are too many",)
    return "ok", ()


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a message."""
    return [Part(offset=0, layout=LAYOUT)]


PROTOCOL = Protocol(
    name="sparkfun-argos",
    title="SparkFun ARTIC R2, Argos position",
    integrity="none",
    evidence="document",
    fits=never,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
