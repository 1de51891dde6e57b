"""Which collars lie still: they beat the mortality rate of their sheet, or a packet says so.

A rate or a pulse length means something by the collar's sheet alone, and nothing before 30 pulses.
The last that was heard counts: an animal that only slept beats its normal rate again.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from receiver.collected import Read
from receiver.config import Configuration
from receiver.heard import said_by
from receiver.records import Detection

FEWEST_PULSES = 30
MORTALITY = "mortality"
Said = tuple[datetime, str | None, bool]


def resting(
    heard: Iterable[Detection], packets: Iterable[Read], configuration: Configuration
) -> tuple[str, ...]:
    """Return the names of collars that lie still by what was last heard of them."""
    said = [*_by_beat(heard, configuration), *_by_packet(packets, configuration)]
    last: dict[str, tuple[datetime, bool]] = {}
    for time, name, still in sorted(said, key=lambda one: one[0]):
        if name is not None:
            last[name] = (time, still)
    return tuple(sorted(name for name, (_, still) in last.items() if still))


def _by_beat(heard: Iterable[Detection], configuration: Configuration) -> Iterable[Said]:
    """Yield what the slots of each track say: one slot a period, whether it was found or not."""
    tracks: dict[tuple[str, str | None], list[Detection]] = defaultdict(list)
    for one in heard:
        if one.kind == "slot" and one.text == "heard" and one.collar is not None:
            tracks[one.collar, one.track_id].append(one)
    for (name, _), slots in tracks.items():
        sheet, times = configuration.collar(name), sorted(slot.time for slot in slots)
        if sheet is None or sum(bool(slot.found) for slot in slots) < FEWEST_PULSES:
            continue
        steps = [(b - a).total_seconds() for a, b in pairwise(times)]
        period_s = statistics.median(steps)
        lengths = [slot.pulse_length_s for slot in slots if slot.pulse_length_s is not None]
        length_s = statistics.median(lengths) if lengths else None
        if period_s > 0 and (said := said_by(sheet, 60.0 / period_s, length_s)) is not None:
            yield times[-1], name, said == MORTALITY


def _by_packet(packets: Iterable[Read], configuration: Configuration) -> Iterable[Said]:
    for one in packets:
        device, still = one.packet.device_id, one.packet.mortality
        if device is None or still is None:
            continue
        for collar in configuration.collars:
            if device.casefold() in map(str.casefold, collar.ids):
                yield one.time, collar.name, still
