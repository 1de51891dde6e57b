"""Webhooks: network servers that send each uplink by HTTP POST to HOST:PORT.

Only this computer may send unless another host is named, and then only with a token
(`?token=SECRET`, in the header `Authorization: Bearer SECRET`). The answer tells the sender whether
to try again: 204 when the message was taken, 503 while there is no room, 4xx when it never will be.
A body is taken before the answer is sent, but it is on the disk only up to 0.2 s later: a computer
that loses its power in between loses what it had just taken.
"""

from __future__ import annotations

import hmac
import queue
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from receiver.address import Address
from receiver.errors import ConfigError, SourceError

LARGEST_BODY_BYTES = 1 << 20
MOST_WAITING = 256
MOST_CONNECTIONS = 32
SLOWEST_S = 10.0
PROTOCOL = "Bearer "


def open_link(address: Address) -> HttpLink:
    """Listen for POST requests.

    Raises:
        ConfigError: others may reach this address, and there is no token.
        SourceError: the port is taken, or the host is not one of this computer.
    """
    token = address.options.get("token", "")
    if not token and not _is_loopback(address.host):
        raise ConfigError(
            f"{address.target}: others can send there, so it needs ?token=SECRET; or listen on"
            " 127.0.0.1, which only this computer reaches"
        )
    try:
        return HttpLink(_Server(address, token), address)
    except OSError as error:
        raise SourceError(
            f"{address.target}: cannot listen there ({error.strerror or error}); another program"
            " may have the port",
            address.target,  # without the token
        ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(ThreadingHTTPServer):
    """Takes bodies into a queue; no more connections at a time than it can serve."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # the system's own 5 makes a burst of senders wait for seconds

    def __init__(self, address: Address, token: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.token = token
        self.bodies: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((address.host, address.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: who hangs up in the middle of a request is no fault of ours."""


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: _Server
    timeout = SLOWEST_S
    server_version, sys_version = "baksan", ""

    def do_POST(self) -> None:
        """Take a body."""
        self.close_connection = True
        self._answer(self._take())

    def _take(self) -> int:
        said = self.headers.get("Authorization", "").removeprefix(PROTOCOL)
        token = self.server.token
        if token and not hmac.compare_digest(said.encode("utf-8", "replace"), token.encode()):
            return 401
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal():
            return 411
        if len(length) > 9 or int(length) > LARGEST_BODY_BYTES:
            return 413
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            return 400
        try:
            self.server.bodies.put_nowait(body)
        except queue.Full:
            return 503
        return 204

    def _answer(self, code: int) -> None:
        with suppress(OSError):
            self.send_response(code)
            if code == 503:
                self.send_header("Retry-After", "5")
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
        """Say nothing: the journal is the record."""


class HttpLink:
    """A port that takes requests."""

    datagrams = True

    def __init__(self, server: _Server, address: Address) -> None:
        self._server = server
        self._address = address
        self._thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> bytes:
        """Return one body, b"" when none came within `timeout_s`."""
        try:
            return self._server.bodies.get(timeout=timeout_s)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        """Refuse: a webhook is not asked."""
        raise SourceError(
            f"{self._address.target}: a webhook cannot be asked", self._address.target
        )

    def close(self) -> None:
        """Stop listening; what was taken already can still be read."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2.0)
