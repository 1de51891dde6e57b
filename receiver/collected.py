"""What the rows of a journal gave so far, before anything is joined."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from protocols import Packet
from receiver.config import Setup
from receiver.meters import Pulses
from receiver.records import HAND, Detection, Entry, Observation, Place
from receiver.silence import Span

FOR_EVER = datetime.max.replace(tzinfo=UTC)
Owner = tuple[str, str]  # an observer and the name of a source or receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A packet that was read, and the detection that carried it."""

    detection_id: str
    time: datetime
    packet: Packet


@dataclass(slots=True)
class Spans:
    """When each source could not be heard, and when the own radio transmitted beside it."""

    lost: dict[Owner, list[Span]] = field(default_factory=lambda: defaultdict(list))
    own_radio: dict[Owner, list[Span]] = field(default_factory=lambda: defaultdict(list))

    def of(self, observer: str, receiver: str) -> list[Span]:
        """Return the gaps of a receiver; who listens by ear is deafened by any own radio."""
        if receiver != HAND:
            owner = observer, receiver
            return [*self.lost.get(owner, ()), *self.own_radio.get(owner, ())]
        return [span for (who, _), own in self.own_radio.items() if who == observer for span in own]


class Readout(NamedTuple):
    """What a receiver itself says that it is set to."""

    mode: str | None
    squelch_open: bool | None
    gain_db: float | None
    setting: str | None

    def filled(self, setup: Setup) -> Setup:
        """Return a setup; what nobody said is taken from the receiver."""
        squelch = {True: "open", False: "closed", None: None}[self.squelch_open]
        gain = None if self.gain_db is None else f"{self.gain_db:g} dB"
        gain = gain or (self.setting if "gain" in (self.setting or "") else None)
        return replace(
            setup,
            mode=setup.mode or self.mode,
            squelch=setup.squelch or squelch,
            gain=setup.gain or gain,
        )


@dataclass(slots=True)
class Collected:
    """What rows gave so far, before anything is joined. Lists are in the order of rows."""

    packets: list[Read] = field(default_factory=list)
    places: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    heard: list[tuple[str, Detection]] = field(default_factory=list)  # observer, packet or pulse
    pulses: dict[str, Pulses] = field(default_factory=dict)
    positions: list[Observation] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    guided: bool = False
    spans: Spans = field(default_factory=Spans)
    readouts: dict[Owner, list[tuple[datetime, Readout]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def read(self, observer: str, detection: Detection) -> None:
        """Note what a receiver says that it is set to, where that is new."""
        said = Readout(detection.mode, detection.found, detection.gain_db, detection.text)
        known = self.readouts[observer, detection.source]
        if not known or known[-1][1] != said:
            known.append((detection.time, said))

    def readout(self, observer: str, receiver: str, time: datetime) -> Readout:
        """Return what a receiver said last, as of a time."""
        known = self.readouts.get((observer, receiver), [])
        return next((said for at, said in reversed(known) if at <= time), Readout(*4 * [None]))
