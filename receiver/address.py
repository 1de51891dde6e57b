"""Addresses of receivers and position sources: `[NAME=]INSTRUMENT:TRANSPORT[?key=value&...]`.

r30=icom:serial:/dev/ttyUSB0?model=r30      gpsd:tcp://127.0.0.1:2947
rigctld:tcp://127.0.0.1:4532                nmea:serial:/dev/ttyACM0?baud=4800
semtech:udp://0.0.0.0:1700                  gpx:file:walk.gpx
chirpstack:mqtt://127.0.0.1:1883?topic=T     fixed:43.3499,42.4453
ttn:http://127.0.0.1:8090?token=SECRET
iq:pipe:?rate=1.024M rtl_sdr -f 150.2M -s 1024000 -
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from receiver.errors import ConfigError

TRANSPORTS = (
    "serial", "tcp", "udp", "mqtt", "http", "file", "pipe", "fixed", "sound", "rtlsdr", "soapy",
    "ble",
)  # fmt: skip
NETWORK = ("tcp", "udp", "mqtt", "http")
_SECRET = re.compile(r"([?&](?:token|password)=)[^&]*")
_SCALES = {"k": 1e3, "m": 1e6, "g": 1e9}


class Kind(NamedTuple):
    """A line in the table of instruments or positions: module, plain title, example address."""

    module: str
    title: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One source: which instrument, over which transport, with which options.

    `target` is a device, a path, a command, or `HOST:PORT` for the network ones.
    """

    name: str
    instrument: str
    transport: str
    target: str
    options: dict[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def host(self) -> str:
        """Host of a network address."""
        return self.target.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """Port of a network address."""
        return int(self.target.rpartition(":")[2])

    def __str__(self) -> str:
        """Return the address as it may be written down: without tokens and passwords."""
        return _SECRET.sub(r"\1***", self.text)


def parse_address(text: str) -> Address:
    """Read an address.

    Raises:
        ConfigError: it does not have the form above, or names an unknown transport.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ConfigError(f"address {text!r}: a name in it is not UTF-8; rename the file")
    name, body = _split_name(text)
    instrument, colon, rest = body.partition(":")
    if instrument == "fixed":
        rest = f"fixed:{rest}"
    if not instrument or not colon or not rest:
        raise ConfigError(
            f"address {text!r}: expected INSTRUMENT:TRANSPORT, as in rigctld:tcp://127.0.0.1:4532"
        )
    transport, _, remainder = rest.partition(":")
    if transport not in TRANSPORTS:
        raise ConfigError(
            f"address {text!r}: unknown transport {transport!r}; known: {', '.join(TRANSPORTS)}"
        )
    target, options = _split_target(text, transport, remainder)
    return Address(
        name=name or instrument,
        instrument=instrument,
        transport=transport,
        target=target,
        options=options,
        text=text,
    )


def _split_name(text: str) -> tuple[str, str]:
    head, equals, tail = text.partition("=")
    if equals and ":" not in head and "?" not in head:
        return head, tail
    return "", text


def _split_target(text: str, transport: str, remainder: str) -> tuple[str, dict[str, str]]:
    if transport == "pipe":  # a command may hold ? and &: options stand before it
        if not remainder.startswith("?"):
            return remainder, {}
        query, _, command = remainder[1:].partition(" ")
        return command, _options(query)
    target, _, query = remainder.partition("?")
    options = _options(query)
    if transport in NETWORK:
        try:
            parts = urlsplit(f"{transport}:{target}")
            if parts.hostname and parts.port:
                host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
                return f"{host}:{parts.port}", options
        except ValueError as error:
            raise ConfigError(f"address {text!r}: {error}") from error
        raise ConfigError(f"address {text!r}: expected {transport}://HOST:PORT")
    if not target:
        raise ConfigError(f"address {text!r}: nothing after {transport}:")
    return target, options


def _options(query: str) -> dict[str, str]:
    # A plus is a plus here (a wildcard of MQTT, a sign), not the space of web forms.
    return dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))


def parse_hz(text: str) -> float:
    """Read a frequency or rate: `150.1M`, `250k`, `151340000`.

    Raises:
        ConfigError: not a positive number.
    """
    scale = _SCALES.get(text[-1:].lower(), 1.0)
    try:
        value = float(text[:-1] if scale != 1.0 else text) * scale
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e12:
        raise ConfigError(f"frequency {text!r}: expected hertz, or a number with k, M or G")
    return round(value, 3)
