"""From what is heard to one stream of sound: samples, readings and snapshots in, 48 kHz out.

No threads, no clock, no device: what comes out depends on what came in, and on its stamps alone. So
the sound in a WAV file is that of the headphones, and tests measure it.

Where samples come they are the time: as much sound goes out as came in. Where there are none, the
stamps are. Raw sound goes out at once and whole; a blip begins `AFTER_S` after the end of its
pulse, when raw is quiet again. Receivers with a loudspeaker of their own (meters on a cable) and
packets have no raw sound here: they blip whatever `tone` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from receiver.config import Collar
from receiver.errors import ConfigError
from receiver.homing.pulses import MeterPulses, Pulse, may_be_of, pulse_of
from receiver.homing.snapshot import Snapshot
from receiver.records import Detection, DetectionKind
from receiver.ui.sound import tones
from receiver.ui.sound.ear import Ear, ear, wanted
from receiver.ui.sound.levels import Blip, Levels
from receiver.ui.sound.mixer import Mixer
from receiver.ui.sound.tones import RATE_HZ, Sound, rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from receiver.heard import Track
    from receiver.samples.stream import Stream

Out = NDArray[np.int16]
Tone = Literal["raw", "meter", "both"]

AFTER_S = 0.08  # a blip begins so long after its pulse
OLD_S = 0.5  # what is older is not sounded
QUIET_S = 0.5  # samples that do not come for so long are no time any more
OTHER_S = 10.0  # a receiver that gave no pulse for so long leaves the ear to another one
BEACON_WIDTH_HZ = 10_000.0  # within which a meter listens to the homed collar
FRESH_CALL = timedelta(seconds=5)
CALL_WAITS_S = 2.0  # for the end of a pulse: a beacon of 30 a minute
SAME_CALL = timedelta(seconds=1)  # ages are rounded
CALL_AFTER = round((tones.BLIP_S + 0.02) * RATE_HZ)  # after the begin of a blip
TRILL_EVERY_S = 5.0  # over raw sound
PACKET_S = 0.15  # the same packet by two gateways is one blip
MOST_AT_ONCE_S = 2.0  # of silence: the time that a computer slept is not filled up


@dataclass(slots=True)
class _Source:
    """What is kept of a source; `begins` is the position of its stretch's first sample."""

    levels: Levels = field(default_factory=Levels)
    meter: MeterPulses = field(default_factory=MeterPulses)
    ear: Ear | None = None
    begins: int = 0
    is_begun: bool = False


class Desk:
    """Makes the sound of a search. Times are seconds of the session's monotonic clock.

    Args:
        collar: whose beacon is homed in on; None where it has no sheet.
        tone: what goes out of sources of samples.
        say: told in a line what cannot be heard.
        speed: of the clock; in a replay that runs faster only blips go out.
    """

    def __init__(
        self, collar: Collar | None, tone: Tone, say: Callable[[str], None], speed: float = 1.0
    ) -> None:
        self._collar, self._tone, self._say, self._speed = collar, tone, say, speed
        self._mixer = Mixer()
        self._sources: dict[str, _Source] = {}
        self._listened, self._samples_s = "", -math.inf
        self._blipped, self._blipped_s = "", -math.inf
        self._until_s: float | None = None
        self._trilled_s, self._packet_until = -math.inf, 0
        self._gain, self._turning = "", False
        self._heard_count: int | None = None
        self._last_call: datetime | None = None
        self._call: tuple[Sound, int] | None = None  # and until which position it waits

    def home(self, collar: Collar | None) -> Out:
        """Home in on another collar; return nothing to sound."""
        self._collar = collar
        self._sources.clear()
        return self._mixer.mix(rest(0.0))

    # --- what comes -----------------------------------------------------------------------------

    def samples(
        self, source: str, stream: Stream, data: bytes, now_s: float, *, first: bool = False
    ) -> Out:
        """Take whole samples of a source; return the sound until now."""
        one = self._source(source)
        if first or not one.is_begun:
            self._begin(one, stream)
        is_other = self._listened != source and now_s - self._samples_s < QUIET_S * self._speed
        if one.ear is None or is_other:
            return self.tick(now_s)
        raw, pulses = one.ear.push(data)
        self._listened, self._samples_s = source, now_s
        after_s = max(AFTER_S, one.ear.delay_s)
        for pulse in pulses:
            begins = one.begins + round((pulse.time_s + after_s) * RATE_HZ)
            begins = begins if self._speed == 1.0 else 0  # the samples are no time then
            heard = replace(pulse, time_s=one.begins / RATE_HZ + pulse.time_s)
            self._sound(one.levels, heard, begins, over_raw=self._tone == "raw")
        if self._speed != 1.0:
            return self._time_passes(now_s)
        self._until_s = now_s
        return self._emit(raw if self._tone != "meter" else np.zeros_like(raw))

    def beacons(self, source: str, stream: Stream, tracks: Sequence[Track]) -> Out:
        """Take the beacons in samples, also those too weak for single pulses; return nothing.

        The beat note follows the surest of the homed collar, or of those that no sheet has.
        """
        name = None if self._collar is None else self._collar.name
        near = [t for t in tracks if t.collar == name] or [t for t in tracks if t.collar is None]
        one = self._source(source)
        if near and one.ear is not None and stream.frequency_hz:
            surest = max(near, key=lambda track: track.log_likelihood)
            one.ear.follow(surest.frequency_hz - stream.frequency_hz)
        return self._mixer.mix(rest(0.0))

    def readings(self, source: str, found: Sequence[Detection], now_s: float) -> Out:
        """Take what a receiver said; return the sound until now."""
        out, one = self.tick(now_s), self._source(source)
        for detection in found:
            is_old = now_s - detection.monotonic_ns / 1e9 > OLD_S * self._speed
            pulse = None if is_old else self._pulse(one, detection)
            if pulse is not None and self._is_its_turn(source, detection.kind, now_s):
                self._sound(one.levels, pulse, 0)
        return out

    def snapshot(self, snapshot: Snapshot, now_s: float) -> Out:
        """Take what a searcher sees: a turn, another gain, calls; return the sound until now."""
        out = self.tick(now_s)
        self._change(snapshot)
        if self._heard_count is not None and snapshot.heard_count > self._heard_count:
            self._call = tones.heard(), self._mixer.position + round(CALL_WAITS_S * RATE_HZ)
        self._heard_count = snapshot.heard_count
        called = [snapshot.time - timedelta(seconds=call.age_s) for call in snapshot.calls]
        since = self._last_call or snapshot.time - FRESH_CALL
        if called and max(called) > since + SAME_CALL:
            self._mixer.add(tones.alarm())  # over everything: somebody may be in danger
        self._last_call = max([since, *called])
        return out

    def tick(self, now_s: float) -> Out:
        """Return the sound until now where time alone passes."""
        for name, one in self._sources.items():
            pulse = one.meter.wait(now_s)
            if pulse is not None and self._is_its_turn(name, "meter", now_s):
                self._sound(one.levels, pulse, 0)
        if now_s - self._samples_s < QUIET_S and self._speed == 1.0:
            return self._mixer.mix(rest(0.0))
        return self._time_passes(now_s)

    # --- what goes out --------------------------------------------------------------------------

    def _time_passes(self, now_s: float) -> Out:
        """Return silence, and what was added to it, until now."""
        until_s = now_s if self._until_s is None else self._until_s
        seconds = (now_s - until_s) / self._speed
        if not 0.0 <= seconds <= MOST_AT_ONCE_S:
            self._until_s = now_s
            return self._emit(rest(0.0))
        count = int(seconds * RATE_HZ)
        self._until_s = until_s + count / RATE_HZ * self._speed
        return self._emit(rest(count / RATE_HZ))

    def _emit(self, raw: Sound) -> Out:
        if self._call is not None and self._mixer.position >= self._call[1]:
            self._mixer.add(self._call[0])  # no pulse came after which it would be quiet
            self._call = None
        return self._mixer.mix(raw)

    def _sound(self, levels: Levels, pulse: Pulse, at: int, *, over_raw: bool = False) -> None:
        """Add what a pulse sounds like, and after it a call that waits."""
        blip = levels.blip(pulse)
        at = self._mixer.add(self._warned(blip, pulse) if over_raw else _sound_of(blip), at)
        if self._call is not None:
            self._mixer.add(self._call[0], at + CALL_AFTER)
            self._call = None
        elif blip.is_maximum and not over_raw:
            self._mixer.add(tones.double_click(), at + CALL_AFTER)

    def _warned(self, blip: Blip, pulse: Pulse) -> Sound:
        """Return what goes over raw sound: a warning, from time to time."""
        if not blip.saturated or pulse.time_s - self._trilled_s < TRILL_EVERY_S:
            return rest(0.0)
        self._trilled_s = pulse.time_s
        return tones.trill()

    # --- whose turn it is -----------------------------------------------------------------------

    def _source(self, name: str) -> _Source:
        one = self._sources.setdefault(name, _Source())
        one.levels.turn(self._turning)
        return one

    def _begin(self, one: _Source, stream: Stream) -> None:
        """Begin a stretch of samples; say once why it cannot be listened to."""
        try:
            one.ear = ear(stream, wanted(self._collar))
        except ConfigError as error:
            if not one.is_begun:
                self._say(str(error))
            one.ear = None
        one.begins, one.is_begun = self._mixer.position, True
        one.levels.forget()

    def _pulse(self, one: _Source, detection: Detection) -> Pulse | None:
        """Return the pulse that a detection is, or ends."""
        time_s = detection.monotonic_ns / 1e9
        if detection.kind == "meter":
            return one.meter.add(detection, time_s) if self._is_homed(detection) else None
        if detection.found is False or self._is_of_another(detection):
            return None
        return pulse_of(detection, time_s)

    def _is_of_another(self, detection: Detection) -> bool:
        """Tell whether this cannot be the homed collar; a packet's sender may not be known yet."""
        homed = self._collar
        if homed is None or (detection.kind == "packet" and detection.collar is None):
            return False
        return not may_be_of(detection, homed.name, homed)

    def _is_homed(self, reading: Detection) -> bool:
        wanted_hz = None if self._collar is None else self._collar.frequency_hz
        tuned_hz = reading.frequency_hz
        if wanted_hz is None or tuned_hz is None:
            return True
        return abs(tuned_hz - wanted_hz) < BEACON_WIDTH_HZ

    def _is_its_turn(self, name: str, kind: DetectionKind, now_s: float) -> bool:
        """Tell whether a source may sound: the same pulse by two receivers is heard once."""
        if kind == "packet":
            return self._is_packets_turn()
        if now_s - self._samples_s < OTHER_S:
            return False
        if self._blipped not in ("", name) and now_s - self._blipped_s < OTHER_S * self._speed:
            return False
        self._blipped, self._blipped_s = name, now_s
        return True

    def _is_packets_turn(self) -> bool:
        """Tell whether the last packet's blip is over: of a file that is read at once few sound."""
        if self._mixer.position < self._packet_until:
            return False
        self._packet_until = self._mixer.position + round(PACKET_S * RATE_HZ)
        return True

    def _change(self, snapshot: Snapshot) -> None:
        """Forget levels where the gain became another; note a turn."""
        gain = "" if snapshot.gain is None else snapshot.gain.now
        for one in self._sources.values():
            one.levels.turn(snapshot.turning)
            if gain != self._gain:
                one.levels.forget()
                one.meter = MeterPulses()
        self._gain, self._turning = gain, snapshot.turning


def _sound_of(blip: Blip) -> Sound:
    if blip.saturated:
        return tones.trill()
    return tones.click() if blip.pitch_hz is None else tones.blip(blip.pitch_hz)
