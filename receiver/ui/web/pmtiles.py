"""PMTiles 3: one file of map tiles with directories.

From the specification, github.com/protomaps/PMTiles spec/v3/spec.md. Header of 127 bytes, all
little-endian: magic "PMTiles" and version (0-7), then offset and length (8 bytes each) of the root
directory (8, 16), metadata (24, 32), leaf directories (40, 48) and tile data (56, 64); compression
of directories (97) and of tiles (98): 1 none, 2 gzip; kind of tiles (99): 1 vector, 2 PNG, 3 JPEG,
4 WebP; first and last zoom (100, 101).

A directory is a count and then columns of varints: steps of tile ids, run lengths (0: a leaf
directory), lengths, and offsets plus 1 (0: right after the one before). A tile's id is its place
on the Hilbert curve of its zoom, after all tiles of the zooms before.
"""

from __future__ import annotations

import os
import struct
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from receiver.errors import InputError
from receiver.language import phrase

MAGIC = b"PMTiles"
HEADER_BYTES = 127
NONE, GZIP = 1, 2
PICTURES = (2, 3, 4)
DEEPEST_LEAF = 4
LARGEST_DIRECTORY = 16_000_000  # bytes, unpacked
LARGEST_TILE = 4_000_000
MOST_ENTRIES = 2_000_000


@dataclass(frozen=True, slots=True)
class Directory:
    """Columns of a directory; `run` 0 is a leaf directory."""

    tile_id: list[int]
    run: list[int]
    length: list[int]
    offset: list[int]


class Pmtiles:
    """An open file; not for several threads at once."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            InputError: it cannot be read, or is damaged.
        """
        self._path = path
        self._file = path.open("rb")
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            head = self._file.read(HEADER_BYTES)
            if len(head) < HEADER_BYTES or head[:7] != MAGIC or head[7] != 3:
                raise self._damaged(phrase("its header is not one of version 3"))
            self._root, _, self._leaves, self._data = (
                struct.unpack_from("<QQ", head, at) for at in (8, 24, 40, 56)
            )
            self._inner, self._packed, kind = head[97], head[98], head[99]
            self.first_zoom, self.last_zoom = head[100], head[101]
            self.has_pictures = kind in PICTURES
            self._check()
        except BaseException:
            self._file.close()
            raise
        # A few leaves are enough for what one screen shows; each may be some megabytes.
        self._leaf = lru_cache(maxsize=16)(self._directory)

    def _check(self) -> None:
        if not {self._inner, self._packed} <= {NONE, GZIP}:
            raise self._damaged(phrase("its compression is not gzip"))
        if self.first_zoom > self.last_zoom:
            raise self._damaged(phrase("its last zoom is before the first"))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's bytes, None where there is none.

        Raises:
            InputError: the file is damaged there.
        """
        wanted, (offset, length) = tile_id(z, x, y), self._root
        for _ in range(DEEPEST_LEAF):
            directory = self._leaf(offset, length)
            place = bisect_right(directory.tile_id, wanted) - 1
            if place < 0:
                return None
            length = directory.length[place]
            if directory.run[place] > 0:
                if wanted >= directory.tile_id[place] + directory.run[place]:
                    return None
                packed = self._read(self._data, directory.offset[place], length, LARGEST_TILE)
                return self._unpack(packed, self._packed, LARGEST_TILE)
            offset = self._leaves[0] + directory.offset[place]
        raise self._damaged(phrase("its directories lie too deep in each other"))

    def _directory(self, offset: int, length: int) -> Directory:
        packed = self._read((0, self._size), offset, length, LARGEST_DIRECTORY)
        try:
            return parse(self._unpack(packed, self._inner, LARGEST_DIRECTORY))
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def _read(self, part: tuple[int, int], offset: int, length: int, most: int) -> bytes:
        begin, size = part
        if length > most or offset + length > size or begin + offset + length > self._size:
            raise self._damaged(phrase("it points beyond its end"))
        try:
            self._file.seek(begin + offset)
            return self._file.read(length)
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror or error}") from error

    def _unpack(self, packed: bytes, compression: int, most: int) -> bytes:
        if compression == NONE:
            return packed
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(packed, most)
        except zlib.error as error:
            raise self._damaged(str(error)) from error
        if not unpacker.eof:
            raise self._damaged(phrase("a part of it is cut off or far too large"))
        return data

    def _damaged(self, reason: str) -> InputError:
        return InputError(
            phrase("{path}: this PMTiles map is damaged: {reason}", path=self._path, reason=reason)
        )


def tile_id(z: int, x: int, y: int) -> int:
    """Return the number of a tile: all zooms before, then its place on the Hilbert curve."""
    place, side = 0, 1 << z
    half = side >> 1
    while half:
        right, down = int(x & half > 0), int(y & half > 0)
        place += half * half * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        half >>= 1
    return ((1 << 2 * z) - 1) // 3 + place


def parse(data: bytes) -> Directory:
    """Return the columns of an unpacked directory.

    Raises:
        ValueError: it is cut off or its numbers cannot be.
    """
    values, at = varints(data, 1, 0)
    count = values[0]
    if count > min(MOST_ENTRIES, len(data)):
        raise ValueError(phrase("a directory of {count} entries", count=count))
    steps, at = varints(data, count, at)
    run, at = varints(data, count, at)
    length, at = varints(data, count, at)
    coded, at = varints(data, count, at)
    tile_ids: list[int] = []
    offsets: list[int] = []
    last = 0
    for n in range(count):
        last += steps[n]
        tile_ids.append(last)
        follows = offsets[n - 1] + length[n - 1] if n else 0
        offsets.append(coded[n] - 1 if coded[n] else follows)
    return Directory(tile_ids, run, length, offsets)


def varints(data: bytes, count: int, at: int) -> tuple[list[int], int]:
    """Read `count` numbers of seven bits a byte, the lowest first; return them and the next place.

    Raises:
        ValueError: the data end, or a number has more than 64 bits.
    """
    values = []
    for _ in range(count):
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise ValueError(phrase("a directory that is cut off at byte {at}", at=at))
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        values.append(value)
    return values, at
