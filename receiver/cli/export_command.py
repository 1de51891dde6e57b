"""`baksan export`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.config import Configuration
    from receiver.export.sharing import Shared
    from receiver.journal import Journal
    from receiver.records import Fix

PRECISIONS = ("exact", "1km", "10km", "none")
MAPS = (".gpx", ".kml")


@click.command()
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--to", "out", type=click.Path(path_type=Path), required=True,
              help="File to write: .csv (Movebank), .gpx, .kml, .geojson, .gpkg.")  # fmt: skip
@click.option("--precision", type=click.Choice(PRECISIONS), default="10km", show_default=True)
@click.option("--collar", help="Only this collar: its name or id.")
@click.option("--recipient", help="Who gets the file; it is written into it.")
def command(
    journal: Path, out: Path, precision: str, collar: str | None, recipient: str | None
) -> None:
    """Write the positions of collars for others: coarse, without frequencies and keys.

    Positions are moved to the middle of a cell of a fixed grid, the same for the same place always.
    Exact ones may cost an animal its life: the name of who gets them is asked for. Every export is
    written down in the journal. For your own case folder use baksan locate --geojson, --gpx.

    \b
    baksan export search.journal --to movebank.csv
    baksan export search.journal --to map.kml --precision 1km --recipient "Park office"
    """
    from receiver.errors import ConfigError
    from receiver.journal import Journal

    if out.suffix.lower() not in _WRITERS:
        raise ConfigError(f"{out}: the name tells the format: {', '.join(_WRITERS)}")
    if precision == "none" and out.suffix.lower() in MAPS:
        raise ConfigError(f"{out}: a map of no positions is empty: use .csv or .geojson")
    with Journal.open(journal) as opened:
        who = asked_name(journal) if precision == "exact" else recipient or ""
        shared = _shared(opened, precision, collar, who)
        content = _WRITERS[out.suffix.lower()](shared, out)
        _log(opened, out, content, shared, collar)
    _write(out, content, shared, journal)


def asked_name(journal: Path) -> str:
    """Return who gets exact positions, as somebody types it.

    Raises:
        ConfigError: nobody is there to type it, or nothing was typed.
    """
    from receiver.errors import ConfigError

    if not sys.stdin.isatty():
        raise ConfigError("exact positions are only given away by hand: run this on a terminal")
    click.echo(f"{journal}: exact positions of animals, and frequencies. Whoever has this"
               " file can find them.", err=True)  # fmt: skip
    name = str(click.prompt("Name of who gets it", default="", show_default=False, err=True))
    if not name.strip():
        raise ConfigError("no name: nothing was written")
    return name.strip()


def _shared(journal: Journal, precision: str, collar: str | None, recipient: str) -> Shared:
    from receiver.errors import InputError
    from receiver.export.sharing import PRECISIONS as KNOWN
    from receiver.export.sharing import share

    fixes, configuration = _fixes(journal)
    own = [fix for fix in fixes if collar is None or collar in (fix.collar, fix.device_id)]
    if not own:
        raise InputError(f"{journal.path}: no positions{f' of {collar}' if collar else ''}: baksan"
                         " import brings those of makers' files")  # fmt: skip
    hertz = {c.name: c.frequency_hz for c in configuration.collars if c.frequency_hz is not None}
    return share(
        own,
        KNOWN[precision],
        recipient=recipient,
        simulation=configuration.simulation,
        frequencies_hz=hertz,
    )


def _fixes(journal: Journal) -> tuple[list[Fix], Configuration]:
    """Return the fixes of makers' files and of packets that were heard."""
    from receiver.importers.kept import kept
    from receiver.live import Follower
    from receiver.ui.progress import watched

    follower = Follower(journal)
    for row in watched(journal.rows(), len(journal), "reading"):
        follower.add(row)
    imported = kept(journal.rows(), follower.configuration)
    for warning in imported.warnings:
        click.echo(f"look: {warning}", err=True)
    return [*imported.fixes, *_heard(follower)], follower.configuration


def _heard(follower: Any) -> Iterator[Fix]:
    from dataclasses import replace

    from receiver.export.sharing import of_packet
    from receiver.importers.kept import name_of

    for number, read in enumerate(follower.result().packets):
        fix = of_packet(read.packet, read.time, f"{read.detection_id}/{number}")
        yield replace(fix, collar=name_of(fix.device_id, follower.configuration))


def _log(journal: Journal, out: Path, content: bytes, shared: Shared, collar: str | None) -> None:
    """Write down in the journal what is given to whom, before it is given."""
    import hashlib

    from receiver.clock import SystemClock
    from receiver.notes.content import entry
    from receiver.records import EXPORT

    said = {
        "kind": EXPORT,
        "file": out.name,
        "precision": shared.precision.name,
        "recipient": shared.recipient,
        "collar": collar,
        "rows": len(shared.fixes),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    journal.append([entry(said, journal.settings.observer, SystemClock())])


def _write(out: Path, content: bytes, shared: Shared, journal: Path) -> None:
    from receiver import export

    export.write(out, content)
    places = sum(fix.latitude_deg is not None for fix in shared.fixes)
    click.echo(
        f"{out}: {len(shared.fixes)} rows, {places} with a position; {shared.mark}", err=True
    )
    click.echo(f"written down in {journal}", err=True)


def _movebank(shared: Shared, out: Path) -> bytes:
    from receiver.export.movebank import movebank

    return movebank(shared)


def _gpx(shared: Shared, out: Path) -> bytes:
    from receiver.export import gpx

    return gpx.fixes(shared)


def _kml(shared: Shared, out: Path) -> bytes:
    from receiver.export.kml import kml

    return kml(shared)


def _geojson(shared: Shared, out: Path) -> bytes:
    from receiver.export import geojson

    return geojson.fixes(shared)


def _geopackage(shared: Shared, out: Path) -> bytes:
    from receiver.export.geopackage import geopackage

    return geopackage(shared, out.parent)


_WRITERS: dict[str, Callable[[Shared, Path], bytes]] = {
    ".csv": _movebank,
    ".gpx": _gpx,
    ".kml": _kml,
    ".geojson": _geojson,
    ".gpkg": _geopackage,
}
