"""`baksan simulate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.group(invoke_without_command=True)
@click.pass_context
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Which one.")
@click.option("--minutes", type=click.FloatRange(1, 1440), default=60.0, show_default=True)
@click.option("--every", "every_s", type=click.FloatRange(2), default=6.0, show_default=True,
              help="Seconds between readings.")  # fmt: skip
@click.option("--on", "on_s", type=click.FloatRange(1), default=3000.0, show_default=True,
              help="Seconds that the beacon is on.")  # fmt: skip
@click.option("--off", "off_s", type=click.FloatRange(0), default=600.0, show_default=True,
              help="Seconds that it is off then.")  # fmt: skip
@click.option("--to", "out", type=click.Path(), help="CSV of observations.")
def command(
    context: click.Context, seed: int, minutes: float, every_s: float, on_s: float, off_s: float,
    out: str | None,
) -> None:  # fmt: skip
    """Make up a search with a known answer: a walk in a gorge, a collar, what is heard.

    The same seed gives the same search. The truth is written beside it. `baksan simulate iq` makes
    up a recording of beacons instead.

    \b
    baksan simulate --seed 7 --to walk.csv
    baksan locate walk.csv --png map.png
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("Missing option '--to'.", context)
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


@command.command()
@click.option("--scene", "name", help="clean, cw, dc, neighbour, impulse, am, ramp, ladder, noise.")
@click.option(
    "--beacon",
    "beacons",
    multiple=True,
    metavar="KEY=VALUE,...",
    help="offset (Hz from the centre), cn0 (dB-Hz), per_minute, width_ms, jitter, drift.",
)
@click.option("--rate", default="300k", show_default=True, help="Samples a second.")
@click.option("--frequency", default="150M", show_default=True, help="Centre, for SigMF.")
@click.option("--seconds", type=click.FloatRange(1, 86400), default=60.0, show_default=True)
@click.option("--seed", type=click.IntRange(0), help="Which noise.")
@click.option("--to", "out", type=click.Path(), required=True, help="NAME.cu8 or NAME.sigmf-data.")
def iq(name: str | None, beacons: tuple[str, ...], out: str, frequency: str, **how: Any) -> None:
    """Make up a recording of an SDR: noise, beacons, interference; the truth is beside it.

    A beacon's cn0 is its carrier over the noise of 1 Hz: a single pulse of 20 ms shows from about
    30 dB-Hz on. --scene takes one that detectors are measured on.

    \b
    baksan simulate iq --beacon offset=12k,cn0=35 --beacon offset=-40k,cn0=23 --to x_150M_300k.cu8
    baksan simulate iq --scene cw --to cw_150M_300k.cu8
    """
    from receiver.address import parse_hz
    from receiver.simulator import beacon_files
    from receiver.ui.progress import watched_span

    scene = beacon_files.made_scene(name, beacons, **how)
    with watched_span(scene.duration_s, "making it up") as advance:
        truth_path = beacon_files.write(Path(out), scene, parse_hz(frequency), advance)
    click.echo(
        f"SIMULATION: {scene.duration_s:g} s, {len(scene.tags)} beacons in {out}, the truth in"
        f" {truth_path}",
        err=True,
    )
