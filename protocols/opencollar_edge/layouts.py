"""Layouts of OpenCollar Edge messages, one for each table of the package's docstring.

The field names are those of the maker's own decoder, so that `details` compare with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from construct import (
    Array,
    Bytes,
    Construct,
    Float32l,
    Int8ul,
    Int16ub,
    Int16ul,
    Int32ul,
    Struct,
)

from protocols.fields import (
    Bits,
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
    "ttf" / Int16ul * "s",
    "latitude" / degrees_1e7() * "deg",
    "longitude" / degrees_1e7() * "deg",
    "altitude" / metres_of_mm() * "m",
    "fixType" / Int8ul,
    "SIV" / Int8ul,
    "h_acc_est" / Int16ul * "m",
    "pDOP" / Int8ul,
    "fix_timestamp" / Int32ul * "unix",
    "active_t" / Int8ul,
    "cog" / Linear(Int16ul, divisor=100, offset=-180) * "deg",
    "sog_mps" / Int8ul * "m/s",
)

ShortFix = Struct(
    "fix_timestamp" / Int32ul * "unix",
    "latitude" / degrees_1e7() * "deg",
    "longitude" / degrees_1e7() * "deg",
    "h_acc_est" / Int16ul * "m",
)

_ScannedBand = Struct(
    "start" / Linear(Int16ul, divisor=10) * "MHz",
    "stop" / Linear(Int16ul, divisor=10) * "MHz",
    "peak_count" / Int8ul,
    "max_rssi" / Linear(Int8ul, divisor=-1) * "dBm",
)

RfScan = Struct(  # read off one real packet and its published decode; removed from firmware 7.1
    "version" / Int8ul,
    "should_alert" / Int8ul,
    "band_8" / _ScannedBand,
    "band_wifi_bt" / _ScannedBand,
)

LastPosition = Struct(  # the one message with the longitude first
    "longitude" / degrees_1e7() * "deg",
    "latitude" / degrees_1e7() * "deg",
    "altitude" / metres_of_mm() * "m",
    "fix_time" / Int32ul * "unix",
)

Lp0Ping = Struct(
    "fix_timestamp" / Int32ul * "unix",
    "latitude" / degrees_1e7() * "deg",
    "longitude" / degrees_1e7() * "deg",
    "uninitialised" / Bytes(2),
)

Errors = Bits(
    err_ublox_busy=1,
    err_flash=1,
    err_ublox_fix=1,
    err_bat=1,
    err_acc=1,
    err_ublox=1,
    err_ble=1,
    err_lr=1,
)
Operation = Bits(lr_sat=4, unused=1, err_lr_join=1, locked=1, msg=1)
Features = Bits(sat_try=4, unused=1, fence=1, rf_scan=1, sat_support=1)

Status = Struct(
    "reset" / Int8ul,
    "errors" / Errors,
    "bat" / Linear(Int8ul, numerator=10, offset=2500) * "mV",
    "operation" / Operation,
    "temp" / signed_hundred() * "C",
    "uptime" / Int8ul * "days (hours before 4.0.1)",
    "acc_x" / signed_hundred() * "m/s2",
    "acc_y" / signed_hundred() * "m/s2",
    "acc_z" / signed_hundred() * "m/s2",
    "hardware" / Bits(ver_hw_major=4, ver_hw_minor=4),
    "firmware" / Bits(ver_fw_major=4, ver_fw_minor=4),
    "types" / Bits(ver_fw_type=4, ver_hw_type=4),
    "chg" / Int8ul * "x 100 + 5000 mV",
    "features" / Features,
)

LrSatellite = Struct("id" / Int8ul, "cnr" / Int8ul * "dB-Hz")

UbloxSatellite = Struct(
    "id" / Int8ul,
    "cn0" / Int8ul * "dB-Hz",
    "ele" / Int8ul * "deg",
    "azi" / Int16ul * "deg",
    "con" / Int8ul,
)

AggregatedScan = Struct(
    "mac" / ReversedOctets(Bytes(3)),
    "rssi" / Linear(Int8ul, offset=-128) * "dBm",
    "count" / Int8ul,
    "t" / Int32ul * "unix",
)

BleScan = Struct("mac" / ReversedOctets(Bytes(3)), "rssi" / Linear(Int8ul, offset=-128) * "dBm")

Fence = Struct("success" / Int8ul, "N" / Int8ul, "voltage" / Int16ul * "V", "energy" / Int16ul)

FlashStatus = Struct("percentage" / Int8ul * "%", "n_msg" / Int32ul)

Clock = Struct("timestamp" / Int32ul * "unix")

SwitchActivity = Struct("activity" / Int8ul, "duration_ms" / Int32ul * "ms")

SwitchStatus = Struct("state" / Int8ul, "count" / Int32ul)

CmdqOld = Struct(
    "cmdq_timestamp" / Int32ul * "unix",
    "cmdq_rr_median" / Int8ul,
    "cmdq_rr_median_modesum" / Int8ul,
    "cmdq_activity_average" / Int8ul,
    "cmdq_activity_max" / Int8ul,
    "cmdq_active_min_in_last_hour" / Int8ul * "min",
    "cmdq_raw_temp" / Int16ub * "x 0.0248 - 18.09 C",
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
    "air_q_temperature" / Finite(Float32l) * "C",
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
        "t" / Int32ul * "unix",
        "seen" / Int8ul,
        "records" / Array(records, BleScan),
        "rest" / Bytes(rest),
    )


def cmdq(size: int, *, old: bool = False) -> Construct[Any, Any]:
    """Port 15: records of 15 bytes, of 13 before firmware 6.9; `old` decides where both fit."""
    records = [record for record in (CmdqOld, Cmdq) if size % record.sizeof() == 0]
    record = records[0] if old or len(records) == 1 else Cmdq
    return Struct("records" / Array(size // record.sizeof(), record))


def air_quality(size: int) -> Construct[Any, Any]:
    """Port 21: a particle block of 25 bytes, a gas block of 20, or both."""
    blocks = {25: ParticleMatter, 20: Gas, 45: ParticleMatter + Gas}
    return blocks.get(size, Struct("rest" / Bytes(size)))
