"""Icom receivers by CI-V: frequency, mode, squelch, attenuator, preamplifier, S-meter.

Source: Icom IC-R8600 CI-V reference guide; Hamlib `rigs/icom` at 8319dc5d for addresses and curves.

    frame        FE FE to from cmd [sub] [data] FD       controller E0
    good, bad    FE FE E0 addr FB FD, ... FA FD          collision FC
    frequency    5 bytes BCD, lowest first, 1 Hz         151.340 MHz = 00 00 34 51 01
    S-meter      15 02 -> 2 bytes BCD, highest first     0000 to 0255
    squelch      15 01 -> 01 open;  14 03 sets it        0000 is open
    RF gain      14 02 -> 2 bytes BCD                    0255 is full
    mode         06 mode [filter]                        03 is CW, which most of them have

The classic one-wire bus echoes what the controller says: frames that are not for E0, or that come
from E0, are dropped. A turn of the knob is sent unasked (command 00 and 01, to 00) and believed.
A count becomes decibels only by a published curve, which the R8500 and the R75 have; those of the
others in Hamlib are placeholders or copies, so for these the level stays a count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from receiver.address import Address
from receiver.errors import ConfigError
from receiver.instruments import Questions, Rota, seconds
from receiver.levels import ICOM_CURVES, Curve, usable
from receiver.records import Detection

CONTROLLER, EVERYBODY, END, COLLISION = 0xE0, 0x00, 0xFD, 0xFC
PREAMBLE = b"\xfe\xfe"
LONGEST_FRAME_BYTES = 64
GOOD, BAD = 0xFB, 0xFA
READ_FREQUENCY, READ_MODE, SET_FREQUENCY, SET_MODE = 0x03, 0x04, 0x05, 0x06
ATTENUATOR, METER, SQUELCH = b"\x11", b"\x15\x02", b"\x15\x01"
PREAMPLIFIER, MODEL_ID, RF_GAIN = b"\x16\x02", b"\x19\x00", b"\x14\x02"
OPEN_SQUELCH, CW = b"\x14\x03\x00\x00", 0x03
MODES = {0: "LSB", 1: "USB", 2: "AM", 3: "CW", 4: "FSK", 5: "FM", 6: "WFM", 7: "CW-R"}

ADDRESSES = {
    "r8600": 0x96,
    "r30": 0x9C,
    "r20": 0x6C,
    "r6": 0x7E,
    "rx7": 0x78,
    "r10": 0x52,
    "r8500": 0x4A,
    "r75": 0x5A,
    "r9500": 0x72,
}
# What is asked between the meter readings, one after the other.
SLOW_QUERIES = (
    bytes([READ_FREQUENCY]), bytes([READ_MODE]), SQUELCH, ATTENUATOR, PREAMPLIFIER, RF_GAIN,
)  # fmt: skip
# Which have CW, and the number of their narrowest filter for it; those without a number take none.
# R6 and RX7 have AM and FM only: in them a beacon is no tone.
NARROW_CW = {"r8600": 3, "r8500": 2, "r75": 2, "r9500": 3, "r30": None, "r20": None, "r10": None}
NO_ANSWER_S = 0.5


def frame(to: int, body: bytes, sender: int = CONTROLLER) -> bytes:
    """Wrap a command and its data into a frame."""
    return PREAMBLE + bytes([to, sender]) + body + bytes([END])


def bcd_of_hz(frequency_hz: int) -> bytes:
    """Write a frequency as 5 bytes of BCD, lowest first."""
    return bytes.fromhex(f"{frequency_hz:010d}")[::-1]


def hz_of_bcd(data: bytes) -> int | None:
    """Read a frequency; None where a nibble is no digit or a byte is missing."""
    text = data[::-1].hex()
    return int(text) if len(data) == 5 and text.isdecimal() else None


def count_of_bcd(data: bytes) -> int | None:
    """Read a level of 2 bytes BCD, highest first; None where it is none."""
    text = data.hex()
    return int(text) if len(data) == 2 and text.isdecimal() and int(text) <= 255 else None


def split_frames(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut whole frames (to, from, command, data) out of bytes; return them and the rest.

    A frame that begins inside another one means that the first was cut off: it is dropped.
    """
    frames: list[bytes] = []
    while True:
        begin = buffer.find(PREAMBLE)
        if begin < 0:
            return frames, buffer[-1:] if buffer.endswith(b"\xfe") else b""
        end = buffer.find(END, begin)
        if end < 0:
            return frames, buffer[buffer.rfind(PREAMBLE) :][:LONGEST_FRAME_BYTES]
        begin = buffer.rfind(PREAMBLE, 0, end)
        if end - begin <= LONGEST_FRAME_BYTES and COLLISION not in buffer[begin:end]:
            frames.append(buffer[begin + 2 : end])
        buffer = buffer[end + 1 :]


@dataclass(slots=True)
class Settings:
    """What the receiver is set to, as far as it has said."""

    frequency_hz: float | None = None
    mode: str | None = None
    squelch_open: bool | None = None
    attenuator_db: float | None = None
    filter: str | None = None
    preamplifier: str | None = None
    rf_gain: str | None = None

    @property
    def text(self) -> str | None:
        """What changes what the meter shows, besides mode and attenuator."""
        return ", ".join(filter(None, (self.filter, self.preamplifier, self.rf_gain))) or None


class Icom:
    """One receiver on a CI-V bus."""

    def __init__(
        self, model: str, bus_address: int, curve: Curve | None, poll_interval_s: float
    ) -> None:
        self.model = model
        self.poll_interval_s = poll_interval_s
        self.expected_interval_s: float | None = 10 * poll_interval_s
        self._address = bus_address
        self._curve = curve
        self._buffer = b""
        self._settings = Settings()
        self._questions = Questions(poll_interval_s, NO_ANSWER_S)
        self._rota = Rota(SLOW_QUERIES, METER)
        self._asked = b""

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each reading of the S-meter."""
        frames, self._buffer = split_frames(self._buffer + chunk)
        detections = []
        for content in frames:
            if self._is_for_us(content):
                raw = self._understand(content[2:])
                if raw is not None:
                    detections.append(self._reading(raw, time, monotonic_ns))
        return detections

    def reset(self) -> None:
        """Forget the half frame and what the receiver was set to."""
        self._buffer, self._settings = b"", Settings()
        self._rota.reset()
        self._questions.reset()

    def poll(self, monotonic_ns: int) -> bytes:
        """Return the next question when it is due and the last one is answered or given up."""
        if not self._questions.due(monotonic_ns):
            return b""
        self._asked = self._rota.next()
        return frame(self._address, self._asked)

    def prepare(self) -> None:
        """Open the squelch, take CW and its narrowest filter, as far as the model has them."""
        orders = [OPEN_SQUELCH]
        if self.model in NARROW_CW:
            narrow = NARROW_CW[self.model]
            orders += [bytes([SET_MODE, CW])]
            orders += [bytes([SET_MODE, CW, narrow])] if narrow is not None else []
        self._rota.order(orders)

    def tune(self, frequency_hz: float, attenuator_db: float | None = None) -> None:
        """Put the dial on the carrier: in CW the receiver's own pitch makes the tone."""
        orders = [bytes([SET_FREQUENCY]) + bcd_of_hz(round(frequency_hz))]
        if attenuator_db is not None:
            orders += [ATTENUATOR + bytes.fromhex(f"{round(attenuator_db):02d}")]
        self._rota.order(orders)

    def _is_for_us(self, content: bytes) -> bool:
        if len(content) < 3:
            return False
        to, sender = content[0], content[1]
        return to in (CONTROLLER, EVERYBODY) and sender == self._address

    def _understand(self, body: bytes) -> float | None:
        """Take note of what a frame says; return the count of a meter reading."""
        self._questions.waiting = False
        if body[:2] == METER:
            return count_of_bcd(body[2:])
        if body[0] in (0x00, READ_FREQUENCY):
            frequency_hz = hz_of_bcd(body[1:6])
            if frequency_hz is not None:
                self._settings.frequency_hz = float(frequency_hz)
        elif body[0] in (0x01, READ_MODE) and len(body) > 1:
            self._settings.mode = MODES.get(body[1], f"mode {body[1]:02x}")
            self._settings.filter = f"filter {body[2]}" if len(body) > 2 else None
        elif body == bytes([BAD]):
            self._rota.refuse(self._asked)
        else:
            self._note_switch(body)
        return None

    def _note_switch(self, body: bytes) -> None:
        if body[:2] == SQUELCH and len(body) == 3:
            self._settings.squelch_open = body[2] == 1
        elif body[:2] == PREAMPLIFIER and len(body) == 3:
            self._settings.preamplifier = f"preamplifier {body[2]}"
        elif body[:2] == RF_GAIN and (gain := count_of_bcd(body[2:])) is not None:
            self._settings.rf_gain = f"RF gain {gain}"
        elif body[:1] == ATTENUATOR and len(body) == 2 and body[1:].hex().isdecimal():
            self._settings.attenuator_db = float(body[1:].hex())

    def _reading(self, raw: float, time: datetime, monotonic_ns: int) -> Detection:
        curve = self._curve
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=self._settings.frequency_hz,
            level_raw=raw,
            level_db=curve.level_db(raw) if curve else None,
            level_unit="dBS9" if curve else None,
            attenuator_db=self._settings.attenuator_db,
            calibration_id=curve.calibration_id if curve else None,
            saturated=curve.is_end(raw) if curve else raw >= 255,
            found=self._settings.squelch_open,
            mode=self._settings.mode,
            text=self._settings.text,
        )


def make(address: Address) -> Icom:
    """Make a receiver from `model=r8500` (and, where it was changed, `address=4a`).

    Raises:
        ConfigError: the model is unknown, or the address is no hexadecimal byte.
    """
    model = address.options.get("model", "").lower().removeprefix("ic-")
    if model not in ADDRESSES:
        raise ConfigError(f"{address}: add ?model= with one of {', '.join(ADDRESSES)}")
    text = address.options.get("address", f"{ADDRESSES[model]:02x}")
    try:
        (bus_address,) = bytes.fromhex(text)
    except ValueError as error:
        raise ConfigError(f"{address}: address={text!r} is not a byte in hex") from error
    return Icom(model, bus_address, usable(ICOM_CURVES, model), seconds(address, "poll_s", 0.1))
