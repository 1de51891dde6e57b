"""A recording session: sources into a journal, followed and located live until it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from receiver.address import Address
from receiver.answering import Answers
from receiver.clock import Clock
from receiver.config import Configuration, Setup
from receiver.corrections import standing
from receiver.derive import Derived, Event
from receiver.errors import JournalError
from receiver.journal import Journal, Writer
from receiver.listen import Listening
from receiver.live import Follower
from receiver.machine import Battery, Disk, read_battery
from receiver.records import Detection, Entry, Place, Row
from receiver.scanning import Plan
from receiver.setups import KINDS, TODAY, register
from receiver.silence import lacking
from receiver.status import Status
from receiver.tap import Tap

if TYPE_CHECKING:
    from receiver.locator import Past, Posterior

LOOK_S = 0.5
PEAK_HOLD_S = 3.0
IDLE_S = 1.0  # rows that wait for so long without any being saved are stuck
MANY_ROWS = 200  # more than these wait only where the disk does not keep up
FINISH_S = 10.0
ANSWER_EVERY_S = 5.0
SLOW_EVERY_S = 5.0  # battery and disk
RESCUES = ("/var/tmp", "/dev/shm")  # where there may be room; the last is gone at power-off
ANSWER_SHARE = 0.1  # of the time at most: the rest is for the receivers, also after a long day


@dataclass(slots=True)
class View:
    """What a screen shows of a running search; what is of a source goes by the source's name.

    `tested` tells whether a receiver passed today's radio check, `setups` what it hears with, in
    words, `side` on which side of an aircraft the collar is. `is_stuck` tells that rows wait longer
    than they should.
    """

    saved: int = 0
    waiting: int = 0
    is_stuck: bool = False
    why_stuck: str = ""
    statuses: list[Status] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    begin: datetime | None = None
    now: datetime | None = None
    now_ns: int = 0
    levels: dict[str, Detection] = field(default_factory=dict)
    place: Place | None = None
    places: dict[str, Place] = field(default_factory=dict)
    derived: Derived | None = None
    posterior: Posterior | None = None
    answered_ns: int | None = None
    past: Past | None = None
    tested: dict[str, bool] = field(default_factory=dict)
    setups: dict[str, str] = field(default_factory=dict)
    side: str = ""
    battery: Battery | None = None
    disk_free_bytes: int | None = None
    disk_hours: float | None = None
    clock_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What to record: sources, into which journal, for which collar, on which clock.

    With a `plan` the receivers that can be told are tuned from collar to collar. A `tap` is told at
    once what comes. `look_s` is how often it is looked at what came, and the view shown. `homed`
    tells which collar is to be located where that changes on the way.
    """

    addresses: Sequence[Address]
    journal: Path
    configuration: Configuration
    clock: Clock
    collar: str | None = None
    seconds: float | None = None
    plan: Plan | None = None
    tap: Tap | None = None
    look_s: float = LOOK_S
    homed: Callable[[], str | None] | None = None


class Running(NamedTuple):
    """A session that records, for those who take part in it: keys, a rehearsal."""

    session: Session
    writer: Writer
    listening: Listening
    view: View
    stop: threading.Event


def open_journal(path: Path, configuration: Configuration) -> Journal:
    """Open a journal to go on with it, or make it."""
    return Journal.open(path) if path.exists() else Journal.create(path, configuration)


def record(
    session: Session,
    on_events: Callable[[list[Event]], None],
    on_view: Callable[[View], None],
    stop: threading.Event,
    after_start: Callable[[Running], None] = lambda running: None,
) -> tuple[Derived, Posterior]:
    """Record until `stop` is set, the time is over or all sources have ended.

    Returns what was derived and the answer. `on_events` gets what was committed, in order, also
    what is committed while stopping; who is guided (`homed`) gets what waits for a full disk, too.

    Raises:
        JournalError: rows could not be saved.
    """
    # Before numpy is loaded: its second thread would take the core that the receivers need, and
    # keep buffers that grow with the search (21 MB in ten minutes).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    view = View(begin=session.clock.now().utc)
    with open_journal(session.journal, session.configuration) as journal:
        if session.configuration.collars or session.configuration.receivers:
            journal.adopt(session.configuration, session.clock.now(), session.clock)
        writer = Writer(journal, view.faults.append)
        listening = Listening(
            session.addresses,
            session.configuration.observer,
            writer,
            session.clock,
            session.plan,
            session.configuration.collars,
            session.tap,
        )
        try:
            after_start(Running(session, writer, listening, view, stop))
            with Journal.open(session.journal, readonly=True) as copy:
                answers = Answers(Follower(copy), session.collar)
                _follow(session, view, writer, listening, answers, on_events, on_view, stop)
                listening.close()
                _finish(writer, session, listening.sources)
                on_events(_seen(answers.follower.news(), view))
                return answers.answer(session.clock.now().utc)
        finally:
            listening.close()
            writer.stop()


def _follow(
    session: Session,
    view: View,
    writer: Writer,
    listening: Listening,
    answers: Answers,
    on_events: Callable[[list[Event]], None],
    on_view: Callable[[View], None],
    stop: threading.Event,
) -> None:
    begin_ns = session.clock.now().monotonic_ns
    view.clock_source, disk = session.clock.source, Disk(session.journal)
    slow = max(round(SLOW_EVERY_S / session.look_s), 1)
    looks, idle_looks = 0, 0
    answer_every_s = ANSWER_EVERY_S / session.clock.speed
    next_answer = round(answer_every_s / session.look_s) - 1
    while not stop.wait(session.look_s) and not listening.ended:
        looks += 1
        try:
            now = session.clock.now()
            view.now, view.now_ns = now.utc, now.monotonic_ns
            on_events(_seen(_news(session, view, writer, answers), view))
            if looks > next_answer:
                next_answer = looks + round(answer_every_s / session.look_s)  # also if it fails
                took_s = _locate(session, view, answers)
                pause_s = max(answer_every_s, took_s / ANSWER_SHARE)
                next_answer = looks + round(pause_s / session.look_s)
            saved, waiting, now = writer.committed, writer.waiting, session.clock.now()
            idle_looks = idle_looks + 1 if waiting > 0 and view.saved == saved else 0
            view.is_stuck = idle_looks * session.look_s >= IDLE_S or waiting > MANY_ROWS
            view.why_stuck = writer.fault
            view.saved, view.waiting, view.statuses = saved, waiting, listening.statuses
            view.now, view.now_ns = now.utc, now.monotonic_ns
            if looks % slow == 1:
                view.battery = read_battery()
                view.disk_free_bytes, view.disk_hours = disk.state(view.now_ns)
            on_view(view)
        except Exception as error:  # a fault in looking must never end the recording
            if (fault := f"a fault in looking, recording goes on: {error!r}") not in view.faults:
                view.faults.append(fault)
        now_ns = session.clock.now().monotonic_ns
        if session.seconds is not None and now_ns - begin_ns > session.seconds * 1e9:
            return


def _news(session: Session, view: View, writer: Writer, answers: Answers) -> list[Event]:
    """Return what was committed; who is guided also sees what waits for a disk that is full."""
    must_see = session.homed is not None and view.is_stuck
    return answers.follower.news(writer.unseen() if must_see else ())


def _locate(session: Session, view: View, answers: Answers) -> float:
    """Bring the answer up to date; return how many seconds that took."""
    begin_ns = session.clock.now().monotonic_ns
    if view.past is None:
        from receiver.locator import Past  # only now: recording begins without the locator

        view.past = Past()
    if session.homed is not None:
        answers.about(session.homed())
    derived, view.posterior = answers.answer(session.clock.now().utc, view.past)
    view.derived, view.answered_ns = derived, session.clock.now().monotonic_ns
    _look_at_receivers(session, view, derived)
    if view.begin is not None:
        _tell(view, [*answers.follower.complaints(view.begin), *_silences(derived, view.begin)])
    return (session.clock.now().monotonic_ns - begin_ns) / 1e9 / session.clock.speed


def _look_at_receivers(session: Session, view: View, derived: Derived) -> None:
    """Note for the screen what the receivers hear with, and whether they were tested today."""
    now, observer = session.clock.now().utc, session.configuration.observer
    for status in view.statuses:
        setup = derived.register.hearing(observer, status.name, now).setup
        check = derived.register.check(observer, status.name, now)
        view.tested[status.name] = check is not None and check.passed
        view.setups[status.name] = setup_words(setup)
    if derived.sides:
        last = derived.sides[-1]
        age_s = (now - last.time).total_seconds()
        louder = abs(last.left_minus_right_db)
        view.side = f"{last.called.upper()}, by {louder:.0f} dB, {age_s:.0f} s ago"


def _tell(view: View, faults: Sequence[str]) -> None:
    """Show what went wrong, each once."""
    view.faults += [said for said in dict.fromkeys(faults) if said not in view.faults]


def _silences(derived: Derived, begin: datetime) -> Iterator[str]:
    """Tell of each silence said in this run that does not count what it lacks."""
    for judged in (*derived.observations, *derived.unplaced):
        lacks = lacking(judged)
        if lacks and judged.time >= begin:
            yield f"silence at {judged.time:%H:%M:%S} UTC is kept and does not count: {lacks}"


def unsaid(session: Session, receivers: Sequence[str]) -> tuple[list[str], bool]:
    """Return which receivers' antenna nobody has said, and whether no compass was named today."""
    entries = []
    if session.journal.exists():
        with Journal.open(session.journal, readonly=True) as journal:
            entries = standing([row for row in journal.rows() if isinstance(row, Entry)])
    now, observer = session.clock.now().utc, session.configuration.observer
    recent = [e for e in entries if now - e.time <= TODAY and e.content.get("kind") in KINDS]
    known = register(recent, session.configuration)
    unknown = [r for r in receivers if known.hearing(observer, r, now).setup.antenna is None]
    return unknown, observer not in known.compasses


def setup_words(setup: Setup) -> str:
    """Say in a few words what a receiver hears with."""
    attenuator = setup.attenuator_db
    parts = (
        setup.antenna,
        None if setup.gain is None else f"gain {setup.gain}",
        f"-{attenuator:g} dB" if attenuator else None,
    )
    return ", ".join(part for part in parts if part) or "not said"


def _finish(writer: Writer, session: Session, sources: Sequence[Row]) -> None:
    """Wait until all is saved; what cannot be goes into a journal of its own, elsewhere.

    Raises:
        JournalError: rows could not be saved; it says where they are, or how many are lost.
    """
    if writer.flush(FINISH_S):
        return
    writer.stop()
    rows = writer.left()
    rescue = _rescue(session.configuration, [*sources, *rows])
    if rescue is None:
        raise JournalError(
            f"{session.journal}: the last {len(rows)} rows could not be saved anywhere"
        )
    raise JournalError(
        f"{session.journal}: the last {len(rows)} rows could not be saved there; they are in"
        f" {rescue}: make room, then: baksan import {rescue} --to {session.journal}"
    )


def _rescue(configuration: Configuration, rows: Sequence[Row]) -> Path | None:
    """Save rows in a journal in a folder that only we can read; None where none has room."""
    for folder in (tempfile.gettempdir(), str(Path.home()), *RESCUES):
        with suppress(OSError):
            own = Path(tempfile.mkdtemp(prefix="baksan-rescue-", dir=folder))
            try:
                with Journal.create(own / "rows.journal", configuration) as journal:
                    journal.append(rows)
                return journal.path
            except JournalError:
                shutil.rmtree(own)
    return None


def _louder(shown: Detection | None, heard: Detection) -> Detection:
    """Return what to show: between two pulses a meter shows the last pulse for a moment."""
    if shown is None or heard.kind != "meter" or shown.frequency_hz != heard.frequency_hz:
        return heard
    is_old = heard.monotonic_ns - shown.monotonic_ns > PEAK_HOLD_S * 1e9
    old, new = (d.level_raw if d.level_db is None else d.level_db for d in (shown, heard))
    return heard if is_old or new is None or old is None or new >= old else shown


def _seen(events: list[Event], view: View) -> list[Event]:
    for event in events:
        if isinstance(event, Detection):
            view.levels[event.source] = _louder(view.levels.get(event.source), event)
        elif isinstance(event, Place):
            view.place = view.places[event.source] = event
    return events
