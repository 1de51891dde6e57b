"""The catalogues are whole, and finished lines are found in them again."""

from __future__ import annotations

# ruff: noqa: RUF001  (Cyrillic letters that look Latin)
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from receiver import language
from receiver.cli import run
from receiver.language import (
    LANGUAGES,
    catalogue,
    default_language,
    phrase,
    plural,
    set_language,
    translated,
)
from receiver.languages.inventory import PLACEHOLDER, inventory, paragraphs, script_phrases, tidy
from receiver.notes import content as notes
from receiver.notes.describing import describe

# What is not translated yet. Empty: nothing may be added without a reason beside it.
WRITE_IT = "run: python -m receiver.languages.inventory"
NOT_YET: set[str] = set()
# The words of engineers, which no ranger's screen shows, in either language.
FORBIDDEN = re.compile(
    r"posterior|sigma|log-likelihood|likelihood|\bdBFS\b|\bC/N0\b|\bSNR\b|апостериор|сигма|правдоподоб"
)
# Where they may stand: phrases of which the word is a setting's value or a column's heading.
ENGINEERS = {
    "{address}: {said!r} is not known; curve=hamlib or unit=dBFS",  # an option of an address
}
NAME = re.compile(r"\{(\w+)")


@pytest.fixture
def russian() -> Iterator[None]:
    set_language("ru")
    yield
    set_language("en")


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    return inventory()


# --- the catalogues -----------------------------------------------------------------------------


def test_the_english_catalogue_is_the_inventory_of_the_sources(templates: dict[str, str]) -> None:
    kept = catalogue("en")
    assert sorted(templates.keys() - kept.keys()) == [], WRITE_IT
    assert sorted(kept.keys() - templates.keys()) == [], WRITE_IT
    assert all(key == text for key, text in kept.items())


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name != "en"])
def test_a_catalogue_is_complete_and_has_nothing_left_over(
    name: str, templates: dict[str, str]
) -> None:
    other = catalogue(name)
    assert templates.keys() - other.keys() == NOT_YET
    assert other.keys() - templates.keys() == set()
    assert [key for key, text in other.items() if not text.strip()] == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_phrase_has_the_same_values_in_every_language(name: str) -> None:
    differ = [k for k, v in catalogue(name).items() if set(NAME.findall(k)) != set(NAME.findall(v))]
    assert differ == []


@pytest.mark.parametrize("name", LANGUAGES)
def test_no_screen_has_words_of_engineers(name: str) -> None:
    said = {key: PLACEHOLDER.sub("", text) for key, text in catalogue(name).items()}
    wrong = {key for key, text in said.items() if FORBIDDEN.search(text)}
    assert wrong == ENGINEERS


def test_russian_is_russian(templates: dict[str, str]) -> None:
    """Names of makers, commands to type and units stay; sentences do not."""
    same = [key for key, text in catalogue("ru").items() if key == text]
    words = [key for key in same if re.search(r"\b(the|is|not|of|with|no|to)\b", key)]
    assert words == []


# --- the edge -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "baksan.toml: no sheet of collar 'Vesna'; there are: Zima",
            "baksan.toml: нет паспорта ошейника 'Vesna'; есть: Zima",
        ),
        ("search area  2.0 ha", "район поиска  2.0 га"),
        (
            "--include silent: there is animal, heard, year",
            "--include silent: есть animal, heard, year",
        ),
        ("limit 300\u00a0m", "предел 300\u00a0м"),
        ("saved 12 | r30 -18 dBm", "записано 12 | r30 -18 дБм"),
        ("about every 4.0 hours, 12 % missed", "примерно каждые 4.0 часа, пропущено 12 %"),
        (
            "look out: tcp://h:1: nobody answers (Connection refused); is it running there?",
            "внимание: tcp://h:1: никто не отвечает (в соединении отказано); запущено ли там?",
        ),
        ("from you      24 Nov 2026, 11:35 UTC", "от вас        24 ноя 2026, 11:35 UTC"),
    ],
)
def test_finished_lines_are_translated(line: str, expected: str) -> None:
    assert translated(line) == expected


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    "line",
    [
        "",
        "43.00821, 33.99977",
        "Everything anybody might ever have wished to write in a note",
        '{"error": "no such file"}',
        "--collar M7 --journal search.journal",
        "B 24/14:35+3 BRG 243T SHARP 43.3499N 42.4453E A",
    ],
)
def test_a_line_without_a_template_stays(line: str) -> None:
    assert translated(line) == line


@pytest.mark.usefixtures("russian")
def test_columns_keep_their_places() -> None:
    line = f"{'written':<14}d1: map.png"
    assert translated(line).index("d1:") == line.index("d1:")


@pytest.mark.usefixtures("russian")
def test_every_template_is_found_again_when_it_is_filled() -> None:
    """A value of each kind in every place of each, as a program would have said it."""
    missed = []
    for key, text in catalogue("ru").items():
        values = {place[1]: _value(key, place) for place in PLACE.finditer(key)}
        said = translated(_filled(key, values))
        if values and "".join(said.split()) != "".join(_filled(text, values).split()):
            missed.append(key)
    assert set(missed) <= ALIKE


PLACE = re.compile(r"\{(\w+)(!r)?(:[^{}|]*)?(?:\|([^{}]*))?\}")
# Another template says the same: either is right.
ALIKE = {"look  {path}, {finding}", "{text} cannot be", "{meaning} {text} cannot be"}


def _value(template: str, place: re.Match[str]) -> str:
    around = template[: place.start()][-1:] + template[place.end() :][:1]
    if place[2]:
        return repr("Qq")
    if place[3] or place[1] in language.COUNTS:
        return "7"
    return "" if any(map(str.isalnum, around)) else "Qq"


def _filled(template: str, values: dict[str, str]) -> str:
    def fill(place: re.Match[str]) -> str:
        value = values[place[1]]
        return value if place[4] is None else plural(value, place[4].split("|"))

    return PLACE.sub(fill, template).replace("{{", "{").replace("}}", "}")


ENTRIES = [
    notes.heard("clear", gain_mark="5", receiver="R8500"),
    notes.turn("R8500", state="start", polarisation="vertical"),
    notes.turn("R8500", state="end", loudest_deg=40.0, full=False),
    {**notes.silence(10), "receiver": "R8500"},
    notes.setup("R8500", {"directional": True, "attenuator_db": 20.0}),
    notes.sighting(200, 0.7),
    notes.call("animal seen"),
    notes.approach_limit(100),
    notes.bearing([40.0], sigma_deg=8.3),
    notes.compass("phone"),
    {"kind": "place", "latitude_deg": 43.1, "longitude_deg": 42.1},
    {"kind": "radio_check", "passed": False, "receiver": "R8500"},
]


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize("content", ENTRIES, ids=lambda content: str(content["kind"]))
def test_entries_are_said_in_russian_to_the_last_word(content: dict[str, Any]) -> None:
    """Recorded case: "оборот end with r8500, 10 minutes with"."""
    assert re.findall(r"[A-Za-z]{2,}", translated(describe(content)).replace("R8500", "")) == []


@pytest.mark.usefixtures("russian")
def test_what_people_typed_is_shown_as_it_is() -> None:
    assert "'no place yet'" in translated("time 'no place yet' is out of reach")


@pytest.mark.usefixtures("russian")
def test_a_line_takes_less_than_a_few_milliseconds() -> None:
    """Not a measurement: a catalogue that is searched word by word, not template by template."""
    lines = [f"saved {n} | search area 1{n} ha | r30 lost | gps silent" for n in range(100)]
    translated(lines[0])
    begin = time.perf_counter()
    for line in lines:
        translated(line)
    assert time.perf_counter() - begin < 2.0


def test_english_passes_unchanged() -> None:
    assert translated("no such file") == "no such file"


# --- phrases ------------------------------------------------------------------------------------


def test_a_phrase_is_filled_in_english() -> None:
    assert phrase("look out: {fault}", fault="dust") == "look out: dust"
    assert phrase("no beacon yet") == "no beacon yet"


@pytest.mark.usefixtures("russian")
def test_a_phrase_is_filled_in_russian() -> None:
    assert phrase("look out: {fault}", fault="the meter failed") == "внимание: the meter failed"
    assert phrase("{level_db:.1f} dB", level_db=3.14159) == "3.1 дБ"
    assert phrase("no beacon yet") == "маяка пока нет"
    assert phrase("nobody wrote {this}", this="down") == "nobody wrote down"


@pytest.mark.parametrize(
    ("number", "form"),
    [("1", "a"), ("2", "b"), ("5", "c"), ("11", "c"), ("12", "c"), ("21", "a"), ("104", "b"),
     ("0", "c"), ("1.5", "b"), ("111", "c"), ("some", "c")],
)  # fmt: skip
def test_plurals(number: str, form: str) -> None:
    assert plural(number, ["a", "b", "c"]) == form


# --- which language -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "ru_RU.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ru_RU", "LANG": "C"}, "ru"),
        ({"BAKSAN_LANGUAGE": "en", "LC_ALL": "ru_RU.UTF-8"}, "en"),
    ],
)
def test_the_locale_chooses(environ: dict[str, str], expected: str) -> None:
    assert default_language(environ) == expected


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="no language 'de'"):
        set_language("de")


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def ask(*words: str) -> str:
        run(["--language", "ru", *words])
        done = capsys.readouterr()
        return done.out + done.err

    return ask


def test_help_is_russian_with_the_words_of_click(asked: Callable[..., str]) -> None:
    text = asked("--help")
    for word in ("Применение:", "Опции:", "Команды:", "Показать эту справку и выйти."):
        assert word in text
    assert "Find a silent" not in text


def test_errors_of_click_are_russian(asked: Callable[..., str]) -> None:
    assert "Нет такой опции" in asked("locate", "--nonsense")
    assert "Нет такой команды" in asked("nonsense")
    assert "Не хватает аргумента" in asked("locate")


def test_errors_of_commands_are_russian(asked: Callable[..., str], tmp_path: Path) -> None:
    assert "нет такого файла" in asked("locate", str(tmp_path / "none.csv"))


def test_json_stays_english(asked: Callable[..., str], tmp_path: Path) -> None:
    text = asked("sources", "--json")
    assert json.loads(text)["sources"]["icom"]["title"] == "Icom by CI-V"


@pytest.mark.parametrize(
    "words",
    [["home", "--language", "ru"], ["collar", "show", "--language", "ru"],
     ["--language", "ru", "home"]],
)  # fmt: skip
def test_the_language_may_be_said_before_or_after_the_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--help"]) == 0
    assert "Показать эту справку" in capsys.readouterr().out


def test_the_language_of_a_run_ends_with_it() -> None:
    run(["--language", "ru", "--version"])
    assert language.language() == "en"


def _help_of(command: list[str]) -> str:
    code = f"from receiver.cli import run; run({[*command, '--help']!r})"
    environ = {"BAKSAN_LANGUAGE": "ru", "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ
    )
    return done.stdout


@pytest.mark.parametrize("command", ["listen", "note", "locate", "detect", "decode", "doctor"])
def test_no_sentence_of_a_help_is_left_in_english(command: str) -> None:
    text = _help_of([command])
    assert re.findall(r"\b(?:the|with|and|from|where)\b [a-z]+", text) == []


# --- the inventory ------------------------------------------------------------------------------


def test_phrases_of_a_script() -> None:
    script = """say(phrase("level {db}", {db: 3})); phrase('it\\'s old'); phrase(name)"""
    assert list(script_phrases(script)) == ["level {db}", "it's old"]


def test_paragraphs_of_a_help() -> None:
    text = "One\nline.\n\n\b\nbaksan demo\nTwo  words"
    assert [line for line in paragraphs(text) if line.strip()] == ["One line.", "Two  words"]


def test_joining_punctuation_is_no_part_of_a_phrase() -> None:
    assert tidy("; too few days ") == "too few days"
    assert tidy(" (few, so this says little)") == "few, so this says little"
