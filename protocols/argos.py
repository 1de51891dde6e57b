"""Argos uplinks of satellite collars: PTT-A2 frames, PTT-A3 messages, coded bits of Argos-4 VLD.

Sources: the manual of CLS's goniometer (CLS-PMAT-15-0024 v6.2) names the preamble FFFE2F; length
codes as in `artic_sat.cpp` of arribada/CLS-Argos-Linkit-CORE at d012ea5b, SparkFun's ARTIC library
and the Python package argos3 1.0.7, which agree; the message of A3 as argos3 has it; frames held
against recordings of nebarnix's and PaulZC's Project-Desert-Tortoise. Of A3 there is none.

    PTT-A2, bits from the first                       Argos-4 VLD
    15  ones, bit synchronisation                     24  AC5353
    8   00010111, format synchronisation              2   00 short, 11 long
    1   1, initialisation                             45  first block, coded
    4   blocks n - 1 (3 bits), even parity            45  second block, of a long one
    28  platform, of which 20 are the number          45  third block
        in the older way of counting
    32n - 8  data; with a number of 20 bits the
        last 8 of the 28 are the data's first byte

A PTT-A3 message, its code taken off, is what follows the initialisation of A2, and 7, 8, 9, 7, 8,
9, 7, 8 zeros for 1 to 8 blocks: without a sync it looks like anything, so it must be named.

Bits are packed into bytes from the highest on, or written as text of 0 and 1. A frame may begin
with the last three ones or more of the 15; some demodulators write it so, and a few bits of noise
behind it. No checksum: the parity of the length, and the length itself, are all there is. The
28 bits are never checked against themselves: real platforms differ in the last 8 alone.

How VLD codes its bits is not public. The first block depends on the platform only: it is told as a
fingerprint, by which a beacon that is known can be found again.
"""

from __future__ import annotations

from typing import Any

from construct import BitsInteger, BitStruct

from protocols.anatomy import spans
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception, parses

FORMAT_SYNC, INIT = "00010111", "1"
ONES, LEAST_ONES = 15, 3
ID_BITS, ID20_BITS, BLOCK_BITS, MOST_BLOCKS = 28, 20, 32, 8
TAILS = (7, 8, 9)  # zeros behind a message of A3
MOST_SPARE = 7  # bits behind a frame that only fill a byte
VLD_SYNC, VLD_BLOCK_BITS = "101011000101001101010011", 45
VLD_KINDS = {"00": ("short", 1), "11": ("long", 3)}
Tree = dict[str, Any]


def length_code(blocks: int) -> int:
    """Return the four bits that say how many blocks of data there are, 1 to 8."""
    return blocks - 1 << 1 | (blocks - 1).bit_count() & 1


BLOCKS = {f"{length_code(blocks):04b}": blocks for blocks in range(1, MOST_BLOCKS + 1)}


def _bits(data: bytes) -> tuple[str, bool]:
    """Return the bits, and whether they were written as text."""
    if len(data) > LEAST_ONES and not data.strip(b"01"):
        return data.decode("ascii"), True
    return "".join(f"{byte:08b}" for byte in data), False


def _bytes(bits: str, is_text: bool) -> bytes:
    if is_text:
        return bits.encode("ascii")
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


def _offset(bit: int, is_text: bool) -> int:
    return bit if is_text else bit // 8


def _parts(is_text: bool, **widths: int) -> list[Part]:
    """Return the layout of named bits that follow one another; none is left out but the empty."""
    widths = {name: width for name, width in widths.items() if width}
    if is_text:
        return spans(0, **widths)
    members = [name / BitsInteger(width) for name, width in widths.items()]
    return [Part(offset=0, layout=BitStruct(*members))]


# --- PTT-A2 -------------------------------------------------------------------------------------


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a frame into a tree; data that break off are kept as far as they go."""
    bits, is_text = _bits(data)
    ones = len(bits) - len(bits.lstrip("1"))
    head = ones + len(FORMAT_SYNC + INIT)
    if not LEAST_ONES <= ones <= ONES:
        raise DecodeError(f"it begins with {ones} ones; expected 3 to 15", 0)
    if bits[ones:head] != FORMAT_SYNC + INIT:
        text = f"no 000101111 behind the ones but {bits[ones:head]}"
        raise DecodeError(text, _offset(ones, is_text))
    code, rest = bits[head : head + 4], bits[head + 4 :]
    if code not in BLOCKS:
        text = f"length code {code} is not of even parity" if len(code) == 4 else "it breaks off"
        raise DecodeError(text, _offset(head, is_text))
    if len(rest) < ID_BITS:
        raise DecodeError(f"it breaks off within the platform, after {len(rest)} bits", len(data))
    end = BLOCK_BITS * BLOCKS[code] + ID20_BITS
    if len(rest) > end + MOST_SPARE:
        text = f"length code {code} means {end} bits behind it, there are {len(rest)}"
        raise DecodeError(text, _offset(head + 4 + end, is_text))
    return {
        "text": is_text, "ones": ones, "code": code, "platform": rest[:ID_BITS],
        "data": rest[ID_BITS:end], "spare": rest[end:],
    }  # fmt: skip


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of a frame."""
    tree = parse(data, reception)
    return _parts(
        tree["text"], ones=tree["ones"], format_sync=8, init=1, length_code=4, platform=ID_BITS,
        data=len(tree["data"]), spare=len(tree["spare"]),
    )  # fmt: skip


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether bytes are a frame that is whole."""
    return parses(lambda *given: _whole(parse(*given)))(data, reception)


def _whole(tree: Tree) -> None:
    missing = _missing(tree)
    if missing:
        raise DecodeError(f"{missing} bits of data are missing")


def _missing(tree: Tree) -> int:
    return BLOCK_BITS * BLOCKS[tree["code"]] - 8 - len(tree["data"])


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    parts = (tree["code"], tree["platform"], tree["data"], tree["spare"])
    return _bytes("1" * tree["ones"] + FORMAT_SYNC + INIT + "".join(parts), tree["text"])


def frame(platform: int, data: bytes) -> bytes:
    """Return the bytes of a whole frame: a platform of 28 bits, 3, 7, ... 31 bytes of data.

    Raises:
        ValueError: there is no frame for so many bytes, or for such a platform.
    """
    blocks, odd = divmod(8 * len(data) + 8, BLOCK_BITS)
    if odd or not 1 <= blocks <= MOST_BLOCKS or platform >> ID_BITS:
        raise ValueError(f"{len(data)} bytes for platform {platform:X}: 3, 7, ... 31, and 28 bits")
    tree = {"text": False, "ones": ONES, "code": f"{length_code(blocks):04b}", "spare": ""}
    bits = "".join(f"{byte:08b}" for byte in data)
    return build(tree | {"platform": f"{platform:0{ID_BITS}b}", "data": bits})


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet: the platform, and the data in both ways of counting."""
    platform, missing = tree["platform"], _missing(tree)
    head = {"sync_ones": tree["ones"], "format_sync": FORMAT_SYNC, "init_bit": INIT}
    details = head | _said(tree)
    warnings = () if not missing else (
        f"it breaks off at byte {len(build(tree))}: {missing} bits of data are missing",
    )  # fmt: skip
    return [
        Packet(
            protocol=PTT_A2.name, device_id=_hex(platform), details=details, warnings=warnings
        )
    ]  # fmt: skip


def _said(tree: Tree) -> dict[str, Any]:
    """Return what a frame of A2 or a message of A3 says."""
    platform, data = tree["platform"], tree["data"]
    return {
        "length_code": tree["code"],
        "n_blocks": BLOCKS[tree["code"]],
        "id28_hex": _hex(platform),
        "user_bits": len(data),
        "data_hex": _hex(data),
        "id20_hex": _hex(platform[:ID20_BITS]),
        "id20_user_bits": len(data) + ID_BITS - ID20_BITS,
        "id20_data_hex": _hex(platform[ID20_BITS:] + data),
    }


def _hex(bits: str) -> str:
    """Return bits as hexadecimal, from the first on; the last digit is filled with zeros."""
    return "".join(f"{int(bits[at : at + 4].ljust(4, '0'), 2):X}" for at in range(0, len(bits), 4))


# --- PTT-A3 -------------------------------------------------------------------------------------


def parse_a3(data: bytes, reception: Reception) -> Tree:
    """Read a message into a tree."""
    bits, is_text = _bits(data)
    code, rest = bits[:4], bits[4:]
    if code not in BLOCKS:
        raise DecodeError(f"length code {code} is not of even parity", 0)
    end = BLOCK_BITS * BLOCKS[code] + ID20_BITS
    whole = end + TAILS[(BLOCKS[code] - 1) % 3]
    if not whole <= len(rest) <= whole + MOST_SPARE:
        text = f"length code {code} means {whole} bits behind it, there are {len(rest)}"
        raise DecodeError(text, len(data))
    if "1" in rest[end:whole]:
        raise DecodeError("the zeros at its end are none", _offset(4 + end, is_text))
    return {
        "text": is_text, "code": code, "platform": rest[:ID_BITS], "data": rest[ID_BITS:end],
        "tail": rest[end:whole], "spare": rest[whole:],
    }  # fmt: skip


def parts_a3(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of a message."""
    tree = parse_a3(data, reception)
    return _parts(
        tree["text"], length_code=4, platform=ID_BITS, data=len(tree["data"]),
        tail=len(tree["tail"]), spare=len(tree["spare"]),
    )  # fmt: skip


def build_a3(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    parts = ("code", "platform", "data", "tail", "spare")
    return _bytes("".join(tree[part] for part in parts), tree["text"])


def a3_to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet, as of A2; numbers of 20 bits are followed by how many of them are ones."""
    platform = tree["platform"]
    details = _said(tree) | {
        "blocks": BLOCKS[tree["code"]],
        "id20": int(platform[:ID20_BITS], 2),
        "popcount_field": int(platform[ID20_BITS:], 2),
        "tail_bits": len(tree["tail"]),
    }
    return [Packet(protocol=PTT_A3.name, device_id=_hex(platform), details=details)]


# --- Argos-4 VLD --------------------------------------------------------------------------------


def parse_vld(data: bytes, reception: Reception) -> Tree:
    """Read the coded bits of a burst into a tree."""
    bits, is_text = _bits(data)
    head = len(VLD_SYNC)
    if bits[:head] != VLD_SYNC:
        raise DecodeError("it does not begin with AC5353", 0)
    kind = bits[head : head + 2]
    if kind not in VLD_KINDS:
        raise DecodeError(f"the bits of its length are {kind}; expected 00 or 11", 3)
    coded, expected = bits[head + 2 :], VLD_KINDS[kind][1] * VLD_BLOCK_BITS
    if not expected <= len(coded) <= expected + MOST_SPARE:
        text = f"{VLD_KINDS[kind][0]} means {expected} coded bits, there are {len(coded)}"
        raise DecodeError(text, len(data))
    return {"text": is_text, "kind": kind, "coded": coded[:expected], "spare": coded[expected:]}


def parts_vld(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of a burst."""
    tree = parse_vld(data, reception)
    blocks = VLD_KINDS[tree["kind"]][1]
    coded = {f"block{number + 1}": VLD_BLOCK_BITS for number in range(blocks)}
    return _parts(
        tree["text"], sync=len(VLD_SYNC), length=2, **coded, spare=len(tree["spare"])
    )  # fmt: skip


def build_vld(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return _bytes(VLD_SYNC + tree["kind"] + tree["coded"] + tree["spare"], tree["text"])


def vld_to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet: nothing of it can be read, but the first block tells beacons apart."""
    kind, blocks = VLD_KINDS[tree["kind"]]
    details = {
        "kind": kind,
        "sync24": _hex(VLD_SYNC),
        "length2": tree["kind"],
        "coded_block_bits": VLD_BLOCK_BITS,
        "blocks": blocks,
        "fingerprint": _hex(tree["coded"][:VLD_BLOCK_BITS]),
        "coded_bits": tree["coded"],
    }
    warning = "how it is coded is not public: the fingerprint only tells one beacon from another"
    return [Packet(protocol=VLD.name, details=details, warnings=(warning,))]


PTT_A2 = Protocol(
    name="argos-ptt-a2",
    aliases=("argos.ptt_a2.frame_from_sync_tail", "argos.ptt_a2.bits"),
    title="Argos PTT-A2",
    integrity="parity",
    evidence="capture",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
PTT_A3 = Protocol(
    name="argos-ptt-a3",
    aliases=("argos.ptt_a3.datagram",),
    title="Argos-3 PTT-A3",
    integrity="none",
    evidence="document",
    fits=lambda data, reception: False,
    parse=parse_a3,
    build=build_a3,
    to_packets=a3_to_packets,
    layout=parts_a3,
)
VLD = Protocol(
    name="argos4-vld",
    aliases=("argos4.vld.coded_bits",),
    title="Argos-4 VLD",
    integrity="none",
    evidence="capture",
    fits=parses(parse_vld),
    parse=parse_vld,
    build=build_vld,
    to_packets=vld_to_packets,
    layout=parts_vld,
)
