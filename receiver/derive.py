"""From the rows of a journal to detections, packets, places and observations.

The same code runs live and in replay. What comes out depends on the stamps in the rows, never on
when they arrived: rows of different sources may come in any order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from protocols import DecodeError, Packet, decode, find
from receiver import instruments, platforms, positions, search
from receiver.address import Address, parse_address
from receiver.collar_rules import formats
from receiver.collected import FOR_EVER, Collected
from receiver.collected import Read as Read
from receiver.config import Configuration
from receiver.errors import ReceiverError
from receiver.instruments import Instrument, heard_lines
from receiver.instruments.packets import ARGOS, CARRIERS, FRAME
from receiver.joining import Derived as Derived
from receiver.joining import join, told
from receiver.keys import lorawan_keys
from receiver.meters import Pulses
from receiver.plausible import plausible
from receiver.positions import PositionSource
from receiver.records import (
    END_OF_INPUT,
    GUIDED,
    NO_EVIDENCE,
    OWN_RADIO,
    Detection,
    Entry,
    Gap,
    Heard,
    Place,
    Row,
    Source,
)

CLOCK_JUMP_S, JUMPS_TOLD = 2.0, 3
Event = Detection | Read | Place | Gap | Entry


@dataclass(slots=True)
class _Stream:
    """One source of one journal, its parser, and where its session stands."""

    source: Source
    parser: Instrument | PositionSource
    session: int = 1
    complaints: set[str] = field(default_factory=set)
    chain: tuple[object, ...] | None = None


class Derivation:
    """The state of a derivation; `add` rows as they come, ask for the `result` at any time."""

    def __init__(self, configuration: Configuration, keys: Mapping[str, str] | None = None) -> None:
        """Begin with a configuration, and the keys of collars by their names.

        `complaints` are of position sources, with the time of each.
        """
        self.complaints: list[tuple[datetime, str]] = []
        self._configuration = configuration
        self._keys = lorawan_keys(keys or {}, configuration.collars)
        self._formats = formats(configuration.collars)
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._collected = Collected()
        self._warnings: Counter[str] = Counter()
        self._clocks: dict[tuple[str, str], float] = {}
        self._jumps = 0
        self._observers: dict[str, str] = {}
        self._histories: set[tuple[str, str]] = set()
        self._check_formats()

    def _check_formats(self) -> None:
        for collar in self._configuration.collars:
            try:
                find(collar.protocol or ARGOS)
            except DecodeError as error:
                self._warnings[f"the sheet of {collar.name}: {error}"] = 1

    def add(self, row: Row) -> list[Event]:
        """Take one row; return what it says at once."""
        match row:
            case Source():
                return self._open(row)
            case Heard():
                self._watch_clock(row)
                return self._hear(row)
            case Gap():
                return self._gap(row)
            case Entry():
                return self._enter(row)

    def result(self) -> Derived:
        """Return everything so far, joined by time."""
        derived = join(self._collected, self._configuration)
        return replace(derived, warnings=[*told(self._warnings), *derived.warnings])

    def _open(self, row: Source) -> list[Event]:
        if row.role == "history":  # a matter of `receiver.importers.kept`: nobody heard it here
            self._histories.add((row.origin, row.source))
            return []
        self._watch_observer(row)
        try:
            address = parse_address(row.address)
            parser: Instrument | PositionSource = _parser(row, address)
        except ReceiverError as error:
            self._warnings[f"source {row.source} cannot be read again: {error}"] += 1
            return []
        # Opened anew: antenna or gain may have been changed, so a new stretch begins.
        before = self._streams.get((row.origin, row.source))
        session = before.session + 1 if before else 1
        self._streams[row.origin, row.source] = _Stream(row, parser, session)
        return []

    def _hear(self, row: Heard) -> list[Event]:
        if (row.origin, row.source) in self._histories:
            return []
        stream = self._streams.get((row.origin, row.source))
        if stream is None:
            self._warnings[f"source {row.source} is not known; its bytes were left out"] += 1
            return []
        try:
            found: Sequence[Detection | Place] = stream.parser.receive(
                row.raw, row.time, row.monotonic_ns
            )
        except ReceiverError as error:
            self._warnings[f"source {row.source}: {error}"] += 1
            return []
        except Exception as error:  # bytes of a stranger must not hide what all others heard
            self._warnings[f"source {row.source}: a fault, its bytes are left out: {error!r}"] += 1
            stream.parser.reset()
            return []
        self._complain(stream, row.time)
        events: list[Event] = []
        for index, item in enumerate(found):
            said, wrong = plausible(item)
            for name in wrong:
                self._warnings[f"source {row.source}: a {name} that cannot be: left out"] += 1
            events += self._take(said, index, row, stream)
        return events

    def _complain(self, stream: _Stream, time: datetime) -> None:
        """Tell what a position source complains of, each kind of it once."""
        complaint: str = getattr(stream.parser, "complaint", "")
        kind = re.sub(r"[\d.]+", "#", complaint)
        if complaint and kind not in stream.complaints:
            stream.complaints.add(kind)
            said = f"source {stream.source.source}: {complaint}"
            self._warnings[said] += 1
            self.complaints.append((time, said))

    def _take(
        self, item: Detection | Place, index: int, row: Heard, stream: _Stream
    ) -> list[Event]:
        if isinstance(item, Place):
            observer = item.observer or stream.source.observer
            place = replace(item, source=row.source, observer=observer)
            self._collected.places[place.observer].append(place)
            return [place]
        item = platforms.named(item, self._configuration.collars)
        identity = search.identity(row.origin, row.seq, index)
        collar = item.collar or search.collar_of(item, self._configuration)
        detection = replace(
            item,
            id=identity,
            source=row.source,
            receiver=item.receiver or stream.source.receiver or row.source,
            collar=collar,
            session=_session(item, stream, row.origin),
        )
        observer = item.observer or stream.source.observer
        self._keep(detection, observer)
        return [detection, *self._read(detection, observer)]

    def _keep(self, detection: Detection, observer: str) -> None:
        """Keep what a detection is evidence of: a packet, level, bearing, reading to be reduced."""
        if detection.kind == "meter":
            own = self._collected.pulses.setdefault(observer, Pulses(self._configuration))
            own.add(detection)
            self._collected.read(observer, detection)
        elif detection.kind in ("packet", "slot") or _measures(detection):
            self._collected.heard.append((observer, detection))

    def _read(self, detection: Detection, observer: str) -> list[Event]:
        """Decode a packet; what cannot be read is counted, its level stays.

        Where its carrier does not tell the format, the collar's sheet does.
        """
        closed = detection.protocol == FRAME
        told = self._formats.get((detection.device_id or "").lower(), {})
        named = told.get("protocol") if detection.protocol in CARRIERS else None
        if detection.data is None or (closed and not self._keys):
            return []
        try:
            packets = decode(
                detection.data,
                protocol=named or detection.protocol,
                port=detection.port,
                received=detection.time,
                context={**told, "keys": self._keys},
            )
        except DecodeError:
            self._warnings["packets were heard that cannot be read; their levels are used"] += 1
            return []
        if closed and not self._is_opened(packets[0]):
            return []
        read = [
            Read(
                detection_id=detection.id,
                time=detection.time,
                packet=replace(packet, device_id=packet.device_id or detection.device_id),
            )
            for packet in packets
        ]
        self._collected.packets += read
        for one in read:
            self._own_position(one.packet, detection, observer)
        return list(read)

    def _is_opened(self, frame: Packet) -> bool:
        """Tell whether a key fits a frame; one of our collar whose key does not is told."""
        if frame.details.get("mic_ok") is False:
            self._warnings["packets of your collars were heard whose key does not fit"] += 1
        return bool(frame.details.get("mic_ok")) or "frm_payload" in frame.details

    def _own_position(self, packet: Packet, detection: Detection, observer: str) -> None:
        observation = search.position(packet, detection, observer)
        if observation is not None:
            self._collected.positions.append(observation)
        elif packet.position_status == "bad":
            self._warnings["packets hold bad positions, which are not used"] += 1
        elif packet.latitude_deg is not None:
            text = "packets hold a position of unknown age, which is shown but not used"
            self._warnings[text] += 1

    def _gap(self, row: Gap) -> list[Event]:
        stream = self._streams.get((row.origin, row.source))
        if stream is None:
            return [row]
        events = self._last_line(row) if row.reason.endswith(END_OF_INPUT) else []
        own_radio = row.reason == OWN_RADIO
        spans = self._collected.spans
        kept = (spans.own_radio if own_radio else spans.lost)[stream.source.observer, row.source]
        if row.ended:
            kept[-1:] = [(begin, min(end, row.time)) for begin, end in kept[-1:]]
        else:
            kept.append((row.time, FOR_EVER))
        if not row.ended and not own_radio:
            stream.parser.reset()
            stream.session += 1
        return [*events, row]

    def _last_line(self, row: Gap) -> list[Event]:
        """Read the last line of a file also where nothing ends it: at its end it is whole."""
        end = Heard(
            source=row.source,
            kind="bytes",
            time=row.time,
            monotonic_ns=row.monotonic_ns,
            boot_id=row.boot_id,
            clock_source="",
            raw=b"\n",
            seq=row.seq,
            origin=row.origin,
        )
        return self._hear(end)

    def _enter(self, row: Entry) -> list[Event]:
        # Settings are a matter of `receiver.live`, a collar's story of `receiver.story`, calls and
        # the approach limit of `receiver.homing`; what was given away is no evidence.
        if row.content.get("kind") == GUIDED:
            self._collected.guided = True
        if row.content.get("kind") not in NO_EVIDENCE:
            self._collected.entries.append(row)
        return [row]

    def _watch_observer(self, row: Source) -> None:
        """Notice two people of one name: each would be where the other one is."""
        if self._observers.setdefault(row.observer, row.origin) != row.origin:
            text = (
                f"observer {row.observer} listens in two journals: if these are two people, their"
                " places and receivers are mixed up; each needs a name of their own in baksan.toml"
            )
            self._warnings[text] = 1

    def _watch_clock(self, row: Heard) -> None:
        """Notice a clock that was set while it ran: its times before and after do not fit."""
        offset_s = row.time.timestamp() - row.monotonic_ns / 1e9
        key = (row.origin, row.boot_id)
        jump_s = offset_s - self._clocks.setdefault(key, offset_s)
        if abs(jump_s) > CLOCK_JUMP_S:
            self._clocks[key] = offset_s
            self._jumps += 1
            when = f"by {jump_s:+.0f} s at {row.time:%Y-%m-%d %H:%M:%S} UTC"
            how = when if self._jumps <= JUMPS_TOLD else "again and again: trust no time"
            self._warnings[f"the computer's clock jumped {how}"] += 1


def derive(rows: Iterable[Row], configuration: Configuration) -> Derived:
    """Return everything that rows say."""
    derivation = Derivation(configuration)
    for row in rows:
        derivation.add(row)
    return derivation.result()


def _parser(row: Source, address: Address) -> Instrument | PositionSource:
    """Return what reads the bytes of a source; of samples the lines of what was heard are there."""
    if row.role == "position":
        return positions.build(address)
    return heard_lines.make(address) if row.role == "samples" else instruments.build(address)


def _measures(detection: Detection) -> bool:
    return detection.level_db is not None or detection.relative_bearing_deg is not None


def _session(detection: Detection, stream: _Stream, origin: str) -> str:
    """Return the stretch with one gain chain that a detection belongs to.

    It names the journal: two teams may both call a receiver r30. The attenuator's steps are taken
    into account later (`receiver.steps`).
    """
    chain = (detection.gain_db, detection.mode, detection.text)
    if stream.chain is not None and chain != stream.chain and detection.kind == "meter":
        stream.session += 1
    stream.chain = chain
    number = "" if stream.session == 1 else f"#{stream.session}"
    gateway = f"/{detection.receiver}" if detection.receiver else ""
    return f"{stream.source.source}{gateway}{number}@{origin[:8]}"
