"""Sources of samples: the sound of a receiver, IQ of an SDR.

Like instruments, these never open anything: `receiver.links` does. Beacons are listened for in
them (`receiver.detecting`). The samples are not written into the journal, which they would fill:
the last minute is in memory, and HEARD keeps it and the next minute in a file beside the journal
(`receiver.samples.keeper`).

In a band of IQ that holds 401.65 or 434 MHz bursts are listened for in place of beacons: those of
Argos, or CTT tags; `bursts=argos`, `bursts=ctt` or `bursts=none` says otherwise.

    audio:sound:default?rate=16k&through=1
    audio:pipe:arecord -q -t raw -f S16_LE -r 16000 -c 1
    rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M&rate=300k&gain=28
    iq:rtlsdr:0?frequency=150.1M&rate=300k&gain=28
    rtl-tcp:tcp://127.0.0.1:1234?frequency=401.63M
    iq:soapy:driver=airspyhf?frequency=150.1M&rate=768k&format=cf32
    iq:pipe:?rate=1.024M rtl_sdr -f 150.2M -s 1024000 -
    audio:file:x.raw?rate=16000&format=s16
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from receiver.address import Address, Kind
from receiver.errors import ConfigError

if TYPE_CHECKING:
    from receiver.samples.stream import Stream

SAMPLES = {
    "audio": Kind(
        "receiver.samples.stream",
        "sound of a receiver (s16, 16 kHz)",
        "audio:sound:default?through=1",
    ),
    "iq": Kind(
        "receiver.samples.stream",
        "samples of an SDR (cu8, 250 kHz)",
        "iq:pipe:?rate=1.024M rtl_sdr -f 150.2M -s 1024000 -",
    ),
    "rtl-tcp": Kind(
        "receiver.samples.rtl_tcp",
        "RTL-SDR behind rtl_tcp (cu8, 250 kHz)",
        "rtl-tcp:tcp://127.0.0.1:1234?frequency=150.1M",
    ),
}


def build(address: Address) -> Stream:
    """Make the source of samples of an address.

    Raises:
        ConfigError: there is none of this name, or an option of it is wrong.
    """
    if address.instrument not in SAMPLES:
        known = ", ".join(SAMPLES)
        raise ConfigError(f"{address}: unknown source {address.instrument!r}; known: {known}")
    module = importlib.import_module(SAMPLES[address.instrument].module)
    stream: Stream = module.make(address)
    return stream
