"""Rows of a terminal: texts with a role of the theme, folded, cut and filled to a width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from receiver.ui.homescreen.theme import Role
from receiver.ui.homescreen.words import Span

Row = tuple[Span, ...]
GAP = 2
KEEP = 0
LOUD = ("stop", "banner", "ask")


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that belong together; those with the highest `rank` are left out first."""

    rank: int
    rows: tuple[Row, ...]


def fitting(blocks: list[Block], room: int) -> list[Block]:
    """Leave out whole blocks, the least needed first, until the rest fits."""
    left = [block for block in blocks if block.rows]
    while sum(len(block.rows) for block in left) > room:
        least = max(left, key=lambda block: block.rank)
        if least.rank == KEEP:
            return left
        left.remove(least)
    return left


def fit(row: Row, width: int) -> Row:
    """Cut or fill a row to a width; what is cut ends in an ellipsis."""
    used = sum(cell_len(text) for text, _ in row)
    if used > width and row[-1][1] == "text":
        row = (*row[:-1], (row[-1][0].rstrip(), "text"))
        used = sum(cell_len(text) for text, _ in row)
    if used <= width:
        return (*row, (" " * (width - used), row[-1][1] if _is_block(row) else "text"))
    kept: list[Span] = []
    left = width - 1
    for text, role in row:
        kept.append((set_cell_size(text, min(left, cell_len(text))), role))
        left -= cell_len(kept[-1][0])
    return (*kept, ("…", "dim"))


def _is_block(row: Row) -> bool:
    """Tell whether a row is of one loud piece, which goes on to the edge."""
    return len(row) == 1 and row[0][1] in ("banner", "ask")


def fold(text: str, role: Role, width: int, most: int = 2) -> list[Row]:
    """Break a text into at most so many rows between its words."""
    pad = " " if role in LOUD else ""
    width -= 2 * len(pad)
    lines: list[str] = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and cell_len(longer) > width and len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = longer
    return [((f"{pad}{line}{pad}", role),) for line in lines if line]


def joined(parts: Iterable[Row]) -> Row:
    """Put texts side by side, those that are empty left out."""
    row: list[Span] = []
    for part in parts:
        row += [("   ", "text")] if row and part else []
        row += part
    return tuple(row)
