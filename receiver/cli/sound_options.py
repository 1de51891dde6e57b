"""The options of commands that sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from receiver.language import phrase

_OPTIONS = (
    click.option("--sound", is_flag=True, help="Sound on this computer's own device."),
    click.option("--sound-to", metavar="FILE.wav", help="Sound into a file; needs no device."),
    click.option(
        "--tone",
        type=click.Choice(["raw", "meter", "both"]),
        default="raw",
        show_default=True,
        help="Of sound and SDRs: as received, a tone for each pulse, or both.",
    ),
)


def sound_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `sound`, `sound_to` and `tone`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def destination(sound: bool, sound_to: str | None) -> str | None:
    """Return where sound goes, None for nowhere (`receiver.ui.sound.open_sound`).

    Raises:
        click.UsageError: to two places, or to a file that is no WAV file.
    """
    if sound and sound_to is not None:
        raise click.UsageError(phrase("--sound or --sound-to, one of the two"))
    if sound_to is not None and not sound_to.casefold().endswith(".wav"):
        said = phrase("--sound-to {file}: the name of the file must end in .wav", file=sound_to)
        raise click.UsageError(said)
    return "default" if sound else sound_to
