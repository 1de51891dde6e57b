"""A whole rehearsal, from the first beep to contact, in a real terminal and on a real page."""

from __future__ import annotations

import io
import os
import re
import socket
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from receiver.journal import Journal
from receiver.records import Entry

BAKSAN = str(Path(sys.executable).with_name("baksan"))
# A folder for the README's pictures, of a search so slow that nothing on them is old.
PICTURES = os.environ.get("BAKSAN_PICTURES")
SEED, SPEED = 10, 10 if PICTURES else 60  # a short search, in which the leader has to decide
LIMITS_M = (200, 100, 50, 0)
PHONE = (390, 844)
WITHIN_S, LOOK_S, LOOKS = 120.0 * 60 / SPEED, 0.2, 15


def lead(terminal: Any, browser: Any, album: Album) -> int:
    """Watch as the leader does, who lowers the limit at each STOP; return how often he did."""
    end, lowered, stops_on_phone = time.monotonic() + WITHIN_S, 0, 0
    while "SIMULATION: contact" not in (screen := terminal.screen()):
        if time.monotonic() > end:
            pytest.fail(f"no contact; the screen shows:\n{screen}")
        if "LEADER DECIDES" in screen and lowered < len(LIMITS_M):
            assert "\N{DEGREE SIGN}" not in screen  # nobody is led on
            stops_on_phone += any("STOP" in browser.text("#guide") for _ in looks())
            album.keep_stop(terminal, browser)
            terminal.keys(f"p{LIMITS_M[lowered]}\r")
            terminal.keys("leader\r")
            terminal.wait_for("saved: approach limit")
            lowered += 1
        elif "true" in screen:
            album.keep_way(terminal)
        time.sleep(LOOK_S)
    assert stops_on_phone > 0
    return lowered


def looks() -> Iterator[None]:
    """Look again for a while."""
    for _ in range(LOOKS):
        yield
        time.sleep(LOOK_S)


class Album:
    """The README's pictures, where somebody asked for them."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._screens: dict[str, str] = {}

    def keep_way(self, terminal: Any) -> None:
        """Keep the screen by night, once."""
        if self._folder and "home-night" not in self._screens:
            self._screens["home-night"] = terminal.tmux("capture-pane", "-p", "-e", "-N")

    def keep_stop(self, terminal: Any, browser: Any) -> None:
        """Keep the phone and the screen by day at a STOP, once both have been led before."""
        if not self._folder or "home-night" not in self._screens or "home-day" in self._screens:
            return
        terminal.keys("l")
        time.sleep(1.0)
        self._screens["home-day"] = terminal.tmux("capture-pane", "-p", "-e", "-N")
        terminal.keys("l")
        browser.size(PHONE, scale=2)
        browser.driver.save_screenshot(str(self._folder / "phone.png"))

    def draw(self, browser: Any) -> None:
        """Draw what was kept of the terminal."""
        for name, screen in self._screens.items():
            console = Console(record=True, width=80, file=io.StringIO())
            console.print(Text.from_ansi(screen), end="")
            drawn = console.export_svg(title="baksan home --rehearse")
            drawn = re.sub(r"@font-face \{[^}]*\}", "", drawn)  # it would be asked of others
            browser.driver.get("data:image/svg+xml;base64," + b64encode(drawn.encode()).decode())
            (width, height) = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn)[0]
            browser.size((1000, round(1000 * float(height) / float(width))))
            browser.driver.save_screenshot(str(self._folder / f"{name}.png"))


@pytest.mark.peer("tmux")
@pytest.mark.peer("chromium")
def test_from_the_first_beep_to_contact(terminal: Any, browser: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    asked = f"home --rehearse --seed {SEED} --speed {SPEED} --phones --port {port}"
    terminal.run([BAKSAN, *asked.split(), "--journal", "a.journal"], {"HOME": str(tmp_path)})
    shown = terminal.wait_for("any other key: the screen")
    (address,) = re.findall(rf"http://127\.0\.0\.1:{port}/#[\w-]+", shown)
    browser.join(address, "Zaur")
    terminal.keys("x")

    terminal.wait_for("r8500 -")  # the first beep
    terminal.keys("  ")
    terminal.wait_for("saved: heard clear")
    browser.until(lambda: "SIMULATION" in browser.text("#top"))
    browser.press("HEARD", "strong")
    album = Album(Path(PICTURES).absolute() if PICTURES else None)
    lowered = lead(terminal, browser, album)
    assert lowered >= 1

    terminal.keys("qy")
    over = terminal.wait_for("it is over")
    (away_m,) = re.findall(r"the made-up collar was (\d+) m from you", over)
    assert int(away_m) <= 300
    browser.until(lambda: "laptop away" in browser.text("#top"))
    with Journal.open(tmp_path / "a.journal", readonly=True) as journal:
        entries = [row for row in journal.rows() if isinstance(row, Entry)]
        assert journal.check() == []
    kinds = Counter((entry.observer, entry.content["kind"]) for entry in entries)
    assert kinds["A", "approach_limit"] == lowered
    assert kinds["A", "level"] == kinds["Zaur", "level"] == 1
    assert kinds["A", "turn"] >= 2
    album.draw(browser)
