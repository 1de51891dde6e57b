"""Every style of the homing screen, by what it is for. Nothing is ever told by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from rich.style import Style

Role = Literal[
    "text", "dim", "strong", "level", "bar", "arrow", "stop", "banner", "old", "ask", "code"
]  # fmt: skip
Palette = Mapping[Role, Style]

# Terminals of one colour, and those that only know bold, underline and reverse.
_ONE_COLOUR = ("dumb", "unknown", "vt100", "vt102", "vt220", "vt320")


BLACK, WHITE = "#000000", "#ffffff"


def _palette(ground: str, text: str, dim: str, strong: str, loud: str, on_loud: str) -> Palette:
    return {
        "text": Style(color=text, bgcolor=ground),
        "dim": Style(color=dim, bgcolor=ground),
        "strong": Style(color=strong, bgcolor=ground, bold=True),
        "level": Style(color=strong, bgcolor=ground),
        "bar": Style(color=strong, bgcolor=ground),
        "arrow": Style(color=strong, bgcolor=ground),
        "stop": Style(color=on_loud, bgcolor=loud, bold=True),
        "banner": Style(color=on_loud, bgcolor=loud, bold=True),
        "old": Style(color=dim, bgcolor=ground, strike=True),
        "ask": Style(color=ground, bgcolor=strong, bold=True),
        # A camera wants light blocks on a dark ground, whatever the light.
        "code": Style(color=strong if ground == BLACK else WHITE, bgcolor=BLACK),
    }


# Red alone keeps the eyes used to the dark; the darkest is still red where there are 16 colours.
NIGHT: Final = _palette("#000000", "#d80000", "#b00000", "#ff0000", "#c00000", "#000000")
# Black on white is what can be read in the sun; dim is no lighter than a printed page.
DAY: Final = _palette("#ffffff", "#000000", "#303030", "#000000", "#000000", "#ffffff")
NO_COLOUR: Final[Palette] = {
    "text": Style(),
    "dim": Style(),
    "strong": Style(bold=True),
    "level": Style(),
    "bar": Style(),
    "arrow": Style(),
    "stop": Style(bold=True, reverse=True),
    "banner": Style(bold=True, reverse=True),
    "old": Style(strike=True),
    "ask": Style(bold=True, reverse=True),
    "code": Style(),
}


def has_colours(environment: Mapping[str, str]) -> bool:
    """Tell whether a terminal shows colours and its user wants them."""
    terminal = environment.get("TERM", "")
    is_plain = terminal in _ONE_COLOUR or terminal.endswith(("-m", "-mono"))
    return not (environment.get("NO_COLOR") or is_plain)
