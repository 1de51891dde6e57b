"""The map as a picture: where it may be, the walk coloured by level, bearings, areas, scale, north.

Needs the extra [report] (matplotlib). Light colours that survive a black-and-white printer; levels
in a scale that the colour-blind can read.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from receiver.errors import MissingExtraError
from receiver.geodesy import format_place
from receiver.locator import Posterior
from receiver.locator.radio import RadioData
from receiver.locator.settings import Floats
from receiver.records import Answer, Observation
from receiver.report.spoken import speak
from receiver.wording import SIMULATION, area, length, local_time

INCHES, DPI = 10.0, 120
MARGIN = 0.12
SHADES = "YlOrBr"
LEVELS = "viridis"
AREA_LINES = {"95": (1.6, "solid"), "75": (1.0, "dashed"), "50": (2.2, "solid")}
AREA_WORDS = {"95": "1 in 20 outside", "75": "1 in 4 outside", "50": "half of it in here"}
RAY_SIGMA_DEG = 4.0


def picture(
    posterior: Posterior, observations: Sequence[Observation], *, simulation: bool = False
) -> bytes:
    """Return a PNG of 1200 x 1200 pixels.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("the map picture (--png)", "report") from error
    figure = Figure(figsize=(INCHES, INCHES), dpi=DPI, facecolor="white")
    canvas: Any = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.08, 0.07, 0.80, 0.80))
    _draw(axes, figure, posterior, observations)
    _title(figure, posterior.answer, simulation)
    buffer = io.BytesIO()
    speak(figure)
    canvas.print_png(buffer)
    return buffer.getvalue()


def _draw(
    axes: Any, figure: Any, posterior: Posterior, observations: Sequence[Observation]
) -> None:
    evidence = posterior.evidence
    if evidence is None:
        axes.set_axis_off()
        return
    frame = _frame(posterior)
    axes.set_xlim(frame[0], frame[1])
    axes.set_ylim(frame[2], frame[3])
    axes.set_aspect("equal")
    if posterior.grid is not None:
        _heat(axes, posterior)
        _outlines(axes, posterior)
    _rays(axes, posterior, frame)
    _walk(axes, figure, posterior)
    _seen(axes, observations, posterior)
    _best(axes, posterior)
    _scale_and_north(axes, frame)
    _ticks(axes, posterior, frame)
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels, loc="lower right", fontsize=9, framealpha=0.9)


def _frame(posterior: Posterior) -> tuple[float, float, float, float]:
    """Return a square in local metres around the search area and the near places."""
    assert posterior.evidence is not None
    places = posterior.evidence.listened_m
    points = [places] if len(places) else []
    corners = _corners(posterior, "95")
    if len(corners):
        points.append(corners)
    every = np.vstack(points) if points else np.zeros((1, 2))
    low, high = every.min(axis=0), every.max(axis=0)
    half = max(float((high - low).max()) * (0.5 + MARGIN), 100.0)
    middle = (low + high) / 2.0
    return (
        float(middle[0] - half), float(middle[0] + half),
        float(middle[1] - half), float(middle[1] + half),
    )  # fmt: skip


def _rings(posterior: Posterior, share: str) -> list[Floats]:
    """Return the rings of a search area in local metres."""
    assert posterior.evidence is not None
    rings = []
    for polygon in (
        posterior.answer.regions.get(share, {}).get("geometry", {}).get("coordinates", [])
    ):
        for ring in polygon:
            lon, lat = np.array(ring).T
            rings.append(np.column_stack(posterior.evidence.grid.to_xy(lat, lon)))
    return rings


def _corners(posterior: Posterior, share: str) -> Floats:
    rings = _rings(posterior, share)
    return np.vstack(rings) if rings else np.zeros((0, 2))


def _heat(axes: Any, posterior: Posterior) -> None:
    grid = posterior.grid
    assert grid is not None
    half = grid.cell_m / 2.0
    shown = np.sqrt(grid.probability / grid.probability.max())  # so that faint areas are seen
    axes.imshow(
        np.ma.masked_less(shown, 0.02),
        extent=(grid.x_m[0] - half, grid.x_m[-1] + half, grid.y_m[0] - half, grid.y_m[-1] + half),
        origin="lower",
        cmap=SHADES,
        vmin=0.0,
        vmax=1.15,
        interpolation="bilinear",
        zorder=1,
    )


def _outlines(axes: Any, posterior: Posterior) -> None:
    for share, (width, style) in AREA_LINES.items():
        label = f"{AREA_WORDS[share]}: {area(posterior.answer.regions[share]['area_m2'])}"
        for number, ring in enumerate(_rings(posterior, share)):
            axes.plot(
                ring[:, 0], ring[:, 1], color="black", linewidth=width, linestyle=style,
                zorder=3, label=label if number == 0 else None,
            )  # fmt: skip


def _rays(axes: Any, posterior: Posterior, frame: tuple[float, ...]) -> None:
    """Draw bearings as thin wedges, as wide as their error."""
    assert posterior.evidence is not None
    data = posterior.evidence.bearings
    reach = 1.5 * (frame[1] - frame[0])
    for i in range(len(data.x_m)):
        for number, bearing_deg in enumerate(data.alternatives_deg[i]):
            spread = data.sigma_deg[i]
            turns = np.radians([bearing_deg - spread, bearing_deg, bearing_deg + spread])
            x = data.x_m[i] + reach * np.sin(turns)
            y = data.y_m[i] + reach * np.cos(turns)
            label = "bearing, with its error" if i == 0 and number == 0 else None
            axes.fill([data.x_m[i], x[0], x[2]], [data.y_m[i], y[0], y[2]],
                      color="#2b6cb0", alpha=0.14, linewidth=0, zorder=2, label=label)  # fmt: skip
            axes.plot([data.x_m[i], x[1]], [data.y_m[i], y[1]],
                      color="#2b6cb0", linewidth=1.0, zorder=2)  # fmt: skip


def _walk(axes: Any, figure: Any, posterior: Posterior) -> None:
    assert posterior.evidence is not None
    evidence = posterior.evidence
    silent, radio = evidence.silent_m, evidence.radio
    if len(silent):
        axes.scatter(silent[:, 0], silent[:, 1], s=34, facecolors="none", edgecolors="#444444",
                     linewidths=1.1, zorder=5, label="silent there")  # fmt: skip
    if len(radio.x_m) == 0:
        return
    below_db = radio.level_db - loudest_db(radio)
    order = np.argsort(below_db)  # the loudest on top
    x_m, y_m = radio.x_m[order], radio.y_m[order]
    faintest_db = min(float(below_db.min()), -10.0)
    shown = axes.scatter(x_m, y_m, c=below_db[order], cmap=LEVELS, s=30, edgecolors="white",
                         vmin=faintest_db, vmax=0.0, linewidths=0.5, zorder=6,
                         label="heard there")  # fmt: skip
    bar = figure.colorbar(shown, cax=figure.add_axes((0.905, 0.25, 0.02, 0.44)))
    bar.set_label("dB below the loudest of the same receiver", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def loudest_db(radio: RadioData) -> Floats:
    """Return for each place the loudest level of its receiver: scales do not share a zero."""
    loudest = np.full(len(radio.group_mean_db), -np.inf)
    np.maximum.at(loudest, radio.group, radio.level_db)
    return loudest[radio.group]


def _seen(axes: Any, observations: Sequence[Observation], posterior: Posterior) -> None:
    from matplotlib.patches import Circle

    assert posterior.evidence is not None
    first = True
    for o in observations:
        if o.kind in ("sighting", "position") and o.latitude_deg is not None:
            x, y = posterior.evidence.grid.to_xy(o.latitude_deg, o.longitude_deg)
            radius = (o.radius_m if o.kind == "sighting" else o.accuracy_m) or 50.0
            axes.add_patch(
                Circle((float(x), float(y)), radius, fill=False, edgecolor="#b83280",
                       linewidth=1.6, zorder=4, label="seen, or its own fix" if first else None)
            )  # fmt: skip
            first = False


def _best(axes: Any, posterior: Posterior) -> None:
    answer, evidence = posterior.answer, posterior.evidence
    if answer.latitude_deg is None or evidence is None:
        return
    x, y = evidence.grid.to_xy(answer.latitude_deg, answer.longitude_deg)
    axes.plot([float(x)], [float(y)], marker="x", markersize=15, markeredgewidth=3.2,
              color="#c53030", linestyle="none", zorder=8, label="best point")  # fmt: skip


def _scale_and_north(axes: Any, frame: tuple[float, ...]) -> None:
    width = frame[1] - frame[0]
    bar = _round_length(width / 5.0)
    x, y = frame[0] + 0.04 * width, frame[2] + 0.04 * width
    axes.plot([x, x + bar], [y, y], color="black", linewidth=4, solid_capstyle="butt", zorder=9)
    axes.text(x + bar / 2, y + 0.012 * width, length(bar), ha="center", fontsize=11, zorder=9)
    top = frame[3] - 0.04 * width
    axes.annotate("N", xy=(x, top), xytext=(x, top - 0.09 * width), ha="center", fontsize=14,
                  arrowprops={"arrowstyle": "-|>", "linewidth": 2, "color": "black"},
                  zorder=9)  # fmt: skip


def _round_length(length_m: float) -> float:
    power = 10.0 ** np.floor(np.log10(length_m))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length_m))


def _ticks(axes: Any, posterior: Posterior, frame: tuple[float, ...]) -> None:
    """Write degrees at the sides: the local metres mean nothing to a reader."""
    assert posterior.evidence is not None
    grid = posterior.evidence.grid
    across = np.linspace(frame[0], frame[1], 6)[1:-1]
    up = np.linspace(frame[2], frame[3], 6)[1:-1]
    _, longitude = grid.to_degrees(across, np.full(4, frame[2]))
    latitude, _ = grid.to_degrees(np.full(4, frame[0]), up)
    axes.set_xticks(across, [f"{value:.4f}" for value in longitude], fontsize=9)
    axes.set_yticks(
        up, [f"{value:.4f}" for value in latitude], fontsize=9, rotation=90, va="center"
    )
    axes.set_xlabel("longitude, degrees (WGS 84)", fontsize=9)
    axes.set_ylabel("latitude, degrees", fontsize=9)
    axes.grid(color="#cccccc", linewidth=0.5, zorder=0)


def _title(figure: Any, answer: Answer, simulation: bool) -> None:
    name = f"Collar {answer.collar}: where it may be" if answer.collar else "Where it may be"
    figure.text(0.09, 0.955, name, fontsize=19, fontweight="bold", parse_math=False)
    figure.text(0.09, 0.928, _place(answer), fontsize=12)
    figure.text(0.09, 0.905, local_time(answer.time), fontsize=10, color="#333333")
    if simulation:
        figure.text(0.95, 0.955, SIMULATION.partition(":")[0], fontsize=19, ha="right",
                    fontweight="bold", color="#c53030")  # fmt: skip


def _place(answer: Answer) -> str:
    if answer.latitude_deg is None or answer.longitude_deg is None:
        return f"no place yet: {answer.reason}"
    place = (answer.latitude_deg, answer.longitude_deg)
    return f"{format_place(*place, 'decimal')}    {format_place(*place, 'utm')}   (WGS 84)"
