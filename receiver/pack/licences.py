"""Whose data a file is: by what stands in it, or in a file beside it.

MBTiles 1.3      table metadata, names attribution and license
PMTiles 3        JSON metadata: offset and length at bytes 24 and 32 (uint64, little endian),
compression at byte 97 (1 none, 2 gzip); name attribution
any              NAME.licence, NAME.license or NAME.txt beside it, else LICENSE*, LICENCE*,
COPYRIGHT* in its folder
"""

from __future__ import annotations

import json
import re
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import Any

from receiver.wording import plain

LARGEST_BYTES = 1 << 20
LONGEST = 4000
_TAG = re.compile(r"<[^>]*>")


def licence_of(path: Path) -> str:
    """Return what is known of whose data a file is, "" where nothing is."""
    inside = {".mbtiles": _of_mbtiles, ".pmtiles": _of_pmtiles}.get(path.suffix.lower())
    parts = [inside(path) if inside else "", _beside(path)]
    return "\n".join(part for part in parts if part)


def _of_mbtiles(path: Path) -> str:
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            known = dict(connection.execute("SELECT name, value FROM metadata LIMIT 1000"))
        finally:
            connection.close()
    except sqlite3.Error:
        return ""
    return _said(known)


def _of_pmtiles(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(127)
            offset, length = struct.unpack_from("<QQ", head, 24)
            if length > LARGEST_BYTES:
                return ""
            file.seek(offset)
            content = file.read(length)
        return _said(json.loads(_inflated(content) if head[97] == 2 else content))
    except (OSError, ValueError, struct.error, zlib.error, IndexError, OverflowError):
        return ""


def _inflated(content: bytes) -> bytes:
    """Return the first MiB of what gzip packed: a bomb is cut off, and is no JSON then."""
    return zlib.decompressobj(wbits=31).decompress(content, LARGEST_BYTES)


def _said(known: Any) -> str:
    if not isinstance(known, dict):
        return ""
    said = (str(known.get(name) or "") for name in ("attribution", "license", "licence"))
    return plain(_TAG.sub("", ", ".join(filter(None, said))))[:LONGEST]


def _beside(path: Path) -> str:
    own = [path.with_name(path.name + end) for end in (".licence", ".license", ".txt")]
    general = [p for p in sorted(path.parent.iterdir())
               if p.name.upper().startswith(("LICENSE", "LICENCE", "COPYRIGHT"))]  # fmt: skip
    found = next((p for p in (*own, *general) if p.is_file()), None)
    if found is None:
        return ""
    with found.open("rb") as file:
        return file.read(LONGEST).decode(errors="replace").strip()
