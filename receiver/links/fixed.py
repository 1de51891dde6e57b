"""A value in the address itself, such as `fixed:43.35,42.44`: given once, then silence."""

from __future__ import annotations

import threading

from receiver.address import Address


def open_link(address: Address) -> FixedLink:
    """Return a link that gives the address's target once."""
    return FixedLink(address.target.encode())


class FixedLink:
    """One value."""

    datagrams = True

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._closed = threading.Event()

    def read(self, timeout_s: float) -> bytes:
        """Return the value the first time, later nothing."""
        value, self._value = self._value, b""
        if not value:
            self._closed.wait(timeout_s)
        return value

    def write(self, data: bytes) -> None:
        """Take no notice: there is nobody to ask."""

    def close(self) -> None:
        """End a waiting read."""
        self._closed.set()
