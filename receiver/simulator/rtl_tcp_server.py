"""An emulated `rtl_tcp`: it says its header, obeys commands, and sends samples at their rate."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

from receiver.samples.rtl_tcp import MAGIC, Command

LOOPBACK = "127.0.0.1"
R820T, GAIN_STEPS = 5, 29
COMMAND_BYTES = 5


class RtlTcpServer:
    """Serves one client after the other; each hears the samples from the beginning.

    `commands` are what clients ordered, as (command, value). `pause` waits between two pieces.
    """

    def __init__(
        self, pieces: Callable[[], Iterable[bytes]], pause: Callable[[], object] = lambda: None
    ) -> None:
        self._pieces, self._pause = pieces, pause
        self.commands: list[tuple[Command, int]] = []
        self._server = socket.create_server((LOOPBACK, 0))
        self.port: int = self._server.getsockname()[1]
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="rtl_tcp", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._client = client
                listener = threading.Thread(target=self._obey, args=(client,), daemon=True)
                listener.start()
                with suppress(OSError), client:
                    client.sendall(struct.pack(">4sII", MAGIC, R820T, GAIN_STEPS))
                    for piece in self._pieces():
                        client.sendall(piece)
                        self._pause()
                    client.shutdown(socket.SHUT_WR)
                    listener.join(1.0)  # it may not have read all that was asked for yet

    def _obey(self, client: socket.socket) -> None:
        waiting = b""
        with suppress(OSError):
            while data := client.recv(256):
                waiting += data
                while len(waiting) >= COMMAND_BYTES:
                    number, value = struct.unpack_from(">BI", waiting)
                    waiting = waiting[COMMAND_BYTES:]
                    with suppress(ValueError):
                        self.commands.append((Command(number), value))

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        for end in (self._server, self._client):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._thread.join(2.0)
