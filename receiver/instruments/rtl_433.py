"""rtl_433: its lines of JSON, from the program itself, a file or a broker.

    {"model":"ctt","rows":[{"len":41,"data":"61337f34f20"}],"freq1":433.944,"freq2":433.897,
     "rssi":-6.704,"snr":25.898,"noise":-32.602}

Source: rtl_433 22.11 (`-F json -M level`), read off its output. RSSI, SNR and noise are decibels of
the dongle's own full scale, at whatever gain it has: fix the gain with `-g`. A message of any model
is identity and level. CTT tags, which older versions do not know, are read by a decoder that is
described on the command line and called ctt; their checksum is checked here:

    rtl_433 -f 434M -s 250k -g 40 -R 0 -F json -M level
            -X n=ctt,m=FSK_PCM,s=40,l=40,r=4000,preamble={24}aad391
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from protocols.envelopes import values
from receiver.address import Address
from receiver.instruments import Lines, ctt
from receiver.records import Detection, Place

LONGEST_LINE_BYTES = 65_536
CTT = "ctt"
TAG = re.compile(r"^([0-9a-fA-F]{8})([0-9a-fA-F]{2})")


class Rtl433:
    """One running rtl_433. Silent by nature."""

    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._lines = Lines(LONGEST_LINE_BYTES)

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each message; what is none is counted."""
        found: list[Detection] = []
        for line in self._lines.feed(chunk):
            said = _said(line, time, monotonic_ns)
            self.refused += not said
            found += said
        return found

    def reset(self) -> None:
        """Forget the half line."""
        self._lines.reset()


def _said(line: str, time: datetime, monotonic_ns: int) -> list[Detection]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict) or not isinstance(document.get("model"), str):
        return []
    heard = _heard(document, time, monotonic_ns)
    return _tags(document, heard) if document["model"] == CTT else [heard]


def _heard(document: dict[str, Any], time: datetime, monotonic_ns: int) -> Detection:
    rssi, identity = _number(document, "rssi"), document.get("id")
    named = isinstance(identity, str | int) and not isinstance(identity, bool)
    tones = [hz for name in ("freq1", "freq2") if (hz := _number(document, name)) is not None]
    mhz = _number(document, "freq")
    mhz = sum(tones) / len(tones) if mhz is None and tones else mhz
    return Detection(
        kind="packet",
        time=time,
        monotonic_ns=monotonic_ns,
        frequency_hz=None if mhz is None else round(mhz * 1e6, 1),
        level_raw=rssi,
        level_db=rssi,
        level_unit=None if rssi is None else "dBFS",
        snr_db=_number(document, "snr"),
        noise_db=_number(document, "noise"),
        found=True,
        device_id=str(identity)[:60] if named else None,
        text=document["model"][:60],
    )


def _tags(document: dict[str, Any], heard: Detection) -> list[Detection]:
    """Return a Detection for each row of bits that is a CTT tag."""
    rows = document.get("rows")
    found = []
    for row in rows[:100] if isinstance(rows, list) else []:
        data = row.get("data") if isinstance(row, dict) else None
        match = TAG.match(data) if isinstance(data, str) else None
        if match and ctt.tag(match[1], match[2], None, heard.time, heard.monotonic_ns):
            found.append(replace(heard, device_id=match[1].upper()))
    return found


def _number(document: dict[str, Any], key: str) -> float | None:
    return values.number(document.get(key))


def make(address: Address) -> Rtl433:
    """Make a reader of rtl_433's JSON."""
    return Rtl433()
