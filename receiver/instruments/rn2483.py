"""Microchip RN2483, RN2903 and LoStik: LoRa packets one by one, by a dialogue of lines.

Source: Microchip RN2483 command reference (DS40001784).

    mac pause                    a number: the module's own network code is held off
    radio set freq 868100000     ok
    radio set sf sf12            ok
    radio set wdt 0              ok: wait for a packet without an end
    radio rx 0                   ok, then radio_rx  40DA...  (two spaces), or radio_err
    radio get snr                an integer

The RSSI of a packet is known to newer firmware only, so this gives identity and SNR, and no level:
SNR ends at about 10 dB, close to the collar it says nothing. One channel and one spreading factor.
"""

from __future__ import annotations

import re
from collections import deque
from datetime import datetime
from typing import ClassVar

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError
from receiver.instruments import Lines, Questions
from receiver.instruments.packets import detection
from receiver.instruments.rak import envelope, hex_of
from receiver.records import Detection

PACKET = re.compile(r"^radio_rx\s+([0-9A-Fa-f]+)$")
SNR = re.compile(r"^-?\d{1,3}$")
LISTEN, ASK_SNR = "radio rx 0", "radio get snr"
NO_ANSWER_S = 2.0
FACTORS = tuple(f"sf{number}" for number in range(7, 13))


def frame_of(line: str) -> bytes | None:
    """Return the frame of a line that tells of a packet; None of any other, or of a cut one."""
    match = PACKET.match(line.strip())
    return hex_of(match[1]) if match else None


class Rn2483:
    """One stick. Silent by nature: while it listens nothing is asked."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "57600"}
    expected_interval_s: float | None = None
    poll_interval_s = 0.05

    def __init__(self, frequency_hz: float, spreading_factor: str) -> None:
        self._set_up = (
            "mac pause",
            f"radio set freq {frequency_hz:.0f}",
            f"radio set sf {spreading_factor}",
            "radio set wdt 0",
            LISTEN,
        )
        self._frequency_hz = frequency_hz
        self._lines = Lines()
        self._questions = Questions(self.poll_interval_s, NO_ANSWER_S)
        self._to_say = deque(self._set_up)
        self._heard = False
        self._frame: bytes | None = None

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each packet, once its SNR is known."""
        detections = []
        for line in self._lines.feed(chunk):
            self._questions.waiting = False
            if PACKET.match(line):
                self._heard, self._frame = True, frame_of(line)
                self._to_say = deque((ASK_SNR, LISTEN))
            elif line in ("radio_err", "busy", "invalid_param"):
                self._to_say = deque((LISTEN,))
            elif self._heard and SNR.match(line):
                heard = envelope(self._frame, None, float(line))
                detections.append(detection(heard, time, monotonic_ns))
                self._heard = False
        return detections

    def reset(self) -> None:
        """Begin with the set-up again: it may have lost its power."""
        self._to_say, self._heard, self._frame = deque(self._set_up), False, None
        self._lines.reset()
        self._questions.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next command when the last one is answered; while it listens nothing."""
        if not self._to_say or not self._questions.due(monotonic_ns):
            return b""
        return f"{self._to_say.popleft()}\r\n".encode()


def make(address: Address) -> Rn2483:
    """Make a stick from `frequency=868.1M&sf=sf12`.

    Raises:
        ConfigError: the frequency or the spreading factor is not one.
    """
    factor = address.options.get("sf", "sf12").lower()
    if factor not in FACTORS:
        raise ConfigError(f"{address}: sf={factor!r} is not one of {', '.join(FACTORS)}")
    return Rn2483(parse_hz(address.options.get("frequency", "868.1M")), factor)
