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


def crc_of_bits(value: int, bits: int, *, polynomial: int, width: int) -> int:
    """Return the CRC of the lowest `bits` of a number, highest first; begin 0, not reflected."""
    register, mask = 0, (1 << width) - 1
    for place in reversed(range(bits)):
        differs = register >> (width - 1) ^ value >> place & 1
        register = register << 1 & mask ^ (polynomial if differs else 0)
    return register


def crc6(value: int, bits: int) -> int:
    """Return Telonics' CRC of some bits: polynomial 03; reflected it would be CRC-6/G-704."""
    return crc_of_bits(value, bits, polynomial=0x03, width=6)


def crc16_xmodem(data: bytes) -> int:
    """Return CRC-16/XMODEM: polynomial 1021, begin 0, not reflected; check value 31C3."""
    number = int.from_bytes(data, "big")
    return crc_of_bits(number, 8 * len(data), polynomial=0x1021, width=16)
