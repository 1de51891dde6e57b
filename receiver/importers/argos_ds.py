"""Argos mail in the DS layout, and .prv files: messages by platform and pass, as text.

    09691 095838  17 31 K A 2012-11-27 19:18:54  65.756  198.748  0.532 401629865
          2012-11-27 19:16:38  1         12           03           04          176
                                         76           54          196           24

The first line: program, platform, lines, bytes a message, satellite; where the pass gave a position
also its class, time, latitude, longitude (0 to 360 east), altitude in km, frequency. Then for each
message its time, how often it was heard, and its bytes. Times are UTC. Bytes are decimal or
hexadecimal, the file does not say which: a number of three digits or a letter tells, for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from receiver.importers import dates, values
from receiver.importers.formats import ARGOS
from receiver.importers.reading import KEPT_TEXT, Reading, Tally
from receiver.records import Fix, Refused
from receiver.search import identity

_TIME = r"(\d{4}-\d{2}-\d{2} +\d{2}:\d{2}:\d{2})"
_PASS = re.compile(
    r"\s*(\d{5}) +(\d{5,7}) +(\d+) +(\d+) +([A-Z0-9]{1,2})"
    rf"(?: +([0-3ABZG]) +{_TIME} +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(\d+))?\s*"
)
_MESSAGE = re.compile(rf"\s*{_TIME} +(\d+)((?:\s+[0-9A-Fa-f]{{2,3}})+)\s*")
_MORE = re.compile(r"(?:\s+[0-9A-Fa-f]{2,3})+\s*")


def fits(lines: Sequence[str]) -> bool:
    """Tell whether a text is Argos mail: a pass, and a message right below it."""
    return any(_PASS.fullmatch(a) and _MESSAGE.fullmatch(b) for a, b in pairwise(lines))


@dataclass(slots=True)
class _Message:
    """One message: the line that it begins in, its platform, its bytes as they are written."""

    row: int
    device_id: str
    time: datetime
    length: int
    tokens: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Mail:
    """What was found so far, and the message that lines may still go on with."""

    file: str
    collar: str | None
    fixes: list[Fix] = field(default_factory=list)
    messages: list[_Message] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    current: re.Match[str] | None = None
    is_open: bool = False

    def take(self, number: int, line: str) -> None:
        """Read a line."""
        if match := _PASS.fullmatch(line):
            self.current, self.is_open = match, False
            self._locate(number, line, match)
        elif self.current and (match := _MESSAGE.fullmatch(line)):
            self._begin(number, line, match, self.current)
        elif self.is_open and _MORE.fullmatch(line):
            self.messages[-1].tokens += line.split()
        elif line.strip():
            self._other(number, line)

    def _locate(self, number: int, line: str, match: re.Match[str]) -> None:
        if match[6] is None:
            return
        time = _time(match[7])
        try:
            north, east = values.number(match[8]), values.number(match[9])
        except ValueError:
            time = None
        if time is None:
            self._refuse(number, line, "no time or position of a pass")
            return
        spot = values.spot(north, east - 360.0 if 180.0 < east <= 360.0 else east)
        is_valid = match[6] != "Z"
        warnings = [spot.warning, "" if is_valid else "location class Z: not valid"]
        device = self.collar or match[2]
        place = spot.latitude_deg, _rounded(spot.longitude_deg)
        self.fixes.append(
            Fix(
                id=identity(device, time, None, ARGOS, *place, match[6]),
                device_id=device,
                file=self.file,
                row=number,
                time=time,
                sensor=ARGOS,
                latitude_deg=place[0],
                longitude_deg=place[1],
                position_status=spot.status if is_valid or spot.status != "ok" else "bad",
                location_class=match[6],
                warnings=tuple(filter(None, warnings)),
            )
        )

    def _begin(
        self, number: int, line: str, match: re.Match[str], current: re.Match[str]
    ) -> None:  # fmt: skip
        time = _time(match[1])
        self.is_open = time is not None
        if time is None:
            self._refuse(number, line, "no time of a message")
            return
        device, length = self.collar or current[2], int(current[4])
        self.messages.append(_Message(number, device, time, length, match[3].split()))

    def _other(self, number: int, line: str) -> None:
        """Tell the text of the mail from lines that are damaged."""
        self.is_open = False
        if re.match(r"\s*[\d-]{5,} |\s+[0-9A-Fa-f]{2,3}\s", line):
            self._refuse(number, line, "a line of a message that cannot be read")
        else:
            self.tally.add("text of the mail is passed over", number)

    def _refuse(self, number: int, line: str, reason: str) -> None:
        row = Refused(file=self.file, row=number, reason=reason, text=line[:KEPT_TEXT])
        self.refused.append(row)


def read(file: str, lines: Sequence[str], collar: str | None) -> Reading:
    """Read all passes and messages; `collar` stands for every platform where it is given."""
    mail = _Mail(file, collar)
    for number, line in enumerate(lines, start=1):
        mail.take(number, line)
    base = _base(mail.messages)
    if mail.messages and base is None:
        mail.tally.add("nothing tells whether the bytes are decimal or hexadecimal: they are left"
                       " out", mail.messages[0].row)  # fmt: skip
    contacts = list(_contacts(file, mail, base))
    count = len(mail.fixes) + len(contacts) + len(mail.refused)
    fixes = sorted((*mail.fixes, *contacts), key=lambda fix: fix.row)
    return Reading(count, fixes, mail.refused, mail.tally.sentences())


def _base(messages: Sequence[_Message]) -> int | None:
    """Return 10 or 16, the base of all bytes; None where nothing or too much tells."""
    told = {base for message in messages for base in _told(message.tokens)}
    return told.pop() if len(told) == 1 else None


def _told(tokens: Sequence[str]) -> Iterator[int]:
    if any(re.search("[A-Fa-f]", token) for token in tokens):
        yield 16
    if any(len(token) == 3 for token in tokens):
        yield 10


def _contacts(file: str, mail: _Mail, base: int | None) -> Iterator[Fix]:
    for message in mail.messages:
        data = _bytes(message.tokens, base)
        warnings = []
        if base is not None and data is None:
            warnings.append("a number in the message is no byte")
        elif data is not None and len(data) != message.length:
            warnings.append("the message is longer or shorter than its pass says")
        for warning in warnings:
            mail.tally.add(warning, message.row)
        device, time = message.device_id, message.time
        yield Fix(
            id=identity(device, time, time, ARGOS, None, None, " ".join(message.tokens)),
            device_id=device,
            file=file,
            row=message.row,
            time=time,
            received=time,
            sensor=ARGOS,
            data=data,
            warnings=tuple(warnings),
        )


def _bytes(tokens: Sequence[str], base: int | None) -> bytes | None:
    try:
        return None if base is None else bytes(int(token, base) for token in tokens)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    return dates.moment(" ".join(text.split()), "dmy", UTC)


def _rounded(longitude: float | None) -> float | None:
    return None if longitude is None else round(longitude, 6)
