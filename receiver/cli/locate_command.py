"""`baksan locate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.case import Case

STYLES = ("decimal", "dm", "utm", "mgrs", "sk42")


@click.command()
@click.argument("file", type=click.Path())
@click.option("--collar", help="The collar to locate, where there are several.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")
@click.option("--geojson", type=click.Path(), help="Write areas, point, walk and bearings.")
@click.option("--gpx", type=click.Path(), help="Write them for a hand receiver or phone.")
@click.option("--png", type=click.Path(), help="Write a picture of the map.")
@click.option(
    "--coordinates", multiple=True, type=click.Choice(STYLES), help="How to write the place."
)
def command(file: str, collar: str | None, as_json: bool, coordinates: Any, **files: Any) -> int:
    """Say where the collar may be, from a journal or a CSV of observations.

    \b
    baksan locate search.journal --png map.png
    baksan locate walk.csv --json
    """
    from receiver.case import open_case
    from receiver.ui.progress import watched

    case = open_case(Path(file), collar, lambda rows, total: watched(rows, total, "reading"))
    write_files(case, **files)
    show(case, as_json, coordinates or STYLES[:4])
    return 0 if case.posterior.answer.reason is None else 1


def show(case: Case, as_json: bool, styles: tuple[str, ...]) -> None:
    """Print the summary for people, or the answer as JSON on standard output."""
    from receiver.ui.summary import summary

    answer = case.posterior.answer
    if as_json:
        import json

        from receiver.records import jsonable

        click.echo(json.dumps(jsonable(answer), allow_nan=False, ensure_ascii=False))
    lines = summary(
        answer, case.observations, case.warnings, simulation=case.simulation, styles=styles
    )
    for line in lines:
        click.echo(line, err=as_json)


def write_files(case: Case, geojson: str | None, gpx: str | None, png: str | None) -> None:
    """Write the files that were asked for."""
    from receiver import export
    from receiver.export import geojson as as_geojson
    from receiver.export import gpx as as_gpx

    answer, observations = case.posterior.answer, case.observations
    mark = {"simulation": case.simulation}
    if geojson:
        export.write(Path(geojson), as_geojson.geojson(answer, observations, **mark))
    if gpx:
        export.write(Path(gpx), as_gpx.gpx(answer, observations, **mark))
    if png:
        from receiver.report.map_picture import picture

        export.write(Path(png), picture(case.posterior, observations, **mark))
