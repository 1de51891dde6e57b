"""The screen itself: textual draws the rows that changed, on a terminal that it only writes to.

Keys are read elsewhere (`receiver.ui.keys`), so that they work on when drawing does not.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import ClassVar, TextIO

from rich.segment import Segment
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.driver import Driver
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from receiver.ui.homescreen.layout import Row
from receiver.ui.homescreen.theme import DAY, NIGHT, NO_COLOUR, Palette, has_colours

DRAW_HZ = 10.0
_LOOK_AT_SIZE_S = 0.5
_BEGIN = "\x1b[?1049h\x1b[?25l\x1b[?7l"  # the other screen, no cursor, no wrapping
_POINTER = "\x1b]22;"  # the shape of the mouse's pointer: old terminals print it
_END = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"


class OutputDriver(Driver):
    """Writes to the terminal and asks it nothing; it may run in any thread."""

    def __init__(
        self,
        app: App[None],
        *,
        debug: bool = False,
        mouse: bool = False,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._file: TextIO | None = sys.__stderr__
        self._shown: Size | None = None
        self._watch: asyncio.Task[None] | None = None

    def write(self, data: str) -> None:
        """Write to the terminal; one that is gone ends the screen, not the recording."""
        if self._file is not None and not data.startswith(_POINTER):
            self._file.write(data)

    def flush(self) -> None:
        """Let the terminal have what was written."""
        if self._file is not None:
            self._file.flush()

    def start_application_mode(self) -> None:
        """Take the other screen of the terminal, and follow its size."""
        self.write(_BEGIN)
        self.flush()
        self._watch = asyncio.get_running_loop().create_task(self._follow_size())

    async def _follow_size(self) -> None:
        while True:
            size = _terminal_size(self._file)
            if size != self._shown:
                self._shown = size
                await self._app._post_message(events.Resize(size, size))
            await asyncio.sleep(_LOOK_AT_SIZE_S)

    def disable_input(self) -> None:
        """Do nothing: no input is read here."""
        if self._watch is not None:
            self._watch.cancel()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self.disable_input()
        self.write(_END)
        self.flush()


def _terminal_size(file: TextIO | None) -> Size:
    try:
        width, height = os.get_terminal_size(2 if file is None else file.fileno())
    except OSError:  # also of what is no file at all
        return Size(80, 24)
    return Size(width or 80, height or 24)  # a serial line says 0


class Rows(Widget):
    """Rows that cover the screen."""

    DEFAULT_CSS = "Rows { width: 100%; height: 100%; }"

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._palette = palette

    def show(self, rows: list[Row], palette: Palette) -> None:
        """Draw those rows that are not as they were."""
        before, width = self._rows, self.size.width
        is_new = palette is not self._palette or len(before) != len(rows)
        self._rows, self._palette = rows, palette
        if is_new:
            self.refresh()
            return
        changed = [y for y, row in enumerate(rows) if row != before[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Return one row in the styles of the theme."""
        row = self._rows[y] if y < len(self._rows) else ((" " * self.size.width, "text"),)
        return Strip([Segment(text, self._palette[role]) for text, role in row], self.size.width)


class HomeApp(App[None]):
    """The homing screen; `rows` gives what to show at a size, ten times a second.

    A fault in `rows` ends the screen and stays in `fault`.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = "Screen { overflow: hidden; }"

    def __init__(
        self,
        rows: Callable[[int, int], list[Row]],
        driver_class: type[Driver] | None = OutputDriver,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        is_coloured = has_colours(os.environ if environment is None else environment)
        self._palettes = (NIGHT, DAY) if is_coloured else (NO_COLOUR,)
        self._make_rows = rows
        self._light = 0
        self.fault: Exception | None = None
        super().__init__(driver_class=driver_class, ansi_color=True)
        self._body = Rows(self._palettes[0])

    @property
    def palette(self) -> Palette:
        """The styles in use: night first, as a screen that blinds cannot be taken back."""
        return self._palettes[self._light % len(self._palettes)]

    def compose(self) -> ComposeResult:
        """Put the rows on the screen."""
        yield self._body

    def on_mount(self) -> None:
        """Begin to draw."""
        self.set_interval(1.0 / DRAW_HZ, self.look)

    def on_resize(self) -> None:
        """Draw at the new size."""
        self.look()

    def change_light(self) -> None:
        """Go from night to day and back; any thread may ask."""
        self._light += 1

    def look(self) -> None:
        """Draw what has changed."""
        try:
            self._body.show(self._make_rows(self.size.width, self.size.height), self.palette)
        except Exception as error:  # lines go on where the screen does not
            self.fault = error
            self.exit()
