"""`baksan import`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from receiver.importers.table import Plan

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("file", type=_PATH)
@click.option("--to", "out", type=_PATH, required=True, help="CSV to write, or journal to add to.")
@click.option("--origin", help="LAT,LON of x = y = 0, for a table in local metres.")
@click.option("--utm", help="Zone of a table in UTM metres, as in 38N.")
@click.option("--grid-north", is_flag=True, help="Its bearings are from the north of that grid.")
@click.option("--bearing-error", type=click.FloatRange(0.5, 90), default=5.0, show_default=True,
              help="Degrees, where the table does not say.")  # fmt: skip
@click.option("--start", help="When t_s is 0: 2022-04-24T09:00+08:00.")
@click.option("--case", help="Only the rows of this case.")
@click.option("--collar", help="Whose history it is, where the file does not say.")
@click.option("--utc-offset", help="Of a history's times without a zone: +03:00, or UTC.")
@click.option("--dates", type=click.Choice(("dmy", "mdy", "ymd")),
              help="Order of day and month, where no date tells.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="What was found, as one JSON object.")
def command(file: Path, out: Path, **how: Any) -> None:
    """Add a collar's history from its maker's file, or another team's journal; or read a table.

    Histories: CSV of Lotek, Vectronic, Telonics, Followit, ATS, CTT, TickTag, Argos, Movebank, and
    Argos mail. They go into a journal, byte for byte. Adding one twice changes nothing; nothing is
    left out without being counted.

    A phone that was away hands over what was entered on it as a file (phone-entries.json).

    A table is a CSV of levels or bearings with headings such as lat, lon or x_m, y_m; rssi_dbm,
    snr_db, bearing, heard, t_s or time, case. It becomes a CSV of observations.

    \b
    baksan import 37780.aws --to search.journal
    baksan import gps.csv --dates dmy --utc-offset +03:00 --collar Baksan --to search.journal
    baksan import readings.csv --origin -31.98,115.8188 --to walk.csv
    baksan import bearings.csv --utm 10N --grid-north --to bearings-all.csv
    baksan import theirs.journal --to ours.journal
    baksan import phone-entries.json --to search.journal
    """
    from receiver.cli import import_history, import_phone
    from receiver.journal import is_journal

    told = {name: how.pop(name) for name in ("collar", "utc_offset", "dates", "as_json")}
    if is_journal(file):
        _merge(file, out)
    elif import_phone.is_meant(file):
        import_phone.add(file, out)
    elif import_history.is_meant(file, out):
        import_history.add(file, out, **told)
    else:
        _read_table(file, out, **how)


def _read_table(file: Path, out: Path, **how: Any) -> None:
    from receiver import export
    from receiver.columns import csv_of
    from receiver.importers.table import read_table

    observations = read_table(file, _plan(**how))
    export.write(out, csv_of(observations))
    cases = {o.collar for o in observations} - {None}
    many = f", {len(cases)} cases: choose one by locate --collar" if len(cases) > 1 else ""
    click.echo(f"{len(observations)} observations in {out}{many}", err=True)


def _merge(theirs: Path, ours: Path) -> None:
    from receiver.journal import Journal

    with Journal.open(ours) as journal:
        count = journal.merge(theirs)
    click.echo(f"{count} rows of {theirs} added to {ours}", err=True)


def _plan(
    origin: str | None,
    utm: str | None,
    grid_north: bool,
    bearing_error: float,
    start: str | None,
    case: str | None,
) -> Plan:
    from receiver.errors import ConfigError
    from receiver.geodesy import parse_place
    from receiver.importers.table import UNKNOWN_TIME, Plan

    if grid_north and not utm:
        raise ConfigError("--grid-north needs --utm")
    return Plan(
        origin=parse_place(origin) if origin else None,
        utm=utm,
        grid_north=grid_north,
        bearing_sigma_deg=bearing_error,
        start=_start(start) if start else UNKNOWN_TIME,
        case=case,
    )


def _start(text: str) -> datetime:
    from receiver.errors import ConfigError

    wrong = ConfigError(f"--start {text!r}: a time with its zone, as in 2022-04-24T09:00+08:00")
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong from error
    if time.tzinfo is None:
        raise wrong
    return time
