"""`baksan doctor`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from receiver import doctor

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("-j", "--journal", type=_PATH, help="The journal; else each *.journal here.")
@click.option("--config", type=_PATH, help="The settings; else baksan.toml beside the journal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(journal: Path | None, config: Path | None, as_json: bool) -> int:
    """Check this computer before leaving for a search.

    ok: nothing to do. look: read it. STOP: it would end a search; leaves with 1. Nothing is
    changed, and nothing leaves this computer.
    """
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
        click.echo(f"{check.state:<5}{check.name}: {check.text}")
        if check.advice:
            click.echo(f"       -> {check.advice}")
    stops = sum(check.state == "STOP" for check in found)
    verdict = f"{stops} would stop a search: mend them before you leave" if stops else "ready"
    click.echo(verdict, err=True)
