"""`baksan sources`."""

from __future__ import annotations

import json

import click

from receiver.language import translated


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> None:
    """List what `listen` can connect, with an example of each, and the serial ports here.

    An address may begin with a name of your own: second=icom:serial:/dev/ttyUSB1?model=r75
    """
    from receiver.doctor import ports
    from receiver.instruments import INSTRUMENTS
    from receiver.positions import POSITIONS
    from receiver.records import jsonable
    from receiver.samples import SAMPLES

    tables = {
        "receivers and gateways": INSTRUMENTS,
        "where you are": POSITIONS,
        "sound and samples: beacons are heard in them; kept by key h": SAMPLES,
    }
    found = list(ports())
    if as_json:
        sources = {name: kind._asdict() for t in tables.values() for name, kind in t.items()}
        click.echo(json.dumps({"sources": sources, "ports": jsonable(found)}, ensure_ascii=False))
        return
    for title, table in tables.items():
        click.echo(title)
        for kind in table.values():
            click.echo(f"  {translated(kind.title):<38} {kind.example}")
    click.echo("serial ports")
    for port in found:
        click.echo(f"  {translated(port.name):<38} {port.text}")
