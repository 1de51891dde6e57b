"""What a running search offers to phones, and how a server is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from receiver.clock import Clock
from receiver.config import Configuration
from receiver.homing.snapshot import Snapshot
from receiver.records import Entry

DEFAULT_PORT = 8765
LOOPBACK = "127.0.0.1"
PAGE = Path(__file__).with_name("static")


class Search(Protocol):
    """A running search. All are called from other threads; pictures are None where there are none.

    `map()` gives, each a list where not said otherwise: `walk` of [latitude, longitude, share 0 to
    1 or None, age in s]; `regions`, a dict of GeoJSON geometries by "50", "95"; `bearings`;
    `others` and `alarms` of {"lat", "lon", "age_s", "observer", "text"}; `belief`, a dict with its
    bounds or None; `has_tiles`, `has_relief`, `zooms` say what lies under it.
    `map_version` grows with each change of the map.
    """

    @property
    def configuration(self) -> Configuration:
        """The settings by now."""
        ...

    @property
    def clock(self) -> Clock:
        """What stamps entries."""
        ...

    def snapshot(self) -> Snapshot:
        """Return what is known now; quick, five times a second."""
        ...

    def snapshot_age_s(self) -> float:
        """Return how many seconds ago it was made, also where the search runs in another time."""
        ...

    def map(self) -> dict[str, Any]:
        """Return what a map shows."""
        ...

    def map_version(self) -> int:
        """Return the number of the map by now."""
        ...

    def belief_png(self, number: int, night: bool) -> bytes | None:
        """Return the picture of where the collar may be that `belief` of a map has as its `v`."""
        ...

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile of the map that the user brought: PNG, JPEG or WebP."""
        ...

    def relief(self, z: int, x: int, y: int, night: bool) -> bytes | None:
        """Return a tile drawn from elevations, as PNG."""
        ...

    def entry(self, identity: str) -> Entry | None:
        """Return the entry of the journal with this id."""
        ...

    def submit(self, entry: Entry) -> bool:
        """Hand an entry over to be written; return whether it is on the disk by now.

        One that is not yet will be, and is not handed over again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where to listen, and what with.

    `folder` is where certificates and paired phones are kept between runs; None keeps phones only
    as long as the server runs. `static` has the page. Port 0 is any free one.
    """

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    https: bool = False
    folder: Path | None = None
    language: str = "en"
    static: Path = PAGE
