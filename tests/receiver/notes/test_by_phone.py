"""What phones send: taken as it was meant, hostile values refused in one sentence."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.clock import SimulatedClock
from receiver.config import Configuration
from receiver.derive import derive
from receiver.errors import ConfigError
from receiver.notes import by_phone, times
from receiver.notes.by_phone import Teller, entry_of
from receiver.records import SETTINGS, Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = "3f2b8a52-6c0e-4f3e-9d51-0a7a5f1f0c11"
PLACE = {"latitude_deg": 43.25, "longitude_deg": 42.5}
GOOD: list[tuple[str, dict[str, Any]]] = [
    ("heard", {"word": "clear", "gain": "5"}),
    ("bearing", {"degrees": 236, "sharp": True, "method": "loudest"}),
    ("bearing", {"degrees": 236, "magnetic": True, **PLACE}),
    ("turn", {"state": "start", "polarisation": "vertical"}),
    ("turn", {"state": "end", "loudest_deg": 90, "full": True, **PLACE, "accuracy_m": 9.0}),
    ("silence", {"minutes": 10}),
    ("gain", {"attenuator_db": 20, "antenna": "none", "receiver": None, **PLACE}),
    ("sighting", {"radius_m": 100, "trust": "certain", **PLACE}),
    ("note", {"text": "следы на снегу"}),
    ("undo", {"id": ID}),
    ("alarm", {"call": "danger", "text": "below the rock"}),
    ("place", {**PLACE, "accuracy_m": 12}),
]


def clock() -> SimulatedClock:
    return SimulatedClock(NOW, speed=1e-9)


def said(what: str = "heard", values: Any = None, **other: Any) -> dict[str, Any]:
    return {"id": ID, "what": what, "values": values or {"word": "clear"}, **other}


def taken(what: str, values: Any, **other: Any) -> Entry:
    return entry_of(said(what, values, **other), Teller(observer="B", collar="Leo"), clock())


def test_marks_that_nobody_sees_are_taken_out() -> None:
    """They turn the letters behind them round, or part a line."""
    hidden = "\u202eZa\u200bur\u2066\u2028Khan\u2029\ufeff"
    assert by_phone.name_of(hidden) == "Zaur Khan"
    assert taken("note", {"text": f"at {hidden} rock"}).content["text"] == "at Zaur Khan rock"
    with pytest.raises(ConfigError, match="1 to 40 letters"):
        by_phone.name_of("\u202e\u2028")


@pytest.mark.parametrize(("what", "values"), GOOD)
def test_each_kind_is_understood_where_entries_are_read(what: str, values: dict[str, Any]) -> None:
    entry = taken(what, values, time="2026-11-24T11:59:00+00:00")
    assert (entry.id, entry.observer) == (ID, "B")
    told = derive([entry], Configuration()).warnings
    assert not [warning for warning in told if "cannot be understood" in warning]


def test_what_is_about_a_collar_names_it() -> None:
    named = {what for what, values in GOOD if taken(what, values).content.get("collar") == "Leo"}
    assert named == {"heard", "bearing", "silence", "sighting"}


def test_a_compass_is_turned_to_true_where_it_was_read() -> None:
    content = taken("bearing", {"degrees": 236, "magnetic": True, **PLACE}).content
    assert 242 < content["bearing_deg"] < 245  # the declination there is 7 to 8 degrees east
    assert "magnetic 236" in content["bearing_reference"]
    with pytest.raises(ConfigError, match="needs a place"):
        taken("bearing", {"degrees": 236, "magnetic": True})


HOSTILE: list[tuple[Any, Any]] = [
    ("bear", {}),
    ("", {}),
    (7, {}),
    ("heard", []),
    ("heard", {"word": "loud"}),
    ("heard", {"word": 7}),
    ("heard", {"word": "clear", "level_db": -10}),
    ("heard", {"word": "clear", "kind": "settings"}),
    ("heard", {"word": "clear", "gain": "x" * 9}),
    ("heard", {"word": "clear", "receiver": "\x1b[2J"}),
    ("bearing", {}),
    ("bearing", {"degrees": "236"}),
    ("bearing", {"degrees": True}),
    ("bearing", {"degrees": math.nan}),
    ("bearing", {"degrees": math.inf}),
    ("bearing", {"degrees": 10**400}),
    ("bearing", {"degrees": 361}),
    ("bearing", {"degrees": [1]}),
    ("bearing", {"degrees": 1, "sharp": 1}),
    ("bearing", {"degrees": 1, "method": "x"}),
    ("bearing", {"degrees": 1, "latitude_deg": 43}),
    ("bearing", {"degrees": 1, "latitude_deg": 91, "longitude_deg": 0}),
    ("turn", {"state": "round"}),
    ("turn", {"state": "end", "loudest_deg": 1e9}),
    ("silence", {"minutes": -1}),
    ("silence", {"minutes": 1e9}),
    ("gain", {}),
    ("gain", {"attenuator_db": "lots"}),
    ("gain", {"gain": {}}),
    ("sighting", {"radius_m": 0}),
    ("sighting", {"trust": "sure"}),
    ("sighting", {"trust": "nan"}),
    ("note", {"text": ""}),
    ("note", {"text": "x" * 2001}),
    ("note", {"text": 7}),
    ("note", {"text": "a", "supersedes_id": ID}),
    ("undo", {}),
    ("undo", {"id": "all"}),
    ("alarm", {"call": "party"}),
    ("place", {}),
]


@pytest.mark.parametrize(("what", "values"), HOSTILE)
def test_hostile_values_are_refused_in_one_sentence(what: Any, values: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        entry_of({"id": ID, "what": what, "values": values}, Teller(observer="B"), clock())
    assert "\n" not in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("identity", [None, 7, "", "x", "1" * 33, ["a"], ID + "0"])
def test_ids_that_are_no_uuid(identity: Any) -> None:
    with pytest.raises(ConfigError, match="UUID"):
        entry_of({**said(), "id": identity}, Teller(observer="B"), clock())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["word", "degrees", "text", "id", "state", "minutes", "call", "gain"])


@given(what=st.sampled_from([*by_phone.KINDS]), values=st.dictionaries(NAMES, JSON), time=JSON)
def test_any_json_is_an_entry_or_refused(what: str, values: dict[str, Any], time: Any) -> None:
    try:
        entry = entry_of(said(what, values or {"x": 1}, time=time), Teller(observer="B"), clock())
    except ConfigError:
        return
    json.dumps(entry.content, allow_nan=False).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1]",
        b"{",
        b"\xff",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"[" * 60_000,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object(data: bytes) -> None:
    with pytest.raises(ConfigError):
        by_phone.parse(data)


def test_surrogates_and_control_characters_do_not_get_into_the_journal() -> None:
    values = by_phone.parse(b'{"text": "a \\ud800 \\u001b[2J b"}')
    assert taken("note", values).content["text"].encode() == b"a [2J b"


def test_what_was_taken_back_is_described_and_belongs_to_who_entered_it() -> None:
    old = taken("heard", {"word": "clear"})
    own = Teller(observer="B", earlier=lambda identity: old)
    text = entry_of(said("undo", {"id": ID}), own, clock()).content["text"]
    assert text == "taken back: heard clear, collar Leo"
    with pytest.raises(ConfigError, match="only B takes it back"):
        entry_of(said("undo", {"id": ID}), replace(own, observer="C"), clock())
    settings = replace(old, content={"kind": SETTINGS})
    with pytest.raises(ConfigError, match="none of the entries"):
        entry_of(said("undo", {"id": ID}), replace(own, earlier=lambda i: settings), clock())


# --- a phone's clock is wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "how", "at"),
    [
        ("2026-11-24T11:30:00Z", {}, "2026-11-24T11:30:00.000Z"),
        # It is ten hours ahead, and was entered half an hour before it was sent.
        ("2026-11-24T21:30:00Z", {"sent": "2026-11-24T22:00:00Z"}, "2026-11-24T11:30:00.000Z"),
        ("1970-01-01T00:00:10Z", {"sent": "1970-01-01T00:01:10Z"}, "2026-11-24T11:59:00.000Z"),
        ("2026-11-24T11:40:00Z", {"ahead_s": 600}, "2026-11-24T11:30:00.000Z"),
        # Nothing is known of its clock, and it cannot be right.
        ("1970-01-01T00:00:10Z", {}, "2026-11-24T12:00:00.000Z"),
        ("2031-01-01T00:00:00Z", {}, "2026-11-24T12:00:00.000Z"),
    ],
)
def test_both_clocks_are_kept(shown: str, how: dict[str, Any], at: str) -> None:
    entry = taken("heard", {"word": "clear"}, time=shown, **how)
    assert entry.time - NOW < timedelta(seconds=1)  # this computer's stamp
    assert entry.content["time"] == at
    assert datetime.fromisoformat(entry.content["phone_time"]) == datetime.fromisoformat(shown)


@pytest.mark.parametrize(
    "how",
    [
        {"time": "noon"},
        {"time": 7},
        {"time": "2026-11-24T12:00:00"},
        {"sent": "x"},
        {"ahead_s": "1"},
        {"ahead_s": math.nan},
        {"time": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_times_that_are_none(how: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        taken("heard", {"word": "clear"}, **{"time": "2026-11-24T11:30:00Z", **how})


def test_a_clock_set_forward_beyond_all_bounds() -> None:
    assert times.of_phone(NOW, timedelta(days=900_000), NOW) == NOW


# --- a file -------------------------------------------------------------------------------------


def test_a_file_names_who_entered_what() -> None:
    text = json.dumps(
        {"baksan_entries": 1, "observer": "B", "entries": [said(), said(observer="C")]}
    )
    assert [kept.observer for kept in by_phone.kept(text.encode())] == ["B", "C"]


@pytest.mark.parametrize(
    "file",
    [
        {},
        {"baksan_entries": 2, "entries": []},
        {"baksan_entries": 1},
        {"baksan_entries": 1, "entries": [1]},
        {"baksan_entries": 1, "entries": [{}]},
    ],
)
def test_files_that_are_none(file: Any) -> None:
    with pytest.raises(ConfigError):
        by_phone.kept(json.dumps(file).encode())
