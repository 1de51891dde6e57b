"""RAK modules (RUI2, RUI3) that listen to LoRa directly, and other sticks that print in text.

    +EVT:RXP2P:-60:11:AABBCCDD                      RUI3: rssi, snr, hex
    +EVT:RXP2P:-45:8:11:48656C6C6F20576F726C64      a variant with the length
    +EVT:RXP2P, RSSI -60, SNR 11  then  +EVT:AABBCC older firmware, in two lines
    Received data: helloworld (RSSI:-60dBm, SNR:7dBm)         Zephyr's sample: text, level only

Source: RAKwireless documentation of AT+PRECV; Zephyr's `samples/drivers/lora/receive`. When the
port opens, listening is asked for: AT+NWM=0 (LoRa without a network), AT+PRECV=65534 (until told).
The channel, spreading factor and sync word stay as they were set: LoRaWAN needs 0x34. It hears one
channel and one spreading factor at a time.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar

from protocols.envelopes import lora
from protocols.packet import Envelope
from receiver.address import Address
from receiver.instruments import Lines
from receiver.instruments.packets import detection
from receiver.records import Detection

SET_UP = b"AT+NWM=0\r\nAT+PRECV=65534\r\n"
ONE_LINE = re.compile(r"^\+EVT:RXP2P:(-?\d{1,3}):(-?\d{1,2}):(?:(\d{1,3}):)?([0-9A-Fa-f]*)$")
HEAD = re.compile(r"^\+EVT:RXP2P, RSSI (-?\d{1,3}), SNR (-?\d{1,2})$")
TAIL = re.compile(r"^\+EVT:([0-9A-Fa-f]+)$")
ZEPHYR = re.compile(r"Received data: .*\(RSSI:(-?\d{1,3})dBm, SNR:(-?\d{1,2})dBm\)$")


class Rak:
    """One module. Silent by nature."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "115200"}
    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self._lines = Lines()
        self._head: tuple[int, int] | None = None

    def hello(self) -> bytes:
        """Ask it to listen."""
        return SET_UP

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each packet."""
        found = [self._line(line) for line in self._lines.feed(chunk)]
        return [detection(e, time, monotonic_ns) for e in found if e is not None]

    def reset(self) -> None:
        """Forget the half line, and a first line without its second."""
        self._lines.reset()
        self._head = None

    def _line(self, line: str) -> Envelope | None:
        if match := ONE_LINE.match(line):
            frame = hex_of(match[4])
            whole = frame is not None and (match[3] is None or int(match[3]) == len(frame))
            return envelope(frame if whole else None, int(match[1]), int(match[2]))
        if match := HEAD.match(line):
            self._head = int(match[1]), int(match[2])
            return None
        if (match := TAIL.match(line)) and self._head is not None:
            head, self._head = self._head, None
            return envelope(hex_of(match[1]), *head)
        if match := ZEPHYR.search(line):
            return envelope(None, int(match[1]), int(match[2]))
        return None


def hex_of(text: str) -> bytes | None:
    """Read hexadecimal; None where a digit is missing."""
    return bytes.fromhex(text) if len(text) % 2 == 0 else None


def envelope(frame: bytes | None, rssi_dbm: float | None, snr_db: float | None) -> Envelope:
    """Return what is known of a frame on the air; a spoilt one keeps its level."""
    return Envelope(
        payload=frame or b"",
        rssi_dbm=rssi_dbm,
        snr_db=snr_db,
        crc_ok=None if frame is not None else False,
        **lora.known_of(frame or b""),
    )


def make(address: Address) -> Rak:
    """Make a module."""
    return Rak()
