"""RF Explorer: pushed sweeps in binary, with the axis in a line of text.

Source: RFExplorer/RFExplorer-for-Python at 11e5ed8 (facts only).

    ask      # len C0                      send the configuration
    axis     #C2-F:start kHz,step Hz,top,bottom,points,flag,mode,min,max,span,RBW,offset dB,calc
    sweep    $S n data CR LF               n points      dBm = -byte / 2 + offset
             $s n data CR LF               16 n points; n = 0 means 4096
             $z hi lo data CR LF           points from two bytes, high first

A sweep counts only where CR LF stands exactly behind its data; otherwise the next beginning is
looked for. Before the first axis nothing is known of the frequencies: such sweeps are dropped.
Each sweep gives its loudest point, near the beacon's frequency where the address names one. It
sweeps: a pulse of 20 ms is heard by luck only.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from receiver.address import Address, parse_hz
from receiver.collar_rules import USUAL_DRIFT_HZ
from receiver.records import Detection

ASK_CONFIGURATION = b"#\x04C0"
AXIS = (b"#C2-F:", b"#C2-f:")
BEGINNINGS = (b"$S", b"$s", b"$z", *AXIS)
LONGEST_BYTES = 8192
LONGEST_AXIS_BYTES = 160
OFFSET_FIELD = 11


@dataclass(frozen=True, slots=True)
class Axis:
    """What a point's number and value mean."""

    start_hz: float
    step_hz: float
    offset_db: float


class RfExplorer:
    """One analyser that sends sweeps unasked."""

    serial_options: ClassVar[dict[str, str]] = {"baud": "500000"}
    expected_interval_s: float | None = 5.0

    def __init__(self, frequency_hz: float | None) -> None:
        self._frequency_hz = frequency_hz
        self._buffer = b""
        self._axis: Axis | None = None

    def hello(self) -> bytes:
        """Ask for the axis."""
        return ASK_CONFIGURATION

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return the loudest point of each sweep."""
        self._buffer += chunk
        detections = []
        while (message := self._next_message()) is not None:
            if message.startswith(AXIS):
                self._axis = axis_of(message) or self._axis
            elif self._axis is not None:
                found = self._reading(message, self._axis, time, monotonic_ns)
                detections += [found] if found else []
        return detections

    def reset(self) -> None:
        """Forget the half sweep and the axis."""
        self._buffer, self._axis = b"", None

    def _next_message(self) -> bytes | None:
        """Cut off the next whole axis, or the data of the next whole sweep."""
        while True:
            starts = [at for mark in BEGINNINGS if (at := self._buffer.find(mark)) >= 0]
            if not starts:
                self._buffer = self._buffer[-(len(AXIS[0]) - 1) :]
                return None
            self._buffer = self._buffer[min(starts) :]
            span = _span(self._buffer)
            if span is None:
                return None
            begin, end = span
            if self._buffer[end : end + 2] == b"\r\n":
                message, self._buffer = self._buffer[begin:end], self._buffer[end + 2 :]
                return message
            self._buffer = self._buffer[1:]

    def _reading(
        self, data: bytes, axis: Axis, time: datetime, monotonic_ns: int
    ) -> Detection | None:
        wanted = self._frequency_hz
        points = [(axis.start_hz + i * axis.step_hz, byte) for i, byte in enumerate(data)]
        reach_hz = USUAL_DRIFT_HZ + axis.step_hz / 2.0  # which bins may hold the beacon
        near = [p for p in points if wanted is None or abs(p[0] - wanted) <= reach_hz]
        if not near:
            return None
        frequency_hz, byte = min(near, key=lambda point: point[1])
        return Detection(
            kind="meter",
            time=time,
            monotonic_ns=monotonic_ns,
            frequency_hz=wanted or frequency_hz,
            level_raw=float(byte),
            level_db=axis.offset_db - byte / 2.0,
            level_unit="dBm",
            noise_db=axis.offset_db - statistics.median(data) / 2.0,
            calibration_id=f"rf-explorer:offset {axis.offset_db:g}",
        )


def _span(buffer: bytes) -> tuple[int, int] | None:
    """Return where the data of the message at the beginning begin and end; None: not all here.

    An axis ends at its CR LF; one that does not end is one that is not whole, at its very begin.
    """
    if buffer.startswith(AXIS):
        end = buffer.find(b"\r\n", 0, LONGEST_AXIS_BYTES + 2)
        if end >= 0:
            return 0, end
        return None if len(buffer) < LONGEST_AXIS_BYTES else (0, 0)
    size = _sweep_size(buffer)
    if size is None:
        return None
    begin, count = size
    return (begin, begin + count) if len(buffer) >= begin + count + 2 else None


def _sweep_size(buffer: bytes) -> tuple[int, int] | None:
    """Return where the data of a sweep begin and how many there are."""
    mark = buffer[:2]
    if len(buffer) < (4 if mark == b"$z" else 3):
        return None
    if mark == b"$z":
        return 4, min(int.from_bytes(buffer[2:4], "big"), LONGEST_BYTES)
    return 3, buffer[2] if mark == b"$S" else 16 * (buffer[2] or 256)


def axis_of(message: bytes) -> Axis | None:
    """Read an axis; None where it is none."""
    fields = message[len(AXIS[0]) :].decode("latin-1").split(",")
    try:
        start_khz, step_hz = float(fields[0]), float(fields[1])
        offset_db = float(fields[OFFSET_FIELD]) if len(fields) > OFFSET_FIELD else 0.0
    except (ValueError, IndexError):
        return None
    whole = 0 < start_khz < 1e7 and 0 < step_hz < 1e9 and abs(offset_db) < 100
    return Axis(start_khz * 1e3, step_hz, offset_db) if whole else None


def make(address: Address) -> RfExplorer:
    """Make an analyser; `frequency=150.34M` looks only near that.

    Raises:
        ConfigError: the frequency is not one.
    """
    text = address.options.get("frequency")
    return RfExplorer(parse_hz(text) if text else None)
