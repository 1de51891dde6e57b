"""The options that the subcommands of `baksan note` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from receiver.cli.note_writing import Asked

LONGEST_NAME = 60
_SHARED = {
    "journal": click.option("-j", "--journal", help="The journal; else the only *.journal here."),
    "observer": click.option("-O", "--observer", help="Who noticed it, when not yourself."),
    "at": click.option("-a", "--at", help="Where: 43.3499,42.4453, degrees-minutes, UTM, MGRS."),
    "time": click.option("-T", "--time", help='Local time: "14:35" or "2026-11-24 14:35".'),
    "zone": click.option("-z", "--zone", help="Time zone, as in Europe/Moscow; else this one's."),
    "collar": click.option("-c", "--collar", help="Which; else the only one that has a sheet."),
    "sure": click.option("--sure", is_flag=True, help="Take an old time, or one in the future."),
    "json": click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
}


POLARISATIONS = click.Choice(["vertical", "horizontal", "both"])
_KINDS = {"heard": "level", "text": "note"}


class ByBeginning(click.Group):
    """A group whose commands may be shortened: `b 243` is `bearing 243`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, or the only one that begins so."""
        fit = [name for name in self.commands if name.startswith(cmd_name)]
        if cmd_name not in fit and len(fit) > 1:
            ctx.fail(f"{cmd_name} could be {' or '.join(fit)}: one letter more")
        return self.commands.get(cmd_name if cmd_name in fit or not fit else fit[0])


def shared(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the shared options of these names, or all."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names or tuple(_SHARED)):
            function = _SHARED[name](function)
        return click.pass_context(function)

    return add


def receiver_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that names a receiver."""
    return click.option("-r", "--receiver", callback=_name, help=text)


def _name(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    name = value.strip()
    if not (name.isprintable() and 0 < len(name) <= LONGEST_NAME):
        raise click.BadParameter("a short name, as in r30", ctx, option)
    return name


def asked_of(ctx: click.Context, options: dict[str, Any]) -> Asked:
    """Return the shared options of a command as they were typed."""
    name = str(ctx.command.name)
    corrects = ctx.obj if isinstance(ctx.obj, str) else None
    return Asked(**options, kind=_KINDS.get(name, name), corrects=corrects)
