"""The live table of a search: what each receiver hears and how old that is, what is saved, keys.

Every value has its age, and one that is old is struck through and says so. Nothing is shown by
colour alone. Redrawn at most four times a second, and at each key. However many sources there are,
the state of the journal and the line of keys stay on the screen.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from receiver.language import translated
from receiver.records import Detection, Place
from receiver.ui.questions import keys_line
from receiver.wording import area, unit

if TYPE_CHECKING:
    from receiver.clock import Clock
    from receiver.recording import View
    from receiver.status import Status

OLD_S = 10.0
MESSAGES = 4
REFRESH_HZ = 4.0
GIGA = 1e9
COLUMNS = ("source", "state", "dial", "level, age")


def age_words(seconds: float) -> str:
    """Say an age in the fewest letters."""
    seconds = max(seconds, 0.0)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def state_words(status: Status, view: View) -> str:
    """Say what a source does, and since when it does not."""
    lost_s = 0.0 if status.since_ns is None else (view.now_ns - status.since_ns) / 1e9
    if status.state in ("lost", "ended"):
        return f"{status.state.upper()} {age_words(lost_s)}"
    if status.state == "silent":
        return "SILENT"
    # UNTESTED is of receivers only: what gives a place or sound is seen to work.
    tested = status.role != "receiver" or view.tested.get(status.name) is True
    return status.state if tested else f"{status.state}, UNTESTED"


def count_words(count: int) -> str:
    """Say a count in at most four characters."""
    return str(count) if count < 10_000 else f"{count // 1000}k"


def level_words(heard: Detection | None) -> str:
    """Say a level on its scale; a count stays a count."""
    if heard is None or (heard.level_db is None and heard.level_raw is None):
        return "-"
    is_count = heard.level_db is None
    text = (
        f"count {heard.level_raw:.0f}"
        if is_count
        else f"{heard.level_db:.0f} {unit(heard.level_unit)}"
    )
    return f"{text} or more" if heard.saturated else text


def _aged(text: str, age_s: float | None) -> Text:
    if age_s is None:
        return Text(translated(text))
    old = age_s > OLD_S
    aged = Text(translated(text), style="strike" if old else "")
    age = translated(f"{age_words(age_s)}{' OLD' if old else ''}")
    return aged.append(f" {age}", style="not strike")


def _row(status: Status, view: View) -> list[Text]:
    dial, level, setup = _ROWS[status.role](status, view)
    count = count_words(status.chunks)
    state, dial, setup = map(translated, (state_words(status, view), dial, setup))
    return [Text(status.name), Text(state), Text(dial), level, Text(count), Text(setup)]


def _receiver_row(status: Status, view: View) -> tuple[str, Text, str]:
    heard = view.levels.get(status.name)
    age_s = None if heard is None else (view.now_ns - heard.monotonic_ns) / 1e9
    dial = status.tuned or _dial(heard)
    return dial, _aged(level_words(heard), age_s), view.setups.get(status.name, "")


def _position_row(status: Status, view: View) -> tuple[str, Text, str]:
    place = view.places.get(status.name)
    if place is None:
        return "", Text(translated("no place yet")), ""
    age_s = None if view.now is None else (view.now - place.time).total_seconds()
    good = "" if place.accuracy_m is None else f"+-{place.accuracy_m:.0f} m"
    if place.holds_s is not None and age_s is not None and age_s < place.holds_s:
        return "", Text(place_words(place)), "as said"
    return "", _aged(place_words(place), age_s), good


def _samples_row(status: Status, view: View) -> tuple[str, Text, str]:
    level = "-" if status.level_dbfs is None else f"{status.level_dbfs:.0f} dB"
    age_s = None if status.heard_ns is None else (view.now_ns - status.heard_ns) / 1e9
    return beacon_words(status) or status.tuned, _aged(level, age_s), ""


def beacon_words(status: Status) -> str:
    """Say which beacons are heard in samples now, and where on the dial."""
    said = [
        f"{track.call.upper()} {track.collar or 'not listed'} {track.frequency_hz / 1e6:.4f},"
        f" {track.pulses_per_minute:.0f} a minute"
        for track in status.beacons
    ]
    return "; ".join(said[:3])


_ROWS = {"receiver": _receiver_row, "position": _position_row, "samples": _samples_row}


def _dial(heard: Detection | None) -> str:
    if heard is None or heard.frequency_hz is None:
        return "-"
    return f"{heard.frequency_hz / 1e6:.4f} {heard.mode or ''}".strip()


def place_words(place: Place) -> str:
    """Say a place in degrees."""
    return f"{place.latitude_deg:.4f} {place.longitude_deg:.4f}"


def machine_words(view: View) -> str:
    """Say what the computer has left: rows saved, battery, disk, clock."""
    parts = [f"saved {view.saved}"]
    if view.is_stuck:
        parts.append(f"NOT SAVED YET {view.waiting}")
    if view.battery is not None:
        left = view.battery.hours_left
        hours = "" if left is None else f", {left:.1f} h left"
        parts.append(f"battery {view.battery.percent} %{hours}")
    if view.disk_free_bytes is not None:
        left = view.disk_hours
        hours = "" if left is None or left >= 1000 else f", {left:.0f} h left"
        parts.append(f"disk {view.disk_free_bytes / GIGA:.1f} GB{hours}")
    time = "" if view.now is None else f"{local_words(view.now)}, "
    parts.append(f"clock {time}{view.clock_source}")
    return " | ".join(parts)


def local_words(time: datetime) -> str:
    """Say a time of day as the clocks here show it, with its zone."""
    return f"{time.astimezone():%H:%M:%S %Z}"


def answer_words(view: View) -> str:
    """Say how large the search area is by now, or why there is none."""
    answer = view.posterior.answer if view.posterior else None
    if answer is None:
        return "search area: not yet"
    if "95" in answer.regions:
        return f"search area {area(answer.regions['95']['area_m2'])}"
    return f"search area: {answer.reason}"


def table(view: View) -> Table:
    """Draw the sources."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in COLUMNS:
        drawn.add_column(
            translated(heading), overflow="fold"
        )  # a narrow screen must not hide a word of it
    drawn.add_column(translated("got"), justify="right", no_wrap=True)
    drawn.add_column(translated("with"), overflow="fold")
    for status in view.statuses:
        drawn.add_row(*_row(status, view))
    return drawn


class Fitted:
    """Parts one below the other, cut to the height of the screen: first messages, then sources."""

    def __init__(self, sources: Table | Text, state: Group, messages: Group, prompt: Text) -> None:
        self._parts = (sources, state, messages, prompt)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the lines that fit."""
        flat = options.update(height=None)
        sources, state, messages, prompt = (
            console.render_lines(part, flat, pad=False) for part in self._parts
        )
        room = options.max_height - 1 - len(state) - len(prompt)
        if len(sources) > room:
            hidden = len(sources) - max(room, 1) + 1
            told = f"{hidden} lines more: make the window higher"
            more = Text(f"... {translated(told)}", style="bold")
            sources = sources[: max(room, 1) - 1] + console.render_lines(more, flat, pad=False)
        left = max(0, room - len(sources))
        shown = messages[len(messages) - min(left, len(messages)) :]
        for line in [*sources, *state, *shown, *prompt]:
            yield Segments([*line, Segment.line()])


class Screen:
    """Draws views on a terminal until it is closed. What is said stays on it for a while."""

    def __init__(self, clock: Clock, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False)
        self._clock = clock
        self._messages: deque[tuple[str, str]] = deque(maxlen=MESSAGES)  # what it is of, all of it
        self._view: View | None = None
        self._faults = 0
        self._reasons: dict[str, str] = {}
        self._prompt = keys_line()
        self._live = Live(console=self._console, refresh_per_second=REFRESH_HZ, screen=False,
                          auto_refresh=True, get_renderable=self.drawn)  # fmt: skip
        self._live.start()

    def show(self, view: View) -> None:
        """Show a view; each new fault, and why a source is lost, as a message."""
        for fault in view.faults[self._faults :]:
            self.say(f"look out: {fault}")
        self._faults = len(view.faults)
        for status in view.statuses:
            before = self._reasons.get(status.name, "")
            if status.reason and before != status.reason:
                self.say(f"{status.name} {status.state}: {status.reason}")
            elif before and not status.reason:
                self.say(f"{status.name}: all right again")
            self._reasons[status.name] = status.reason
        self._view = view

    def say(self, message: str) -> None:
        """Put a message with its time under the table; it takes the place of one like it."""
        kind = re.sub(r"\d+", "#", message)
        kept = [old for old in self._messages if old[0] != kind]
        said = (kind, f"{local_words(self._clock.now().utc)[:8]} {translated(message)}")
        self._messages = deque([*kept, said], maxlen=MESSAGES)

    def ask(self, prompt: str) -> None:
        """Show what is asked and typed, at once."""
        self._prompt = prompt
        self._live.refresh()

    def drawn(self) -> Fitted:
        """Return everything that is on the screen."""
        view, prompt = self._view, Text(translated(self._prompt), style="bold")
        said = Group(*(Text(message) for _, message in list(self._messages)))
        if view is None:
            return Fitted(Text(translated("opening the receivers")), Group(), said, prompt)
        lines = [Text(translated(line)) for line in ("", machine_words(view), answer_words(view))]
        side = [Text(translated(view.side), style="bold")] if view.side else []
        return Fitted(table(view), Group(*lines, *side), said, prompt)

    def close(self) -> None:
        """Leave the last picture where it is."""
        self._live.stop()
