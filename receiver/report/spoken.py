"""The words of a picture in the user's language."""

from __future__ import annotations

from typing import Any

from receiver.language import ENGLISH, language, translated


def speak(figure: Any) -> None:
    """Translate every title, label and legend of a matplotlib figure that is ready to be drawn."""
    if language() == ENGLISH:
        return
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_text(translated(text.get_text()))
