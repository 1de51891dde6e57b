"""From the bytes of somebody's table to text, lines and rows, whatever program wrote it.

Encodings: UTF-8 and UTF-16 with or without a mark at the beginning, else Windows-1252, line by
line, because some files hold both. A row is one line, or several where a quoted field holds line
breaks. Nothing here knows what a table means.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST_LINE = 1 << 20
LONGEST_ROW_LINES = 20  # of a quoted text with line breaks; more of them: a quote that never ends
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NUL = "\0"


class Text(NamedTuple):
    """A file as text: its lines without their ends, and how its bytes were read."""

    lines: list[str]
    encoding: str
    is_whole: bool  # its last line has an end
    notes: list[str]


class Row(NamedTuple):
    """A row of a table and the line that it begins in; `fault` where it cannot be read as one."""

    number: int
    fields: list[str]
    text: str
    fault: str = ""


def read_text(data: bytes) -> Text:
    """Turn bytes into lines; any bytes are text in the end."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _text(data[len(mark) :].decode(encoding, "replace"), encoding)
    if encoding := _unmarked_utf16(data):
        return _text(data.decode(encoding, "replace"), encoding)
    try:
        return _text(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _by_lines(data)


def _text(text: str, encoding: str, notes: list[str] | None = None) -> Text:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_whole = lines[-1] == ""
    found = list(notes or [])
    if broken := sum("\ufffd" in line for line in lines):
        found.append(f"{broken} lines hold bytes that are no {encoding.upper()}")
    return Text(lines[:-1] if is_whole else lines, encoding, is_whole, found)


def _unmarked_utf16(data: bytes) -> str:
    """Tell UTF-16 by its zeros: every second byte of plain letters is one."""
    even, odd = data[0:2000:2], data[1:2000:2]
    if len(odd) < 8 or len(data) % 2:
        return ""
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd) else ""


def _by_lines(data: bytes) -> Text:
    """Read each line as UTF-8 where it is, as Windows-1252 where it is not."""
    lines, kinds = [], set()
    for line in data.split(b"\n"):
        try:
            text = line.decode("utf-8")
            kinds |= set() if text.isascii() else {"utf-8"}
        except UnicodeDecodeError:
            text = line.decode("cp1252", "replace")
            kinds.add("cp1252")
        lines.append(text)
    note = "taken as Windows-1252: look at names with letters other than a to z"
    if len(kinds) > 1:
        note = "lines in two encodings, UTF-8 and Windows-1252: look at names in them"
    return _text("\n".join(lines), "mixed" if len(kinds) > 1 else "cp1252", [note])


def split(line: str, separator: str) -> list[str]:
    """Cut one line into fields without the spaces about them; [] where its quotes do not fit.

    A tab within a field separated by something else is only white space.
    """
    try:
        csv.field_size_limit(LONGEST_LINE)
        reader = csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True)
        return [field.strip() for field in next(reader, [])]
    except csv.Error:
        return []


def rows(lines: Sequence[str], begin: int, separator: str) -> Iterator[Row]:
    """Yield the rows from line `begin` (counted from 0) on; empty lines are passed over."""
    index = begin
    while index < len(lines):
        row, used = _row(lines, index, separator)
        index += used
        if row is not None:
            yield row


def _row(lines: Sequence[str], index: int, separator: str) -> tuple[Row | None, int]:
    """Return the row that begins at a line, None for an empty one, and how many lines it takes."""
    line, number = lines[index], index + 1
    if not line.strip(" \t" + separator):
        return None, 1
    if len(line) > LONGEST_LINE:
        return Row(number, [], line[:200], f"a line of {len(line)} characters"), 1
    if NUL in line:
        return Row(number, [], line[:200], "zero bytes in the line"), 1
    if fields := split(line, separator):
        return Row(number, fields, line), 1
    text, used = _with_open_quotes(lines, index)
    if fields := split_several(text, separator):
        return Row(number, fields, text), used
    return Row(number, [], line, "quotation marks that do not fit"), 1


def _with_open_quotes(lines: Sequence[str], index: int) -> tuple[str, int]:
    """Return a line with those after it, as far as a quoted text goes on, and how many they are."""
    quotes = 0
    for used, line in enumerate(lines[index : index + LONGEST_ROW_LINES], start=1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return "\n".join(lines[index : index + used]), used
    return lines[index], 1


def split_several(text: str, separator: str) -> list[str]:
    """Cut a text with line breaks within quotes into fields; [] where it is not one row."""
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
        found = list(reader)
    except csv.Error:
        return []
    return [field.strip() for field in found[0]] if len(found) == 1 else []
