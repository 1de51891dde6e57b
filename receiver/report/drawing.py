"""The map of a report as shapes on a sheet, the same for SVG and PDF.

`Chart` in degrees -> shapes in points of a sheet that is `SIZE` wide and high, y downwards. Kept in
few colours that survive a black-and-white printer: what is filled is told by its pattern as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from receiver.language import phrase, translated
from receiver.report.told import Cell, Chart, Ray, Spot
from receiver.wording import length

SIZE = 640.0
MARGIN = 0.10
METRES_A_DEGREE = 111_195.0
SMALLEST_M = 400.0
ALONE = 1.6  # a single cell is drawn with some ground around it
FINE_DEG = 0.02  # cells of less are those of 1 km
MOST_NAMED = 8  # cells across that have room for their degrees
RINGS = {"95": ("area", "solid"), "50": ("half", "solid")}
Point = tuple[float, float]


class Shape(NamedTuple):
    """A closed polygon, line, dot or text with the class that says how it looks."""

    kind: str  # polygon, line, dot, cross, text
    look: str
    points: tuple[Point, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How degrees become points of the sheet: flat about a middle, which is good to 100 km."""

    latitude_deg: float
    longitude_deg: float
    half_m: float

    def at(self, latitude_deg: float, longitude_deg: float) -> Point:
        turn_deg = (longitude_deg - self.longitude_deg + 180.0) % 360.0 - 180.0
        east_m = turn_deg * METRES_A_DEGREE * math.cos(math.radians(self.latitude_deg))
        north_m = (latitude_deg - self.latitude_deg) * METRES_A_DEGREE
        scale = SIZE / (2.0 * self.half_m)
        return round(SIZE / 2 + east_m * scale, 1), round(SIZE / 2 - north_m * scale, 1)

    def points(self, metres: float) -> float:
        return metres * SIZE / (2.0 * self.half_m)


def shapes(chart: Chart) -> list[Shape]:
    """Return the shapes of a map, those below first."""
    sheet = _sheet(chart)
    return [
        *(shape for cell in chart.cells for shape in _cell(cell, sheet)),
        *(shape for cell in chart.cells for shape in _named(cell, sheet)),
        *_outlines(chart, sheet),
        *(shape for ray in chart.rays for shape in _ray(ray, sheet)),
        *_dots("silent", chart.silent, sheet),
        *_dots("heard", chart.heard, sheet),
        *_dots("seen", chart.seen, sheet),
        *_best(chart, sheet),
        *_scale(sheet),
        *_north(),
    ]


def legend(chart: Chart) -> list[tuple[str, str]]:
    """Return the looks that a map has and what they mean."""
    cells = chart.cells
    within = sum(cell.in_area for cell in cells)
    known = [
        (bool(chart.rings), "area", phrase("search area: 1 in 20 outside")),
        (bool(chart.rings), "half", phrase("half of the chance is in here")),
        (within == 1, "in_area", phrase("square with the middle of the search area")),
        (within > 1, "in_area", phrase("squares that the search area reaches into")),
        (any(c.heard for c in cells) or bool(chart.heard), "heard", phrase("heard there")),
        (any(c.silent for c in cells) or bool(chart.silent), "silent", phrase("silent there")),
        (any(c.seen for c in cells) or bool(chart.seen), "seen", phrase("seen, or its own fix")),
        (bool(chart.rays), "ray", phrase("bearing, with its error")),
        (chart.best is not None, "best", phrase("middle of the search area")),
    ]
    return [(look, words) for is_shown, look, words in known if is_shown]


def _sheet(chart: Chart) -> _Sheet:
    """Return a sheet that holds everything but the ends of bearings."""
    corners = list(_corners(chart))
    south, north = min(c[0] for c in corners), max(c[0] for c in corners)
    first = corners[0][1]  # turns about the first keep both sides of the antimeridian together
    turns = [(c[1] - first + 180.0) % 360.0 - 180.0 for c in corners]
    middle = (south + north) / 2, first + (min(turns) + max(turns)) / 2
    high_m = (north - south) * METRES_A_DEGREE
    wide_m = (max(turns) - min(turns)) * METRES_A_DEGREE * math.cos(math.radians(middle[0]))
    half_m = max(high_m, wide_m, SMALLEST_M) * (0.5 + MARGIN)
    return _Sheet(middle[0], middle[1], half_m * (ALONE if len(chart.cells) == 1 else 1.0))


def _corners(chart: Chart) -> Iterator[Point]:
    for cell in chart.cells:
        yield from ((cell.south, cell.west), (cell.north, cell.east))
    yield from (*chart.heard, *chart.silent, *chart.seen)
    yield from (ray.spot for ray in chart.rays)
    for _, ring in chart.rings:
        yield from ((latitude, longitude) for longitude, latitude in ring)
    if chart.best is not None:
        yield chart.best


def _cell(cell: Cell, sheet: _Sheet) -> Iterator[Shape]:
    square = (sheet.at(cell.north, cell.west), sheet.at(cell.north, cell.east),
              sheet.at(cell.south, cell.east), sheet.at(cell.south, cell.west))  # fmt: skip
    yield Shape("polygon", "in_area" if cell.in_area else "cell", square)
    (west, north), (_, _), (east, south), _ = square
    height = north + 0.3 * (south - north)
    looks = [look for look in ("heard", "silent", "seen") if getattr(cell, look)]
    for place, look in enumerate(looks, start=1):
        across = west + (east - west) * place / (len(looks) + 1)
        yield Shape("dot", f"{look} big", ((round(across, 1), round(height, 1)),))


def _named(cell: Cell, sheet: _Sheet) -> Iterator[Shape]:
    """Yield the middle of a cell in degrees, at its lower left, where there is room for it."""
    high_deg, corner = cell.north - cell.south, sheet.at(cell.south, cell.west)
    if sheet.points(high_deg * METRES_A_DEGREE) < SIZE / MOST_NAMED:
        return
    digits = 2 if high_deg > FINE_DEG else 3
    middle = (cell.south + cell.north) / 2, (cell.west + cell.east) / 2
    north, east = "NS"[middle[0] < 0], "EW"[middle[1] < 0]
    x, y = corner[0] + 6.0, corner[1] - 8.0
    yield Shape("text", "small", ((x, y - 16.0),), f"{abs(middle[0]):.{digits}f} {north}")
    yield Shape("text", "small", ((x, y),), f"{abs(middle[1]):.{digits}f} {east}")


def _outlines(chart: Chart, sheet: _Sheet) -> Iterator[Shape]:
    for share, ring in chart.rings:
        points = tuple(sheet.at(latitude, longitude) for longitude, latitude in ring)
        yield Shape("polygon", RINGS[share][0], points)


def _ray(ray: Ray, sheet: _Sheet) -> Iterator[Shape]:
    """Yield a bearing as a thin wedge, as wide as its error."""
    begin, reach = sheet.at(*ray.spot), 1.5 * SIZE

    def end(bearing_deg: float) -> Point:
        turn = math.radians(bearing_deg)
        return (round(begin[0] + reach * math.sin(turn), 1),
                round(begin[1] - reach * math.cos(turn), 1))  # fmt: skip

    sides = end(ray.bearing_deg - ray.sd_deg), end(ray.bearing_deg + ray.sd_deg)
    yield Shape("polygon", "wedge", (begin, *sides))
    yield Shape("line", "ray", (begin, end(ray.bearing_deg)))


def _dots(look: str, spots: Iterable[Spot], sheet: _Sheet) -> Iterator[Shape]:
    """Yield dots, one for all that would lie on each other."""
    for point in dict.fromkeys(sheet.at(*spot) for spot in spots):
        yield Shape("dot", look, (point,))


def _best(chart: Chart, sheet: _Sheet) -> Iterator[Shape]:
    if chart.best is not None:
        yield Shape("cross", "best", (sheet.at(*chart.best),))


def _scale(sheet: _Sheet) -> Iterator[Shape]:
    bar_m = _round_length(2.0 * sheet.half_m / 5.0)
    y, begin = SIZE - 18.0, 18.0
    end = begin + sheet.points(bar_m)
    yield Shape("line", "scale", ((begin, y), (round(end, 1), y)))
    yield Shape("text", "label", ((begin, y - 8.0),), translated(length(bar_m)))


def _round_length(length_m: float) -> float:
    power = 10.0 ** math.floor(math.log10(length_m))
    return float(max(step * power for step in (1, 2, 5) if step * power <= length_m))


def _north() -> Iterator[Shape]:
    yield Shape("polygon", "north", ((26.0, 14.0), (34.0, 44.0), (26.0, 37.0), (18.0, 44.0)))
    yield Shape("text", "label", ((21.0, 62.0),), "N")
