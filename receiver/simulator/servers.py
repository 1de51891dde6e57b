"""Where emulated devices are reached: a TCP server that only talks, a datagram sender."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

LOOPBACK = "127.0.0.1"


class TalkingServer:
    """Says the same to everybody who is connected; what is said before is not repeated."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self.port: int = self._server.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, name="emulated server", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._clients.append(self._server.accept()[0])

    def say(self, data: bytes) -> None:
        """Send to everybody; who has gone is forgotten."""
        for client in list(self._clients):
            try:
                client.sendall(data)
            except OSError:
                client.close()
                self._clients.remove(client)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        for end in (self._server, *self._clients):
            end.close()
        self._thread.join(1.0)


def free_udp_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Forwarder:
    """Sends datagrams to a port and counts the answers, as a packet forwarder does."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((LOOPBACK, port))
        self._socket.setblocking(False)
        self.sent = self.acknowledged = 0

    def send(self, datagram: bytes) -> None:
        """Send one datagram; nobody listening is not an error here."""
        with suppress(OSError):
            self._socket.send(datagram)
            self.sent += 1
        self.collect()

    def collect(self) -> None:
        """Take the answers that have come."""
        with suppress(OSError):
            while self._socket.recv(64):
                self.acknowledged += 1

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
