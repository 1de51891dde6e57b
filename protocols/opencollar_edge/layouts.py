"""Layouts of OpenCollar Edge messages, one for each table of the package's docstring.

The field names are those of the maker's own decoder, so that `details` compare with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from construct import (
    Array,
    BitStruct,
    Bytes,
    Construct,
    Flag,
    Float32l,
    Int8ul,
    Int16ub,
    Int16ul,
    Int32ul,
    Nibble,
    Struct,
)

from protocols.fields import (
    Finite,
    Linear,
    ReversedOctets,
    degrees_1e7,
    metres_of_mm,
    signed_hundred,
)

UbloxFix = Struct(
    "success" / Int8ul,
    "hot_retry" / Int8ul,
    "cold_retry" / Int8ul,
    "ttf" / Int16ul,
    "latitude" / degrees_1e7(),
    "longitude" / degrees_1e7(),
    "altitude" / metres_of_mm(),
    "fixType" / Int8ul,
    "SIV" / Int8ul,
    "h_acc_est" / Int16ul,
    "pDOP" / Int8ul,
    "fix_timestamp" / Int32ul,
    "active_t" / Int8ul,
    "cog" / Linear(Int16ul, divisor=100, offset=-180),
    "sog_mps" / Int8ul,
)

ShortFix = Struct(
    "fix_timestamp" / Int32ul,
    "latitude" / degrees_1e7(),
    "longitude" / degrees_1e7(),
    "h_acc_est" / Int16ul,
)

_ScannedBand = Struct(
    "start" / Linear(Int16ul, divisor=10),
    "stop" / Linear(Int16ul, divisor=10),
    "peak_count" / Int8ul,
    "max_rssi" / Linear(Int8ul, divisor=-1),
)

RfScan = Struct(  # read off one real packet and its published decode; removed from firmware 7.1
    "version" / Int8ul,
    "should_alert" / Int8ul,
    "band_8" / _ScannedBand,
    "band_wifi_bt" / _ScannedBand,
)

LastPosition = Struct(  # the one message with the longitude first
    "longitude" / degrees_1e7(),
    "latitude" / degrees_1e7(),
    "altitude" / metres_of_mm(),
    "fix_time" / Int32ul,
)

Lp0Ping = Struct(
    "fix_timestamp" / Int32ul,
    "latitude" / degrees_1e7(),
    "longitude" / degrees_1e7(),
    "uninitialised" / Bytes(2),
)

Errors = BitStruct(
    "err_ublox_busy" / Flag,
    "err_flash" / Flag,
    "err_ublox_fix" / Flag,
    "err_bat" / Flag,
    "err_acc" / Flag,
    "err_ublox" / Flag,
    "err_ble" / Flag,
    "err_lr" / Flag,
)

Operation = BitStruct(
    "lr_sat" / Nibble,
    "unused" / Flag,
    "err_lr_join" / Flag,
    "locked" / Flag,
    "msg" / Flag,
)

Features = BitStruct(
    "sat_try" / Nibble,
    "unused" / Flag,
    "fence" / Flag,
    "rf_scan" / Flag,
    "sat_support" / Flag,
)

Status = Struct(
    "reset" / Int8ul,
    "errors" / Errors,
    "bat" / Linear(Int8ul, numerator=10, offset=2500),
    "operation" / Operation,
    "temp" / signed_hundred(),
    "uptime" / Int8ul,
    "acc_x" / signed_hundred(),
    "acc_y" / signed_hundred(),
    "acc_z" / signed_hundred(),
    "hardware" / BitStruct("ver_hw_major" / Nibble, "ver_hw_minor" / Nibble),
    "firmware" / BitStruct("ver_fw_major" / Nibble, "ver_fw_minor" / Nibble),
    "types" / BitStruct("ver_fw_type" / Nibble, "ver_hw_type" / Nibble),
    "chg" / Int8ul,
    "features" / Features,
)

LrSatellite = Struct("id" / Int8ul, "cnr" / Int8ul)

UbloxSatellite = Struct(
    "id" / Int8ul, "cn0" / Int8ul, "ele" / Int8ul, "azi" / Int16ul, "con" / Int8ul
)

AggregatedScan = Struct(
    "mac" / ReversedOctets(Bytes(3)),
    "rssi" / Linear(Int8ul, offset=-128),
    "count" / Int8ul,
    "t" / Int32ul,
)

BleScan = Struct("mac" / ReversedOctets(Bytes(3)), "rssi" / Linear(Int8ul, offset=-128))

Fence = Struct("success" / Int8ul, "N" / Int8ul, "voltage" / Int16ul, "energy" / Int16ul)

FlashStatus = Struct("percentage" / Int8ul, "n_msg" / Int32ul)

Clock = Struct("timestamp" / Int32ul)

SwitchActivity = Struct("activity" / Int8ul, "duration_ms" / Int32ul)

SwitchStatus = Struct("state" / Int8ul, "count" / Int32ul)

CmdqOld = Struct(
    "cmdq_timestamp" / Int32ul,
    "cmdq_rr_median" / Int8ul,
    "cmdq_rr_median_modesum" / Int8ul,
    "cmdq_activity_average" / Int8ul,
    "cmdq_activity_max" / Int8ul,
    "cmdq_active_min_in_last_hour" / Int8ul,
    "cmdq_raw_temp" / Int16ub,
    "cmdq_h_impedance" / Int16ub,
)

Cmdq = CmdqOld + Struct("cmdq_hrv_raw" / Int16ub)

ParticleMatter = Struct(
    "air_q_pm2_5_mass" / Finite(Float32l),
    "air_q_pm1_mass" / Finite(Float32l),
    "air_q_pm10_mass" / Finite(Float32l),
    "air_q_pm2_5_num" / Finite(Float32l),
    "air_q_pm1_num" / Finite(Float32l),
    "air_q_pm10_num" / Finite(Float32l),
    "air_q_is_obstructed" / Int8ul,
)

Gas = Struct(
    "air_q_IAQ" / Finite(Float32l),
    "air_q_temperature" / Finite(Float32l),
    "air_q_pressure" / Finite(Float32l),
    "air_q_humidity" / Finite(Float32l),
    "air_q_raw_gas" / Finite(Float32l),
)

CommandConfirm = Struct("cmd" / Int8ul, "status" / Int8ul)

MacAddress = Struct("mac" / ReversedOctets(Bytes(6)))

TlvItem = Struct("id" / Int8ul, "length" / Int8ul, "value" / Bytes(lambda ctx: ctx.length))


def gnss_scan(size: int) -> Construct[Any, Any]:
    """Port 1: one status byte, then an opaque NAV message."""
    return Struct("status" / Int8ul, "nav" / Bytes(size - 1))


def text_message(size: int) -> Construct[Any, Any]:
    """Port 28: its own length, the text, a sequence number and a retry count."""
    return Struct("msg_len" / Int8ul, "msg" / Bytes(size - 3), "seq" / Int8ul, "retry" / Int8ul)


def opaque(size: int) -> Construct[Any, Any]:
    """Port 27: bytes for somebody else's tool."""
    return Struct("msg" / Bytes(size))


def counted(record: Construct[Any, Any]) -> Callable[[int], Construct[Any, Any]]:
    """A count of what was seen, then as many records as fit; a cut one stays as `rest`."""

    def layout(size: int) -> Construct[Any, Any]:
        records, rest = divmod(size - 1, record.sizeof())
        return Struct("seen" / Int8ul, "records" / Array(records, record), "rest" / Bytes(rest))

    return layout


def ble_scan(size: int) -> Construct[Any, Any]:
    """Port 11: the scan's time, then as `counted`."""
    records, rest = divmod(size - 5, BleScan.sizeof())
    return Struct(
        "t" / Int32ul,
        "seen" / Int8ul,
        "records" / Array(records, BleScan),
        "rest" / Bytes(rest),
    )


def cmdq(size: int) -> Construct[Any, Any]:
    """Port 15: records of 15 bytes, or of 13 where only that divides (firmware before 6.9)."""
    record = CmdqOld if size % 13 == 0 and size % 15 != 0 else Cmdq
    if size % record.sizeof():
        record = Cmdq
    records, rest = divmod(size, record.sizeof())
    return Struct("records" / Array(records, record), "rest" / Bytes(rest))


def air_quality(size: int) -> Construct[Any, Any]:
    """Port 21: a particle block of 25 bytes, a gas block of 20, or both."""
    blocks = {25: ParticleMatter, 20: Gas, 45: ParticleMatter + Gas}
    return blocks.get(size, Struct("rest" / Bytes(size)))
