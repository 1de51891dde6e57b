"""Where sound goes, by the options of a command."""

from __future__ import annotations

import click
import pytest

from receiver.cli.sound_options import destination, sound_options


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (None, "raw")),
        (["--sound"], ("default", "raw")),
        (["--sound-to", "a.WAV", "--tone", "both"], ("a.WAV", "both")),
    ],
)
def test_options_say_where_sound_goes(
    arguments: list[str], expected: tuple[str | None, str]
) -> None:
    @click.command()
    @sound_options
    def command(sound: bool, sound_to: str | None, tone: str) -> tuple[str | None, str]:
        return destination(sound, sound_to), tone

    assert command.main(arguments, standalone_mode=False) == expected


def test_two_places_and_other_files_are_refused() -> None:
    with pytest.raises(click.UsageError, match="one of the two"):
        destination(True, "a.wav")
    with pytest.raises(click.UsageError, match=r"must end in \.wav"):
        destination(False, "a.mp3")
