"""Checksums against their published check values."""

from __future__ import annotations

from protocols.checksums import crc6, crc8_smbus, crc16_xmodem, xor8


def test_check_values() -> None:
    """CRC catalogue: CRC-8/SMBUS of "123456789" is F4. NMEA: the example of GPGGA is 47."""
    assert crc8_smbus(b"123456789") == 0xF4
    gga = b"GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
    assert xor8(gga) == 0x47


def test_check_values_of_crc_16_and_crc_6() -> None:
    """CRC catalogue: CRC-16/XMODEM is 31C3; CRC-6/G-704, which is crc6 reflected, is 06."""
    assert crc16_xmodem(b"123456789") == 0x31C3
    bits = "".join(f"{byte:08b}"[::-1] for byte in b"123456789")
    assert f"{crc6(int(bits, 2), len(bits)):06b}"[::-1] == f"{0x06:06b}"


def test_checksum_of_a_real_tag() -> None:
    assert crc8_smbus(bytes.fromhex("78664C33")) == 0x04
