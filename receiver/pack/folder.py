"""The folder of a trip on the disk: written whole or not at all, and checked by its checksums.

`SHA256SUMS` has the form of sha256sum, so that `sha256sum -c SHA256SUMS` checks it too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from receiver.errors import InputError, WriteError
from receiver.language import phrase
from receiver.pack.contents import Item

SUMS = "SHA256SUMS"
LARGEST_SUMS_BYTES = 1 << 22
PIECE_BYTES = 1 << 20
SPARE_BYTES = 16 << 20  # a full disk is of no use in the field
MEGA = 1e6
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write(folder: Path, items: Sequence[Item]) -> None:
    """Write a folder that is not there yet.

    Raises:
        WriteError: it is there, there is no room, or it cannot be written; nothing is left then.
    """
    if folder.exists():
        raise WriteError(phrase("{folder}: is there already; give another name", folder=folder))
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a run that was cut off
        _refuse_without_room(folder, items)
        part.mkdir(parents=True)
        sums = [f"{_put(item, part / item.name)}  {item.name}\n" for item in items]
        _put(Item(name=SUMS, content="".join(sums).encode()), part / SUMS)
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise WriteError(
            phrase("{folder}: cannot be written ({reason}); nothing was left behind",
                   folder=folder, reason=error.strerror)
        ) from error  # fmt: skip
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def size_mb(items: Iterable[Item]) -> float:
    """Return how many megabytes files have together."""
    return sum(item.size for item in items) / MEGA


def _refuse_without_room(folder: Path, items: Sequence[Item]) -> None:
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free_mb, needed_mb = shutil.disk_usage(there).free / MEGA, size_mb(items)
    if needed_mb + SPARE_BYTES / MEGA > free_mb:
        raise WriteError(
            phrase("{folder}: needs {needed} MB, and {free} MB are free; nothing was written",
                   folder=folder, needed=f"{needed_mb:.0f}", free=f"{free_mb:.0f}")
        )  # fmt: skip


def _put(item: Item, path: Path) -> str:
    """Write one file and return its checksum."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for piece in _pieces(item.source) if item.source else [item.content]:
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def check(folder: Path) -> list[str]:
    """Return what is wrong with a folder: files that are missing, changed, or were added.

    Raises:
        InputError: no such folder, or it is none of a trip.
    """
    sums = _sums(folder)
    wrong = [said for name, expected in sums.items() if (said := _fault(folder, name, expected))]
    inside = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    added = sorted(inside - sums.keys() - {SUMS})
    return wrong + [phrase("{name}: was added later and is in no checksum", name=n) for n in added]


def _fault(folder: Path, name: str, expected: str) -> str:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return phrase("{name}: leads out of the folder", name=name)
    if not path.is_file():
        return phrase("{name}: is missing", name=name)
    try:
        digest = hashlib.sha256()
        for piece in _pieces(path):
            digest.update(piece)
    except OSError as error:
        return phrase("{name}: cannot be read ({reason})", name=name, reason=error.strerror)
    same = digest.hexdigest() == expected
    return "" if same else phrase("{name}: has changed, or is damaged", name=name)


def _sums(folder: Path) -> dict[str, str]:
    path = folder / SUMS
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_SUMS_BYTES + 1)
        lines = content.decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            phrase("{folder}: no folder that baksan pack made ({name} cannot be read)",
                   folder=folder, name=SUMS)
        ) from error  # fmt: skip
    found = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputError(phrase("{path}, line {number}: no checksum", path=path, number=number))
        found[match[2]] = match[1]
    return found
