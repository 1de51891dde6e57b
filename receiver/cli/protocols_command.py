"""`baksan protocols`."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> None:
    """List the packet formats that can be decoded, and on what evidence."""
    from protocols import PROTOCOLS, envelopes
    from receiver.ui.packets import EVIDENCE

    around = [*envelopes.FORMATS, *envelopes.BYTES]
    names = ("name", "title", "integrity", "evidence")
    rows = [{name: getattr(protocol, name) for name in names} for protocol in PROTOCOLS]
    if as_json:
        click.echo(json.dumps({"protocols": rows, "envelopes": around}))
        return
    width = max(len(row["name"]) for row in rows) + 2
    for row in rows:
        click.echo(f"{row['name']:<{width}}{row['title']}")
        click.echo(f"{'':<{width}}checksum: {row['integrity']}; {EVIDENCE[row['evidence']]}")
    click.echo(f"\nMessages around packets: {', '.join(around)}")
