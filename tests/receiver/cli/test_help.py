"""The examples in every help and in the README are commands and options that exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from receiver.cli import COMMANDS, baksan, run


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = baksan
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words
        command, words = found, words[1:]
    return command, words


def examples(text: str) -> Iterator[str]:
    joined = re.sub(r"\\\n\s*", "", text)
    yield from (m[1] for m in re.finditer(r"^\s*baksan (.+)$", joined, re.MULTILINE))


def check(example: str) -> None:
    bare = re.split(r"\s+#|\s+<|\s+\|", example)[0]
    command, words = command_of(shlex.split(bare))
    command.make_context(command.name, list(words))


ALL = sorted(commands(baksan))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_examples_of_the_help_can_be_typed(path: tuple[str, ...]) -> None:
    command, _ = command_of(list(path))
    for example in examples(command.help or ""):
        check(example)


def test_every_command_has_an_example_or_needs_none(root: Path) -> None:
    without = {"demo", "doctor", "sources", "protocols"}
    for name in COMMANDS:
        command, _ = command_of([name])
        assert name in without or list(examples(command.help or "")), name


def test_examples_of_the_readme_can_be_typed(root: Path) -> None:
    found = list(examples((root / "README.md").read_text()))
    assert len(found) > 8
    for example in found:
        check(example)


def test_line_for_the_radio_in_help_and_readme_is_right(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    verify, _ = command_of(["note", "verify"])
    lines = re.findall(r'"(B 24/[^"]+)"', verify.help or "")
    lines += re.findall(r"`(B 24/[^`]+)`", (root / "README.md").read_text())
    assert len(lines) == 2
    for line in lines:
        assert run(["note", "verify", line, "--sure"]) == 0, line
