"""One line that can be dictated over voice radio, with a check letter, and read back without loss.

    B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E #BAKSAN A

observer, day of the month / local time and its offset from UTC, what, where, which collar, check
letter. Less than 60 characters. Stated precision: a minute, a degree, 0.0001 degree (11 m).

    HEARD FAINT|CLEAR|STRONG [Gmark]    HEARD -97.5DB|DBM [Gmark]
    BRG 240/060T SHARP|BROAD|ERR8 [LOUD|NULL]
    NONE [10MIN]      SEEN 200M CERTAIN|LIKELY|RUMOUR|T85      HERE

Check letter: sum of value(character) * 5^position mod 23, written as one of 23 letters (no I, O,
Q). 5 is a primitive root of 23, so neighbours never have the same weight. Digits have ten different
values: every single wrong digit and every swap of two different digits up to 21 places apart
changes the letter. Of the 26 letters three pairs must share a value (23 is less than 26): K and Y,
W and X, H and Z; a letter and a digit may, and then the line cannot be understood or names somebody
else. Any other error has one chance in 23 to go unseen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from receiver.errors import ConfigError, CorruptError, InputError
from receiver.levels import HAND_LEVEL_DB
from receiver.notes import content as words
from receiver.notes.describing import gain_mark, level_word, method_of
from receiver.notes.times import FUTURE_SLACK, format_offset, parse_offset

LONGEST = 59
SHORTEST_NAME = 3
# The line names a day of the month: older entries could be of two months.
OLDEST = timedelta(days=27)

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_ORDER = "KWHABCDEFGIJLMNOPQRSTUVYXZ"
_VALUES = {letter: i % 23 for i, letter in enumerate(_ORDER)}
_VALUES |= {digit: int(digit) for digit in "0123456789"}
_VALUES |= {sign: 22 - i for i, sign in enumerate(" /:+-.#_")}

# Cyrillic capitals that look like Latin ones are taken for them, and a decimal comma for a point.
_LOOK = str.maketrans("АВЕКМНОРСТУХІЈЅ,", "ABEKMHOPCTYXIJS.")  # noqa: RUF001

_HEAD = r"(?P<observer>[^\s#]+) (?P<day>\d\d)/(?P<time>\d\d:\d\d)(?P<offset>Z|[+-]\d\d?(?::\d\d)?)"
_KINDS = (
    r"HEARD (?P<level>FAINT|CLEAR|STRONG|-?\d{1,3}(?:\.\d)?DBM?)(?: G(?P<mark>\S{1,6}))?"
    r"|BRG (?P<bearing>\d{3}(?:/\d{3}){0,2})T (?P<width>SHARP|BROAD|ERR\d{1,2})"
    r"(?: (?P<method>LOUD|NULL))?"
    r"|NONE(?: (?P<minutes>\d{1,4})MIN)?"
    r"|SEEN (?P<radius>\d{1,6})M (?P<trust>CERTAIN|LIKELY|RUMOUR|T\d\d)"
    r"|HERE"
)
_PLACE = r"(?P<latitude>\d{1,2}\.\d{4}[NS]) (?P<longitude>\d{1,3}\.\d{4}[EW])"
_LINE = re.compile(rf"^{_HEAD} (?P<what>{_KINDS})(?: {_PLACE})?(?: #(?P<collar>[^\s#]+))?$")
_METHODS = {"loudest": "LOUD", "weakest": "NULL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictated:
    """What a line says: whose it is, when, and the entry's content."""

    observer: str
    time: datetime
    zone: tzinfo
    content: words.Content


def check_letter(text: str) -> str:
    """Return the check letter of a line without one."""
    total = sum(_value(c) * pow(5, i, 23) for i, c in enumerate(_plain(_tidy(text))))
    return LETTERS[total % 23]


def _value(character: str) -> int:
    return _VALUES.get(character, ord(character) % 23)


def _tidy(text: str) -> str:
    """Return a line as it is spoken: capitals, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text.upper()).split())


def _plain(text: str) -> str:
    return text.translate(_LOOK)


# --- writing --------------------------------------------------------------------------------


def line(
    observer: str, time: datetime, content: Mapping[str, Any], zone: tzinfo, now: datetime
) -> str:
    """Return the line of an entry, ending in its check letter.

    Names are shortened to fit, never below three characters; a collar that does not fit even so
    is left out.

    Raises:
        InputError: it cannot be said in one line; the message says why.
    """
    if now - time > OLDEST:
        raise InputError("it is too long ago for a line that names the day only")
    kind = content["kind"]
    if kind not in _SAY:
        raise InputError("free text is said in your own words")
    local = time.astimezone(zone)
    when = f"{local:%d/%H:%M}{format_offset(local.utcoffset() or timedelta())}"
    middle = " ".join(filter(None, [when, _SAY[kind](content), _place(content)]))
    text = _fit(_name(observer), middle, _name(content.get("collar") or ""))
    if _LINE.match(_plain(text)) is None:
        raise InputError("it has a value that the line cannot hold")
    return f"{text} {check_letter(text)}"


def _name(text: str) -> str:
    return _tidy(text).replace(" ", "_").replace("#", "_")


def _fit(observer: str, middle: str, collar: str) -> str:
    # Between the parts are spaces, before the collar is #, at the end a space and the letter.
    room = LONGEST - len(f"{middle}  K")
    with_collar = room - len(" #") - min(len(observer), SHORTEST_NAME)
    collar = collar if with_collar >= min(len(collar), SHORTEST_NAME) else ""
    room -= len(" #") if collar else 0
    collar = collar[: max(SHORTEST_NAME, room - len(observer))]
    observer = observer[: max(SHORTEST_NAME, room - len(collar))]
    if len(observer) + len(collar) > room:
        raise InputError("it is too long for one line of less than 60 characters")
    return f"{observer} {middle}" + (f" #{collar}" if collar else "")


def _say_level(content: Mapping[str, Any]) -> str:
    word = level_word(content)
    level = word or f"{content['level_db']:.1f}".removesuffix(".0") + content["level_unit"]
    mark = gain_mark(content)
    return f"HEARD {level}".upper() + (f" G{mark.upper()}" if mark else "")


def _say_bearing(content: Mapping[str, Any]) -> str:
    directions = [content["bearing_deg"], *content.get("bearing_alternatives_deg", ())]
    degrees = "/".join(f"{round(value) % 360:03d}" for value in directions)
    sigma_deg = content["bearing_sigma_deg"]
    width = next((w.upper() for w, s in words.SIGMA_DEG.items() if s == sigma_deg), None)
    method = _METHODS.get(method_of(content) or "")
    parts = (f"BRG {degrees}T", width or f"ERR{max(1, round(sigma_deg))}", method)
    return " ".join(filter(None, parts))


def _say_silence(content: Mapping[str, Any]) -> str:
    if content.get("ear") == "meter":  # whoever reads the line takes it for a silence by ear
        raise InputError("a meter alone proves no silence: say it in your own words")
    duration_s = content.get("duration_s")
    return f"NONE {max(1, round(duration_s / 60))}MIN" if duration_s else "NONE"


def _say_sighting(content: Mapping[str, Any]) -> str:
    trust = content["trust"]
    word = next((w.upper() for w, value in words.TRUST.items() if value == trust), None)
    percent = min(99, max(1, round(100 * trust)))
    return f"SEEN {max(1, round(content['radius_m']))}M {word or f'T{percent:02d}'}"


_SAY: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "level": _say_level,
    "bearing": _say_bearing,
    "silence": _say_silence,
    "sighting": _say_sighting,
    "place": lambda content: "HERE",
}


def _place(content: Mapping[str, Any]) -> str:
    if content.get("latitude_deg") is None:
        return ""
    latitude, longitude = (round(content[f"{k}_deg"], 4) for k in ("latitude", "longitude"))
    return f"{abs(latitude):.4f}{'SN'[latitude >= 0]} {abs(longitude):.4f}{'WE'[longitude >= 0]}"


# --- reading --------------------------------------------------------------------------------


def letters_of(text: str) -> tuple[str, str]:
    """Return the check letter that a line has, and the one that it should have."""
    body, _, letter = _tidy(text).rpartition(" ")
    return _plain(letter), check_letter(body)


def read(
    text: str, now: datetime, observers: Iterable[str] = (), collars: Iterable[str] = ()
) -> Dictated:
    """Read a dictated line; its check letter is not looked at.

    Names that were shortened are made whole where exactly one known name begins so.

    Raises:
        CorruptError: it is not such a line; the message says from where on it is not understood.
    """
    body = _tidy(text).rpartition(" ")[0]
    match = _LINE.match(_plain(body))
    if match is None:
        raise CorruptError(f"line not understood: {text.strip()!r}; as in {_EXAMPLE!r}")
    try:
        content, zone, time = _what(match), parse_offset(match["offset"]), _time(match, now)
    except ConfigError as error:
        raise CorruptError(f"line {text.strip()!r}: {error}") from error
    if match["latitude"]:
        content["latitude_deg"] = _degrees(match["latitude"], 90)
        content["longitude_deg"] = _degrees(match["longitude"], 180)
    elif content["kind"] == "place":
        raise CorruptError(f"line {text.strip()!r} says HERE without a place")
    if match["collar"]:
        content["collar"] = _whole(body[slice(*match.span("collar"))], collars)
    return Dictated(
        observer=_whole(body[slice(*match.span("observer"))], observers),
        time=time,
        zone=zone,
        content=content,
    )


_EXAMPLE = "B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E A"


def _whole(said: str, known: Iterable[str]) -> str:
    names = {_plain(_name(name)): name for name in known}
    plain = _plain(said)
    near = [name for tidy, name in names.items() if tidy.startswith(plain)]
    if plain in names:
        return names[plain]
    return near[0] if len(near) == 1 and len(plain) >= SHORTEST_NAME else said


def _time(match: re.Match[str], now: datetime) -> datetime:
    """Return the last instant with this day of the month and time that is not in the future."""
    zone = parse_offset(match["offset"])
    hour, minute = map(int, match["time"].split(":"))
    today = now.astimezone(zone)
    for months_back in range(3):
        year, month = divmod(12 * today.year + today.month - 1 - months_back, 12)
        try:
            time = datetime(year, month + 1, int(match["day"]), hour, minute, tzinfo=zone)
        except ValueError:
            continue
        if time <= now + FUTURE_SLACK:
            return time.astimezone(UTC)
    raise CorruptError(f"day {match['day']} at {match['time']} does not exist")


def _what(match: re.Match[str]) -> words.Content:
    what = match["what"]
    kind = what.split()[0]
    if kind == "HEARD":
        return _read_level(match["level"], match["mark"])
    if kind == "BRG":
        return _read_bearing(match)
    if kind == "NONE":
        return words.silence(float(match["minutes"]) if match["minutes"] else None)
    if kind == "SEEN":
        trust = match["trust"].lower()
        return words.sighting(float(match["radius"]), words.TRUST.get(trust) or _percent(trust))
    return {"kind": "place"}


def _percent(text: str) -> float:
    return int(text[1:]) / 100


def _read_level(level: str, mark: str | None) -> words.Content:
    if level.lower() in HAND_LEVEL_DB:
        return words.heard(level.lower(), gain_mark=mark)
    said = "as said over the radio" if level.endswith("M") else None
    level_db = float(level.removesuffix("M").removesuffix("DB"))
    return words.heard(None, gain_mark=mark, level_db=level_db, calibration_id=said)


def _read_bearing(match: re.Match[str]) -> words.Content:
    width = match["width"]
    sigma_deg = words.SIGMA_DEG.get(width.lower()) or float(width.removeprefix("ERR"))
    said = {mark: method for method, mark in _METHODS.items()}
    return words.bearing(
        [float(value) for value in match["bearing"].split("/")],
        sigma_deg=sigma_deg,
        method=said.get(match["method"] or ""),
    )


def _degrees(text: str, most: int) -> float:
    value = float(text[:-1])
    if value > most:
        raise CorruptError(f"{text} cannot be a place")
    return -value if text[-1] in "SW" else value
