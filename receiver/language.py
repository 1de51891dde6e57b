"""What users read and hear, in their language. The English text is the key of a phrase.

Two ways lead to a catalogue. `phrase("level {db:.0f} dB", db=3)` looks its template up. Lines that
were put together long before anybody knew who reads them are translated at the edge, where they are
printed: `translated` finds the templates that make up a finished line, whole or part by part, and
fills theirs in. A line without a template is shown in English, never lost; JSON, CSV, journals and
exports are data and stay English.

In a catalogue `{count}` is a value, and `{count|one|few|many}` the word that goes with its number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

LANGUAGES = ("en", "ru")
ENGLISH = "en"
VARIABLES = ("BAKSAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
FOLDER = Path(__file__).parent / "languages"
HARD_SPACE = "\u00a0"  # between a number and its unit
MOST_TRIED = 6  # templates of one text
MOST_JOINTS = 8  # at which one text is taken apart; what is behind them, in the next round
# Names of values that are numbers, whatever wrote them.
COUNTS = {
    "count", "many", "total", "n", "rows", "positions", "pieces", "number", "waiting", "new",
    "pulses", "pulse_count", "slot_count", "level_dbm", "trusted", "duplicates", "refused",
}  # fmt: skip
# Names that people gave, and what they typed: shown as they are.
GIVEN = {
    "path", "file", "collar", "observer", "address", "folder", "device_id", "command_path", "typed",
}  # fmt: skip

# Lists of words to choose from, which are typed as they are, where they are no sentence.
CHOICES = {
    "known", "names", "choices", "words", "kinds", "formats", "questions", "BURSTS", "CALLS",
    "CAUSES", "EARS", "FACTORS", "FORMATS", "KINDS", "MOVEMENTS", "POLARISATIONS", "QUESTIONS",
    "RATES", "TRANSPORTS", "TRUST", "WAYS", "WRITERS", "AOR_CURVES", "ADDRESSES",
}  # fmt: skip
_LISTED = re.compile(r"[\w.+/-]+(, [\w.+/-]+)+")

_PLACE = re.compile(r"\{(\w+)(!r)?(?::([^{}|]*))?(?:\|([^{}]*))?\}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = r"[-+]?\d[\d,.]*(?:e[-+]?\d+)?%?|nan|inf"
_QUOTED = r"'[^']*'|\"[^\"]*\"|.+?"
# Where a line is taken apart: always at lines, columns and bars; where it helps at sentences,
# clauses, lists and brackets.
_PARTS = tuple(re.compile(seam) for seam in (r"\n", r" {2,}", r" \| "))
_SEAM = re.compile(r"\. |; |: |, ")
_CLAUSE = re.compile(r"\. |; |: ")
_BRACKETS = (
    re.compile(r"^(.*?)( ?[(\[])([^()\[\]]+)([)\]].*)$", re.DOTALL),
    re.compile(r"^(.*)( \()([^()]+)(\)\W*)$", re.DOTALL),
)
_EDGE = re.compile(r"^(\W*)(.*?)([\s.,;:!_]*)$", re.DOTALL)

_language = ENGLISH


class Told(str):
    """A line that is in the user's language already, though no template of it is whole in it."""

    __slots__ = ()


def default_language(environ: Mapping[str, str]) -> str:
    """Return the language that the environment asks for; English where it asks for none we have."""
    for name in VARIABLES:
        if wanted := environ.get(name, ""):
            short = wanted.lower()[:2]
            return short if short in LANGUAGES else ENGLISH
    return ENGLISH


def set_language(name: str) -> None:
    """Choose the language of everything that is shown from now on.

    Raises:
        ValueError: there is no catalogue of that language.
    """
    global _language
    if name not in LANGUAGES:
        raise ValueError(f"no language {name!r}: one of {', '.join(LANGUAGES)}")
    _language = name


def language() -> str:
    """Return the language that is set."""
    return _language


def catalogue(name: str) -> dict[str, str]:
    """Return the phrases of a language by their English templates."""
    import json  # not for English, which needs no catalogue

    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    phrases: dict[str, str] = json.loads(text)
    return phrases


def phrase(text: str, /, **values: object) -> str:
    """Return a phrase in the language that is set, its `{names}` filled in."""
    if _language == ENGLISH:
        return text.format(**values) if values else text
    said = {name: _shown(text, name, value) for name, value in values.items()}
    return _filled(_book(_language).exact(text) or text, said) if values else translated(text)


def _shown(text: str, name: str, value: object) -> str:
    """Return a value as the English template writes it; words in it are translated."""
    if isinstance(value, str) and name not in GIVEN and not _is_choice(name, value):
        value = translated(value)
    found = re.search(rf"\{{{name}(?:![rs])?(:[^{{}}]*)?\}}", text)
    return f"{{0{found[1] or ''}}}".format(value) if found else str(value)


def translated(line: str) -> str:
    """Return a finished English line in the language that is set."""
    return line if _language == ENGLISH else _book(_language).line(line)


def completed(beginning: str) -> str:
    """Return the English phrase that is or begins so, for a text that was cut; else the text."""
    return beginning if _language == ENGLISH else _book(_language).completed(beginning)


@lru_cache(maxsize=len(LANGUAGES))
def _book(name: str) -> _Book:
    return _Book(catalogue(name))


class _Template:
    """One English template that has values in it, as a pattern that finds them again."""

    def __init__(self, english: str, other: str) -> None:
        self.other = other
        self.names: list[str] = []
        self.quoted: set[str] = set()
        parts, last = [], 0
        for place in _PLACE.finditer(english):
            around = english[: place.start()][-1:], english[place.end() :][:1]
            parts += [_literal(english[last : place.start()]), self._group(place, *around)]
            last = place.end()
        self._written = "".join([*parts, _literal(english[last:])])
        self.is_option = english.startswith("--")
        self._literals = [part.strip() for part in _PLACE.sub("\0", english).split("\0")]
        own = _PLACE.sub("", english)
        self.words = len(_WORD.findall(own))
        self.weight = 2 * len(_LETTER.findall(own)) + len(own.strip()) - own.count(" ")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._written, re.DOTALL)

    def _group(self, place: re.Match[str], before: str, after: str) -> str:
        """Return what finds a value: all it can before another, maybe nothing where it is glued."""
        name, is_quoted, style, _ = place.groups()
        self.names.append(name)
        if is_quoted:
            self.quoted.add(name)
            return f"({_QUOTED})"
        is_number = name in COUNTS or (style is not None and style[-1:] in "defg%")
        if is_number:
            return f"({_NUMBER})"
        least = "*" if before == "}" or before.isalnum() or after.isalnum() else "+"
        return f"(.{least})" if after == "{" or name == "time" else f"(.{least}?)"

    def values(self, text: str) -> dict[str, str] | None:
        """Return what a text has in the places of this template, None where it does not fit."""
        if not all(literal in text for literal in self._literals):
            return None
        found = self._pattern.fullmatch(text)
        return None if found is None else dict(zip(self.names, found.groups(), strict=True))


def _literal(text: str) -> str:
    return re.escape(text.replace("{{", "{").replace("}}", "}"))


class _Book:
    """The catalogue of one language, ready to look lines up."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._exact = dict(phrases)
        self._by_word: dict[str, list[_Template]] = {}
        for english, other in phrases.items():
            if _PLACE.search(english):
                words = _WORD.findall(_PLACE.sub(" ", english))
                whole = _Template(english, other)
                self._by_word.setdefault(max(words, key=len, default=""), []).append(whole)
        self._found: dict[str, tuple[str, int]] = {}

    def exact(self, text: str) -> str | None:
        """Return the other language's template of an English one."""
        return self._exact.get(text)

    def completed(self, beginning: str) -> str:
        """Return the English template that is or begins so."""
        begun = (text for text in self._exact if text.startswith(beginning))
        return beginning if beginning in self._exact else next(begun, beginning)

    def line(self, line: str) -> str:
        """Return a line in this language; columns keep their places where the words fit."""
        if len(self._found) > 4096:
            self._found.clear()
        return self._said(line)[0]

    def _said(self, text: str, depth: int = 0) -> tuple[str, int]:
        """Return a text in this language, and how many of its letters were understood."""
        if text not in self._found:
            self._found[text] = self._best(text, depth)
        return self._found[text]

    def _best(self, text: str, depth: int) -> tuple[str, int]:
        if HARD_SPACE in text:
            said, score = self._said(text.replace(HARD_SPACE, " "), depth + 1)
            return re.sub(r"(?<=\d) (?=[^\W\d])", HARD_SPACE, said), score
        before, core, after = _edges(text)
        if not _LETTER.search(core) or depth > 12:
            return text, 0
        for whole, (left, right) in ((text.strip(), _spaces(text)), (core, (before, after))):
            if whole in self._exact:
                return f"{left}{self._exact[whole]}{right}", len(whole) * 2
        for seam in _PARTS:
            if joints := seam.findall(core):
                return self._joined([before, *seam.split(core), after], ["", *joints, ""], depth)
        candidates = [*self._by_template(text, depth), *self._by_seam(text, depth)]
        return max(candidates, key=lambda found: found[1], default=(text, 0))

    def _by_template(self, text: str, depth: int) -> list[tuple[str, int]]:
        words = {"", *_WORD.findall(text)}
        near = [one for word in words for one in self._by_word.get(word, ())]
        found = []
        for before, core, after in {_edges(text), ("", text, "")}:
            for template in sorted(near, key=lambda one: -one.weight):
                values = template.values(core)
                filled = None if values is None else self._fill(template, values, depth)
                if filled is not None:
                    found.append((f"{before}{filled[0]}{after}", filled[1]))
                if len(found) >= MOST_TRIED:
                    break
        return found

    def _fill(
        self, template: _Template, values: dict[str, str], depth: int
    ) -> tuple[str, int] | None:
        """Fill a template in; None where it would stand alone amid words that nobody understood."""
        score, said, unknown = template.weight, dict(values), 0
        for name in values.keys() - template.quoted - GIVEN:
            if _is_typed(template, name, values[name]):
                score += 3 * len(values[name])  # understood, and left as it is
                continue
            said[name], known = self._said(values[name], depth + 1)
            score += known - 3 * len(_CLAUSE.findall(values[name]))  # rather whole clauses
            unknown += 0 if known or " " not in values[name] else len(_WORD.findall(values[name]))
        return None if unknown > template.words else (_filled(template.other, said), score)

    def _by_seam(self, text: str, depth: int) -> list[tuple[str, int]]:
        found = []
        for bracket in filter(None, (one.match(text) for one in _BRACKETS)):
            found.append(
                self._joined([bracket[1], bracket[3], bracket[4]], [bracket[2], ""], depth)
            )
        for joint in islice(_SEAM.finditer(text), MOST_JOINTS):
            parts = [text[: joint.start()], text[joint.end() :]]
            found.append(self._joined(parts, [joint[0]], depth))
        return found

    def _joined(self, parts: list[str], joints: list[str], depth: int) -> tuple[str, int]:
        said = [self._said(part, depth + 1) for part in parts]
        score = sum(one for _, one in said)
        text, place = said[0][0], len(parts[0])
        for (part, _), joint, old in zip(said[1:], joints, parts[1:], strict=True):
            is_column = joint.strip(" ") == "" and len(joint) > 1
            place += len(joint)
            gap = max(2, place - len(text)) if is_column else 0
            text += " " * gap + part if is_column else joint + part
            place += len(old)
        return text, score


def _is_typed(template: _Template, name: str, value: str) -> bool:
    """Tell whether a value is what people type: of an option, or a list of words to choose from."""
    return (template.is_option and name != "error") or _is_choice(name, value)


def _is_choice(name: str, value: str) -> bool:
    return name in CHOICES and _LISTED.fullmatch(value) is not None


def _edges(text: str) -> tuple[str, str, str]:
    """Return what stands before, in and behind a phrase; what is typed after -- is no phrase."""
    found = _EDGE.match(text)
    assert found is not None
    return ("", text, "") if found[1].endswith("--") else (found[1], found[2], found[3])


def _spaces(text: str) -> tuple[str, str]:
    bare = text.strip()
    begin = text.find(bare)
    return text[:begin], text[begin + len(bare) :]


def _filled(template: str, values: Mapping[str, str]) -> str:
    def fill(place: re.Match[str]) -> str:
        value = values.get(place[1], "")
        return value if place[4] is None else plural(value, place[4].split("|"))

    return _PLACE.sub(fill, template).replace("{{", "{").replace("}}", "}")


def plural(number: str, forms: list[str]) -> str:
    """Return the form of a word after a number: of one, of two to four, of five and more.

    A number with a fraction takes the second form, what is no number the third.
    """
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", number):
        return forms[-1]
    if "." in number:
        return forms[1]
    last, teen = int(number) % 10, int(number) // 10 % 10 == 1 and int(number) > 0
    if teen or last == 0 or last > 4:
        return forms[-1]
    return forms[0] if last == 1 else forms[1]
