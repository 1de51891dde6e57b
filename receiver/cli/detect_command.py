"""`baksan detect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.hearing import News, Plan, Track, Watch
    from receiver.samples.files import SampleFile

NOTHING_HEARD = 1


@click.command()
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("--rate", help="Samples a second, as in 250k (usually the file says so).")
@click.option("--frequency", help="Centre of the band, as in 150.1M (usually the file says so).")
@click.option("--format", "format_name", help="cu8, cs8, cs16, cf32; sound: u8, s16, s32, f32.")
@click.option("--config", type=click.Path(), help="Collars' sheets (default: baksan.toml here).")
@click.option("--pulse-ms", type=click.FloatRange(2, 200),
              help="Length of a pulse (default: as the sheets say, else 20).")  # fmt: skip
@click.option("--ppm", type=click.FloatRange(-200, 200), default=0.0,
              help="Known error of the receiver, in millionths.")  # fmt: skip
@click.option("--ppm-unsure", type=click.FloatRange(0, 100), default=1.0, show_default=True,
              help="How well that is known.")  # fmt: skip
@click.option("--png", type=click.Path(), help="Waterfall with what was heard marked in it.")
@click.option("--jsonl", is_flag=True, help="A JSON line for each pulse, slot and track.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all tracks.")
def command(file: str, jsonl: bool, as_json: bool, png: str | None, **options: Any) -> int:
    """Find the beacons in a recording: IQ of an SDR, or the sound of a receiver.

    Reads cu8, cs8, cs16, cf32, WAV, RF64 and SigMF; - is standard input. Collars of baksan.toml are
    searched for over many pulses, far below what shows as a single one; beacons that nobody listed
    are found by their pulses. HEARD is wrong at most once in 8 hours, MAYBE three times an hour.

    \b
    baksan simulate iq --beacon offset=12k,cn0=35 --to scene_150.1M_300k.cu8
    baksan detect scene_150.1M_300k.cu8 --png waterfall.png
    """
    from receiver.detecting import heard_in, lines, watch_of
    from receiver.hearing import best, out_of_band
    from receiver.ui.beacons import summary
    from receiver.ui.progress import watched_span

    recording, plan = _opened(file, **options)
    watch, convert = watch_of(recording, plan, picture=png is not None)
    heard: list[News] = []
    with watched_span(recording.duration_s, "listening") as advance:
        for news in heard_in(recording, watch, convert):
            advance(news.until_s)
            heard.append(news)
            for line in lines(news, recording.start) if jsonl else ():
                click.echo(json.dumps(line, ensure_ascii=False))
    called = [t for t in best(t for news in heard for t in news.tracks) if t.call != "faint"]
    if as_json:
        click.echo(json.dumps(_object(recording, watch, called), ensure_ascii=False))
    pulse_count = sum(len(news.pulses) for news in heard)
    for text in summary(called, watch, pulse_count, out_of_band(plan, watch)):
        click.echo(text, err=True)
    if png is not None:
        _draw(Path(png), recording, watch, heard, called)
    return 0 if called or jsonl else NOTHING_HEARD


def _opened(
    file: str,
    *,
    rate: str | None,
    frequency: str | None,
    format_name: str | None,
    config: str | None,
    pulse_ms: float | None,
    ppm: float,
    ppm_unsure: float,
) -> tuple[SampleFile, Plan]:
    from receiver import settings
    from receiver.address import parse_hz
    from receiver.detecting import centre_hz
    from receiver.hearing import Plan
    from receiver.samples.files import open_samples

    recording = open_samples(
        Path(file),
        parse_hz(rate) if rate else None,
        parse_hz(frequency) if frequency else None,
        format_name,
    )
    path = settings.find_file(config, None)
    configuration, findings = settings.load(path)
    for text in [*(f"{path}, {finding}" for finding in findings), *_remarks(recording)]:
        click.echo(text, err=True)
    plan = Plan(
        frequency_hz=centre_hz(recording),
        collars=configuration.collars if recording.is_iq else (),
        pulse_s=None if pulse_ms is None else pulse_ms / 1000.0,
        error_ppm=ppm,
        uncertainty_ppm=ppm_unsure,
    )
    return recording, plan


def _remarks(recording: SampleFile) -> list[str]:
    remarks = [f"look out: {recording.path}: {recording.remark}"] if recording.remark else []
    if recording.is_iq and recording.frequency_hz is None:
        remarks.append(
            f"{recording.path}: its frequency is not known (--frequency): frequencies count from"
            " its centre, and collars cannot be searched for"
        )
    return remarks


def _object(recording: SampleFile, watch: Watch, tracks: list[Track]) -> dict[str, Any]:
    from receiver.records import jsonable

    return {
        "file": str(recording.path),
        "rate_hz": recording.rate_hz,
        "frequency_hz": recording.frequency_hz,
        "start": jsonable(recording.start),
        "duration_s": watch.elapsed_s,
        "noise_db": watch.noise_db,
        "level_unit": "dBFS",
        "listened_for": sorted(watch.listed),
        "tracks": jsonable(tracks),
    }


def _draw(
    path: Path, recording: SampleFile, watch: Watch, heard: list[News], tracks: list[Track]
) -> None:
    from receiver import export
    from receiver.report.waterfall_picture import picture

    assert watch.waterfall is not None
    shown = {track.track_id for track in tracks}
    pulses = [pulse for news in heard for pulse in news.pulses]
    slots = [slot for news in heard for slot in news.slots if slot.track_id in shown]
    title = recording.path.name
    png = picture(watch.waterfall, watch.plan, pulses, slots, tracks, recording.start, title)
    export.write(path, png)
    click.echo(f"the waterfall is in {path}", err=True)
