"""The keys of a replay: nothing is written, since what is seen has been written long ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from receiver.clock import Stamp
from receiver.language import phrase
from receiver.notes.content import Content
from receiver.ui.keys import Deeds, Keys


class ReplayKeys(Keys):
    """Keys that change what is shown, and write nothing."""

    def _save(self, content: Content, begun: Stamp | None = None) -> None:
        self._deeds.say(phrase("a replay: nothing is written"))


def no_deeds(
    say: Callable[[str], None], end: Callable[[], None], other: Callable[[Any], Any]
) -> Deeds:
    """Return deeds without any receiver."""
    return Deeds(
        submit=lambda entry: None,
        keep=lambda: None,
        saved=lambda seconds: True,
        own_radio=lambda transmitting: None,
        end=end,
        place=lambda: None,
        maybe=lambda: "",
        play=lambda: None,
        say=say,
        prompt=lambda prompt: None,
        other=other,
    )
