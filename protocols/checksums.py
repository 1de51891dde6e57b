"""Checksums of collars and stations, each held against a published check value in its test."""

from __future__ import annotations

from functools import reduce
from operator import xor


def crc8_smbus(data: bytes) -> int:
    """Return CRC-8/SMBUS: polynomial 07, begin 00, not reflected; check value F4."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def xor8(data: bytes) -> int:
    """Return the exclusive or of all bytes, as NMEA 0183 has it."""
    return reduce(xor, data, 0)


def xor8_but_last_two(data: bytes) -> int:
    """Return the exclusive or of all bytes but the last two: the rule of the RXG-134's $NPRF.

    Not in its manual; it fits every line that is known, where that of NMEA fits four of nine.
    """
    return xor8(data[:-2])
