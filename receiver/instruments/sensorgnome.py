"""SensorGnome stations: pulses of Lotek nanotags and CTT tags, live or from their files.

Source: sensorgnome-control at 0dc6bdd0 (facts only).

    p3,1639705882.0769,2.414,-33.14,-53.52     pulse: port, time, kHz off the tuned frequency,
                                               signal dB, noise dB
    T1,1639705854.457,78664C3304,-79           CTT tag: port, time, ID and CRC, RSSI
    S,1639705841.522,3,frequency,166.376,0,    a setting of a port: frequency in MHz, lna_gain ...
    G,ts,lat,lon,alt                           its place, or "undefined"
    C,ts,precision,offset                      its clock
    F3,start,end,dropped                       samples were lost: what was not heard is no silence
    L, b                                       bursts found by others: the pulses are here as well

A file's detections carry the station's own times, a live stream those of arrival. Files may be
packed with gzip. Signals are in dB of the station's own full scale; a change of gain is a session.
With `tags=FILE` the pulses are put together to the bursts of these nanotags: see `nanotag`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from protocols.envelopes import values
from receiver.address import Address
from receiver.instruments import Lines, ctt
from receiver.instruments.nanotag import Burst, Bursts, Pulse, Tag, load_tags
from receiver.records import Detection, Place

GZIP = b"\x1f\x8b"
PIECE_BYTES = 1 << 20
FIRST_UNIX, LAST_UNIX = 1.2e9, 4.1e9
PLACE_HOLDS_S = 3600.0  # a station stands; it says its place each few minutes
KNOWN = "pTSGCFLb"
Found = list[Detection | Place]


class SensorGnome:
    """One station, or one of its files. Silent by nature."""

    expected_interval_s: float | None = None

    def __init__(self, own_time: bool, tags: Sequence[Tag] = ()) -> None:
        self.refused = 0
        self.dropped = 0  # stretches in which the station lost samples
        self._tags = tags
        self._bursts: dict[str, Bursts] = {}
        self._own_time = own_time
        self._lines = Lines()
        self._begun = False
        self._unpack: zlib._Decompress | None = None
        self._settings: dict[str, dict[str, str]] = {}

    def receive(
        self, chunk: bytes, time: datetime, monotonic_ns: int
    ) -> Sequence[Detection | Place]:
        """Return a Detection for each pulse, tag and burst, and the station's places."""
        lines = [line for piece in self._pieces(chunk) for line in self._lines.feed(piece)]
        return [one for line in lines for one in self._line(line.split(","), time, monotonic_ns)]

    def reset(self) -> None:
        """Forget the half line and the settings."""
        self._lines.reset()
        self._settings.clear()
        self._bursts.clear()
        self._begun, self._unpack = False, None

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Unpack gzip, piece by piece; what is damaged ends there."""
        if not self._begun and chunk:
            self._begun = True
            self._unpack = zlib.decompressobj(wbits=31) if chunk[:1] == GZIP[:1] else None
        if self._unpack is None:
            yield chunk
            return
        try:
            while chunk:
                yield self._unpack.decompress(chunk, PIECE_BYTES)
                chunk = self._unpack.unconsumed_tail
        except zlib.error:
            self.refused += 1

    def _line(self, fields: list[str], time: datetime, monotonic_ns: int) -> Found:
        kind, port = fields[0][:1], fields[0][1:]
        if kind == "S" and len(fields) > 4:
            self._settings.setdefault(fields[2], {})[fields[3]] = fields[4]
        elif kind == "p" and len(fields) > 4:
            return self._pulse(port, fields, self._time(fields[1], time), monotonic_ns)
        elif kind == "T" and len(fields) > 3:
            return self._tag(fields, self._time(fields[1], time), monotonic_ns)
        elif kind == "G" and len(fields) > 3:
            return _place(fields, self._time(fields[1], time))
        elif kind == "F" and len(fields) > 2:
            self.dropped += 1
        else:
            self.refused += kind not in KNOWN
        return []

    def _time(self, text: str, arrived: datetime) -> datetime:
        own = values.number(text)
        if not self._own_time or own is None or not FIRST_UNIX < own < LAST_UNIX:
            return arrived
        return datetime.fromtimestamp(own, UTC)

    def _pulse(self, port: str, fields: list[str], time: datetime, monotonic_ns: int) -> Found:
        offset_khz, signal_db, noise_db = (values.number(text) for text in fields[2:5])
        if signal_db is None or offset_khz is None:
            self.refused += 1
            return []
        settings = self._settings.get(port, {})
        tuned_mhz = values.number(settings.get("frequency", ""))
        gains = [f"{name} {settings[name]}" for name in sorted(settings) if "gain" in name]
        pulse = Detection(
            kind="pulse",
            time=time,
            monotonic_ns=monotonic_ns,
            receiver=f"port {port}",
            frequency_hz=None if tuned_mhz is None else tuned_mhz * 1e6 + offset_khz * 1e3,
            level_raw=signal_db,
            level_db=signal_db,
            level_unit="dBFS",
            noise_db=noise_db,
            snr_db=None if noise_db is None else signal_db - noise_db,
            text=", ".join(gains) or None,
        )
        stamp_s = values.number(fields[1])
        if not self._tags or stamp_s is None:
            return [pulse]
        bursts = self._bursts.setdefault(port, Bursts(self._tags))
        burst = bursts.add(Pulse(stamp_s, offset_khz, signal_db, pulse.frequency_hz))
        return [pulse, _burst(burst, pulse)] if burst else [pulse]

    def _tag(self, fields: list[str], time: datetime, monotonic_ns: int) -> Found:
        match, rssi = ctt.ID.match(fields[2]), values.number(fields[3])
        heard = ctt.tag(match[1], match[2], rssi, time, monotonic_ns) if match else None
        self.refused += heard is None
        return [heard] if heard else []


def _burst(burst: Burst, last: Detection) -> Detection:
    """Return the Detection of a nanotag: its level is the mean power of its four pulses."""
    power = sum(10.0 ** (pulse.level_db / 10.0) for pulse in burst.pulses) / len(burst.pulses)
    level_db = 10.0 * math.log10(power) if power > 0 else last.level_db
    certain = len(burst.names) == 1 and not burst.contradicts
    return replace(
        last,
        kind="packet",
        level_raw=level_db,
        level_db=level_db,
        found=True,
        device_id=burst.names[0] if certain else None,
        text="; ".join(filter(None, (_remark(burst), last.text))),
    )


def _remark(burst: Burst) -> str:
    """Say which tag it may be, how its bursts follow one another, and how likely chance is."""
    names = ", ".join(burst.names)
    whose = f"one of the tags {names}" if len(burst.names) > 1 else ""
    if burst.contradicts:
        whose = f"the code of {names}, but not its interval: another tag"
    row = ""
    if burst.interval_s is not None:
        row = f"burst {burst.in_a_row} in a row, every {burst.interval_s:.3f} s"
    return "; ".join(filter(None, (whose, row, f"by chance {burst.chance:.0e}")))


def _place(fields: list[str], time: datetime) -> Found:
    latitude, longitude = values.number(fields[2]), values.number(fields[3])
    altitude = values.number(fields[4]) if len(fields) > 4 else None
    if not latitude or not longitude or abs(latitude) > 90 or abs(longitude) > 180:
        return []
    return [
        Place(
            time=time,
            latitude_deg=latitude,
            longitude_deg=longitude,
            altitude_m=altitude,
            holds_s=PLACE_HOLDS_S,
        )
    ]


def make(address: Address) -> SensorGnome:
    """Make a reader of a station or of its files; `tags=FILE` names the nanotags to look for.

    Raises:
        ConfigError: that file holds no tags.
    """
    table = address.options.get("tags")
    tags = load_tags(Path(table)) if table else []
    return SensorGnome(own_time=address.transport == "file", tags=tags)
