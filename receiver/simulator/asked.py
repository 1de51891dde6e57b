"""Emulated collars that answer over a cable: an OpenCollar Edge, a LinkIt, a TickTag.

Their bytes are packed by `struct` from the documented offsets, not by the decoders' layouts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from receiver.simulator.collar import status

PIECE_BYTES = 20  # of a notification, with the smallest link
BLOCK_RECORDS = 10  # of the flash, where the maker's have 4096 bytes


@dataclass(slots=True)
class OpenCollarDevice:
    """An OpenCollar Edge: its PIN, settings and flash log. `firmware` as two numbers."""

    mac: bytes = bytes.fromhex("c4a1b2051307")
    pin: bytes = b""
    firmware: tuple[int, int] = (7, 3)
    settings: dict[int, bytes] = field(default_factory=dict)
    flash: list[bytes] = field(default_factory=list)
    position: tuple[float, float] = (-24.5323, 31.3480)
    fixed_at: datetime = datetime(2026, 9, 16, 10, tzinfo=UTC)
    unlocked: bool = False
    hung_up: bool = False
    said: list[bytes] = field(default_factory=list)

    def hear(self, data: bytes) -> list[bytes]:
        """Return the notifications that answer what was written, each whole."""
        self.said.append(data)
        port, rest = data[0], data[1:]
        if self.pin and not self.unlocked and rest[:1] != b"\xc2":
            self.hung_up = True
            return []
        answers = []
        while len(rest) >= 2:
            identifier, size = rest[0], rest[1]
            value, rest = rest[2 : 2 + size], rest[2 + size :]
            if port == 0x03:
                self.settings[identifier] = value
            else:
                answers += self._command(identifier, value)
        return answers

    def _command(self, identifier: int, value: bytes) -> list[bytes]:
        simple: dict[int, Callable[[], bytes]] = {
            0xA2: lambda: b"\x1e\xd7\x04" + struct.pack("<i", 3610),
            0xA4: self._status,
            0xA5: self._position,
            0xB3: lambda: b"\x0e\x94\x05" + struct.pack("<BI", 7, len(self.flash)),
            0xB7: lambda: b"\x1f\xfd\x06" + self.mac[::-1],
            0xCE: lambda: b"\x12\x97\x04" + struct.pack("<I", int(self.fixed_at.timestamp())),
        }
        if identifier in simple:
            return [simple[identifier]()]
        if identifier == 0xA7:
            return [*self._all_settings(), b"\x1f\xf3\x02\xa7\x01"]
        if identifier == 0xA8 and value[:1]:
            own = self.settings.get(value[0])
            return [b"\x1f\xf3\x02\xa8\x00" if own is None else self._list([(value[0], own)])]
        if identifier == 0xC2:
            self.unlocked, self.hung_up = value == self.pin, value != self.pin
            return [b"\x1f\xf3\x02\xc2\x01"] if self.unlocked else []
        if identifier in (0xBB, 0xBC):
            return self._log(identifier, value)
        return [b"\x1f\xf3\x02" + bytes([identifier, 1])]

    def _status(self) -> bytes:
        data = bytearray(status(3.61, 14.5, 113))
        data[12] = self.firmware[0] << 4 | self.firmware[1] & 15
        return b"\x04" + bytes(data)

    def _position(self) -> bytes:
        latitude, longitude = (round(degrees * 1e7) for degrees in self.position)
        fix = struct.pack("<iiiI", longitude, latitude, 253_000, int(self.fixed_at.timestamp()))
        return b"\x1f\xfe\x10" + fix

    @staticmethod
    def _list(items: list[tuple[int, bytes]]) -> bytes:
        return b"\x03" + b"".join(bytes([n, len(value)]) + value for n, value in items)

    def _all_settings(self) -> list[bytes]:
        items = sorted(self.settings.items())
        return [self._list(items[begin : begin + 6]) for begin in range(0, len(items), 6)]

    def _log(self, identifier: int, value: bytes) -> list[bytes]:
        """Return the notifications of a flash log, and what confirms its end.

        As `flash_interface.c` does it: `start` newest records are passed over, `count` older ones
        are read; the newest block first, each block from its oldest record on. More than there are
        gives none of them. Firmware before 7.1 passes over `count` more, unless `start` is 0.
        """
        start, count = 0, len(self.flash)
        if identifier == 0xBC:
            _, start, count = struct.unpack("<III", value)
            if start and self.firmware < (7, 1):
                start += count
        end = len(self.flash) - start
        if end <= 0 or count > len(self.flash):
            return [b"\x1f\xf3\x02" + bytes([identifier, int(end > 0)])]
        begin, answers = max(0, end - count), []
        for block in range((end - 1) // BLOCK_RECORDS * BLOCK_RECORDS, -1, -BLOCK_RECORDS):
            chosen = self.flash[max(begin, block) : min(end, block + BLOCK_RECORDS)]
            pieces = (chosen[n : n + 5] for n in range(0, len(chosen), 5))
            answers += [b"\x1d" + b"".join(piece) for piece in pieces]
        return [*answers, b"\x1f\xf3\x02" + bytes([identifier, int(end - begin == count)])]


def stored(time: datetime, number: int) -> bytes:
    """Return a flash record: the collar's clock, stored at a time."""
    unix_s = int(time.timestamp()) + 600 * number
    return b"\x12\x97\x04" + struct.pack("<II", unix_s, unix_s)


def linkit_device(line: bytes, values: dict[str, str], log: bytes) -> list[bytes]:
    """Return the answers of a LinkIt tracker to a line."""
    import base64

    command = line[1:6].decode()

    def answer(payload: str) -> bytes:
        return f"$O;{command}#{len(payload):03X};{payload}\r".encode()

    if command == "STATR":
        return [answer(",".join(f"{key}={value}" for key, value in values.items()))]
    if command == "PARML":
        return [answer(",".join(values))]
    if command == "PARMR" and len(line) < 200:
        keys = line[11:-1].decode().split(",")
        return [answer(",".join(f"{key}={values[key]}" for key in keys))]
    if command == "DUMPD":
        pieces = [log[n : n + 96] for n in range(0, len(log), 96)] or [b""]
        last = len(pieces) - 1
        return [answer(f"{n:03X},{last:03X},{base64.b64encode(piece).decode()}")
                for n, piece in enumerate(pieces)]  # fmt: skip
    return [f"$N;{command}#001;1\r".encode()]


def ticktag_device(choice: bytes, rows: list[str]) -> list[bytes]:
    """Return what a TickTag prints for a choice of its menu: its memory, then the menu again."""
    menu = "\n\r0 Read memory\n\r1 Reset memory\n\r"
    if choice != b"0\r":
        return [menu.encode()]
    lines = ["*START MEMORY*", f"Fixes: {len(rows)}", "count,timestamp,lat,lon", *rows,
             "*END MEMORY*"]  # fmt: skip
    return [b"---TICK-TAG---\n\r", "\n\r".join(lines).encode() + menu.encode()]
