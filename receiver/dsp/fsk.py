"""Bursts of two-tone FSK in a stream of samples that is cut anywhere.

A gate over spectra opens where there is more energy than noise; only there is searched for a burst
(`receiver.dsp.tones`). Blocks and segments count from the first sample, however the samples come,
so that what is found does not depend on how they are cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from receiver.dsp.gate import FRAMES, Gate, Samples
from receiver.dsp.tones import Checks, FskBurst, Modulation, Search

SEGMENT = 4  # spectra of the gate that are searched at once


class FskReceiver:
    """Finds bursts in a stream of complex samples, cut anywhere; the samples' count is the clock.

    Args:
        rate_hz: samples a second.
        modulation: what is listened for.
        checks: tell whether a payload is one.
        carrier_hz: where the carrier should be, above the middle of the band.
        full_scale: the value at which samples are cut off.

    Raises:
        ValueError: the band is too narrow for the burst, or lies elsewhere.
    """

    def __init__(
        self,
        rate_hz: float,
        modulation: Modulation,
        checks: Checks,
        *,
        carrier_hz: float = 0.0,
        full_scale: float = math.inf,
    ) -> None:
        edge_hz = abs(carrier_hz) + modulation.deviation_hz + modulation.carrier_error_hz
        if rate_hz < max(modulation.width_hz, 2 * edge_hz):
            text = f"{modulation.width_hz:.0f} samples a second at least, and"
            text = f"{text} {edge_hz:.0f} Hz on each side of the middle"
            raise ValueError(f"it needs {text}; this is {rate_hz:.0f} samples a second")
        self._gate = Gate(rate_hz, carrier_hz, modulation.width_hz, modulation.burst_s)
        self._segment = SEGMENT * self._gate.frame
        self._search = Search(rate_hz, modulation, carrier_hz, self._segment, full_scale)
        self._checks = checks
        # Before a new block lie a segment that is not decided yet and what its search needs.
        self._begin = self._search.before + self._segment
        self._samples: Samples = np.zeros(self._begin + self._gate.block, np.complex64)
        self._energy = np.zeros(SEGMENT + FRAMES, np.float32)
        self._filled = self._begin
        self._first = -self._segment  # number of the first sample that is not decided
        self._rate_hz, self._apart_s, self._last_s = rate_hz, modulation.burst_s, -math.inf

    def push(self, samples: Samples) -> list[FskBurst]:
        """Take samples; return the bursts that are certain by now, in order of time."""
        found: list[FskBurst] = []
        at = 0
        while at < len(samples):
            piece = samples[at : at + len(self._samples) - self._filled]
            self._samples[self._filled : self._filled + len(piece)] = piece
            self._filled += len(piece)
            at += len(piece)
            if self._filled == len(self._samples):
                found += self._block(FRAMES)
        return found

    def finish(self) -> list[FskBurst]:
        """Return the bursts of the last samples."""
        found = []
        for _ in range(2):  # the last segment is decided by a block of zeros after it
            known = (self._filled - self._begin) // self._gate.frame
            self._samples[self._filled :] = 0
            found += self._block(known)
        return found

    def _block(self, known: int) -> list[FskBurst]:
        self._energy[SEGMENT:] = self._gate.energy(self._samples[self._begin :], known)
        opens = self._gate.opens(self._energy)[:FRAMES].reshape(-1, SEGMENT).any(axis=1)
        found = [burst for number in np.flatnonzero(opens) for burst in self._in(int(number))]
        self._samples[: self._begin] = self._samples[-self._begin :]
        self._energy[:SEGMENT] = self._energy[-SEGMENT:]
        self._filled = self._begin
        self._first += self._gate.block
        return found

    def _in(self, number: int) -> Iterator[FskBurst]:
        """Yield the bursts that begin in a segment of this block and were not told yet."""
        begin = number * self._segment
        samples = self._samples[begin : begin + self._search.length]
        begin_s = (self._first + begin) / self._rate_hz
        for burst in self._search.bursts(samples, self._checks):
            time_s = begin_s + burst.time_s
            if time_s > self._last_s + self._apart_s:
                self._last_s = time_s
                yield replace(burst, time_s=time_s)
