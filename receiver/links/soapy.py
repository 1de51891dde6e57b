"""Any SDR that SoapySDR knows, where the system has it.

    iq:soapy:driver=airspyhf?frequency=150.1M&rate=768k&gain=20&format=cf32

SoapySDR is not on PyPI: Debian's python3-soapysdr is found from an environment of one's own too.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from receiver.address import Address, parse_hz
from receiver.errors import ConfigError, SourceError

FORMATS = {
    "cf32": ("CF32", "complex64", 1),
    "cs16": ("CS16", "int16", 2),
    "cs8": ("CS8", "int8", 2),
}
BLOCK = 16_384
TIMED_OUT = -1
MISSING = "SoapySDR is not installed: sudo apt install python3-soapysdr soapysdr-module-all"


def open_link(address: Address) -> SoapyLink:
    """Open a receiver by SoapySDR's words for it.

    Raises:
        ConfigError: an option is missing or wrong.
        SourceError: SoapySDR or the receiver is not there.
    """
    options = address.options
    if "frequency" not in options or options.get("format") not in FORMATS:
        wanted = "?frequency=150.1M&rate=1M&format=cf32"
        raise ConfigError(f"{address}: add {wanted} (or cs16, cs8)")
    soapy = _library(address)
    try:
        device = soapy.Device(address.target)
        receive = soapy.SOAPY_SDR_RX
        device.setSampleRate(receive, 0, parse_hz(options.get("rate", "250k")))
        device.setFrequency(receive, 0, parse_hz(options["frequency"]))
        if "gain" in options:  # fixed: with an automatic one no level means anything
            device.setGainMode(receive, 0, False)
            device.setGain(receive, 0, float(options["gain"]))
        stream = device.setupStream(receive, FORMATS[options["format"]][0])
        if stream is None or device.activateStream(stream) != 0:
            raise RuntimeError("it gives no samples")
    except (RuntimeError, ValueError, TypeError) as error:
        text = f"SoapySDR {address.target}: cannot be opened ({error}); SoapySDRUtil --find lists"
        raise SourceError(text, str(address)) from error
    return SoapyLink(device, stream, address)


def _library(address: Address) -> Any:
    for folder in ("", f"{sys.base_prefix}/lib/python3/dist-packages"):
        try:
            if folder:
                sys.path.append(folder)
            return importlib.import_module("SoapySDR")
        except ImportError:
            continue
        finally:
            if folder:
                sys.path.remove(folder)
    raise SourceError(MISSING, str(address))


class SoapyLink:
    """An open receiver."""

    datagrams = False

    def __init__(self, device: Any, stream: Any, address: Address) -> None:
        import numpy as np

        self._device, self._stream, self._address = device, stream, address
        _, number, self._numbers = FORMATS[address.options["format"]]
        self._buffer = np.zeros(BLOCK * self._numbers, number)

    def read(self, timeout_s: float) -> bytes:
        """Return the next samples; raise SourceError where the receiver is gone."""
        got = self._device.readStream(self._stream, [self._buffer], BLOCK, 0, int(timeout_s * 1e6))
        if got.ret == TIMED_OUT:
            return b""
        if got.ret < 0:
            text = f"SoapySDR {self._address.target}: lost (error {got.ret})"
            raise SourceError(text, str(self._address))
        return self._buffer[: got.ret * self._numbers].tobytes()

    def write(self, data: bytes) -> None:
        """Refuse: it was set up when it was opened."""
        raise SourceError("a receiver behind SoapySDR cannot be asked", str(self._address))

    def close(self) -> None:
        """Let it go."""
        self._device.deactivateStream(self._stream)
        self._device.closeStream(self._stream)
