"""The Bluetooth link at its border to bleak: a client that behaves as its, without a radio.

What bleak itself does with a real collar is not tested here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from receiver.address import parse_address
from receiver.errors import SourceError
from receiver.links.ble import NOTIFY_UUID, WRITE_UUID, BleLink, scan

ADDRESS = parse_address("opencollar:ble:C4:A1:B2:05:13:07")


class Client:
    """Echoes what is written as two notifications; hangs up when told BYE."""

    fails = False

    def __init__(self, address: str, disconnected_callback: Callable[[Any], None]) -> None:
        assert address == "C4:A1:B2:05:13:07"
        self._gone = disconnected_callback
        self._notify: Callable[[Any, bytearray], None] | None = None

    async def connect(self) -> None:
        if self.fails:
            raise OSError("Device with address C4:A1:B2:05:13:07 was not found")

    async def start_notify(self, uuid: str, callback: Callable[[Any, bytearray], None]) -> None:
        assert uuid == NOTIFY_UUID
        self._notify = callback

    async def write_gatt_char(self, uuid: str, data: bytes, response: bool) -> None:
        assert (uuid, response) == (WRITE_UUID, True)
        assert self._notify is not None
        if data == b"BYE":
            self._gone(self)
            return
        self._notify(None, bytearray(data[:2]))
        self._notify(None, bytearray(data[2:]))

    async def disconnect(self) -> None: ...


def test_notifications_come_one_by_one_and_a_hang_up_is_told() -> None:
    link = BleLink(Client, ADDRESS)
    link.write(b"\x20\xa4\x00")
    assert [link.read(2.0), link.read(2.0), link.read(0.01)] == [b"\x20\xa4", b"\x00", b""]
    link.write(b"BYE")
    for _ in range(2):
        with pytest.raises(SourceError, match="hung up, or is out of reach"):
            link.read(2.0)
    link.close()
    link.close()


def test_collar_out_of_reach_is_one_line() -> None:
    class Far(Client):
        fails = True

    with pytest.raises(SourceError, match="was not found"):
        BleLink(Far, ADDRESS)


class Device(NamedTuple):
    address: str


class Said(NamedTuple):
    local_name: str | None
    manufacturer_data: dict[int, bytes]
    rssi: int


class Scanner:
    """Hears two devices, as bleak's BleakScanner gives them."""

    @staticmethod
    async def discover(timeout: float, return_adv: bool) -> dict[str, tuple[Device, Said]]:
        assert (timeout, return_adv) == (10.0, True)
        return {
            "AA": (Device("AA:00:00:00:00:01"), Said(None, {0x004C: b"\x02\x15"}, -80)),
            "C4": (Device("C4:A1:B2:05:13:07"), Said("SP051307", {0x0A61: bytes(14)}, -61)),
        }


def test_scan_gives_the_loudest_first() -> None:
    first, second = scan(10.0, Scanner)
    assert (first.address, first.level_dbm, first.name) == ("C4:A1:B2:05:13:07", -61, "SP051307")
    assert (second.makers, second.name) == ({0x004C: b"\x02\x15"}, "")


def test_computer_without_bluetooth_is_one_line() -> None:
    class Without(Scanner):
        @staticmethod
        async def discover(timeout: float, return_adv: bool) -> dict[str, tuple[Device, Said]]:
            raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(SourceError, match="is it there, and switched on"):
        scan(10.0, Without)
