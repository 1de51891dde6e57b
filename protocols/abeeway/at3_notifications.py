"""Asset Tracker 3: notifications.

    byte 0                contents
    00 status             i8 degrees C, bits 3-7 reset and 0-2 page, and by page:
                          0: version 3, of configuration 4, of the LR11xx 3, u16 batch, u16 parts,
                             i8 highest and lowest degrees C, u8 percent moving, u16 mV, u16
                             consumed in all, by cellular, GNSS, Wi-Fi, LR11xx, BLE, processor
                             (their unit is not told); checksum 4
                          1: almanacs, of the LR11xx and of the GNSS receiver: u16 date
                             of GPS, u32 old ones by bit, u8 good ones, u16 u40 u8 of BeiDou
                          2: modem 4, u16 release, card 21, subscriber: texts, zeros behind them
                          3: card 33, equipment: as these
    01 low battery        u16 consumed, u16 mV
    02 BLE 03 casing      bit 0 connected, open
    04 heartbeat          i8 degrees C, bits 3-7 reset, checksum 4
    05 shut down          cause
    06 kept messages      status, u32 time of the oldest and of the newest
    07 update             bits 6-7 of what, 4-5 from where, 0-3 how it ended
    10 11 SOS on, off     nothing
    20 21 22              hot, cold, normal: i8 degrees C
    30 motion begins      nothing
    31 motion ends        three i16 mg, u8 percent
    32 shock              three i16 mg, u8 index, u8 shocks
    40 41 network         main, backup: three kinds of network, u16 and u32 s of sleeping or not
    50-54 zones           nothing
    60 61 telemetry       not read

The maker's driver reads the octets of BeiDou's old satellites the other way round than those of
GPS, and so counts up to 40. Big-endian, as all else is, the published example says 1 to 37: what
BeiDou had.
"""

from __future__ import annotations

from datetime import UTC, datetime
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

from protocols.abeeway.shared import NOT_READ, Details, Message, named
from protocols.packet import DecodeError

CLASSES = ("SYSTEM", "SOS", "TEMPERATURE", "ACCELEROMETER", "NETWORK", "GEOZONING", "TELEMETRY")
RESETS = tuple(
    f"AOS_ERROR_{name}"
    for name in ("NONE", "HW_NMI", "HW_FAULT", "HW_MPU", "HW_BUS", "HW_USAGE", "HW_IRQ", "HW_WDOG",
                 "HW_BOR", "SW_ST_HAL_ERROR", "SW_FREERTOS_ASSERT", "SW_FREERTOS_TASK_OVF",
                 "SW_BLE_ASSERT", "SW_RTC_FAIL", "SW_LORA_FAIL", "SW_DEBUG", "SW_APP_START")
)  # fmt: skip
SHUTDOWNS = tuple(f"SHUTDOWN_CAUSE_{name}" for name in ("NONE", "USER_ACTION", "LOW_BATTERY"))
KEPT = ("SUCCESS", "TIMEOUT", "NO_DATA_FOUND")
BINARIES = ("APPLICATION", "BLE_STACK", "MT3333", "LR11XX")
SOURCES = ("XMODEM", "BLE", "CELLULAR", "LORA")
REASONS = (
    "NONE", "NETWORK_ISSUE", "DOWNLOAD_TIMEOUT", "MODEM_FAILURE", "FILE_NOT_FOUND",
    "PLATFORM_ERROR", "PARSING_ERROR", "FLASH_ERROR", "LENGTH_ERROR", "SIGNATURE_ERROR",
    "AUTHENTICATION_ERROR",
)  # fmt: skip
NETWORKS = ("NO_NETWORK", "LORA_NETWORK", "CELLULAR_NETWORK_IN_LOW_POWER_MODE",
            "CELLULAR_NETWORK_IN_HIGH_POWER_MODE")  # fmt: skip
CONSUMERS = ("total", "cellular", "gnss", "wifi", "lrGnss", "ble", "mcu")

KIND = "kind" / Int8ub
VECTOR = "vector" / Array(3, Int16sb)
ALMANAC = Struct(
    "gps_day" / Int16ub, "gps_old" / Int32ub, "gps_good" / Int8ub, "beidou_day" / Int16ub,
    "beidou_old" / BytesInteger(5), "beidou_good" / Int8ub,
)  # fmt: skip
GENERAL = Struct(
    "AT3Version" / Bytes(3), "configurationVersion" / Bytes(4), "radio" / Bytes(3),
    "hwBatchId" / Int16ub, "hwBomId" / Int16ub, "maxTemperature" / Int8sb,
    "minTemperature" / Int8sb, "motionPercent" / Int8ub, "batteryVoltage" / Int16ub,
    "consumed" / Array(len(CONSUMERS), Int16ub), "globalCrc" / Bytes(4),
)  # fmt: skip
ALMANACS = Struct("lr11xx" / ALMANAC, "gnss" / ALMANAC)
CELLULAR = Struct(
    "modem" / Bytes(4), "release" / Int16ub, "ICCID" / Bytes(21), "IMSI" / GreedyBytes
)  # fmt: skip
EQUIPMENT = Struct("EUICCID" / Bytes(33), "IMEISV" / GreedyBytes)
STATUS = (KIND, "temperature" / Int8sb, "reset" / Int8ub)
HEARTBEAT = Struct(*STATUS, "globalCrc" / Bytes(4))
OCTET = Struct(KIND, "value" / Int8ub)
NETWORK = Struct(KIND, "networks" / Array(3, Int8ub), "sleep" / GreedyBytes)


def _kind(class_: int, type_: str, contents: Details) -> Details:
    return {"notificationClass": CLASSES[class_], "notificationType": type_, **contents}


def _system(type_: str, contents: Details) -> Details:
    key = "".join(word.title() for word in type_.split("_"))
    return _kind(0, type_, {"system": {key[0].lower() + key[1:]: contents}})


def _beginning(body: Any) -> Details:
    return {
        "currentTemperature": body.temperature,
        "resetCause": named(RESETS, body.reset >> 3),
    }


def _dotted(octets: bytes) -> str:
    return ".".join(map(str, octets))


def _text(octets: bytes) -> str:
    return octets.rstrip(b"\0").decode("latin-1")


def _page(number: int, page: Any) -> Details:
    if number == 0:
        return _general(page)
    if number == 1:
        return _almanac("lr11xx", page.lr11xx) | _almanac("gnss", page.gnss)
    if number == 2:
        names = ("branch", "mode", "image", "delivery")
        version: Details = {name: str(octet) for name, octet in zip(names, page.modem, strict=True)}
        version["release"] = str(page.release)
        return {"cellVersion": version, "ICCID": _text(page.ICCID), "IMSI": _text(page.IMSI)}
    return {"EUICCID": _text(page.EUICCID), "IMEISV": _text(page.IMEISV)}


def _general(page: Any) -> Details:
    radio: Details = dict(
        zip(("hardwareVersion", "hardwareType", "firmwareVersion"), map(str, page.radio),
            strict=True)
    )  # fmt: skip
    same = ("hwBatchId", "hwBomId", "maxTemperature", "minTemperature", "motionPercent",
            "batteryVoltage")  # fmt: skip
    return {
        "AT3Version": _dotted(page.AT3Version),
        "configurationVersion": _dotted(page.configurationVersion),
        "lrHwVersion": radio,
        **{name: page[name] for name in same},
        **{f"{name}Consumption": value
           for name, value in zip(CONSUMERS, page.consumed, strict=True)},
        "globalCrc": page.globalCrc.hex(),
    }  # fmt: skip


def _almanac(receiver: str, page: Any) -> Details:
    found: Details = {}
    for system, name in (("gps", "Gps"), ("beidou", "Beidou")):
        old = page[f"{system}_old"]
        found |= {
            f"{receiver}{name}Date": page[f"{system}_day"],
            f"{receiver}{name}Outdated": [bit + 1 for bit in range(40) if old >> bit & 1],
            f"{receiver}{name}Good": page[f"{system}_good"],
        }
    return found


def _time(seconds: int) -> str | None:
    """Return a time as the maker writes it; 0 is none."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.000Z}" if seconds else None


def _update(octet: int) -> Details:
    return {
        "binary": BINARIES[octet >> 6],
        "source": SOURCES[octet >> 4 & 3],
        "raison": named(REASONS, octet & 15),
    }


def _network(body: Any) -> Details:
    names = ("activeNetwork", "mainNetwork", "backupNetwork")
    said: Details = {name: named(NETWORKS, code)
            for name, code in zip(names, body.networks, strict=True)}  # fmt: skip
    if body.sleep:
        said["psmActiveTime"] = int.from_bytes(body.sleep[:2], "big")
        said["psmTAU"] = int.from_bytes(body.sleep[2:], "big")
    return {"network": said}


def _status(number: int, layout: Any, size: int, step: int = 0) -> Message:
    def read(body: Any) -> Details:
        page = {"pageId": number, **_page(number, body.page)}
        return _system("STATUS", _beginning(body) | page)

    return Message("STATUS", Struct(*STATUS, "page" / layout), read, (size,), step)


def _plain(class_: int, type_: str) -> Message:
    return Message(type_, Struct(KIND), lambda body: _kind(class_, type_, {}), (1,))


def _octet(type_: str, read: Any) -> Message:
    return Message(type_, OCTET, lambda body: _system(type_, read(body.value)), (2,))


def _temperature(type_: str) -> Message:
    layout = Struct(KIND, "value" / Int8sb)
    return Message(type_, layout, lambda body: _kind(2, type_, {"temperature": body.value}), (2,))


def _moved(type_: str, layout: Any, size: int, *names: str) -> Message:
    def read(body: Any) -> Details:
        said = {name: body[name] for name in names}
        return _kind(3, type_, {"accelerometer": {"accelerationVector": [*body.vector], **said}})

    return Message(type_, layout, read, (size,))


def _connected(type_: str) -> Message:
    return Message(type_, NETWORK, lambda body: _kind(4, type_, _network(body)), (4, 10))


def _telemetry(type_: str) -> Message:
    layout = Struct(KIND, "unread" / GreedyBytes)

    def read(body: Any) -> Details:
        return _kind(6, type_, {"unread": body.unread.hex()})

    return Message(type_, layout, read, warning=NOT_READ)


PAGES = {
    0: _status(0, GENERAL, 40),
    1: _status(1, ALMANACS, 33),
    2: _status(2, CELLULAR, 46),
    3: _status(3, EQUIPMENT, 36, step=1),
}
STATUS_KIND = 0x00
MESSAGES = {
    0x01: Message(
        "LOW_BATTERY", Struct(KIND, "consumption" / Int16ub, "batteryVoltage" / Int16ub),
        lambda body: _system(
            "LOW_BATTERY", {name: body[name] for name in ("consumption", "batteryVoltage")}
        ),
        (5,),
    ),
    0x02: _octet(
        "BLE_STATUS",
        lambda octet: {"state": "BLE_CONNECTED" if octet & 1 else "BLE_DISCONNECTED"},
    ),
    0x03: _octet(
        "TAMPER_DETECTION",
        lambda octet: {"state": "CASING_OPEN" if octet & 1 else "CASING_CLOSED"},
    ),
    0x04: Message(
        "HEARTBEAT", HEARTBEAT,
        lambda body: _system("HEARTBEAT", {**_beginning(body), "globalCrc": body.globalCrc.hex()}),
        (7,),
    ),
    0x05: _octet("SHUTDOWN", lambda octet: {"shutdownCause": named(SHUTDOWNS, octet)}),
    0x06: Message(
        "DATA_BUFFERING_STATUS",
        Struct(KIND, "status" / Int8ub, "oldest" / Int32ub, "latest" / Int32ub),
        lambda body: _system(
            "DATA_BUFFERING_STATUS",
            {"status": named(KEPT, body.status), "oldestTimestamp": _time(body.oldest),
             "latestTimestamp": _time(body.latest)},
        ),
        (10,),
    ),
    0x07: _octet("FUOTA", _update),
    0x10: _plain(1, "SOS_ON"),
    0x11: _plain(1, "SOS_OFF"),
    0x20: _temperature("TEMP_HIGH"),
    0x21: _temperature("TEMP_LOW"),
    0x22: _temperature("TEMP_NORMAL"),
    0x30: _plain(3, "MOTION_START"),
    0x31: _moved(
        "MOTION_END", Struct(KIND, VECTOR, "motionPercent" / Int8ub), 8, "motionPercent"
    ),
    0x32: _moved(
        "SHOCK", Struct(KIND, VECTOR, "gaddIndex" / Int8ub, "numberShocks" / Int8ub), 9,
        "gaddIndex", "numberShocks",
    ),
    0x40: _connected("MAIN_UP"),
    0x41: _connected("BACKUP_UP"),
    **{
        0x50 + number: _plain(5, name)
        for number, name in enumerate(("ENTRY", "EXIT", "IN_HAZARD", "OUT_HAZARD", "MEETING_POINT"))
    },
    0x60: _telemetry("TELEMETRY"),
    0x61: _telemetry("TELEMETRY_MODE_BATCH"),
}  # fmt: skip


def notification(contents: bytes, at: int) -> Message:
    """Return the kind of a notification, whose contents stand at a byte.

    Raises:
        DecodeError: nobody knows it.
    """
    if contents[0] == STATUS_KIND:
        if len(contents) < 3 or contents[2] & 7 not in PAGES:
            raise DecodeError("a status has no page of this number", at + 2)
        return PAGES[contents[2] & 7]
    if contents[0] not in MESSAGES:
        raise DecodeError(f"there is no notification {contents[0]:02x}", at)
    return MESSAGES[contents[0]]
