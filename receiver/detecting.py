"""From samples to what is heard in them, of a recording or as they come, and the lines of that."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from receiver import samples
from receiver.address import Address
from receiver.bursts import BurstWatch
from receiver.clock import Clock, Stamp
from receiver.ctt_bursts import TAGS_HZ, TAGS_REACH_HZ, CttWatch
from receiver.errors import ConfigError, SourceError
from receiver.heard import HeardBurst, HeardPulse, HeardSlot, News, Track
from receiver.hearing import Watch
from receiver.links import EndOfInput, open_link
from receiver.listening_plan import Plan
from receiver.records import jsonable
from receiver.samples.audit import SampleClock
from receiver.samples.conversion import Converter, converter
from receiver.samples.files import SampleFile
from receiver.samples.sigmf_recorder import SigmfRecorder
from receiver.samples.stream import Stream

READ_TIMEOUT_S = 0.2
DIGITS = {
    "_hz_s": 1,
    "_s": 6,
    "_db": 2,
    "_dbhz": 2,
    "_hz": 1,
    "_minute": 2,
}  # by the unit of a name
When = Callable[[float], datetime | None]
AnyWatch = Watch | BurstWatch | CttWatch
BURSTS: dict[str, type[BurstWatch | CttWatch]] = {"argos": BurstWatch, "ctt": CttWatch}
# Where a band holds this and so much on each side, its bursts are listened for unless the address
# says otherwise.
BURSTS_HZ = {"argos": (401.65e6, 0.0), "ctt": (TAGS_HZ, TAGS_REACH_HZ)}


def watch_of(file: SampleFile, plan: Plan, *, picture: bool = False) -> tuple[AnyWatch, Converter]:
    """Return what listens to a recording, and what turns its bytes into samples.

    Raises:
        ConfigError: samples are too few a second, or of another band.
    """
    convert = converter(file.form, file.rate_hz, file.channels)
    return _watch(convert, plan, file.form.full_scale, picture), convert


def _watch(convert: Converter, plan: Plan, scale: float, picture: bool) -> AnyWatch:
    if plan.bursts is not None:
        return BURSTS[plan.bursts](convert.rate_hz, convert.full_scale, plan, scale)
    return Watch(convert.rate_hz, convert.full_scale, plan, scale, picture=picture)


def heard_in(file: SampleFile, watch: AnyWatch, convert: Converter) -> Iterator[News]:
    """Yield what is heard in a recording, from its beginning to its end.

    Raises:
        InputError: it cannot be read.
    """
    for data in file.chunks():
        yield from watch.push(convert.convert(data))
    yield from watch.finish()


def centre_hz(frequency_hz: float | None, rate_hz: float, *, is_iq: bool) -> float:
    """Return the middle of the band: of sound a quarter of its rate."""
    return frequency_hz or 0.0 if is_iq else rate_hz / 4.0


def bursts_of(address: Address, stream: Stream) -> str | None:
    """Return the system whose bursts are listened for in a source, None for beacons.

    `bursts=` of the address says it (argos, ctt, none), else the frequency of the band does.

    Raises:
        ConfigError: there is no such system, or these are no samples that can hold it.
    """
    said = address.options.get("bursts")
    if said is not None and said not in (*BURSTS, "none"):
        raise ConfigError(f"{address}: bursts={said!r}; known: {', '.join(BURSTS)}, none")
    if stream.kind != "iq":
        if said in BURSTS:
            raise ConfigError(f"{address}: bursts={said} cannot be heard in sound: it needs IQ")
        return None
    if said is not None:
        return said if said in BURSTS else None
    middle_hz = stream.frequency_hz or 0.0
    held = (
        system
        for system, (hz, reach_hz) in BURSTS_HZ.items()
        if abs(hz - middle_hz) + reach_hz <= stream.rate_hz / 2
    )
    return next(held, None)


class LiveWatch:
    """Listens to a stream of samples as it comes; the count of samples is the clock.

    Raises:
        ConfigError: samples are too few a second for the pulse length.
    """

    def __init__(self, stream: Stream, plan: Plan, *, picture: bool = False) -> None:
        self._convert = converter(stream.form, stream.rate_hz)
        self._frame_bytes = stream.form.frame_bytes
        self.watch = _watch(self._convert, plan, stream.form.full_scale, picture)
        self.clock = SampleClock(stream.rate_hz)

    def take(self, data: bytes, arrived: Stamp) -> Iterator[News]:
        """Take whole samples; yield what is certain by now."""
        if data:
            self.clock.add(len(data) // self._frame_bytes, arrived)
            yield from self.watch.push(self._convert.convert(data))

    def finish(self) -> Iterator[News]:
        """Yield what the last samples give."""
        yield from self.watch.finish()

    def when(self, time_s: float) -> datetime | None:
        """Return the UTC time of some seconds after the first sample."""
        if not self.clock.count:
            return None
        return self.clock.made_at(time_s * self.clock.rate_hz).utc


def since(start: datetime | None) -> When:
    """Return what tells the UTC time of seconds after `start`, None where that is not known."""
    return lambda time_s: None if start is None else start + timedelta(seconds=time_s)


def lines(news: News, when: When) -> Iterator[dict[str, Any]]:
    """Yield a line for each pulse, slot and burst, and for each track once, when it ended."""
    for pulse in news.pulses:
        yield _line("pulse", pulse, pulse.time_s, when)
    for slot in news.slots:
        yield _line("slot", slot, slot.time_s, when)
    for track in news.tracks:
        if track.ended:
            yield _line("track", track, track.first_s, when)
    for burst in news.bursts:
        yield _line("burst", burst, burst.time_s, when)


def as_bytes(news: News, when: When) -> bytes:
    """Return the lines as they are written into a journal."""
    texts = [json.dumps(line, ensure_ascii=False) for line in lines(news, when)]
    return "".join(f"{text}\n" for text in texts).encode()


def _line(
    kind: str, item: HeardPulse | HeardSlot | Track | HeardBurst, time_s: float, when: When
) -> dict[str, Any]:
    said = {key: _rounded(key, value) for key, value in jsonable(item).items()}
    return {"kind": kind, "time": jsonable(when(time_s)), **said, "level_unit": "dBFS"}


def _rounded(key: str, value: Any) -> Any:
    """Return a number with the digits that are worth writing."""
    if not isinstance(value, float):
        return value
    digits = next((n for end, n in DIGITS.items() if key.endswith(end)), None)
    return float(f"{value:.4g}") if digits is None else round(value, digits)


@dataclass(slots=True)
class Live:
    """A source of samples that is open: what listens, and what is said of it."""

    address: Address
    stream: Stream
    watch: LiveWatch
    recorder: SigmfRecorder | None = None
    lost: str = ""


def open_live(address: Address, plan: Callable[[Stream], Plan], record: Path | None) -> Live:
    """Make what listens to a source; it is not opened yet.

    Raises:
        ConfigError: the address, or an option of it, is wrong.
        WriteError: the recording cannot be begun.
    """
    stream = samples.build(address)
    watch = LiveWatch(stream, plan(stream), picture=True)
    recorder = None if record is None else SigmfRecorder(record, stream)
    return Live(address, stream, watch, recorder)


def heard_live(
    live: Live, clock: Clock, stop: threading.Event, seconds: float | None = None
) -> Iterator[News]:
    """Yield what is heard in a source until it ends, is lost, or `stop` is set.

    Why it was lost is in `live.lost`. A recording is closed in any case.

    Raises:
        SourceError: it cannot be opened.
        WriteError: the recording cannot go on.
    """
    link, begin_ns = open_link(live.address), clock.now().monotonic_ns
    try:
        hello: Callable[[], bytes] | None = getattr(live.stream, "hello", None)
        if hello is not None:
            link.write(hello())
        while not stop.is_set():
            if seconds is not None and clock.now().monotonic_ns - begin_ns > seconds * 1e9:
                break
            try:
                chunk = link.read(READ_TIMEOUT_S)
            except EndOfInput:
                break
            except SourceError as error:
                live.lost = str(error)
                break
            arrived = clock.now()
            live.stream.receive(chunk, arrived.utc, arrived.monotonic_ns)
            yield from _taken(live, arrived)
        yield from live.watch.finish()
    finally:
        link.close()
        if live.recorder is not None:
            live.recorder.close()


def _taken(live: Live, arrived: Stamp) -> Iterator[News]:
    data, sample_clock = live.stream.fresh, live.watch.clock
    if not data:
        return
    before, lost = sample_clock.count, sample_clock.lost_samples
    heard = live.watch.take(data, arrived)
    first = next(heard, None)  # the clock has taken the samples now
    if live.recorder is not None:
        begins = before == 0 or sample_clock.lost_samples > lost
        live.recorder.write(data, sample_clock.made_at(before) if begins else None)
    if first is not None:
        yield first
        yield from heard
