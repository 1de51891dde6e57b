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
from typing import Any, NamedTuple

from receiver.address import Address
from receiver.errors import MissingExtraError, SourceError

WRITE_UUID = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY_UUID = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
CONNECT_S, WRITE_S, CLOSE_S = 45.0, 10.0, 5.0  # bleak itself gives up after 30 s, and says why
NO_BLUETOOTH = "Bluetooth of this computer cannot be used: is it there, and switched on?"


def open_link(address: Address) -> BleLink:
    """Connect to a collar by its Bluetooth address.

    Raises:
        MissingExtraError: the package for it is not installed.
        SourceError: it is not in reach, or this computer has no Bluetooth.
    """
    return BleLink(_bleak().BleakClient, address)


def _bleak() -> Any:
    try:
        import bleak
    except ImportError as error:
        raise MissingExtraError("Bluetooth", "ble") from error
    return bleak


class Advertised(NamedTuple):
    """What one device tells everybody: its address, level, name and makers' data by company."""

    address: str
    level_dbm: int
    name: str
    makers: dict[int, bytes]


def scan(seconds: float, scanner: Any = None) -> list[Advertised]:
    """Listen for devices that advertise; the loudest first. `scanner` is bleak's BleakScanner.

    Raises:
        MissingExtraError: the package for it is not installed.
        SourceError: this computer has no Bluetooth.
    """
    scanner = scanner or _bleak().BleakScanner
    try:
        found = asyncio.run(scanner.discover(timeout=seconds, return_adv=True))
    except Exception as error:  # bleak raises its own, and those of each system's Bluetooth
        raise SourceError(_why(error)) from error
    heard = [
        Advertised(device.address, said.rssi, said.local_name or "", dict(said.manufacturer_data))
        for device, said in found.values()
    ]
    return sorted(heard, key=lambda one: -one.level_dbm)


def _why(error: Exception) -> str:
    """Return the words of a foreign error; without a Bluetooth service they name only a file."""
    words = " ".join(str(error).split()) or type(error).__name__
    return f"{NO_BLUETOOTH} ({words})" if isinstance(error, FileNotFoundError) else words


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
            raise SourceError(f"{self._where}: {_why(error)}", str(self._address)) from error

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
            text = "the collar hung up, or is out of reach; if it has a PIN, give it (--pin)"
            raise SourceError(f"{self._where}: {text}", str(self._address))
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
