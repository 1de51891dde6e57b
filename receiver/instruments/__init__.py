"""Receivers, scanners, gateways and stations: bytes in, detections out, without any I/O.

An instrument never opens anything: `receiver.links` does. Adding one is a module with
`make(address)` and a line in the table.
"""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import Protocol, runtime_checkable

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.records import Detection

INSTRUMENTS = {
    "icom": "receiver.instruments.icom",
    "rigctld": "receiver.instruments.rigctld",
    "semtech": "receiver.instruments.semtech",
    "chirpstack": "receiver.instruments.network_server",
    "ttn": "receiver.instruments.network_server",
    "thingpark": "receiver.instruments.network_server",
    "cloudloop": "receiver.instruments.network_server",
}


class Instrument(Protocol):
    """What every instrument can do. Gateways are silent by nature: no `expected_interval_s`."""

    expected_interval_s: float | None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return what bytes, cut anywhere, say; `time` and `monotonic_ns` are when they came."""
        ...

    def reset(self) -> None:
        """Forget the half frame: after a gap the next bytes do not belong to it."""
        ...


@runtime_checkable
class Polled(Protocol):
    """An instrument that only speaks when asked."""

    poll_interval_s: float

    def poll(self, monotonic_ns: int) -> bytes:
        """Return what to send now, b"" when nothing is due."""
        ...


@runtime_checkable
class Answering(Protocol):
    """An instrument that waits for an answer to what it says."""

    def answer(self, chunk: bytes) -> bytes:
        """Return the answer to a datagram, b"" for none."""
        ...


def build(address: Address) -> Instrument:
    """Make the instrument of an address.

    Raises:
        ConfigError: there is no such instrument, or an option has a wrong value.
    """
    if address.instrument not in INSTRUMENTS:
        known = ", ".join(INSTRUMENTS)
        raise ConfigError(f"{address}: unknown instrument {address.instrument!r}; known: {known}")
    module = importlib.import_module(INSTRUMENTS[address.instrument])
    instrument: Instrument = module.make(address)
    return instrument


def seconds(address: Address, option: str, default: float) -> float:
    """Return an option of an address as a positive number of seconds.

    Raises:
        ConfigError: it is not one.
    """
    text = address.options.get(option, str(default))
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e6:
        raise ConfigError(f"{address}: {option}={text!r} is not a number of seconds")
    return value
