"""Meshtastic, LoRa: who sends, and with the channel's key where it is and how its battery is.

Source: meshtastic/protobufs at 1b4cb00f, `mesh.proto`, `telemetry.proto`, `portnums.proto`; the
documentation of the mesh (header, encryption).

    0  to u32, FFFFFFFF all         12 bits 0-2 hops left, 3 wants an answer, 4 by MQTT, 5-7 hops at
    4  from u32                        the start
    8  number of the packet u32     13 hash of the channel   14 next hop   15 relay, octets of names
    16 `Data`, AES-CTR with the channel's key, 128 or 256 bits; the counter begins as number u64,
       from u32, 0 u32

    Data       1 port, 2 payload, ...
    port 3     Position: 1 latitude, 2 longitude 1e-7 degrees, 3 height m, 4 time, 5 source (1 typed
               in), 7 time of the fix, 11-13 DOP / 100, 14 error of the receiver mm, 15 speed m/s,
               16 course 1/100 degree, 19 satellites, 23 bits that are sent of a coordinate, ...
    port 67    Telemetry: 1 time, 2 of the device (1 percent, above 100 on power; 2 V), 3 of its
               surroundings (1 degrees C, 2 percent, 3 hPa)

Little-endian. The key comes in `context["keys"]` as `psk`, 32 or 64 hexadecimal digits or base64 as
the apps show it, or in a table by node (`!433d1c2a`). There is no checksum, and nothing but the
form of `Data` tells that a key is right. Without the key the level is still good for homing, save
for a packet that another node sends on.

Coordinates may be coarsened: those with n bits are half of 2^(32 - n) e-7 degrees wrong at most.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from construct import GreedyBytes, Int8ul, Int32ul, Struct
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols import protobuf
from protocols.fields import plain
from protocols.lorawan import table_of
from protocols.packet import DecodeError, Packet, Part, PositionStatus, Protocol, Reception
from protocols.protobuf import (
    BOOL,
    BYTES,
    FIXED32,
    FLOAT,
    INT32,
    SFIXED32,
    SINT32,
    UINT32,
    Schema,
    message,
)

HEADER_BYTES, LONGEST = 16, 255
EVERYBODY = 0xFFFFFFFF
KEY_BYTES = (16, 32)
POSITION_PORT, TELEMETRY_PORT, HIGHEST_PORT = 3, 67, 511
PORTS = {
    1: "TEXT_MESSAGE_APP", 3: "POSITION_APP", 4: "NODEINFO_APP", 5: "ROUTING_APP",
    6: "ADMIN_APP", 7: "TEXT_MESSAGE_COMPRESSED_APP", 8: "WAYPOINT_APP",
    10: "DETECTION_SENSOR_APP", 11: "ALERT_APP", 34: "PAXCOUNTER_APP", 64: "SERIAL_APP",
    65: "STORE_FORWARD_APP", 66: "RANGE_TEST_APP", 67: "TELEMETRY_APP", 70: "TRACEROUTE_APP",
    71: "NEIGHBORINFO_APP", 73: "MAP_REPORT_APP", 256: "PRIVATE_APP",
}  # fmt: skip
FRAME = Struct(
    "to" / Int32ul, "from" / Int32ul, "id" / Int32ul, "flags" / Int8ul, "channel_hash" / Int8ul,
    "next_hop" / Int8ul, "relay_node" / Int8ul, "encrypted" / GreedyBytes,
)  # fmt: skip
DATA: Schema = {
    1: ("portnum", UINT32), 2: ("payload", BYTES), 3: ("want_response", BOOL),
    4: ("dest", FIXED32), 5: ("source", FIXED32), 6: ("request_id", FIXED32),
    7: ("reply_id", FIXED32), 8: ("emoji", FIXED32), 9: ("bitfield", UINT32),
    10: ("xeddsa_signature", BYTES),
}  # fmt: skip
POSITION: Schema = {
    1: ("latitude_i", SFIXED32), 2: ("longitude_i", SFIXED32), 3: ("altitude", INT32),
    4: ("time", FIXED32), 5: ("location_source", UINT32), 6: ("altitude_source", UINT32),
    7: ("timestamp", FIXED32), 8: ("timestamp_millis_adjust", INT32),
    9: ("altitude_hae", SINT32), 10: ("altitude_geoidal_separation", SINT32),
    11: ("PDOP", UINT32), 12: ("HDOP", UINT32), 13: ("VDOP", UINT32),
    14: ("gps_accuracy", UINT32), 15: ("ground_speed", UINT32), 16: ("ground_track", UINT32),
    17: ("fix_quality", UINT32), 18: ("fix_type", UINT32), 19: ("sats", UINT32),
    20: ("sensor_id", UINT32), 21: ("next_update", UINT32), 22: ("seq_number", UINT32),
    23: ("precision_bits", UINT32),
}  # fmt: skip
DEVICE: Schema = {
    1: ("battery_level", UINT32), 2: ("voltage", FLOAT), 3: ("channel_utilization", FLOAT),
    4: ("air_util_tx", FLOAT), 5: ("uptime_seconds", UINT32),
}  # fmt: skip
SURROUNDINGS: Schema = {
    1: ("temperature", FLOAT), 2: ("relative_humidity", FLOAT), 3: ("barometric_pressure", FLOAT),
}  # fmt: skip
TELEMETRY: Schema = {
    1: ("time", FIXED32), 2: ("device_metrics", message(DEVICE)),
    3: ("environment_metrics", message(SURROUNDINGS)),
}  # fmt: skip
TYPED_IN = 1
ALL_BITS = 32
METRES_PER_DEGREE = 111_320
RELAYED = "another node sent it on: its level says nothing of the sender"
CLOSED = "encrypted: without the channel's key only its level is of use, for homing"
WRONG_KEY = "the key does not open it: another channel's, or a damaged packet"
Tree = dict[str, Any]
Details = dict[str, Any]


def parse(data: bytes, reception: Reception) -> Tree:
    """Read a packet into a tree; nothing is decrypted."""
    if not HEADER_BYTES <= len(data) <= LONGEST:
        text = f"a packet has 16 to 255 bytes, this has {len(data)}"
        raise DecodeError(text, min(len(data), LONGEST))
    tree = plain(FRAME.parse(data))
    if tree["from"] in (0, EVERYBODY):
        raise DecodeError(f"no node has the name {tree['from']:08x}", 4)
    if 0 < tree["flags"] >> 5 < tree["flags"] & 7:
        raise DecodeError("more hops are left than it began with", 12)
    return tree


def build(tree: Tree) -> bytes:
    """Make the bytes of a tree again."""
    return bytes(FRAME.build(tree))


def fits(data: bytes, reception: Reception) -> bool:
    """Tell whether it is a packet to everybody. It is never within LoRaWAN, so without a port."""
    try:
        tree = parse(data, reception)
    except DecodeError:
        return False
    return reception.port is None and tree["to"] == EVERYBODY and bool(tree["encrypted"])


def node_name(node: int) -> str:
    """Return the name of a node as the apps show it."""
    return f"!{node:08x}"


# --- keys -------------------------------------------------------------------------------------


def key_of(context: Mapping[str, Any], node: str) -> bytes | None:
    """Return the channel's key for a node, None where nobody gave any.

    Raises:
        DecodeError: what was given is no key. No key is told.
    """
    given = table_of(context, node)
    psk = (given if "psk" in given else table_of(context, node[1:])).get("psk")
    if not psk:
        return None
    key = psk if isinstance(psk, bytes) else _octets(str(psk).strip())
    if len(key) == 1:
        raise DecodeError("psk is a short name of a built-in key: give the whole key")
    if len(key) not in KEY_BYTES:
        raise DecodeError("psk is not 32 or 64 hexadecimal digits, nor as many octets in base64")
    return key


def _octets(text: str) -> bytes:
    try:
        if len(text) in (2 * size for size in KEY_BYTES):
            return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def crypt(key: bytes, sender: int, number: int, octets: bytes) -> bytes:
    """Encrypt or decrypt the contents of a packet."""
    counter = number.to_bytes(8, "little") + sender.to_bytes(4, "little") + bytes(4)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor()
    return encryptor.update(octets) + encryptor.finalize()


# --- what it says -----------------------------------------------------------------------------


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return one Packet: who sent it, and what it says where the key opens it."""
    packet = _read(tree, key_of(reception.context, node_name(tree["from"])))
    told = (RELAYED,) if packet.details["relayed"] else ()
    return [replace(packet, warnings=(*told, *packet.warnings))]


def _read(tree: Tree, key: bytes | None) -> Packet:
    device = node_name(tree["from"])
    packet = Packet(protocol=PROTOCOL.name, device_id=device, details=_header(tree))
    if key is None:
        return replace(packet, warnings=(CLOSED,))
    data = _opened(crypt(key, tree["from"], tree["id"], tree["encrypted"]))
    if data is None:
        return replace(packet, warnings=(WRONG_KEY,))
    port = data["portnum"]
    details = {**packet.details, "portnum": PORTS.get(port, str(port))}
    packet = replace(packet, details=details)
    try:
        if port == POSITION_PORT:
            return _position(packet, protobuf.read(data["payload"], POSITION))
        if port == TELEMETRY_PORT:
            return _telemetry(packet, protobuf.read(data["payload"], TELEMETRY))
    except DecodeError as error:
        return replace(packet, warnings=(f"its contents cannot be read: {error}",))
    return replace(packet, details={**details, "payload": data["payload"].hex()})


def _header(tree: Tree) -> Details:
    flags = tree["flags"]
    return {
        "to": f"{tree['to']:08x}",
        "from": tree["from"],
        "id": tree["id"],
        "hop_limit": flags & 7,
        "want_ack": bool(flags >> 3 & 1),
        "via_mqtt": bool(flags >> 4 & 1),
        "hop_start": flags >> 5,
        "channel_hash": tree["channel_hash"],
        "next_hop": tree["next_hop"],
        "relay_node": tree["relay_node"],
        "relayed": _is_relayed(tree),
    }


def _is_relayed(tree: Tree) -> bool:
    """Tell whether another node than the sender was heard: by hops, MQTT, or the relay's name."""
    started, left, by_mqtt = tree["flags"] >> 5, tree["flags"] & 7, tree["flags"] >> 4 & 1
    return bool(by_mqtt or left < started or tree["relay_node"] not in (0, tree["from"] & 0xFF))


def _opened(octets: bytes) -> Details | None:
    """Return a `Data` message; None where it is none, so that the key is not the right one.

    Every sender writes the fields in their order: port and payload come first.
    """
    try:
        numbers = [number for number, _, _ in protobuf.fields(octets)]
        data = protobuf.read(octets, DATA)
    except DecodeError:
        return None
    if numbers[:2] != [1, 2] or numbers != sorted(numbers) or data["portnum"] > HIGHEST_PORT:
        return None
    return data


def _position(packet: Packet, said: Details) -> Packet:
    place = tuple(said.pop(name, None) for name in ("latitude_i", "longitude_i"))
    degrees = [None if value is None else value / 1e7 for value in place]
    details = {**packet.details, "latitude": degrees[0], "longitude": degrees[1], **said}
    status, warnings = _status(degrees, said)
    usable = status in ("ok", "stale")
    unix_s = said.get("timestamp") or said.get("time")
    return replace(
        packet,
        time=datetime.fromtimestamp(unix_s, UTC) if unix_s else None,
        latitude_deg=degrees[0] if usable else None,
        longitude_deg=degrees[1] if usable else None,
        altitude_m=float(said["altitude"]) if usable and "altitude" in said else None,
        accuracy_m=_accuracy_m(said) if usable else None,
        position_status=status,
        details=details,
        warnings=warnings,
    )


def _status(degrees: list[float | None], said: Details) -> tuple[PositionStatus, tuple[str, ...]]:
    latitude, longitude = degrees
    if latitude is None or longitude is None:
        return "unavailable", ("it has no place",)
    if latitude == longitude == 0:
        return "unavailable", ("it says 0, 0, which is no place",)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return "bad", ("the position cannot be: its degrees are too many",)
    if said.get("location_source") == TYPED_IN:
        return "stale", ("its place was typed in, not measured",)
    return "ok", ()


def _accuracy_m(said: Details) -> float | None:
    """Return the greater of what coarsening leaves and what the receiver says, where known."""
    errors = []
    bits = said.get("precision_bits", 0)
    if 0 < bits < ALL_BITS:
        errors.append((1 << ALL_BITS - bits) / 1e7 / 2 * METRES_PER_DEGREE)
    if said.get("gps_accuracy") and said.get("PDOP"):
        errors.append(said["gps_accuracy"] / 1000 * said["PDOP"] / 100)
    return round(max(errors), 1) if errors else None


def _telemetry(packet: Packet, said: Details) -> Packet:
    device, around = said.get("device_metrics", {}), said.get("environment_metrics", {})
    unix_s = said.get("time")
    return replace(
        packet,
        time=datetime.fromtimestamp(unix_s, UTC) if unix_s else None,
        battery_v=round(device["voltage"], 3) if device.get("voltage") else None,
        temperature_c=around.get("temperature"),
        details={**packet.details, **said},
    )


def parts(data: bytes, reception: Reception) -> list[Part]:
    """Return the layout of the head; the contents stand as they were sent, encrypted."""
    return [Part(offset=0, layout=FRAME)]


PROTOCOL = Protocol(
    name="meshtastic-lora",
    aliases=("meshtastic",),
    title="Meshtastic, LoRa: identity; contents with the channel's key",
    integrity="none",
    evidence="document",
    fits=fits,
    parse=parse,
    build=build,
    to_packets=to_packets,
    layout=parts,
)
