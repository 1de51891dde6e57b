"""A LoRaWAN network server (ChirpStack, The Things Stack, ThingPark) or Cloudloop: JSON documents.

They come one a line or back to back, over any transport, cut anywhere. What is no document is
passed over to the next opening brace, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from protocols.envelopes import load, read
from protocols.packet import DecodeError, Envelope
from receiver.address import Address
from receiver.instruments.packets import detection
from receiver.records import Detection

LONGEST_DOCUMENT_CHARACTERS = 1 << 20
STRUCTURE = re.compile(r'\\.|["{}]', re.DOTALL)


class Splitter:
    """Cuts JSON objects out of a stream, looking at every character once."""

    def __init__(self) -> None:
        self.dropped = 0
        self._clear("")

    def _clear(self, rest: str) -> None:
        self._text, self._at, self._depth = rest, 0, 0
        self._inside = False

    def feed(self, text: str) -> Iterator[str]:
        """Yield each object that is whole now; text between objects is passed over."""
        self._text += text
        while (end := self._end()) is not None:
            whole, rest = self._text[:end], self._text[end:]
            self._clear(rest)
            yield whole
        if len(self._text) > LONGEST_DOCUMENT_CHARACTERS:
            self.dropped += 1
            self._clear("")

    def _end(self) -> int | None:
        if self._depth == 0:
            begin = self._text.find("{")
            self._text = self._text[begin:] if begin >= 0 else ""
        for match in STRUCTURE.finditer(self._text, self._at):
            self._at = match.end()
            self._step(match[0])
            if self._depth == 0:
                return self._at
        # A backslash at the very end waits for the character that it belongs to.
        self._at = max(self._at, len(self._text) - self._text.endswith("\\"))
        return None

    def _step(self, character: str) -> None:
        if character == '"':
            self._inside = not self._inside
        elif not self._inside and character in "{}":
            self._depth += 1 if character == "{" else -1


class NetworkServer:
    """A stream of JSON documents. Silent by nature."""

    expected_interval_s: float | None = None

    def __init__(self) -> None:
        self.refused = 0
        self._splitter = Splitter()

    def receive(self, chunk: bytes, time: datetime, monotonic_ns: int) -> list[Detection]:
        """Return a Detection for each gateway that heard each uplink."""
        detections: list[Detection] = []
        for text in self._splitter.feed(chunk.decode("latin-1")):
            try:
                found = read(load(text.encode("latin-1")))
            except DecodeError:
                self.refused += 1
                continue
            detections += _levels(found, time, monotonic_ns)
        return detections

    def reset(self) -> None:
        """Forget the half document."""
        self._splitter = Splitter()


def _levels(found: list[Envelope], time: datetime, monotonic_ns: int) -> list[Detection]:
    """One packet heard by several gateways is decoded once; the others are levels only."""
    heard = [detection(envelope, time, monotonic_ns) for envelope in found]
    return heard[:1] + [replace(other, data=None) for other in heard[1:]]


def make(address: Address) -> NetworkServer:
    """Make a reader of network servers' documents; which one, each document says itself."""
    return NetworkServer()
