"""The curve of a calibration as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from receiver.errors import MissingExtraError, WriteError
from receiver.report.spoken import speak

if TYPE_CHECKING:
    from receiver.calibration import Step, Table


def draw(path: Path, made: Table, steps: Sequence[Step], title: str, unit: str) -> None:
    """Draw the table over the readings that it was made of.

    Raises:
        MissingExtraError: matplotlib is not installed. WriteError: the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("a picture", "report") from error
    figure = Figure(figsize=(7.0, 5.0), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for step in steps:
        axes.plot([step.known_db] * len(step.counts), step.counts, "k.", alpha=0.3)
    low = [db - sd for db, sd in zip(made.db, made.sd_db, strict=True)]
    high = [db + sd for db, sd in zip(made.db, made.sd_db, strict=True)]
    axes.fill_betweenx(made.raw, low, high, alpha=0.25, label="spread")
    axes.plot(made.db, made.raw, "-o", label="the curve")
    axes.set(xlabel=f"level, {unit}", ylabel="count of the meter", title=title)
    axes.grid(alpha=0.3)
    axes.legend()
    speak(figure)
    try:
        figure.savefig(path)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written ({error.strerror})") from error
