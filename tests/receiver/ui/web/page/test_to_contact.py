"""A whole rehearsal, from the first beep to contact, in a real terminal and on a real page."""

from __future__ import annotations

import re
import socket
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from receiver.journal import Journal
from receiver.records import Entry

BAKSAN = str(Path(sys.executable).with_name("baksan"))
SEED, SPEED = 10, 60  # a short search, in which the leader has to decide several times
LIMITS_M = (200, 100, 50, 0)
WITHIN_S, LOOK_S = 120.0, 0.2


def lead(terminal: Any, browser: Any) -> int:
    """Watch as the leader does, who lowers the limit at each STOP; return how often he did."""
    end, lowered = time.monotonic() + WITHIN_S, 0
    while "SIMULATION: contact" not in (screen := terminal.screen()):
        if time.monotonic() > end:
            pytest.fail(f"no contact; the screen shows:\n{screen}")
        if "LEADER DECIDES" in screen and lowered < len(LIMITS_M):
            assert "\N{DEGREE SIGN}" not in screen  # nobody is led on
            browser.until(lambda: "STOP" in browser.text("#guide"))
            terminal.keys("p")
            terminal.keys(f"{LIMITS_M[lowered]}\r")
            terminal.keys("leader\r")
            terminal.wait_for("saved: approach limit")
            lowered += 1
        time.sleep(LOOK_S)
    return lowered


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
    lowered = lead(terminal, browser)
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
