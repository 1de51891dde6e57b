"""Listening for CTT tags in samples of the 434 MHz band."""

from __future__ import annotations

import math
from collections.abc import Iterator

from protocols import decode
from protocols.ctt import PREAMBLE, PROTOCOL, SYNC, TAG_BYTES, is_motus_tag, is_tag
from receiver.dsp.fsk import FskReceiver
from receiver.dsp.gate import Samples
from receiver.dsp.tones import Checks, FskBurst, Modulation
from receiver.errors import ConfigError
from receiver.heard import HeardBurst, News
from receiver.listening_plan import Plan

TAGS_HZ = 434e6
PATTERN = PREAMBLE * 2 + SYNC  # a tag sends two or three bytes before the sync
MODULATION = Modulation(
    bit_rate_hz=25e3,
    deviation_hz=25e3,
    carrier_error_hz=12.5e3,  # 23 ppm of the receiver and 6 of the tag, or the other way round
    pattern="".join(f"{byte:08b}" for byte in PATTERN),
    payload_bits=8 * TAG_BYTES,
)
TAGS_REACH_HZ = MODULATION.deviation_hz + MODULATION.carrier_error_hz
# An id that only fits after some moving about must be one of Motus, of which chance makes few.
CHECKS = Checks(first=is_tag, again=is_motus_tag)


class CttWatch:
    """Listens to one stream of complex samples for CTT tags, cut anywhere.

    The time of a burst is that of the last two bytes of its preamble.

    Raises:
        ConfigError: samples are too few a second, or the band is another.
    """

    def __init__(self, rate_hz: float, full_scale: float, plan: Plan, scale: float) -> None:
        """Begin; `full_scale` is where samples are cut off, `scale` the size of 0 dBFS."""
        self.plan, self.rate_hz, self._scale = plan, rate_hz, scale
        self.elapsed_s, self._taken = 0.0, 0
        self._receiver = tag_receiver(
            rate_hz, plan.frequency_hz, error_ppm=plan.error_ppm, full_scale=full_scale
        )

    def push(self, samples: Samples) -> Iterator[News]:
        """Take samples; yield what is certain by now."""
        self._taken += len(samples)
        self.elapsed_s = self._taken / self.rate_hz
        yield self._news(self._receiver.push(samples))

    def finish(self) -> Iterator[News]:
        """Yield what the last samples give."""
        yield self._news(self._receiver.finish())

    def _news(self, bursts: list[FskBurst]) -> News:
        return News(self.elapsed_s, bursts=[self._heard(burst) for burst in bursts])

    def _heard(self, burst: FskBurst) -> HeardBurst:
        frame = PATTERN + burst.payload
        level_db = 10.0 * math.log10(burst.power / self._scale**2)
        cn0_dbhz = 10.0 * math.log10(burst.ebn0 * MODULATION.bit_rate_hz)
        return HeardBurst(
            time_s=burst.time_s,
            duration_s=MODULATION.burst_s,
            signal="ctt",
            frequency_hz=self.plan.true_hz(burst.offset_hz),
            drift_hz_s=None,
            level_db=level_db,
            noise_db=level_db - cn0_dbhz,
            cn0_dbhz=cn0_dbhz,
            saturated=burst.saturated,
            bit_rate_hz=MODULATION.bit_rate_hz,
            bit_count=8 * len(frame),
            hex=frame.hex(),
            packets=tuple(decode(frame, protocol=PROTOCOL.name)),
        )


def tag_receiver(
    rate_hz: float,
    frequency_hz: float | None = None,
    *,
    error_ppm: float = 0.0,
    full_scale: float = math.inf,
) -> FskReceiver:
    """Return what finds tags in samples.

    Args:
        rate_hz: samples a second.
        frequency_hz: the middle of the band; without it tags are looked for there.
        error_ppm: the receiver's known error, in millionths.
        full_scale: the value at which samples are cut off.

    Raises:
        ConfigError: tags do not lie within the band.
    """
    seen_hz = TAGS_HZ / (1.0 + error_ppm * 1e-6)
    carrier_hz = seen_hz - frequency_hz if frequency_hz else 0.0
    try:
        return FskReceiver(
            rate_hz, MODULATION, CHECKS, carrier_hz=carrier_hz, full_scale=full_scale
        )
    except ValueError as error:
        raise ConfigError(f"CTT tags at 434 MHz cannot be heard in this band: {error}") from error
