"""`baksan simulate`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which one.")
@click.option("--minutes", type=click.FloatRange(1, 1440), default=60.0, show_default=True)
@click.option("--every", "every_s", type=click.FloatRange(2), default=6.0, show_default=True,
              help="Seconds between readings.")  # fmt: skip
@click.option("--on", "on_s", type=click.FloatRange(1), default=3000.0, show_default=True,
              help="Seconds that the beacon is on.")  # fmt: skip
@click.option("--off", "off_s", type=click.FloatRange(0), default=600.0, show_default=True,
              help="Seconds that it is off then.")  # fmt: skip
@click.option("--to", "out", type=click.Path(), required=True, help="CSV of observations.")
def command(seed: int, minutes: float, every_s: float, on_s: float, off_s: float, out: str) -> None:
    """Make up a search with a known answer: a walk in a gorge, a collar, what is heard.

    The same seed gives the same search. The truth is written beside it.

    \b
    baksan simulate --seed 7 --to walk.csv
    baksan locate walk.csv --png map.png
    """
    from receiver import export
    from receiver.columns import csv_of
    from receiver.simulator.search import made_up_search

    made = made_up_search(seed, minutes, every_s=every_s, on_s=on_s, off_s=off_s)
    path, truth_path = Path(out), Path(out).with_suffix(".truth.json")
    export.write(path, csv_of(made.observations))
    truth = {"latitude_deg": made.latitude_deg, "longitude_deg": made.longitude_deg, "seed": seed}
    export.write(truth_path, (json.dumps(truth) + "\n").encode())
    click.echo(
        f"SIMULATION: {len(made.observations)} readings in {path}, the truth in {truth_path}",
        err=True,
    )
