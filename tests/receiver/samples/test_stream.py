"""Addresses of samples, and samples whose bytes are cut anywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver import samples
from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.samples.stream import MOST_RING_BYTES, Stream

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words", "frequency_hz", "kept_s"),
    [
        ("audio:pipe:arecord -q", "s16 16 kHz", None, 62.0),
        ("audio:file:x.raw?rate=48k&format=s16", "s16 48 kHz", None, 62.0),
        ("iq:pipe:rtl_sdr -", "cu8 250 kHz", None, 62.0),
        ("iq:pipe:?rate=1.024M&frequency=150.2M rtl_sdr -", "cu8 1024 kHz", 150.2e6, 31.25),
        ("iq:file:x?rate=2.5M&format=cf32", "cf32 2500 kHz", None, 3.2),
    ],
)
def test_address_says_what_the_bytes_are(
    text: str, words: str, frequency_hz: float | None, kept_s: float
) -> None:
    stream = samples.build(parse_address(text))
    assert (stream.words, stream.frequency_hz) == (words, frequency_hz)
    assert stream.seconds(stream.ring.capacity_bytes) == pytest.approx(kept_s, rel=1e-4)
    assert stream.ring.capacity_bytes <= MOST_RING_BYTES


@pytest.mark.parametrize(
    "text",
    ["audio:file:x?format=cu8", "iq:file:x?format=s16", "iq:file:x?format=wav", "iq:file:x?rate=0",
     "audio:file:x?rate=10", "iq:file:x?rate=1T", "iq:file:x?frequency=high", "sound:file:x"],
)  # fmt: skip
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        samples.build(parse_address(text))


@given(st.binary(max_size=300), st.lists(st.integers(1, 20), min_size=1))
def test_samples_stay_whole_wherever_bytes_are_cut(data: bytes, sizes: list[int]) -> None:
    stream, at, number = Stream("iq", "cf32", 1000.0), 0, 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        assert stream.receive(data[at : at + size], NOW, number) == []
        assert stream.ring.end % 8 == 0
        at, number = at + size, number + 1
    whole = len(data) - len(data) % 8
    assert stream.ring.read(0, 1000) == (data[:whole], 0)


def test_after_a_gap_samples_begin_anew() -> None:
    stream = Stream("iq", "cs16", 1000.0)
    stream.receive(b"abcdef", NOW, 0)
    stream.reset()
    stream.receive(b"ABCD", NOW, 0)
    assert stream.ring.read(0, 100)[0] == b"abcdABCD"
