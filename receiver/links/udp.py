"""UDP: listen on HOST:PORT; what is written goes to whoever sent last."""

from __future__ import annotations

import socket
from typing import Any

from receiver.address import Address
from receiver.errors import SourceError

LARGEST_DATAGRAM_BYTES = 65535


def open_link(address: Address) -> UdpLink:
    """Listen on a port.

    Raises:
        SourceError: the port is taken, or the host is not one of this computer.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_DGRAM)
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        raise SourceError(
            f"{address.target}: cannot listen there ({error.strerror or error}); another program"
            " may have the port",
            str(address),
        ) from error
    return UdpLink(listener, address)


class UdpLink:
    """A port that listens."""

    datagrams = True

    def __init__(self, listener: socket.socket, address: Address) -> None:
        self._listener = listener
        self._address = address
        self._sender: Any = None

    def read(self, timeout_s: float) -> bytes:
        """Return one datagram, b"" when none came within `timeout_s`."""
        try:
            self._listener.settimeout(timeout_s)
            data, self._sender = self._listener.recvfrom(LARGEST_DATAGRAM_BYTES)
        except (TimeoutError, ConnectionRefusedError):  # refused: our last answer found nobody
            return b""
        except OSError as error:
            raise SourceError(f"{self._address.target}: {error}", str(self._address)) from error
        return data

    def write(self, data: bytes) -> None:
        """Answer the last sender; nothing is sent when nobody has spoken yet."""
        if self._sender is None:
            return
        try:
            self._listener.sendto(data, self._sender)
        except OSError as error:
            raise SourceError(f"{self._address.target}: {error}", str(self._address)) from error

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
