"""What goes into the folder of a trip, and what is missing from it.

elevation/      files that the user brings (.hgt, .tif)
tiles/          base map that the user brings (.mbtiles, .pmtiles)
baksan.toml     settings, written anew from what is known: no key of a collar can be in it
collars.html    the collars' sheets to print, and collars.txt to read on anything
prior.csv       what a collar's history says before anybody listened, and story.txt in words
LICENCES.txt    whose data it is
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from receiver.config import Collar, Configuration
from receiver.errors import InputError
from receiver.language import phrase
from receiver.pack.licences import licence_of
from receiver.report.page import page
from receiver.report.sections import Report, Section
from receiver.sheets import table, text_of

ELEVATIONS = (".hgt", ".tif", ".tiff")
TILES = (".mbtiles", ".pmtiles")
HGT_BYTES = (2 * 1201**2, 2 * 3601**2)
BEGINNINGS = {
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".mbtiles": (b"SQLite format 3\0",),
    ".pmtiles": (b"PMTiles",),
}
LONGEST_BEGINNING = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file of the folder: its name in it, and its content or the file to copy."""

    name: str
    content: bytes = b""
    source: Path | None = None

    @property
    def size(self) -> int:
        """Return how many bytes it has."""
        return len(self.content) if self.source is None else self.source.stat().st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What a trip is packed of. `history` is a prior's CSV and its story in words, or None."""

    configuration: Configuration
    now: datetime
    elevations: Sequence[Path] = ()
    tiles: Sequence[Path] = ()
    history: tuple[bytes, str] | None = None


MISSING = "MISSING.txt"  # what is not in the folder, for who looks at it before leaving


def contents(trip: Trip) -> list[Item]:
    """Return the files of the folder.

    Raises:
        InputError: a file that is not there, not what its name says, or twice of one name.
    """
    found = [
        *_copies("elevation", files(trip.elevations, ELEVATIONS)),
        *_copies("tiles", files(trip.tiles, TILES)),
        Item(name="baksan.toml", content=text_of(trip.configuration).encode()),
        Item(name="collars.html", content=page(sheets_of(trip))),
        Item(name="collars.txt", content=_text(trip).encode()),
        Item(name="LICENCES.txt", content=_licences(trip).encode()),
    ]
    if lacking := missing(trip):
        found.append(Item(name=MISSING, content="\n".join([*lacking, ""]).encode()))
    if trip.history is not None:
        found.append(Item(name="prior.csv", content=trip.history[0]))
        found.append(Item(name="story.txt", content=trip.history[1].encode()))
    return found


def missing(trip: Trip) -> list[str]:
    """Say what is not in the folder and what that means in the field."""
    data = [*files(trip.elevations, ELEVATIONS), *files(trip.tiles, TILES)]
    unknown = [path.name for path in data if not licence_of(path)]
    asked = (
        (not trip.elevations, phrase("no elevations (--elevation): the screen will say where the"
                                     " collar is, and never where to walk")),
        (not trip.tiles, phrase("no base map (--tiles): the phone will show no paths and rivers")),
        (not trip.configuration.collars, phrase("no collar's sheet: baksan collar new NAME")),
        (trip.history is None, phrase("no history of a collar: baksan import FILE brings one")),
        (bool(unknown), phrase("no licence is known of {names}: put one beside it as NAME.licence",
                               names=", ".join(unknown))),
    )  # fmt: skip
    return [said for is_so, said in asked if is_so]


def files(named: Iterable[Path], kinds: tuple[str, ...]) -> list[Path]:
    """Return the files that are named, and those of the kinds in folders that are named.

    Raises:
        InputError: a file that is not there, or not what its name says.
    """
    found: list[Path] = []
    for path in named:
        inside = [path]
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in kinds)
        if not inside:
            raise InputError(phrase("{path}: no file of these kinds in it: {kinds}", path=path,
                                    kinds=", ".join(kinds)))  # fmt: skip
        found += inside
    for path in found:
        _refuse_others(path, kinds)
    return found


def _refuse_others(path: Path, kinds: tuple[str, ...]) -> None:
    suffix = path.suffix.lower()
    if suffix not in kinds:
        raise InputError(phrase("{path}: not one of these kinds: {kinds}", path=path,
                                kinds=", ".join(kinds)))  # fmt: skip
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            begin = file.read(LONGEST_BEGINNING)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    good = size in HGT_BYTES if suffix == ".hgt" else begin.startswith(BEGINNINGS[suffix])
    if not good:
        raise InputError(
            phrase("{path}: not a {kind} file, or only a part of one; fetch it again", path=path,
                   kind=suffix)
        )  # fmt: skip


def _copies(folder: str, paths: Sequence[Path]) -> list[Item]:
    names = [path.name for path in paths]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(phrase("two files are named {name}: rename one", name=twice[0]))
    return [Item(name=f"{folder}/{path.name}", source=path) for path in paths]


def sheets_of(trip: Trip) -> Report:
    """Return the collars' sheets to print."""
    collars = trip.configuration.collars
    return Report(
        title=phrase("Collars of this trip"),
        recipient=trip.configuration.team.organisation or phrase("the team only"),
        mark=phrase("Keep it with you: whoever has a frequency can find the animal."),
        simulation=trip.configuration.simulation,
        sections=tuple(_sheet(collar, trip.now) for collar in collars)
        or (Section(title=phrase("No collar has a sheet yet.")),),
    )


def _sheet(collar: Collar, now: datetime) -> Section:
    """Return a sheet without what holds at the moment of packing only."""
    return Section(title=collar.name, table=tuple(table(collar, now)[1:-2]))


def _text(trip: Trip) -> str:
    lines = [phrase("Collars of this trip"), ""]
    for collar in trip.configuration.collars:
        lines += [f"{name:<22}{value}" for name, value in table(collar, trip.now)[:-2]]
        lines.append("")
    return "\n".join(lines)


def _licences(trip: Trip) -> str:
    data = [*files(trip.elevations, ELEVATIONS), *files(trip.tiles, TILES)]
    lines = [phrase("Whose data this is. Keep it with the data, and name it on maps you pass on.")]
    for path in data:
        lines += ["", path.name, licence_of(path) or phrase("not known: ask where it came from")]
    return "\n".join(lines) + "\n"
