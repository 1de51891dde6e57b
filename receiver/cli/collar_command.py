"""`baksan collar`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from receiver import settings, sheets
from receiver.address import parse_hz
from receiver.clock import SystemClock
from receiver.config import RATES
from receiver.errors import ConfigError, InputError

_FILE = click.option(
    "-f", "--file", "path", type=click.Path(path_type=Path), help="Instead of baksan.toml here."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group()
def command() -> None:
    """Make, show and check a collar's sheet; keep its key.

    \b
    baksan collar new Baksan --frequency 150.34M --normal 40 --mortality 80
    baksan collar show Baksan
    baksan collar check
    """


@command.command()
@click.argument("name")
@click.option("--maker", help="Who made it.")
@click.option("--serial", help="Serial number.")
@click.option("--id", "ids", multiple=True, help="Identity in its packets; may be repeated.")
@click.option("--protocol", help="Format of its packets (see: baksan protocols).")
@click.option("--period", "period_minutes", type=float, help="From fix to fix, in minutes.")
@click.option("--frequency", help="Beacon frequency, as in 150.34M.")
@click.option("--drift", help="How far it may have drifted, up or down, as in 2k.")
@click.option("--pulse-length", "pulse_length_s", type=float, help="One pulse, in seconds.")
@click.option("--normal", type=float, help="Pulses per minute of a living animal.")
@click.option("--mortality", type=float, help="... when it has not moved for long.")
@click.option("--low-battery", type=float, help="... when the battery is low.")
@click.option("--recovery", type=float, help="... when the collar fell off or is called.")
@click.option("--on", "on_hours", multiple=True, help="06:00-10:00; may be repeated.")
@click.option("--on-zone", "on_hours_zone", help="Europe/Moscow, UTC, or switch-on.")
@click.option("--start", "start_date", help="Date when it was put on: 2025-03-10.")
@click.option("--battery-end", "battery_end_date", help="Date when the battery should end.")
@click.option("--drop-off", "drop_off_date", help="Date when it should fall off.")
@click.option("--notes", help="Anything else.")
@_FILE
def new(name: str, path: Path | None, **given: Any) -> int:
    """Add a sheet. What is not given is written as unknown; nothing is assumed.

    \b
    baksan collar new Baksan --frequency 150.34M --on 06:00-10:00 --on-zone Europe/Moscow
    """
    _check_format(given["protocol"])
    collar, doubtful = sheets.make(name, _values(given))
    path = path or Path(settings.FILE_NAME)
    sheets.add(path, collar)
    for text in doubtful:
        click.echo(f"look: {text}", err=True)
    click.echo(f"saved in {path}; what is unknown stands there with a # before it", err=True)
    return 0


def _check_format(protocol: str | None) -> None:
    from protocols import DecodeError, find

    if protocol is None:
        return
    try:
        find(protocol)
    except DecodeError as error:
        raise ConfigError(f"--protocol: {error}") from error


def _values(given: dict[str, Any]) -> dict[str, Any]:
    rates = {kind: rate for kind in RATES if (rate := given.pop(kind)) is not None}
    frequency, drift = given.pop("frequency"), given.pop("drift")
    return {
        **given,
        "pulses_per_minute": rates,
        "frequency_hz": parse_hz(frequency) if frequency else None,
        "frequency_drift_hz": parse_hz(drift) if drift else None,
    }


def _found(path: Path | None) -> Path | None:
    return settings.find_file(path, None)


@command.command()
@click.argument("name")
@_FILE
@_JSON
def show(name: str, path: Path | None, as_json: bool) -> None:
    """Show a sheet, and whether the beacon should be on the air now.

    \b
    baksan collar show Baksan
    """
    collar = sheets.sheet_of(_found(path), name)
    now = SystemClock().now().utc
    if as_json:
        click.echo(json.dumps(sheets.plain(collar, now), allow_nan=False, ensure_ascii=False))
        return
    for title, value in sheets.table(collar, now):
        click.echo(f"{title:<20}{value}")


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@_JSON
def check(file: Path | None, as_json: bool) -> int:
    """Check all sheets of a file. Leaves with 1 when something in it cannot be.

    \b
    baksan collar check baksan.toml
    """
    path = _found(file)
    if path is None:
        raise InputError(f"no {settings.FILE_NAME} here: name the file, or baksan collar new NAME")
    text = settings.read_text(path)
    findings = settings.check(settings.parse_toml(text, path), text)
    if as_json:
        rows = [{"line": f.line, "wrong": f.wrong, "text": f.text} for f in findings]
        click.echo(json.dumps({"file": str(path), "findings": rows}, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{'WRONG' if finding.wrong else 'look '} {path}, {finding}")
        click.echo(f"{path}: {_verdict(findings)}", err=True)
    return 1 if any(finding.wrong for finding in findings) else 0


def _verdict(findings: list[settings.Finding]) -> str:
    wrong = sum(finding.wrong for finding in findings)
    if wrong:
        return f"{wrong} wrong, {len(findings) - wrong} to look at"
    return f"nothing wrong, {len(findings)} to look at" if findings else "nothing wrong"


@command.command()
@click.argument("name")
@click.option("--replace", is_flag=True, help="Put a new key in the place of the old one.")
@_FILE
def key(name: str, path: Path | None, replace: bool) -> int:
    """Keep a collar's key in keys.toml, which only you may read. It is not shown while typed.

    LoRaWAN collars have several: type nwk_skey=DIGITS app_skey=DIGITS (32 hexadecimal digits each;
    app_key for join requests, fnwk_s_int_key and nwk_s_enc_key for LoRaWAN 1.1). The collar's
    sheet must have its DevAddr, or DevEUI, among its ids.

    \b
    baksan collar key Baksan
    """
    from receiver.keys import FILE_NAME, save_key

    collar = sheets.sheet_of(_found(path), name)
    keys = (path or Path(settings.FILE_NAME)).with_name(FILE_NAME)
    save_key(keys, collar.name, _typed(collar.name), replace=replace)
    click.echo(f"saved in {keys}; only you may read it, give it to nobody", err=True)
    return 0


def _typed(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    return str(click.prompt(f"key of {name}", hide_input=True, err=True))
