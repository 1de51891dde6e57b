"""What is heard in samples, for people: a strip of the spectrum and a line for each beacon."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live
from rich.text import Text

from receiver.config import RATES
from receiver.heard import LEAST_PULSES, Track
from receiver.hearing import Watch
from receiver.language import translated
from receiver.samples.level import Meter

Floats = NDArray[np.float32]

BARS = " ▁▂▃▄▅▆▇█"
FLOOR_DB, TOP_DB = 8.0, 32.0  # of a strip: what noise alone reaches in ten seconds, and loud
STRIP_S = 10.0
SHOW_EVERY_S = 0.5
IRREGULAR = 0.002  # of a period: a quartz is steadier
CALLS = {"heard": "HEARD", "maybe": "MAYBE", "faint": "faint"}
CAUSES = "another rate of a collar, a weak battery, a transmitter of somebody else, or interference"
MAYBE_HINT = (
    "MAYBE: noise does this up to three times an hour. Stay on the frequency for 60 s, then turn"
    " the antenna away, then unplug it: a beacon goes when the antenna goes"
)


def rate_words(track: Track) -> str:
    """Say how often a beacon pulses and, only where its sheet says so, what that means."""
    length = "" if track.pulse_length_s is None else f", {1000 * track.pulse_length_s:.0f} ms long"
    steady = track.regular and track.jitter is not None and track.jitter < IRREGULAR
    if not track.regular:
        rate = f"about {track.pulses_per_minute:.0f} a minute, irregular"
    else:
        rate = f"{track.pulses_per_minute:.0f} a minute" + (", steady" if steady else "")
    rate += length
    if track.meaning is not None:
        word = track.meaning.replace("_", " ")
        return f"{rate}: its {word} rate" if track.meaning in RATES else f"{rate}: {word}"
    if track.pulse_count < LEAST_PULSES:
        return f"{rate}; {track.pulse_count} pulses are too few to say what that means"
    return f"{rate}, meaning unknown"


def beacon_line(track: Track, now_s: float) -> str:
    """Return a beacon in one line: how sure, who, where on the dial, how often, how loud, age."""
    name = track.collar or "not listed"
    level = "level ?" if track.level_db is None else f"{track.level_db:.1f} dB"
    level = f"at least {level}, TOO LOUD: less gain" if track.saturated else level
    over = "" if track.cn0_dbhz is None else f", {track.cn0_dbhz:.0f} dB-Hz"
    count = f"{track.pulse_count} of {track.slot_count} pulses"
    age = f"last {max(0.0, now_s - track.last_s):.0f} s ago"
    return (
        f"{CALLS[track.call]:<6}{name:<12}{track.frequency_hz / 1e6:11.4f} MHz  "
        f"{level}{over}  {count}, {age}\n{'':<18}{rate_words(track)}"
    )


def summary(
    tracks: Sequence[Track], watch: Watch, pulse_count: int, outside: Iterable[str]
) -> list[str]:
    """Return what was heard, when it is over."""
    now_s = watch.elapsed_s
    lines = [beacon_line(track, now_s) for track in tracks]
    heard = {track.collar for track in tracks}
    lines += [f"not heard   {name}" for name in sorted(watch.listed - heard)]
    lines += [f"not listened for: {name}, its frequency is not in this band" for name in outside]
    if not tracks:
        lines.append("no beacon was heard")
    if any(track.call == "maybe" for track in tracks):
        lines.append(MAYBE_HINT)
    if any(track.meaning is None and track.pulse_count >= LEAST_PULSES for track in tracks):
        lines.append(f"a rate without a meaning: {CAUSES}")
    noise = (
        ""
        if watch.noise_db is None
        else f", noise {watch.noise_db:.1f} dB of full scale in the band"
    )
    lines.append(f"{pulse_count} single pulses in {now_s:.1f} s{noise}")
    return lines


def strip(watch: Watch, width: int) -> list[str]:
    """Return the spectrum of the last ten seconds in two lines: bars, and frequencies in MHz."""
    if watch.waterfall is None:
        return []
    rows = watch.waterfall.rows_db(last=max(1, round(STRIP_S / watch.waterfall.row_s)))
    if not len(rows):
        return []
    loudest = rows.max(axis=0)
    begins = np.arange(width) * len(loudest) // width
    parts = np.maximum.reduceat(loudest, begins)
    steps = np.clip((parts - FLOOR_DB) / (TOP_DB - FLOOR_DB) * (len(BARS) - 1), 0, len(BARS) - 1)
    bars = "".join(BARS[int(step)] for step in steps)
    low, high = (watch.plan.true_hz(way * watch.rate_hz / 2) / 1e6 for way in (-1, 1))
    left, middle, right = f"{low:.4f}", f"{(low + high) / 2:.4f}", f"{high:.4f} MHz"
    return [bars, f"{left}{middle:^{max(1, width - len(left) - len(right))}}{right}"]


def level_words(meter: Meter) -> str:
    """Say how loud samples are: a gain at which noise alone moves them is right."""
    level = meter.level
    if level is None or level.level_dbfs is None:
        return "level ?"
    return f"samples at {level.level_dbfs:.0f} dB of full scale, {level.clipped_share:.1%} cut off"


class BeaconScreen:
    """What is heard live: on a terminal drawn again and again, elsewhere a line for each call."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._console = Console(file=self._stream)
        self._live = (
            Live(console=self._console, auto_refresh=False, transient=True)
            if self._console.is_terminal
            else None
        )
        self._told: set[tuple[str, str]] = set()
        self._shown_s = -SHOW_EVERY_S

    def __enter__(self) -> BeaconScreen:
        """Begin to draw."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop drawing; what was drawn goes."""
        if self._live is not None:
            self._live.stop()

    def show(self, watch: Watch, tracks: Sequence[Track], meter: Meter) -> None:
        """Show what is heard by now and how loud the samples are, twice a second of samples."""
        called = [track for track in tracks if track.call != "faint"]
        if self._live is None:
            self._tell(watch, called)
        elif watch.elapsed_s - self._shown_s >= SHOW_EVERY_S:
            self._shown_s = watch.elapsed_s
            lines = [*strip(watch, self._console.width - 1), ""]
            lines += [beacon_line(track, watch.elapsed_s) for track in called]
            lines += [
                "" if called else "no beacon yet",
                f"{watch.elapsed_s:.0f} s  {level_words(meter)}  Ctrl-C ends",
            ]
            lines += [f"look out: {meter.complaint}"] if meter.complaint else []
            drawn = Text("\n".join(map(translated, lines)), no_wrap=True)
            self._live.update(drawn, refresh=True)

    def _tell(self, watch: Watch, called: Sequence[Track]) -> None:
        for track in called:
            if (track.track_id, track.call) not in self._told:
                self._told.add((track.track_id, track.call))
                self._stream.write(f"{translated(beacon_line(track, watch.elapsed_s))}\n")
                self._stream.flush()
