"""Digital Matter Yabby Edge, LoRaWAN: Wi-Fi scans, satellite ranges, resets.

Source: TheThingsNetwork's lorawan-devices (SmartParksOrg's fork at 0b9139c, Apache-2.0),
`vendor/digital-matter/yabby-edge.js`.

    port 4  0 bits 0-4 access points, bit 5 in trip, bits 6-7 zero; then of each i8 dBm, MAC 6;
            what is left is a NAV message of Semtech's LR1110, numbers from the lowest bit on:
            4 type (1 autonomous, 2 aided), 4 unused, 16 time, 1 place of assistance; if it is 1:
            12 latitude * 90 / 2048, 12 longitude * 180 / 2048; then in groups: 4 constellation, 4
            how many satellites, and of each: 7 id, 2 C/N0 45 - 4 v, six flags for what follows: a8,
            bit change, b (no more bits), Doppler, c19, pseudorange; these from the last flag on: 19
            ns / 3, 19, 15 signed Hz, 8, 8. Less than 8 bits are left.
    port 1  reset: 0 firmware, 2 product, 3 hardware, 4 cause bits, 5 u16 watchdog,
            7 battery 2 + 0.007 v
    port 2  answer to a downlink: 0 bits 0-6 sequence, 7 accepted, 1 firmware, 3 product, 4 hardware
    80-82   pieces of a longer message, which is put together elsewhere

Little-endian. No place is in it: the network works it out of ranges and access points. The place of
assistance is only where the device was told that it is. No checksum: the port must be named.
"""

from __future__ import annotations

from typing import Any

from construct import Array, Bytes, Construct, GreedyBytes, Int8sl, Int8ul, Int16ul, Struct, this

from protocols import opencollar_edge
from protocols.fields import plain
from protocols.packet import DecodeError, Packet, Part, Protocol, Reception

ACCESS_POINT = Struct("rssi" / Int8sl * "dBm", "mac" / Bytes(6))
PIECE = Struct("piece" / GreedyBytes)
LAYOUTS: dict[int, Construct[Any, Any]] = {
    1: Struct(
        "fwMaj" / Int8ul, "fwMin" / Int8ul, "prodId" / Int8ul, "hwRev" / Int8ul, "cause" / Int8ul,
        "watchdogReason" / Int16ul, "battery" / Int8ul * "x 0.007 + 2 V",
    ),
    2: Struct(
        "sequence" / Int8ul, "fwMaj" / Int8ul, "fwMin" / Int8ul, "prodId" / Int8ul,
        "hwRev" / Int8ul,
    ),
    4: Struct("head" / Int8ul, "wifi" / Array(this.head & 31, ACCESS_POINT), "nav" / GreedyBytes),
    80: PIECE, 81: PIECE, 82: PIECE,
}  # fmt: skip
FIXED = {port: LAYOUTS[port].sizeof() for port in (1, 2)}
PIECES = {80: "fragment start", 81: "fragment", 82: "fragment end"}
RESETS = ("resetPowerOn", "resetWatchdog", "resetExternal", "resetSoftware")
NAV_TYPES = {1: "autonomous", 2: "aided"}
# What may follow a satellite: which of the six flags says so, how many bits.
OPTIONAL = (
    ("psuedoRangeNs", 5, 19), ("c19", 4, 19), ("dopplerHz", 3, 15), ("bitChange", 1, 8),
    ("a8", 0, 8),
)  # fmt: skip
FLAG_B = 2
Tree = dict[str, Any]


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether it is a scan of port 4 that holds together, and no OpenCollar message."""
    if reception.port != 4 or opencollar_edge.PROTOCOL.fits(data, reception):
        return False
    try:
        tree = parse(data, reception)
        _nav(tree["nav"])
    except DecodeError:
        return False
    return bool(tree["wifi"]) and all(point["rssi"] < 0 for point in tree["wifi"])


def parse(data: bytes, reception: Reception) -> Tree:
    """Read one payload into a tree."""
    port = reception.port
    if port not in LAYOUTS:
        named = "it needs the LoRaWAN port" if port is None else f"port {port} is not known"
        raise DecodeError(f"{named}: 1, 2, 4 or 80 to 82", 0)
    size = _size(port, data)
    if len(data) < size or (port in FIXED and len(data) > size):
        text = f"port {port} has {size} bytes{'' if port in FIXED else ' or more'}"
        raise DecodeError(f"{text}, this has {len(data)}", min(len(data), size))
    if port == 4 and data[0] & 0xC0:
        raise DecodeError(f"{data[0]:02x} begins no position", 0)
    found = plain(LAYOUTS[port].parse(data))
    if port == 4:
        found["wifi"] = [plain(point) for point in found["wifi"]]
    return {"port": port, **found}


def _size(port: int, data: bytes) -> int:
    if port == 4 and data:
        return 1 + (data[0] & 31) * int(ACCESS_POINT.sizeof())
    return FIXED.get(port, 1)


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(LAYOUTS[tree["port"]].build(tree))


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return what a payload says; never a place, for none is in it."""
    port = tree["port"]
    battery_v: float | None = None
    warnings: tuple[str, ...] = ()
    if port == 1:
        battery_v = (2000 + 7 * tree["battery"]) / 1000
        data = _reset(tree, battery_v)
    elif port == 2:
        data = _answer(tree)
    elif port == 4:
        data, warnings = _scan(tree)
    else:
        data = {"type": PIECES[port], "piece": tree["piece"].hex()}
        data |= {"dstPort": tree["piece"][0]} if port == 80 else {}
    return [
        Packet(
            protocol=PROTOCOL.name, battery_v=battery_v, details={"data": data}, warnings=warnings
        )
    ]


def _reset(tree: Tree, battery_v: float) -> dict[str, Any]:
    return {
        "type": "reset",
        **{name: tree[name] for name in ("fwMaj", "fwMin", "prodId", "hwRev", "watchdogReason")},
        **{name: bool(tree["cause"] >> bit & 1) for bit, name in enumerate(RESETS)},
        "initialBatV": battery_v,
    }


def _answer(tree: Tree) -> dict[str, Any]:
    return {
        "type": "downlink ack",
        "sequence": tree["sequence"] & 0x7F,
        "accepted": bool(tree["sequence"] >> 7),
        **{name: tree[name] for name in ("fwMaj", "fwMin", "prodId", "hwRev")},
    }


def _scan(tree: Tree) -> tuple[dict[str, Any], tuple[str, ...]]:
    wifi = [{"rssi": point["rssi"], "mac": point["mac"].hex()} for point in tree["wifi"]]
    data = {"type": "position", "inTrip": bool(tree["head"] >> 5 & 1), "wifi": wifi}
    if not tree["nav"]:
        return data, ()
    data["nav"] = tree["nav"].hex()
    try:
        return data | {"navFields": _nav(tree["nav"])}, ()
    except DecodeError as error:
        return data, (f"the satellites at byte {1 + 7 * len(wifi)} cannot be read: {error}",)


class _Bits:
    """Numbers out of bytes, from the lowest bit of the first byte on."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) * 8 - self.at

    def take(self, width: int) -> int:
        if width > self.left:
            raise DecodeError("it ends within a number")
        first, self.at = self.at, self.at + width
        window = int.from_bytes(self.data[first // 8 : (self.at + 7) // 8], "little")
        return window >> first % 8 & (1 << width) - 1

    def signed(self, width: int) -> int:
        value = self.take(width)
        return value - (value >> width - 1 << width)


def _nav(data: bytes) -> dict[str, Any]:
    """Return the fields of a NAV message; nothing of none.

    Raises:
        DecodeError: it does not hold together.
    """
    if not data:
        return {}
    bits = _Bits(data)
    kind = bits.take(4)
    bits.take(4)
    fields: dict[str, Any] = {"type": NAV_TYPES.get(kind, str(kind)), "gpsTime": bits.take(16)}
    if bits.take(1):
        fields["assistLat"] = bits.signed(12) * 90 / 2048
        fields["assistLon"] = bits.signed(12) * 180 / 2048
    fields["sats"] = []
    while bits.left >= 8:
        bits.take(4)
        fields["sats"] += [_satellite(bits) for _ in range(bits.take(4))]
    return fields


def _satellite(bits: _Bits) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": _satellite_name(bits.take(7)), "cno": 45 - 4 * bits.take(2)}
    flags = bits.take(6)
    for name, flag, width in OPTIONAL:
        if flags >> flag & 1:
            fields[name] = bits.signed(width) if name == "dopplerHz" else bits.take(width)
    if "psuedoRangeNs" in fields:
        fields["psuedoRangeNs"] *= 3
    if flags >> FLAG_B & 1:
        fields["flagB"] = True
    return fields


def _satellite_name(number: int) -> str:
    if number < 32:
        return f"G{number + 1}"
    if number <= 50:
        return f"S{number + 88}"
    return f"B{number - 63}" if 64 <= number <= 100 else f"?{number}"


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the one layout of a payload; what satellites sent stands in it as bytes."""
    assert reception.port is not None
    return [Part(offset=0, layout=LAYOUTS[reception.port])]


PROTOCOL = Protocol(
    name="digital-matter-yabby-edge",
    aliases=("yabby-edge",),
    title="Digital Matter Yabby Edge",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
