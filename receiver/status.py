"""How a source stands: what a screen shows of it while it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from receiver.heard import Track

State = Literal["opening", "hearing", "silent", "lost", "ended"]
Role = Literal["receiver", "position", "samples"]


@dataclass(slots=True)
class Status:
    """What a screen shows of one source. `heard_ns` and `since_ns` are monotonic counts.

    `since_ns` is when the state began, `refused` counts what could not be read, `tuned` is what a
    scan listens to, or the form of samples; their level is `level_dbfs`, and `beacons` are those
    that are heard in them now.
    """

    name: str
    state: State = "opening"
    reason: str = ""
    heard_ns: int | None = None
    since_ns: int | None = None
    chunks: int = 0
    refused: int = 0
    tuned: str = ""
    role: Role = "receiver"
    level_dbfs: float | None = None
    beacons: tuple[Track, ...] = ()
