"""Who wants to know what a source gives at once, before it is read back from the journal: sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from receiver.clock import Stamp
from receiver.records import Detection

if TYPE_CHECKING:
    from receiver.heard import Track
    from receiver.samples.stream import Stream


class Tap(Protocol):
    """Is called by the threads of the sources: returns at once, keeps nothing waiting."""

    def samples(self, source: str, stream: Stream, data: bytes, stamp: Stamp, first: bool) -> None:
        """Take whole samples; `first` where they do not follow those before."""

    def readings(self, source: str, found: Sequence[Detection]) -> None:
        """Take what a receiver's bytes said."""

    def beacons(self, source: str, stream: Stream, tracks: Sequence[Track]) -> None:
        """Take the beacons that are heard in samples now."""


class NoTap:
    """Nobody wants to know."""

    def samples(self, source: str, stream: Stream, data: bytes, stamp: Stamp, first: bool) -> None:
        """Do nothing."""

    def readings(self, source: str, found: Sequence[Detection]) -> None:
        """Do nothing."""

    def beacons(self, source: str, stream: Stream, tracks: Sequence[Track]) -> None:
        """Do nothing."""
