"""What a public report may tell: shown, asked thing by thing, confirmed by typing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from receiver.errors import ConfigError
from receiver.language import Told, phrase
from receiver.report.public import Item, items, withheld

if TYPE_CHECKING:
    from receiver.report.facts import Facts

CONFIRMED = "PUBLISH"


def preview(facts: Facts) -> Iterator[str]:
    """Yield the list of everything that could locate the animal."""
    yield phrase("Never in a public report, as each of these could locate the animal:")
    for one in withheld(facts):
        examples = f" ({', '.join(one.examples)})" if one.examples else ""
        yield f"  {one.count:>6}  {one.title}{examples}"
    yield phrase("Only where you tick it:")
    for item in items(facts):
        yield Told(f"  {item.name:<13}{item.title}: {item.value}; {item.danger}")


def chosen(facts: Facts, include: tuple[str, ...]) -> set[str]:
    """Return the names of what is told: those of the options, or what is answered with yes.

    Raises:
        ConfigError: a name that is none, nobody to ask, or not confirmed.
    """
    known = items(facts)
    names = ", ".join(sorted(item.name for item in known)) or "nothing"
    for typed in include:
        if typed not in {item.name for item in known}:
            raise ConfigError(f"--include {typed}: there is {names}")
    ticked = set(include) if include else {item.name for item in known if _asked(item)}
    _confirm()
    return ticked


def _asked(item: Item) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(
            phrase("nobody is there to ask: run this on a terminal, or name things by --include")
        )
    question = phrase("Tell everybody: {title}: {value}?", title=item.title, value=item.value)
    return click.confirm(question, default=False, err=True)


def _confirm() -> None:
    said = click.prompt(phrase("Type {word} to write it", word=CONFIRMED), default="",
                        show_default=False, err=True)  # fmt: skip
    if str(said).strip() != CONFIRMED:
        raise ConfigError(phrase("not confirmed: nothing was written"))
