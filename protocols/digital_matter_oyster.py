"""Digital Matter Oyster, LoRaWAN: positions and statistics.

Source: TheThingsNetwork's lorawan-devices (SmartParksOrg's fork at 0b9139c, Apache-2.0),
`vendor/digital-matter/oyster.js`.

    port 1, 11 bytes                     port 4, 9 bytes
    0  i32 latitude 1e-7 deg             0  i24 latitude 256e-7 deg
    4  i32 longitude                     3  i24 longitude
    8  bit 0 in trip, 1 fix failed,      6  bits 0-2 heading * 45, 3-7 speed * 5 km/h
       2-7 heading * 5.625               7  battery / 40 V
    9  speed km/h                        8  bit 0 in trip, 1 fix failed, 2 man down
    10 battery / 40 V

    port 3, 11 bytes, numbers from the lowest bit on: 4 first battery 4 + v / 10 V, 11 packets * 32,
    13 trips * 32, 10 fixes * 32, 8 failures * 32, 9 mean s to a fix, 9 to a failure, 8 to a fresh
    fix, 8 wake-ups a trip, 8 weeks * 2

Little-endian. A failed fix repeats the last place: it is old, and nobody says how old. No
checksum: the port must be named.
"""

from __future__ import annotations

from typing import Any

from construct import BytesInteger, Construct, Int8ul, Int32sl, Struct

from protocols import opencollar_edge
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

Signed24 = BytesInteger(3, signed=True, swapped=True)
LAYOUTS: dict[int, Construct[Any, Any]] = {
    1: Struct(
        "latitude" / Int32sl * "x 1e-7 deg", "longitude" / Int32sl * "x 1e-7 deg", "bits" / Int8ul,
        "speed" / Int8ul * "km/h", "battery" / Int8ul * "x 0.025 V",
    ),
    3: Struct("bits" / BytesInteger(11, swapped=True)),
    4: Struct(
        "latitude" / Signed24 * "x 256e-7 deg", "longitude" / Signed24 * "x 256e-7 deg",
        "motion" / Int8ul, "battery" / Int8ul * "x 0.025 V", "bits" / Int8ul,
    ),
}  # fmt: skip
# Of port 3: how many bits, times what, plus what.
STATISTICS = (
    ("initialBatV", 4, 0.1, 4.0), ("txCount", 11, 32, 0), ("tripCount", 13, 32, 0),
    ("gpsSuccesses", 10, 32, 0), ("gpsFails", 8, 32, 0), ("aveGpsFixS", 9, 1, 0),
    ("aveGpsFailS", 9, 1, 0), ("aveGpsFreshenS", 8, 1, 0), ("wakeupsPerTrip", 8, 1, 0),
    ("uptimeWeeks", 8, 2, 0),
)  # fmt: skip
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether port and length agree, the place can be, and it is no OpenCollar message."""
    if opencollar_edge.PROTOCOL.fits(data, reception):
        return False
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    return tree["port"] != 3 and _place(tree) is not None


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload into a tree."""
    port = reception.port
    if port not in LAYOUTS:
        named = "it needs the LoRaWAN port" if port is None else f"port {port} is not known"
        raise DecodeError(f"{named}: 1, 3 or 4", 0)
    layout = LAYOUTS[port]
    if len(data) != layout.sizeof():
        text = f"port {port} has {layout.sizeof()} bytes, this has {len(data)}"
        raise DecodeError(text, min(len(data), layout.sizeof()))
    found = layout.parse(data)
    return {"port": port, **plain(found)}


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(LAYOUTS[tree["port"]].build(tree))


def _place(tree: Tree) -> tuple[float, float] | None:
    scale = 256 if tree["port"] == 4 else 1
    latitude, longitude = (tree[name] * scale / 1e7 for name in ("latitude", "longitude"))
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a payload says."""
    if tree["port"] == 3:
        return [Packet(protocol=PROTOCOL.name, details={"data": _statistics(tree["bits"])})]
    place = _place(tree)
    failed = bool(tree["bits"] >> 1 & 1)
    battery_v = tree["battery"] / 40
    data: dict[str, Any] = {
        "type": "position",
        "latitudeDeg": place[0] if place else None,
        "longitudeDeg": place[1] if place else None,
        "inTrip": bool(tree["bits"] & 1),
        "fixFailed": failed,
        "batV": battery_v,
        **_motion(tree),
    }
    warnings: tuple[str, ...] = ()
    if failed:
        warnings = ("no new fix: the place is the last one, and nobody says how old",)
    elif place is None:
        warnings = ("the position cannot be: its degrees are too many",)
    return [
        Packet(
            protocol=PROTOCOL.name,
            latitude_deg=place[0] if place else None,
            longitude_deg=place[1] if place else None,
            position_status="bad" if place is None else "stale" if failed else "ok",
            battery_v=battery_v,
            details={"data": data},
            warnings=warnings,
        )
    ]


def _motion(tree: Tree) -> dict[str, Any]:
    if tree["port"] == 1:
        heading = (tree["bits"] >> 2) * 5.625
        return {"headingDeg": heading, "speedKmph": tree["speed"], "manDown": None}
    return {
        "headingDeg": (tree["motion"] & 7) * 45,
        "speedKmph": (tree["motion"] >> 3) * 5,
        "manDown": bool(tree["bits"] >> 2 & 1),
    }


def _statistics(bits: int) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "stats"}
    for name, width, factor, offset in STATISTICS:
        data[name] = (bits & (1 << width) - 1) * factor + offset
        bits >>= width
    return data


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a payload."""
    assert reception.port is not None
    return [Part(offset=0, layout=LAYOUTS[reception.port])]


PROTOCOL = Protocol(
    name="digital-matter-oyster",
    aliases=("oyster",),
    title="Digital Matter Oyster",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
