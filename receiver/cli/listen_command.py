"""`baksan listen`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receiver.cli.interrupt import INTERRUPTED, stop_on_interrupt

if TYPE_CHECKING:
    from receiver.recording import Running, Session


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--journal", type=click.Path(), required=True, help="Where to save (search.journal).")
@click.option("--collar", help="The collar to locate, by its name in baksan.toml.")
@click.option("--observer", help="Who carries these receivers (A by default).")
@click.option("--config", type=click.Path(), help="Settings file (default: beside the journal).")
@click.option("--seconds", type=click.FloatRange(min=0), help="Stop after so many seconds.")
@click.option("--scan", is_flag=True, help="Tune the receivers from collar to collar.")
@click.option("--dwell", type=click.FloatRange(min=1), help="Seconds at each place of the dial.")
@click.option("--jsonl", is_flag=True, help="What is heard, as JSON lines on standard output.")
def command(sources: tuple[str, ...], jsonl: bool, **options: Any) -> int:
    """Record what receivers and position sources give, and locate live.

    A SOURCE is INSTRUMENT:TRANSPORT, see `baksan sources`. Ctrl-C ends it; everything is saved.
    What a receiver hears with stands under [receivers.NAME] in baksan.toml.

    \b
    Keys on a terminal: h heard    b bearing    t turn    s silence
                        n note     g gain       v own voice radio
                        m maybe: play a doubtful beacon, or write down a test of it
                        u undo     q end
    \b
    baksan listen icom:serial:/dev/ttyUSB0?model=r8500 gpsd:tcp://127.0.0.1:2947 \\
        --journal search.journal
    """
    from receiver.recording import record
    from receiver.ui.json_lines import Lines

    session = session_of(sources, **options)
    stop = threading.Event()
    interrupted = stop_on_interrupt(stop)
    lines = Lines(sys.stdout.fileno()) if jsonl else None
    with _watched(session) as (show, after_start):
        tell = (lambda events: None) if lines is None else lines.put
        derived, posterior = record(session, tell, show, stop, after_start)
    if lines is not None and (fault := lines.close()):
        click.echo(f"look out: {fault}; the journal has everything", err=True)
        jsonl = False
    close(derived, posterior, jsonl, session.configuration.simulation)
    return INTERRUPTED if interrupted() else 0


@contextmanager
def _watched(session: Session) -> Iterator[tuple[Any, Any]]:
    """Keep the computer awake, and show what happens: a table with keys, or lines elsewhere."""
    from receiver.machine import Awake
    from receiver.ui.keys import can_draw, is_terminal
    from receiver.ui.status import StatusLine

    awake = Awake()
    try:
        if can_draw() and is_terminal(sys.stdin, sys.stderr):
            with _table(session, awake) as parts:
                yield parts
        else:
            screen = StatusLine()
            yield screen.show, lambda running: _hold(awake, lambda text: click.echo(text, err=True))
            screen.close()
    finally:
        awake.end()


def _hold(awake: Any, say: Callable[[str], None]) -> None:
    if warning := awake.begin():
        say(f"look out: {warning}")


@contextmanager
def _table(session: Session, awake: Any) -> Iterator[tuple[Any, Any]]:
    from receiver.recording import unsaid
    from receiver.ui.keys import Deeds, Keys, single_keys
    from receiver.ui.screen import Screen

    screen, over = Screen(session.clock), threading.Event()
    threads: list[threading.Thread] = []
    with single_keys() as descriptor:

        def after_start(running: Running) -> None:
            _hold(awake, screen.say)
            deeds = Deeds(
                submit=running.writer.submit,
                keep=lambda: running.listening.heard(session.journal.parent, screen.say),
                saved=running.writer.flush,
                own_radio=running.listening.own_radio,
                end=running.stop.set,
                place=lambda: running.view.place,
                maybe=running.listening.maybe,
                play=lambda: running.listening.play(session.journal.parent, screen.say),
                say=screen.say,
                prompt=screen.ask,
            )
            statuses = running.listening.statuses
            receivers = [status.name for status in statuses if status.role == "receiver"]
            configuration = session.configuration
            keys = Keys(deeds, session.clock, configuration.observer, receivers, collar_of(session))
            keys.ask(*unsaid(session, receivers))
            threads.append(threading.Thread(target=keys.run, args=(descriptor, over), daemon=True))
            threads[-1].start()

        try:
            yield screen.show, after_start
        finally:
            over.set()  # before the terminal is put back: later keys are the shell's
            for thread in threads:
                thread.join(1.0)
            screen.close()


def collar_of(session: Session) -> str | None:
    """Return the collar that it is about: the one named, else the only one.

    Raises:
        ConfigError: there are sheets, and none of that name: nothing would ever be heard of it.
    """
    names = [collar.name for collar in session.configuration.collars]
    if session.collar and names and session.collar not in names:
        from receiver.errors import ConfigError
        from receiver.language import phrase

        words = ", ".join(names)
        raise ConfigError(
            phrase("no collar {collar}; there is: {names}", collar=session.collar, names=words)
        )
    return session.collar or (names[0] if len(names) == 1 else None)


def session_of(
    sources: tuple[str, ...],
    journal: str,
    collar: str | None,
    observer: str | None,
    config: str | None,
    seconds: float | None,
    scan: bool,
    dwell: float | None,
    tell: Callable[[str], None] | None = None,
) -> Session:
    """Return what is to be recorded, by options.

    `tell` is told what is odd in the settings; without it that is printed.
    """
    from dataclasses import replace

    from receiver import settings
    from receiver.address import parse_address
    from receiver.clock import SystemClock
    from receiver.recording import Session

    path = settings.find_file(config, journal)
    configuration, findings = settings.load(path)
    for finding in findings:
        (tell or partial(click.echo, err=True))(f"{path}, {finding}")
    if observer:
        configuration = replace(configuration, observer=observer)
    addresses = [parse_address(text) for text in sources]
    return Session(
        addresses=_distinct(addresses),
        journal=Path(journal),
        configuration=configuration,
        clock=SystemClock(),
        collar=collar,
        seconds=seconds,
        plan=_plan(configuration, collar, dwell) if scan else None,
    )


def _plan(configuration: Any, collar: str | None, dwell: float | None) -> Any:
    from receiver.errors import ConfigError
    from receiver.scanning import Plan

    collars = tuple(c for c in configuration.collars if c.frequency_hz is not None)
    if not collars:
        raise ConfigError("nothing to scan: no collar's sheet has a frequency (baksan collar new)")
    return Plan(collars=collars, homed=collar, dwell_s=dwell)


def _distinct(addresses: list[Any]) -> list[Any]:
    from receiver.errors import ConfigError

    names = [address.name for address in addresses]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two sources are called {name}: name one, as in second={name}:...")
    return addresses


def close(derived: Any, posterior: Any, jsonl: bool, simulation: bool) -> None:
    """Tell what the search gave."""
    from receiver.live import closing_lines
    from receiver.ui.summary import summary_of

    if jsonl:
        for text in closing_lines(derived, posterior.answer):
            click.echo(text)
    for text in summary_of(posterior.answer, derived, simulation):
        click.echo(text, err=True)
