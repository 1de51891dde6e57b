"""What OpenCollar Edge messages mean: packets with units, sentinels recognised, clocks doubted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from construct import Container, ListContainer

from protocols.dates import of_unix
from protocols.fields import HIDDEN
from protocols.opencollar_edge.frame import FLASH_PORT, MESSAGES, TLV_PORTS, Tree
from protocols.opencollar_edge.tables import (
    COMMANDS,
    SETTINGS,
    VALUES,
    Item,
    holds_secret,
    value_of,
)
from protocols.packet import DecodeError, Packet, PositionStatus, Reception

NAME = "opencollar-edge"
FACTORY_DEG = (46.5556280, 15.6447700)  # values D1, D2 before the first fix
SYSTEMS = {1: "GPS", 2: "GLONASS", 3: "combined", 4: "Galileo", 5: "BeiDou"}
FENCE_FAULTS = {
    1: "the fence meter did not switch on",
    2: "no interval without pulses was found",
    3: "the fence meter's converter failed",
    4: "the fence meter failed",
}
GNSS_STATUS = {7: "no satellites seen", 8: "the almanac is too old"}

Facts = dict[str, Any]


def to_packets(tree: Tree, reception: Reception) -> list[Packet]:
    """Return the packet of a message, or one for each record of a flash log."""
    if tree.port == FLASH_PORT:
        packets = [_stored(record, reception) for record in tree.records]
        warnings = (*packets[-1].warnings, *tree.warnings)
        packets[-1] = replace(packets[-1], warnings=warnings)
        return packets
    if tree.port in TLV_PORTS:
        return [_tlv(tree, reception)]
    assert tree.message is not None
    facts = _MEANINGS.get((tree.port, tree.message), _plain)(tree.fields, reception)
    details = {"message": MESSAGES[tree.port, tree.message].name, **facts.pop("details")}
    warnings = (*tree.warnings, *facts.pop("warnings", ()))
    return [Packet(protocol=NAME, details=details, warnings=warnings, **facts)]


def _stored(record: Tree, reception: Reception) -> Packet:
    if record.message is None:
        secret = holds_secret(record.port, record.fields)
        raw = {"unread": HIDDEN if secret else record.fields.hex()}
        packet = Packet(protocol=NAME, details=raw, warnings=record.warnings)
    else:
        (packet,) = to_packets(record, reception)
    packet.details.update(port=record.port, store_timestamp=record.stored)
    return packet


def _simple(value: Any) -> Any:
    """Turn construct's containers into plain dicts and lists, without its private keys."""
    if isinstance(value, Container):
        return {k: _simple(v) for k, v in value.items() if not k.startswith("_")}
    if isinstance(value, ListContainer):
        return [_simple(item) for item in value]
    return value.hex() if isinstance(value, bytes) else value


def _plain(fields: Any, reception: Reception) -> Facts:
    return {"details": _simple(fields)}


def _position(
    latitude_deg: float, longitude_deg: float, *, fresh: bool = True
) -> tuple[Facts, tuple[str, ...]]:
    """Judge a position: out of range is refused, sentinels are no position, old ones are stale."""
    if not (abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180):
        raise DecodeError(f"position {latitude_deg}, {longitude_deg} is out of range")
    if latitude_deg == 0 and longitude_deg == 0:
        return {}, ("no fix: the position is all zero",)
    if _near(latitude_deg, FACTORY_DEG[0]) and _near(longitude_deg, FACTORY_DEG[1]):
        return {}, ("no fix: this is the position set in the factory",)
    status: PositionStatus = "ok" if fresh else "stale"
    facts: Facts = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    warning = () if fresh else ("no new fix: the position is an earlier one",)
    return {**facts, "position_status": status}, warning


def _near(a: float, b: float) -> bool:
    return abs(a - b) < 2e-7


def _ublox_fix(fields: Any, reception: Reception) -> Facts:
    details = _simple(fields)
    if fields.active_t != 1:
        del details["cog"], details["sog_mps"]
    fresh = bool(fields.success & 1) and fields.fixType != 0
    place, doubts = _position(fields.latitude, fields.longitude, fresh=fresh)
    time, clock = of_unix(fields.fix_timestamp, reception.received)
    known = bool(place)
    return {
        **place,
        "time": time,
        "altitude_m": fields.altitude if known else None,
        "accuracy_m": float(fields.h_acc_est) if known else None,
        "details": details,
        "warnings": (*doubts, *clock),
    }


def _short_fix(fields: Any, reception: Reception) -> Facts:
    place, doubts = _position(fields.latitude, fields.longitude)
    time, clock = of_unix(fields.fix_timestamp, reception.received)
    if place and time is None:  # a place without a believable time may be of any day
        place["position_status"] = "stale" if fields.fix_timestamp == 0 else "ok"
    accuracy = fields.get("h_acc_est")
    return {
        **place,
        "time": time,
        "accuracy_m": float(accuracy) if place and accuracy is not None else None,
        "details": _simple(fields),
        "warnings": (*doubts, *clock),
    }


def _last_position(fields: Any, reception: Reception) -> Facts:
    place, doubts = _position(fields.latitude, fields.longitude)
    time, clock = of_unix(fields.fix_time, reception.received)
    altitude = fields.altitude if place else None
    facts = {**place, "time": time, "altitude_m": altitude, "details": _simple(fields)}
    return {**facts, "warnings": (*doubts, *clock)}


def _status(fields: Any, reception: Reception) -> Facts:
    details = _simple(fields)
    for group in ("errors", "operation", "hardware", "firmware", "types", "features"):
        details.update(details.pop(group))
    details.pop("unused", None)
    details = {k: int(v) if isinstance(v, bool) else v for k, v in details.items()}
    charge = details["chg"]
    details["chg"] = charge * 100 + 5000 if charge else 0
    details["uptime_unit"] = _uptime_unit(details["ver_fw_major"], details["ver_fw_minor"])
    details["version"] = f"v{details['ver_fw_major']}.{details['ver_fw_minor']}"
    empty = fields.bat <= 2500
    return {
        "battery_v": fields.bat / 1000,
        "temperature_c": fields.temp,
        "details": details,
        "warnings": ("the battery is at 2.5 V or less",) if empty else (),
    }


def _uptime_unit(major: int, minor: int) -> str:
    """Return the unit of the uptime: it was hours before firmware 4.0.1."""
    if (major, minor) == (4, 0):
        return "days or hours"
    return "hours" if major < 4 else "days"


def _listed(count_key: str, reported_key: str | None = None) -> Callable[[Any, Reception], Facts]:
    """Read a counted list into the maker's keys: "1", "2", ... and the count."""

    def read(fields: Any, reception: Reception) -> Facts:
        details: Facts = {str(i + 1): _simple(r) for i, r in enumerate(fields.records)}
        details[count_key] = fields.seen
        if reported_key:
            details[reported_key] = len(fields.records)
        if "t" in fields:
            details["t"] = fields.t
        return {"details": details}

    return read


def _ublox_satellites(fields: Any, reception: Reception) -> Facts:
    facts = _listed("N_sat", "N_reported")(fields, reception)
    for record in facts["details"].values():
        if isinstance(record, dict):
            record["con"] = SYSTEMS.get(record["con"], str(record["con"]))
    return facts


def _gnss_scan(fields: Any, reception: Reception) -> Facts:
    reason = GNSS_STATUS.get(fields.status)
    details = {"status": fields.status, "nav_payload": "" if reason else fields.nav.hex()}
    return {"details": details, "warnings": (f"no satellite scan: {reason}",) if reason else ()}


def _fence(fields: Any, reception: Reception) -> Facts:
    details = _simple(fields)
    if fields.success == 0:
        return {"details": details}
    details.update(voltage=None, energy=None)
    fault = FENCE_FAULTS.get(fields.success, f"fence result {fields.success} is unknown")
    return {"details": details, "warnings": (f"no fence voltage: {fault}",)}


def _cmdq(fields: Any, reception: Reception) -> Facts:
    details = {str(i): _cmdq_record(record) for i, record in enumerate(fields.records)}
    return {"details": details}


def _cmdq_record(record: Any) -> Facts:
    details: Facts = _simple(record)
    raw = details["cmdq_raw_temp"]
    details["cmdq_temp"] = raw * 0.0248 - 18.09 if raw else None
    details["cmdq_success"] = int(raw != 0)
    if "cmdq_hrv_raw" in details:
        details["cmdq_hrv"] = math.sqrt(details["cmdq_hrv_raw"])
    return details


def _clock(fields: Any, reception: Reception) -> Facts:
    time, doubts = of_unix(fields.timestamp, reception.received)
    return {"time": time, "details": _simple(fields), "warnings": doubts}


def _air_quality(fields: Any, reception: Reception) -> Facts:
    if "rest" in fields:
        return {"details": {}, "warnings": ("no air quality measurement in it",)}
    temperature = fields.get("air_q_temperature")
    return {"temperature_c": temperature, "details": _simple(fields)}


def _text(fields: Any, reception: Reception) -> Facts:
    if fields.msg_len != len(fields.msg):
        raise DecodeError(f"length: the text says {fields.msg_len} bytes, not {len(fields.msg)}", 2)
    details = {**_simple(fields), "len": len(fields.msg) + 3, "msg": list(fields.msg)}
    details["text"] = fields.msg.decode("utf-8", "backslashreplace")
    return {"details": details}


def _opaque(fields: Any, reception: Reception) -> Facts:
    return {"details": {"len": len(fields.msg), "msg": list(fields.msg)}}


def _confirmed(fields: Any, reception: Reception) -> Facts:
    name = COMMANDS[fields.cmd].name if fields.cmd in COMMANDS else "unknown"
    details = {"msg": "cmd_confirm", "cmd": fields.cmd, "name": name, "ok": fields.status == 1}
    return {"details": details}


def _mac(fields: Any, reception: Reception) -> Facts:
    octets = fields.mac.upper()
    return {"device_id": octets, "details": {"msg": "mac_id", "mac": octets, "mac_le": _le(octets)}}


def _le(octets: str) -> str:
    return bytes.fromhex(octets.replace(":", ""))[::-1].hex()


def _tlv(tree: Tree, reception: Reception) -> Packet:
    kind = TLV_PORTS[tree.port]
    table = {"settings": SETTINGS, "values": VALUES, "commands": COMMANDS}[kind]
    details = {kind: [_tlv_item(kind, table, item) for item in tree.fields]}
    if kind != "values":
        return Packet(protocol=NAME, details=details)
    return Packet(protocol=NAME, details=details, **_known_values(details[kind], reception))


def _tlv_item(kind: str, table: dict[int, Item], item: Any) -> Facts:
    known = table.get(item.id)
    name = known.name if known else "unknown"
    if kind == "commands":
        return {"id": item.id, "name": name, "arg": value_of(item.id, None, item.value)}
    return {"id": item.id, "name": name, "value": value_of(item.id, known, item.value)}


def _known_values(values: list[Facts], reception: Reception) -> Facts:
    """Find battery and last position among the values of port 30."""
    by_name = {v["name"]: v["value"] for v in values if isinstance(v["value"], int | float)}
    facts: Facts = {}
    warnings: tuple[str, ...] = ()
    if "batt_mV" in by_name:
        facts["battery_v"] = by_name["batt_mV"] / 1000
    if {"gps_lat", "gps_lon"} <= by_name.keys():
        place, doubts = _position(by_name["gps_lat"] / 1e7, by_name["gps_lon"] / 1e7)
        time, clock = of_unix(int(by_name.get("last_position_time", 0)), reception.received)
        facts.update(place, time=time)
        warnings = (*doubts, *clock)
    return {**facts, "warnings": warnings}


_MEANINGS: dict[tuple[int, int], Callable[[Any, Reception], Facts]] = {
    (1, 0xF1): _gnss_scan,
    (2, 0xF2): _ublox_fix,
    (4, 0xF4): _status,
    (5, 0xF5): _listed("N_sat", "N_reported"),
    (6, 0xF7): _listed("N_wifi_res"),
    (7, 0xF9): _listed("N_BT_res"),
    (9, 0xF6): _ublox_satellites,
    (10, 0xF8): _listed("N_wifi_res"),
    (11, 0xFA): _listed("N_BT_res"),
    (12, 0x92): _fence,
    (13, 0x93): _short_fix,
    (15, 0xFC): _cmdq,
    (16, 0x95): _short_fix,
    (18, 0x97): _clock,
    (21, 0x9A): _air_quality,
    (27, 0x91): _opaque,
    (28, 0x90): _text,
    (31, 0xF3): _confirmed,
    (31, 0xFD): _mac,
    (31, 0xFE): _last_position,
    (33, 0x03): _short_fix,
}
