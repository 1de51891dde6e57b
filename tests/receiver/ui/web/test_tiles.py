"""Maps that users bring: MBTiles and PMTiles, whole and damaged."""

from __future__ import annotations

import gzip
import sqlite3
import struct
import threading
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.errors import InputError
from receiver.ui.web.pmtiles import parse, tile_id
from receiver.ui.web.tiles import media_type, open_tiles

PNG = b"\x89PNG\r\n\x1a\n" + b"picture "
JPEG = b"\xff\xd8\xff\xe0 picture"


def mbtiles(path: Path, tiles: dict[tuple[int, int, int], object]) -> Path:
    """Write a file; rows of tiles are counted from the south in it."""
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer,"
            " tile_data blob)"
        )
        rows = [(z, x, (1 << z) - 1 - y, data) for (z, x, y), data in tiles.items()]
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    file.close()
    return path


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Write (tile id, run length, length, offset) of each entry as the specification says."""
    ids = [entry[0] for entry in entries]
    steps = [here - before for here, before in zip(ids, [0, *ids], strict=False)]
    columns = [steps, *([e[n] for e in entries] for n in (1, 2)), [e[3] + 1 for e in entries]]
    return varint(len(entries)) + b"".join(varint(v) for column in columns for v in column)


def pmtiles(
    root: bytes, leaves: bytes = b"", data: bytes = b"", *, kind: int = 2, packed: int = 1
) -> bytes:
    """Write a file of version 3; `packed` is the compression of directories and tiles."""
    at = [127, 127 + len(root), 127 + len(root), 127 + len(root) + len(leaves)]
    head = b"PMTiles\x03"
    for begin, size in zip(at, (len(root), 0, len(leaves), len(data)), strict=True):
        head += struct.pack("<QQ", begin, size)
    head += struct.pack("<QQQBBBBBB", 1, 1, 1, 1, packed, packed, kind, 0, 4)
    return head.ljust(127, b"\0") + root + leaves + data


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- MBTiles ------------------------------------------------------------------------------------


def test_mbtiles_counts_rows_from_the_south(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(3, 5, 1): PNG, (4, 0, 15): JPEG})
    tiles = open_tiles(path)
    assert (tiles.zooms.first, tiles.zooms.last) == (3, 4)
    assert tiles.tile(3, 5, 1) == PNG
    assert tiles.tile(4, 0, 15) == JPEG
    assert [tiles.tile(3, 5, 6), tiles.tile(3, 9, 0), tiles.tile(40, 0, 0)] == [None, None, None]
    tiles.close()


def test_mbtiles_is_asked_from_several_threads(tmp_path: Path) -> None:
    tiles = open_tiles(mbtiles(tmp_path / "a.mbtiles", {(2, x, 1): PNG for x in range(4)}))
    got: list[bytes | None] = []
    threads = [
        threading.Thread(target=lambda x=x: got.append(tiles.tile(2, x, 1))) for x in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [PNG] * 4
    tiles.close()


def test_opening_a_map_writes_nothing_beside_it(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): PNG})
    before = path.read_bytes()
    tiles = open_tiles(path)
    tiles.tile(0, 0, 0)
    tiles.close()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.mbtiles"]


@pytest.mark.parametrize("data", ["text", 5, None, b"\x1f\x8b vector tile", b""])
def test_mbtiles_without_pictures(tmp_path: Path, data: object) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): data})
    with pytest.raises(InputError, match="no pictures"):
        open_tiles(path)


def test_mbtiles_that_is_damaged(tmp_path: Path) -> None:
    good = mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): PNG * 500}).read_bytes()
    for content in (good[:3000], good[:16] + b"\xff" * 4000, b"SQLite format 3\0"):
        path = written(tmp_path / "b.mbtiles", content)
        with (
            pytest.raises(InputError, match="this MBTiles map is damaged"),
            closing(open_tiles(path)) as tiles,
        ):
            tiles.tile(0, 0, 0)


def test_a_tile_of_a_stranger_that_is_far_too_large(tmp_path: Path) -> None:
    huge = PNG + bytes(5_000_000)
    tiles = open_tiles(mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): PNG, (1, 0, 0): huge}))
    assert tiles.tile(1, 0, 0) is None
    tiles.close()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_files_that_are_no_map(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="neither an MBTiles nor a PMTiles"):
        open_tiles(written(tmp_path / "x", content))


def test_a_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_tiles(tmp_path / "none.mbtiles")


# --- PMTiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("z", "x", "y", "number"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (1, 0, 1, 2), (1, 1, 1, 3), (1, 1, 0, 4), (2, 0, 0, 5),
     (12, 3423, 1763, 19078479)],
)  # fmt: skip
def test_tile_ids_of_the_specification(z: int, x: int, y: int, number: int) -> None:
    assert tile_id(z, x, y) == number


def test_tile_ids_are_a_walk_from_neighbour_to_neighbour() -> None:
    places = {tile_id(4, x, y): (x, y) for x in range(16) for y in range(16)}
    assert sorted(places) == list(range(85, 85 + 256))
    walk = [places[number] for number in sorted(places)]
    steps = {abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(walk)}
    assert steps == {1}


def test_pmtiles_with_runs_and_leaves(tmp_path: Path) -> None:
    data = PNG + JPEG
    leaf = directory([(5, 2, len(PNG), 0), (9, 1, len(JPEG), len(PNG))])
    root = directory([(1, 1, len(JPEG), len(PNG)), (5, 0, len(leaf), 0)])
    tiles = open_tiles(written(tmp_path / "a.pmtiles", pmtiles(root, leaf, data)))
    assert tiles.tile(1, 0, 0) == JPEG
    assert tiles.tile(2, 0, 0) == tiles.tile(2, 1, 0) == PNG  # a run of two
    assert tiles.tile(0, 0, 0) is None
    assert tiles.tile(1, 1, 1) is None
    assert (tiles.zooms.first, tiles.zooms.last) == (0, 4)
    tiles.close()


def test_pmtiles_packed_with_gzip(tmp_path: Path) -> None:
    data = gzip.compress(PNG)
    root = gzip.compress(directory([(0, 1, len(data), 0)]))
    tiles = open_tiles(written(tmp_path / "a.pmtiles", pmtiles(root, data=data, packed=2)))
    assert tiles.tile(0, 0, 0) == PNG
    tiles.close()


def test_pmtiles_of_vectors(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pmtiles", pmtiles(directory([(0, 1, 1, 0)]), data=b"x", kind=1))
    with pytest.raises(InputError, match="no pictures"):
        open_tiles(path)


BOMB = gzip.compress(bytes(20_000_000))
DAMAGED = {
    "cut off": (pmtiles(directory([(0, 1, 9, 0)]))[:100], "header"),
    "beyond its end": (pmtiles(directory([(0, 1, 99, 0)]), data=PNG), "beyond its end"),
    "a huge offset": (pmtiles(directory([(0, 1, 9, 2**62)]), data=PNG), "beyond its end"),
    "a directory of nothing": (pmtiles(b"\x05\x01"), "directory"),
    "an endless number": (pmtiles(b"\x01" + b"\xff" * 20), "cut off"),
    "no gzip": (pmtiles(directory([(0, 1, 9, 0)]), packed=2), "damaged"),
    "a bomb": (pmtiles(BOMB, packed=2), "far too large"),
    "another compression": (pmtiles(b"\x00", packed=3), "not gzip"),
    "leaves in a circle": (
        pmtiles(directory([(0, 0, 5, 0)]), directory([(0, 0, 5, 0)])),
        "too deep",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_pmtiles_that_are_damaged(tmp_path: Path, name: str) -> None:
    content, reason = DAMAGED[name]
    path = written(tmp_path / "a.pmtiles", content)
    with pytest.raises(InputError, match=reason), closing(open_tiles(path)) as tiles:
        tiles.tile(0, 0, 0)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_directory_is_read_or_refused(data: bytes) -> None:
    try:
        found = parse(data)
    except ValueError:
        return
    assert len(found.tile_id) == len(found.run) == len(found.length) == len(found.offset)


def test_media_types() -> None:
    kinds = [media_type(data) for data in (PNG, JPEG, b"RIFF....WEBP", b"<svg>", b"")]
    assert kinds == ["image/png", "image/jpeg", "image/webp", None, None]
