"""Listening for CTT tags in samples of the 434 MHz band."""

from __future__ import annotations

import math

from protocols.ctt import PREAMBLE, SYNC, TAG_BYTES, is_motus_tag, is_tag
from receiver.dsp.fsk import FskReceiver
from receiver.dsp.tones import Checks, Modulation
from receiver.errors import ConfigError

TAGS_HZ = 434e6
PATTERN = PREAMBLE * 2 + SYNC  # a tag sends two or three bytes before the sync
MODULATION = Modulation(
    bit_rate_hz=25e3,
    deviation_hz=25e3,
    carrier_error_hz=12.5e3,  # 23 ppm of the receiver and 6 of the tag, or the other way round
    pattern="".join(f"{byte:08b}" for byte in PATTERN),
    payload_bits=8 * TAG_BYTES,
)
# An id that only fits after some moving about must be one of Motus, of which chance makes few.
CHECKS = Checks(first=is_tag, again=is_motus_tag)


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
