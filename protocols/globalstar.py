"""Globalstar simplex: the payload of SmartOne trackers (and others that keep to its layout).

Source: SmartOne manual 9100-0268-01, p. 48-59; SXL1 manual, p. 27. 9 bytes, or several times 9:

    0      bits 0-1 type: 0 standard, 1 truncated, 2 raw, 3 not standard; bit 2 replace the battery,
           bit 3 GPS data are not valid, bits 4, 5 missed inputs, bits 6-7 count of failed fixes
    1-3    latitude, signed, * 90 / 2^23 degrees       4-6    longitude, signed, * 180 / 2^23
    7      bits 0-3 inputs, 4-7 subtype
    8      bit 3 vibration woke it, bit 4 vibrating, bit 5 2D fix

No checksum, no time. Vectronic's collars send bytes of their own this way, and any nine of type 0
have a place: the format must be named for a device, and is never guessed. The positions of the
public samples are plausible by this table; no source confirms them.
"""

from __future__ import annotations

from typing import Any

from construct import BitsInteger, BitStruct

from protocols.anatomy import spans
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception

LAYOUT = BitStruct(
    "gps_fail" / BitsInteger(2), "missed2" / BitsInteger(1), "missed1" / BitsInteger(1),
    "gps_invalid" / BitsInteger(1), "battery_replace" / BitsInteger(1), "type" / BitsInteger(2),
    "latitude" / BitsInteger(24, signed=True) * "x 90 / 2^23 deg",
    "longitude" / BitsInteger(24, signed=True) * "x 180 / 2^23 deg",
    "subtype" / BitsInteger(4), "input_bits" / BitsInteger(4),
    "byte8" / BitsInteger(8),
)  # fmt: skip
BYTES = 9
MOST_PARTS = 16
TYPES = ("standard", "truncated", "raw", "not standard")
FLAGS = ("battery_replace", "gps_invalid", "missed1", "missed2", "gps_fail")
UNNAMED = "its format is not named; globalstar-smartone, where the device keeps to it"
Tree = dict[str, Any]


def never(data: bytes, reception: Reception) -> bool:
    """Tell that this is never guessed: it has no checksum."""
    return False


def parse(data: bytes, reception: Reception) -> list[Tree]:
    """Read a payload into a tree for each nine bytes."""
    if len(data) % BYTES or not 1 <= len(data) // BYTES <= MOST_PARTS:
        text = f"a payload has {BYTES} bytes or a few times as many, this has {len(data)}"
        raise DecodeError(text, len(data) - len(data) % BYTES)
    return [plain(LAYOUT.parse(data[at : at + BYTES])) for at in range(0, len(data), BYTES)]


def build(tree: list[Tree]) -> bytes:
    """Make the bytes of a tree again."""
    return b"".join(map(LAYOUT.build, tree))


def to_packets(tree: list[Tree], reception: Reception) -> list[Packet]:
    """Return a Packet for each nine bytes."""
    return [_packet(part) for part in tree]


def _packet(part: Tree) -> Packet:
    if part["type"] != 0:
        raw = LAYOUT.build(part).hex()
        details = {"type": part["type"], "data": raw}
        warning = f"type {part['type']} ({TYPES[part['type']]}): only its maker knows the layout"
        return Packet(protocol=PROTOCOL.name, details=details, warnings=(warning,))
    latitude, longitude = part["latitude"] * 90 / 2**23, part["longitude"] * 180 / 2**23
    status, doubt = _judged(part)
    battery = "its battery is to be replaced" if part["battery_replace"] else ""
    return Packet(
        protocol=PROTOCOL.name,
        latitude_deg=latitude if status == "ok" else None,
        longitude_deg=longitude if status == "ok" else None,
        position_status=status,
        details={
            "type": 0, **{name: part[name] for name in FLAGS}, "lat": latitude, "lon": longitude,
            "input_bits": part["input_bits"], "subtype": part["subtype"],
            **_movement(part["byte8"]),
        },
        warnings=tuple(filter(None, (doubt, battery))),
    )  # fmt: skip


def _judged(part: Tree) -> tuple[PositionStatus, str]:
    if part["gps_invalid"]:
        return "unavailable", "no fix: it says itself that its GPS data are not valid"
    if not part["latitude"] | part["longitude"]:
        return "unavailable", "a place of zeros: there was no fix"
    return "ok", ""


def _movement(byte8: int) -> dict[str, int]:
    triggered, vibrating, only_2d = (byte8 >> bit & 1 for bit in (3, 4, 5))
    return {"byte8": byte8, "vib_triggered": triggered, "vibrating": vibrating, "fix_2d": only_2d}


# --- the carrier alone ------------------------------------------------------------------------


def any_payload(data: bytes, reception: Reception) -> bytes:
    """Take any payload as it is."""
    return data


def unnamed(payload: bytes, reception: Reception) -> list[Packet]:
    """Return a payload whose format nobody named: its bytes, and no place."""
    details = {"payload_hex": payload.hex()}
    return [Packet(protocol=SIMPLEX.name, details=details, warnings=(UNNAMED,))]


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of each nine bytes."""
    many = len(data) > BYTES
    return [
        Part(offset=at, layout=LAYOUT, group=f"part[{at // BYTES + 1}]" if many else "")
        for at in range(0, len(data), BYTES)
    ]


def unnamed_parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the payload as a whole."""
    return spans(0, payload=len(data))


PROTOCOL = Protocol(
    name="globalstar-smartone",
    aliases=("globalstar.smartone",),
    title="Globalstar SmartOne and STX",
    integrity="none",
    evidence="document",
    fits=never,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
SIMPLEX = Protocol(
    name="globalstar-simplex",
    title="Globalstar message",
    integrity="none",
    evidence="document",
    fits=never,
    parse=any_payload,
    build=bytes,
    to_packets=unnamed,
    layout=unnamed_parts,
)
