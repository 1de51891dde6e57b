"""The line for the radio: what its check letter catches, and that nothing of it is lost."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.errors import CorruptError, InputError
from receiver.notes import content as words
from receiver.notes import readback

NOW = datetime(2026, 11, 24, 11, 40, tzinfo=UTC)
MOSCOW = timezone(timedelta(hours=3))
KATHMANDU = timezone(timedelta(hours=5, minutes=45))
HERE = {"latitude_deg": 43.3499, "longitude_deg": 42.4453}
LINES = [
    "B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E #BAKSAN",
    "B 24/14:35+3 HEARD -97.5DBM G7 43.3499N 142.4453W",
    "ANNA 01/09:05-3:30 SEEN 200M T85 3.0499S 42.4453E #K2",
    "C 30/23:59+5:45 BRG 240/060/110T ERR8 NULL 27.9881N 86.9250E",
]
# The three pairs of letters that share a value; more cannot be told apart with 23 letters.
TWINS = {frozenset("KY"), frozenset("WX"), frozenset("HZ")}


def test_letter_of_a_line_counted_by_hand() -> None:
    # B, space, 1 are worth 4, 22, 1: 4 + 5 * 22 + 25 * 1 = 139 = 6 * 23 + 1, the second letter.
    assert readback.check_letter("B 1") == "B"


@pytest.mark.parametrize("line", LINES)
def test_every_single_wrong_digit_changes_the_letter(line: str) -> None:
    right = readback.check_letter(line)
    for i, old in enumerate(line):
        for new in set(string.digits) - {old} if old.isdigit() else ():
            assert readback.check_letter(line[:i] + new + line[i + 1 :]) != right, (i, new)


@pytest.mark.parametrize("line", LINES)
def test_every_single_wrong_letter_changes_the_letter_but_for_three_pairs(line: str) -> None:
    right = readback.check_letter(line)
    for i, old in enumerate(line):
        for new in set(string.ascii_uppercase) - {old} if old.isalpha() else ():
            changed = readback.check_letter(line[:i] + new + line[i + 1 :]) != right
            assert changed != ({old, new} in TWINS), (old, new)


@pytest.mark.parametrize("apart", [1, 2, 3, 21])
@pytest.mark.parametrize("line", LINES)
def test_every_swap_of_two_digits_changes_the_letter(line: str, apart: int) -> None:
    right = readback.check_letter(line)
    for i in range(len(line) - apart):
        a, b = line[i], line[i + apart]
        if a != b and a.isdigit() and b.isdigit():
            swapped = line[:i] + b + line[i + 1 : i + apart] + a + line[i + apart + 1 :]
            assert readback.check_letter(swapped) != right, swapped


@pytest.mark.parametrize("line", LINES)
def test_swapped_neighbours_are_caught_or_cannot_be_understood(line: str) -> None:
    right = readback.check_letter(line)
    for i in range(len(line) - 1):
        a, b = line[i], line[i + 1]
        swapped = line[:i] + b + a + line[i + 2 :]
        if a != b and " " not in (a, b) and readback.check_letter(swapped) == right:
            with pytest.raises(CorruptError):
                readback.read(f"{swapped} {right}", NOW)


def test_letters_cannot_be_taken_for_digits() -> None:
    assert len(set(readback.LETTERS)) == 23
    assert not set("IOQ") & set(readback.LETTERS)


def contents() -> st.SearchStrategy[dict[str, Any]]:
    mark = st.one_of(st.none(), st.text("0123456789max.-", min_size=1, max_size=4))
    degrees = st.lists(st.integers(0, 359).map(float), min_size=1, max_size=2)
    heard = st.builds(
        lambda word, mark: words.heard(word, gain_mark=mark),
        st.sampled_from(["faint", "clear", "strong"]),
        mark,
    )
    shown = st.builds(
        lambda level, mark: words.heard(None, gain_mark=mark, level_db=level / 10),
        st.integers(-1500, 1500),
        mark,
    )
    bearing = st.builds(
        lambda values, sigma, how: words.bearing(values, sigma_deg=sigma, method=how),
        degrees,
        st.sampled_from([5.0, 20.0, 1.0, 8.0, 90.0]),
        st.sampled_from([None, "loudest", "weakest"]),
    )
    silence = st.one_of(st.none(), st.integers(1, 1440)).map(words.silence)
    sighting = st.builds(
        words.sighting, st.integers(1, 9999), st.sampled_from([0.95, 0.7, 0.3, 0.85, 0.01])
    )
    return st.one_of(heard, shown, bearing, silence, sighting, st.just({"kind": "place"}))


PLACES = st.tuples(st.integers(-900_000, 900_000), st.integers(-1_800_000, 1_800_000))


@given(contents(), PLACES, st.integers(0, 26 * 1440), st.sampled_from([UTC, MOSCOW, KATHMANDU]))
def test_what_is_said_comes_back_whole(
    content: dict[str, Any], place: tuple[int, int], minutes: int, zone: timezone
) -> None:
    content |= {"latitude_deg": place[0] / 1e4, "longitude_deg": place[1] / 1e4}
    time = NOW - timedelta(minutes=minutes)
    try:
        line = readback.line("B", time, content, zone, NOW)
    except InputError:
        return
    assert len(line) < 60
    assert len(set(readback.letters_of(line))) == 1
    said = readback.read(line, NOW)
    assert (said.observer, said.time, said.content) == ("B", time, content)


def test_commonest_line_is_as_documented() -> None:
    content = words.bearing([243], sigma_deg=5) | HERE | {"collar": "Baksan"}
    line = readback.line("B", NOW - timedelta(minutes=5), content, MOSCOW, NOW)
    assert line[:-2] == LINES[0]
    assert readback.read(line, NOW, ["B"], ["Baksan", "Batraz"]).content["collar"] == "Baksan"


def test_long_names_are_shortened_and_made_whole_again() -> None:
    content = words.sighting(200, 0.7) | HERE | {"collar": "Agunda of Alania"}
    line = readback.line("Aslan Dzugaev", NOW, content, MOSCOW, NOW)
    assert len(line) < 60
    said = readback.read(line, NOW, ["Aslan Dzugaev", "A"], ["Agunda of Alania", "Batraz"])
    assert (said.observer, said.content["collar"]) == ("Aslan Dzugaev", "Agunda of Alania")


def test_shortened_name_that_fits_two_stays_as_it_was_said() -> None:
    text = "B 24/14:35+3 NONE #BAT"
    said = readback.read(f"{text} X", NOW, [], ["Batraz", "Batyr"])
    assert said.content["collar"] == "BAT"


def test_cyrillic_hands_and_commas_are_understood() -> None:
    latin = "B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E #BAKSAN"
    typed = "в 24/14:35+3  brg 243т sharp 43,3499n 42,4453е #вакsаn"  # noqa: RUF001
    assert readback.check_letter(typed) == readback.check_letter(latin)
    first, second = (readback.read(f"{t} X", NOW, [], ["Baksan"]) for t in (typed, latin))
    assert first.content == second.content
    assert first.content["collar"] == "Baksan"


def test_cyrillic_names_survive() -> None:
    content = words.silence() | HERE | {"collar": "Батраз"}
    line = readback.line("Аслан", NOW, content, MOSCOW, NOW)
    said = readback.read(line, NOW, ["Аслан"], ["Батраз"])
    assert (said.observer, said.content["collar"]) == ("Аслан", "Батраз")


def test_day_of_the_month_is_the_last_one_that_was() -> None:
    after_new_year = datetime(2027, 1, 1, 6, 0, tzinfo=UTC)
    said = readback.read("B 31/23:10+3 NONE X", after_new_year)
    assert said.time == datetime(2026, 12, 31, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    ["", "K", "B", "B 24/14:35+3 K", "B 24/14:35+3 BRG 361T SHARP K", "B 24/25:35+3 NONE K",
     "B 24/14:35+3 HERE K", "B 24/14:35+3 NONE 0MIN K", "B 24/14:35+3 BRG 100T ERR00 K",
     "B 24/14:35+3 HERE 93.0000N 42.0000E K", "B 32/14:35+3 NONE K", "B 24/14:35+19 NONE K"],
)  # fmt: skip
def test_lines_that_cannot_be_are_refused(line: str) -> None:
    with pytest.raises(CorruptError):
        readback.read(line, NOW)


@given(st.text(max_size=80))
def test_any_text_is_a_line_or_refused(text: str) -> None:
    readback.letters_of(text)
    with pytest.raises(CorruptError):
        readback.read(text, NOW)


def test_old_and_free_text_have_no_line() -> None:
    with pytest.raises(InputError, match="too long ago"):
        readback.line("B", NOW - timedelta(days=28), words.silence(), MOSCOW, NOW)
    with pytest.raises(InputError, match="own words"):
        readback.line("B", NOW, words.note("tracks"), MOSCOW, NOW)
