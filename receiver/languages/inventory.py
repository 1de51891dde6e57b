"""The inventory of what users can read, taken from the sources: `python -m receiver.languages.inventory`.

A template is a literal, or an f-string with a name for each value in it: `{path}: no sheet of
collar {name}`. A format such as `{count:.0f}` stays, so that only a number fits there. An f-string
with a choice of two words gives two templates. What only machines read is left out: names of fields
and columns, patterns, SQL, docstrings of anything but commands.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
WORD = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
SENTENCE = re.compile(r"[A-Za-z}'\"][,;:]? +[({A-Za-z'\"]|[A-Za-z] \{|\} [A-Za-z]{2}")
EDGES = " \t\r\n;:,."
# Where every word is said to people, single words and labels included.
SPOKEN = ("ui/", "wording.py", "doctor.py", "report/", "story/", "notes/")
# What machines read: signals, archives, files for others, and tables of fields.
SILENT = (
    "dsp/", "languages/", "language.py", "export/", "journal/schema.py",
    "simulator/asked.py", "simulator/text_radio.py", "simulator/tinysa_shell.py",
)  # fmt: skip
# Written after phrases were: what these say goes through `phrase(...)`, errors apart.
PHRASED = ("homing/", "ui/homescreen/", "ui/sound/", "ui/web/")
# Commands to instruments and other programs, SQL, patterns, tables of names, addresses.
DATA = re.compile(
    r"^(get|set)_|^radio |^mac |^scanraw |^VF |^AT\{|SELECT |= \?|\(\?P<|\n  |pipe:|^rtl_sdr|/fd/|^#|^tty"
    r"|^rf(comm|-explorer:)|^tinysa:|^i y m d|\*/|^\(lambda|^--\w+=[a-z]|^(HEARD|BRG|ERR|NONE|SEEN) ?\{"
    r"|^[A-Z]{14,}$|^qwerty|^B 24/14"
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
CHOICES = 16  # of one f-string
# What else is no phrase: headings of makers' files, words of drawing, of the radio line, of formats.
NOT_SAID = frozenset("""
Not Encrypted|AWT Minimal payload type|GPS log every 10 minutes|sign, x 1e-4 deg
s since 2021-04-14 19:19:54 UTC|dev|comm|data segment|ble|mqtt|rtlsdr|audio|localtime|right
Device ID|Device Name|Fix Status|Mortality Date & Time [GMT]|Collar ID|Fix Type|Main Voltage[V]
Acquisition Time|Acquisition Start Time|GPS Fix Time|Receive Time|GPS Fix Attempt|GPS Latitude
GPS Longitude|GPS Altitude|GPS Horizontal Dilution|GPS HDOP|GPS Horizontal Error
GPS Satellite Count|Argos Latitude|Argos Longitude|Argos Location Class|Iridium CEP Radius
Activity Count|Predeployment Data|Temperature Sensor(deg.)|Activity Sensor|Platform ID No|Msg Date
Error radius|Mean Angle|Decoded Lat|Decoded Long|recorded at|gps at|"left ear torn"
What each factor said at the centres of the cells, by name|LOUD|NULL|NFKC|NONE|HERE
report|constrained|YlOrBr|viridis|solid|dashed|white|equal|lower|bilinear|none|butt|black|bold
decimal|log|Greys|auto|nearest|data|axes fraction|offset points|utm|mgrs|baksan: {split}
""".replace("\n", "|").split("|"))  # fmt: skip
# Words of click, of the operating system and of the calendar, which reach people through us.
FOREIGN = tuple("""
Usage|Options|Commands|OPTIONS|COMMAND|ARGS|TEXT|PATH|FLOAT|INTEGER|FLOAT RANGE|INTEGER RANGE|FILE
Show this message and exit|Show the version and exit|required|default: {default}
{prog}, version {version}
No such option: {name}|No such option {name!r}|No such command {name!r}
Did you mean {names}?|Possible options: {names}
Missing option {hint!r}|Missing argument {hint!r}|Missing parameter: {name}|Missing command
Missing option {hint!r}. Choose from
Invalid value: {message}|Invalid value for {hint!r}: {message}
{value!r} is not a valid integer|{value!r} is not a valid float
{value!r} is not a valid integer range|{value!r} is not a valid float range
{value!r} is not a valid boolean
{value} is not in the range {range}|{value!r} is not one of {choices}
Option {name!r} requires an argument|Option {name!r} requires {nargs:d} arguments
Option {name!r} does not take a value
Got unexpected extra argument ({words})|Got unexpected extra arguments ({words})
Argument {name!r} takes {nargs:d} values
{kind} {name!r} does not exist|{kind} {name!r} is a directory|{kind} {name!r} is not readable
Could not open file {name!r}: {message}|Error: {message}
No such file or directory|Permission denied|Is a directory|Not a directory|File exists
No space left on device|Read-only file system|Input/output error|Disk quota exceeded
Operation not permitted|No such device|Device or resource busy|Broken pipe|File name too long
Connection refused|Connection reset by peer|Name or service not known|No route to host
Network is unreachable|Address already in use|timed out|Temporary failure in name resolution
database is locked|disk I/O error|unable to open database file|file is not a database
database disk image is malformed|attempt to write a readonly database|database or disk is full
{day:d} Jan {year:d}|{day:d} Feb {year:d}|{day:d} Mar {year:d}|{day:d} Apr {year:d}
{day:d} May {year:d}|{day:d} Jun {year:d}|{day:d} Jul {year:d}|{day:d} Aug {year:d}
{day:d} Sep {year:d}|{day:d} Oct {year:d}|{day:d} Nov {year:d}|{day:d} Dec {year:d}
""".strip().replace("\n", "|").split("|"))  # fmt: skip


def texts_of(folder: Path = PACKAGE) -> dict[str, str]:
    """Return every template with the file that says it first, in the order of the files."""
    found = dict.fromkeys(FOREIGN, "click, the operating system")
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
            cleaned = tidy(text)
            is_said = cleaned not in NOT_SAID and not DATA.search(cleaned)
            if is_said and WORD.search(PLACEHOLDER.sub("", cleaned)):
                yield cleaned

    def _walk(self, node: ast.AST, sure: bool = False) -> Iterator[str]:
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield from self._said(node, sure)
            return
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module | ast.AsyncFunctionDef):
            if isinstance(node, ast.FunctionDef) and _is_command(node):
                yield from paragraphs(ast.get_docstring(node) or "")
            yield from self._children(node, skip_first=ast.get_docstring(node) is not None)
        elif isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Dict):
            for value in node.values:
                yield from self._walk(value, sure)
        elif isinstance(node, ast.IfExp):
            yield from self._walk(node.body, sure)
            yield from self._walk(node.orelse, sure)
        elif isinstance(node, ast.Subscript | ast.arg):
            yield from self._walk(node.value, sure) if isinstance(node, ast.Subscript) else ()
        elif not isinstance(node, ast.Compare | ast.Assert | ast.match_case | ast.AnnAssign):
            yield from self._children(node, sure=sure)
        elif isinstance(node, ast.match_case):
            for statement in node.body:
                yield from self._walk(statement)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from self._walk(node.value)

    def _children(
        self, node: ast.AST, skip_first: bool = False, sure: bool = False
    ) -> Iterator[str]:
        for name, value in ast.iter_fields(node):
            if name in ("returns", "annotation", "target"):
                continue
            many = value if isinstance(value, list) else [value]
            for child in many[1:] if skip_first and name == "body" else many:
                if isinstance(child, ast.AST):
                    yield from self._walk(child, sure)

    def _call(self, node: ast.Call) -> Iterator[str]:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else _id(node.func)
        yield from self._walk(node.func)
        spoken = called in SPEAKING or called.endswith("Error")
        if called not in DEAF_CALLS:
            for argument in node.args if called not in ("option", "argument") else ():
                yield from self._walk(argument, spoken)
        for keyword in node.keywords:
            if keyword.arg not in DEAF_KEYWORDS and called not in DEAF_CALLS:
                yield from self._walk(keyword.value, spoken or keyword.arg in ("help", "text"))

    def _said(self, node: ast.Constant | ast.JoinedStr, sure: bool) -> Iterator[str]:
        for text in variants(node):
            is_label = self._every_word and not _is_name(text)
            if sure or (not self._only_phrases and (is_label or SENTENCE.search(text))):
                yield text


SPEAKING = {"echo", "say", "phrase", "_entry", "_below", "_fail", "add_column", "_many", "DecodeError"}


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
        return str(key.value) if isinstance(key, ast.Constant) and _is_word(key.value) else _name(node.value)
    return "value"


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


if __name__ == "__main__":
    write(PACKAGE / "languages" / "en.json", inventory())
