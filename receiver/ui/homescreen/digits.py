"""Figures that can be read at arm's length: seven rows of blocks, two columns a dot.

Block glyphs, never coloured spaces: a terminal without colours shows them all the same.
"""

from __future__ import annotations

ROWS = 7
FRESH, STALE = "█", "░"
# Rows of a glyph, top to bottom, one letter each: which of its three dots are set.
_DOTS = {" ": "   ", "L": "#  ", "M": " # ", "R": "  #", "B": "# #", "F": "###"}
_GLYPHS = {
    "0": "FBBBBBF",
    "1": "RRRRRRR",
    "2": "FRRFLLF",
    "3": "FRRFRRF",
    "4": "BBBFRRR",
    "5": "FLLFRRF",
    "6": "FLLFBBF",
    "7": "FRRRRRR",
    "8": "FBBFBBF",
    "9": "FBBFRRF",
    "-": "   F   ",
    " ": "       ",
    "S": "FLLFRRF",
    "T": "FMMMMMM",
    "O": "FBBBBBF",
    "P": "FBBFLLL",
    "\u041f": "FBBBBBB",  # the letters of the word that says STOP in Russian
    "\u0421": "FLLLLLF",
    "\u0422": "FMMMMMM",
    "\u041e": "FBBBBBF",
}
_EAST = (
    "      #    ",
    "      ##   ",
    "#########  ",
    "###########",
    "#########  ",
    "      ##   ",
    "      #    ",
)
_NORTH = (
    "     #     ",
    "    ###    ",
    "  #######  ",
    "    ###    ",
    "    ###    ",
    "    ###    ",
    "    ###    ",
)
_NORTH_EAST = (
    "   ########",
    "     ######",
    "     ######",
    "   #### ###",
    " ####    ##",
    "####      #",
    "##         ",
)
ARROW_COLUMNS = len(_EAST[0])


def can_draw(text: str) -> bool:
    """Tell whether there is a glyph for every letter."""
    return all(letter in _GLYPHS for letter in text)


def drawn(text: str, scale: int = 1, block: str = FRESH) -> list[str]:
    """Return the rows of a text in blocks; at scale 2 twice as high and as wide.

    Raises:
        KeyError: there is no glyph for a letter, see `can_draw`.
    """
    rows = [" ".join(_glyph_row(letter, row) for letter in text) for row in range(ROWS)]
    return _scaled([row.replace("#", block) for row in rows], scale)


def _glyph_row(letter: str, row: int) -> str:
    dots = _DOTS[_GLYPHS[letter][row]]
    return (dots[1:] if letter == "-" else dots).replace(" ", "  ").replace("#", "##")


def columns(text: str, scale: int = 1) -> int:
    """Return how many columns a drawn text takes."""
    return max(0, 7 * len(text) - 1 - 2 * text.count("-")) * scale


def arrow(direction_deg: float, scale: int = 1, block: str = FRESH) -> list[str]:
    """Return the rows of an arrow, up for 0 and to the right for 90, to the nearest eighth."""
    eighth = round(direction_deg / 45.0) % 8
    rows: tuple[str, ...] = [_NORTH, _NORTH_EAST, _EAST, _NORTH_EAST][eighth % 4]
    if eighth in (3, 4, 5):
        rows = rows[::-1]
    if eighth >= 5:
        rows = tuple(row[::-1] for row in rows)
    return _scaled([row.replace("#", block) for row in rows], scale)


def _scaled(rows: list[str], scale: int) -> list[str]:
    wide = ["".join(letter * scale for letter in row) for row in rows]
    return [row for row in wide for _ in range(scale)]
