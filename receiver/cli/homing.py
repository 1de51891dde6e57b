"""What `baksan home` and `baksan map` share: the search, its faces, the recording beneath."""

from __future__ import annotations

import sys
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receiver.cli.interrupt import INTERRUPTED, stop_on_interrupt
from receiver.cli.sound_options import destination
from receiver.language import phrase, translated

if TYPE_CHECKING:
    from receiver.config import Setup
    from receiver.homing.snapshot import Snapshot
    from receiver.recording import Running, Session
    from receiver.searching import Searching
    from receiver.simulator.rehearsal import World
    from receiver.ui.homescreen.face import HomeFace
    from receiver.ui.keys import Keys
    from receiver.ui.web.server import Serving

LOOK_S = 0.1
Say = Callable[[str], None]

_OPTIONS = (
    click.option("--collar", help="The collar to home in on, by its name in baksan.toml."),
    click.option("--observer", help="Who carries these receivers (A by default)."),
    click.option("--config", type=click.Path(), help="Settings (default: beside the journal)."),
    click.option("--seconds", type=click.FloatRange(min=0), help="Stop after so many seconds."),
    click.option("--lan", is_flag=True, help="Let phones on this network look and enter; paired."),
    click.option("--address", help="The address that phones reach, if this computer has several."),
    click.option("--https", is_flag=True, help="With place, compass, a screen that stays on."),
    click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True),
    click.option("--tiles", type=click.Path(path_type=Path), help="A map: MBTiles or PMTiles."),
    click.option("--elevation", type=click.Path(path_type=Path), multiple=True,
                 help="Heights: .hgt or GeoTIFF files, or their folder."),
)  # fmt: skip


def homing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of every homing search."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options ask for. `page`: phones are served, `plain`: lines and no screen."""

    lan: bool = False
    address: str | None = None
    https: bool = False
    port: int = 8765
    tiles: Path | None = None
    elevation: tuple[Path, ...] = ()
    sound: bool = False
    sound_to: str | None = None
    tone: Any = "raw"
    page: bool = False
    plain: bool = False


def searching_of(session: Session, asked: Asked, *, is_replay: bool = False) -> Searching:
    """Return the search of a session, with the ground that the user brought."""
    from receiver.cli.listen_command import collar_of
    from receiver.searching import Ground, Searching

    tiles = elevation = None
    if asked.tiles is not None:
        from receiver.ui.web.tiles import open_tiles

        tiles = open_tiles(asked.tiles)
    if asked.elevation:
        from receiver.ui.web.elevation import open_elevation

        elevation = open_elevation(asked.elevation)
    return Searching(
        configuration=session.configuration,
        clock=session.clock,
        collar=collar_of(session),
        journal=session.journal,
        ground=Ground(tiles=tiles, elevation=elevation),
        auto_off_s=_auto_off_s(session),
        is_replay=is_replay,
    )


def _auto_off_s(session: Session) -> dict[str, float]:
    """Return which receivers switch themselves off, and after how long, by `?auto_off_min=15`."""
    from receiver.instruments import seconds

    key = "auto_off_min"
    return {a.name: 60.0 * seconds(a, key, 15.0) for a in session.addresses if key in a.options}


@contextmanager
def sounding(searching: Searching, asked: Asked, say: Say) -> Iterator[Any]:
    """Sound the search while the block runs; gives the tap of the recording."""
    where = destination(asked.sound, asked.sound_to)
    if where is None:
        yield None
        return
    from receiver.ui.sound import open_sound

    sheet = searching.configuration.collar(searching.collar or "")
    sound = open_sound(where, searching.clock, say, collar=sheet, tone=asked.tone)
    if sound is None:
        yield None
        return
    searching.faces.append(sound.show)
    searching.on_home.append(sound.home)
    try:
        yield sound
    finally:
        sound.close()


@contextmanager
def phones(searching: Searching, asked: Asked) -> Iterator[Serving | None]:
    """Serve phones while the block runs, and show how to pair one."""
    if not asked.page:
        yield None
        return
    from receiver.language import language
    from receiver.ui.web.addresses import lan_address
    from receiver.ui.web.certificate import config_folder
    from receiver.ui.web.search import LOOPBACK, Options
    from receiver.ui.web.server import serve

    options = Options(
        host=asked.address or (lan_address() if asked.lan else LOOPBACK),
        port=asked.port,
        https=asked.https,
        folder=config_folder(),
        language=language(),
    )
    with serve(searching, options) as serving:
        yield serving


def invite(serving: Serving, role: Any = "operator") -> None:
    """Show on standard error how one more phone is paired."""
    if serving.without_https:
        click.echo(serving.without_https, err=True)
    if serving.fingerprint:
        said = phrase("certificate of this computer: {mark}", mark=serving.fingerprint)
        click.echo(said, err=True)
    for line in invitation(serving, role):
        click.echo(line, err=True)


def invitation(serving: Serving, role: Any = "operator") -> tuple[str, ...]:
    """Return a code that pairs one phone, line by line, and last its address."""
    from receiver.ui.web.server import qr

    address = serving.invite(role)
    if serving.reaches_phones:
        return *qr(address).splitlines(), phrase("for one phone: {address}", address=address)
    here = phrase("for a browser of this computer: {address}", address=address)
    return (f"{here} {phrase('(phones need --lan: begin again with it)')}",)


def pairing(
    serving: Serving | None, role: Any = "operator"
) -> Callable[[], tuple[str, ...]] | None:
    """Return what makes an invitation for one more phone, where phones are served."""
    return None if serving is None else partial(invitation, serving, role)


def invite_all(serving: Serving, stop: threading.Event) -> None:
    """Show how a phone is paired, one after another, until somebody goes on."""
    invite(serving)
    while is_interactive():
        click.echo(phrase("n: another phone    any other key: the screen"), err=True)
        try:
            key = click.getchar()
        except KeyboardInterrupt:
            stop.set()
            return
        except (EOFError, OSError, termios.error):  # it is gone: the recording goes on
            return
        if str(key).lower() not in ("n", "т"):
            return
        invite(serving)


def record_search(
    session: Session,
    searching: Searching,
    tap: Any,
    stop: threading.Event,
    say: Say,
    after_start: Callable[[Running], None],
) -> int:
    """Record until the end; return the exit code."""
    from receiver.notes.content import entry
    from receiver.recording import record
    from receiver.records import GUIDED

    interrupted = stop_on_interrupt(stop)

    def begun(running: Running) -> None:
        keep = partial(running.listening.heard, session.journal.parent, say)
        searching.begin(running.writer.submit, running.writer.flush, keep)
        running.writer.submit(
            entry({"kind": GUIDED}, searching.configuration.observer, session.clock)
        )
        after_start(running)

    ready = replace(session, tap=tap, look_s=LOOK_S, homed=lambda: searching.collar)
    record(ready, searching.on_events, searching.on_view, stop, begun)
    return INTERRUPTED if interrupted() else 0


def contact_told(world: World, say: Say) -> Callable[[Snapshot], None]:
    """Return what says once that the searcher of a rehearsal has come near enough."""
    told = False

    def look(snapshot: Snapshot) -> None:
        nonlocal told
        if world.contact and not told:
            told = True
            say(phrase("SIMULATION: contact, the collar is {away:.0f} m away", away=world.away_m))

    return look


def tell_the_truth(world: World) -> None:
    """Tell where the made-up collar was, when a rehearsal is over."""
    latitude_deg, longitude_deg = world.truth_deg
    said = phrase(
        "SIMULATION: the made-up collar was {away:.0f} m from you, at {latitude:.5f}"
        " {longitude:.5f}",
        away=world.away_m, latitude=latitude_deg, longitude=longitude_deg,
    )  # fmt: skip
    click.echo(said, err=True)


def tell_where_saved(journal: Path) -> None:
    """Tell where all is saved, when the screen is gone.

    Not where the collar may be: what STOP withheld is not handed out at the end.
    """
    said = phrase("saved in {journal}; for the leader: baksan locate {journal}", journal=journal)
    click.echo(said, err=True)


def tell_replayed(journal: Path) -> None:
    """Tell that a replay is over, when the screen is gone."""
    said = phrase("the replay of {journal} is over; nothing was written", journal=journal)
    click.echo(said, err=True)


def deeds_of(
    running: Running, searching: Searching, face: HomeFace, serving: Serving | None
) -> Any:
    """Return what keys may do in a running search."""
    from receiver.ui.keys import Deeds

    journal = running.session.journal
    return Deeds(
        submit=searching.hand_over,
        keep=lambda: running.listening.heard(journal.parent, face.say),
        # Who types on does not wait for a disk that takes nothing.
        saved=lambda seconds: running.writer.flush(0.0 if running.view.is_stuck else seconds),
        own_radio=running.listening.own_radio,
        end=running.stop.set,
        place=lambda: searching.snapshot().place or running.view.place,
        maybe=running.listening.maybe,
        play=lambda: running.listening.play(journal.parent, face.say),
        say=face.say,
        prompt=lambda prompt: None,
        other=lambda done: other_deed(done, searching, face, pairing(serving)),
        shown=lambda: _receiver_shown(searching),
        setup=lambda receiver: _setup_now(running, receiver),
    )


def _setup_now(running: Running, receiver: str) -> Setup | None:
    derived, session = running.view.derived, running.session
    if derived is None:
        return None
    now, observer = session.clock.now().utc, session.configuration.observer
    return derived.register.hearing(observer, receiver, now).setup


def _receiver_shown(searching: Searching) -> str | None:
    """Return the receiver whose level everybody looks at: a gain step is likely meant for it."""
    strength = searching.snapshot().strength
    return None if strength is None else strength.source


def other_deed(
    done: Any, searching: Searching, face: HomeFace, pair: Callable[[], tuple[str, ...]] | None
) -> None:
    """Do what changes only what is shown."""
    match done.what:
        case "next collar":
            name = searching.next_collar()
            only = phrase("there is only one collar")
            face.say(only if name is None else phrase("homing in on {collar}", collar=name))
        case "light":
            face.change_light()
        case "pair":
            if pair is None:
                face.say(phrase("no phones are served: begin again with --lan"))
            else:
                face.show_code(pair)


def keys_of(
    running: Running, searching: Searching, face: HomeFace, serving: Serving | None
) -> Keys:
    """Return the keys of a running search; they ask what nobody has said, but in no rehearsal."""
    from receiver.recording import unsaid
    from receiver.ui.homing_keys import actions
    from receiver.ui.keys import Keys

    session = running.session
    receivers = [s.name for s in running.listening.statuses if s.role == "receiver"]
    deeds = deeds_of(running, searching, face, serving)
    own = session.configuration.observer
    keys = Keys(deeds, session.clock, own, receivers, searching.collar, actions)
    searching.on_home.append(keys.home)
    if not session.configuration.simulation:
        keys.ask(*unsaid(session, receivers))
    return keys


def first_of(findings: Sequence[str]) -> str:
    """Return the first finding, with how to see the others; "" where there is none."""
    if len(findings) < 2:
        return "".join(findings)
    others = phrase("{count} more: baksan collar check", count=len(findings) - 1)
    return f"{translated(findings[0])}; {others}"


def show_plainly(say: Say) -> Callable[[Snapshot], None]:
    """Return what writes a line now and then: a search without a screen."""
    from receiver.ui.homescreen import plain

    count = 0

    def show(snapshot: Snapshot) -> None:
        nonlocal count
        if count % round(10.0 / LOOK_S) == 0:
            say(plain.line(snapshot))
        count += 1

    return show


def is_interactive() -> bool:
    """Tell whether somebody sits at a terminal here."""
    from receiver.ui.keys import is_terminal

    return is_terminal(sys.stdin, sys.stderr)
