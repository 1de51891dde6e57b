"""The live table of a search: what each receiver hears and how old that is, what is saved, keys.

Every value has its age, and one that is old is struck through and says so. Nothing is shown by
colour alone. Redrawn at most four times a second.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from receiver.records import Detection, Place
from receiver.ui.keypad import KEYS
from receiver.wording import area

if TYPE_CHECKING:
    from receiver.listen import Status
    from receiver.recording import View

OLD_S = 10.0
MESSAGES = 4
REFRESH_HZ = 4.0
GIGA = 1e9
COLUMNS = (("source", 2), ("state", 4), ("dial", 4), ("level, age", 5), ("with", 3))


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
    tested = status.role != "receiver" or view.tested.get(status.name) is True
    return status.state if tested else f"{status.state}, UNTESTED"


def level_words(heard: Detection | None) -> str:
    """Say a level on its scale; a count stays a count."""
    if heard is None or (heard.level_db is None and heard.level_raw is None):
        return "-"
    is_count = heard.level_db is None
    text = (
        f"count {heard.level_raw:.0f}" if is_count else f"{heard.level_db:.0f} {heard.level_unit}"
    )
    return f"{text} or more" if heard.saturated else text


def _aged(text: str, age_s: float | None) -> Text:
    if age_s is None:
        return Text(text)
    old = age_s > OLD_S
    aged = Text(text, style="strike" if old else "")
    return aged.append(f" {age_words(age_s)}{' OLD' if old else ''}", style="not strike")


def _row(status: Status, view: View) -> list[Text]:
    age_s = None if status.heard_ns is None else (view.now_ns - status.heard_ns) / 1e9
    if status.role == "position":
        place = view.places.get(status.name)
        return [Text(status.name), Text(state_words(status, view)), Text(""),
                _aged(place_words(place), age_s if place else None), Text("")]  # fmt: skip
    heard = view.levels.get(status.name)
    dial = status.tuned or _dial(heard)
    setup = view.setups.get(status.name, "")
    level_age = None if heard is None else (view.now_ns - heard.monotonic_ns) / 1e9
    return [Text(status.name), Text(state_words(status, view)), Text(dial),
            _aged(level_words(heard), level_age), Text(setup)]  # fmt: skip


def _dial(heard: Detection | None) -> str:
    if heard is None or heard.frequency_hz is None:
        return "-"
    return f"{heard.frequency_hz / 1e6:.4f} {heard.mode or ''}".strip()


def place_words(place: Place | None) -> str:
    """Say a place in degrees, with what it is good to."""
    if place is None:
        return "no place yet"
    good = f" +-{place.accuracy_m:.0f} m" if place.accuracy_m else ""
    return f"{place.latitude_deg:.4f} {place.longitude_deg:.4f}{good}"


def machine_words(view: View) -> str:
    """Say what the computer has left: rows saved, battery, disk, clock."""
    parts = [f"saved {view.saved}"]
    if view.waiting > 200:
        parts.append(f"NOT SAVED YET {view.waiting}")
    if view.battery is not None:
        left = view.battery.hours_left
        parts.append(
            f"battery {view.battery.percent} %"
            + (f", {left:.1f} h left" if left is not None else "")
        )
    if view.disk_free_bytes is not None:
        hours = view.disk_hours
        parts.append(
            f"disk {view.disk_free_bytes / GIGA:.1f} GB"
            + (f", {hours:.0f} h left" if hours is not None and hours < 1000 else "")
        )
    parts.append(f"clock: {view.clock_source}")
    return " | ".join(parts)


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
    drawn = Table(box=None, expand=True, pad_edge=False, header_style="bold")
    for heading, share in (
        ("source", 2),
        ("state", 4),
        ("dial", 4),
        ("level, age", 5),
        ("with", 3),
    ):
        drawn.add_column(heading, ratio=share, overflow="fold")
    for status in view.statuses:
        drawn.add_row(*_row(status, view))
    return drawn


class Screen:
    """Draws views on a terminal until it is closed. What is said stays on it for a while."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, highlight=False)
        self._messages: deque[str] = deque(maxlen=MESSAGES)
        self._view: View | None = None
        self._faults = 0
        self._reasons: dict[str, str] = {}
        self.prompt = KEYS
        self._live = Live(console=self._console, refresh_per_second=REFRESH_HZ, screen=False,
                          auto_refresh=True, get_renderable=self.drawn)  # fmt: skip
        self._live.start()

    def show(self, view: View) -> None:
        """Show a view; each new fault, and why a source is lost, as a message."""
        for fault in view.faults[self._faults :]:
            self.say(f"look out: {fault}")
        self._faults = len(view.faults)
        for status in view.statuses:
            if status.reason and self._reasons.get(status.name) != status.reason:
                self.say(f"{status.name} {status.state}: {status.reason}")
            self._reasons[status.name] = status.reason
        self._view = view

    def say(self, message: str) -> None:
        """Put a message under the table."""
        self._messages.append(message)

    def drawn(self) -> Group:
        """Return everything that is on the screen."""
        view = self._view
        if view is None:
            return Group(Text("opening the receivers"), Text(self.prompt, style="bold"))
        lines = [Text(machine_words(view)), Text(answer_words(view))]
        if view.side:
            lines.append(Text(view.side, style="bold"))
        return Group(
            table(view),
            Text(""),
            *lines,
            *map(Text, self._messages),
            Text(self.prompt, style="bold"),
        )

    def close(self) -> None:
        """Leave the last picture where it is."""
        self._live.stop()
