"""`baksan locate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.case import Case

ECHOES = {"sight": 0.05, "usual": 0.25, "gorge": 0.5}
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
@click.option("--still", is_flag=True, help="It does not move: dropped, or dead (leader's word).")
@click.option("--ground", type=click.Choice(("hills", "flat")), help="Where altitudes do not tell.")
@click.option("--bearings", type=click.Choice(tuple(ECHOES)), help="How many may be echoes.")
@click.option("--reach-km", type=click.FloatRange(0.1, 160.0), help="Farthest it may be (20).")
def command(
    file: str, collar: str | None, as_json: bool, coordinates: Any, still: bool,
    ground: Any, bearings: str | None, reach_km: float | None, **files: Any,
) -> int:  # fmt: skip
    """Say where the collar may be, from a journal or a CSV of observations.

    Bearings: 5 % are echoes with the animal in sight, 25 % usually, 50 % in gorges.

    \b
    baksan locate search.journal --png map.png
    baksan locate walk.csv --still --bearings gorge --json
    """
    from receiver.case import open_case
    from receiver.clock import SystemClock
    from receiver.ui.progress import watched

    assumed = {
        "movement": "still" if still else None,
        "ground": ground,
        "bearing_outlier_share": ECHOES[bearings] if bearings else None,
        "reach_m": reach_km * 1000.0 if reach_km else None,
    }
    known = {name: value for name, value in assumed.items() if value is not None}
    now = SystemClock().now().utc
    case = open_case(
        Path(file), collar, lambda rows, total: watched(rows, total, "reading"), now, **known
    )
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
