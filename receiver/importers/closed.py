"""Files that cannot be read here: recognised, named, and what to export instead.

Their layouts are not public, or they are no table at all.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import NamedTuple

from receiver.errors import InputError


class Closed(NamedTuple):
    """A kind of file: how its name ends or its bytes begin, what it is, what to give instead."""

    suffixes: tuple[str, ...]
    magic: tuple[bytes, ...]
    title: str
    instead: str


_TDC = "open it in Telonics Data Converter (TDC) and give its report (CSV) to baksan import"
_PLUS = "open it in GPS Plus X or Inventa and export the positions as CSV"
CLOSED: tuple[Closed, ...] = (
    Closed((".tdf",), (b"#fileTypeRecord,fileType",), "a Telonics datalog (.tdf)", _TDC),
    Closed((".idf",), (), "Telonics Iridium data (.idf)", _TDC),
    Closed((".tpf", ".ppf"), (), "settings of a Telonics collar, without any position",
           "give the TDC report made with it"),
    Closed((".adf",), (), "Vectronic activity data (.adf)", _PLUS),
    Closed((".gdf",), (), "Vectronic GPS data (.gdf)", _PLUS),
    Closed(("logger.bin",), (), "the memory of an e-obs tag (logger.bin)",
           "decode it with the e-obs decoder, or take the tag's CSV from Movebank"),
    Closed((".xlsx", ".xlsm", ".ods"), (b"PK\x03\x04",), "a spreadsheet or a zip archive",
           "unpack it, or better: take the CSV as it was downloaded; if there is none, save it as"
           " CSV UTF-8"),
    Closed((".xls",), (b"\xd0\xcf\x11\xe0",), "a spreadsheet of the old kind",
           "take the CSV as it was downloaded; if there is none, save it as CSV UTF-8"),
    Closed((".gz",), (b"\x1f\x8b",), "a compressed file", "unpack it first: gunzip FILE"),
    Closed((".pdf",), (b"%PDF",), "a PDF", "take the table that it was made of"),
)  # fmt: skip


def refuse(file: str, data: bytes) -> None:
    """Refuse what is known to be closed.

    Raises:
        InputError: it is; the message says what it is and what to give instead.
    """
    name = PurePath(file).name.lower()
    for closed in CLOSED:
        named = name.endswith(closed.suffixes)
        if named or (closed.magic and data.lstrip(b"\xef\xbb\xbf").startswith(closed.magic)):
            raise InputError(f"{file}: {closed.title}; it cannot be read here: {closed.instead}")
