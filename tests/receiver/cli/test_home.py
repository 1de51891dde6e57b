"""`baksan home`: a rehearsal, its replay, and a real terminal in which a key writes a row."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("textual", reason="the extra [ui] is not installed")

from receiver.cli import run
from receiver.cli.interrupt import is_far
from receiver.journal import Journal
from receiver.records import Entry

BAKSAN = str(Path(sys.executable).with_name("baksan"))
LINE = re.compile(r"^(\d\d):(\d\d):(\d\d); SIMULATION; .*saved (\d+)$")
Capture = pytest.CaptureFixture[str]


def entries(path: Path) -> list[Entry]:
    with Journal.open(path, readonly=True) as journal:
        return [row for row in journal.rows() if isinstance(row, Entry)]


def home(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BAKSAN, "home", *words, "--plain"], cwd=folder, capture_output=True,
                          text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)  # fmt: skip


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A rehearsal of two simulated minutes."""
    folder = tmp_path_factory.mktemp("home")
    done = home(folder, "--rehearse", "--seconds", "120", "--speed", "30", "--journal", "a.journal")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "a fault in looking" not in done.stdout + done.stderr
    return folder / "a.journal", done.stdout + done.stderr


def lines_of(said: str) -> list[re.Match[str]]:
    return [found for line in said.splitlines() if (found := LINE.match(line))]


def test_rehearsal_says_a_line_a_second_and_that_it_is_a_simulation(
    rehearsal: tuple[Path, str],
) -> None:
    path, said = rehearsal
    lines = lines_of(said)
    assert len(lines) >= 2
    assert any("r8500 " in line.string for line in lines)  # it is heard
    assert int(lines[-1][4]) > int(lines[0][4])
    with Journal.open(path, readonly=True) as journal:
        assert journal.configuration.simulation
        assert journal.check() == []


def test_replay_shows_it_again_and_writes_nothing(rehearsal: tuple[Path, str]) -> None:
    path, _ = rehearsal
    before = path.read_bytes()
    done = home(path.parent, "--replay", path.name, "--speed", "60")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = lines_of(done.stdout + done.stderr)
    assert lines
    assert lines[0][1] == "06"  # the hour of the search, not of now
    assert any("r8500 " in line.string for line in lines)
    assert path.read_bytes() == before
    assert "the replay of" in done.stderr


def test_replay_ends_after_the_seconds_asked_for(rehearsal: tuple[Path, str]) -> None:
    path, _ = rehearsal
    begin = time.monotonic()
    done = home(path.parent, "--replay", path.name, "--speed", "0.5", "--seconds", "1")
    assert done.returncode == 0
    assert time.monotonic() - begin < 30.0  # the whole of it would take four minutes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["home"], "give SOURCEs to listen to, or --replay, or --rehearse"),
        (["home", "--rehearse", "fixed:43,42"], "give SOURCEs"),
        (["home", "fixed:43,42"], "--journal says where to save"),
        (["home", "--replay", "no.journal"], "no.journal"),
    ],
)
def test_what_is_asked_wrongly_is_told(words: list[str], said: str, capsys: Capture) -> None:
    assert run(words) == 2
    assert said in capsys.readouterr().err


def test_what_is_odd_in_the_settings_is_told_by_the_face_itself(tmp_path: Path) -> None:
    """Lines above a screen are gone when the screen comes."""
    (tmp_path / "baksan.toml").write_text('obsrver = "B"\nteem = 3\n')
    done = home(tmp_path, "nmea:tcp://127.0.0.1:9", "--journal", "a.journal", "--seconds", "0.5")
    told = [line for line in done.stderr.splitlines() if "unknown key" in line]
    assert len(told) == 1
    assert "unknown key obsrver" in told[0]
    assert told[0].endswith("1 more: baksan collar check")


@pytest.mark.peer("tmux")
def test_keys_write_rows(terminal: Any, tmp_path: Path) -> None:
    terminal.run([BAKSAN, *["home", "--rehearse", "--speed", "10", "--journal", "a.journal"]])
    terminal.wait_for("SPACE HEARD")
    terminal.wait_for("SIMULATION")
    terminal.keys("  ")
    terminal.wait_for("heard clear")
    terminal.keys("!d")
    terminal.wait_for("DANGER")
    terminal.keys("qy")
    terminal.wait_for("it is over")
    kinds = [e.content["kind"] for e in entries(tmp_path / "a.journal") if e.observer == "A"]
    assert "call" in kinds
    assert "level" in kinds


@pytest.mark.peer("tmux")
def test_a_terminal_that_only_writes_lines_takes_keys(terminal: Any, tmp_path: Path) -> None:
    words = ["home", "--rehearse", "--speed", "10", "--journal", "a.journal"]
    terminal.run([BAKSAN, *words], {"TERM": "dumb"})
    terminal.wait_for("SPACE HEARD")
    terminal.keys("  ")
    terminal.wait_for("saved: heard clear")
    terminal.keys("w43.35 42.44\n")
    terminal.wait_for("saved: place")
    terminal.keys("qy")
    terminal.wait_for("for the leader: baksan locate")
    kinds = {row.content["kind"] for row in entries(tmp_path / "a.journal")}
    assert {"guided", "level", "place"} <= kinds  # the made-up searcher turns meanwhile


def test_a_cut_link_ends_no_recording(tmp_path: Path) -> None:
    """Who lost the link to the box on the ridge has not lost what it hears."""
    process = subprocess.Popen(
        [BAKSAN, "home", "--rehearse", "--speed", "10", "--plain", "--journal", "a.journal"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={k: v for k, v in os.environ.items() if k not in ("TMUX", "STY")}
        | {"SSH_CONNECTION": "192.168.1.2 50000 192.168.1.3 22"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert any(LINE.match(line.strip()) for line in process.stderr)
        process.send_signal(signal.SIGHUP)
        process.stderr.close()  # as the terminal is gone, too
        saved = count(tmp_path / "a.journal")
        deadline = time.monotonic() + 20
        while count(tmp_path / "a.journal") <= saved and time.monotonic() < deadline:
            time.sleep(0.2)
        assert process.poll() is None
        assert count(tmp_path / "a.journal") > saved
        process.send_signal(signal.SIGINT)
        process.wait(20)
    finally:
        process.kill()


def count(path: Path) -> int:
    with Journal.open(path, readonly=True) as journal:
        return len(journal)


@pytest.mark.parametrize(
    ("environment", "far"),
    [
        ({"SSH_CONNECTION": "a"}, True),
        ({"SSH_CONNECTION": "a", "TMUX": "/tmp/x"}, False),
        ({"SSH_CONNECTION": "a", "STY": "1.pts"}, False),
        ({}, False),
    ],
)
def test_only_a_link_that_nothing_keeps_open_is_far(environment: dict[str, str], far: bool) -> None:
    assert is_far(environment) is far


def test_the_end_does_not_tell_what_stop_withheld(rehearsal: tuple[Path, str]) -> None:
    """Where an animal may be is asked for by the leader, not printed as everybody goes home."""
    _, said = rehearsal
    assert "MAY BE AT" not in said
    assert said.count("baksan locate") == 1
