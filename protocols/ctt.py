"""CTT tags at 434 MHz (LifeTag, PowerTag, HybridTag): the frame that they send every few seconds.

Source: merbanan/rtl_433 at 91b2ebdb, `src/devices/ctt_life_power_hybrid.c`; tve/motus-test-tags at
26e0b8aa and sensorgnome-org/hackrf-tagsim at e00e40c8. 434.000 MHz, FSK of +-25 kHz (the upper tone
is 1), 25 kbit/s, the most significant bit first:

    AA AA [AA]  preamble; a receiver may have cut it off
    D3 91       sync
    4 bytes     id, told as eight hexadecimal digits: text, never a number
    1 byte      CRC-8/SMBUS of the id

Ids that Motus knows have one of the 32 values of `CODE` in each byte, of five bits. The code is
weak (two of its values differ in one bit) and an id outside of it is a tag all the same: only the
CRC says that it is one. The sources differ on which byte has the lowest bits, and none maps a
number of CTT's catalogue to them: the 20 bits are told in both orders. Tags of the first version
send no CRC and are not read.
"""

from __future__ import annotations

from typing import Any

from construct import Bytes, Int8ub, Struct

from protocols.checksums import crc8_smbus
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

PREAMBLE, SYNC = b"\xaa", b"\xd3\x91"
MOST_PREAMBLE_BYTES = 16
ID_BYTES, TAG_BYTES = 4, 5  # without the CRC, and with it
CODE = bytes.fromhex("0007191e2a2d33344b4c52556166787f8087999eaaadb3b4cbccd2d5e1e6f8ff")
LAYOUT = Struct("sync" / Bytes(len(SYNC)), "id" / Bytes(ID_BYTES), "crc8" / Int8ub)
Tree = dict[str, Any]


def is_tag(tag: bytes) -> bool:
    """Tell whether the CRC of an id of four bytes, which stands behind it, fits.

    An id of zeros, whose CRC is zero, is what silence looks like.
    """
    return len(tag) == TAG_BYTES and any(tag) and crc8_smbus(tag[:ID_BYTES]) == tag[ID_BYTES]


def is_motus_tag(tag: bytes) -> bool:
    """Tell whether it is a tag whose id is of the code, as one of 2^20 random ones is."""
    return is_tag(tag) and _id20(tag[:ID_BYTES]) is not None


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a frame, with its preamble or without."""
    begin = len(data) - len(data.lstrip(PREAMBLE))
    if begin > MOST_PREAMBLE_BYTES:
        raise DecodeError(f"a preamble of {begin} bytes; a tag sends 2 or 3", MOST_PREAMBLE_BYTES)
    sync, tag = data[begin : begin + len(SYNC)], data[begin + len(SYNC) :]
    if sync != SYNC:
        raise DecodeError(f"no sync d391 after {begin} bytes of preamble", begin)
    if len(tag) != TAG_BYTES:
        text = f"after the sync come {TAG_BYTES} bytes, id and CRC; this has {len(tag)}"
        raise DecodeError(text, min(len(data), begin + len(SYNC) + TAG_BYTES))
    if not any(tag):
        raise DecodeError("an id of zeros: that is silence, not a tag", begin + len(SYNC))
    if not is_tag(tag):
        text = f"the CRC of {tag[:ID_BYTES].hex()} is {crc8_smbus(tag[:ID_BYTES]):02x}"
        raise DecodeError(f"{text}, the frame has {tag[ID_BYTES]:02x}", len(data) - 1)
    return {"preamble": data[:begin], "id": tag[:ID_BYTES], "crc8": tag[ID_BYTES]}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(tree["preamble"] + SYNC + tree["id"] + bytes([tree["crc8"]]))


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return who it is; a tag says nothing else."""
    identity: bytes = tree["id"]
    name = identity.hex().upper()
    last, first = _id20(identity), _id20(identity[::-1])
    details = {
        "id": name,
        "crc8": f"{tree['crc8']:02X}",
        "motus": last is not None,
        "id20_lsb_symbol_last": last,
        "id20_lsb_symbol_first": first,
    }
    return [Packet(protocol=PROTOCOL.name, device_id=name, details=details)]


def _id20(identity: bytes) -> str | None:
    """Return the 20 bits of an id as text, None where a byte is none of the code."""
    number = 0
    for byte in identity:
        if byte not in CODE:
            return None
        number = number << 5 | CODE.index(byte)
    return f"{number:05X}"


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the preamble and the layout behind it."""
    begin = len(data) - len(data.lstrip(PREAMBLE))
    preamble = [Part(offset=0, layout=Struct("preamble" / Bytes(begin)))] if begin else []
    return [*preamble, Part(offset=begin, layout=LAYOUT)]


PROTOCOL = Protocol(
    name="ctt-tag434",
    aliases=("ctt.tag434.frame",),
    title="CTT LifeTag, PowerTag, HybridTag, 434 MHz",
    integrity="crc",
    evidence="document",
    fits=parses(parse),
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
