"""Asset Tracker 2: every message that is not about a position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from construct import (
    Array,
    Bytes,
    BytesInteger,
    GreedyBytes,
    Int8sb,
    Int8ub,
    Int16sb,
    Int16ub,
    Int32ub,
    Struct,
)

from protocols import fields
from protocols.abeeway.shared import NOT_READ, Details, Message, degrees_c, named, scanned

FRAME_PENDING, ENERGY_OR_HEALTH, MISC, EVENT, SCAN, TEXT = 0, 4, 7, 10, 11, 13
SHUTDOWNS = ("USER_ACTION", "LOW_BATTERY", "DOWNLINK_REQUEST", "BLE_REQUEST", "BLE_CONNECTED")
EVENTS = (
    "GEOLOC_START", "MOTION_START", "MOTION_END", "BLE_CONNECTED", "BLE_DISCONNECTED",
    "TEMPERATURE_ALERT", "BLE_BOND_DELETED", "SOS_MODE_START", "SOS_MODE_END", "ANGLE_DETECTION",
    "GEOFENCING",
)  # fmt: skip
TEMPERATURE_STATES = ("NORMAL", "HIGH", "LOW", "FEATURE_NOT_ACTIVATED")
TRANSITIONS = ("LEARNING_TO_NORMAL", "NORMAL_TO_LEARNING", "NORMAL_TO_CRITICAL",
               "CRITICAL_TO_NORMAL", "CRITICAL_TO_LEARNING")  # fmt: skip
TRIGGERS = ("CRITICAL_ANGLE_REPORTING", "ANGLE_DEVIATION_REPORTING", "SHOCK_TRIGGER", "RFU")
GEOFENCES = ("SAFE_AREA", "ENTRY", "EXIT", "HAZARD")
SCANS = ("BLE_BEACONS", "WIFI_BSSID", "BLE_BEACONS_COLLECTION")
MISC_TAGS = {1: "ACTIVITY_COUNTER", 2: "DEVICE_CONFIGURATION", 3: "SHOCK_DETECTION",
             4: "PERIODIC_ACTIVITY", 5: "BLE_MAC"}  # fmt: skip


def _dotted(octets: bytes) -> str:
    return ".".join(map(str, octets))


VECTOR = Array(3, Int16sb)
EVENT_ONLY = Struct("event" / Int8ub)
UNREAD = Struct("unread" / GreedyBytes)
HEARTBEAT = Struct("reset" / Int8ub, "firmware" / GreedyBytes)
HEALTH = Struct(
    "totalConsumption" / Int16ub, "maxTemperature" / Int8ub, "minTemperature" / Int8ub,
    "loraPowerConsumption" / Int16ub, "blePowerConsumption" / Int16ub,
    "gpsPowerConsumption" / Int16ub, "wifiPowerConsumption" / Int16ub, "batteryVoltage" / Int16ub,
)  # fmt: skip
ENERGY = Struct(
    "gpsOnRuntime" / Int32ub, "gpsStandbyRuntime" / Int32ub, "wifiScanCount" / Int32ub
)  # fmt: skip
SHOCK = Struct("tag" / Int8ub, "shocks" / Int8ub, "vector" / VECTOR, "gadd" / GreedyBytes)
ANGLE = Struct(
    "event" / Int8ub, "flags" / Int8ub, "age" / Int16ub, "reference" / VECTOR,
    "critical" / VECTOR, "angle" / Int8sb,
)  # fmt: skip
HEAT = Struct(
    "event" / Int8ub, "state" / Int8ub, "max" / Int8ub, "min" / Int8ub, "high" / Int16ub,
    "low" / Int16ub,
)  # fmt: skip
COLLECTION = Struct(
    "flags" / Int8ub, "collectionIdentifier" / Int8ub, "hash" / Int8ub, "list" / GreedyBytes
)  # fmt: skip


def _heartbeat(body: Any) -> Details:
    names = ("firmwareVersion", "bleFirmwareVersion")
    versions = [_dotted(body.firmware[at : at + 3]) for at in range(0, len(body.firmware), 3)]
    return {"resetCause": body.reset, **dict(zip(names, versions, strict=False))}


def _health(body: Any) -> Details:
    temperatures = {name: degrees_c(body[name]) for name in ("maxTemperature", "minTemperature")}
    return {"healthStatus": fields.plain(body) | temperatures}


def _misc(body: Any) -> Details:
    return {"miscDataTag": MISC_TAGS[body.tag & 7]}


def _activity(body: Any) -> Details:
    window = {"activityReportingWindow": list(body.window)} if "window" in body else {}
    return _misc(body) | {"activityCount": body.count, **window}


def _parameters(body: Any) -> Details:
    items = [body.list[at : at + 5] for at in range(0, len(body.list) - 4, 5)]
    values = [{"id": item[0], "value": int.from_bytes(item[1:], "big")} for item in items]
    return _misc(body) | {"parameters": values}


def _shock(body: Any) -> Details:
    gadd = {"gaddIndex": int.from_bytes(body.gadd, "big")} if body.gadd else {}
    shock = {"nbOfshock": body.shocks, "accelerometerShockData": list(body.vector)}
    return _misc(body) | shock | gadd


def _event(body: Any) -> Details:
    return {"eventType": EVENTS[body.event]}


def _motion_end(body: Any) -> Details:
    duty = {"motionDutyCycle": body.duty[0]} if body.duty else {}
    return _event(body) | {"trackerOrientation": list(body.vector)} | duty


def _heat(body: Any) -> Details:
    measured = {
        "state": named(TEMPERATURE_STATES, body.state),
        "max": degrees_c(body.max),
        "min": degrees_c(body.min),
        "highCounter": body.high,
        "lowCounter": body.low,
    }
    return _event(body) | {"measuredTemperature": measured}


def _angle(body: Any) -> Details:
    flags = {
        "transition": named(TRANSITIONS, body.flags >> 5),
        "triggerType": TRIGGERS[body.flags >> 3 & 3],
        "notificationIdentifier": body.flags & 7,
    }
    angle = {
        "flags": flags,
        "age": body.age,
        "referenceVector": list(body.reference),
        "criticalVector": list(body.critical),
        "angle": body.angle,
    }
    return _event(body) | {"angleDetection": angle}


def _geofence(body: Any) -> Details:
    found = {
        "geofencingFormat": body.kind >> 4,
        "geofencingType": named(GEOFENCES, body.kind & 15),
        "id": f"0x{body.id:06x}",
    }
    return _event(body) | {"geofencingNotification": found}


def _collection(scan: int, octets: int) -> Callable[[Any], Details]:
    """Return what reads a scan, in which the level stands before its transmitter."""
    key, name, joint = (
        ("macAddressData", "bssid", ":") if octets == 6 else ("beaconIdData", "beaconId", "")
    )
    left_out = 1 if octets == 3 and SCANS[scan] == "BLE_BEACONS" else 0

    def read(body: Any) -> Details:
        size = octets + 1
        items = [body.list[at : at + size] for at in range(0, len(body.list) - size + 1, size)]
        turned = b"".join(item[1 + left_out :] + item[:1] for item in items)
        found = {
            "scanType": SCANS[scan],
            "again": bool(body.flags >> 7),
            "dataFormat": "MAC_ADDRESS" if octets == 6 else "BEACON_ID",
            "fragmentIdentification": body.flags & 31,
            "collectionIdentifier": body.collectionIdentifier,
            "hash": body.hash,
            key: scanned(turned, name, joint, octets - left_out),
        }
        return {"dataScanCollection": found}

    return read


def _text(body: Any) -> Details:
    message = body.text.decode("latin-1")
    return {
        "ackToken": body.token >> 4,
        "sms": {"destinationId": body.destination, "message": message},
    }


def _unread(body: Any) -> Details:
    return {"unread": body.unread.hex()}


MISC_BODY = {
    1: Message("ACTIVITY_STATUS", Struct("tag" / Int8ub, "count" / Int32ub), _activity, (5,)),
    2: Message("CONFIGURATION", Struct("tag" / Int8ub, "list" / GreedyBytes), _parameters, (1,), 5),
    3: Message("SHOCK_DETECTION", SHOCK, _shock, (8, 12)),
    4: Message(
        "ACTIVITY_STATUS",
        Struct("tag" / Int8ub, "window" / Array(6, Int16ub), "count" / Int32ub), _activity, (17,),
    ),
    5: Message(
        "BLE_MAC", Struct("tag" / Int8ub, "mac" / Bytes(6)),
        lambda body: _misc(body) | {"bleMac": body.mac.hex(":")}, (7,),
    ),
}  # fmt: skip
EVENT_BODY = {number: Message("EVENT", EVENT_ONLY, _event, (1,)) for number in range(len(EVENTS))}
EVENT_BODY |= {
    2: Message(
        "EVENT", Struct("event" / Int8ub, "vector" / VECTOR, "duty" / GreedyBytes), _motion_end,
        (7, 8),
    ),
    5: Message("EVENT", HEAT, _heat, (8,)),
    9: Message("EVENT", ANGLE, _angle, (17,)),
    10: Message(
        "EVENT", Struct("event" / Int8ub, "kind" / Int8ub, "id" / BytesInteger(3)), _geofence, (5,)
    ),
}  # fmt: skip
MESSAGES: dict[tuple[int, int], Message] = {
    (FRAME_PENDING, 0): Message(
        "FRAME_PENDING", Struct("token" / Int8ub),
        lambda body: {"currentAckTokenValue": body.token}, (1,),
    ),
    (ENERGY_OR_HEALTH, 0): Message("ENERGY_STATUS", ENERGY, fields.plain, (12,)),
    (ENERGY_OR_HEALTH, 1): Message("HEALTH_STATUS", HEALTH, _health, (14,)),
    (5, 0): Message("HEARTBEAT", HEARTBEAT, _heartbeat, (1, 4, 7)),
    **{(MISC, tag): message for tag, message in MISC_BODY.items()},
    (9, 0): Message(
        "SHUTDOWN", Struct("cause" / Int8ub),
        lambda body: {"shutdownCause": named(SHUTDOWNS, body.cause)}, (1,),
    ),
    **{(EVENT, event): message for event, message in EVENT_BODY.items()},
    **{
        (SCAN, scan * 2 + mac): Message(
            "DATA_SCAN_COLLECTION", COLLECTION, _collection(scan, 6 if mac else 3), (3,),
            7 if mac else 4,
        )
        for scan in range(len(SCANS)) for mac in (0, 1)
    },
    (12, 0): Message("PROXIMITY_DETECTION", UNREAD, _unread, warning=NOT_READ),
    (TEXT, 0): Message(
        "SMS", Struct("token" / Int8ub, "destination" / BytesInteger(3), "text" / GreedyBytes),
        _text, (4,), 1,
    ),
    (15, 0): Message("DEBUG", UNREAD, _unread, warning=NOT_READ),
}  # fmt: skip
