"""A homing search as it goes on: what was heard and entered, and the snapshot of it.

Fed with the events of a journal (live or in replay) and asked for a snapshot as often as a face
likes. A value's age grows by the monotonic clock from the moment when it was taken in, so that a
clock that is set meanwhile makes nothing young. A journal that is gone on with begins with what was
heard in earlier runs: nothing of that is a level or a place of now, whatever the clocks said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from receiver.config import Collar, Configuration
from receiver.heard import LEAST_PULSES, meaning_of
from receiver.homing.advice import advise
from receiver.homing.ear import Ear, ear
from receiver.homing.echoes import possible_echo
from receiver.homing.entered import SHOWN, Entered
from receiver.homing.faults import Faults
from receiver.homing.needs import needed
from receiver.homing.pulses import may_be_of
from receiver.homing.said import packet_words
from receiver.homing.snapshot import (
    OLD_S,
    Advice,
    Approach,
    Beat,
    Machine,
    Said,
    Snapshot,
    SourceState,
    Strength,
    Where,
)
from receiver.homing.stands import Stands
from receiver.homing.stops import Stops
from receiver.homing.strength import Levels
from receiver.homing.sweeps import Sweeps
from receiver.homing.where import where
from receiver.language import phrase, translated
from receiver.records import (
    OWN_RADIO,
    SETUP,
    TURN,
    Detection,
    Entry,
    Gap,
    Observation,
    Place,
    said_time,
)

if TYPE_CHECKING:
    from receiver.joining import Derived
    from receiver.locator import Posterior

BEACON_GONE_S = 60.0  # so long a beacon that fades stays in sight before packets take its place
DEAF_S = 120.0  # no turn is deaf for longer: its end was forgotten
ANSWER_DUE_S = 60.0  # a long search is located anew twice a minute at least
Point = tuple[float, float]


@dataclass(slots=True)
class Moment:
    """What a running search knows besides events: the machine, the sources, the last answer."""

    time: datetime
    now_s: float
    machine: Machine
    sources: tuple[SourceState, ...] = ()
    beats: tuple[tuple[str | None, float, str | None], ...] = ()
    posterior: Posterior | None = None
    derived: Derived | None = None
    answered_s: float | None = None
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Finding:
    """The state of a homing search. `collar` is the one homed in on, and may be changed.

    `begin` is when this run began, where the first events may be those of earlier runs; None in a
    replay.
    """

    configuration: Configuration
    collar: str | None
    elevations_known: bool = False
    begin: datetime | None = None
    _levels: dict[str, Levels] = field(default_factory=dict)
    _chains: dict[str, tuple[object, ...]] = field(default_factory=dict)
    _sources: dict[str, str] = field(default_factory=dict)  # by receiver
    _faults: Faults = field(default_factory=Faults)
    _shown: str = ""  # the receiver whose level is shown
    _stands: Stands = field(init=False)
    _entered: Entered = field(init=False)
    _packets: deque[tuple[str, float]] = field(default_factory=lambda: deque(maxlen=SHOWN))
    _sweeps: Sweeps = field(default_factory=Sweeps)
    _told: tuple[Derived | None, str | None, list[Observation]] = field(
        default_factory=lambda: (None, None, [])
    )
    _own_radio: set[str] = field(default_factory=set)
    _changes: dict[str, int] = field(default_factory=dict)  # of what a receiver hears with
    _stops: Stops = field(init=False)

    def __post_init__(self) -> None:
        own = self.configuration.observer
        self._stands, self._entered = Stands(own), Entered(own)
        self._stops = Stops(self._entered.limit_m)

    @property
    def sheet(self) -> Collar | None:
        """The sheet of the homed collar."""
        return None if self.collar is None else self.configuration.collar(self.collar)

    def home(self, collar: str) -> None:
        """Home in on another collar: levels of the last one say nothing of it."""
        self.collar = collar
        self._entered.settle()
        self._levels.clear()
        self._sweeps = Sweeps()

    def own(self, origin: str) -> None:
        """Tell the journal's own rows from those of other teams from now on."""
        self._entered.origin = origin

    def take(self, events: Iterable[object], time: datetime, now_s: float) -> None:
        """Take what the journal says anew; `time` and `now_s` are now."""
        has_entries = False
        for event in events:
            said = _time_of(event, time)
            since_s = now_s - max((time - said).total_seconds(), 0.0)
            is_old = self.begin is not None and not self.begin <= said <= time
            if isinstance(event, Entry):
                has_entries = True
                self._enter(event, since_s, now_s, is_old=is_old)
            elif not is_old:
                self._take_now(event, since_s)
        self.begin = None
        if has_entries:
            self._entered.settle()
            self._stands.by_hand(self._entered.places)

    def call(self, entry: Entry, now_s: float) -> None:
        """Take a call to everybody at once: it is told also where no row can be saved."""
        self._entered.add(entry, now_s, now_s)
        self._entered.settle()

    def _take_now(self, event: object, since_s: float) -> None:
        match event:
            case Detection():
                self._hear(event, since_s)
            case Place():
                self._stands.add(event, since_s)
            case Gap():
                self._lose(event)
            case _ if (packet := getattr(event, "packet", None)) is not None:
                self._packets.append((packet_words(packet), since_s))

    def _hear(self, heard: Detection, since_s: float) -> None:
        is_elsewhere = heard.observer not in (None, self.configuration.observer)
        is_missed = heard.kind != "meter" and heard.found is False
        is_own_radio = heard.source in self._own_radio
        if is_elsewhere or is_own_radio or is_missed:
            return
        if not may_be_of(heard, self.collar, self.sheet):
            return
        receiver = heard.receiver or heard.source
        self._sources[receiver] = heard.source
        known = self._levels.get(receiver)
        if heard.kind == "slot" and known is not None and known.has_single_pulses(since_s):
            return  # the same beacon as it was some seconds ago
        unit = "count" if heard.level_db is None else heard.level_unit or "dB"
        changes = self._changes.get(receiver, 0)
        chain = (heard.kind, unit, heard.session, heard.attenuator_db, heard.gain_db, changes)
        if self._chains.get(receiver) != chain or receiver not in self._levels:
            self._chains[receiver] = chain
            self._levels[receiver] = Levels(unit, heard.kind)
        self._levels[receiver].add(heard, since_s)

    def _enter(self, entry: Entry, since_s: float, now_s: float, *, is_old: bool) -> None:
        """Take an entry; what is taken back changes a gain, or a turn, as what is entered does."""
        since_s = min(since_s, now_s - OLD_S) if is_old else since_s
        back = self._entered.add(entry, since_s, now_s, is_old=is_old)
        for told in (entry, back):
            if told is None or told.observer != self.configuration.observer:
                continue
            content = told.content
            if content.get("kind") == SETUP:
                receiver = str(content.get("receiver"))
                self._changes[receiver] = self._changes.get(receiver, 0) + 1
            elif content.get("kind") == TURN and told is back:
                self._sweeps.forget()
            elif content.get("kind") == TURN and not is_old:
                self._sweeps.turn(
                    content.get("state") == "start",
                    since_s,
                    content.get("polarisation"),
                    is_full=content.get("full") is not False,
                    receiver=content.get("receiver"),
                )

    def _lose(self, gap: Gap) -> None:
        if gap.reason == OWN_RADIO:
            (self._own_radio.discard if gap.ended else self._own_radio.add)(gap.source)

    # --- what a face reads ----------------------------------------------------------------------

    def snapshot(self, moment: Moment) -> Snapshot:
        """Return everything at this moment."""
        now_s, own = moment.now_s, self.configuration.observer
        posterior, told = self._posterior(moment), self._telling(moment.derived)
        heard, place = self._ear(moment), self._stands.of(own, now_s)
        known = None if place is None else (place.latitude_deg, place.longitude_deg)
        off_m = 0.0 if place is None else place.accuracy_m or 0.0
        # Nobody is led from where he was; but who stood within the limit stands there still.
        here = known if self._stands.holds(now_s) else None
        self._stops.take(self.collar, posterior)
        stands = self._stops.of(own, known, self.collar, off_m)
        self._faults.watch_stop(self.collar, stands, posterior, now_s)
        return Snapshot(
            time=moment.time,
            collar=self.collar,
            collars=tuple(collar.name for collar in self.configuration.collars),
            simulation=self.configuration.simulation,
            approach=stands,
            advice=self._advice(posterior, here, stands, heard, now_s),
            machine=moment.machine,
            where=self._where(posterior, here, heard, moment),
            strength=heard.strength,
            beat=self._beat(heard.strength, moment),
            gain=heard.gain,
            place=place,
            others=tuple(
                self._stops.marked(other, self.collar) for other in self._stands.others(now_s)
            ),
            sources=moment.sources,
            decoded=tuple(Said(text=text, age_s=now_s - s) for text, s in self._packets),
            calls=self._entered.calls(now_s),
            entered=self._entered.last(now_s),
            needed=needed(moment.derived, self.configuration, moment.sources, place,
                          heard.strength, told, place_holds=here is not None),
            faults=self._faults.said(moment.faults, now_s),
            possible_echo=possible_echo(told, moment.time),
            turning=self._sweeps.is_turning(now_s),
            own_radio=bool(self._own_radio),
            heard_count=self._entered.heard_count,
        )  # fmt: skip

    def _posterior(self, moment: Moment) -> Posterior | None:
        """Return the answer, unless it is still that of the collar before."""
        found = moment.posterior
        return found if found is not None and found.answer.collar == self.collar else None

    def _telling(self, derived: Derived | None) -> list[Observation]:
        """Return the collar's bearings and one that it was heard by; looked for once an answer."""
        if self._told[0] is not derived or self._told[1] != self.collar:
            known = () if derived is None else derived.observations
            own = [o for o in known if o.collar in (None, self.collar)]
            heard = next((o for o in own if o.heard), None)
            bearings = [o for o in own if o.kind == "bearing"]
            self._told = derived, self.collar, [*([heard] if heard else []), *bearings]
        return self._told[2]

    def _strength(self, now_s: float) -> Strength | None:
        """Return the level of the beacon, else of packets; of one receiver as long as it hears.

        The one that is turned stays in sight also where its antenna is deaf.
        """
        sweeps = self._sweeps.spans(now_s)
        told = [
            strength
            for receiver, levels in self._levels.items()
            if (strength := levels.strength(receiver, now_s, sweeps))
        ]
        turned = self._sweeps.turned(now_s)
        of_turn = [s for s in told if self._sources[s.receiver] == turned and s.age_s <= DEAF_S]
        best = min(of_turn or told, key=self._rank, default=None)
        self._shown = "" if best is None else best.receiver
        if best is None:
            return None
        source = self._sources[best.receiver]
        best = replace(best, source=source, name=_name_of(best.receiver, source))
        # The loudest of a turn that runs may be still to come.
        return replace(best, trend_db=None) if self._sweeps.is_turning(now_s) else best

    def _rank(self, told: Strength) -> tuple[bool, bool, bool, float]:
        is_old, has_beats = told.age_s > OLD_S, self._levels[told.receiver].has_beats
        has_beacon = has_beats and told.age_s <= BEACON_GONE_S
        return not has_beacon, is_old, is_old or told.receiver != self._shown, told.age_s

    def _beat(self, strength: Strength | None, moment: Moment) -> Beat | None:
        if strength is None:
            return None
        tracked = [b for b in moment.beats if b[0] == self.collar]
        if tracked:
            _, rate, meaning = tracked[-1]
            rate = round(rate)
        else:
            levels, sheet = self._levels[strength.receiver], self.sheet
            told = levels.pulses_per_minute(moment.now_s)
            if told is None:
                return None
            is_sure = sheet is not None and levels.beat_count(moment.now_s) >= LEAST_PULSES
            meaning = meaning_of(sheet, 60.0 / told) if is_sure and sheet is not None else None
            rate = round(told, 1)
        said = translated((meaning or "").replace("_", " "))
        return Beat(pulses_per_minute=rate, meaning=said, age_s=strength.age_s)

    def _ear(self, moment: Moment) -> Ear:
        strength = self._strength(moment.now_s)
        has_beats = strength is not None and self._levels[strength.receiver].has_beats
        own = self.configuration.observer
        return ear(strength, moment.derived, own, moment.time, has_beats=has_beats)

    def _where(
        self, posterior: Posterior | None, here: Point | None, heard: Ear, moment: Moment
    ) -> Where:
        age_s = None if moment.answered_s is None else _overdue(moment.now_s - moment.answered_s)
        told = where(posterior, here, heard.nearness, metres_known=heard.metres_known, age_s=age_s)
        if told.reason and moment.derived is not None and moment.derived.unplaced:
            return replace(told, reason=phrase("heard, but nobody knows where: enter the place"))
        return told

    def _advice(
        self,
        posterior: Posterior | None,
        here: Point | None,
        stands: Approach,
        heard: Ear,
        now_s: float,
    ) -> Advice:
        if self._sweeps.is_turning(now_s) and not stands.must_stop:
            return Advice(deed="turn")
        return advise(
            posterior,
            here,
            stands,
            course_deg=self._stands.course_deg(),
            can_turn=heard.can_turn,
            has_heard=self._entered.heard_count > 0,
            heard_age_s=None if heard.strength is None else heard.strength.age_s,
            elevations_known=self.elevations_known,
        )


def _name_of(receiver: str, source: str) -> str:
    return source if receiver == source else f"{source} {receiver[-4:]}"


def _overdue(age_s: float) -> float:
    """Return the age of an answer: 0 while the next one is not late."""
    return age_s if age_s > ANSWER_DUE_S else 0.0


def _time_of(event: object, now: datetime) -> datetime:
    """Return the time that an event is about; of an entry that which it names, where it does."""
    if isinstance(event, Entry):
        try:
            return said_time(event.content, event.time)
        except (TypeError, ValueError):
            return event.time
    said: datetime = getattr(event, "time", now)
    return said
