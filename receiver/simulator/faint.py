"""A made-up recording with a beacon whose single pulses nobody would hear, for the rehearsal."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from receiver.config import Collar
from receiver.detecting import heard_in, watch_of
from receiver.heard import HeardPulse, HeardSlot, Track, best
from receiver.hearing import Watch
from receiver.listening_plan import Plan
from receiver.samples.files import open_samples
from receiver.simulator.beacon_files import write
from receiver.simulator.beacons import Scene, Tag

RATE_HZ, CENTRE_HZ, SECONDS = 48_000.0, 150.1e6, 60.0
CN0_DBHZ, OFFSET_HZ = 20.5, 12_400.0
FILE = "faint_150.1M_48k.cu8"


class Faint(NamedTuple):
    """What was heard, and what stands in a picture of it."""

    watch: Watch
    pulses: list[HeardPulse]
    slots: list[HeardSlot]
    tracks: list[Track]


def faint(folder: Path, name: str, seed: int) -> Faint:
    """Write the recording into a folder, and listen to it.

    Raises:
        WriteError: it cannot be written.
    """
    tag = Tag(frequency_hz=OFFSET_HZ, cn0_dbhz=CN0_DBHZ, jitter=0.0)
    scene = Scene(rate_hz=RATE_HZ, duration_s=SECONDS, seed=seed, tags=(tag,))
    write(folder / FILE, scene, CENTRE_HZ, lambda done_s: None)
    collar = Collar(
        name=name, frequency_hz=CENTRE_HZ + 12_000.0, pulses_per_minute={"normal": 50.0}
    )
    recording = open_samples(folder / FILE)
    plan = Plan(frequency_hz=CENTRE_HZ, collars=(collar,))
    watch, convert = watch_of(recording, plan, picture=True)
    assert isinstance(watch, Watch)
    news = list(heard_in(recording, watch, convert))
    return Faint(
        watch,
        [pulse for one in news for pulse in one.pulses],
        [slot for one in news for slot in one.slots],
        best(track for one in news for track in one.tracks),
    )
