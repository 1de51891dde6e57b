"""`baksan import phone-entries.json`: what was entered on a phone while it was away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from receiver.clock import SystemClock
from receiver.errors import ConfigError, InputError
from receiver.language import phrase
from receiver.notes import by_phone
from receiver.records import Entry

if TYPE_CHECKING:
    from receiver.journal import Journal

HEAD_BYTES = 4096


def is_meant(file: Path) -> bool:
    """Tell whether a file is one of a phone: JSON that names its format."""
    head = _read(file, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and f'"{by_phone.FORMAT}"'.encode() in head


def add(file: Path, out: Path) -> None:
    """Add the entries that are not in the journal yet, and say how many were.

    Raises:
        InputError: the file cannot be read, or is no file of a phone; nothing was saved.
        JournalError: the journal cannot be written.
    """
    from receiver.journal import Journal

    try:
        kept = by_phone.kept(_read(file, by_phone.LARGEST_FILE_BYTES + 1))
    except ConfigError as error:
        raise InputError(f"{file}: {error}") from error
    with Journal.open(out) as journal:
        new, wrong = _sorted(kept, journal)
        journal.append(list(new.values()))
    for fault in wrong:
        said = phrase("look: {file}, {fault}; it is left out", file=file, fault=fault)
        click.echo(said, err=True)
    there = len(kept) - len(new) - len(wrong)
    said = phrase(
        "{new} entries of {file} added to {journal}, {there} were there already",
        new=len(new),
        file=file,
        journal=out,
        there=there,
    )
    click.echo(said, err=True)


def _sorted(kept: list[by_phone.Kept], journal: Journal) -> tuple[dict[str, Entry], list[str]]:
    """Return the entries that are new, by their ids, and what is wrong with others."""
    clock, new, wrong = SystemClock(), dict[str, Entry](), list[str]()
    collars = journal.settings.collars
    collar = collars[0].name if len(collars) == 1 else None

    def earlier(identity: str) -> Entry | None:
        return new.get(identity) or journal.entry(identity)

    for number, (observer, said) in enumerate(kept, 1):
        teller = by_phone.Teller(observer=observer, collar=collar, earlier=earlier)
        try:
            identity = by_phone.identity_of(said.get("id"))
            if earlier(identity) is None:
                new[identity] = by_phone.entry_of(said, teller, clock)
        except ConfigError as error:
            wrong.append(phrase("entry {number}: {fault}", number=number, fault=error))
    return new, wrong


def _read(file: Path, most: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
