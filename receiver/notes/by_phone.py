"""What a phone sends, or keeps in a file while it is away, as entries: every value may be hostile.

One entry as JSON: `id` (a UUID that the phone makes), `what`, `values`, `time` (its clock when it
was entered), and how wrong that clock is, as far as the phone knows: `sent` (its clock when it
sent) or `ahead_s` (by how much it was ahead of this computer). What goes with each `what` stands in
`KINDS`; with each may go `latitude_deg` and `longitude_deg`, where it was.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from receiver.clock import Clock
from receiver.config import SETUP_KEYS
from receiver.errors import ConfigError
from receiver.language import phrase
from receiver.levels import HAND_LEVEL_DB
from receiver.notes import content as notes
from receiver.notes import times
from receiver.notes.content import Content
from receiver.notes.describing import describe
from receiver.records import CALL, HAND, NO_EVIDENCE, PHONE_TIME, Entry, utc_text
from receiver.wording import plain, without_marks

LONGEST_NAME = 40
LARGEST_FILE_BYTES, MOST_ENTRIES = 8 << 20, 10_000
FORMAT = "baksan_entries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Who enters: the observer, the collar that is searched, where it was last known to be.

    `earlier` finds an entry by its id, for what is taken back; None where it is not here.
    """

    observer: str
    collar: str | None = None
    place: tuple[float, float] | None = None
    earlier: Callable[[str], Entry | None] = lambda identity: None


class Kept(NamedTuple):
    """One entry of a file, and who entered it."""

    observer: str
    said: Mapping[str, Any]


def kept(data: bytes) -> list[Kept]:
    """Read the file of a phone that was away: `{"baksan_entries": 1, "observer", "entries": []}`.

    An entry may name another observer than the file.

    Raises:
        ConfigError: it is no such file, or of a later format.
    """
    said = parse(data)
    entries = said.get("entries")
    if said.get(FORMAT) != 1 or not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise ConfigError(phrase("this is no file of a phone's entries"))
    if not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(phrase("an entry in it is no object of JSON"))
    return [Kept(name_of(e.get("observer", said.get("observer"))), e) for e in entries]


def parse(data: bytes) -> dict[str, Any]:
    """Read an object of JSON.

    Raises:
        ConfigError: it is not one; NaN and infinity are none of JSON.
    """
    try:
        said = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigError(phrase("this is no JSON that can be read")) from error
    if not isinstance(said, dict):
        raise ConfigError(phrase("this is no object of JSON"))
    return said


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def name_of(value: object, what: str = "the name") -> str:
    """Return a short name that can be shown anywhere.

    Raises:
        ConfigError: it is no text of 1 to 40 letters.
    """
    text = " ".join(without_marks(value).split()) if isinstance(value, str) else ""
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise ConfigError(
            phrase("{what} is not a text of 1 to {most} letters", what=what, most=LONGEST_NAME)
        )
    return text


def entry_of(said: Mapping[str, Any], teller: Teller, clock: Clock) -> Entry:
    """Return the entry that a phone sends.

    It is stamped by this computer; the phone's own time is kept beside.

    Raises:
        ConfigError: a value that cannot be; one plain sentence says which.
    """
    identity = identity_of(said.get("id"))
    what, values = said.get("what"), said.get("values", {})
    if not isinstance(what, str) or what not in KINDS:
        raise ConfigError(phrase("it is none of: {words}", words=", ".join(KINDS)))
    if not isinstance(values, dict):
        raise ConfigError(phrase("its values are no object of JSON"))
    content = _content(what, values, teller, clock.now().utc)
    stamped = notes.entry(content, teller.observer, clock)
    return replace(stamped, id=identity, content={**content, **_when(said, stamped.time)})


def identity_of(value: object) -> str:
    """Return a UUID in its usual form.

    Raises:
        ConfigError: it is none.
    """
    try:
        return str(uuid.UUID(value if isinstance(value, str) else ""))
    except ValueError:
        raise ConfigError(phrase("its id is no UUID")) from None


def _content(what: str, values: Mapping[str, Any], teller: Teller, now: datetime) -> Content:
    taken = _Values(values, teller, now)
    where = taken.place()
    content = KINDS[what](taken)
    taken.refuse_others()
    about = "heard" in content or content["kind"] == "sighting"
    return {**({"collar": teller.collar} if teller.collar and about else {}), **content, **where}


def _when(said: Mapping[str, Any], now: datetime) -> Content:
    shown = _time(said, "time")
    if shown is None:
        return {}
    ahead_s, sent = said.get("ahead_s"), _time(said, "sent")
    ahead = None if sent is None else sent - now
    if ahead_s is not None:
        ahead = timedelta(seconds=_number(ahead_s, "its clock's error", -1e10, 1e10))
    return {"time": utc_text(times.of_phone(shown, ahead, now)), PHONE_TIME: utc_text(shown)}


def _time(said: Mapping[str, Any], key: str) -> datetime | None:
    """Return a time that a phone's clock showed, whatever its year."""
    if said.get(key) is None:
        return None
    try:
        time = datetime.fromisoformat(said[key])
        if time.tzinfo is None:
            raise ValueError
        return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        sentence = phrase("its {key} is no time with a zone, as in 2026-11-24T12:00:00Z", key=key)
        raise ConfigError(sentence) from None


def _number(value: object, what: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(phrase("{what} is no number", what=what))
    try:
        return notes.number(value, what, low, high)
    except OverflowError:
        raise ConfigError(phrase("{what} is too large", what=what)) from None


class _Values:
    """The values of one entry, each taken once; what nobody takes is refused."""

    def __init__(self, values: Mapping[str, Any], teller: Teller, now: datetime) -> None:
        self._left = dict(values)
        self._now = now
        self.teller = teller
        self.where: tuple[float, float] | None = None

    def take(self, key: str) -> Any:
        return self._left.pop(key, None)

    def number(self, key: str, low: float, high: float) -> float | None:
        value = self.take(key)
        return None if value is None else _number(value, key, low, high)

    def wanted(self, key: str, low: float, high: float) -> float:
        value = self.number(key, low, high)
        if value is None:
            raise ConfigError(phrase("its {key} is missing", key=key))
        return value

    def text(self, key: str) -> str | None:
        value = self.take(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(phrase("its {key} is no text", key=key))
        return None if value is None else plain(value)

    def name(self, key: str) -> str | None:
        value = self.take(key)
        return None if value is None else name_of(value, f"its {key}")

    def flag(self, key: str) -> bool | None:
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise ConfigError(phrase("its {key} is not true or false", key=key))
        return value

    def place(self) -> Content:
        """Return where it was as content; nothing where that is not said."""
        latitude_deg = self.number("latitude_deg", -90, 90)
        longitude_deg = self.number("longitude_deg", -180, 180)
        accuracy_m = self.number("accuracy_m", 0, 1e6)
        if (latitude_deg is None) != (longitude_deg is None):
            raise ConfigError(phrase("a place needs latitude and longitude"))
        if latitude_deg is None or longitude_deg is None:
            return {}
        self.where = latitude_deg, longitude_deg
        said = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
        return said if accuracy_m is None else {**said, "accuracy_m": accuracy_m}

    def declination_deg(self) -> float:
        """Return what makes a compass reading true where it was taken."""
        from receiver.geodesy import declination_deg

        place = self.where or self.teller.place
        if place is None:
            raise ConfigError(phrase("a compass reading needs a place: say where you are first"))
        return round(declination_deg(*place, self._now.date()), 1)

    def refuse_others(self) -> None:
        if self._left:
            name = plain(next(iter(self._left)))[:LONGEST_NAME]
            raise ConfigError(phrase("{name} is no value of this", name=repr(name)))


def _heard(values: _Values) -> Content:
    word = values.text("word")
    if word not in HAND_LEVEL_DB:
        raise ConfigError(phrase("heard is one of: {words}", words=", ".join(HAND_LEVEL_DB)))
    return notes.heard(word, gain_mark=values.text("gain"), receiver=values.name("receiver"))


def _bearing(values: _Values) -> Content:
    degrees = values.wanted("degrees", 0, 360)
    turn = values.declination_deg() if values.flag("magnetic") else None
    method = values.text("method")
    if method not in (None, *notes.METHODS):
        raise ConfigError(phrase("method is one of: {words}", words=", ".join(notes.METHODS)))
    sigma_deg = notes.SIGMA_DEG["sharp" if values.flag("sharp") else "broad"]
    return notes.bearing([degrees], sigma_deg=sigma_deg, declination_deg=turn, method=method)


def _turn(values: _Values) -> Content:
    loudest_deg, weakest_deg = (values.number(f"{name}_deg", 0, 360) for name in notes.METHODS)
    return notes.turn(
        values.name("receiver") or HAND,
        values.text("state") or "",
        polarisation=values.text("polarisation"),
        loudest_deg=loudest_deg,
        weakest_deg=weakest_deg,
        full=values.flag("full"),
        declination_deg=values.declination_deg() if values.flag("magnetic") else 0.0,
    )


def _silence(values: _Values) -> Content:
    content = notes.silence(values.wanted("minutes", 0.1, 1440))
    receiver = values.name("receiver")
    return content if receiver is None else {**content, "receiver": receiver}


def _gain(values: _Values) -> Content:
    receiver = values.name("receiver") or HAND
    said = {key: values.take(key) for key in SETUP_KEYS}
    return notes.setup(receiver, {key: value for key, value in said.items() if value is not None})


def _sighting(values: _Values) -> Content:
    radius_m, trust = values.number("radius_m", 1, 100_000), values.text("trust")
    return notes.sighting(
        200.0 if radius_m is None else radius_m, notes.trust_of(trust or "likely")
    )


def _undo(values: _Values) -> Content:
    identity = identity_of(values.take("id"))
    old = values.teller.earlier(identity)
    said = "an entry that is not here yet"
    if old is not None:
        if old.observer != values.teller.observer:
            raise ConfigError(
                phrase("{name} entered that, and only {name} takes it back", name=old.observer)
            )
        if old.content.get("kind") in set(NO_EVIDENCE) - {CALL}:
            raise ConfigError(phrase("that is none of the entries that a phone takes back"))
        said = describe(old.content)
    return {"kind": "note", "supersedes_id": identity, "text": f"taken back: {said}"}


def _place(values: _Values) -> Content:
    if values.where is None:
        raise ConfigError(phrase("a place needs latitude and longitude"))
    return {"kind": "place"}


KINDS: dict[str, Callable[[_Values], Content]] = {
    "heard": _heard,
    "bearing": _bearing,
    "turn": _turn,
    "silence": _silence,
    "gain": _gain,
    "sighting": _sighting,
    "note": lambda values: notes.note(values.text("text") or ""),
    "undo": _undo,
    "alarm": lambda values: notes.call(values.text("call") or "", values.text("text") or ""),
    "place": _place,
}
