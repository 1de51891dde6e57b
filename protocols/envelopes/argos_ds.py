"""Argos e-mail, layout DS: what satellites heard of platforms, as the user gets it from CLS.

Source: files in AKROGIS/AnimalMovement at f7dc42c1; Lotek's document. Around it stands the e-mail.

    03559 77267   8 27 L                          programme, platform, lines, bytes, satellite, ...
          2008-09-30 18:40:01  2   19   81 ...    time, how often it came so, bytes
                                  163   64 ...    more of them

The bytes are decimal or hexadecimal, and nothing says which: a letter tells the one, three digits
the other, in the message, else in the whole file. Positions that Argos works out by Doppler are
left aside: they may be kilometres off.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from protocols.packet import Envelope

PLATFORM = re.compile(r"(\d{5}) (\d{5,6}) +\d+ +\d+(?: |$)", re.MULTILINE)
MESSAGE = re.compile(r"\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) +(\d{1,6}) +([0-9A-Fa-f].*)")
MORE = re.compile(r"\s+([0-9A-Fa-f]{2,3}(?:\s+[0-9A-Fa-f]{2,3})*)\s*$")
BEGINNING = re.compile(
    PLATFORM.pattern.encode() + rb"[^\n]*\n" + MESSAGE.pattern.encode(), re.MULTILINE
)


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes hold such messages."""
    return BEGINNING.search(data) is not None


def read_bytes(data: bytes) -> list[Envelope]:
    """Return an Envelope for each message; one that is damaged has no payload, but its fault."""
    found = _messages(data.decode("latin-1"))
    base = _base([word for message in found for word in message.words])
    return [_envelope(message, base) for message in found]


class Message(NamedTuple):
    """One message as it is written."""

    programme: str
    platform: str
    time: str
    times: str
    words: list[str]


def _messages(text: str) -> list[Message]:
    found: list[Message] = []
    platform, inside = None, False
    for line in text.splitlines():
        if match := PLATFORM.match(line):
            platform, inside = match, False
        elif platform and (match := MESSAGE.match(line)):
            found.append(Message(platform[1], platform[2], match[1], match[2], match[3].split()))
            inside = True
        elif inside and (match := MORE.match(line)):
            found[-1].words.extend(match[1].split())
        else:
            platform, inside = None, False
    return found


def _base(words: list[str]) -> int | None:
    """Return the base of numbers as they are written; None where they tell nothing."""
    if any(not word.isdecimal() for word in words):
        return 16
    return 10 if any(len(word) == 3 for word in words) else None


def _envelope(message: Message, usual_base: int | None) -> Envelope:
    details: dict[str, Any] = {"programme": message.programme, "count": int(message.times)}
    payload, time = b"", None
    try:
        time = datetime.fromisoformat(message.time).replace(tzinfo=UTC)
        payload = _bytes(message.words, _base(message.words) or usual_base)
    except ValueError as error:
        where = f"platform {message.platform}, {message.time}"
        details["fault"] = f"{where}: its bytes cannot be read: {error}"
    return Envelope(
        payload=payload,
        protocol="argos",
        device_id=message.platform,
        time=time,
        details=details,
    )


def _bytes(words: list[str], base: int | None) -> bytes:
    if base is None:
        raise ValueError("they may be decimal or hexadecimal")
    return bytes(int(word, base) for word in words)
