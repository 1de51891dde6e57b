"""`baksan story`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from receiver.histories import Subject
    from receiver.story import Story


@click.command()
@click.argument("identity", metavar="ID")
@click.option("-j", "--journal", help="The journal; else the only *.journal here.")
@click.option("--answer", multiple=True, help="sisters, account, beacon or road, =yes or =no.")
@click.option("--weight", multiple=True, help="Your own weight of a cause: poaching=30 of 100.")
@click.option("--json", "as_json", is_flag=True, help="The story as one JSON object.")
@click.option("--png", type=click.Path(), help="Write a picture: contacts, sensors, track.")
def command(
    identity: str, journal: str | None, answer: tuple[str, ...], weight: tuple[str, ...],
    as_json: bool, png: str | None,
) -> None:  # fmt: skip
    """Say what a collar's history tells, before a team leaves to look for it.

    ID is its name, or an id that its sheet or the imported files have. Answers and weights are kept
    in the journal; a newer one takes the place of the older, and baksan note undo takes one back.

    \b
    baksan story Baksan --png story.png
    baksan story Baksan --answer sisters=yes --answer account=yes
    baksan story 77267 --weight poaching=30
    """
    subject = _subject(journal, identity)
    if answer or weight:
        _write_down(journal, subject, answer, weight)
        subject = _subject(journal, identity)
    _show(subject, as_json, png)


def _subject(named: str | None, identity: str) -> Subject:
    from receiver.cli.note_writing import find_journal, settings_of
    from receiver.errors import InputError
    from receiver.histories import subject_in
    from receiver.journal import Journal

    path = find_journal(named)
    if not path.exists():
        raise InputError(f"{path}: no such journal: baksan import FILE --to {path}")
    with Journal.open(path, readonly=True) as journal:
        return subject_in(journal, settings_of(path) or journal.settings, identity)


def _write_down(
    named: str | None, subject: Subject, answers: tuple[str, ...], weights: tuple[str, ...]
) -> None:
    """Keep what the leader said as entries; all are checked before the first is written."""
    from receiver.cli.note_writing import Asked, save, sit_down
    from receiver.story.said import content_of

    name, before = subject.collar.name, subject.said
    contents = [content_of(name, before, answer=said, weight=None) for said in answers]
    contents += [content_of(name, before, answer=None, weight=said) for said in weights]
    desk = sit_down(Asked(journal=named))
    with desk.journal:
        for content in contents:
            save(desk, content)


def _show(subject: Subject, as_json: bool, png: str | None) -> None:
    from receiver.clock import SystemClock
    from receiver.records import jsonable
    from receiver.ui.story import lines

    story = subject.story(SystemClock().now().utc)
    if as_json:
        click.echo(json.dumps(jsonable(story), allow_nan=False, ensure_ascii=False))
    for line in lines(story):
        click.echo(line, err=as_json)
    if png:
        _draw(Path(png), subject, story)


def _draw(path: Path, subject: Subject, story: Story) -> None:
    from receiver import export
    from receiver.report.story_picture import picture

    export.write(path, picture(story, subject.fixes))
