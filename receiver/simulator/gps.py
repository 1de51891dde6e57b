"""An emulated GPS receiver: NMEA 0183 sentences."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import xor


def sentences(
    latitude_deg: float, longitude_deg: float, time: datetime, heading_deg: float | None = None
) -> bytes:
    """Return RMC and GGA of one second, before them HDT where there is a compass."""
    clock, day = f"{time:%H%M%S}.00", f"{time:%d%m%y}"
    place = f"{_angle(latitude_deg, 'NS', 2)},{_angle(longitude_deg, 'EW', 3)}"
    rmc = f"GPRMC,{clock},A,{place},0.0,,{day},,,A"
    gga = f"GPGGA,{clock},{place},1,09,0.9,1450.0,M,15.0,M,,"
    compass = b"" if heading_deg is None else _framed(f"GPHDT,{heading_deg:.1f},T")
    return compass + _framed(rmc) + _framed(gga)


def _angle(value_deg: float, letters: str, digits: int) -> str:
    minutes_e5 = round(abs(value_deg) * 60e5)
    degrees, rest = divmod(minutes_e5, 6_000_000)
    return f"{degrees:0{digits}d}{rest / 1e5:08.5f},{letters[value_deg < 0]}"


def _framed(text: str) -> bytes:
    return f"${text}*{reduce(xor, text.encode()):02X}\r\n".encode()
