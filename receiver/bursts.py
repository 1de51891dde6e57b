"""Listening for bursts of satellite tags: what the receiver of bursts finds becomes packets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from protocols import DecodeError, Packet, decode
from receiver.dsp.argos import ArgosReceiver
from receiver.dsp.burst import Burst
from receiver.dsp.spectra import Samples
from receiver.errors import ConfigError
from receiver.heard import HeardBurst, News
from receiver.listening_plan import Plan
from receiver.platforms import views

# Argos uplinks are at 401.62 to 401.68 MHz, VLD beside them, each up to 12 kHz off.
LOWEST_HZ, HIGHEST_HZ = 401.6e6, 401.7e6
USABLE = 0.96  # of the band: its edges are the filter's
FORMATS = {"ptt-a2": "argos-ptt-a2", "ptt-a3": "argos-ptt-a3", "vld": "argos4-vld"}


class BurstWatch:
    """Listens to one stream of complex samples for Argos bursts, cut anywhere.

    Raises:
        ConfigError: samples are too few a second, or the band is another.
    """

    def __init__(self, rate_hz: float, full_scale: float, plan: Plan, scale: float) -> None:
        """Begin; `full_scale` is where samples are cut off, `scale` the size of 0 dBFS."""
        self.plan, self.rate_hz, self._scale = plan, rate_hz, scale
        self.elapsed_s, self._taken = 0.0, 0
        lowest_hz, highest_hz = _part(plan, rate_hz)
        middle_hz, width_hz = (lowest_hz + highest_hz) / 2, highest_hz - lowest_hz
        try:
            self._receiver = ArgosReceiver(rate_hz, middle_hz, width_hz, full_scale)
        except ValueError as error:
            raise ConfigError(str(error)) from error

    def push(self, samples: Samples) -> Iterator[News]:
        """Take samples; yield what is certain by now."""
        self._taken += len(samples)
        self.elapsed_s = self._taken / self.rate_hz
        yield self._news(self._receiver.push(samples))

    def finish(self) -> Iterator[News]:
        """Yield what the last samples give."""
        yield self._news(self._receiver.finish())

    def _news(self, bursts: list[Burst]) -> News:
        return News(self.elapsed_s, bursts=[self._heard(burst) for burst in bursts])

    def _heard(self, burst: Burst) -> HeardBurst:
        packets, error = _decoded(burst)
        noise_db = _db(burst.noise / self._scale**2)
        return HeardBurst(
            time_s=burst.time_s,
            duration_s=burst.duration_s,
            signal=burst.kind,
            frequency_hz=self.plan.true_hz(burst.frequency_hz),
            drift_hz_s=burst.drift_hz_s,
            level_db=_db(burst.power / self._scale**2),
            noise_db=noise_db,
            cn0_dbhz=burst.cn0_dbhz,
            saturated=burst.saturated,
            polarity=None if burst.inverted is None else _polarity(burst.inverted),
            bit_rate_hz=burst.bit_rate_hz,
            bit_count=len(burst.bits) or None,
            hex=packed(burst.bits).hex() or None,
            sync_errors=burst.sync_errors,
            expected_errors=burst.expected_errors,
            packets=packets,
            error=error,
        )


def _part(plan: Plan, rate_hz: float) -> tuple[float, float]:
    """Return the lowest and highest frequency to listen on, from the centre of the samples.

    Where nobody knows the centre it is the middle of the band.
    """
    half_hz = USABLE * rate_hz / 2
    lowest_hz, highest_hz = (LOWEST_HZ - HIGHEST_HZ) / 2, (HIGHEST_HZ - LOWEST_HZ) / 2
    if plan.frequency_hz:
        error = 1.0 + plan.error_ppm * 1e-6
        lowest_hz, highest_hz = (hz / error - plan.frequency_hz for hz in (LOWEST_HZ, HIGHEST_HZ))
    lowest_hz, highest_hz = max(lowest_hz, -half_hz), min(highest_hz, half_hz)
    if lowest_hz >= highest_hz:
        text = f"{(plan.frequency_hz - half_hz) / 1e6:.3f} to"
        text += f" {(plan.frequency_hz + half_hz) / 1e6:.3f} MHz"
        raise ConfigError(f"Argos bursts are at 401.600 to 401.700 MHz, this band is {text}")
    return lowest_hz, highest_hz


def _polarity(inverted: bool) -> Literal["normal", "inverted"]:
    return "inverted" if inverted else "normal"


def packed(bits: str) -> bytes:
    """Return text of 0 and 1 as bytes, the last one filled with zeros."""
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


def _decoded(burst: Burst) -> tuple[tuple[Packet, ...], str | None]:
    """Return what the bits of a burst say, or why they say nothing."""
    if burst.kind is None:
        return (), None
    try:
        return tuple(decode(packed(burst.bits), protocol=FORMATS[burst.kind])), None
    except DecodeError as error:
        return (), str(error)


def told(
    burst: HeardBurst, received: datetime | None, collars: Mapping[str, Mapping[str, Any]]
) -> HeardBurst:
    """Return an Argos burst with what its data say behind its frame, where that can be read.

    `collars` holds by their ids what sheets say: the format, the period of fixes. Of a collar that
    has no sheet only formats with strong checks of their own are read.
    """
    if not burst.packets or burst.signal not in ("ptt-a2", "ptt-a3"):
        return burst
    details = burst.packets[0].details
    seen = list(views(details["id28_hex"], bytes.fromhex(details["data_hex"])))
    known = [(data, collars[name]) for name, data in seen if name in collars]
    tries = known[:1] or [(data, {}) for _, data in seen]
    for data, sheet in tries:
        with suppress(DecodeError):
            said = decode(data, protocol=sheet.get("protocol", "argos"), received=received,
                          context=dict(sheet))  # fmt: skip
            return replace(burst, packets=(*burst.packets, *said))
    return burst


def _db(power: float) -> float:
    return 10.0 * math.log10(max(power, 1e-30))
