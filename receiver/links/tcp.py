"""TCP, by the standard library: pyserial's socket:// throws away what a server says first."""

from __future__ import annotations

import socket
from contextlib import suppress

from receiver.address import Address
from receiver.errors import SourceError
from receiver.links import CHUNK_BYTES

CONNECT_TIMEOUT_S = 5.0


def open_link(address: Address) -> TcpLink:
    """Connect to HOST:PORT.

    Raises:
        SourceError: nobody answers there.
    """
    try:
        connection = socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_S)
    except OSError as error:
        raise SourceError(
            f"{address.target}: nobody answers ({error.strerror or error}); is it running there?",
            str(address),
        ) from error
    return TcpLink(connection, address)


class TcpLink:
    """An open TCP connection."""

    datagrams = False

    def __init__(self, connection: socket.socket, address: Address) -> None:
        self._connection = connection
        self._address = address

    def read(self, timeout_s: float) -> bytes:
        """Return what came within `timeout_s`; raise SourceError when the other side is gone."""
        try:
            self._connection.settimeout(timeout_s)
            data = self._connection.recv(CHUNK_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            raise self._lost(str(error.strerror or error)) from error
        if not data:
            raise self._lost("the other side closed")
        return data

    def write(self, data: bytes) -> None:
        """Send bytes; raise SourceError when the other side is gone."""
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise self._lost(str(error.strerror or error)) from error

    def close(self) -> None:
        """Close the connection; a read in another thread ends."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _lost(self, why: str) -> SourceError:
        return SourceError(f"{self._address.target}: connection lost ({why})", str(self._address))
