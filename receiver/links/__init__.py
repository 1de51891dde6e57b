"""Transports: bytes in, bytes out. One module for each, imported when it is chosen.

A link is read by one thread. `read` waits at most `timeout_s`; no bytes means silence. A lost link
raises SourceError, an input that has an end raises EndOfInput.
"""

from __future__ import annotations

import importlib
from typing import Protocol

from receiver.address import Address
from receiver.errors import SourceError

CHUNK_BYTES = 65536

LINKS = {
    "serial": "receiver.links.serial_port",
    "tcp": "receiver.links.tcp",
    "udp": "receiver.links.udp",
    "mqtt": "receiver.links.mqtt",
    "http": "receiver.links.http",
    "file": "receiver.links.file",
    "pipe": "receiver.links.pipe",
    "fixed": "receiver.links.fixed",
    "sound": "receiver.links.sound_card",
    "rtlsdr": "receiver.links.rtlsdr",
    "soapy": "receiver.links.soapy",
    "ble": "receiver.links.ble",
}


class EndOfInput(SourceError):  # noqa: N818 (an end is no error)
    """A file, pipe or fixed value has no more to give."""


class Link(Protocol):
    """An open transport."""

    datagrams: bool

    def read(self, timeout_s: float) -> bytes:
        """Return what came, b"" for silence; one datagram at a time where `datagrams`.

        Raises:
            SourceError: the link is lost. EndOfInput: it has come to its end.
        """
        ...

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            SourceError: the link is lost, or cannot be written to.
        """
        ...

    def close(self) -> None:
        """Close; may be called twice and from another thread."""
        ...


def open_link(address: Address) -> Link:
    """Open the transport of an address.

    Raises:
        SourceError: it cannot be opened; the message says why and what to do.
        ConfigError: an option of the address has a wrong value.
    """
    module = importlib.import_module(LINKS[address.transport])
    link: Link = module.open_link(address)
    return link
