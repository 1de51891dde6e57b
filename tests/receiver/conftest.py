"""A real terminal for the tests that need one."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

WAIT_S = 30.0  # on a computer that does much else; what is there is seen at once
COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
OVER = "it is over"


class Terminal:
    """A tmux session of 80 by 24 of its own."""

    def __init__(self, program: str, folder: Path, root: Path) -> None:
        self._command = [program, "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._folder, self._root = folder, root

    def tmux(self, *words: str) -> str:
        done = subprocess.run([*self._command, *words], capture_output=True, text=True, timeout=20,
                              check=False)  # fmt: skip
        return done.stdout

    def run(self, words: list[str], environment: Mapping[str, str] = {}) -> None:
        """Begin a command here; `it is over` comes behind it."""
        named = {"PYTHONPATH": str(self._root), "BAKSAN_LANGUAGE": "en", **environment}
        said = shlex.join(["env", *(f"{name}={value}" for name, value in named.items()), *words])
        command = f"cd {shlex.quote(str(self._folder))}; {said}; echo {OVER}; sleep 60"
        self.tmux("new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", command)

    def keys(self, text: str) -> None:
        for letter in text:
            self.tmux("send-keys", "-l", "--", letter)

    def screen(self) -> str:
        """Return what is to be read now."""
        return self.tmux("capture-pane", "-p")

    def wait_for(self, text: str) -> str:
        """Return the screen once it has this text."""
        end = time.monotonic() + WAIT_S
        while text not in (screen := self.screen()):
            if time.monotonic() > end:
                pytest.fail(f"no {text!r} on:\n{screen}")
            time.sleep(0.1)
        return screen

    def colours(self) -> set[str]:
        """Return every part of every style on the screen."""
        found = COLOUR.findall(self.tmux("capture-pane", "-p", "-e"))
        return {part for style in found for part in style.split(";")}


@pytest.fixture
def terminal(peer: Callable[[str], str], tmp_path: Path, root: Path) -> Iterator[Terminal]:
    """A terminal in the folder of the test."""
    terminal = Terminal(peer("tmux"), tmp_path, root)
    yield terminal
    terminal.tmux("kill-server")
