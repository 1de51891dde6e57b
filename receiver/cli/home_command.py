"""`baksan home`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receiver.cli import homing
from receiver.cli.homing import Asked, homing_options
from receiver.cli.sound_options import sound_options
from receiver.language import phrase

if TYPE_CHECKING:
    from receiver.recording import Running, Session
    from receiver.searching import Searching
    from receiver.ui.homescreen.face import HomeFace

REHEARSED_MINUTES, SPEED = 180.0, 10.0


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@click.option("--journal", type=click.Path(), help="Where to save (search.journal).")
@click.option(
    "--replay",
    "replayed",
    type=click.Path(path_type=Path),
    help="Run this journal again instead of listening; nothing is written.",
)
@click.option("--rehearse", is_flag=True, help="A made-up search on emulated receivers.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Which made-up search."
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=120),
    default=None,
    help="Of a replay or rehearsal (10).",
)
@click.option("--plain", is_flag=True, help="One line a second instead of a screen.")
@click.option(
    "--phones", "page", is_flag=True, help="Serve the map to browsers here; to phones with --lan."
)
@homing_options
@sound_options
def command(
    sources: tuple[str, ...],
    journal: str | None,
    replayed: Path | None,
    rehearse: bool,
    seed: int,
    speed: float | None,
    **options: Any,
) -> int:
    """Home in on a collar: records, decodes, locates and guides, live.

    \b
    baksan home icom:serial:/dev/ttyUSB0?model=r8500 gpsd:tcp://127.0.0.1:2947 \\
        --collar M7 --journal search.journal --sound
    baksan home --rehearse
    baksan home --replay search.journal --speed 10

    Inside the search area and the approach limit (300 m until the leader lowers it, key p) the
    arrow gives way to STOP; while that area is still wider than 20 discs of the limit, where the
    chance of being within the limit is 1 in 5. SPACE is HEARD, ! calls everybody, q ends;
    everything is saved.
    """
    settings = {key: options.pop(key) for key in ("collar", "observer", "config", "seconds")}
    options["page"] = any(options[word] for word in ("page", "lan", "address", "https"))
    asked = Asked(**options)
    if rehearse + (replayed is not None) + bool(sources) != 1:
        raise click.UsageError("give SOURCEs to listen to, or --replay, or --rehearse")
    if replayed is not None:
        return _replayed(replayed, settings["collar"], speed or SPEED, asked, settings["seconds"])
    if rehearse:
        return _rehearsed(journal, seed, speed or SPEED, asked, settings["seconds"])
    if journal is None:
        raise click.UsageError("--journal says where to save: --journal search.journal")
    from receiver.cli.listen_command import session_of

    odd: list[str] = []
    session = session_of(
        sources, journal=journal, scan=False, dwell=None, tell=odd.append, **settings
    )
    return _live(session, homing.searching_of(session, asked), asked, odd=odd)


def _live(
    session: Session,
    searching: Searching,
    asked: Asked,
    world: Any = None,
    odd: Sequence[str] = (),
) -> int:
    """Record, with a screen, keys, sound and phones; `odd` is what is odd in the settings."""
    from receiver.clock import SystemClock
    from receiver.machine import Awake
    from receiver.ui.homescreen.face import homescreen

    stop, ticks, awake = threading.Event(), SystemClock(), Awake()
    shown: list[HomeFace] = []

    def say(text: str) -> None:
        if shown:
            shown[0].say(text)
        else:
            click.echo(text, err=True)

    with ExitStack() as stack:
        serving = stack.enter_context(homing.phones(searching, asked))
        tap = stack.enter_context(homing.sounding(searching, asked, say))
        stack.callback(awake.end)

        def after_start(running: Running) -> None:
            """Pair phones and draw the screen while the receivers are recorded already."""
            if serving is not None:
                homing.invite_all(serving, stop)
            now_s = lambda: ticks.now().monotonic_ns / 1e9  # noqa: E731
            face, start = stack.enter_context(homescreen(now_s, lines=asked.plain))
            shown.append(face)
            searching.faces.append(face.show)
            if warnings := [said for said in (awake.begin(), homing.first_of(odd)) if said]:
                say("; ".join(warnings))
            start(homing.keys_of(running, searching, face, serving))
            if world is not None:
                say(
                    phrase(
                        "SIMULATION: the searcher walks and turns by himself; the keys are yours"
                    )
                )
                searching.faces.append(homing.contact_told(world, say))
                world.begin(running.writer)

        code = homing.record_search(session, searching, tap, stop, say, after_start)
    homing.tell_where_saved(session.journal)
    return code


def _rehearsed(
    journal: str | None, seed: int, speed: float, asked: Asked, seconds: float | None
) -> int:
    """Play a made-up search through emulated receivers, in which the guidance is followed."""
    from receiver.cli.folders import new_folder
    from receiver.recording import Session
    from receiver.simulator.rehearsal import NAME, World

    path = Path(journal) if journal else new_folder("baksan-rehearsal") / "search.journal"
    found: list[Searching] = []
    ask = lambda: found[0].snapshot().advice if found else None  # noqa: E731
    with World(seed, REHEARSED_MINUTES, speed, ask) as world:
        session = Session(
            addresses=world.addresses,
            journal=path,
            configuration=world.configuration,
            clock=world.clock,
            collar=NAME,
            seconds=seconds or REHEARSED_MINUTES * 60,
        )
        found.append(homing.searching_of(session, asked))
        code = _live(session, found[0], asked, world)
        homing.tell_the_truth(world)
        click.echo(f"SIMULATION: {path}", err=True)
        return code


def _replayed(
    path: Path, collar: str | None, speed: float, asked: Asked, seconds: float | None
) -> int:
    """Run a journal again in front of the same screen, sound and phones."""
    from receiver.cli.interrupt import INTERRUPTED, stop_on_interrupt
    from receiver.clock import SimulatedClock, SystemClock
    from receiver.journal import Journal
    from receiver.recording import Session
    from receiver.replaying import begin_of, replay
    from receiver.ui.homescreen.face import homescreen
    from receiver.ui.homing_keys import actions
    from receiver.ui.replay_keys import ReplayKeys, no_deeds

    with Journal.open(path, readonly=True) as journal:
        configuration = journal.settings
    clock, ticks = SimulatedClock(begin_of(path), speed), SystemClock()
    session = Session(addresses=(), journal=path, configuration=configuration, clock=clock,
                      collar=collar)  # fmt: skip
    searching, stop = homing.searching_of(session, asked, is_replay=True), threading.Event()
    interrupted = stop_on_interrupt(stop)
    with ExitStack() as stack:
        serving = stack.enter_context(homing.phones(searching, asked))
        if serving is not None:
            homing.invite(serving, "viewer")
        now_s = lambda: ticks.now().monotonic_ns / 1e9  # noqa: E731
        face, start = stack.enter_context(homescreen(now_s, lines=asked.plain))
        stack.enter_context(homing.sounding(searching, asked, face.say))
        searching.faces.append(face.show)
        pair = homing.pairing(serving, "viewer")
        other = lambda done: homing.other_deed(done, searching, face, pair)  # noqa: E731
        deeds = no_deeds(face.say, stop.set, other)
        start(ReplayKeys(deeds, clock, configuration.observer, [], searching.collar, actions))
        replay(path, clock, lambda: searching.collar, searching.on_events, searching.on_view,
               stop, seconds)  # fmt: skip
    homing.tell_replayed(path)
    return INTERRUPTED if interrupted() else 0
