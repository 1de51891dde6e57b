"""The line under a running search: what is saved, what is heard, how old it is."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, TextIO

from receiver.language import translated
from receiver.records import Detection
from receiver.wording import area, unit

if TYPE_CHECKING:
    from receiver.recording import View
    from receiver.status import Status

OLD_S = 10.0
PLAIN_EVERY_VIEWS = 20
WIDTH = 80


def status_text(view: View) -> str:
    """Return the line: rows saved, the search area, each source with its level and its age."""
    parts = [f"saved {view.saved}"]
    if view.is_stuck:
        parts.append(f"NOT SAVED YET {view.waiting}")
    answer = view.posterior.answer if view.posterior else None
    if answer is not None and "95" in answer.regions:
        parts.append(f"search area {area(answer.regions['95']['area_m2'])}")
    parts += [_source(status, view) for status in view.statuses]
    return " | ".join(parts)


def _source(status: Status, view: View) -> str:
    if status.state in ("lost", "ended", "opening"):
        return f"{status.name} {status.state.upper()}"
    if status.heard_ns is None:
        return f"{status.name} nothing yet"
    age_s = (view.now_ns - status.heard_ns) / 1e9
    level = _level(view.levels.get(status.name))
    if status.level_dbfs is not None:
        heard = [f" {t.call.upper()} {t.collar or 'not listed'}" for t in status.beacons[:3]]
        level = f" {status.level_dbfs:.0f} dB{','.join(heard)}"
    return f"{status.name}{level}{f' old, {age_s:.0f} s' if age_s > OLD_S else ''}"


def _level(heard: Detection | None) -> str:
    if heard is None:
        return ""
    if heard.level_db is not None:
        return f" {heard.level_db:.0f} {unit(heard.level_unit)}"
    return "" if heard.level_raw is None else f" meter {heard.level_raw:.0f}"


class StatusLine:
    """Writes the line on standard error: over itself on a terminal, now and then elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._views = 0
        self._faults = 0
        self._reasons: dict[str, str] = {}

    def show(self, view: View) -> None:
        """Show a view; each new fault, and why a source is lost, on a line of its own."""
        for fault in view.faults[self._faults :]:
            self._stream.write(f"\r{translated(f'look out: {fault}')}\n")
        self._faults = len(view.faults)
        for status in view.statuses:
            if status.reason and self._reasons.get(status.name) != status.reason:
                reason = f"{status.state}: {status.reason}"
                self._stream.write(f"\r{status.name} {translated(reason)}\n")
            self._reasons[status.name] = status.reason
        self._views += 1
        if self._terminal:
            width = shutil.get_terminal_size((WIDTH, 24)).columns - 1  # one more would begin a line
            self._stream.write(f"\r{translated(status_text(view))[:width]:<{width}}")
        elif self._views % PLAIN_EVERY_VIEWS == 1:
            self._stream.write(translated(status_text(view)) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the line."""
        if self._terminal:
            self._stream.write("\n")
