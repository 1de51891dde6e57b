"""From the rows of a journal to detections, packets, places and observations.

The same code runs live and in replay. What comes out depends on the stamps in the rows, never on
when they arrived: rows of different sources may come in any order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from protocols import DecodeError, Packet, decode
from receiver import instruments, positions, search
from receiver.address import parse_address
from receiver.config import Configuration
from receiver.errors import ReceiverError
from receiver.instruments import Instrument
from receiver.positions import PositionSource
from receiver.records import (
    SETTINGS,
    Detection,
    Entry,
    Gap,
    Heard,
    Observation,
    Place,
    Row,
    Source,
)

CLOCK_JUMP_S, JUMPS_TOLD = 2.0, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A packet that was read, and the detection that carried it."""

    detection_id: str
    time: datetime
    packet: Packet


Event = Detection | Read | Place | Gap | Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What a journal says, joined by time. Single detections are events, and are not kept."""

    packets: list[Read] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    unplaced: list[Observation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Stream:
    """One source of one journal, its parser, and where its session stands."""

    source: Source
    parser: Instrument | PositionSource
    session: int = 1
    chain: tuple[object, ...] | None = None


class Derivation:
    """The state of a derivation; `add` rows as they come, ask for the `result` at any time."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._pulses: dict[str, search.Pulses] = {}
        self._packets: list[Read] = []
        self._places: dict[str, list[Place]] = defaultdict(list)
        self._stated: dict[str, Place] = {}
        self._supersedes: dict[str, str] = {}
        self._observations: list[Observation] = []
        self._warnings: Counter[str] = Counter()
        self._clocks: dict[tuple[str, str], float] = {}
        self._jumps = 0

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
        known = self._known_places()
        places = {observer: search.Places(found) for observer, found in known.items()}
        peaks, unused = self._peaks()
        superseded = taken_back(self._supersedes)
        candidates = [o for o in (*peaks, *self._observations) if o.id not in superseded]
        put = [search.put(o, places.get(o.observer or "")) for o in candidates]
        put.sort(key=lambda o: (o.time, o.id))
        unplaced = [o for o in put if o.latitude_deg is None]
        return Derived(
            packets=sorted(self._packets, key=lambda p: (p.time, p.detection_id)),
            places=sorted(
                (place for found in known.values() for place in found),
                key=lambda place: (place.time, place.observer, place.source),
            ),
            observations=[o for o in put if o.latitude_deg is not None],
            unplaced=unplaced,
            warnings=[*self._told(), *_unused(unused), *_without_place(unplaced)],
        )

    def _open(self, row: Source) -> list[Event]:
        try:
            address = parse_address(row.address)
            build = positions.build if row.role == "position" else instruments.build
            parser: Instrument | PositionSource = build(address)
        except ReceiverError as error:
            self._warnings[f"source {row.source} cannot be read again: {error}"] += 1
            return []
        # Opened anew: antenna or gain may have been changed, so a new stretch begins.
        before = self._streams.get((row.origin, row.source))
        session = before.session + 1 if before else 1
        self._streams[row.origin, row.source] = _Stream(row, parser, session)
        return []

    def _hear(self, row: Heard) -> list[Event]:
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
        events: list[Event] = []
        for index, item in enumerate(found):
            events += self._take(item, index, row, stream)
        return events

    def _take(
        self, item: Detection | Place, index: int, row: Heard, stream: _Stream
    ) -> list[Event]:
        if isinstance(item, Place):
            place = replace(item, source=row.source, observer=stream.source.observer)
            self._places[place.observer].append(place)
            return [place]
        identity = search.identity(row.origin, row.seq, index)
        collar = search.collar_of(item, self._configuration)
        detection = replace(
            item,
            id=identity,
            source=row.source,
            receiver=item.receiver or stream.source.receiver or row.source,
            collar=collar,
            session=_session(item, stream, row.origin),
        )
        self._keep(detection, stream.source.observer)
        return [detection, *self._read(detection, stream.source.observer)]

    def _keep(self, detection: Detection, observer: str) -> None:
        """Keep what a detection is evidence of: a level, or a reading to be reduced."""
        if detection.kind == "meter":
            found = self._pulses.setdefault(observer, search.Pulses(self._configuration))
            found.add(detection)
        elif detection.level_db is not None:
            self._observations.append(search.level(detection, observer))

    def _read(self, detection: Detection, observer: str) -> list[Event]:
        """Decode a packet; what cannot be read is counted, its level stays."""
        if detection.data is None:
            return []
        try:
            packets = decode(
                detection.data,
                protocol=detection.protocol,
                port=detection.port,
                received=detection.time,
            )
        except DecodeError:
            self._warnings["packets were heard that cannot be read; their levels are used"] += 1
            return []
        read = [
            Read(
                detection_id=detection.id,
                time=detection.time,
                packet=replace(packet, device_id=packet.device_id or detection.device_id),
            )
            for packet in packets
        ]
        self._packets += read
        for one in read:
            self._own_position(one.packet, detection, observer)
        return list(read)

    def _own_position(self, packet: Packet, detection: Detection, observer: str) -> None:
        observation = search.position(packet, detection, observer)
        if observation is not None:
            self._observations.append(observation)
        elif packet.latitude_deg is not None:
            text = "packets hold a position of unknown age, which is shown but not used"
            self._warnings[text] += 1

    def _gap(self, row: Gap) -> list[Event]:
        stream = self._streams.get((row.origin, row.source))
        if stream is not None and not row.ended:
            stream.parser.reset()
            stream.session += 1
        return [row]

    def _known_places(self) -> dict[str, list[Place]]:
        """Return the places of each observer, without those that were taken back."""
        known = {observer: list(found) for observer, found in self._places.items()}
        superseded = taken_back(self._supersedes)
        for identity, place in self._stated.items():
            if identity not in superseded:
                known.setdefault(place.observer, []).append(place)
        return known

    def _enter(self, row: Entry) -> list[Event]:
        if row.content.get("kind") == SETTINGS:  # a matter of `receiver.live`
            return [row]
        if isinstance(old := row.content.get("supersedes_id"), str):
            self._supersedes[row.id] = old
        try:
            if row.content.get("kind") == "place":
                self._stated[row.id] = _hand_place(row)
            else:
                self._observations.append(search.from_entry(row))
        except (TypeError, ValueError, KeyError) as error:
            self._warnings[f"entry {row.id} cannot be understood ({error})"] += 1
        return [row]

    def _peaks(self) -> tuple[list[Observation], Counter[str]]:
        levels: list[Observation] = []
        unused: Counter[str] = Counter()
        for observer, pulses in self._pulses.items():
            peaks, left = pulses.result()
            levels += [search.level(peak, observer) for peak in peaks]
            unused.update(left)
        return levels, unused

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

    def _told(self) -> list[str]:
        return [text if n == 1 else f"{text} ({n} times)" for text, n in self._warnings.items()]


def taken_back(supersedes: Mapping[str, str]) -> set[str]:
    """Return what no longer counts: superseded by something that itself still does.

    `supersedes` maps the newer entry to the older one. Who takes a correction back has the
    original again.
    """
    by_older: dict[str, list[str]] = defaultdict(list)
    for newer, older in supersedes.items():
        by_older[older].append(newer)
    counts: dict[str, bool] = {}
    for start in by_older:
        path = [start]
        while path:
            entry = path[-1]
            counts.setdefault(entry, True)  # also what ends a circle of hostile rows
            above = by_older.get(entry, [])
            if unknown := [newer for newer in above if newer not in counts]:
                path.append(unknown[0])
            else:
                counts[path.pop()] = not any(counts[newer] for newer in above)
    return {entry for entry, still in counts.items() if not still}


def derive(rows: Iterable[Row], configuration: Configuration) -> Derived:
    """Return everything that rows say."""
    derivation = Derivation(configuration)
    for row in rows:
        derivation.add(row)
    return derivation.result()


def _session(detection: Detection, stream: _Stream, origin: str) -> str:
    """Return the stretch with one gain chain that a detection belongs to.

    It names the journal: two teams may both call a receiver r30.
    """
    chain = (detection.attenuator_db, detection.gain_db, detection.text)
    if stream.chain is not None and chain != stream.chain and detection.kind == "meter":
        stream.session += 1
    stream.chain = chain
    number = "" if stream.session == 1 else f"#{stream.session}"
    gateway = f"/{detection.receiver}" if detection.receiver else ""
    return f"{stream.source.source}{gateway}{number}@{origin[:8]}"


def _hand_place(row: Entry) -> Place:
    content = row.content
    time = datetime.fromisoformat(content["time"]) if "time" in content else row.time
    return Place(
        time=time,
        latitude_deg=float(content["latitude_deg"]),
        longitude_deg=float(content["longitude_deg"]),
        accuracy_m=content.get("accuracy_m"),
        source="by hand",
        observer=row.observer,
        holds_s=search.HAND_PLACE_HOLDS_S,
    )


def _unused(unused: Mapping[str, int]) -> list[str]:
    return [f"{count} meter readings {reason}: not used" for reason, count in unused.items()]


def _without_place(unplaced: Sequence[Observation]) -> list[str]:
    count = sum(o.kind != "note" for o in unplaced)  # a free text needs no place
    return [f"{count} heard without a place: kept, used once the place is known"] if count else []
