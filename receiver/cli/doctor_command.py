"""`baksan doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from receiver.language import translated

if TYPE_CHECKING:
    from receiver import doctor

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("-j", "--journal", type=_PATH, help="The journal; else each *.journal here.")
@click.option("--config", type=_PATH, help="The settings; else baksan.toml beside the journal.")
@click.option("--radio", "sources", multiple=True, metavar="RECEIVER",
              help="Test this receiver with a test collar; may be given again.")  # fmt: skip
@click.option("--collar", help="The test collar, by its name in baksan.toml.")
@click.option("--seconds", type=click.FloatRange(min=1), help="Listen to the collar; 12.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(
    journal: Path | None,
    config: Path | None,
    sources: tuple[str, ...],
    collar: str | None,
    seconds: float | None,
    as_json: bool,
) -> int:
    """Check this computer before leaving for a search; with --radio, a receiver.

    ok: nothing to do. look: read it. STOP: it would end a search; leaves with 1. Nothing is
    changed, and nothing leaves this computer. A receiver that was not tested today is UNTESTED, and
    what it does not hear is no silence.

    \b
    baksan doctor
    baksan doctor --radio r30=icom:serial:/dev/ttyUSB0?model=r30 --collar Test
    """
    if sources:
        return _radio(journal, sources, collar, seconds, as_json)
    return _computer(journal, config, as_json)


def _radio(
    journal: Path | None,
    sources: tuple[str, ...],
    collar: str | None,
    seconds: float | None,
    as_json: bool,
) -> int:
    from receiver.cli.radio_check import check

    contents = check(sources, str(journal) if journal else None, collar, seconds)
    passed = all(content["passed"] for content in contents)
    if as_json:
        click.echo(json.dumps({"passed": passed, "checks": contents}, ensure_ascii=False))
    return 0 if passed else 1


def _computer(journal: Path | None, config: Path | None, as_json: bool) -> int:
    from receiver import settings
    from receiver.clock import SystemClock
    from receiver.doctor import examine
    from receiver.notes.times import local_zone
    from receiver.records import jsonable

    now = SystemClock().now().utc
    journals = [journal] if journal else sorted(Path().glob("*.journal"))
    beside = settings.find_file(config, journal)
    found = examine(journals, beside, now, local_zone(now))
    stops = [check for check in found if check.state == "STOP"]
    if as_json:
        click.echo(json.dumps({"ready": not stops, "checks": jsonable(found)}, ensure_ascii=False))
    else:
        _show(found)
    return 1 if stops else 0


def _show(found: list[doctor.Check]) -> None:
    for check in found:
        click.echo(f"{translated(check.state):<5}{translated(check.name)}: {check.text}")
        if check.advice:
            click.echo(f"       -> {check.advice}")
    stops = sum(check.state == "STOP" for check in found)
    verdict = f"{stops} would stop a search: mend them before you leave" if stops else "ready"
    click.echo(verdict, err=True)
