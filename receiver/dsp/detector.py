"""Everything that is heard in a band: single pulses anywhere, tracks of listed beacons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from receiver.dsp.floor import Floor
from receiver.dsp.pulses import Pulse, PulseFinder
from receiver.dsp.spectra import HOPS, Floats, Layout, Samples, Spectra
from receiver.dsp.tracks import Track, Wanted, followers
from receiver.dsp.waterfall import Waterfall


@dataclass(frozen=True, slots=True)
class Heard:
    """What a block of samples gave: pulses in order of time, tracks that are new or went on."""

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
        self._pulses = (
            None
            if pulse_false_alarms_h_khz is None
            else PulseFinder(layout, pulse_false_alarms_h_khz)
        )
        least = -math.log(track_false_alarms_h_khz)
        self.followers = followers(layout, wanted, least)

    def push(self, samples: Samples) -> Iterator[Heard]:
        """Take samples; yield what is certain by now, block by block."""
        for new_rows in self._spectra.push(samples):
            yield self._block(new_rows)

    def finish(self) -> Iterator[Heard]:
        """Yield what the last samples give."""
        for new_rows in self._spectra.finish():
            yield self._block(new_rows)
        end_s = (self._spectra.first + len(self._bursts)) * self.layout.hop_s
        tracks = [track for one in self.followers for track in one.finish(end_s)]
        yield Heard(self._pulses.finish() if self._pulses else [], tracks)

    def _block(self, new_rows: int) -> Heard:
        new = slice(2 * HOPS, 2 * HOPS + new_rows)
        self.floor.update(self._spectra.power[new], HOPS)
        if not len(self.floor.level):
            return Heard()
        if self.waterfall is not None:
            self.waterfall.add(self._spectra.power[new], self.floor.level)
        # Also of the rows before, whose floor was another: what stands over this one is no pulse.
        self._bursts[: new.stop] = self.floor.bursts(self._spectra.power[: new.stop])
        self._bursts[new.stop :] = 1.0
        pulses = self._pulses.block(self._spectra, self.floor, self._bursts) if self._pulses else []
        end_s = (self._spectra.first + new.stop) * self.layout.hop_s
        whole = slice(new.start, new.start + new_rows // HOPS * HOPS)
        rows, power = self._spectra.spectra[whole], self._spectra.power[whole]
        bursts = self._bursts[whole]
        tracks = [
            track
            for follower in self.followers
            for track in follower.push(rows, power, self.floor, bursts, end_s)
        ]
        return Heard(pulses, tracks)
