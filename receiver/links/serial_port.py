"""Serial ports, by pyserial: exclusive, read in chunks.

What pyserial 3.5 really raises when a cable is pulled: SerialException from a read, plain OSError
from `in_waiting`, termios.error (neither of the two) from `flush`, TypeError when the port is
closed under a read. All become SourceError here.
"""

from __future__ import annotations

import errno
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep

import serial

from receiver.address import Address
from receiver.errors import ConfigError, SourceError
from receiver.links import CHUNK_BYTES

LOST = (OSError, termios.error, TypeError)
DEFAULT_BAUD = 9600
WRITE_TIMEOUT_S = 2.0
READY_AGAIN_S = 0.01
CAUSES = {
    errno.ENOENT: "there is no such port: plug the receiver in (see: baksan sources)",
    errno.EACCES: "no permission: add yourself to its group with sudo usermod -aG dialout $USER",
    errno.EAGAIN: "another program uses it: close that program (see: baksan doctor)",
    errno.EBUSY: "another program uses it: close that program (see: baksan doctor)",
    errno.EISDIR: "it is a folder, not a port",
}


def open_link(address: Address) -> SerialLink:
    """Open a serial port; the options `baud` and `stopbits` set how it talks.

    Raises:
        SourceError: it cannot be opened.
        ConfigError: the speed is not a number.
    """
    baud = address.options.get("baud", str(DEFAULT_BAUD))
    if not baud.isdecimal():
        raise ConfigError(f"{address}: baud {baud!r} is not a number")
    try:
        port = serial.Serial(
            address.target,
            int(baud),
            stopbits=float(address.options.get("stopbits", "1")),
            exclusive=True,
            timeout=0,
            write_timeout=WRITE_TIMEOUT_S,
        )
    except (*LOST, ValueError) as error:
        raise SourceError(_reason(address.target, error), str(address)) from error
    return SerialLink(port, address)


def _reason(target: str, error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if number in CAUSES:
        return f"{target}: {CAUSES[number]}"
    if "Inappropriate ioctl" in str(error):
        return f"{target}: this is not a serial port"
    return f"{target}: cannot be opened ({error})"


class SerialLink:
    """An open serial port."""

    datagrams = False

    def __init__(self, port: serial.Serial, address: Address) -> None:
        self._port = port
        self._address = address

    def read(self, timeout_s: float) -> bytes:
        """Return what came within `timeout_s`; raise SourceError when the port is gone."""
        with self._lost_as_source_error():
            self._port.timeout = timeout_s
            first = self._first()
            waiting = self._port.in_waiting if first else 0
            return first + bytes(self._port.read(min(waiting, CHUNK_BYTES))) if waiting else first

    def _first(self) -> bytes:
        """Wait for the first byte. Ready and yet nothing there happens to a port that is alive.

        A pulled cable says so again at once, so it is not believed before the second time.
        """
        try:
            return bytes(self._port.read(1))
        except serial.SerialException:
            sleep(READY_AGAIN_S)
            return bytes(self._port.read(1))

    def write(self, data: bytes) -> None:
        """Send bytes; raise SourceError when the port is gone or takes nothing."""
        with self._lost_as_source_error():
            self._port.write(data)

    def close(self) -> None:
        """Close the port; what a vanished port raises then means nothing."""
        with suppress(*LOST):
            self._port.cancel_read()
        with suppress(*LOST):
            self._port.close()

    @contextmanager
    def _lost_as_source_error(self) -> Iterator[None]:
        try:
            yield
        except LOST as error:
            raise SourceError(
                f"{self._address.target}: lost; the cable was pulled, or another program reads it"
                f" ({error})",
                str(self._address),
            ) from error
