"""A homing search as it goes on: what was heard and entered, and the snapshot of it.

Fed with the events of a journal (live or in replay) and asked for a snapshot as often as a face
likes. A value's age grows by the monotonic clock from the moment when it was taken in, so that a
clock that is set meanwhile makes nothing young.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from receiver.config import Collar, Configuration
from receiver.corrections import standing
from receiver.geodesy import LocalGrid
from receiver.heard import meaning_of
from receiver.homing.advice import advise
from receiver.homing.approach import DROPPED_LIMIT_M, USUAL_LIMIT_M, approach
from receiver.homing.echoes import possible_echo
from receiver.homing.needs import needed
from receiver.homing.said import call_words, entry_words, packet_words
from receiver.homing.snapshot import (
    OLD_S,
    Advice,
    Approach,
    Beat,
    Gain,
    Machine,
    Said,
    Snapshot,
    SourceState,
    Standing,
    Strength,
)
from receiver.homing.strength import Levels, Span, walked
from receiver.homing.where import nearness, where
from receiver.language import translated
from receiver.records import (
    APPROACH,
    CALL,
    OWN_RADIO,
    SETUP,
    TURN,
    Detection,
    Entry,
    Gap,
    Place,
)

if TYPE_CHECKING:
    from receiver.joining import Derived
    from receiver.locator import Posterior

CALL_SHOWN_S, TURN_SHOWN_S, SHOWN, COURSE_M = 1800.0, 60.0, 3, 10.0
GAIN_STEPS = ("attenuator", "off tune 5 kHz", "off tune 10 kHz", "off tune 20 kHz", "no antenna",
              "body shield")  # fmt: skip
ANSWER_DUE_S = 60.0  # a long search is located anew twice a minute at least
PLACE_KIND = "place"
CLOSE_IN_SHARE = 0.75  # of the meter: from there on the next step keeps it readable


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
    """The state of a homing search. `collar` is the one homed in on, and may be changed."""

    configuration: Configuration
    collar: str | None
    elevations_known: bool = False
    _levels: dict[str, Levels] = field(default_factory=dict)
    _chains: dict[str, tuple[object, ...]] = field(default_factory=dict)
    _places: dict[str, tuple[Place, float]] = field(default_factory=dict)
    _way: deque[Place] = field(default_factory=lambda: deque(maxlen=60))
    _entries: dict[str, tuple[Entry, float]] = field(default_factory=dict)
    _standing: list[Entry] = field(default_factory=list)
    _packets: deque[tuple[str, float]] = field(default_factory=lambda: deque(maxlen=SHOWN))
    _turns: deque[Span] = field(default_factory=lambda: deque(maxlen=2))
    _turning_since_s: float | None = None
    _own_radio: set[str] = field(default_factory=set)
    _setups: int = 0

    @property
    def sheet(self) -> Collar | None:
        """The sheet of the homed collar."""
        return None if self.collar is None else self.configuration.collar(self.collar)

    def home(self, collar: str) -> None:
        """Home in on another collar: levels of the last one say nothing of it."""
        self.collar = collar
        self._levels.clear()
        self._turns.clear()

    def take(self, events: Iterable[object], time: datetime, now_s: float) -> None:
        """Take what the journal says anew; `time` and `now_s` are now."""
        for event in events:
            said = event.time if isinstance(event, Detection | Place | Entry) else time
            since_s = now_s - max((time - said).total_seconds(), 0.0)
            if isinstance(event, Detection):
                self._hear(event, since_s)
            elif isinstance(event, Place):
                self._stand(event, since_s)
            elif isinstance(event, Entry):
                self._enter(event, since_s)
            elif isinstance(event, Gap):
                self._lose(event)
            elif (packet := getattr(event, "packet", None)) is not None:
                self._packets.append((packet_words(packet), since_s))

    def _hear(self, heard: Detection, since_s: float) -> None:
        is_other = heard.collar is not None and heard.collar != self.collar
        if is_other or (heard.collar is None and heard.kind == "packet"):
            return
        unit = "count" if heard.level_db is None else heard.level_unit or "dB"
        chain = (unit, heard.session, heard.attenuator_db, heard.gain_db, self._setups)
        if self._chains.get(heard.source) != chain or heard.source not in self._levels:
            self._chains[heard.source] = chain
            self._levels[heard.source] = Levels(unit, is_meter=heard.kind == "meter")
        self._levels[heard.source].add(heard, since_s)

    def _stand(self, place: Place, since_s: float) -> None:
        who = place.observer or self.configuration.observer
        self._places[who] = (place, since_s)
        if who == self.configuration.observer:
            self._way.append(place)

    def _enter(self, entry: Entry, since_s: float) -> None:
        kind, own = entry.content.get("kind"), entry.observer == self.configuration.observer
        if kind != PLACE_KIND:  # phones tell theirs every few seconds
            self._entries[entry.id] = (entry, since_s)
            self._standing = standing([known for known, _ in self._entries.values()])
        if kind == TURN and own:
            self._turn(entry.content.get("state") == "start", since_s)
        elif kind == SETUP and own:
            self._setups += 1

    def _turn(self, starts: bool, since_s: float) -> None:
        if starts:
            self._turning_since_s = since_s
        elif self._turning_since_s is not None:
            self._turns.appendleft((self._turning_since_s, since_s))
            self._turning_since_s = None

    def _lose(self, gap: Gap) -> None:
        if gap.reason == OWN_RADIO:
            (self._own_radio.discard if gap.ended else self._own_radio.add)(gap.source)

    # --- what a face reads ----------------------------------------------------------------------

    def snapshot(self, moment: Moment) -> Snapshot:
        """Return everything at this moment."""
        strength, entries = self._strength(moment.now_s), self._standing
        place = self._standing_of(self.configuration.observer, moment.now_s)
        here = None if place is None else (place.latitude_deg, place.longitude_deg)
        stands = approach(moment.posterior, here, self._limit_m(entries))
        gain = self._gain(strength, moment)
        near = nearness(
            None if gain is None else gain.now,
            is_heard=strength is not None and strength.age_s < OLD_S,
            saturated=strength is not None and strength.saturated,
        )
        calibrated = strength is not None and strength.unit == "dBm"
        age_s = None if moment.answered_s is None else _overdue(moment.now_s - moment.answered_s)
        derived = moment.derived
        echo = derived is not None and possible_echo(derived.observations, moment.time)
        return Snapshot(
            time=moment.time,
            collar=self.collar,
            collars=tuple(collar.name for collar in self.configuration.collars),
            simulation=self.configuration.simulation,
            approach=stands,
            advice=self._advice(moment, here, stands, strength),
            machine=moment.machine,
            where=where(moment.posterior, here, near, metres_known=calibrated, age_s=age_s),
            strength=strength,
            beat=self._beat(strength, moment),
            gain=gain,
            place=place,
            others=self._others(moment.now_s),
            sources=moment.sources,
            decoded=tuple(Said(text=t, age_s=moment.now_s - s) for t, s in self._packets),
            calls=self._calls(entries, moment.now_s),
            entered=self._entered(entries, moment.now_s),
            needed=needed(moment.derived, self.configuration, moment.sources, place, strength),
            faults=tuple(map(translated, moment.faults[-SHOWN:])),
            possible_echo=echo,
            turning=self._turning_since_s is not None,
            own_radio=bool(self._own_radio),
            heard_count=sum(entry.content.get("heard") is True for entry in entries),
        )

    def _strength(self, now_s: float) -> Strength | None:
        """Return the level of the receiver that heard the collar last."""
        is_of_turn = bool(self._turns) and now_s - self._turns[0][1] < TURN_SHOWN_S
        sweeps: Sequence[Span] = [*self._turns] if is_of_turn else walked(now_s)
        if self._turning_since_s is not None:
            sweeps = [(self._turning_since_s, now_s + 1.0), *self._turns]
        told = [
            strength
            for receiver, levels in self._levels.items()
            if (strength := levels.strength(receiver, now_s, sweeps))
        ]
        packets = {s.receiver for s in told if not self._levels[s.receiver].has_beats}
        return min(
            told, key=lambda s: (s.age_s > OLD_S, s.receiver in packets, s.age_s), default=None
        )

    def _beat(self, strength: Strength | None, moment: Moment) -> Beat | None:
        tracked = [b for b in moment.beats if b[0] == self.collar]
        if tracked:
            _, rate, meaning = tracked[-1]
            return Beat(pulses_per_minute=round(rate), meaning=meaning or "", age_s=0.0)
        levels = None if strength is None else self._levels[strength.receiver]
        rate_told = None if levels is None else levels.pulses_per_minute(moment.now_s)
        if rate_told is None or strength is None or levels is None:
            return None
        sheet, is_sure = self.sheet, levels.beat_count >= 30
        meaning = meaning_of(sheet, 60.0 / rate_told) if sheet is not None and is_sure else None
        rate = round(rate_told, 1)
        return Beat(pulses_per_minute=rate, meaning=meaning or "", age_s=strength.age_s)

    def _gain(self, strength: Strength | None, moment: Moment) -> Gain | None:
        if strength is None or moment.derived is None:
            return None
        own = self.configuration.observer
        setup = moment.derived.register.hearing(own, strength.receiver, moment.time).setup
        now = ", ".join(
            part
            for part in (
                setup.antenna,
                setup.gain,
                f"-{setup.attenuator_db:g} dB" if setup.attenuator_db else None,
            )
            if part
        )
        close = strength.saturated or strength.share >= CLOSE_IN_SHARE
        return Gain(now=now, next_step=next_step(setup.gain or "") if close else "")

    def _limit_m(self, entries: Sequence[Entry]) -> float:
        limits = [e.content.get("limit_m") for e in entries if e.content.get("kind") == APPROACH]
        last = limits[-1] if limits else None
        return float(last) if isinstance(last, int | float) else USUAL_LIMIT_M

    def _advice(
        self,
        moment: Moment,
        here: tuple[float, float] | None,
        stands: Approach,
        strength: Strength | None,
    ) -> Advice:
        if self._turning_since_s is not None and not stands.must_stop:
            return Advice(deed="turn")
        return advise(
            moment.posterior,
            here,
            stands,
            contact_m=self._contact_m(),
            course_deg=self._course_deg(),
            heard_age_s=None if strength is None else strength.age_s,
            elevations_known=self.elevations_known,
        )

    def _contact_m(self) -> float:
        """Return how near the team means to come: a collar that lies still may be picked up."""
        lies_still = self.sheet is not None and self.sheet.movement == "still"
        return DROPPED_LIMIT_M if lies_still else USUAL_LIMIT_M

    def _course_deg(self) -> float | None:
        """Return where the searcher went over his last steps."""
        if len(self._way) < 2:
            return None
        last = self._way[-1]
        grid = LocalGrid(last.latitude_deg, last.longitude_deg)
        for earlier in list(self._way)[-2::-1]:
            x_m, y_m = grid.to_xy(earlier.latitude_deg, earlier.longitude_deg)
            if float(x_m) ** 2 + float(y_m) ** 2 >= COURSE_M**2:
                return math.degrees(math.atan2(-float(x_m), -float(y_m))) % 360.0
        return None

    def _standing_of(self, observer: str, now_s: float) -> Standing | None:
        found = self._places.get(observer)
        if found is None:
            return None
        place, since_s = found
        return Standing(
            observer=observer,
            latitude_deg=place.latitude_deg,
            longitude_deg=place.longitude_deg,
            age_s=0.0 if _holds(place, now_s - since_s) else round(now_s - since_s, 1),
            accuracy_m=place.accuracy_m,
            heading_deg=place.heading_deg,
        )

    def _others(self, now_s: float) -> tuple[Standing, ...]:
        names = [name for name in self._places if name != self.configuration.observer]
        return tuple(s for name in names if (s := self._standing_of(name, now_s)))

    def _calls(self, entries: Sequence[Entry], now_s: float) -> tuple[Said, ...]:
        calls = [e for e in entries if e.content.get("kind") == CALL]
        said = [
            Said(text=call_words(e.content), age_s=now_s - self._entries[e.id][1],
                 observer=e.observer)
            for e in calls
        ]  # fmt: skip
        return tuple(one for one in said if one.age_s < CALL_SHOWN_S)

    def _entered(self, entries: Sequence[Entry], now_s: float) -> tuple[Said, ...]:
        return tuple(
            Said(text=entry_words(e.content), age_s=now_s - self._entries[e.id][1],
                 observer=e.observer)
            for e in entries[-SHOWN:]
        )  # fmt: skip


def _overdue(age_s: float) -> float:
    """Return the age of an answer: 0 while the next one is not late."""
    return age_s if age_s > ANSWER_DUE_S else 0.0


def next_step(taken: str) -> str:
    """Return the step of the close-in chain after the furthest one that is taken, "" for none."""
    furthest = max((i for i, step in enumerate(GAIN_STEPS) if step in taken), default=-1)
    return GAIN_STEPS[furthest + 1] if furthest + 1 < len(GAIN_STEPS) else ""


def _holds(place: Place, age_s: float) -> bool:
    return place.holds_s is not None and age_s < place.holds_s
