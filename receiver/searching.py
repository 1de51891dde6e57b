"""A running homing search as its faces see it: what came is taken in, snapshots go out.

The recording (or a replay) calls `on_events` and `on_view` from its own thread; screens, sound and
phones read the last snapshot from theirs, and hand over what people enter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from receiver.clock import Clock, SystemClock
from receiver.config import Collar, Configuration
from receiver.homing import mapped
from receiver.homing.finding import Finding, Moment
from receiver.homing.snapshot import OLD_S, Machine, Snapshot, SourceState
from receiver.journal import Journal
from receiver.language import translated
from receiver.records import CALL, SETUP, Entry, Observation, Place

if TYPE_CHECKING:
    from receiver.locator import Posterior
    from receiver.recording import View
    from receiver.ui.web.belief import Overlay
    from receiver.ui.web.elevation import Elevation
    from receiver.ui.web.tiles import Tiles

SAVED_WITHIN_S = 5.0
MOST_PICTURES = 3  # a phone on a slow link asks for that of a map of a moment ago
Submit = Callable[[Entry], None]


@dataclass(slots=True)
class Ground:
    """What is known of the ground: a map that the user brought, heights."""

    tiles: Tiles | None = None
    elevation: Elevation | None = None


@dataclass(slots=True)
class _Pictures:
    """The pictures of one answer, each drawn once."""

    posterior: Posterior
    _drawn: dict[bool, Overlay | None] = field(default_factory=dict)

    def overlay(self, *, night: bool) -> Overlay | None:
        from receiver.ui.web.belief import overlay

        if night not in self._drawn:
            self._drawn[night] = overlay(self.posterior, night=night)
        return self._drawn[night]


@dataclass(slots=True)
class Searching:
    """One search. `auto_off_s`: receivers that switch themselves off, and after how long.

    `is_replay`: nothing of the journal is older than what is shown.
    """

    configuration: Configuration
    clock: Clock
    collar: str | None
    journal: Path | None = None
    ground: Ground = field(default_factory=Ground)
    auto_off_s: dict[str, float] = field(default_factory=dict)
    is_replay: bool = False
    faces: list[Callable[[Snapshot], None]] = field(default_factory=list)
    on_home: list[Callable[[Collar | None], None]] = field(default_factory=list)
    _finding: Finding = field(init=False)
    _write: Submit | None = None
    _flush: Callable[[float], bool] | None = None
    _keep: Callable[[], None] = lambda: None
    _early: list[Entry] = field(default_factory=list)  # entered before the recording had begun
    _walk: mapped.Walk = field(default_factory=mapped.Walk)
    _on_disk: dict[str, Entry] = field(default_factory=dict)  # entries that were found there
    _last: Snapshot | None = None
    _made_ns: int | None = None
    _answered: tuple[int, Posterior | None] = (0, None)  # an answer and its number
    _observations: Sequence[Observation] = ()
    _pictures: dict[int, _Pictures] = field(default_factory=dict)  # of the last maps
    _drawing: threading.Lock = field(default_factory=threading.Lock)
    _keys_s: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        begin = None if self.is_replay else self.clock.now().utc
        self._finding = Finding(self.configuration, self.collar, begin=begin)
        self._tell_own()

    # --- told by the recording ------------------------------------------------------------------

    def begin(
        self,
        write: Submit,
        flush: Callable[[float], bool],
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        """Write entries from now on; `flush` waits until all are on the disk.

        `keep` keeps the last minute of samples, when somebody has heard the collar.
        """
        with self._lock:
            self._write, self._flush, self._keep = write, flush, keep
            self._tell_own()
            early, self._early = self._early, []
        for entry in early:
            write(entry)

    def _tell_own(self) -> None:
        if self.journal is not None and self.journal.exists():
            with Journal.open(self.journal, readonly=True) as journal:
                self._finding.own(journal.origin)

    def on_events(self, events: Sequence[object]) -> None:
        """Take what was committed."""
        now = self.clock.now()
        now_s = now.monotonic_ns / 1e9
        with self._lock:
            self._finding.take(events, now.utc, now_s)
        for event in events:
            if isinstance(event, Entry):
                if event.content.get("kind") == SETUP:
                    self._keys_s[str(event.content.get("receiver"))] = now_s
            elif isinstance(event, Place) and self._is_own(event):
                since_s = now_s - max((now.utc - event.time).total_seconds(), 0.0)
                self._step(event, since_s)

    def _is_own(self, place: Place) -> bool:
        return (place.observer or self.configuration.observer) == self.configuration.observer

    def _step(self, place: Place, since_s: float) -> None:
        strength = None if self._last is None else self._last.strength
        share = None if strength is None or strength.age_s > OLD_S else strength.share
        self._walk.add(mapped.Step(place.latitude_deg, place.longitude_deg, share, since_s))

    def on_view(self, view: View) -> None:
        """Make the snapshot of a view, and show it on every face."""
        moment = self._moment(view)
        with self._lock:
            self._finding.elevations_known = self._knows_the_ground()
            snapshot = self._finding.snapshot(moment)
        number, posterior = self._answered
        if view.posterior is not posterior and view.derived is not None:
            self._observations = view.derived.observations
            self._answered = number + 1, view.posterior
        self._last, self._made_ns = snapshot, _ticks_ns()
        faults = []
        for show in self.faces:
            try:
                show(snapshot)
            except Exception as error:  # of one face: the others must see it all the same
                faults.append(error)
        if faults:
            raise faults[0]

    def _knows_the_ground(self) -> bool:
        """Tell whether heights are known where the searcher is, and not only somewhere else."""
        place = None if self._last is None else self._last.place
        if self.ground.elevation is None or place is None:
            return False
        here = [[place.latitude_deg], [place.longitude_deg]]
        return bool(np.isfinite(self.ground.elevation.heights(*np.array(here))).all())

    def _moment(self, view: View) -> Moment:
        now_s = view.now_ns / 1e9
        answered_s = None if view.answered_ns is None else view.answered_ns / 1e9
        return Moment(
            time=view.now or self.clock.now().utc,
            now_s=now_s,
            machine=_machine(view),
            sources=tuple(self._source(status, view) for status in view.statuses),
            beats=tuple(
                (track.collar, track.pulses_per_minute, track.meaning)
                for status in view.statuses
                for track in status.beacons
            ),
            posterior=view.posterior,
            derived=view.derived,
            answered_s=answered_s,
            faults=tuple(view.faults),
        )

    def _source(self, status: Any, view: View) -> SourceState:
        heard_ns = status.heard_ns if status.heard_ns is not None else status.since_ns
        return SourceState(
            name=status.name,
            role=status.role,
            state=status.state,
            age_s=None if heard_ns is None else round((view.now_ns - heard_ns) / 1e9, 1),
            reason=status.reason,
            off_in_s=self._off_in_s(status.name, view.now_ns / 1e9),
        )

    def _off_in_s(self, name: str, now_s: float) -> float | None:
        """Return when a receiver switches itself off: so long after a key of it was pressed.

        Nobody tells when that was; a gain step is a key, and so is switching it on at the start.
        """
        if name not in self.auto_off_s:
            return None
        return self.auto_off_s[name] - (now_s - self._keys_s.setdefault(name, now_s))

    # --- asked by faces -------------------------------------------------------------------------

    def home(self, collar: str) -> None:
        """Home in on another collar."""
        self.collar = collar
        with self._lock:
            self._finding.home(collar)
        for tell in self.on_home:
            tell(self.configuration.collar(collar))

    def next_collar(self) -> str | None:
        """Home in on the next collar of the sheets; return its name."""
        names = [collar.name for collar in self.configuration.collars]
        if len(names) < 2:
            return None
        at = names.index(self.collar) if self.collar in names else -1
        self.home(names[(at + 1) % len(names)])
        return self.collar

    def snapshot(self) -> Snapshot:
        """Return what is known now."""
        if self._last is None:
            now = self.clock.now()
            empty = Machine(saved=0, waiting=0, is_stuck=False)
            with self._lock:
                return self._finding.snapshot(
                    Moment(time=now.utc, now_s=now.monotonic_ns / 1e9, machine=empty)
                )
        return self._last

    def snapshot_age_s(self) -> float:
        """Return how many seconds ago, by this computer, the last snapshot was made.

        It grows while the recording stands still; 0 where none was made yet.
        """
        return 0.0 if self._made_ns is None else (_ticks_ns() - self._made_ns) / 1e9

    def map_version(self) -> int:
        """Return the number of the map: it grows with each answer and each piece of the walk."""
        return self._answered[0] + self._walk.changes

    def map(self) -> dict[str, Any]:
        """Return what a map shows."""
        snapshot, now_s = self.snapshot(), self.clock.now().monotonic_ns / 1e9
        version = self.map_version()
        number, posterior = self._answer()
        return {
            "version": version,
            "walk": [
                [s.latitude_deg, s.longitude_deg, s.share, round(now_s - s.since_s)]
                for s in self._walk.steps
            ],
            "regions": mapped.regions(None if posterior is None else posterior.answer),
            "bearings": mapped.bearings(self._observations, snapshot.time, self.collar),
            "others": mapped.others(snapshot),
            "alarms": mapped.alarms(snapshot),
            "belief": None if posterior is None else self._belief(number, posterior),
            "declination_deg": self._declination_deg(snapshot.time),
            "has_tiles": self.ground.tiles is not None,
            "has_relief": self.ground.elevation is not None,
        }

    def _answer(self) -> tuple[int, Posterior | None]:
        """Return the last answer and its number, unless it is still that of the collar before."""
        number, found = self._answered
        return number, found if found is not None and self._is_of_collar(found) else None

    def _is_of_collar(self, posterior: Posterior) -> bool:
        return posterior.answer.collar == self.collar

    def _belief(self, number: int, posterior: Posterior) -> dict[str, Any] | None:
        with self._drawing:
            shown = self._pictures.setdefault(number, _Pictures(posterior))
            drawn = shown.overlay(night=False)
            for old in sorted(self._pictures)[:-MOST_PICTURES]:
                del self._pictures[old]
        if drawn is None:
            return None
        sides = {name: getattr(drawn, name) for name in ("south", "west", "north", "east")}
        return {"url": f"/belief.png?v={number}", **sides}

    def belief_png(self, number: int, night: bool) -> bytes | None:
        """Return the picture that a map told of by this number; None where it is too old."""
        with self._drawing:
            shown = self._pictures.get(number)
            if shown is None or not self._is_of_collar(shown.posterior):
                return None
            drawn = shown.overlay(night=night)
        return None if drawn is None else drawn.png

    def _declination_deg(self, time: datetime) -> float | None:
        from receiver.geodesy import declination_deg

        if not self._walk.steps:
            return None
        last = self._walk.steps[-1]
        return round(declination_deg(last.latitude_deg, last.longitude_deg, time.date()), 1)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile of the user's map."""
        return None if self.ground.tiles is None else self.ground.tiles.tile(z, x, y)

    def relief(self, z: int, x: int, y: int, night: bool) -> bytes | None:
        """Return a tile drawn from heights."""
        from receiver.ui.web.relief import relief_tile

        known = self.ground.elevation
        return None if known is None else relief_tile(known, z, x, y, night=night)

    def entry(self, identity: str) -> Entry | None:
        """Return the entry with this id, as it is on the disk."""
        if identity in self._on_disk or self.journal is None or not self.journal.exists():
            return self._on_disk.get(identity)
        with Journal.open(self.journal, readonly=True) as journal:
            found = journal.entry(identity)
        if found is not None:
            self._on_disk[identity] = found
        return found

    def hand_over(self, entry: Entry) -> None:
        """Hand an entry over to be written, as soon as the recording has begun.

        A call to everybody is told at once: a disk that is full must not silence it.
        """
        with self._lock:
            if entry.content.get("kind") == CALL:
                self._finding.call(entry, self.clock.now().monotonic_ns / 1e9)
            write = self._write
            if write is None:
                self._early.append(entry)
        if write is not None:
            write(entry)

    def submit(self, entry: Entry) -> bool:
        """Hand an entry over; return whether it is on the disk by now."""
        self.hand_over(entry)
        if entry.content.get("heard") is True:
            self._keep()
        return self._flush is not None and self._flush(SAVED_WITHIN_S)


def _ticks_ns() -> int:
    """Return the time that passes for people, whatever the speed of the search's own clock."""
    return SystemClock().now().monotonic_ns


def _machine(view: View) -> Machine:
    battery = view.battery
    return Machine(
        saved=view.saved,
        waiting=view.waiting,
        is_stuck=view.is_stuck,
        why_stuck=translated(view.why_stuck),
        battery_percent=None if battery is None else battery.percent,
        battery_hours=None if battery is None else battery.hours_left,
        disk_hours=view.disk_hours,
        clock_source=view.clock_source,
    )
