"""`baksan demo`."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from receiver.cli.folders import new_folder
from receiver.cli.interrupt import INTERRUPTED, stop_on_interrupt

MINUTES, SPEED = 20.0, 120.0


@click.command()
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which scene.")
@click.option("--to", "out", type=click.Path(), help="Folder to write to (baksan-demo).")
def command(seed: int, out: str | None) -> int:
    """Rehearse a search without any hardware, with the code that runs in the field.

    A made-up searcher walks 20 minutes through a made-up gorge in 10 seconds. An emulated receiver,
    GPS and two gateways are recorded, decoded and located; the map is written and the truth told.
    Then a made-up recording of an SDR is searched for a beacon far below what an ear hears.
    """
    from receiver.recording import Session, record
    from receiver.simulator.rehearsal import NAME, World
    from receiver.ui.status import StatusLine

    folder = new_folder("baksan-demo", out)
    click.echo(
        f"SIMULATION: a made-up collar in a made-up gorge; {MINUTES:.0f} minutes of walking in"
        f" {MINUTES * 60 / SPEED:.0f} seconds",
        err=True,
    )
    stop, screen = threading.Event(), StatusLine()
    interrupted = stop_on_interrupt(stop)
    with World(seed, MINUTES, SPEED) as world:
        session = Session(
            addresses=world.addresses,
            journal=folder / "search.journal",
            configuration=world.configuration,
            clock=world.clock,
            collar=NAME,
            seconds=MINUTES * 60,
        )
        derived, posterior = record(
            session,
            lambda events: None,
            screen.show,
            stop,
            lambda running: world.begin(running.writer),
        )
    screen.close()
    _tell(folder, derived, posterior, world.truth_deg)
    if not interrupted():
        _listen(folder, NAME, seed)
    return INTERRUPTED if interrupted() else 0


def _listen(folder: Path, name: str, seed: int) -> None:
    """Search a made-up recording of an SDR for the same collar, hardly there."""
    from receiver import export
    from receiver.errors import MissingExtraError
    from receiver.report.waterfall_picture import picture
    from receiver.simulator import faint
    from receiver.ui.beacons import beacon_line

    heard = faint.faint(folder, name, seed)
    click.echo(
        f"{'and by SDR':<14}{faint.SECONDS:.0f} s of noise with its beacon in it, each pulse"
        f" {30 - faint.CN0_DBHZ:.0f} dB too weak to show alone: {len(heard.pulses)} single pulses",
        err=True,
    )
    lines = [beacon_line(track, faint.SECONDS) for track in heard.tracks] or ["not heard"]
    for text in "\n".join(lines).splitlines():
        click.echo(f"{'':<14}{text}", err=True)
    written, plan = [faint.FILE], heard.watch.plan
    if heard.watch.waterfall is not None:
        with suppress(MissingExtraError):
            parts = (heard.pulses, heard.slots, heard.tracks)
            png = picture(heard.watch.waterfall, plan, *parts, title=f"SIMULATION: {faint.FILE}")
            export.write(folder / "waterfall.png", png)
            written = ["waterfall.png", *written]
    click.echo(f"{'written':<14}{folder}: {', '.join(written)}", err=True)


def _tell(folder: Path, derived: Any, posterior: Any, truth_deg: tuple[float, float]) -> None:
    from receiver.ui.summary import summary_of

    for line in summary_of(posterior.answer, derived, simulation=True):
        click.echo(line, err=True)
    if posterior.answer.reason is None:
        click.echo(f"{'the truth':<14}{_truth(posterior.answer, truth_deg)}", err=True)
    written = _write(folder, derived, posterior)
    click.echo(f"{'written':<14}{folder}: {', '.join(written)}", err=True)


def _truth(answer: Any, truth_deg: tuple[float, float]) -> str:
    from receiver.geodesy import distance_and_bearing
    from receiver.locator.regions import contains
    from receiver.wording import length

    apart_m, _ = distance_and_bearing((answer.latitude_deg, answer.longitude_deg), truth_deg)
    inside = contains(answer.regions["95"]["geometry"], *truth_deg)
    where = "inside" if inside else "OUTSIDE"
    return f"the collar was {length(apart_m)} from there, {where} the search area"


def _write(folder: Path, derived: Any, posterior: Any) -> list[str]:
    from receiver import export
    from receiver.errors import MissingExtraError
    from receiver.export.geojson import geojson
    from receiver.export.gpx import gpx
    from receiver.report.map_picture import picture

    answer, observations = posterior.answer, derived.observations
    export.write(folder / "area.geojson", geojson(answer, observations, simulation=True))
    export.write(folder / "walk.gpx", gpx(answer, observations, simulation=True))
    written = ["search.journal", "area.geojson", "walk.gpx"]
    try:
        export.write(folder / "map.png", picture(posterior, observations, simulation=True))
    except MissingExtraError as error:
        click.echo(f"{'no picture':<14}{error}", err=True)
        return written
    return ["map.png", *written]
