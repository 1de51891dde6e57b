"""What a receiver, gateway or tag says in text: who says it, and what was heard.

The lines of an instrument are read by that instrument; a line that nobody is named for is known by
its first words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from protocols import DecodeError, Reception, iridium_modem, linkit_dte, ticktag
from receiver.address import parse_address
from receiver.errors import ConfigError
from receiver.instruments import INSTRUMENTS, build
from receiver.instruments.packets import detection
from receiver.instruments.rak import envelope
from receiver.instruments.rn2483 import frame_of
from receiver.records import Detection

# Names of lines in collections of examples, and the instruments that say them.
SPEAKERS = {
    "rx-line:rn2483": "rn2483",
    "rx-line:rak-rui2": "rak",
    "rx-line:rak-rui3": "rak",
    "rx-line:rak-rui3-variant": "rak",
    "rx-line:zephyr-lora": "rak",
    "cls.rxg134.nprf": "rxg-134",
    "sensorgnome.line": "sensorgnome",
    "ctt.sensorstation.csv": "ctt-csv",
    "ctt.sensorstation.json": "ctt",
    "lotek.nanotag.burst": "sensorgnome",
}
FIRST_WORDS = {
    "radio_": "rn2483", "+EVT:": "rak", "AT_": "rak", "Received data:": "rak",
    "$NPR": "rxg-134", "$ACK,": "rxg-134",
}  # fmt: skip
TEXTS: dict[str, Callable[[bytes, Reception], bool]] = {
    linkit_dte.PROTOCOL.name: lambda data, reception: data[:1] == b"$" and b"#" in data[:16],
    iridium_modem.SBDIX.name: iridium_modem.SBDIX.fits,
    ticktag.TEXT.name: ticktag.fits_text,
}


def format_of(data: bytes, named: str | None) -> str | None:
    """Return the packet format that a text is of, None for none that is named, or that it fits."""
    if named in TEXTS:
        return named
    return next((name for name, is_one in TEXTS.items() if is_one(data, Reception())), None)


def speaker_of(text: str, named: str | None) -> str | None:
    """Return the instrument that says a text; None where none is named or known by its look."""
    if named is not None and SPEAKERS.get(named, named) in INSTRUMENTS:
        return SPEAKERS.get(named, named)
    return next((who for words, who in FIRST_WORDS.items() if words in text[:200]), None)


def heard(text: str, instrument: str, time: datetime) -> list[Detection]:
    """Return what an instrument's lines say.

    Raises:
        DecodeError: nothing was heard in them, or they need what only an address tells.
    """
    data = text.replace("\\r", "").encode("latin-1", "replace") + b"\r\n"
    try:
        reader = build(parse_address(f"{instrument}:file:-"))
    except ConfigError as error:
        raise DecodeError(f"lines of {instrument} need more: {error}") from error
    found = [one for one in cast(Sequence[object], reader.receive(data, time, 0))
             if isinstance(one, Detection)]  # fmt: skip
    if instrument == "rn2483" and not found:  # the level comes in a line of its own
        frames = [frame for line in text.splitlines() if (frame := frame_of(line))]
        found = [detection(envelope(frame, None, None), time, 0) for frame in frames]
    # An instrument that does not count what it refused may have refused this.
    if not found and getattr(reader, "refused", True):
        title = INSTRUMENTS[instrument].title
        raise DecodeError(f"nothing heard in this line of {title}: not whole, or no packet", 0)
    return found
