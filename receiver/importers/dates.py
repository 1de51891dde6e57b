"""Dates and times as makers' files write them. The order of day and month is never guessed.

    2026-11-24 12:00:00.000   2026.11.24   2026-11-24T12:00:00Z    year first, four digits
    24 Nov 2026   24-NOV-26   Nov 24, 2026                         month in letters
    24/11/2026   24.11.2026   11-24-2026   24/11/26                of these the whole file must tell

A date such as 5/3/2026 tells nothing; one 24/11/2026 in the file tells for all of it. Where none
does, or where some say one order and some another, the file is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

from receiver.errors import InputError
from receiver.records import YEARS

ORDERS = ("dmy", "mdy", "ymd")
SPREADSHEET_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)  # day 0 of a spreadsheet's day numbers
SPREADSHEET_DAYS = (32874.0, 110000.0)  # 1990 to 2201
_YEAR_FIRST = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4}|\d{2})(?!\d)")
_DAY_NAMED = re.compile(r"(\d{1,2})[-. ]+([A-Za-z]{3})[a-z]*[-., ]+(\d{4}|\d{2})(?!\d)")
_NAMED_DAY = re.compile(r"([A-Za-z]{3})[a-z]*[-. ]+(\d{1,2})[-., ]+(\d{4}|\d{2})(?!\d)")
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?(?:\s*([AaPp])\.?[Mm]\.?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Seen(NamedTuple):
    """A date of a file and the line it stands in."""

    row: int
    text: str


def possible(text: str) -> dict[str, date]:
    """Return the dates that a text can mean, by the order of its numbers; {} where it tells itself.

    Only a year of two digits can stand first unnoticed.
    """
    match = _NUMBERS.match(text)
    if match is None:
        return {}
    a, b, c = (int(part) for part in match.groups())
    found = {"dmy": _date(c, b, a), "mdy": _date(c, a, b)}
    if len(match[3]) == 2:
        found["ymd"] = _date(a, b, c)
    return {order: day for order, day in found.items() if day is not None}


def _date(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def order_of(dates: Iterable[Seen], asked: str | None) -> str:
    """Return the order that all dates of a file are in; any where none needs one.

    Raises:
        InputError: the file does not tell, or tells both.
    """
    if asked is not None:
        return asked
    left, witness, doubtful = set(ORDERS), None, None
    for seen in dates:
        meant = possible(seen.text)
        if not meant:
            continue
        now = left & meant.keys()
        if not now:
            raise InputError(
                f"dates of two orders: {_said(witness)} and {_said(seen)}. A spreadsheet may have"
                " changed some of them: take the file as it was downloaded, or give --dates"
            )
        witness = seen if now != left else witness
        if doubtful is None and len(set(meant.values())) > 1:
            doubtful = seen
        left = now
    if doubtful is None or len(left) == 1:
        return min(left, key=ORDERS.index)
    meant = {order: possible(doubtful.text)[order] for order in ORDERS if order in left}
    says = " or ".join(f"{day.day} {day:%B %Y}" for day in meant.values())
    how = " or ".join(f"--dates {order}" for order in meant)
    raise InputError(f"{_said(doubtful)} is {says}, and no date of the file tells which: add {how}")


def _said(seen: Seen | None) -> str:
    return f"{seen.text!r} (line {seen.row})" if seen else "another date"


def moment(text: str, order: str, zone: timezone) -> datetime | None:
    """Read a date with its time, as UTC; None where it is none.

    The time is in `zone` where it does not say another. A date alone is no time: nobody knows when.
    """
    found = _day(text, order)
    clock = found and _CLOCK.fullmatch(found[1].lstrip("T, \t"))
    if not found or not clock:
        return None
    return _utc(found[0], clock, zone)


def _day(text: str, order: str) -> tuple[date, str] | None:
    """Return the date that a text begins with, and the rest of the text."""
    if match := _YEAR_FIRST.match(text):
        day = _date(int(match[1]), int(match[2]), int(match[3]))
    elif match := _NUMBERS.match(text):
        day = possible(text).get(order)
    elif match := _DAY_NAMED.match(text):
        day = _named(match[1], match[2], match[3])
    elif match := _NAMED_DAY.match(text):
        day = _named(match[2], match[1], match[3])
    else:
        return None
    return (day, text[match.end() :]) if day else None


def _named(day: str, month: str, year: str) -> date | None:
    name = month.lower()
    return _date(int(year), MONTHS.index(name) + 1, int(day)) if name in MONTHS else None


def _utc(day: date, clock: re.Match[str], zone: timezone) -> datetime | None:
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if clock[5] in "Pp" else 0)
    try:
        at = time(hour, minute, second, int((clock[4] or "0").ljust(6, "0")))
    except ValueError:
        return None
    own = offset(clock[6]) if clock[6] else zone
    return datetime.combine(day, at, own).astimezone(UTC) if own else None


def offset(text: str) -> timezone | None:
    """Read an offset from UTC: +03:00, -0500, UTC, Z; None where it is none."""
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        return None
    span = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-span if match[1] == "-" else span)


def of_spreadsheet(days: float) -> datetime | None:
    """Return the time of a spreadsheet's day number, to the second; None where it is none."""
    low, high = SPREADSHEET_DAYS
    if not low <= days <= high:
        return None
    return SPREADSHEET_EPOCH + timedelta(seconds=round(days * 86400))


def of_year_day(year: int, day: int, hour: int, minute: int, zone: timezone) -> datetime | None:
    """Return the time of a day counted within its year, as UTC; None where it is none."""
    first = _date(year, 1, 1)
    if first is None or not (1 <= day <= 366 and 0 <= hour < 24 and 0 <= minute < 60):
        return None
    found = datetime.combine(first, time(hour, minute), zone) + timedelta(days=day - 1)
    return found.astimezone(UTC) if found.year == first.year else None
