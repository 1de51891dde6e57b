"""`baksan note setup`, `turn` and `compass`: what a receiver hears with, and where it points."""

from __future__ import annotations

from typing import Any

import click

from receiver.cli.note_options import asked_of, shared
from receiver.cli.note_writing import Desk, magnetic_turn, say, sit_down, write_down
from receiver.config import SETUP_KEYS
from receiver.errors import ConfigError
from receiver.notes import content as notes
from receiver.records import HAND, Entry, Source
from receiver.setups import COMPASS_SIGMA_DEG

_ABOUT = ("journal", "observer", "time", "zone", "sure", "json")


def receiver_said(desk: Desk, said: str | None) -> str:
    """Return the receiver that is meant: as said, the only one of the journal, or the hand's.

    Raises:
        ConfigError: there are several, and none was said.
    """
    if said is not None:
        return said
    rows = desk.journal.rows()
    names = {r.source for r in rows if isinstance(r, Source) and r.role == "receiver"}
    if len(names) > 1:
        raise ConfigError(f"say which: --receiver {' or '.join([*sorted(names), HAND])}")
    return next(iter(names), HAND)


@click.command()
@click.option("-r", "--receiver", help="Which; else the only one, or the one without a cable.")
@click.option("-n", "--antenna", help="Its name; receivers on one antenna give it the same.")
@click.option("--directional/--omni", default=None, help="Does one direction count?")
@click.option("--azimuth", "antenna_azimuth_deg", type=float, help="Of a fixed one, true.")
@click.option("--side", help="left or right, for a pair on an aircraft.")
@click.option("-p", "--polarisation", help="vertical, horizontal or both.")
@click.option("-d", "--attenuator", "attenuator_db", type=float, help="In front of it, decibels.")
@click.option("--preamp", "preamplifier", help="on or off.")
@click.option("-g", "--gain", help="Mark of the gain knob, as in 5 or max.")
@click.option("-b", "--body", help="Where you carry it: front, behind, side, mast, car.")
@click.option("-q", "--squelch", help="open or closed.")
@click.option("-m", "--mode", help="CW, USB, FM, ...")
@shared(*_ABOUT)
def setup(ctx: click.Context, receiver: str | None, **options: Any) -> int:
    """What a receiver hears with from now on. What you do not say stays; nothing said shows it.

    Every change begins a new stretch of levels, which are not compared with those before.

    \b
    baksan note setup --antenna yagi --directional --squelch open --mode CW --gain 5
    baksan note setup --attenuator 20
    baksan note setup
    """
    values = {key: options.pop(key) for key in SETUP_KEYS}
    asked = asked_of(ctx, options)
    if all(value is None for value in values.values()):
        return _show(sit_down(asked), receiver)
    return write_down(asked, lambda desk: notes.setup(receiver_said(desk, receiver), values))


def _show(desk: Desk, receiver: str | None) -> int:
    from receiver.derive import derive

    with desk.journal as journal:
        name = receiver_said(desk, receiver)
        known = derive(journal.rows(), desk.configuration).register
        now = desk.stamp.utc
        setup = known.hearing(desk.observer, name, now).setup
        check = known.check(desk.observer, name, now)
    for key in SETUP_KEYS:
        value = getattr(setup, key)
        click.echo(f"{key:<20} {'unknown' if value is None else value}")
    tested = "passed" if check and check.passed else "NOT passed" if check else "UNTESTED today"
    click.echo(f"{'radio check':<20} {tested}")
    return 0


@click.command()
@click.argument("state", type=click.Choice(["start", "end"]))
@click.option("-r", "--receiver", help="Which; else the only one, or the one without a cable.")
@click.option("-p", "--polarisation", help="How you held it: vertical, horizontal or both.")
@click.option("-l", "--loudest", type=float, help="Where it was loudest, degrees.")
@click.option("-w", "--weakest", type=float, help="Where it was weakest, degrees.")
@click.option("--full/--part", default=None, help="Whether you turned all around.")
@click.option("-m/-t", "--magnetic/--true", default=False, help="From which north; else true.")
@shared(*_ABOUT, "at")
def turn(
    ctx: click.Context,
    state: str,
    receiver: str | None,
    polarisation: str | None,
    loudest: float | None,
    weakest: float | None,
    full: bool | None,
    magnetic: bool,
    **options: Any,
) -> int:
    """The beginning and the end of a turn with a directional antenna.

    Its loudest level counts, its direction is a bearing, its weakest direction the check.

    \b
    baksan note turn start --polarisation vertical
    baksan note turn end --loudest 243 --weakest 60 --full
    """
    said = [value for value in (loudest, weakest) if value is not None]

    def make(desk: Desk) -> notes.Content:
        return notes.turn(
            receiver_said(desk, receiver),
            state,
            polarisation=polarisation,
            loudest_deg=loudest,
            weakest_deg=weakest,
            full=full,
            declination_deg=magnetic_turn(desk, said) if magnetic and said else 0.0,
        )

    if state == "end" and loudest is None:
        say("without --loudest only a compass on the antenna makes a bearing of this turn")
    return write_down(asked_of(ctx, options), make)


@click.command()
@click.argument("kind", type=click.Choice(list(COMPASS_SIGMA_DEG)))
@click.option("-e", "--error", type=float, help="How far off it may be, degrees.")
@click.option("-c", "--checked", is_flag=True, help="It was checked on a landmark.")
@shared(*_ABOUT)
def compass(
    ctx: click.Context, kind: str, error: float | None, checked: bool, **options: Any
) -> int:
    """Which compass gives the headings; a phone counts as 15 degrees off until it was checked.

    \b
    baksan note compass phone
    baksan note compass phone --checked
    """
    content = notes.compass(kind, error, checked=checked)
    return write_down(asked_of(ctx, options), lambda desk: content)


def counts(desk: Desk, entry: Entry) -> None:
    """Say whether a silence counts, and what it lacks."""
    from receiver.derive import derive

    derived = derive(desk.journal.rows(), desk.configuration)
    found = [o for o in (*derived.observations, *derived.unplaced) if o.id == entry.id]
    for silence in found:
        lacking = (silence.text or "").partition("it does not count: ")[2]
        say(f"kept, but it does not count: {lacking}" if lacking else "it counts as silence")
