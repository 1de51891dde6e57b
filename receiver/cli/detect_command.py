"""`baksan detect`."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from receiver.cli.interrupt import INTERRUPTED, stop_on_interrupt
from receiver.errors import SourceError

if TYPE_CHECKING:
    from receiver.detecting import AnyWatch, Live
    from receiver.heard import HeardBurst, HeardPulse, HeardSlot, News, Track
    from receiver.hearing import Watch
    from receiver.listening_plan import Plan

NOTHING_HEARD = 1
MOST_DRAWN = 20_000


@click.command()
@click.argument("source", metavar="FILE|SOURCE")
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
@click.option("--seconds", type=click.FloatRange(min=1), help="Of a live source: stop then.")
@click.option("--record", type=click.Path(), help="Of a live source: keep it as NAME.sigmf-data.")
@click.option("--png", type=click.Path(), help="Waterfall with what was heard marked in it.")
@click.option("--bursts", type=click.Choice(["argos", "ctt"]),
              help="Listen for bursts of satellite or CTT tags in place of beacons.")  # fmt: skip
@click.option("--jsonl", is_flag=True, help="A JSON line for each pulse, slot, track or burst.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all tracks or bursts.")
def command(source: str, jsonl: bool, as_json: bool, png: str | None, **options: Any) -> int:
    """Find the beacons in a recording, or live: IQ of an SDR, or the sound of a receiver.

    Reads cu8, cs8, cs16, cf32, WAV, RF64 and SigMF; - is standard input; a SOURCE is one of samples
    in `baksan sources`. Collars of baksan.toml are searched for over many pulses, far below what
    shows as a single one; beacons that nobody listed are found by their pulses. HEARD is wrong at
    most once in 8 hours, MAYBE three times an hour. With --bursts argos: what satellite tags send
    at 401.65 MHz, who it is and what it says; what cannot be read is told with its level. With
    --bursts ctt: the tags of CTT at 434 MHz.

    \b
    baksan simulate iq --beacon offset=12k,cn0=35 --to scene_150.1M_300k.cu8
    baksan detect scene_150.1M_300k.cu8 --png waterfall.png
    baksan detect "rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M&rate=300k" --record gorge
    baksan detect SDRSharp_20210131_083845Z_401650000Hz_IQ.wav --bursts argos
    rtl_sdr -f 434M -s 250k - | baksan detect - --rate 250k --frequency 434M --bursts ctt
    """
    from receiver.heard import best
    from receiver.hearing import Watch, out_of_band
    from receiver.ui.beacons import summary

    if options["bursts"] is not None and png is not None:
        raise click.UsageError("--png shows beacons, not --bursts")
    opened = _live(source, **options) or _file(source, png, **options)
    watch = opened.watch
    if not isinstance(watch, Watch):
        return _bursts(opened, options["config"], jsonl=jsonl, as_json=as_json)
    tracks: dict[str, Track] = {}
    pulse_count, drawn = 0, _Drawn()
    for news in opened.news:
        tracks.update({track.track_id: track for track in news.tracks})
        pulse_count += len(news.pulses)
        drawn.add(news) if png is not None else None
        for line in opened.lines(news) if jsonl else ():
            click.echo(json.dumps(line, ensure_ascii=False))
    called = [track for track in best(tracks.values()) if track.call != "faint"]
    if as_json:
        said = {"noise_db": watch.noise_db, "listened_for": sorted(watch.listed)}
        click.echo(json.dumps(_object(opened, **said, tracks=called), ensure_ascii=False))
    for text in summary(called, watch, pulse_count, out_of_band(watch)):
        click.echo(text, err=True)
    if png is not None:
        _draw(Path(png), opened, watch, drawn, called)
    return opened.ended() or (0 if called or jsonl else NOTHING_HEARD)


def _bursts(opened: _Opened, config: str | None, *, jsonl: bool, as_json: bool) -> int:
    """Show bursts as they are heard."""
    from receiver import settings
    from receiver.bursts import told
    from receiver.collar_rules import formats
    from receiver.detecting import since
    from receiver.ui.bursts import burst_line, summary

    collars = formats(settings.load(settings.find_file(config, None))[0].collars)
    bursts: list[HeardBurst] = []
    for news in opened.news:
        when = since(opened.start())
        news.bursts[:] = [told(burst, when(burst.time_s), collars) for burst in news.bursts]
        bursts += news.bursts
        for line in opened.lines(news) if jsonl else ():
            click.echo(json.dumps(line, ensure_ascii=False))
        for burst in news.bursts:
            click.echo(burst_line(burst, when(burst.time_s)), err=True)
    if as_json:
        click.echo(json.dumps(_object(opened, bursts=bursts), ensure_ascii=False))
    click.echo(summary(bursts, opened.watch.elapsed_s), err=True)
    return opened.ended() or (0 if bursts or jsonl else NOTHING_HEARD)


@dataclass(slots=True)
class _Drawn:
    """What is marked in a picture: only so much can be seen, however long it is listened."""

    pulses: list[HeardPulse] = field(default_factory=list)
    slots: list[HeardSlot] = field(default_factory=list)

    def add(self, news: News) -> None:
        """Take what is new, up to what a picture can show."""
        self.pulses += news.pulses[: max(0, MOST_DRAWN - len(self.pulses))]
        self.slots += news.slots[: max(0, MOST_DRAWN - len(self.slots))]


@dataclass(slots=True)
class _Opened:
    """A recording or a live source: what listens to it, what it gives, how it ended."""

    name: str
    watch: AnyWatch
    news: Iterator[News]
    lines: Callable[[News], Iterator[dict[str, Any]]]
    start: Callable[[], datetime | None]
    ended: Callable[[], int]


def _file(source: str, png: str | None, **options: Any) -> _Opened:
    from receiver.address import parse_hz
    from receiver.detecting import heard_in, lines, since, watch_of
    from receiver.samples.files import open_samples
    from receiver.ui.progress import watched_span

    rate, frequency, name = (options[key] for key in ("rate", "frequency", "format_name"))
    recording = open_samples(
        Path(source),
        parse_hz(rate) if rate else None,
        parse_hz(frequency) if frequency else None,
        name,
    )
    if recording.remark:
        click.echo(f"look out: {source}: {recording.remark}", err=True)
    plan = _plan(recording.frequency_hz, recording.rate_hz, recording.is_iq, **options)
    watch, convert = watch_of(recording, plan, picture=png is not None)

    def news() -> Iterator[News]:
        with watched_span(recording.duration_s, "listening") as advance:
            for one in heard_in(recording, watch, convert):
                advance(one.until_s)
                yield one

    when = since(recording.start)
    return _Opened(
        recording.path.name, watch, news(), lambda one: lines(one, when), lambda: recording.start,
        lambda: 0,
    )  # fmt: skip


def _live(source: str, **options: Any) -> _Opened | None:
    from receiver import samples
    from receiver.address import parse_address
    from receiver.clock import SystemClock
    from receiver.detecting import heard_live, lines, open_live
    from receiver.hearing import Watch

    instrument = source.partition(":")[0].rpartition("=")[2]
    if instrument not in samples.SAMPLES or Path(source).exists():
        return None
    record = None if options["record"] is None else Path(options["record"])
    live = open_live(
        parse_address(source),
        lambda s: _plan(s.frequency_hz, s.rate_hz, s.kind == "iq", **options),
        record,
    )
    stop = threading.Event()
    interrupted = stop_on_interrupt(stop)
    watch = live.watch.watch
    news = heard_live(live, SystemClock(), stop, options["seconds"])
    news = _shown(live, watch, news) if isinstance(watch, Watch) else news
    return _Opened(
        instrument, live.watch.watch, news, lambda one: lines(one, live.watch.when),
        lambda: live.watch.when(0.0), lambda: _ended(live) or INTERRUPTED * interrupted(),
    )  # fmt: skip


def _shown(live: Live, watch: Watch, heard: Iterable[News]) -> Iterator[News]:
    """Pass on what is heard, and show it meanwhile."""
    from receiver.heard import best
    from receiver.ui.beacons import BeaconScreen

    tracks: dict[str, Track] = {}
    with BeaconScreen() as screen:
        for one in heard:
            tracks.update({track.track_id: track for track in one.tracks})
            tracks = {name: track for name, track in tracks.items() if not track.ended}
            screen.show(watch, best(tracks.values()), live.stream.meter)
            yield one


def _ended(live: Live) -> int:
    """Say what there is to say of a live source when it is over; return its exit code."""
    if live.recorder is not None:
        click.echo(f"the samples are in {live.recorder.data_path}", err=True)
    if lost := live.watch.clock.lost_samples:
        seconds = live.stream.seconds_of(lost)
        click.echo(f"look out: {seconds:.2f} s of samples were lost on the way", err=True)
    if live.lost:
        click.echo(f"baksan: {live.lost}", err=True)
    return SourceError.exit_code if live.lost else 0


def _plan(
    frequency_hz: float | None,
    rate_hz: float,
    is_iq: bool,
    *,
    config: str | None,
    pulse_ms: float | None,
    ppm: float,
    ppm_unsure: float,
    bursts: str | None,
    **_: Any,
) -> Plan:
    from receiver import settings
    from receiver.detecting import centre_hz
    from receiver.listening_plan import Plan

    path = settings.find_file(config, None)
    configuration, findings = settings.load(path)
    for finding in findings:
        click.echo(f"{path}, {finding}", err=True)
    knows = is_iq and frequency_hz is not None
    if is_iq and not knows and configuration.collars and bursts is None:
        click.echo(
            "the centre of the band is not known (--frequency): frequencies count from it, and"
            " collars cannot be searched for",
            err=True,
        )
    return Plan(
        frequency_hz=centre_hz(frequency_hz, rate_hz, is_iq=is_iq),
        collars=configuration.collars if knows else (),
        pulse_s=None if pulse_ms is None else pulse_ms / 1000.0,
        error_ppm=ppm,
        uncertainty_ppm=ppm_unsure,
        bursts=bursts,
    )


def _object(opened: _Opened, **found: Any) -> dict[str, Any]:
    from receiver.records import jsonable

    watch = opened.watch
    return {
        "source": opened.name,
        "rate_hz": watch.rate_hz,
        "frequency_hz": watch.plan.frequency_hz or None,
        "start": jsonable(opened.start()),
        "duration_s": watch.elapsed_s,
        "level_unit": "dBFS",
        **jsonable(found),
    }


def _draw(
    path: Path, opened: _Opened, watch: Watch, drawn: _Drawn, tracks: list[Track]
) -> None:  # fmt: skip
    from receiver import export
    from receiver.report.waterfall_picture import picture

    start = opened.start()
    assert watch.waterfall is not None
    shown = {track.track_id for track in tracks}
    slots = [slot for slot in drawn.slots if slot.track_id in shown]
    png = picture(watch.waterfall, watch.plan, drawn.pulses, slots, tracks, start, opened.name)
    export.write(path, png)
    click.echo(f"the waterfall is in {path}", err=True)
