"""Asset Tracker 2: the two kinds of messages about a position."""

from __future__ import annotations

from typing import Any

from construct import (
    Array,
    BytesInteger,
    Construct,
    ExprAdapter,
    GreedyBytes,
    Int8ub,
    Int16sb,
    Int16ub,
    Int32sb,
    Struct,
)

from protocols.abeeway.shared import Details, Message, error_of, named, scanned, volts

POSITION, EXTENDED = 3, 14
FIX_TYPES = (
    "GPS", "GPS_TIMEOUT", "ENCRYPTED_WIFI_BSSIDS", "WIFI_TIMEOUT", "WIFI_FAILURE", "XGPS_DATA",
    "XGPS_DATA_WITH_GPS_SW_TIME", "BLE_BEACON_SCAN", "BLE_BEACON_FAILURE",
    "WIFI_BSSIDS_WITH_NO_CYPHER", "BLE_BEACON_SCAN_SHORT_ID", "BLE_BEACON_SCAN_LONG_ID",
)  # fmt: skip
TIMEOUTS = ("USER_TIMEOUT", "T0_TIMEOUT", "T1_TIMEOUT")
BLE_FAILURES = (
    "BLE_NOT_RESPONDING", "INTERNAL_ERROR", "SHARED_ANTENNA_NOT_AVAILABLE",
    "SCAN_ALREADY_ON_GOING", "NO_BEACON_DETECTED", "HARDWARE_INCOMPATIBILITY",
    "HARDWARE_INCOMPATIBILITY", "UNKNOWN_BLE_FIRMWARE_VERSION",
)  # fmt: skip
ENCRYPTED = "encrypted: only the maker's server can work out where it was"


def eights() -> Construct[Any, Any]:
    """Return the layout of an age: one octet of 8 seconds."""
    return ExprAdapter(Int8ub, lambda octet, _: octet * 8, lambda seconds, _: seconds // 8)


Signed24 = BytesInteger(3, signed=True)
SHORT_FIX = Struct(
    "age" / eights(), "latitude" / Signed24, "longitude" / Signed24, "error" / Int8ub,
    "more" / GreedyBytes,
)  # fmt: skip
LONG_FIX = Struct(
    "age" / Int16ub, "flags" / Int8ub, "latitude" / Int32sb, "longitude" / Int32sb,
    "altitude" / Int16sb, "error" / Int8ub, "course" / Int16ub, "speed" / Int16ub,
    "before" / GreedyBytes,
)  # fmt: skip
MOVING = ("STATIC", "MOVING")


def _short_fix(body: Any) -> Details:
    return {
        "age": body.age,
        "gpsLatitude": body.latitude * 256 / 1e7,
        "gpsLongitude": body.longitude * 256 / 1e7,
        "horizontalAccuracy": round(body.error * 1000 / 255, 2),
    }


def _long_fix(body: Any) -> Details:
    metres = body.flags >> 1 & 1
    error = error_of(body.error, "(4000,)")[0] if metres else round(body.error * 1000 / 255, 2)
    return {
        "age": body.age,
        "gpsFixStatus": "FIX_3D" if body.flags & 1 else "FIX_2D",
        "gpsPayloadType": metres,
        "gpsLatitude": body.latitude / 1e7,
        "gpsLongitude": body.longitude / 1e7,
        "gpsAltitude": body.altitude if metres else body.altitude / 100,
        "horizontalAccuracy": error,
        "gpsCourseOverGround": body.course,
        "gpsSpeedOverGround": body.speed,
        **({"gpsPrevious": _before(body)} if body.before else {}),
    }


def _before(body: Any) -> Details:
    """Return the fix before, which is sent as a difference."""
    word = int.from_bytes(body.before[1:], "big")
    unit = 1 << (word >> 12 & 7)
    return {
        "age": body.before[0] * 8,
        "dynamicMotionState": MOVING[word >> 15],
        "latitude": (body.latitude - ((word >> 6 & 63) - 32) * unit) / 1e7,
        "longitude": (body.longitude - ((word & 63) - 32) * unit) / 1e7,
    }


def _aged(body: Any) -> Details:
    return {"age": body.age} if "age" in body else {}


def _timeout(body: Any) -> Details:
    carriers = [round(octet * 50 / 255) for octet in body.best]
    cause = named(TIMEOUTS, body.cause)
    return _aged(body) | {"timeoutCause": cause, "bestSatellitesCOverN": carriers}


def _wifi_failed(body: Any) -> Details:
    found = _aged(body) | {"batteryVoltageMeasures": [volts(octet) for octet in body.volts]}
    return found | ({"errorCode": body.error[0]} if body.error else {})


def _ble_failed(body: Any) -> Details:
    return _aged(body) | {"bleBeaconFailure": named(BLE_FAILURES, body.cause)}


def _positions(
    kind: int, fix: Message, scan_age: Any, age: tuple[Any, ...], timeouts: tuple[int, ...]
) -> dict[tuple[int, int], Message]:
    """Return the messages of positions; `age` stands in front of failures too."""
    name = fix.name
    before = 2 * len(age)
    listed = Struct(scan_age, "list" / GreedyBytes)
    failed = Struct(*age, "volts" / Array(6, Int8ub), "error" / GreedyBytes)
    timeout = Struct(*age, "cause" / Int8ub, "best" / Array(4, Int8ub), "more" / GreedyBytes)
    closed = Message(name, Struct("closed" / GreedyBytes), warning=ENCRYPTED)
    head = scan_age.sizeof()

    def scan(key: str, item: str, joint: str, octets: int) -> Message:
        def read(body: Any) -> Details:
            return _aged(body) | {key: scanned(body.list, item, joint, octets)}

        return Message(name, listed, read, (head,), octets + 1)

    messages = (
        fix,
        Message(name, timeout, _timeout, timeouts),
        closed,
        Message(name, failed, _wifi_failed, (before + 6,)),
        Message(name, failed, _wifi_failed, (before + 7,)),
        closed,
        closed,
        scan("bleBssids", "bssid", ":", 6),
        Message(name, Struct(*age, "cause" / Int8ub), _ble_failed, (before + 1,)),
        scan("wifiBssids", "bssid", ":", 6),
        scan("bleBeaconIds", "beaconId", "-", 6),
        scan("bleBeaconIds", "beaconId", "-", 16),
    )
    return {(kind, sub): message for sub, message in enumerate(messages)}


SHORT = Message("POSITION_MESSAGE", SHORT_FIX, _short_fix, (8, 11))
LONG = Message("EXTENDED_POSITION_MESSAGE", LONG_FIX, _long_fix, (18, 21))
AGE = "age" / Int16ub
MESSAGES = {
    **_positions(POSITION, SHORT, "age" / eights(), (), (5,)),
    **_positions(EXTENDED, LONG, AGE, (AGE,), (7, 8)),
}
