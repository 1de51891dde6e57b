"""An RTL-SDR on USB, by librtlsdr: `iq:rtlsdr:0?frequency=150.1M&rate=300k&gain=28`.

The gain is fixed: with an automatic one no level means anything.
"""

from __future__ import annotations

from typing import Any

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError, MissingExtraError, SourceError

CHUNK_S = 0.05
STEP_BYTES = 512  # of a USB packet
USUAL_GAIN_DB = 28.0


def open_link(address: Address) -> RtlSdrLink:
    """Open a receiver by its number.

    Raises:
        MissingExtraError: the package for it is not installed.
        ConfigError: an option is missing or wrong.
        SourceError: there is no such receiver, or another program has it.
    """
    if "frequency" not in address.options:
        raise ConfigError(f"{address}: which frequency? add ?frequency=150.1M")
    if address.options.get("format", "cu8") != "cu8":
        raise ConfigError(f"{address}: an RTL-SDR gives cu8 only")
    try:
        import rtlsdr
    except ImportError as error:
        raise MissingExtraError("an RTL-SDR on USB", "rtlsdr") from error
    rate_hz = parse_hz(address.options.get("rate", "250k"))
    try:
        device = rtlsdr.RtlSdr(device_index=int(address.target))
        device.sample_rate = rate_hz
        device.center_freq = parse_hz(address.options["frequency"])
        if ppm := int(address.options.get("ppm", "0")):
            device.freq_correction = ppm
        device.set_agc_mode(False)
        device.gain = float(address.options.get("gain", USUAL_GAIN_DB))
    except (OSError, ValueError) as error:
        words = str(error).replace("\n", " ")
        text = f"RTL-SDR {address.target}: cannot be opened ({words}); plugged in, and free?"
        raise SourceError(text, str(address)) from error
    return RtlSdrLink(device, rate_hz, address)


class RtlSdrLink:
    """An open RTL-SDR."""

    datagrams = False

    def __init__(self, device: Any, rate_hz: float, address: Address) -> None:
        self._device, self._address = device, address
        self._bytes = max(1, round(2 * rate_hz * CHUNK_S / STEP_BYTES)) * STEP_BYTES

    def read(self, timeout_s: float) -> bytes:
        """Return the next samples; raise SourceError where the receiver is gone."""
        try:
            return bytes(self._device.read_bytes(self._bytes))
        except OSError as error:
            text = f"RTL-SDR {self._address.target}: lost ({error})"
            raise SourceError(text, str(self._address)) from error

    def write(self, data: bytes) -> None:
        """Refuse: it was set up when it was opened."""
        raise SourceError("an RTL-SDR on USB cannot be asked", str(self._address))

    def close(self) -> None:
        """Let it go."""
        self._device.close()
