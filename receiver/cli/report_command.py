"""`baksan report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.report.facts import Facts
    from receiver.report.sections import Report

AUDIENCES = ("ministry", "partner", "public")
PRECISIONS = ("exact", "1km", "10km", "none")


@click.command()
@click.argument("journal", type=click.Path(path_type=Path))
@click.option("--for", "audience", type=click.Choice(AUDIENCES), required=True)
@click.option("--to", "out", type=click.Path(path_type=Path),
              help="HTML file to write (report-AUDIENCE.html beside the journal).")  # fmt: skip
@click.option("--pdf", "as_pdf", is_flag=True, help="Write the same as a PDF beside it.")
@click.option("--precision", type=click.Choice(PRECISIONS), help="Of positions (10km).")
@click.option("--recipient", help="Who gets it; stands across each page.")
@click.option("--collar", help="The collar, where there are several.")
@click.option("--include", multiple=True, metavar="NAME",
              help="For public: tell this; instead of being asked for each thing.")  # fmt: skip
def command(
    journal: Path, audience: str, out: Path | None, as_pdf: bool, precision: str | None,
    recipient: str | None, collar: str | None, include: tuple[str, ...],
) -> None:  # fmt: skip
    """Write a report of a search: one HTML file, without anything from the network.

    Positions are coarse, and public has none: it tells only what the leader ticks, after a list of
    everything that could locate the animal. What was written for whom stands in the journal then.

    \b
    baksan report search.journal --for ministry --pdf
    baksan report search.journal --for public --include year --include hours
    """
    _check_words(audience, precision, include)
    facts = _facts(journal, collar)
    if audience == "public":
        report, said = _public(facts, include, recipient)
    else:
        report, said = _told(journal, facts, audience, precision or "10km", recipient)
    path = out or journal.with_name(f"report-{audience}.html")
    _write(journal, _files(path, report, as_pdf), {"audience": audience, "collar": collar, **said})


def _check_words(audience: str, precision: str | None, include: tuple[str, ...]) -> None:
    from receiver.errors import ConfigError
    from receiver.language import phrase

    if audience == "public" and precision not in (None, "none"):
        raise ConfigError(phrase("--precision: a public report has no positions"))
    if audience != "public" and include:
        raise ConfigError(phrase("--include is for public reports only"))


def _facts(path: Path, collar: str | None) -> Facts:
    from receiver.case import open_case
    from receiver.clock import SystemClock
    from receiver.journal import Journal
    from receiver.report.facts import facts, thinned
    from receiver.ui.progress import watched

    now = SystemClock().now().utc
    case = open_case(path, collar, lambda rows, total: watched(rows, total, "reading"), now)
    with Journal.open(path, readonly=True) as journal:
        return facts(list(thinned(journal.rows())), case, collar, _team(journal))


def _team(journal: Any) -> Any:
    """Return the team of the settings beside the journal, else of those that it was made with."""
    from receiver import settings
    from receiver.config import Team

    path = settings.find_file(None, journal.path)
    beside = settings.load(path)[0].team if path else None
    return beside if beside not in (None, Team()) else journal.settings.team


def _told(
    journal: Path, facts: Facts, audience: Any, precision: str, recipient: str | None
) -> tuple[Report, dict[str, Any]]:
    from receiver.cli.export_command import asked_name
    from receiver.export.sharing import PRECISIONS as KNOWN
    from receiver.report.audience import told
    from receiver.report.sections import report

    who = asked_name(journal) if precision == "exact" else (recipient or "").strip()
    said = {"precision": precision, "recipient": who or audience}
    return report(told(facts, audience, KNOWN[precision], who or _named(audience))), said


def _public(
    facts: Facts, include: tuple[str, ...], recipient: str | None
) -> tuple[Report, dict[str, Any]]:
    from receiver.cli.report_ticking import chosen, preview
    from receiver.report.public import public
    from receiver.report.sections import public_report

    for line in preview(facts):
        click.echo(line, err=True)
    ticked = chosen(facts, include)
    who = (recipient or "").strip()
    said = {"precision": "none", "recipient": who or "public", "included": sorted(ticked)}
    return public_report(public(facts, ticked, who or _named("public"))), said


def _named(audience: str) -> str:
    """Return what stands across the pages where no recipient was named; a journal is English."""
    from receiver.language import phrase

    words = {
        "ministry": phrase("the ministry"),
        "partner": phrase("a partner"),
        "public": phrase("everybody"),
    }
    return words.get(audience, audience)


def _files(path: Path, report: Report, as_pdf: bool) -> dict[Path, bytes]:
    from receiver.errors import ConfigError
    from receiver.language import phrase
    from receiver.report.page import page

    if path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(phrase("{path}: a report is an .html file (with --pdf one more)",
                                 path=path))  # fmt: skip
    files = {path: page(report)}
    if as_pdf:
        from receiver.report.pdf import pdf

        files[path.with_suffix(".pdf")] = pdf(report)
    return files


def _write(journal: Path, files: dict[Path, bytes], said: dict[str, Any]) -> None:
    """Write down in the journal what is given to whom, then write the files."""
    from receiver import export
    from receiver.language import phrase

    _log(journal, files, said)
    for path, content in files.items():
        export.write(path, content)
        told = phrase("{path}: {amount} kB, for {recipient}; written down in {journal}",
                      path=path, amount=-(-len(content) // 1000),
                      recipient=_named(said["recipient"]), journal=journal)  # fmt: skip
        click.echo(told, err=True)


def _log(path: Path, files: dict[Path, bytes], said: dict[str, Any]) -> None:
    import hashlib

    from receiver.clock import SystemClock
    from receiver.journal import Journal
    from receiver.notes.content import entry
    from receiver.records import EXPORT

    with Journal.open(path) as journal:
        rows = [
            entry(
                {"kind": EXPORT, "file": file.name, **said,
                 "sha256": hashlib.sha256(content).hexdigest()},
                journal.settings.observer,
                SystemClock(),
            )
            for file, content in files.items()
        ]  # fmt: skip
        journal.append(rows)
