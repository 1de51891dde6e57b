"""`baksan note setup`, `turn` and `compass`: what a receiver hears with, and where it points."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from receiver.cli.note_options import POLARISATIONS, asked_of, receiver_option, shared
from receiver.cli.note_receivers import Told, by_journal, receiver_said
from receiver.cli.note_writing import (
    Asked,
    Desk,
    find_journal,
    magnetic_turn,
    say,
    settings_of,
    time_of,
    write_down,
)
from receiver.clock import SystemClock
from receiver.config import SETUP_KEYS, Configuration, Setup
from receiver.notes import content as notes
from receiver.notes import times
from receiver.records import HAND, Entry, jsonable
from receiver.setups import COMPASS_SIGMA_DEG, RadioCheck

if TYPE_CHECKING:
    from receiver.setups import Register

_ABOUT = ("journal", "observer", "time", "zone", "sure", "json")
_WHICH = "Which; else the only one, or the one without a cable."


@click.command()
@receiver_option(_WHICH)
@click.option("-n", "--antenna", help="Its name; receivers on one antenna give it the same.")
@click.option("--directional/--omni", default=None, help="Does one direction count?")
@click.option("--azimuth", "antenna_azimuth_deg", type=float, help="Of a fixed one, true.")
@click.option("--side", type=click.Choice(["left", "right"]), help="For a pair on an aircraft.")
@click.option("-p", "--polarisation", type=POLARISATIONS, help="How the antenna is held.")
@click.option("-d", "--attenuator", "attenuator_db", type=float, help="In front of it, decibels.")
@click.option("--preamp", "preamplifier", help="on or off; 1 or 2 where there are two.")
@click.option("-g", "--gain", help="Mark of the gain knob, as in 5 or max.")
@click.option("-b", "--body", help="Where you carry it: front, behind, side, mast, car.")
@click.option("-q", "--squelch", type=click.Choice(["open", "closed"]))
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
        return _show(asked, receiver)
    notes.setup(HAND, values)  # refused before a file is made
    return write_down(
        asked, lambda desk: notes.setup(receiver_said(desk, receiver), values), after=_compared
    )


def _compared(desk: Desk, entry: Entry) -> None:
    """Say whether the levels from now on can be compared with those before."""
    told = by_journal(desk.journal, desk.configuration, entry.observer)
    name, time = entry.content["receiver"], time_of(entry)
    after = told.register()
    before = told.register(without=entry.id).hearing(entry.observer, name, time).setup
    now = after.hearing(entry.observer, name, time).setup
    if now == before:
        say("that is as it was before: nothing changes")
    elif replace(now, attenuator_db=before.attenuator_db) == before and (
        after.calibrated_today(entry.observer, name, time)
    ):
        say("the attenuator was measured today: levels stay comparable")
    else:
        say("a new stretch of levels begins, which are not compared with those before")


def _show(asked: Asked, receiver: str | None) -> int:
    """Print what is known by now, of the journal and the settings; nothing is written."""
    from receiver.journal import Journal

    now, path = SystemClock().now().utc, find_journal(asked.journal)
    said = settings_of(path)
    observer = asked.observer or (said or Configuration()).observer
    told = Told(rows=[], configuration=said or Configuration(), observer=observer)
    if path.exists():
        with Journal.open(path, readonly=True) as journal:
            told = by_journal(journal, said or journal.settings, observer)
    name = told.receiver(receiver)
    known = told.register()
    hears, check = known.hearing(observer, name, now).setup, known.check(observer, name, now)
    if asked.as_json:
        click.echo(json.dumps(jsonable({**_plain(hears), "radio_check": check}), allow_nan=False))
        return 0
    for key, value in _plain(hears).items():
        click.echo(f"{key:<20} {_shown(value)}")
    zone = times.zone_called(asked.zone) if asked.zone else times.local_zone(now)
    click.echo(f"{'radio check':<20} {_tested(check, zone)}")
    return 0


def _plain(setup: Setup) -> dict[str, Any]:
    return {"receiver": setup.receiver, **{key: getattr(setup, key) for key in SETUP_KEYS}}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "unknown" if value is None else str(value)


def _tested(check: RadioCheck | None, zone: tzinfo) -> str:
    if check is None:
        return "UNTESTED today"
    return f"{'passed' if check.passed else 'NOT passed'}, {times.show(check.time, zone)}"


@click.command()
@click.argument("state", type=click.Choice(["start", "end"]))
@receiver_option(_WHICH)
@click.option("-p", "--polarisation", type=POLARISATIONS, help="How you hold the antenna.")
@click.option("-l", "--loudest", "loudest_deg", type=float, help="Where it was loudest, degrees.")
@click.option("-w", "--weakest", "weakest_deg", type=float, help="Where it was weakest, degrees.")
@click.option("--full/--part", default=None, help="Whether you turned all around.")
@click.option("-m/-t", "--magnetic/--true", default=None, help="From which north; else true.")
@shared(*_ABOUT, "at")
def turn(
    ctx: click.Context, state: str, receiver: str | None, magnetic: bool | None, **options: Any
) -> int:
    """The beginning and the end of a turn with a directional antenna, ten minutes at most.

    Its loudest level counts, its direction is a bearing, its weakest direction the check.

    \b
    baksan note turn start --polarisation vertical
    baksan note turn end --loudest 243 --weakest 60 --full
    """
    names = ("polarisation", "loudest_deg", "weakest_deg", "full")
    how = {name: options.pop(name) for name in names}
    pointed = [how[name] for name in names[1:3] if how[name] is not None]
    notes.turn(HAND, state, **how)  # refused before a file is made

    def make(desk: Desk) -> notes.Content:
        name = receiver_said(desk, receiver)
        if pointed and magnetic is None:
            say("taken as degrees from true north; for a compass reading add --magnetic")
        east_deg = magnetic_turn(desk, pointed) if pointed and magnetic else 0.0
        return notes.turn(name, state, **how, declination_deg=east_deg)

    return write_down(asked_of(ctx, options), make, after=_turned)


def _turned(desk: Desk, entry: Entry) -> None:
    """Say what the end of a turn is good for."""
    if entry.content["state"] == "start":
        return
    known = by_journal(desk.journal, desk.configuration, entry.observer).register()
    name = entry.content["receiver"]
    hears = known.hearing(entry.observer, name, time_of(entry)).setup
    for text in _lacking(entry, known, hears):
        say(f"look: {text}")


def _lacking(entry: Entry, known: Register, hears: Setup) -> list[str]:
    from receiver.turns import turns

    own = (entry.observer, hears.receiver, time_of(entry))
    ended = [
        t for t in turns(known.turns) if (t.stop.observer, t.stop.receiver, t.stop.time) == own
    ]
    if not ended:
        return [
            f"no turn with {hears.receiver} was begun in the ten minutes before, so this is none;"
            " begin with: baksan note turn start"
        ]
    content, lacking = entry.content, []
    if hears.directional is not True:
        lacking.append("nobody said that the antenna is directional: baksan note setup")
    if "loudest_deg" not in content:
        lacking.append("without --loudest this turn gives no bearing, but by a recorded compass")
    if "full" not in content:
        lacking.append("without --full only a recorded compass shows that it went all around")
    if ended[0].polarisation is None and hears.polarisation is None:
        lacking.append("without --polarisation this turn proves no silence")
    return lacking


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
    from receiver.silence import lacking

    derived = derive(desk.journal.rows(), desk.configuration)
    found = [o for o in (*derived.observations, *derived.unplaced) if o.id == entry.id]
    for silence in found:
        lacks = lacking(silence)
        say(f"kept, but it does not count: {lacks}" if lacks else "it counts as silence")
