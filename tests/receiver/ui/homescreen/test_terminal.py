"""The homing screen in a real terminal: what is drawn, that keys work, and what is left behind."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import sys, time
sys.path.insert(0, {folder!r})
from conftest import CASES, made_snapshot
from receiver.clock import SystemClock
from receiver.ui.homescreen.face import homescreen
from receiver.ui.homing_keys import actions
from receiver.ui.keys import Deeds, Keys

ended = []
nothing = lambda *args: None
with homescreen(time.monotonic, lines={lines}) as (face, start):
    other = lambda done: face.change_light() if done.what == "light" else face.say(repr(done))
    start(Keys(Deeds(submit=nothing, keep=nothing, saved=lambda s: True, own_radio=nothing,
                     end=lambda: ended.append(1), place=nothing, maybe=lambda: "", play=nothing,
                     say=face.say, prompt=nothing, other=other),
               SystemClock(), "A", ["r30"], None, actions))
    while not ended:
        face.show(made_snapshot(**CASES[{case!r}]))
        time.sleep(0.1)
"""
XTERM = {"TERM": "xterm-256color"}


def run(terminal: Any, case: str, environment: dict[str, str], lines: bool = False) -> None:
    program = PROGRAM.format(folder=str(Path(__file__).parent), case=case, lines=lines)
    terminal.run([sys.executable, "-c", program], environment)


@pytest.mark.peer("tmux")
def test_keys_day_night_and_the_end(terminal: Any) -> None:
    run(terminal, "usual", {**XTERM, "COLORTERM": ""})
    screen = terminal.wait_for("SPACE HEARD")
    assert "052° ±12° true" in screen
    assert "██████" in screen
    assert terminal.colours() <= {"0", "1", "9", "38", "48", "5", "16", "52", "88", "124", "160",
                                  "196"}  # fmt: skip
    terminal.keys(" ")
    terminal.wait_for("HEARD: SPACE clear")
    terminal.keys(" ")
    terminal.wait_for("saved: heard clear")
    terminal.keys("!d")
    terminal.wait_for("saved: called: danger")
    terminal.keys("l")
    time.sleep(0.5)
    assert "231" in terminal.colours()
    terminal.keys("qy")
    screen = terminal.wait_for("it is over")
    assert "HEARD" not in screen  # the terminal is as it was


@pytest.mark.peer("tmux")
@pytest.mark.parametrize(
    "environment", [{"TERM": "vt100"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}]
)
def test_stop_without_any_colour(terminal: Any, environment: dict[str, str]) -> None:
    run(terminal, "worst", environment)
    screen = terminal.wait_for("SPACE HEARD")
    assert "LEADER DECIDES" in screen
    assert "OLD 31 s" in screen
    assert "°" not in screen
    assert terminal.colours() <= {"", "0", "1", "7", "9", "39", "49"}


@pytest.mark.peer("tmux")
def test_a_smaller_window_is_followed(terminal: Any) -> None:
    run(terminal, "usual", XTERM)
    terminal.wait_for("SPACE HEARD")
    terminal.tmux("resize-window", "-x", "60", "-y", "18")
    time.sleep(1.5)
    screen = terminal.tmux("capture-pane", "-p")
    assert "SPACE HEARD" in screen
    assert "052°" in screen
    assert len(screen.splitlines()) == 18


@pytest.mark.peer("tmux")
def test_lines_with_keys(terminal: Any) -> None:
    run(terminal, "usual", XTERM, lines=True)
    terminal.wait_for("the collar is that way (the last two")
    terminal.keys("b")
    terminal.wait_for("bearing, degrees")
    terminal.keys("\x1bqy")
    terminal.wait_for("it is over")
