"""`baksan pack`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.config import Configuration

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=PATH)
@click.option("-j", "--journal", type=PATH, help="For its settings and a collar's history.")
@click.option("--config", type=PATH, help="The settings file (baksan.toml beside the journal).")
@click.option("--elevation", multiple=True, type=PATH, help="File or folder of .hgt, .tif.")
@click.option("--tiles", multiple=True, type=PATH, help="File or folder of .mbtiles, .pmtiles.")
@click.option("--collar", help="Whose history, where there are several.")
@click.option("--check", is_flag=True, help="Verify a folder that was packed.")
def command(folder: Path, check: bool, **named: Any) -> None:
    """Prepare one folder for a trip, with checksums: there is no network in the mountains.

    Elevations, base map, settings without keys, the collars' sheets to print, what a collar's
    history says, and whose data it is. What is missing is said. Nothing is fetched: you bring the
    maps.

    \b
    baksan pack trip --elevation N43E042.hgt --tiles map.pmtiles --journal search.journal
    baksan pack trip --check
    """
    if check:
        _check(folder)
    else:
        _pack(folder, **named)


def _check(folder: Path) -> None:
    from receiver.errors import CorruptError
    from receiver.language import phrase
    from receiver.pack.contents import MISSING
    from receiver.pack.folder import check

    faults = check(folder)
    lacking = folder / MISSING
    _tell(lacking.read_text(errors="replace").splitlines() if lacking.is_file() else [])
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise CorruptError(
            phrase("{folder}: {count} files are not as they were packed; pack it again",
                   folder=folder, count=len(faults))
        )  # fmt: skip
    click.echo(phrase("{folder}: everything is as it was packed", folder=folder), err=True)


def _pack(
    folder: Path, journal: Path | None, config: Path | None, elevation: tuple[Path, ...],
    tiles: tuple[Path, ...], collar: str | None,
) -> None:  # fmt: skip
    from receiver.clock import SystemClock
    from receiver.language import phrase
    from receiver.pack.contents import Trip, contents, missing
    from receiver.pack.folder import size_mb, write

    settings, history = _settings(journal, config), _history(journal, collar)
    trip = Trip(
        configuration=settings,
        now=SystemClock().now().utc,
        elevations=elevation,
        tiles=tiles,
        history=history,
    )
    items = contents(trip)
    _tell(missing(trip))
    write(folder, items)
    size = f"{size_mb(items):.1f}"
    said = phrase("{folder}: {count} files, {size} MB", folder=folder, count=len(items), size=size)
    click.echo(said, err=True)


def _tell(lacking: list[str]) -> None:
    from receiver.language import phrase

    for said in lacking:
        click.echo(phrase("missing: {what}", what=said), err=True)


def _settings(journal: Path | None, config: Path | None) -> Configuration:
    """Return the settings of the file, else those that the journal was made with."""
    from receiver import settings
    from receiver.errors import InputError
    from receiver.journal import Journal
    from receiver.language import phrase

    if journal is not None and not journal.exists():
        raise InputError(phrase("{journal}: no such journal", journal=journal))
    path = settings.find_file(config, journal)
    if path is not None or journal is None:
        return settings.load(path)[0]
    with Journal.open(journal, readonly=True) as opened:
        return opened.settings


def _history(path: Path | None, collar: str | None) -> tuple[bytes, str] | None:
    """Return what a collar's history says, as observations and in words; None without one."""
    from receiver.clock import SystemClock
    from receiver.columns import csv_of
    from receiver.histories import subject_in
    from receiver.journal import Journal
    from receiver.story import prior
    from receiver.ui.story import lines

    if path is None or not _has_history(path):
        return None
    with Journal.open(path, readonly=True) as journal:
        story = subject_in(journal, journal.settings, collar).story(SystemClock().now().utc)
    return csv_of(prior(story).observations), "\n".join(lines(story)) + "\n"


def _has_history(path: Path) -> bool:
    from receiver.journal import Journal
    from receiver.records import Source

    with Journal.open(path, readonly=True) as journal:
        return any(isinstance(r, Source) and r.role == "history" for r in journal.rows())
