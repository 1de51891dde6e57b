"""`baksan simulate`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


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
    up a recording of beacons instead, `argos` and `ctt` one of bursts.

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


def _recording(usual_frequency: str, usual_every_s: float) -> Callable[[Command], Command]:
    """Return the options that all recordings of bursts have."""
    options = (
        click.option("--every", "every_s", type=click.FloatRange(1.5), default=usual_every_s,
                     show_default=True, help="Seconds from burst to burst."),
        click.option("--offset", default="0", show_default=True, help="Carrier from the centre."),
        click.option("--rate", default="250k", show_default=True, help="Samples a second."),
        click.option("--frequency", default=usual_frequency, show_default=True, help="Centre."),
        click.option("--seconds", type=click.FloatRange(1, 86400), default=60.0, show_default=True),
        click.option("--seed", type=click.IntRange(0), default=1, help="Which noise."),
        click.option("--to", "out", type=click.Path(), required=True, help="NAME.cu8."),
    )  # fmt: skip

    def added(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return added


@command.command()
@click.option("--id", "platform", required=True, help="Platform, 28 bits in hex.")
@click.option("--data", required=True, help="3, 7, ... 31 bytes in hex.")
@click.option("--cn0", "cn0_dbhz", type=float, default=50.0, show_default=True, help="dB-Hz.")
@click.option("--drift", "drift_hz_s", type=float, default=0.0, help="Of the carrier, Hz a second.")
@click.option("--inverted", is_flag=True, help="The other polarity.")
@_recording("401.65M", 10.0)
def argos(platform: str, data: str, **how: Any) -> None:
    """Make up a recording of an Argos PTT-A2 platform; the truth is beside it.

    \b
    baksan simulate argos --id 0A1FBD4 --data 012345 --to x_401.65M_250k.cu8
    baksan detect x_401.65M_250k.cu8 --bursts argos
    """
    from receiver.simulator.burst_files import argos_bursts

    said = {key: how.pop(key) for key in ("cn0_dbhz", "drift_hz_s", "inverted")}
    offset_hz = _signed_hz(how.pop("offset"))
    bursts = argos_bursts(
        platform, data, how.pop("every_s"), how["seconds"], frequency_hz=offset_hz, **said
    )
    _write(bursts, **how)


@command.command()
@click.option("--id", "identity", required=True, help="Tag, 8 hex digits.")
@click.option("--ebn0", "ebn0_db", type=float, default=15.0, show_default=True, help="dB.")
@_recording("434M", 5.0)
def ctt(identity: str, ebn0_db: float, offset: str, every_s: float, **how: Any) -> None:
    """Make up a recording of a CTT tag; the truth is beside it.

    \b
    baksan simulate ctt --id 78664C33 --to x_434M_250k.cu8
    baksan detect x_434M_250k.cu8 --bursts ctt
    """
    from receiver.simulator.burst_files import ctt_bursts

    offset_hz = _signed_hz(offset)
    bursts = ctt_bursts(identity, every_s, how["seconds"], ebn0_db=ebn0_db, offset_hz=offset_hz)
    _write(bursts, **how)


def _signed_hz(text: str) -> float:
    from receiver.address import parse_hz

    sign, size = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    return 0.0 if size.strip("0.") == "" and size else sign * parse_hz(size)


def _write(bursts: Any, out: str, rate: str, frequency: str, seconds: float, seed: int) -> None:
    from receiver.address import parse_hz
    from receiver.simulator import burst_files
    from receiver.ui.progress import watched_span

    recording = burst_files.Recording(
        rate_hz=parse_hz(rate), frequency_hz=parse_hz(frequency), duration_s=seconds, seed=seed,
        bursts=bursts,
    )  # fmt: skip
    with watched_span(seconds, "making it up") as advance:
        truth_path = burst_files.write(Path(out), recording, advance)
    click.echo(
        f"SIMULATION: {seconds:g} s, {len(bursts)} bursts in {out}, the truth in {truth_path}",
        err=True,
    )
