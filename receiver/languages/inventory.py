"""The inventory of what users can read, taken from the sources.

`python -m receiver.languages.inventory` writes it as the English catalogue, takes out of the others
what is no longer said and lists what they lack.

A template is a literal, or an f-string with a name for each value in it: `{path}: no sheet of
collar {name}`. A format such as `{count:.0f}` stays, so that only a number fits there. An f-string
with a choice of two words gives two templates. What only machines read is left out: names of fields
and columns, patterns, SQL, docstrings of anything but commands.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

from receiver.languages.tables import FOREIGN, NOT_SAID, UNITS, WORDS

PACKAGE = Path(__file__).resolve().parents[1]
WORD = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
SENTENCE = re.compile(r"[A-Za-z}'\"][,;:]? +[({A-Za-z'\"]|[A-Za-z] \{|\} [A-Za-z]{2}")
EDGES = " \t\r\n;:,."
# Where every word is said to people, single words and labels included.
SPOKEN = (
    "ui/", "wording.py", "doctor/", "story/", "notes/", "report/curve_picture.py",
    "report/map_picture.py", "report/story_picture.py", "report/waterfall_picture.py",
)  # fmt: skip
# What machines read: signals, archives, files for others, and tables of fields.
SILENT = (
    "dsp/", "languages/", "language.py", "export/", "journal/schema.py",
    "simulator/asked.py", "simulator/text_radio.py", "simulator/tinysa_shell.py",
)  # fmt: skip
# Written after phrases were: what these say goes through `phrase(...)`, errors apart.
PHRASED = (
    "homing/", "ui/homescreen/", "ui/sound/", "ui/web/", "report/audience.py", "report/drawing.py",
    "report/facts.py", "report/page.py", "report/pdf.py", "report/public.py", "report/sections.py",
)  # fmt: skip
# Commands to instruments and other programs, SQL, patterns, tables of names, addresses.
DATA = re.compile(
    r"^(get|set)_|^radio (?!check)|^mac |^scanraw |^VF |^AT\{|SELECT |= \?|\(\?P<|\n  |pipe:"
    r"|^rtl_sdr|/fd/|^#|^tty|^rf(comm|-explorer:)|^tinysa:|^i y m d|\*/|^\(lambda|^--\w+=[a-z]"
    r"|^(HEARD|BRG|ERR|NONE|SEEN) ?\{(?!name)|^[A-Z]{14,}$|^qwerty|^B 24/14"
)
# Arguments whose text is a name, a pattern or a format, never a phrase.
DEAF_CALLS = {
    "compile", "match", "search", "fullmatch", "sub", "split", "execute", "executemany", "open",
    "getattr", "get", "pop", "startswith", "endswith", "strptime", "strftime", "encode", "decode",
    "Path", "import_module", "TypeVar", "Literal", "partition", "rpartition", "replace", "findall",
    "removeprefix", "removesuffix", "count", "find", "strip", "lstrip", "rstrip", "Thread",
    "add_argument", "finditer", "executescript", "field", "setdefault", "itemgetter", "attrgetter",
    "Choice", "environ", "namedtuple", "cast", "NewType", "isinstance", "hasattr", "astimezone",
}  # fmt: skip
DEAF_KEYWORDS = {
    "name", "encoding", "errors", "metavar", "type", "mode", "key", "kind", "sep", "end", "style",
    "fmt", "format", "role", "marker", "color", "ha", "va", "transform", "default", "dtype",
    "header_style", "overflow", "justify", "id", "css", "classes", "loc", "weight", "linestyle",
}  # fmt: skip
# Calls whose text is always for people.
SPEAKING = {
    "echo", "say", "_entry", "_below", "_fail", "add_column", "_many", "DecodeError",
}  # fmt: skip
CHOICES = 16  # of one f-string


def texts_of(folder: Path = PACKAGE) -> dict[str, str]:
    """Return every template with the file that says it first, in the order of the files."""
    found = dict.fromkeys((*FOREIGN, *UNITS, *WORDS), "here")
    for path in sorted([*folder.rglob("*.py"), *(folder.parent / "protocols").rglob("*.py")]):
        name = str(path.relative_to(folder.parent))
        inside = name.removeprefix("receiver/")
        if not inside.startswith(SILENT):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            reader = _Reader(inside.startswith(SPOKEN), inside.startswith(PHRASED))
            for text in reader.read(tree):
                found.setdefault(text, name)
    for path in sorted(folder.rglob("static/*.js")):
        for text in script_phrases(path.read_text(encoding="utf-8")):
            found.setdefault(text, str(path.relative_to(folder.parent)))
    return found


def script_phrases(script: str) -> Iterator[str]:
    """Yield the first arguments of `phrase("...")` in a script of the page."""
    for said in re.finditer(r"""\bphrase\(\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""", script):
        yield str(ast.literal_eval(said[1]))


class _Reader:
    """Reads one file: `every_word` where single words are for people, too.

    With `only_phrases` just what `phrase(...)` and errors say.
    """

    def __init__(self, every_word: bool, only_phrases: bool) -> None:
        self._every_word, self._only_phrases = every_word and not only_phrases, only_phrases

    def read(self, tree: ast.AST) -> Iterator[str]:
        """Yield the templates of a file."""
        for text in self._walk(tree):
            if text not in NOT_SAID and not DATA.search(text):
                yield text

    def _walk(self, node: ast.AST, sure: bool = False) -> Iterator[str]:
        """Yield what is said in a node; `sure` where all text in it is for people."""
        match node:
            case ast.Constant() | ast.JoinedStr():
                yield from self._said(node, sure)
                yield from self._inside(node)
            case ast.Call():
                yield from self._call(node)
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._defined(node)
            case _:
                for part in _parts_of(node):
                    yield from self._walk(part, sure)

    def _inside(self, node: ast.Constant | ast.JoinedStr) -> Iterator[str]:
        for part in node.values if isinstance(node, ast.JoinedStr) else ():
            if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Call):
                yield from self._walk(part.value)

    def _defined(
        self, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Iterator[str]:
        docstring = ast.get_docstring(node)
        if isinstance(node, ast.FunctionDef) and _is_command(node):
            yield from filter(None, map(tidy, paragraphs(docstring or "")))
        for part in [*_parts_of(node, but="body"), *node.body[docstring is not None :]]:
            yield from self._walk(part)

    def _call(self, node: ast.Call) -> Iterator[str]:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else _id(node.func)
        yield from self._walk(node.func)
        spoken = called in SPEAKING or called.endswith("Error")
        if called == "phrase":
            yield from (text for one in node.args[:1] for text in variants(one))
        if called == "_many":
            yield from _counted(node.args[-1])
        if called not in DEAF_CALLS and called != "phrase":
            for argument in node.args if called not in ("option", "argument") else ():
                yield from self._walk(argument, spoken)
        for keyword in node.keywords:
            if (keyword.arg not in DEAF_KEYWORDS or called == "Check") and called not in DEAF_CALLS:
                yield from self._walk(keyword.value, spoken or keyword.arg in ("help", "text"))

    def _said(self, node: ast.Constant | ast.JoinedStr, sure: bool) -> Iterator[str]:
        for text in variants(node):
            is_label = self._every_word and not _is_name(text)
            is_said = sure or (not self._only_phrases and (is_label or SENTENCE.search(text)))
            if is_said and WORD.search(PLACEHOLDER.sub("", tidy(text))):
                yield tidy(text)


def _parts_of(node: ast.AST, but: str = "") -> Iterator[ast.AST]:
    """Yield the parts of a node in which something may be said."""
    match node:
        case ast.Compare() | ast.Assert():
            return
        case ast.Dict():
            yield from node.values
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.Subscript():
            yield node.value
            yield from [node.slice] if _is_sentence(node.slice) else []
        case ast.match_case():
            yield from node.body
        case _:
            for name, value in ast.iter_fields(node):
                many = value if isinstance(value, list) else [value]
                if name not in ("returns", "annotation", but):
                    yield from (part for part in many if isinstance(part, ast.AST))


def _is_sentence(node: ast.AST) -> bool:
    """Tell whether a key is a text for people, as of warnings that are counted."""
    text = node.value if isinstance(node, ast.Constant) else ""
    return isinstance(node, ast.JoinedStr) or (isinstance(text, str) and text.count(" ") > 2)


def variants(node: ast.AST) -> list[str]:
    """Return what an expression can say: one text, or one for each choice of words in it."""
    if isinstance(node, ast.Constant):
        named = re.sub(r"\{(:[^{}]*)?\}", r"{value\1}", str(node.value))  # of str.format
        return [named] if isinstance(node.value, str) else []
    if not isinstance(node, ast.JoinedStr):
        return []
    names: dict[str, int] = {}
    parts = [_part(part, names) for part in node.values]
    return ["".join(chosen) for chosen in islice(product(*parts), CHOICES)]


def _part(part: ast.AST, names: dict[str, int]) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value).replace("{", "{{").replace("}", "}}")]
    assert isinstance(part, ast.FormattedValue)
    if isinstance(part.value, ast.IfExp) and part.format_spec is None:
        said = [variants(way) for way in (part.value.body, part.value.orelse)]
        if all(said):
            return [text for texts in said for text in texts]
    name = _name(part.value)
    names[name] = names.get(name, 0) + 1
    name = name if names[name] == 1 else f"{name}{names[name]}"
    mark = "!r" if part.conversion == ord("r") else ""
    return [f"{{{name}{mark}{_format(part.format_spec)}}}"]


def _format(spec: ast.expr | None) -> str:
    if spec is None:
        return ""
    text = ast.unparse(spec)[2:-1] if isinstance(spec, ast.JoinedStr) else ""
    numeric = re.fullmatch(r"[-+,\d.<>{}^ \w]*?([.\d]*[fgde%])", text)
    return f":{numeric[1].lstrip('0123456789')}" if numeric and "%b" not in text else ""


def _name(node: ast.AST) -> str:
    """Return a name for a value: its own, or that of what it is made with."""
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_")
    if isinstance(node, ast.Name):
        return node.id.strip("_") or "value"
    if isinstance(node, ast.Call):
        inner = [*node.args, node.func]
        return "value" if not inner else _name(inner[0])
    if isinstance(node, ast.BinOp):
        left = _name(node.left)
        return left if left != "value" else _name(node.right)
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = isinstance(key, ast.Constant) and _is_word(key.value)
        return str(ast.literal_eval(key)) if named else _name(node.value)
    return "value"


def _counted(node: ast.expr) -> Iterator[str]:
    for word in variants(node):
        yield from (f"{{count:d}} {word}", f"{{count:d}} {word}s")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isidentifier()


def _id(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_name(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9]*[_.\-/%#@][\w.\-/%#@:]*|[a-z]|\W*", text))


def _is_command(node: ast.FunctionDef) -> bool:
    words = (ast.unparse(decorator) for decorator in node.decorator_list)
    return any(re.match(r"[\w.]*(command|group)\(|[\w.]*(command|group)$", word) for word in words)


def paragraphs(docstring: str) -> Iterator[str]:
    r"""Yield the paragraphs of a help text; after `\b` each line that is not a command to type."""
    for block in re.split(r"\n\s*\n", docstring):
        if "\b" in block:
            yield from (line for line in block.replace("\b", "").split("\n") if not _typed(line))
        else:
            yield " ".join(block.split())


def _typed(line: str) -> bool:
    return line.strip().startswith(("baksan ", "--", "printf", "echo ", "{"))


def tidy(text: str) -> str:
    """Return a text without the punctuation that joins it to others."""
    text = text.strip(EDGES + "\b")
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        text = text[1:-1]
    if text.startswith("(") and ")" not in text:
        text = text[1:]
    if text.endswith(")") and "(" not in text:
        text = text[:-1]
    return text.strip(EDGES)


def inventory() -> dict[str, str]:
    """Return the English catalogue: each template is its own text."""
    return {text: text for text in texts_of()}


def write(path: Path, catalogue: dict[str, str]) -> None:
    """Write a catalogue, one phrase a line."""
    path.write_text(json.dumps(catalogue, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def renew(folder: Path) -> list[str]:
    """Write the English catalogue anew and take out of the others what is no longer said.

    Returns:
        What has to be translated: a line for each language and phrase.
    """
    english = inventory()
    write(folder / "en.json", english)
    missing = []
    for path in sorted(set(folder.glob("*.json")) - {folder / "en.json"}):
        known = json.loads(path.read_text(encoding="utf-8"))
        write(path, {text: known[text] for text in english if text in known})
        missing += [f"{path.stem}: {text!r}" for text in english if text not in known]
    return missing


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in renew(PACKAGE / "languages")))
