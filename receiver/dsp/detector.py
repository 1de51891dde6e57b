"""Everything that is heard in a band: single pulses anywhere, tracks of listed beacons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from receiver.dsp.floor import Floor
from receiver.dsp.pulses import Pulse, PulseFinder, cut_out
from receiver.dsp.spectra import HOPS, Floats, Layout, Samples, Spectra
from receiver.dsp.tracks import Track, Wanted, followers
from receiver.dsp.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Heard:
    """What a block of samples gave: pulses in order of time, tracks that are new or went on.

    `until_s` is how far all is decided, in seconds from the first sample.
    """

    until_s: float = 0.0
    pulses: list[Pulse] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)


class Detector:
    """Finds pulses and tracks in a stream of complex samples, cut anywhere.

    The samples' own count is the clock: all times are in samples from the first. `full_scale` is
    the value at which samples are cut off. False alarms are counted an hour and kHz: of pulses over
    the whole band, of tracks over the width that is looked through.
    """

    def __init__(
        self,
        layout: Layout,
        wanted: Sequence[Wanted] = (),
        *,
        pulse_false_alarms_h_khz: float | None = 0.7,
        track_false_alarms_h_khz: float = 0.7,
        full_scale: float = math.inf,
        waterfall: Waterfall | None = None,
    ) -> None:
        self.layout, self.floor, self.waterfall = layout, Floor(), waterfall
        self._spectra = Spectra(layout, full_scale)
        self._bursts: Floats = np.ones(len(self._spectra.power), np.float32)
        self._tells_pulses = pulse_false_alarms_h_khz is not None
        self._pulses = PulseFinder(layout, pulse_false_alarms_h_khz or 1.0)
        least = -math.log(track_false_alarms_h_khz)
        self.followers = followers(layout, wanted, least)

    def push(self, samples: Samples) -> Iterator[Heard]:
        """Take samples; yield what is certain by now, block by block."""
        for new_rows in self._spectra.push(samples):
            yield self._block(new_rows)

    def finish(self) -> Iterator[Heard]:
        """Yield what the last samples give."""
        for new_rows in self._spectra.finish():
            yield self._block(new_rows, is_last=True)
        end_s = (self._spectra.first + len(self._bursts)) * self.layout.hop_s
        tracks = [track for one in self.followers for track in one.finish(end_s)]
        yield Heard(end_s, self._pulses.finish() if self._tells_pulses else [], tracks)

    def _block(self, new_rows: int, *, is_last: bool = False) -> Heard:
        power = self._spectra.power
        new = slice(2 * HOPS, 2 * HOPS + new_rows)
        self.floor.update(power[new], HOPS)
        if not len(self.floor.level):
            return Heard()
        if self.waterfall is not None:
            self.waterfall.add(power[new], self.floor.level)
        # Also of the rows before, whose floor was another: what stands over this one is no pulse.
        self._bursts[: new.stop] = self.floor.bursts(power[: new.stop])
        self._bursts[new.stop :] = 1.0
        pulses = self._pulses.block(self._spectra, self.floor, self._bursts)
        # Tracks follow two pulse lengths later, when all loud pulses beside them are known; the
        # rows are not needed again by then.
        begin = 2 * HOPS if self._spectra.first < 0 else 0
        end = new.stop // HOPS * HOPS if is_last else self.layout.frames
        tracks = self._follow(slice(begin, max(begin, end))) if self.followers else []
        until_s = (self._spectra.first + end) * self.layout.hop_s
        return Heard(until_s, pulses if self._tells_pulses else [], tracks)

    def _follow(self, rows: slice) -> list[Track]:
        spectra, power, level = self._spectra.spectra, self._spectra.power, self.floor.level
        cut_out(self._pulses.loud, spectra[: rows.stop], power[: rows.stop], level, self.layout)
        end_s = (self._spectra.first + rows.stop) * self.layout.hop_s
        bursts, clipped = self._bursts[rows], self._spectra.clipped[rows]
        return [
            track
            for one in self.followers
            for track in one.push(spectra[rows], power[rows], self.floor, bursts, clipped, end_s)
        ]
