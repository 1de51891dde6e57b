"""`baksan map`."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from receiver.cli import homing
from receiver.cli.aside import Aside
from receiver.cli.homing import Asked, homing_options
from receiver.cli.sound_options import sound_options

if TYPE_CHECKING:
    from receiver.homing.snapshot import Snapshot
    from receiver.ui.web.server import Serving


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@click.option("--journal", type=click.Path(), required=True, help="Where to save (search.journal).")
@click.option("--viewers", is_flag=True, help="Pair phones that may only look.")
@homing_options
@sound_options
def command(sources: tuple[str, ...], journal: str, viewers: bool, **options: Any) -> int:
    """Record without a screen, with the map and the buttons on phones: a box in a rucksack.

    \b
    baksan map icom:serial:/dev/ttyUSB0?model=r8500 nmea:serial:/dev/ttyACM0 \\
        --journal search.journal --collar M7 --lan --sound

    Without a SOURCE it serves what people enter on their phones. Nothing is sent elsewhere.
    """
    from receiver.cli.listen_command import session_of

    settings = {key: options.pop(key) for key in ("collar", "observer", "config", "seconds")}
    asked = Asked(**options, page=True)
    session = session_of(sources, journal=journal, scan=False, dwell=None, **settings)
    searching, stop = homing.searching_of(session, asked), threading.Event()
    with ExitStack() as stack:
        aside = stack.enter_context(Aside())
        say = lambda text: aside.do(partial(click.echo, text, err=True))  # noqa: E731
        serving = stack.enter_context(homing.phones(searching, asked))
        assert serving is not None
        tap = stack.enter_context(homing.sounding(searching, asked, say))
        searching.faces += [homing.show_plainly(say), _Inviting(serving, viewers, aside).look]
        code = homing.record_search(session, searching, tap, stop, say, lambda running: None)
    homing.tell_where_saved(session.journal)
    return code


class _Inviting:
    """Shows a new code as soon as the last one has paired a phone: each is for one phone."""

    def __init__(self, serving: Serving, viewers: bool, aside: Aside) -> None:
        self._aside = aside
        self._serving, self._role = serving, "viewer" if viewers else "operator"
        self._paired = -1

    def look(self, snapshot: Snapshot) -> None:
        paired = len(self._serving.devices)
        if paired != self._paired:
            self._paired = paired
            self._aside.do(partial(homing.invite, self._serving, self._role))
