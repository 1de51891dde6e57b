"""The map that a user brings: MBTiles 1.3 (SQLite) and PMTiles 3, with picture tiles.

A tile is bytes as they lie in the file. A file is a stranger's: nothing in it is trusted, a damaged
one gives an InputError that says what is wrong, a tile that is not there None.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from receiver.errors import InputError
from receiver.language import phrase
from receiver.ui.web.mercator import DEEPEST, is_tile
from receiver.ui.web.pmtiles import MAGIC as PMTILES
from receiver.ui.web.pmtiles import Pmtiles

SQLITE = b"SQLite format 3\0"
LARGEST_TILE = 4_000_000  # bytes
MEDIA_TYPES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Zooms:
    """The first and the last zoom that a map has."""

    first: int
    last: int


class Tiles(Protocol):
    """A map of picture tiles."""

    @property
    def zooms(self) -> Zooms:
        """The zooms that it has."""

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where the map has none."""

    def close(self) -> None:
        """Let go of the file."""


def open_tiles(path: Path) -> Tiles:
    """Open a map by what its file begins with.

    Raises:
        InputError: it cannot be read, is no such map or has no pictures.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(len(SQLITE))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if begin == SQLITE:
        return Mbtiles(path)
    if begin.startswith(PMTILES):
        return PmtilesMap(path)
    raise InputError(phrase("{path}: neither an MBTiles nor a PMTiles map", path=path))


def media_type(tile: bytes) -> str | None:
    """Return what kind of picture a tile is, None where it is none that a phone shows."""
    return next((kind for begin, kind in MEDIA_TYPES if tile.startswith(begin)), None)


def picture(tile: bytes | None) -> bytes | None:
    """Return a tile where it is a picture of a sensible size."""
    if tile is None or len(tile) > LARGEST_TILE or media_type(tile) is None:
        return None
    return tile


class Mbtiles:
    """An MBTiles file; rows of tiles are counted from the south there. Any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        # Immutable: a map may lie on a card that cannot be written, and nothing is put beside it.
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._file = sqlite3.connect(address, uri=True, check_same_thread=False)
        try:
            self.zooms = self._look()
        except sqlite3.Error as error:
            self.close()
            raise self._damaged(error) from error
        except InputError:
            self.close()
            raise

    def _look(self) -> Zooms:
        query = "SELECT min(zoom_level), max(zoom_level) FROM tiles"
        first, last = self._file.execute(query).fetchone()
        sample = self._file.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()
        if sample is None or not isinstance(sample[0], bytes) or media_type(sample[0]) is None:
            raise InputError(no_pictures(self._path))
        if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last):
            raise self._damaged(f"zooms {first!r} to {last!r}")
        return Zooms(first, min(last, DEEPEST))

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where the map has none.

        Raises:
            InputError: the file is damaged there.
        """
        if not is_tile(z, x, y):
            return None
        query = (
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        )
        try:
            with self._lock, closing(self._file.execute(query, (z, x, (1 << z) - 1 - y))) as rows:
                row = rows.fetchone()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return picture(row[0]) if row is not None and isinstance(row[0], bytes) else None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _damaged(self, error: object) -> InputError:
        return InputError(
            phrase("{path}: this MBTiles map is damaged: {error}", path=self._path, error=error)
        )


class PmtilesMap:
    """A PMTiles file whose tiles are pictures. Any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._file, self._lock = Pmtiles(path), threading.Lock()
        if not self._file.has_pictures:
            self._file.close()
            raise InputError(no_pictures(path))
        self.zooms = Zooms(self._file.first_zoom, min(self._file.last_zoom, DEEPEST))

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where the map has none.

        Raises:
            InputError: the file is damaged there.
        """
        if not is_tile(z, x, y):
            return None
        with self._lock:
            return picture(self._file.tile(z, x, y))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def no_pictures(path: Path) -> str:
    """Say that a map is not one of pictures."""
    return phrase(
        "{path}: its tiles are no pictures (PNG, JPEG or WebP): export the map as raster tiles",
        path=path,
    )
