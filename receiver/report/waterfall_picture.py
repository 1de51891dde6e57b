"""The waterfall as a picture: the band from left to right, time from top to bottom, what was heard.

Needs the extra [report] (matplotlib).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from receiver.dsp.waterfall import Waterfall
from receiver.errors import MissingExtraError
from receiver.heard import HeardPulse, HeardSlot, Track
from receiver.listening_plan import Plan
from receiver.report.spoken import speak

INCHES, DPI = (12.0, 9.0), 100
SHADES, LOW_DB, HIGH_DB = "Greys", 3.0, 25.0
CALLS = {"heard": ("#d62728", "HEARD"), "maybe": ("#e08a00", "MAYBE")}
MOST_MARKS = 5000


def picture(
    waterfall: Waterfall,
    plan: Plan,
    pulses: Sequence[HeardPulse],
    slots: Sequence[HeardSlot],
    tracks: Sequence[Track],
    start: datetime | None = None,
    title: str = "",
) -> bytes:
    """Return a PNG of 1200 x 900 pixels.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("the waterfall picture (--png)", "report") from error
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.08, 0.07, 0.84, 0.78))
    rows = waterfall.rows_db()
    half_hz = waterfall.layout.rate_hz / 2
    low, high = (plan.true_hz(way * half_hz) / 1e6 for way in (-1.0, 1.0))
    end_s = len(rows) * waterfall.row_s
    if len(rows):
        image = axes.imshow(
            rows, cmap=SHADES, vmin=LOW_DB, vmax=HIGH_DB, aspect="auto",
            extent=(low, high, end_s, 0.0), interpolation="nearest",
        )  # fmt: skip
        bar = figure.colorbar(image, ax=axes, fraction=0.03, pad=0.01)
        bar.set_label("dB over the noise")
    _mark(axes, pulses, slots)
    _name(axes, tracks)
    axes.set_xlim(low, high)
    axes.set_ylim(max(end_s, 0.1), 0.0)
    axes.ticklabel_format(useOffset=False, axis="x")
    axes.set_xlabel("MHz", loc="right")
    axes.set_ylabel("seconds from the beginning")
    figure.text(0.08, 0.96, title, fontsize=12, fontweight="bold")
    figure.text(0.08, 0.93, _span(start, end_s), fontsize=9)
    buffer = io.BytesIO()
    speak(figure)
    canvas.print_png(buffer)
    return buffer.getvalue()


def _mark(axes: Any, pulses: Sequence[HeardPulse], slots: Sequence[HeardSlot]) -> None:
    shown = pulses[:MOST_MARKS]
    axes.plot(
        [p.frequency_hz / 1e6 for p in shown], [p.time_s for p in shown],
        "o", markersize=7, markerfacecolor="none", markeredgecolor="#1f77b4", alpha=0.7,
        label="single pulse",
    )  # fmt: skip
    found, missed = ([s for s in slots[:MOST_MARKS] if s.found is way] for way in (True, False))
    for some, mark, words in ((found, "_", "slot, heard"), (missed, ".", "slot, not heard")):
        if some:
            axes.plot(
                [s.frequency_hz / 1e6 for s in some], [s.time_s for s in some],
                mark, markersize=14 if mark == "_" else 3, color="#d62728", label=words,
            )  # fmt: skip
    if shown or slots:
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.095), ncols=3, frameon=False)


def _name(axes: Any, tracks: Sequence[Track]) -> None:
    """Write each beacon over its place of the band, beside each other at different heights."""
    named = sorted((t for t in tracks if t.call in CALLS), key=lambda t: t.frequency_hz)
    for number, track in enumerate(named[:12]):
        colour, word = CALLS[track.call]
        axes.annotate(
            f"{word} {track.collar or 'not listed'}\n{track.pulses_per_minute:.0f} a minute",
            (track.frequency_hz / 1e6, 1.0), (0, 8 + 26 * (number % 2)),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="center", va="bottom", color=colour, fontsize=9, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8},
        )  # fmt: skip


def _span(start: datetime | None, end_s: float) -> str:
    if start is None:
        return f"{end_s:.1f} s; when that was is not known"
    end = start + timedelta(seconds=end_s)
    return f"{start:%d %b %Y, %H:%M:%S} to {end:%H:%M:%S} UTC"
