"""One stream of samples: sound or IQ as it comes from a program or a file.

`rate=` in hertz and `format=` (s16, cu8, cs8, cs16, cf32) say what the bytes are; without them
sound is s16 at 16 kHz and IQ is cu8 at 250 kHz. `frequency=` is noted in the name of a file of IQ.
"""

from __future__ import annotations

from datetime import datetime

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError
from receiver.records import Detection
from receiver.samples.level import FORMATS, Meter
from receiver.samples.ring import RingBuffer

KEPT_S = 60.0
SLACK_S = 2.0  # what comes while a file is opened must not push out what is to be written first
# A minute of 500,000 samples of cu8 a second; of faster streams less than a minute is kept.
MOST_RING_BYTES = 64_000_000
USUAL = {"audio": ("s16", "16000"), "iq": ("cu8", "250k")}
AUDIO_FORMATS = ("u8", "s16", "s32", "f32")


class Stream:
    """Keeps the last minute of samples and knows how loud they are; no I/O here.

    Bytes may be cut anywhere. What is heard in them is `receiver.hearing`'s.
    """

    expected_interval_s: float | None = 1.0

    def __init__(
        self, kind: str, format_name: str, rate_hz: float, frequency_hz: float | None = None
    ) -> None:
        self.kind, self.format_name = kind, format_name
        self.rate_hz, self.frequency_hz = rate_hz, frequency_hz
        self.form = FORMATS[format_name]
        frames = min(int((KEPT_S + SLACK_S) * rate_hz), MOST_RING_BYTES // self.form.frame_bytes)
        self.ring = RingBuffer(max(frames, 1) * self.form.frame_bytes)
        self.meter = Meter(self.form, rate_hz)
        self._half = b""
        self.fresh = b""  # the whole samples of the chunk that came last

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Take bytes; a sample that is cut waits for its rest."""
        data = self._half + chunk
        whole = len(data) - len(data) % self.form.frame_bytes
        self._half, self.fresh = data[whole:], data[:whole]
        self.ring.push(self.fresh, monotonic_ns)
        self.meter.add(self.fresh)
        return []

    def reset(self) -> None:
        """Forget the half sample after a gap."""
        self._half = self.fresh = b""

    def seconds(self, size_bytes: int) -> float:
        """Return how long so many bytes last."""
        return size_bytes / self.form.frame_bytes / self.rate_hz

    def seconds_of(self, samples: int) -> float:
        """Return how long so many samples last."""
        return samples / self.rate_hz

    @property
    def words(self) -> str:
        """The form of the samples, for a screen."""
        return f"{self.format_name} {self.rate_hz / 1e3:g} kHz"


def make(address: Address) -> Stream:
    """Make the stream of an address.

    Raises:
        ConfigError: a rate or a format that cannot be.
    """
    usual_format, usual_rate = USUAL[address.instrument]
    known = (
        AUDIO_FORMATS if address.instrument == "audio" else tuple(set(FORMATS) - set(AUDIO_FORMATS))
    )
    format_name = address.options.get("format", usual_format)
    if format_name not in known:
        raise ConfigError(f"{address}: format {format_name!r}; known: {', '.join(sorted(known))}")
    frequency = address.options.get("frequency")
    rate_hz = parse_hz(address.options.get("rate", usual_rate))
    if not 1000 <= rate_hz <= 100e6:
        raise ConfigError(f"{address}: a rate of {rate_hz:g} Hz; expected 1k to 100M")
    return Stream(
        address.instrument, format_name, rate_hz, parse_hz(frequency) if frequency else None
    )
