"""Help, messages and questions of the command line in the user's language.

Commands print in English, each in its own way; here, where all of it leaves the program, it is
translated. What begins as JSON is data and passes as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO, Any

import click

from receiver.language import LANGUAGES, Told, completed, language, set_language, translated

DATA = re.compile(r"\s*(\{[\"}]|\[[\]{\[\"\d])")
_METAVAR = re.compile(r"[A-Z]{4,}(?: RANGE)?")
_echo, _prompt = click.echo, click.prompt


def echo(
    message: Any = None,
    file: IO[Any] | None = None,
    nl: bool = True,
    err: bool = False,
    color: bool | None = None,
) -> None:
    """Print as click does, in the user's language what is for people."""
    if isinstance(message, str) and not isinstance(message, Told) and not DATA.match(message):
        message = translated(message)
    _echo(message, file=file, nl=nl, err=err, color=color)


def prompt(text: str, *arguments: Any, **options: Any) -> Any:
    """Ask as click does, in the user's language."""
    return _prompt(translated(text), *arguments, **options)


class Formatter(click.HelpFormatter):
    """Writes help in the user's language: translated first, then wrapped and put into columns."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, _metavars(args), prefix or f"{translated('Usage')}: ")

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(translated(heading))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text("\n\n".join(map(_paragraph, re.split(r"\n\s*\n", text))))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write commands or options with what they do."""
        said = [(_metavars(first), _parts(second)) for first, second in rows]
        super().write_dl(said, col_max, col_spacing)


def _paragraph(text: str) -> str:
    r"""Return a paragraph in the user's language; lines after `\b` stay lines."""
    if language() == "en":
        return text
    if text.lstrip(" ").startswith("\b"):
        return "\n".join(line if _is_typed(line) else translated(line) for line in text.split("\n"))
    return translated(" ".join(text.split()))


def _is_typed(line: str) -> bool:
    return line.strip().startswith(("baksan ", "--"))


def _parts(text: str) -> str:
    """Return a help text, with its default and bounds behind it, in the user's language."""
    if language() == "en":
        return text
    begun = re.sub(r"\.+$", "", text)
    if (whole := completed(begun)) != begun:  # click cut it, at a sentence or before
        return translated(whole).partition(". ")[0]
    return "  ".join(map(translated, text.split("  ")))


def _metavars(text: str) -> str:
    return _METAVAR.sub(lambda word: translated(word[0]), text)


def _choose(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        set_language(value)


language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), is_eager=True, expose_value=False,
    callback=_choose, help="Of everything that is shown; else that of this computer's locale.",
)  # fmt: skip


def speaking(command: click.Command) -> click.Command:
    """Give a command, and all beneath it, the option `--language` once."""
    if all(param.name != "language" for param in command.params):
        language_option(command)
    for beneath in getattr(command, "commands", {}).values():
        speaking(beneath)
    return command


def speak() -> None:
    """Have click print, ask and write help through here, whichever command uses it."""
    click.echo, click.prompt = echo, prompt
    click.Context.formatter_class = Formatter
