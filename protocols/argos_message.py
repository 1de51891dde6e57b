"""Argos: what a collar sends to satellites, of a format that only its checks tell.

The frame (PTT-A2: sync, length, identity) says nothing of its format and has no checksum, so the
collar's sheet names it. Without that a message is read where the checks of one of these fit, and
nothing else is tried: of random messages LinkIt's longer ones take 1 in 2^29 and more, Lotek's 1 in
7e7, Kineis' 1 in 130,000. LinkIt's message of 3 bytes, which has but a CRC of 8 bits, Telonics Gen3
and SparkFun must be named.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from protocols import kineis_stdv1, linkit_argos, lotek_argos
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

KNOWN = {
    protocol.name: protocol
    for protocol in (linkit_argos.PROTOCOL, lotek_argos.PROTOCOL, kineis_stdv1.PROTOCOL)
}
SHORTEST_BYTES = 11
Tree = dict[str, Any]


def never(data: bytes, reception: Reception) -> bool:
    """Tell that this is never guessed: the carrier names it."""
    return False


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a message into the tree of the one format whose checks fit."""
    long_enough = len(data) >= SHORTEST_BYTES
    names = [name for name, p in KNOWN.items() if long_enough and p.fits(data, reception)]
    if len(names) != 1:
        why = f"may be any of {', '.join(names)}" if names else "the checks of no known format fit"
        raise DecodeError(f"an Argos message: {why}; name its format (the collar's sheet may)", 0)
    return {"format": names[0], "tree": KNOWN[names[0]].parse(data, reception)}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return KNOWN[tree["format"]].build(tree["tree"])


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what the message says, as packets of its own format."""
    return KNOWN[tree["format"]].to_packets(tree["tree"], reception)


def parts(data: bytes, reception: Reception) -> Iterable[Part]:
    """Return the layouts of the one format whose checks fit."""
    return KNOWN[parse(data, reception)["format"]].layout(data, reception)


PROTOCOL = Protocol(
    name="argos",
    title="Argos message, its format told by its checks",
    integrity="crc",
    evidence="document",
    fits=never,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
