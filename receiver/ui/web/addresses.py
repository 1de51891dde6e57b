"""The addresses of this computer that phones may reach, and listening on one of them."""

from __future__ import annotations

import errno
import socket
import struct
from ipaddress import ip_address

from receiver.errors import ConfigError, SourceError
from receiver.language import phrase

SIOCGIFADDR = 0x8915
BACKLOG = 128
SEND_BUFFER_BYTES = 32 * 1024  # so that a slow phone gets the newest snapshot next, not old ones
UNTAKEN_MS = 30_000  # a phone that has taken nothing for so long is gone


def lan_addresses() -> list[str]:
    """Return this computer's IPv4 addresses that others may reach, hotspots and radios first."""
    found = [(name, _address_of(name)) for _, name in socket.if_nameindex()]
    reachable = [(n, a) for n, a in found if a and not ip_address(a).is_loopback]
    return [address for _, address in sorted(reachable, key=_is_wired)]


def _is_wired(named: tuple[str, str]) -> bool:
    return not named[0].startswith(("wl", "ap", "uap"))


def _address_of(interface: str) -> str:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asked = struct.pack("256s", interface.encode()[:15])
            answer = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, asked)
        except OSError:
            return ""
    return socket.inet_ntoa(answer[20:24])


def lan_address(named: str | None = None) -> str:
    """Return the address to serve phones on: the named one, or the only one there is.

    Raises:
        ConfigError: there is none, or there are several and none was named.
    """
    known = lan_addresses()
    if named is not None:
        return named
    if not known:
        raise ConfigError(
            phrase("no network: switch the hotspot of this computer or of a phone on first")
        )
    if len(known) > 1:
        words = ", ".join(known)
        raise ConfigError(
            phrase(
                "this computer has several addresses, say which: --lan with {words}", words=words
            )
        )
    return known[0]


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        SourceError: it cannot; the sentence says why, and what to do.
    """
    if not 0 <= port < 1 << 16:
        raise SourceError(phrase("{port} is no port: 1024 to 65535", port=port))
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
