"""An RTL-SDR behind `rtl_tcp`, by its protocol alone: no driver is needed here.

The server first sends 12 bytes, then samples (cu8) without end:

| bytes | what                                                                        |
|-------|-----------------------------------------------------------------------------|
| 0-3   | "RTL0"                                                                      |
| 4-7   | tuner: 1 E4000, 2 FC0012, 3 FC0013, 4 FC2580, 5 R820T, 6 R828D; big-endian  |
| 8-11  | how many steps of gain the tuner has                                        |

A command is 5 bytes: its number, and a value in 4 bytes, big-endian (`rtl_tcp.c` of librtlsdr).
The gain is fixed: with an automatic one no level means anything.

    rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M&rate=300k&gain=28
"""

from __future__ import annotations

import math
import struct
from datetime import datetime
from enum import IntEnum

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError, SourceError
from receiver.records import Detection
from receiver.samples.stream import Stream

HEADER_BYTES, MAGIC = 12, b"RTL0"
TUNERS = {1: "E4000", 2: "FC0012", 3: "FC0013", 4: "FC2580", 5: "R820T", 6: "R828D"}
USUAL_GAIN_DB, MOST_GAIN_DB = 28.0, 60.0
# Rates that the RTL2832U can make without holes (librtlsdr).
RATES_HZ = ((225_001.0, 300_000.0), (900_001.0, 3_200_000.0))


class Command(IntEnum):
    """The commands of rtl_tcp."""

    FREQUENCY_HZ = 0x01
    RATE_HZ = 0x02
    GAIN_MODE = 0x03  # 0 automatic, 1 fixed
    GAIN_TENTHS_DB = 0x04
    CORRECTION_PPM = 0x05
    IF_GAIN = 0x06  # the stage in the upper 16 bits, tenths of a dB in the lower
    TEST_MODE = 0x07
    DIGITAL_AGC = 0x08
    DIRECT_SAMPLING = 0x09  # 0 off, 1 I, 2 Q
    OFFSET_TUNING = 0x0A
    CRYSTAL_HZ = 0x0B
    TUNER_CRYSTAL_HZ = 0x0C
    GAIN_STEP = 0x0D
    BIAS_TEE = 0x0E


def command(which: Command, value: int) -> bytes:
    """Return the bytes of a command; negative values are written as two's complement."""
    return struct.pack(">BI", which, value & 0xFFFFFFFF)


class RtlTcpStream(Stream):
    """Samples of an `rtl_tcp`, which it tells what to receive."""

    def __init__(
        self,
        rate_hz: float,
        frequency_hz: float,
        gain_db: float,
        correction_ppm: int = 0,
        *,
        bias_tee: bool = False,
        direct: int = 0,
    ) -> None:
        super().__init__("iq", "cu8", rate_hz, frequency_hz)
        self.gain_db, self._correction_ppm = gain_db, correction_ppm
        self._bias_tee, self._direct = bias_tee, direct
        self.tuner = ""
        self._header = b""
        self._greeted = False

    def hello(self) -> bytes:
        """Return the commands that set the receiver up, the fixed gain among them."""
        orders = [
            command(Command.RATE_HZ, round(self.rate_hz)),
            command(Command.FREQUENCY_HZ, round(self.frequency_hz or 0)),
            command(Command.DIGITAL_AGC, 0),
            command(Command.GAIN_MODE, 1),
            command(Command.GAIN_TENTHS_DB, round(self.gain_db * 10)),
        ]
        if self._correction_ppm:
            orders.append(command(Command.CORRECTION_PPM, self._correction_ppm))
        if self._direct:
            orders.append(command(Command.DIRECT_SAMPLING, self._direct))
        if self._bias_tee:
            orders.append(command(Command.BIAS_TEE, 1))
        return b"".join(orders)

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Take bytes: the header, then samples.

        Raises:
            SourceError: this is no rtl_tcp.
        """
        if not self._greeted:
            self._header, self.fresh = self._header + chunk, b""
            if len(self._header) < HEADER_BYTES:
                return []
            magic, tuner, _ = struct.unpack_from(">4sII", self._header)
            if magic != MAGIC:
                raise SourceError(
                    f"this is no rtl_tcp: it began with {self._header[:4]!r} instead of {MAGIC!r}"
                )
            self.tuner = TUNERS.get(tuner, "an unknown tuner")
            self._greeted = True
            chunk, self._header = self._header[HEADER_BYTES:], b""
        return super().receive(chunk, time, monotonic_ns)

    def reset(self) -> None:
        """Forget the half sample and the header after a gap."""
        super().reset()
        self._header, self._greeted = b"", False

    @property
    def words(self) -> str:
        """The form of the samples, for a screen."""
        return f"{super().words}, gain {self.gain_db:g} dB"


def make(address: Address) -> RtlTcpStream:
    """Make the stream of an address.

    Raises:
        ConfigError: an option is missing or cannot be.
    """
    options = address.options
    if "frequency" not in options:
        raise ConfigError(f"{address}: which frequency? add ?frequency=150.1M")
    rate_hz = parse_hz(options.get("rate", "250k"))
    if not any(low <= rate_hz <= high for low, high in RATES_HZ):
        raise ConfigError(
            f"{address}: an RTL-SDR cannot make {rate_hz:g} samples a second; 225k to 300k and"
            " 900k to 3.2M can be"
        )
    gain_db = _number(address, "gain", USUAL_GAIN_DB)
    if not 0.0 <= gain_db <= MOST_GAIN_DB:
        raise ConfigError(f"{address}: gain={gain_db:g}; expected 0 to 60 dB")
    return RtlTcpStream(
        rate_hz,
        parse_hz(options["frequency"]),
        gain_db,
        round(_number(address, "ppm", 0.0)),
        bias_tee=options.get("bias_tee") == "1",
        direct=round(_number(address, "direct", 0.0)),
    )


def _number(address: Address, key: str, usual: float) -> float:
    text = address.options.get(key)
    try:
        value = usual if text is None else float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1000.0:
        raise ConfigError(f"{address}: {key}={text} is no number that can be")
    return value
