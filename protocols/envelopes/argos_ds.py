"""Argos e-mail, layout DS: what satellites heard of platforms, as the user gets it from CLS.

Source: files in AKROGIS/AnimalMovement at f7dc42c1; Lotek's document. Around it stands the e-mail.

    09691 095838  17 31 K A 2012-11-27 19:18:54  65.756  198.748  0.532 401629865
          2012-11-27 19:16:38  1         12           03           04          176
                                         76           54          196           24

The first line: programme, platform, lines, bytes a message, satellite; where the pass gave a
position also its class, time, latitude, longitude (0 to 360 east), altitude in km, frequency. Then
for each message its time, how often it came so, and its bytes. Times are UTC. Bytes are decimal or
hexadecimal, and nothing says which: a letter tells the one, three digits the other, in the message,
else in the whole file. Positions of passes, by Doppler, may be kilometres off: as a message's
Envelope they are left aside; `receiver.importers.argos_ds` keeps them with their class.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from protocols.packet import Envelope

TIME = r"(\d{4}-\d\d-\d\d +\d\d:\d\d:\d\d)"
PASS = re.compile(r"[ \t]*(\d{5}) +(\d{5,7}) +\d+ +(\d+)(?= |$)", re.MULTILINE)
LOCATION = re.compile(rf" +[A-Z0-9]{{1,2}} +([0-3ABZG]) +{TIME} +(-?[\d.]+) +(-?[\d.]+)(?= |$)")
MESSAGE = re.compile(rf"[ \t]*{TIME} +(\d{{1,6}})\s+([0-9A-Fa-f].*)")
MORE = re.compile(r"\s+([0-9A-Fa-f]{2,3}(?:\s+[0-9A-Fa-f]{2,3})*)\s*")
BEGINNING = re.compile(
    rb"^" + PASS.pattern.encode() + rb"[^\n]*\n" + MESSAGE.pattern.encode(), re.MULTILINE
)
Base = int | None


class Location(NamedTuple):
    """Where a pass places the platform: class, time and degrees as they are written."""

    quality: str
    time: str
    latitude: str
    longitude: str


class Pass(NamedTuple):
    """What stands before the messages of one pass; `row` counts lines from one."""

    row: int
    programme: str
    platform: str
    length: int
    location: Location | None


class Message(NamedTuple):
    """One message as it is written; `row` is the line that it begins in."""

    row: int
    heard: Pass
    time: str
    times: str
    words: list[str]


class Other(NamedTuple):
    """A line that is neither: of the mail around, or damaged."""

    row: int
    text: str


def fits_bytes(data: bytes) -> bool:
    """Tell whether bytes hold such messages."""
    return BEGINNING.search(data) is not None


def entries(lines: Iterable[str]) -> list[Pass | Message | Other]:
    """Return what lines hold, in their order; empty ones are passed over.

    What follows a line that is neither does not go on with the message before it; it may begin a
    message of the same pass.
    """
    found: list[Pass | Message | Other] = []
    heard, inside = None, False
    for row, line in enumerate(lines, start=1):
        if match := PASS.match(line):
            heard, inside = _pass(row, match, line), False
            found.append(heard)
        elif heard and (match := MESSAGE.fullmatch(line)):
            found.append(Message(row, heard, match[1], match[2], match[3].split()))
            inside = True
        elif inside and isinstance(found[-1], Message) and (match := MORE.fullmatch(line)):
            found[-1].words.extend(match[1].split())
        elif line.strip():
            found.append(Other(row, line))
            inside = False
    return found


def _pass(row: int, match: re.Match[str], line: str) -> Pass:
    where = LOCATION.match(line, match.end())
    location = None if where is None else Location(*where.groups())
    return Pass(row, match[1], match[2], int(match[3]), location)


def usual_base(messages: Iterable[Message]) -> Base:
    """Return the base of the numbers of a file where its messages tell one and no other."""
    told = {base for message in messages for base in _told(message.words)}
    return told.pop() if len(told) == 1 else None


def bytes_of(message: Message, usual: Base) -> bytes:
    """Return the bytes of a message, by the base that it tells itself, else by the usual one.

    Raises:
        ValueError: nothing tells the base, or a number is no byte.
    """
    told = list(_told(message.words))
    if len(told) > 1 or not (told or usual):
        raise ValueError("nothing tells whether the bytes are decimal or hexadecimal")
    try:
        return bytes(int(word, told[0] if told else usual or 0) for word in message.words)
    except ValueError as error:
        raise ValueError("a number in the message is no byte") from error


def _told(words: list[str]) -> Iterator[int]:
    if any(not word.isdecimal() for word in words):
        yield 16
    if any(len(word) == 3 for word in words):
        yield 10


def read_bytes(data: bytes) -> list[Envelope]:
    """Return an Envelope for each message; one that is damaged has no payload, but its fault."""
    found = entries(data.decode("latin-1").splitlines())
    messages = [one for one in found if isinstance(one, Message)]
    usual = usual_base(messages)
    return [_envelope(message, usual) for message in messages]


def _envelope(message: Message, usual: Base) -> Envelope:
    heard = message.heard
    details: dict[str, Any] = {"programme": heard.programme, "count": int(message.times)}
    payload, time = b"", None
    try:
        time = datetime.fromisoformat(" ".join(message.time.split())).replace(tzinfo=UTC)
        payload = bytes_of(message, usual)
    except ValueError as error:
        where = f"platform {heard.platform}, {message.time}"
        details["fault"] = f"{where}: {error}"
    return Envelope(
        payload=payload, protocol="argos", device_id=heard.platform, time=time, details=details
    )
