"""Argos bursts in a stream of samples: found by their carrier, read where they can be.

One whose bits cannot be read is told nevertheless: it can be homed on. The samples' own count is
the clock, and work is done in blocks of fixed length, so that the same samples give the same bursts
however they are cut.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from receiver.dsp.band import Band, Block
from receiver.dsp.burst import CARRIER_S, LONGEST_S, Burst, read
from receiver.dsp.carriers import APART, SPECTRUM_S, Carrier, CarrierFinder
from receiver.dsp.spectra import Spectra, layout

Samples = NDArray[np.complex64]

LEAST_RATE_HZ = 6400.0  # 16 samples a bit
LEAD_S = 0.1  # of what is looked at before the carrier
KEPT_S = 4.0
# What a burst leaves beside itself: its lines fall with the square of the distance; images.
BESIDE_HZ, IMAGES, CUT_OFF_IMAGES = 500.0, 10**-4.5, 10**-1.0
CLIPPED = 1e-3
MOST_TOLD = 50  # bursts that may still have side bands


class ArgosReceiver:
    """Finds bursts in complex samples, cut anywhere, within a part of the band.

    Raises:
        ValueError: samples are too few a second.
    """

    def __init__(
        self, rate_hz: float, middle_hz: float, width_hz: float, full_scale: float = math.inf
    ) -> None:
        if rate_hz < LEAST_RATE_HZ:
            raise ValueError(f"{rate_hz:g} samples a second; bursts need {LEAST_RATE_HZ:g} or more")
        self._band = Band(rate_hz, middle_hz, width_hz, full_scale)
        form = layout(self._band.rate_hz, SPECTRUM_S)
        self._spectra = Spectra(form)
        off_hz = middle_hz - self._band.middle_hz
        self._carriers = CarrierFinder(form, off_hz - width_hz / 2, off_hz + width_hz / 2)
        self._kept: deque[Block] = deque()
        self._first, self._kept_samples = 0, 0
        self._told: deque[Burst] = deque(maxlen=MOST_TOLD)

    def push(self, samples: Samples) -> list[Burst]:
        """Take samples; return the bursts that are certain by now, in order of time."""
        return [burst for block in self._band.push(samples) for burst in self._block(block)]

    def finish(self) -> list[Burst]:
        """Return the bursts that the last samples give."""
        found = [burst for block in self._band.finish() for burst in self._block(block)]
        for rows in self._spectra.finish():
            found += self._bursts(self._carriers.push(self._new_rows(rows)))
        return found + self._bursts(self._carriers.finish())

    def _block(self, block: Block) -> list[Burst]:
        self._kept.append(block)
        self._kept_samples += len(block.samples)
        while self._kept_samples - len(self._kept[0].samples) > KEPT_S * self._band.rate_hz:
            gone = len(self._kept.popleft().samples)
            self._kept_samples, self._first = self._kept_samples - gone, self._first + gone
        found = []
        for rows in self._spectra.push(block.samples):
            found += self._bursts(self._carriers.push(self._new_rows(rows)))
        return found

    def _new_rows(self, rows: int) -> NDArray[np.float32]:
        begin = self._spectra.carried
        return self._spectra.power[begin : begin + rows : APART].copy()

    def _bursts(self, carriers: Iterator[Carrier]) -> list[Burst]:
        """Return the bursts of carriers that are not the side bands of a louder one."""
        found: list[Burst] = []
        for carrier in sorted(carriers, key=lambda c: -c.power):
            if not any(_leaves(burst, carrier) for burst in (*self._told, *found)):
                found += filter(None, [self._burst(carrier)])
        found.sort(key=lambda burst: burst.time_s)
        self._told.extend(found)
        shift_hz, delay_s = self._band.middle_hz, self._band.delay_s
        return [
            replace(b, time_s=b.time_s - delay_s, frequency_hz=b.frequency_hz + shift_hz)
            for b in found
        ]

    def _burst(self, carrier: Carrier) -> Burst | None:
        lead_s = min(LEAD_S, carrier.time_s)
        begin = round((carrier.time_s - lead_s) * self._band.rate_hz)
        lead_s = carrier.time_s - begin / self._band.rate_hz
        end = begin + round((lead_s + LONGEST_S) * self._band.rate_hz)
        samples, clipped = self._between(begin, end)
        return read(samples, self._band.rate_hz, carrier, lead_s, saturated=clipped > CLIPPED)

    def _between(self, begin: int, end: int) -> tuple[Samples, float]:
        """Return samples that are kept, and the largest share of a block that was cut off."""
        parts, at, clipped = [], self._first, 0.0
        for block in self._kept:
            low, high = max(begin - at, 0), min(end - at, len(block.samples))
            if low < high:
                parts.append(block.samples[low:high])
                clipped = max(clipped, block.clipped)
            at += len(block.samples)
        return np.concatenate(parts), clipped


def _leaves(burst: Burst, carrier: Carrier) -> bool:
    """Tell whether a carrier may be a side band of a burst at its time."""
    lasts_s = LONGEST_S if burst.duration_s is None else burst.duration_s
    if not -CARRIER_S < carrier.time_s - burst.time_s < lasts_s:
        return False
    aside_hz = abs(burst.frequency_hz - carrier.frequency_hz)
    share = max(min(1.0, (BESIDE_HZ / max(aside_hz, 1.0)) ** 2), IMAGES)
    share = max(share, CUT_OFF_IMAGES) if burst.saturated else share
    return carrier.power < burst.power * share
