"""The screen itself without a terminal, the plain line, and that neither can harm a recording."""

from __future__ import annotations

import asyncio
import io
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, cast

import pytest
from rich.color import ColorType
from rich.segment import Segment

from receiver.homing.snapshot import Snapshot
from receiver.ui.homescreen import digits, plain
from receiver.ui.homescreen.app import HomeApp, OutputDriver
from receiver.ui.homescreen.face import HomeFace
from receiver.ui.homescreen.rows import Below, drawn
from receiver.ui.homescreen.theme import DAY, NIGHT, NO_COLOUR, Palette, has_colours
from receiver.ui.homing_keys import actions, key_words
from receiver.ui.keypad import Keypad
from receiver.ui.keys import Keys

Make = Callable[..., Snapshot]
COLOURED = {"TERM": "xterm-256color"}
# Black and red as terminals of 16 million, 256 and 16 colours are told.
_RED = re.compile(r"\b(?:[34]8;(?:2;\d+;0;0|5;(?:16|52|88|124|160|196))|[34][01])\b")
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


class Screen(OutputDriver):
    """Writes what a terminal would get into a text."""

    got: ClassVar[io.StringIO] = io.StringIO()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = self.got

    @classmethod
    def taken(cls) -> str:
        """Return what was written since the last time."""
        text = cls.got.getvalue()
        cls.got.seek(0)
        cls.got.truncate()
        return text


def shot(snapshot: Snapshot, environment: dict[str, str], light: int = 0,
         steps: tuple[Snapshot, ...] = ()) -> tuple[HomeApp, list[str]]:  # fmt: skip
    """Show a snapshot and then others; return the app and what was written for each."""
    now, written = [snapshot], list[str]()
    Screen.taken()
    app = HomeApp(
        lambda width, height: drawn(now[0], Below(keys=key_words()), width, height),
        Screen,
        environment,
    )

    async def show() -> None:
        for _ in range(light):
            app.change_light()
        task = asyncio.create_task(app.run_async())
        for step in (snapshot, *steps):
            now[0] = step
            await asyncio.sleep(0.5)
            while not written and "HEARD" not in Screen.got.getvalue():  # a busy computer
                await asyncio.sleep(0.1)
            written.append(Screen.taken())
        app.exit()
        await task

    asyncio.run(show())
    return app, written


def colours(app: HomeApp) -> set[tuple[int, int, int]]:
    found = set()
    for y in range(24):
        for segment in app._body.render_line(y):
            assert isinstance(segment, Segment)
            assert segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor):
                assert colour is not None, segment
                assert colour.type == ColorType.TRUECOLOR
                assert colour.triplet is not None
                found.add(tuple(colour.triplet))
    return found  # type: ignore[return-value]


def test_the_night_is_red_and_nothing_else(case: Snapshot, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    app, (written,) = shot(case, COLOURED)
    shades = colours(app)
    assert shades
    assert all(green == blue == 0 for _, green, blue in shades)
    for attributes in _SGR.findall(written):
        emitted = _RED.sub("", attributes)
        assert set(filter(None, emitted.split(";"))) <= {"0", "1", "9"}, attributes
    unstyled = re.sub(r"\x1b\[[0-9;]*[1-9][0-9;]*m[^\x1b]*", "", written)
    # Nothing is written in the terminal's own colours.
    assert not re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", unstyled).strip()


def test_every_role_has_a_style_in_every_palette() -> None:
    palettes: tuple[Palette, ...] = (NIGHT, DAY, NO_COLOUR)
    assert len({frozenset(palette) for palette in palettes}) == 1
    for palette in (NIGHT, DAY):
        assert all(s.color and s.bgcolor and not s.blink for s in palette.values())
    assert not any(style.color or style.bgcolor for style in NO_COLOUR.values())


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.03928 else float(((value + 0.055) / 1.055) ** 2.4)


def luminance(style: Any) -> tuple[float, float]:
    """Return the relative luminance of text and ground (WCAG 2)."""

    def of(colour: Any) -> float:
        red, green, blue = (linear(value / 255) for value in colour.triplet)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    return of(style.color), of(style.bgcolor)


@pytest.mark.parametrize(("palette", "least"), [(DAY, 7.0), (NIGHT, 2.5)])
def test_every_style_can_be_read(palette: Palette, least: float) -> None:
    for role, style in palette.items():
        low, high = sorted(luminance(style))
        assert (high + 0.05) / (low + 0.05) >= least, role


def test_a_key_goes_to_the_day_and_back(made: Make) -> None:
    app, _ = shot(made(), COLOURED, light=1)
    assert app.palette is DAY
    assert (255, 255, 255) in colours(app)
    app.change_light()
    assert app.palette is NIGHT


@pytest.mark.parametrize(
    "environment", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "vt100"}, {"TERM": "xterm-mono"}]
)
def test_without_colours_none_is_written(made: Make, environment: dict[str, str]) -> None:
    assert not has_colours(environment)
    app, (written,) = shot(made("worst"), environment)
    used = {part for found in _SGR.findall(written) for part in found.split(";")}
    assert used <= {"", "0", "1", "7", "9"}
    assert "\x1b[5m" not in written
    assert app.palette is NO_COLOUR


def test_only_rows_that_changed_are_drawn_again(made: Make) -> None:
    later = made(time=made().time.replace(second=16))
    _, (first, second, third) = shot(made(), COLOURED, steps=(later, later))
    assert digits.drawn("-87")[0].strip() in first
    assert "03:14:16" in second
    assert "NEXT" not in second
    assert len(second) < len(first) / 10
    assert "\x1b[38" not in third  # the same again costs nothing


def test_pilot_follows_the_size_of_the_screen(made: Make) -> None:
    app = HomeApp(lambda w, h: drawn(made(), Below(keys=key_words()), w, h), None, COLOURED)

    async def run() -> list[str]:
        texts = []
        async with app.run_test(size=(80, 24)) as pilot:
            for size in ((80, 24), (132, 43), (60, 20)):
                await pilot.resize_terminal(*size)
                await pilot.pause(0.2)
                texts.append(app.export_screenshot())
        return texts

    small, large, tiny = asyncio.run(run())
    assert [("HEARD" in shown) for shown in (small, large, tiny)] == [True] * 3
    assert digits.drawn("-87", 2)[0].strip() in large.replace("&#160;", " ")


def test_a_plain_line_says_what_matters_first(made: Make, language: str) -> None:
    line = plain.line(made())
    simulation = "УЧЕНИЕ" if language == "Russian" else "SIMULATION"
    assert line.startswith(f"03:14:15; {simulation}")
    assert "052° ±12°" in line
    assert ("-87 дБм" if language == "Russian" else "-87 dBm") in line
    assert not set("█▲▼↗\n") & set(line)


def test_a_plain_line_inside_the_limit_leads_nowhere(made: Make) -> None:
    for case in ("stop", "worst"):
        line = plain.line(made(case))
        assert "STOP, LEADER DECIDES" in line
        assert "°" not in line
        assert "o'clock" not in line
    assert "OLD 20 s" in plain.line(made("old"))
    assert "nothing heard yet" in plain.line(made("nothing yet"))
    assert "DANGER C 12 s ago" in plain.line(made("worst"))


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("the terminal is gone")


@pytest.mark.parametrize(
    "place", ["face.drawn", "app.Rows.render_line", "app.HomeApp.compose", "app.OutputDriver.write"]
)
def test_a_screen_that_fails_goes_on_as_lines(
    made: Make, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(HomeApp.__init__, "__defaults__", (Screen, None))
    monkeypatch.setattr(f"receiver.ui.homescreen.{place}", fail)
    stream = io.StringIO()
    face = HomeFace(time.monotonic, stream=stream)
    face.begin()
    face.show(made())
    wait_until(lambda: "-87 dBm" in stream.getvalue())
    assert "no screen, lines go on" in stream.getvalue()
    face.close()
    assert not face.is_running


def test_stop_is_told_behind_a_question_that_was_forgotten(made: Make) -> None:
    class Asking:
        pad = Keypad(["r30"], actions)

    Asking.pad.feed("n")
    stream, now_s = io.StringIO(), [0.0]
    face = HomeFace(lambda: now_s[0], screen=False, stream=stream)
    face.begin()
    face.take(cast(Keys, Asking()))
    wait_until(lambda: "note: _" in stream.getvalue())
    face.show(made("stop"))
    now_s[0] = 6.0
    wait_until(lambda: "STOP, LEADER DECIDES" in stream.getvalue())
    wait_until(lambda: stream.getvalue().count("note: _") == 2)
    face.close()


def test_plain_lines_end_with_what_was_last(made: Make) -> None:
    stream = io.StringIO()
    face = HomeFace(lambda: 0.5, screen=False, stream=stream)  # no line is due before the end
    face.begin()
    face.show(made())
    face.say("the disk is full")
    face.close()
    said, last = stream.getvalue().splitlines()[-2:]
    assert said == "the disk is full"
    assert "-87 dBm" in last


def test_a_terminal_that_is_gone_harms_nobody(made: Make) -> None:
    face = HomeFace(time.monotonic, screen=False, stream=Broken())
    face.begin()
    for _ in range(3):
        face.show(made())
        face.say("saved")
    wait_until(lambda: not face.is_running)
    face.show(made())
    face.close()


def test_nobody_waits_for_a_terminal_that_takes_nothing(made: Make) -> None:
    held = threading.Event()

    class Stalled(io.StringIO):
        def write(self, text: str) -> int:
            held.wait()
            return len(text)

    face = HomeFace(time.monotonic, screen=False, stream=Stalled())
    face.begin()
    for count in range(1000):
        face.show(made())
        face.say(f"saved {count}")
    assert len(face._said) <= 50
    held.set()
    face.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        time.sleep(0.05)
    pytest.fail("it never came")


def test_missing_extra_is_told_with_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "receiver.ui.homescreen.app", None)
    stream = io.StringIO()
    face = HomeFace(lambda: 0.0, screen=True, stream=stream)
    face.begin()
    for _ in range(100):
        if "pip install" in stream.getvalue():
            break
        time.sleep(0.05)
    face.close()
    assert "pip install 'baksan[ui]'" in stream.getvalue()
