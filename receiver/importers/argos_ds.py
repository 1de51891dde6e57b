"""Argos mail in the DS layout, and .prv files: messages by platform and pass, as rows of a history.

The text is read by `protocols.envelopes.argos_ds`. A pass that gave a position is a row of its own,
with its class; each message is a contact, with its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from protocols.envelopes.argos_ds import (
    Base,
    Message,
    Other,
    Pass,
    bytes_of,
    entries,
    fits_bytes,
    usual_base,
)
from receiver.importers import dates, values
from receiver.importers.formats import ARGOS
from receiver.importers.reading import KEPT_TEXT, Reading, Tally
from receiver.records import Fix, Refused
from receiver.search import identity

_DAMAGED = re.compile(r"\s*[\d-]{5,} |\s+[0-9A-Fa-f]{2,3}\s")
_NUMBER = re.compile(r"[0-9A-Fa-f]{2,3}")


def fits(lines: Sequence[str]) -> bool:
    """Tell whether a text is Argos mail: a pass, and a message right below it."""
    return fits_bytes("\n".join(lines).encode("utf-8", "replace"))


@dataclass(slots=True)
class _Mail:
    """What was found so far."""

    file: str
    collar: str | None
    fixes: list[Fix] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def take(self, one: Pass | Message | Other, line: str) -> None:
        """Take what a line holds."""
        match one:
            case Pass():
                self._locate(one, line)
            case Message():
                self._begin(one, line)
            case Other() if _DAMAGED.match(line):
                self._refuse(one.row, line, "a line of a message that cannot be read")
            case Other():
                self.tally.add("text of the mail is passed over", one.row)

    def device(self, heard: Pass) -> str:
        """Return whose a pass is."""
        return self.collar or heard.platform

    def _begin(self, message: Message, line: str) -> None:
        if _time(message.time) is None:
            self._refuse(message.row, line, "no time of a message")
        elif not all(map(_NUMBER.fullmatch, message.words)):
            self._refuse(message.row, line, "a line of a message that cannot be read")
        else:
            self.messages.append(message)

    def _locate(self, heard: Pass, line: str) -> None:
        where = heard.location
        if where is None:
            return
        time = _time(where.time)
        try:
            north, east = values.number(where.latitude), values.number(where.longitude)
        except ValueError:
            time = None
        if time is None:
            self._refuse(heard.row, line, "no time or position of a pass")
            return
        spot = values.spot(north, east - 360.0 if 180.0 < east <= 360.0 else east)
        is_valid = where.quality != "Z"
        warnings = [spot.warning, "" if is_valid else "location class Z: not valid"]
        place = spot.latitude_deg, _rounded(spot.longitude_deg)
        device = self.device(heard)
        self.fixes.append(
            Fix(
                id=identity(device, time, None, ARGOS, *place, where.quality),
                device_id=device,
                file=self.file,
                row=heard.row,
                time=time,
                sensor=ARGOS,
                latitude_deg=place[0],
                longitude_deg=place[1],
                position_status=spot.status if is_valid or spot.status != "ok" else "bad",
                location_class=where.quality,
                warnings=tuple(filter(None, warnings)),
            )
        )

    def _refuse(self, number: int, line: str, reason: str) -> None:
        row = Refused(file=self.file, row=number, reason=reason, text=line[:KEPT_TEXT])
        self.refused.append(row)


def read(file: str, lines: Sequence[str], collar: str | None) -> Reading:
    """Read all passes and messages; `collar` stands for every platform where it is given."""
    mail = _Mail(file, collar)
    for one in entries(lines):
        mail.take(one, lines[one.row - 1])
    contacts = list(_contacts(file, mail, usual_base(mail.messages)))
    count = len(mail.fixes) + len(contacts) + len(mail.refused)
    fixes = sorted((*mail.fixes, *contacts), key=lambda fix: fix.row)
    return Reading(count, fixes, mail.refused, mail.tally.sentences())


def _contacts(file: str, mail: _Mail, usual: Base) -> Iterator[Fix]:
    for message in mail.messages:
        data, warnings = _data(message, usual)
        for warning in warnings:
            mail.tally.add(warning, message.row)
        device, time = mail.device(message.heard), _time(message.time)
        yield Fix(
            id=identity(device, time, time, ARGOS, None, None, " ".join(message.words)),
            device_id=device,
            file=file,
            row=message.row,
            time=time,
            received=time,
            sensor=ARGOS,
            data=data,
            warnings=warnings,
        )


def _data(message: Message, usual: Base) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the bytes of a message, and what is wrong with them."""
    try:
        data = bytes_of(message, usual)
    except ValueError as error:
        return None, (str(error),)
    if len(data) != message.heard.length:
        return data, ("the message is longer or shorter than its pass says",)
    return data, ()


def _time(text: str) -> datetime | None:
    return dates.moment(" ".join(text.split()), "dmy", UTC)


def _rounded(longitude: float | None) -> float | None:
    return None if longitude is None else round(longitude, 6)
