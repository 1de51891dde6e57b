"""From what the rows of a journal gave to observations: the join by time, by receiver, by antenna.

Pure functions on what `receiver.derive` collected. What a level is worth depends on what its
receiver heard with at that time, and that may be written down later: so everything here is done
anew for each result, and nothing depends on the order in which rows arrived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from receiver import search, silence, slots, turns
from receiver.collected import Collected, Read, Spans
from receiver.config import Collar, Configuration, Pattern, Setup
from receiver.corrections import standing, superseded
from receiver.meters import Pulses
from receiver.plausible import plausible
from receiver.records import HAND, Detection, Entry, Observation, Place
from receiver.resting import resting
from receiver.setups import KINDS, Register, register, time_of
from receiver.sides import Side, sides
from receiver.silence import Span
from receiver.steps import one_scale, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What a journal says, joined by time. Single detections are events, and are not kept.

    `register` is what is known of the receivers: what they hear with, whether they were tested.
    `collars` are the sheets, `antennas` the patterns that it was joined with. `resting` names the
    collars that lie still by what was last heard of them.
    """

    packets: list[Read] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    unplaced: list[Observation] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    register: Register = field(default_factory=Register)
    collars: tuple[Collar, ...] = ()
    antennas: dict[str, Pattern] = field(default_factory=dict)
    resting: tuple[str, ...] = ()
    guided: bool = False


@dataclass(slots=True)
class _Join:
    """One result in the making."""

    configuration: Configuration
    register: Register
    places: dict[str, search.Places]
    turns: list[turns.Turn]
    setups: dict[str, Setup] = field(default_factory=dict)  # by the id of an observation
    warnings: Counter[str] = field(default_factory=Counter)

    def place(self, observer: str | None, time: datetime) -> search.Placed | None:
        """Return where an observer was."""
        own = self.places.get(observer or "")
        return own.at(time) if own else None


def join(collected: Collected, configuration: Configuration) -> Derived:
    """Return everything that was collected, joined."""
    entries = standing(collected.entries)
    known = _known_places(collected.places, entries)
    said = register((e for e in entries if e.content.get("kind") in KINDS), configuration)
    joined = _Join(
        configuration=configuration,
        register=said,
        places={observer: search.Places(own) for observer, own in known.items()},
        turns=turns.turns(said.turns),
    )
    levels, observations = _observed(collected, entries, joined)
    unplaced = [o for o in observations if o.latitude_deg is None]
    still = resting((one for _, one in collected.heard), collected.packets, configuration)
    return Derived(
        packets=sorted(collected.packets, key=lambda p: (p.time, p.detection_id)),
        places=sorted(
            (place for own in known.values() for place in own),
            key=lambda place: (place.time, place.observer, place.source),
        ),
        observations=[o for o in observations if o.latitude_deg is not None],
        unplaced=unplaced,
        sides=sides(levels, joined.setups),
        warnings=[
            *said.faults,
            *told(joined.warnings),
            *_without_place(unplaced),
            *map(_lying, still),
        ],
        register=said,
        collars=configuration.collars,
        antennas=configuration.antennas,
        resting=still,
        guided=collected.guided,
    )


def _lying(name: str) -> str:
    return f"{name} sends the mortality signal of its sheet: taken to lie still"


def _observed(
    collected: Collected, entries: Sequence[Entry], joined: _Join
) -> tuple[list[Observation], list[Observation]]:
    """Return the levels, and all observations in order."""
    every = [*slots.levels(collected.heard), *_peaks(collected.pulses, joined)]
    detections = _without_own_radio(every, collected.spans, joined)
    measured = [*_measured(detections, joined), *_finder_bearings(detections, joined)]
    found = [*measured, *collected.positions, *_written(entries, joined)]
    gone = superseded(collected.entries)
    put = [search.put(o, joined.places.get(o.observer or "")) for o in found if o.id not in gone]
    heard = [o for o in put if o.kind == "level"]
    levels = _levels(heard, joined)
    # Whoever heard it was not in silence, also where there is no level or it cannot be used.
    hearers = [*_heard(heard, joined), *_received(detections, joined)]
    others = _silences([o for o in put if o.kind != "level"], hearers, joined, collected)
    return levels, sorted((*levels, *others), key=lambda o: (o.time, o.id))


# --- what people wrote --------------------------------------------------------------------------


def _known_places(
    measured: Mapping[str, list[Place]], entries: Iterable[Entry]
) -> dict[str, list[Place]]:
    """Return the places of each observer, measured and said."""
    known = {observer: list(found) for observer, found in measured.items()}
    for entry in entries:
        if entry.content.get("kind") == "place" and (place := hand_place(entry)):
            known.setdefault(place.observer, []).append(place)
    return known


def hand_place(entry: Entry) -> Place | None:
    """Return the place that an entry says, None where it says none."""
    content = entry.content
    try:
        accuracy_m = content.get("accuracy_m")
        said = Place(
            time=time_of(entry),
            latitude_deg=float(content["latitude_deg"]),
            longitude_deg=float(content["longitude_deg"]),
            accuracy_m=None if accuracy_m is None else float(accuracy_m),
            source="by hand",
            observer=entry.observer,
            holds_s=search.HAND_PLACE_HOLDS_S,
        )
    except (TypeError, ValueError, KeyError, OverflowError):
        return None
    on_earth = abs(said.latitude_deg) <= 90.0 and abs(said.longitude_deg) <= 180.0
    return said if on_earth and not plausible(said)[1] else None


def _written(entries: Iterable[Entry], joined: _Join) -> Iterable[Observation]:
    """Yield what people noticed, with what their receiver heard with."""
    for entry in entries:
        kind = entry.content.get("kind")
        if kind in KINDS:
            continue
        if kind == "place":
            fault = None if hand_place(entry) else "no place"
        else:
            fault = None
            try:
                yield _equipped(search.from_entry(entry), joined)
            except (TypeError, ValueError, KeyError, OverflowError) as error:
                fault = str(error)
        if fault:
            joined.warnings[f"entry {entry.id} cannot be understood ({fault})"] += 1


def _equipped(written: Observation, joined: _Join) -> Observation:
    """Return what was heard by hand with the antenna it was heard with."""
    if written.kind not in ("level", "silence"):
        return written
    setup, change = joined.register.hearing(
        written.observer or "", written.receiver or HAND, written.time
    )
    joined.setups[written.id] = setup
    return replace(
        written,
        session=_session(written.session, change),
        antenna=written.antenna or setup.antenna,
        polarisation=written.polarisation or setup.polarisation,
        body=written.body or setup.body,
        attenuator_db=(
            setup.attenuator_db if written.attenuator_db is None else written.attenuator_db
        ),
    )


# --- what receivers heard -----------------------------------------------------------------------


def _peaks(pulses: Mapping[str, Pulses], joined: _Join) -> list[tuple[str, Detection]]:
    peaks: list[tuple[str, Detection]] = []
    not_used: Counter[str] = Counter()
    for observer, own in pulses.items():
        found, unused = own.result(
            lambda reading, who=observer: joined.register.calibration(  # type: ignore[misc]
                who, reading.source, reading.time
            )
        )
        peaks += [(observer, peak) for peak in found]
        not_used.update(unused)
    joined.warnings.update(f"{n} meter readings {why}: not used" for why, n in not_used.items())
    return peaks


def _without_own_radio(
    detections: Iterable[tuple[str, Detection]], spans: Spans, joined: _Join
) -> list[tuple[str, Detection]]:
    """Leave out what a receiver showed while the own radio transmitted beside it."""
    kept = []
    for observer, detection in detections:
        own = spans.own_radio.get((observer, detection.source), ())
        if detection.kind != "packet" and any(a <= detection.time <= b for a, b in own):
            joined.warnings["levels while the own radio transmitted: not used"] += 1
        else:
            kept.append((observer, detection))
    return kept


def _measured(detections: Iterable[tuple[str, Detection]], joined: _Join) -> Iterable[Observation]:
    """Yield the levels of detections, with what each receiver heard with."""
    for observer, detection in detections:
        if detection.level_db is None:
            continue
        hearing = joined.register.hearing(observer, detection.source, detection.time)
        session = _session(detection.session, hearing.change)
        level = search.level(detection, observer, hearing.setup, session)
        joined.setups[level.id] = hearing.setup
        yield level


def _session(session: str | None, change: int) -> str | None:
    return f"{session or ''}+{change}" if change else session


def _finder_bearings(
    detections: Iterable[tuple[str, Detection]], joined: _Join
) -> Iterable[Observation]:
    """Yield the bearings of direction finders, turned from their antenna's mark to north."""
    for observer, detection in detections:
        if detection.relative_bearing_deg is None:
            continue
        setup = joined.register.hearing(observer, detection.source, detection.time).setup
        placed = joined.place(observer, detection.time)
        bearing = search.bearing(detection, observer, setup, placed)
        if bearing is None:
            text = "bearings from the mark of an antenna whose direction is not known: not used"
            joined.warnings[text] += 1
        else:
            yield bearing


def _levels(levels: list[Observation], joined: _Join) -> list[Observation]:
    """Return levels on one scale, those of directional antennas by their turns; and bearings."""
    joined.warnings.update(str(step) for step in steps(levels) if step.is_fault)
    levels = one_scale(levels, lambda level: _is_measured(level, joined))
    made = joined.turns
    found: list[Observation] = []
    turned: dict[tuple[int, str | None, str | None], list[Observation]] = defaultdict(list)
    for level in levels:
        number = next((i for i, turn in enumerate(made) if _belongs(level, turn, joined)), None)
        if number is not None:
            turned[number, level.collar, level.level_unit].append(level)
        else:
            found += _pointed(level, joined)
    for (number, *_), own in turned.items():
        made_of, doubts = turns.reduce(made[number], own, _heading_sigma(made[number], joined))
        found += made_of
        joined.warnings.update(doubts)
    return found


def _is_measured(level: Observation, joined: _Join) -> bool:
    receiver = joined.setups[level.id].receiver
    return joined.register.calibrated_today(level.observer or "", receiver, level.time)


def _belongs(level: Observation, turn: turns.Turn, joined: _Join) -> bool:
    return turn.holds(level.observer, joined.setups[level.id].receiver, level.time)


def _heading_sigma(turn: turns.Turn, joined: _Join) -> float:
    """Return how far off a heading may be during a turn: as its source says, else the compass."""
    placed = joined.place(turn.start.observer, turn.end)
    said = placed.place.heading_sigma_deg if placed else None
    named = joined.register.heading_sigma_deg(turn.start.observer, turn.end)
    return named if said is None else said


def _pointed(level: Observation, joined: _Join) -> list[Observation]:
    """Return a level outside a turn; pointed somewhere, it is a lower bound of the loudest."""
    if not joined.setups[level.id].directional:
        return [level]
    azimuth = level.antenna_azimuth_deg
    azimuth = level.heading_deg if azimuth is None else azimuth
    if azimuth is None:
        text = "levels of a directional antenna outside a turn, its direction unknown: not used"
        joined.warnings[text] += 1
        return []
    bound = "lower" if level.level_bound == "none" else level.level_bound
    return [replace(level, antenna_azimuth_deg=azimuth, level_bound=bound)]


# --- silence ------------------------------------------------------------------------------------


class Hearer(NamedTuple):
    """Who heard a collar (None: nobody knows which), with what, and when."""

    observer: str | None
    collar: str | None
    setup: Setup
    time: datetime


def _heard(levels: Iterable[Observation], joined: _Join) -> Iterable[Hearer]:
    for o in levels:
        yield Hearer(o.observer, o.collar, joined.setups.get(o.id, Setup()), o.time)


def _received(detections: Iterable[tuple[str, Detection]], joined: _Join) -> Iterable[Hearer]:
    """Yield who received a packet without a level."""
    for observer, d in detections:
        if d.level_db is None and d.kind == "packet":
            setup = joined.register.hearing(observer, d.source, d.time).setup
            yield Hearer(observer, d.collar, setup, d.time)


def _silences(
    others: Iterable[Observation],
    hearers: Sequence[Hearer],
    joined: _Join,
    collected: Collected,
) -> Iterable[Observation]:
    """Yield what is no level; a silence as evidence where it is earned, else as a note."""
    for other in others:
        if other.kind != "silence":
            yield other
            continue
        collar = joined.configuration.collar(other.collar or "")
        known = circumstances(other, hearers, joined, collected)
        judged = silence.judge(other, known, collar)
        if judged.kind == "note":
            joined.warnings["silences lack something and do not count: see their text"] += 1
        yield judged


def circumstances(
    said: Observation, hearers: Sequence[Hearer], joined: _Join, collected: Collected
) -> silence.Circumstances:
    """Return what is known about the listening behind a silence."""
    observer, receiver = said.observer or "", said.receiver or HAND
    span = silence.span_of(said)
    setup = collected.readout(observer, receiver, said.time).filled(joined.setups[said.id])
    own = [turn for turn in joined.turns if turn.within(observer, receiver, *span)]
    places = collected.places.get(observer, ())
    return silence.Circumstances(
        setup=setup,
        check=joined.register.check(observer, receiver, said.time),
        gaps=collected.spans.of(observer, receiver),
        heard_by=sorted(set(_meanwhile(said, setup, span, hearers))),
        turned=frozenset(t.polarisation or setup.polarisation for t in own if t.is_full(places)),
    )


def _meanwhile(
    said: Observation, setup: Setup, span: Span, hearers: Iterable[Hearer]
) -> Iterable[str]:
    """Yield who heard the collar meanwhile: this receiver, or another on the same antenna."""
    begin, end = span
    for one in hearers:
        same = one.observer == said.observer and one.collar in (said.collar, None)
        if not same or not begin <= one.time <= end:
            continue
        other = one.setup
        one_antenna = setup.antenna is not None and other.antenna == setup.antenna
        if other.receiver == setup.receiver or one_antenna:
            yield other.receiver


def _without_place(unplaced: Sequence[Observation]) -> list[str]:
    count = sum(o.kind != "note" for o in unplaced)  # a free text needs no place
    return [f"{count} heard without a place: kept, used once the place is known"] if count else []


def told(warnings: Mapping[str, int]) -> list[str]:
    """Return warnings with how often each came."""
    return [text if n == 1 else f"{text} ({n} times)" for text, n in warnings.items()]
