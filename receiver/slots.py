"""From the slots of a beacon's track to levels: the mean power of some seconds, found or not.

A pulse that was only just found is louder than usual, and the mean of decibels is lower than the
decibels of the mean: below 32 dB-Hz single pulses would be off by some decibels either way. So the
powers of all slots are averaged, those in which nothing was found too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from receiver.records import Detection

Heard = tuple[str, Detection]  # by which observer

SPAN = timedelta(seconds=10)  # a walker's ten metres
LEAST_SLOTS = 3  # before that nothing is known of the error
SURE = 2.0  # times its error a mean must be above zero to be a level
LEAST_SD_DB = 0.5  # fading and the antenna in the hand are not in the scatter of some seconds


def levels(heard: Iterable[Heard]) -> list[Heard]:
    """Return what was heard, the slots of each track averaged over ten seconds.

    Slots of tracks that are not surely a beacon are left out, and so are single pulses.
    """
    others: list[Heard] = []
    tracks: dict[tuple[str, str, str | None, str | None], list[Detection]] = defaultdict(list)
    for observer, one in heard:
        if one.kind == "slot" and one.text == "heard" and one.level_raw is not None:
            tracks[observer, one.source, one.session, one.track_id].append(one)
        elif one.kind not in ("slot", "pulse"):
            others.append((observer, one))
    for (observer, *_), slots in tracks.items():
        slots.sort(key=lambda one: one.time)
        means = (_mean(part) for part in _parts(slots))
        others += [(observer, mean) for mean in means if mean is not None]
    return others


def _parts(slots: list[Detection]) -> Iterable[list[Detection]]:
    part: list[Detection] = []
    for slot in slots:
        if part and slot.time - part[0].time >= SPAN:
            yield part
            part = []
        part.append(slot)
    yield part


def _mean(slots: list[Detection]) -> Detection | None:
    powers = [slot.level_raw for slot in slots if slot.level_raw is not None]
    if len(powers) < LEAST_SLOTS:
        return None
    mean = math.fsum(powers) / len(powers)
    variance = math.fsum((power - mean) ** 2 for power in powers) / (len(powers) - 1)
    sd = math.sqrt(variance / len(powers))
    if mean <= SURE * sd or mean <= 0.0:
        return None
    middle = slots[len(slots) // 2]
    return replace(
        middle,
        level_db=10.0 * math.log10(mean),
        level_unit="dBFS",
        level_sd_db=max(LEAST_SD_DB, 10.0 / math.log(10.0) * sd / mean),
        saturated=any(slot.saturated for slot in slots),
        found=True,
        text=f"{len(slots)} slots of {middle.track_id}",
    )
