"""A report as a PDF of A4 pages, drawn with matplotlib (the extra [report]).

Lines are laid out from top to bottom; a table's columns share the width by what stands in them. No
time of making is written into the file: a public report must not tell dates.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

from receiver.errors import MissingExtraError
from receiver.language import phrase, translated
from receiver.report.drawing import SIZE, Shape, legend, shapes
from receiver.report.sections import Report, Row, Section
from receiver.report.told import Chart
from receiver.wording import SIMULATION

WIDTH_IN, HEIGHT_IN = 8.27, 11.69
LEFT, RIGHT, TOP, BOTTOM = 0.75, 7.52, 0.8, 10.9  # inches from the left and from the top
LETTER = 0.57  # width of a letter as a share of its height; Cyrillic is wider than Latin
MAP_IN = 4.9
LONGEST_MARK = 80
LOOKS: dict[str, dict[str, Any]] = {
    "cell": {"facecolor": "white", "edgecolor": "#8b867b", "linewidth": 0.8},
    "in_area": {"facecolor": "#fbd9a5", "edgecolor": "#8a4b06", "linewidth": 1.4, "hatch": "//"},
    "area": {"facecolor": "#f6ad5559", "edgecolor": "#8a4b06", "linewidth": 0.9},
    "half": {"facecolor": "#dd6b2066", "edgecolor": "#1c1b19", "linewidth": 1.2},
    "wedge": {"facecolor": "#2b6cb021", "edgecolor": "none"},
    "north": {"facecolor": "#1c1b19", "edgecolor": "none"},
    "heard": {"facecolor": "#1a6b4a", "edgecolor": "white", "linewidth": 0.5},
    "silent": {"facecolor": "white", "edgecolor": "#444444", "linewidth": 0.9},
    "seen": {"facecolor": "#b83280", "edgecolor": "white", "linewidth": 0.5},
    "ray": {"color": "#2b6cb0", "linewidth": 0.8},
    "scale": {"color": "#1c1b19", "linewidth": 3.0},
    "best": {"color": "#c53030", "linewidth": 2.2},
}


def pdf(report: Report) -> bytes:
    """Return the PDF file.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_pdf import PdfPages
    except ImportError as error:
        raise MissingExtraError(phrase("a report as PDF"), "report") from error
    buffer = io.BytesIO()
    with PdfPages(buffer, metadata={"CreationDate": None, "Title": report.title}) as pages:
        sheets = _Sheets(pages, report)
        sheets.line(report.title, 19, bold=True)
        if report.simulation:
            sheets.line(translated(SIMULATION), 11, bold=True, color="#c53030")
        sheets.line(f"{_for(report)} · {report.mark}", 10.5, color="#5a564e")
        for section in report.sections:
            _write(sheets, section)
        if report.footer:
            sheets.line(report.footer, 8, color="#5a564e")
        sheets.close()
    return buffer.getvalue()


def _for(report: Report) -> str:
    return phrase("for {recipient}", recipient=report.recipient)


def _write(sheets: _Sheets, section: Section) -> None:
    sheets.heading(section.title)
    for sentence in section.sentences:
        sheets.line(sentence, 10)
    if section.chart is not None:
        sheets.map(section.chart)
    if section.table:
        sheets.table(section.table)


class _Sheets:
    """Pages that are filled from the top; `y` is how far down the page is filled, in inches."""

    def __init__(self, pages: Any, report: Report) -> None:
        self._pages, self._report = pages, report
        self._figure: Any = None
        self._count = 0
        self._begin()

    def _begin(self) -> None:
        from matplotlib.figure import Figure

        self._figure, self.y = Figure(figsize=(WIDTH_IN, HEIGHT_IN)), TOP
        self._count += 1
        mark = _for(self._report)[:LONGEST_MARK]
        self._figure.text(
            0.5, 0.5, mark, fontsize=min(34.0, 900.0 / len(mark)), rotation=32, alpha=0.09,
            ha="center", va="center", fontweight="bold", parse_math=False,
        )  # fmt: skip
        self._put(LEFT, HEIGHT_IN - 0.45, _for(self._report)[:90], 8, color="#5a564e")
        self._put(RIGHT, HEIGHT_IN - 0.45, str(self._count), 8, color="#5a564e")

    def _put(self, x_in: float, y_in: float, text: str, size: float, **style: Any) -> None:
        self._figure.text(x_in / WIDTH_IN, 1 - y_in / HEIGHT_IN, text, fontsize=size, va="top",
                          parse_math=False, **style)  # fmt: skip

    def _room(self, height_in: float) -> None:
        """Turn the page where that much does not fit any more."""
        if self.y + height_in > BOTTOM:
            self._pages.savefig(self._figure)
            self._begin()

    def line(self, text: str, size: float, *, bold: bool = False, color: str = "#1c1b19") -> None:
        """Write a paragraph."""
        weight = "bold" if bold else "normal"
        for part in _wrapped(text, RIGHT - LEFT, size):
            self._room(size * 1.4 / 72)
            self._put(LEFT, self.y, part, size, fontweight=weight, color=color)
            self.y += size * 1.4 / 72
        self.y += 0.05

    def heading(self, text: str) -> None:
        """Write a heading, never alone at the foot of a page."""
        self._room(1.0)
        self.y += 0.18
        self._rule("#1c1b19", 1.4)
        self.line(text, 13, bold=True)

    def _rule(self, color: str, width: float) -> None:
        from matplotlib.lines import Line2D

        height = 1 - (self.y - 0.05) / HEIGHT_IN
        self._figure.add_artist(
            Line2D([LEFT / WIDTH_IN, RIGHT / WIDTH_IN], [height] * 2, color=color, linewidth=width)
        )

    def table(self, rows: Sequence[Row]) -> None:
        """Write a table; one of more than two columns has a head."""
        size, widths = 8.5, _widths(rows)
        for number, row in enumerate(rows):
            cells = [_wrapped(cell, width, size) for cell, width in zip(row, widths, strict=True)]
            self._row(cells, widths, size, bold=number == 0 and len(row) > 2)

    def _row(self, cells: list[list[str]], widths: list[float], size: float, *, bold: bool) -> None:
        step_in = size * 1.35 / 72
        for part in range(max(map(len, cells))):
            self._room(step_in)
            x = LEFT
            for lines, width in zip(cells, widths, strict=True):
                if part < len(lines):
                    weight = "bold" if bold else "normal"
                    self._put(x, self.y, lines[part], size, fontweight=weight, color="#1c1b19")
                x += width
            self.y += step_in
        self.y += 0.06
        self._rule("#d8d4cb", 0.5)

    def map(self, chart: Chart) -> None:
        """Draw the map with its legend at the right."""
        self._room(MAP_IN + 0.2)
        bottom = 1 - (self.y + MAP_IN) / HEIGHT_IN
        box = (LEFT / WIDTH_IN, bottom, MAP_IN / WIDTH_IN, MAP_IN / HEIGHT_IN)
        axes = self._figure.add_axes(box)
        axes.set(xlim=(0, SIZE), ylim=(SIZE, 0), xticks=[], yticks=[], facecolor="#f8f7f3")
        for shape in shapes(chart):
            _draw(axes, shape)
        self._legend(chart)
        self.y += MAP_IN + 0.2

    def _legend(self, chart: Chart) -> None:
        y = self.y + 0.1
        for look, words in legend(chart):
            box = ((LEFT + MAP_IN + 0.15) / WIDTH_IN, 1 - (y + 0.16) / HEIGHT_IN,
                   0.24 / WIDTH_IN, 0.16 / HEIGHT_IN)  # fmt: skip
            axes = self._figure.add_axes(box)
            axes.set(xlim=(0, 24), ylim=(16, 0))
            axes.set_axis_off()
            _draw(axes, _sample(look))
            lines = _wrapped(words, RIGHT - LEFT - MAP_IN - 0.5, 8)
            self._put(LEFT + MAP_IN + 0.47, y, "\n".join(lines), 8)
            y += 0.14 * len(lines) + 0.12

    def close(self) -> None:
        """Write the last page."""
        self._pages.savefig(self._figure)


def _sample(look: str) -> Shape:
    """Return what a look of the legend looks like."""
    if look in ("heard", "silent", "seen"):
        return Shape("dot", look, ((12.0, 8.0),))
    if look == "best":
        return Shape("cross", look, ((12.0, 8.0),))
    if look == "ray":
        return Shape("line", look, ((1.0, 8.0), (23.0, 8.0)))
    return Shape("polygon", look, ((1.0, 1.0), (23.0, 1.0), (23.0, 15.0), (1.0, 15.0)))


def _draw(axes: Any, shape: Shape) -> None:
    from matplotlib.patches import Circle, Polygon
    from matplotlib.patheffects import withStroke

    look = LOOKS.get(shape.look.partition(" ")[0], {})
    (x, y), *_ = shape.points
    if shape.kind == "dot":
        axes.add_patch(Circle((x, y), 9 if shape.look.endswith("big") else 4, **look))
    elif shape.kind == "polygon":
        axes.add_patch(Polygon(shape.points, closed=True, **look))
    elif shape.kind == "text":
        big = {"fontsize": 9, "fontweight": "bold"} if shape.look == "label" else {"fontsize": 7}
        edge = withStroke(linewidth=2.5, foreground="white")
        axes.text(x, y, shape.text, parse_math=False, path_effects=[edge], **big)
    elif shape.kind == "cross":
        axes.plot([x - 7, x + 7], [y - 7, y + 7], **look)
        axes.plot([x - 7, x + 7], [y + 7, y - 7], **look)
    else:
        axes.plot([p[0] for p in shape.points], [p[1] for p in shape.points],
                  solid_capstyle="butt", **look)  # fmt: skip


def _wrapped(text: str, width_in: float, size: float) -> list[str]:
    letters = max(4, int((width_in - 0.08) * 72 / (size * LETTER)))
    return textwrap.wrap(text, letters) or [""]


def _widths(rows: Sequence[Row]) -> list[float]:
    """Share the width by the longest word and text of each column."""
    wanted = [max(min(max(len(row[i]) for row in rows), 34), 5) for i in range(len(rows[0]))]
    return [(RIGHT - LEFT) * want / sum(wanted) for want in wanted]
