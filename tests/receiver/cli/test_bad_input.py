"""Bad input to every command: one clear line, the documented exit code, no traceback."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from receiver.cli import run

Spoil = Callable[[Path], None]
SPOILT: dict[str, Spoil] = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b"") and None,
    "directory": lambda path: path.mkdir(),
    "junk": lambda path: path.write_bytes(random.Random(1).randbytes(5000)) and None,
    "zeros": lambda path: path.write_bytes(bytes(4096)) and None,
    "text": lambda path: path.write_text("this is not what you want\n" * 50) and None,
    "html": lambda path: path.write_text("<html><body>404</body></html>") and None,
    "half json": lambda path: path.write_text('{"rxpk":[{"data":') and None,
}
READING = {
    "decode": ["decode", "--file", "FILE"],
    "locate": ["locate", "FILE"],
    "replay": ["replay", "FILE"],
    "import": ["import", "FILE", "--to", "OUT"],
    "collar": ["collar", "check", "FILE"],
}
DOCUMENTED = {1, 2, 3, 4, 5}


def words_of(template: list[str], path: Path, out: Path) -> list[str]:
    return [{"FILE": str(path), "OUT": str(out)}.get(word, word) for word in template]


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("fault", SPOILT)
def test_spoilt_file_gives_one_line_and_a_documented_code(
    command: str, fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given"
    SPOILT[fault](path)
    code = run(words_of(READING[command], path, tmp_path / "out.csv"))
    error = capfd.readouterr().err
    if (command, fault) == ("collar", "empty"):  # an empty settings file is a valid one
        return
    assert code in DOCUMENTED, error
    assert "Traceback" not in error
    assert error.strip().splitlines()[-1].startswith("baksan: ")
    assert str(path) in error or path.name in error


@pytest.mark.parametrize("command", READING)
def test_file_without_permission_is_named(command: str, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "given"
    path.write_text("x")
    path.chmod(0)
    assert run(words_of(READING[command], path, tmp_path / "out.csv")) == 2


@pytest.mark.parametrize("words", [["nosuch"], ["--nosuch"], ["decode", "--nosuch"], ["note"]])
def test_wrong_usage_is_code_two(words: list[str]) -> None:
    assert run(words) == 2


def test_reader_that_goes_away_is_no_error() -> None:
    baksan = Path(sys.executable).with_name("baksan")
    command = f"{baksan} protocols | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_interrupt_ends_listening_with_130_and_a_saved_journal(tmp_path: Path) -> None:
    journal = tmp_path / "search.journal"
    baksan = str(Path(sys.executable).with_name("baksan"))
    command = [baksan, "listen", "fixed:43.35,42.44", "--journal", str(journal)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 20
    while not journal.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in error
    assert run(["replay", str(journal)]) in (0, 1)
