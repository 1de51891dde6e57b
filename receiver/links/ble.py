"""Bluetooth Low Energy, the Nordic UART service, by bleak: `opencollar:ble:C4:01:02:03:04:05`.

bleak talks in coroutines; they run in a thread of this link's own.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Any

from receiver.address import Address
from receiver.errors import MissingExtraError, SourceError

WRITE_UUID = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY_UUID = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
CONNECT_S, WRITE_S, CLOSE_S = 30.0, 10.0, 5.0


def open_link(address: Address) -> BleLink:
    """Connect to a collar by its Bluetooth address.

    Raises:
        MissingExtraError: the package for it is not installed.
        SourceError: it is not in reach, or this computer has no Bluetooth.
    """
    try:
        import bleak
    except ImportError as error:
        raise MissingExtraError("Bluetooth", "ble") from error
    return BleLink(bleak.BleakClient, address)


class BleLink:
    """An open connection. `make_client` is bleak's BleakClient, or one that behaves like it."""

    datagrams = True

    def __init__(self, make_client: Any, address: Address) -> None:
        self._address = address
        self._pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._client = make_client(
            address.target, disconnected_callback=lambda _: self._pieces.put(None)
        )
        try:
            self._wait(self._connect(), CONNECT_S)
        except SourceError:
            self.close()
            raise

    async def _connect(self) -> None:
        await self._client.connect()
        await self._client.start_notify(
            NOTIFY_UUID, lambda _, data: self._pieces.put(bytes(data))
        )  # fmt: skip

    def _wait(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> None:
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            future.result(seconds)
        except FutureTimeoutError as error:
            future.cancel()
            raise SourceError(
                f"{self._where}: no answer in {seconds:g} s", str(self._address)
            ) from error
        except Exception as error:  # bleak raises its own, and those of each system's Bluetooth
            words = " ".join(str(error).split()) or type(error).__name__
            raise SourceError(f"{self._where}: {words}", str(self._address)) from error

    @property
    def _where(self) -> str:
        return f"Bluetooth {self._address.target}"

    def read(self, timeout_s: float) -> bytes:
        """Return the next notification, b"" for silence; raise SourceError when it hung up."""
        try:
            piece = self._pieces.get(timeout=timeout_s)
        except queue.Empty:
            return b""
        if piece is None:
            self._pieces.put(None)  # whoever asks again is told again
            raise SourceError(f"{self._where}: the collar hung up, or is out of reach",
                              str(self._address))  # fmt: skip
        return piece

    def write(self, data: bytes) -> None:
        """Send bytes; raise SourceError when it is out of reach."""
        self._wait(self._client.write_gatt_char(WRITE_UUID, data, response=True), WRITE_S)

    def close(self) -> None:
        """Hang up; what fails then means nothing."""
        if self._loop.is_running():
            with suppress(SourceError):
                self._wait(self._client.disconnect(), CLOSE_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        if not self._loop.is_running() and not self._loop.is_closed():
            self._loop.close()
