"""From a recording of samples to what is heard in it, and the lines that say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from receiver.hearing import HeardPulse, HeardSlot, News, Plan, Track, Watch
from receiver.records import jsonable
from receiver.samples.conversion import Converter, converter
from receiver.samples.files import SampleFile


def watch_of(file: SampleFile, plan: Plan, *, picture: bool = False) -> tuple[Watch, Converter]:
    """Return what listens to a recording, and what turns its bytes into samples.

    Raises:
        ConfigError: samples are too few a second for the pulse length.
    """
    convert = converter(file.form, file.rate_hz, file.channels)
    scale = file.form.full_scale
    return Watch(convert.rate_hz, convert.full_scale, plan, scale, picture=picture), convert


def heard_in(file: SampleFile, watch: Watch, convert: Converter) -> Iterator[News]:
    """Yield what is heard in a recording, from its beginning to its end.

    Raises:
        InputError: it cannot be read.
    """
    for data in file.chunks():
        yield from watch.push(convert.convert(data))
    yield from watch.finish()


def centre_hz(file: SampleFile) -> float:
    """Return the middle of the band: of sound a quarter of its rate."""
    return file.frequency_hz or 0.0 if file.is_iq else file.rate_hz / 4.0


def lines(news: News, start: datetime | None) -> Iterator[dict[str, Any]]:
    """Yield a line for each pulse and slot, and for each track once, when it ended.

    `start` is the UTC time of the first sample, None where it is not known.
    """
    for pulse in news.pulses:
        yield _line("pulse", pulse, pulse.time_s, start)
    for slot in news.slots:
        yield _line("slot", slot, slot.time_s, start)
    for track in news.tracks:
        if track.ended:
            yield _line("track", track, track.first_s, start)


def _line(
    kind: str, item: HeardPulse | HeardSlot | Track, time_s: float, start: datetime | None
) -> dict[str, Any]:
    time = None if start is None else start + timedelta(seconds=time_s)
    unit = {"level_unit": "dBFS"}
    return {"kind": kind, "time": jsonable(time), **jsonable(item), **unit}
