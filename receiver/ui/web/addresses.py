"""The addresses of this computer that phones may reach, and listening on one of them."""

from __future__ import annotations

import errno
import socket
import struct
from ipaddress import ip_address
from typing import NamedTuple

from receiver.errors import ConfigError, SourceError
from receiver.language import phrase

SIOCGIFADDR = 0x8915
EVERY = ("0.0.0.0", "::", "")
BACKLOG = 128
SEND_BUFFER_BYTES = 32 * 1024  # so that a slow phone gets the newest snapshot next, not old ones
UNTAKEN_MS = 30_000  # a phone that has taken nothing for so long is gone


class Reached(NamedTuple):
    """An IPv4 address of this computer that others may reach, and the interface that has it."""

    interface: str
    address: str

    @property
    def is_radio(self) -> bool:
        """Whether it is that of a Wi-Fi network or hotspot, by the name of the interface."""
        return self.interface.startswith(("wl", "ap", "uap"))


def lan_addresses() -> list[Reached]:
    """Return this computer's IPv4 addresses that others may reach."""
    found = [Reached(name, _address_of(name)) for _, name in socket.if_nameindex()]
    return [one for one in found if one.address and not ip_address(one.address).is_loopback]


def _address_of(interface: str) -> str:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asked = struct.pack("256s", interface.encode()[:15])
            answer = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, asked)
        except OSError:
            return ""
    return socket.inet_ntoa(answer[20:24])


def lan_address() -> str:
    """Return the address to serve phones on: that of the radio, or the only one there is.

    Raises:
        ConfigError: there is none, or nobody can tell which.
    """
    known = lan_addresses()
    likely = [one for one in known if one.is_radio] or known
    if not likely:
        raise ConfigError(
            phrase("no network: switch the hotspot of this computer or of a phone on first")
        )
    if len(likely) > 1:
        words = ", ".join(f"{one.address} ({one.interface})" for one in likely)
        raise ConfigError(
            phrase("this computer has several addresses, say which: --address, of {words}",
                   words=words)
        )  # fmt: skip
    return likely[0].address


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        SourceError: it cannot; the sentence says why, and what to do.
    """
    if not 0 <= port < 1 << 16:
        raise SourceError(phrase("{port} is no port: 1024 to 65535", port=port))
    if host in EVERY:  # no browser names this server so
        raise SourceError(phrase("{host} is every address: say one address", host=host))
    try:
        opened = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise SourceError(_reason(host, port, error), f"{host}:{port}") from error
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # each connection has these from the one that listens
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)
    return opened


def _reason(host: str, port: int, error: OSError) -> str:
    number, where = error.errno, {"host": host, "port": port}
    if number == errno.EADDRINUSE:
        return phrase(
            "{host}:{port}: another program has this port: end it, or give another --port",
            **where,
        )
    if number == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return phrase(
            "{host}:{port}: this computer has no such address now: is the hotspot on?", **where
        )
    if number == errno.EACCES:
        return phrase("{host}:{port}: may not listen there: give a --port above 1023", **where)
    return phrase("{host}:{port}: cannot listen there ({error})", error=error, **where)
