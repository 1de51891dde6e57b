"""Single values of makers' files: numbers, yes and no, identities, places.

What cannot be is never passed on as if it could: it becomes None, and a sentence says so.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from receiver.importers.dates import MONTHS
from receiver.records import PositionStatus

ABSENT = frozenset(
    ("", "na", "n/a", "nan", "null", "none", "undefined", "-", "--", "#n/a", "not available")
)
LONGEST_NUMBER = 40
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+")
_MONTH = "|".join(MONTHS)
_DATE = re.compile(
    rf"\d{{1,2}}[-. ](?:{_MONTH})[a-z]*(?:[-. ]\d{{2,4}})?|(?:{_MONTH})[a-z]*[-. ]\d{{1,4}}"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+)?",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#+|#(?:REF|VALUE|NAME|NUM|NULL|DIV/0)[!?]?", re.IGNORECASE)
_QUOTED = re.compile(r"'[=+\-@]")  # the quotation mark that keeps a spreadsheet from calculating


def present(text: str) -> str:
    """Return a value without spaces about it; "" for every way of writing that there is none."""
    tidy = text.strip()
    return "" if tidy.lower() in ABSENT else tidy


def number(text: str, comma: bool = False) -> float:
    """Read a number; with `comma`, one may stand for the point.

    Raises:
        ValueError: it is none, or not finite.
    """
    plain = text.replace("\N{MINUS SIGN}", "-") if len(text) <= LONGEST_NUMBER else ""
    if comma and _COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!r} is not a number")
    return value


def truth(text: str) -> bool | None:
    """Read yes or no, as makers say it; None where it is neither."""
    word = text.strip().lower()
    if word in ("1", "true", "t", "yes", "y") or word.startswith("mort"):
        return True
    return False if word in ("0", "false", "f", "no", "n", "normal", "alive") else None


def spoilt(identity: str) -> str:
    """Return what a spreadsheet has made of an identity, in words; "" where it looks whole."""
    if _SCIENTIFIC.fullmatch(identity):
        return "a spreadsheet has rounded this id to a few digits"
    if _DATE.fullmatch(identity):
        return "a spreadsheet has made a date of this id"
    return (
        "a spreadsheet shows an error or no room for this id" if _ERROR.fullmatch(identity) else ""
    )


def name(text: str) -> str:
    """Return a text without the mark that a program put before it for spreadsheets."""
    return text[1:] if _QUOTED.match(text) else text


def same_id(one: str, other: str) -> bool:
    """Tell whether two identities are one: letters in any case, zeros before it or not."""
    return _bare(one) == _bare(other)


def _bare(identity: str) -> str:
    return identity.casefold().lstrip("0")


class Spot(NamedTuple):
    """A position as far as it can be believed, and what is wrong with it."""

    latitude_deg: float | None
    longitude_deg: float | None
    status: PositionStatus
    warning: str = ""


NOWHERE = Spot(None, None, "unavailable")


def spot(latitude: float | None, longitude: float | None) -> Spot:
    """Judge a position by itself: sentinels and numbers out of range are no position."""
    if latitude is None and longitude is None:
        return NOWHERE
    if latitude is None or longitude is None:
        return Spot(None, None, "bad", "half a position")
    said = f"latitude {latitude:g}, longitude {longitude:g}"
    if latitude == 0 and longitude == 0:
        return NOWHERE._replace(warning="zeros stand for no position")
    if abs(latitude) == 90:
        return NOWHERE._replace(warning=f"{said} stands for no position")
    if abs(latitude) < 90 and abs(longitude) <= 180:
        return Spot(latitude, longitude, "ok")
    if 90 < abs(latitude) <= 180 and abs(longitude) <= 90:
        return Spot(None, None, "bad", f"{said}: no place on earth; have they changed places?")
    return Spot(None, None, "bad", f"{said}: no place on earth")
