"""A collar's story as a picture: track and home range beside contacts, battery and temperature.

Needs the extra [report] (matplotlib). Colours that survive a black-and-white printer.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from receiver.errors import MissingExtraError
from receiver.geodesy import LocalGrid, format_place
from receiver.records import Fix
from receiver.report.spoken import speak
from receiver.story import Story, ground, ranges
from receiver.story.contacts import when
from receiver.wording import area, length, local_time, plain, span

INCHES, DPI = (14.0, 8.5), 100
LONG_TIME = timedelta(days=3)  # a shorter record is drawn by the hour
SILENCE_COLOUR = LAST_COLOUR = "#c53030"
TRACK_COLOUR, EARLIER_COLOUR = "#2b6cb0", "#bcd4ec"
MONTH_S = 30 * 86_400.0
MOST_SILENCE = 1.0  # of the record's own length: a silence of years must not squeeze it
MOST_POINTS, LONGEST_NAME = 5000, 40
WAITS = (("1 s", 1 / 3600), ("10 s", 1 / 360), ("1 min", 1 / 60), ("10 min", 1 / 6), ("1 h", 1.0),
         ("6 h", 6.0), ("1 day", 24.0), ("1 week", 168.0), ("1 month", 730.0),
         ("1 year", 8766.0))  # fmt: skip
PANELS = (
    ("battery, V", lambda fix: fix.battery_v),
    ("temperature, C", lambda fix: fix.temperature_c),
)  # fmt: skip


def picture(story: Story, fixes: Sequence[Fix]) -> bytes:
    """Return a PNG of 1400 x 850 pixels.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("the picture of a story (--png)", "report") from error
    figure = Figure(figsize=INCHES, dpi=DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    own = [fix for fix in fixes if (time := when(fix)) and time <= story.time + timedelta(days=1)]
    _map(figure.add_axes((0.055, 0.14, 0.45, 0.70)), story, own)
    rows = [figure.add_axes((0.585, bottom, 0.37, 0.19)) for bottom in (0.65, 0.395, 0.14)]
    _times(rows, story, own)
    _title(figure, story)
    buffer = io.BytesIO()
    speak(figure)
    canvas.print_png(buffer)
    return buffer.getvalue()


def _title(figure: Any, story: Story) -> None:
    # A name may hold anything, also what matplotlib would take for a formula.
    figure.text(0.055, 0.945, f"Collar {plain(story.collar)[:LONGEST_NAME]}: its story",
                fontsize=19, fontweight="bold", parse_math=False)  # fmt: skip
    figure.text(0.055, 0.912, _silence(story), fontsize=12)
    figure.text(0.055, 0.883, f"as of {local_time(story.time)}", fontsize=10, color="#333333")


def _silence(story: Story) -> str:
    if story.last_contact is None:
        return "no contact with a time is known"
    text = f"silent for {span((story.time - story.last_contact).total_seconds())}"
    if story.contact_rhythm is None:
        return text
    return f"{text}; it spoke about every {span(story.contact_rhythm.interval_s)}"


# --- the map ------------------------------------------------------------------------------------


def _map(axes: Any, story: Story, fixes: Sequence[Fix]) -> None:
    found = ground.track(ground.trusted(fixes))
    place = story.last_place
    if place is None:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no place that can be trusted", ha="center", fontsize=13)
        return
    grid = found.grid if found else LocalGrid(place.latitude_deg, place.longitude_deg)
    axes.set_aspect("equal")
    if found is not None:
        _range(axes, story, found)
        _track(axes, found)
    _stays(axes, story, grid)
    x, y = (float(value) for value in grid.to_xy(place.latitude_deg, place.longitude_deg))
    axes.plot([x], [y], marker="x", markersize=15, markeredgewidth=3.2, color=LAST_COLOUR,
              linestyle="none", zorder=8,
              label=f"last place, {place.time:%d %b %Y}")  # fmt: skip
    _off(axes, (x, y), place.accuracy_m)
    _frame(axes, grid, (x, y), place.accuracy_m)
    axes.set_title(format_place(place.latitude_deg, place.longitude_deg, "decimal")
                   + "   (WGS 84), last place", fontsize=11, loc="left")  # fmt: skip
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.06), ncols=2, fontsize=9, frameon=False)


def _track(axes: Any, found: ground.Track) -> None:
    """Draw all places pale, and those of the last month over them."""
    fresh = found.time_s > found.time_s[-1] - MONTH_S
    thin = _thinned(np.arange(len(found)))
    axes.plot(found.x_m[thin], found.y_m[thin], ".-", color=EARLIER_COLOUR, markersize=3,
              linewidth=0.5, zorder=3)  # fmt: skip
    label = f"{len(found)} places, the last month dark; lines between them are no paths"
    axes.plot(found.x_m[fresh], found.y_m[fresh], ".-", color=TRACK_COLOUR, markersize=5,
              linewidth=0.8, zorder=4, label=label)  # fmt: skip


def _range(axes: Any, story: Story, found: ground.Track) -> None:
    known = story.home_range
    if known is None or known.effective < ranges.SETTLED:
        return
    x_m, y_m, density, _ = ranges.kernel(found.x_m, found.y_m, known.bandwidth_m)
    shares = (("95 %", 0.95, known.area_95_m2, "dashed"), ("50 %", 0.5, known.area_50_m2, "solid"))
    for name, share, area_m2, style in shares:
        axes.contour(x_m, y_m, density, levels=[ranges.level_of(density, share)], colors="black",
                     linewidths=1.6, linestyles=style, zorder=5)  # fmt: skip
        axes.plot([], [], color="black", linestyle=style, label=f"{name} of the time: "
                  f"{area(area_m2)}")  # fmt: skip


def _stays(axes: Any, story: Story, grid: LocalGrid) -> None:
    for number, one in enumerate(story.clusters[:10]):
        x, y = grid.to_xy(one.latitude_deg, one.longitude_deg)
        axes.plot([float(x)], [float(y)], marker="s", markersize=13, markerfacecolor="none",
                  markeredgecolor="#b7791f", markeredgewidth=2, linestyle="none", zorder=6,
                  label="stayed for hours" if number == 0 else None)  # fmt: skip


def _off(axes: Any, centre: tuple[float, float], accuracy_m: float) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(centre, accuracy_m, fill=False, edgecolor=LAST_COLOUR, zorder=7,
                           label=f"may be off by {length(accuracy_m)}"))  # fmt: skip


def _frame(
    axes: Any, grid: LocalGrid, last: tuple[float, float], accuracy_m: float
) -> None:  # fmt: skip
    """Show a square about everything that was drawn, with degrees at its sides and a scale."""
    box = axes.dataLim
    low = np.minimum([box.x0, box.y0], np.array(last) - accuracy_m)
    high = np.maximum([box.x1, box.y1], np.array(last) + accuracy_m)
    half = max(float((high - low).max()) * 0.56, 50.0)
    middle = (low + high) / 2.0
    axes.set_xlim(middle[0] - half, middle[0] + half)
    axes.set_ylim(middle[1] - half, middle[1] + half)
    steps = np.linspace(-0.7, 0.7, 4) * half
    _, longitude = grid.to_degrees(middle[0] + steps, np.full(4, middle[1] - half))
    latitude, _ = grid.to_degrees(np.full(4, middle[0] - half), middle[1] + steps)
    digits = 3 if half > 1000 else 4
    axes.set_xticks(middle[0] + steps, [f"{value:.{digits}f}" for value in longitude], fontsize=9)
    axes.set_yticks(middle[1] + steps, [f"{value:.{digits}f}" for value in latitude], fontsize=9,
                    rotation=90, va="center")  # fmt: skip
    axes.grid(color="#dddddd", linewidth=0.5, zorder=0)
    bar_m = _round_length(half / 2.5)
    x, y = middle[0] - 0.92 * half, middle[1] - 0.92 * half
    axes.plot([x, x + bar_m], [y, y], color="black", linewidth=4, solid_capstyle="butt", zorder=9)
    axes.text(x + bar_m / 2, y + 0.025 * half, length(bar_m), ha="center", fontsize=11, zorder=9)
    axes.annotate("N", xy=(x, middle[1] + 0.95 * half), xytext=(x, middle[1] + 0.78 * half),
                  ha="center", fontsize=13, zorder=9,
                  arrowprops={"arrowstyle": "-|>", "linewidth": 2, "color": "black"})  # fmt: skip


def _round_length(length_m: float) -> float:
    power = 10.0 ** np.floor(np.log10(length_m))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length_m))


# --- over time ----------------------------------------------------------------------------------


def _times(rows: Sequence[Any], story: Story, fixes: Sequence[Fix]) -> None:
    """Draw contacts, battery and temperature over one axis of time, and the silence."""
    times = sorted(time for fix in fixes if (time := when(fix)))
    if not times:
        for axes in rows:
            axes.set_axis_off()
        return
    begin, last = times[0], times[-1]
    length_of = max(last - begin, timedelta(hours=1))
    end = max(last, min(story.time, last + MOST_SILENCE * length_of))
    is_cut = end < story.time
    _contacts(rows[0], fixes, times)
    for axes, (name, value) in zip(rows[1:], PANELS, strict=True):
        _sensor(axes, fixes, name, value)
    for axes in rows:
        axes.set_xlim(begin - 0.02 * length_of, end + 0.02 * length_of)
        axes.axvspan(last, end + length_of, color=SILENCE_COLOUR, alpha=0.10, linewidth=0)
        _dates(axes, begin, end)
    said = f"SILENT\nuntil {story.time:%d %b %Y}" if is_cut else "SILENT"
    if end - last > 0.15 * (end - begin):
        rows[0].text(last + (end - last) / 2, 0.5, said, color=SILENCE_COLOUR, ha="center",
                     va="center", transform=rows[0].get_xaxis_transform())  # fmt: skip


def _dates(axes: Any, begin: datetime, end: datetime) -> None:
    """Write four times below an axis: days, or hours where all is within a few days."""
    times = [begin + share * (end - begin) for share in (0.0, 1 / 3, 2 / 3, 1.0)]
    style = "%d %b %Y" if end - begin > LONG_TIME else "%d %b %H:%M"
    axes.set_xticks(times, [f"{time:{style}}" for time in times])
    axes.tick_params(labelsize=8)
    axes.grid(color="#dddddd", linewidth=0.5)


def _contacts(axes: Any, fixes: Sequence[Fix], times: Sequence[datetime]) -> None:
    """Draw how long each contact had been waited for: what rises falls silent."""
    hours = np.array([(b - a).total_seconds() / 3600 for a, b in pairwise(times)])
    later = np.array(times[1:])
    shown = hours > 0
    if shown.any():
        thin = _thinned(np.flatnonzero(shown))
        axes.plot(later[thin], hours[thin], ".", color="black", markersize=4)
        _waits(axes, float(hours[thin].min()), float(hours[thin].max()))
    flags = [time for fix in fixes if fix.mortality and (time := fix.time or fix.received)]
    if flags:
        axes.plot(flags, [0.04] * len(flags), "v", color=SILENCE_COLOUR, markersize=7,
                  transform=axes.get_xaxis_transform(), label="says: lies still")  # fmt: skip
        axes.legend(loc="upper left", fontsize=8)
    lost = [when(fix) for fix in fixes if fix.position_status not in ground.TRUSTED]
    placed = len(fixes) - len(lost)
    axes.set_title(f"contacts: {placed} with a place, {len(lost)} without; time since the one"
                   " before", fontsize=10, loc="left")  # fmt: skip


def _waits(axes: Any, least_h: float, most_h: float) -> None:
    """Scale and name an axis of waiting times, a factor of three beyond what is shown."""
    axes.set_yscale("log")
    axes.set_ylim(least_h / 3, most_h * 3)
    shown = [(name, h) for name, h in WAITS if least_h / 3 <= h <= most_h * 3]
    axes.set_yticks([h for _, h in shown], [name for name, _ in shown])
    axes.set_yticks([], minor=True)


def _thinned(index: Any) -> Any:
    return index[:: max(len(index) // MOST_POINTS, 1)]


def _sensor(
    axes: Any, fixes: Sequence[Fix], name: str, value: Callable[[Fix], float | None]
) -> None:
    known = sorted(
        (time, number)
        for fix in fixes
        if (time := fix.time or fix.received) and (number := value(fix)) is not None
    )
    axes.set_title(name, fontsize=10, loc="left")
    if not known:
        axes.text(0.5, 0.5, "not in the files", ha="center", va="center",
                  transform=axes.transAxes, color="#666666")  # fmt: skip
        axes.set_yticks([])
        return
    thin = known[:: max(len(known) // MOST_POINTS, 1)]
    axes.plot([time for time, _ in thin], [number for _, number in thin], ".-", color=TRACK_COLOUR,
              markersize=3, linewidth=0.6)  # fmt: skip
