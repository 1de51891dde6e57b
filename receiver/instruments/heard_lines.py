"""The lines of `baksan detect --jsonl`: pulses, slots of beacons and bursts heard in samples.

    {"kind": "slot", "time": "2026-11-27T05:45:12.345Z", "track_id": "leo-1", "collar": "leo",
     "call": "heard", "frequency_hz": 150012400.0, "found": true, "power": 3.1e-05, ...}

This computer writes them into its own journal for a source of samples; those of another come
through a pipe or a file. `power` is against full scale, with the noise taken off: it may be below
zero in a single slot, and only means of some slots are levels (`receiver.slots`).

Of a burst the bits are read again (`hex`), by the format that its `signal` tells; of one whose bits
were not found, or may be wrong, the level is left, and the name if it has one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from receiver.address import Address
from receiver.instruments import Lines
from receiver.records import DOUBTFUL_BITS, Detection, Place

LONGEST_LINE_BYTES = 65_536
NOT_READ = "heard, not decodable: level only"
KINDS = ("pulse", "slot", "burst")
FORMATS = {
    "ptt-a2": "argos-ptt-a2", "ptt-a3": "argos-ptt-a3", "vld": "argos4-vld", "ctt": "ctt-tag434",
}  # fmt: skip


class HeardLines:
    """Lines of pulses, slots and bursts; those of tracks only sum them up."""

    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._lines = Lines(LONGEST_LINE_BYTES)

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each pulse, slot and burst; what is no line of ours is counted."""
        found: list[Detection] = []
        for line in self._lines.feed(chunk):
            document = _document(line)
            if document is None:
                self.refused += 1
            elif document.get("kind") in KINDS:
                found.append(_detection(document, time, monotonic_ns))
        return found

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()


def _document(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    known = isinstance(document, dict) and isinstance(document.get("kind"), str)
    return document if known else None


def _detection(document: dict[str, Any], time: datetime, monotonic_ns: int) -> Detection:
    own = _time(document.get("time"))
    # The row came a little after what it tells of.
    before_ns = 0 if own is None else round((time - own).total_seconds() * 1e9)
    level_db = _number(document, "level_db")
    heard = Detection(
        kind="slot" if document["kind"] == "slot" else "pulse",
        time=own or time,
        monotonic_ns=max(0, monotonic_ns - before_ns),
        collar=_text(document, "collar"),
        frequency_hz=_number(document, "frequency_hz"),
        level_db=level_db,
        level_unit=None if level_db is None else "dBFS",
        level_raw=_number(document, "power"),
        noise_db=_number(document, "noise_db"),
        cn0_dbhz=_number(document, "cn0_dbhz"),
        gain_db=_number(document, "gain_db"),
        saturated=document.get("saturated") is True,
        found=document.get("found") is not False,
        track_id=_text(document, "track_id"),
        pulse_length_s=_number(document, "pulse_length_s"),
        text=_text(document, "call"),
    )
    return _burst(heard, document) if document["kind"] == "burst" else heard


def _burst(heard: Detection, document: dict[str, Any]) -> Detection:
    """Return a burst as a packet."""
    packets = document.get("packets")
    first = packets[0] if isinstance(packets, list) and packets else None
    protocol = FORMATS.get(_text(document, "signal") or "")
    wrong = _number(document, "expected_errors") or 0.0
    sure = isinstance(first, dict) and wrong <= DOUBTFUL_BITS
    remark = None if sure else NOT_READ if first is None else f"about {wrong:.0f} bits are wrong"
    return replace(
        heard,
        kind="packet",
        found=True,
        protocol=protocol,
        device_id=_text(first, "device_id") if isinstance(first, dict) else None,
        data=_bytes(document.get("hex")) if sure and protocol else None,
        text=remark,
    )


def _bytes(text: Any) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except (TypeError, ValueError):
        return None


def _number(document: dict[str, Any], key: str) -> float | None:
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _text(document: dict[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value[:60] if isinstance(value, str) and value else None


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return None if time.tzinfo is None else time.astimezone(UTC)


def make(address: Address) -> HeardLines:
    """Make a reader of lines."""
    return HeardLines()
