"""`baksan home` and `baksan map`, run for real."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from receiver.journal import Journal
from receiver.records import Entry

BAKSAN = [sys.executable, "-c", "from receiver.cli import main; main()"]


def ran(*arguments: str, folder: Path, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BAKSAN, *arguments], cwd=folder, capture_output=True, text=True,
                          timeout=seconds, check=False)  # fmt: skip


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A rehearsal of three minutes, and what it said."""
    folder = tmp_path_factory.mktemp("rehearsal")
    done = ran("home", "--rehearse", "--speed", "15", "--seconds", "180", "--plain",
               "--sound-to", "heard.wav", "--tone", "both", folder=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done.stderr


def test_rehearsal_tells_a_line_now_and_then_and_says_that_it_is_made_up(
    rehearsed: tuple[Path, str],
) -> None:
    _, said = rehearsed
    lines = [line for line in said.splitlines() if re.match(r"\d\d:\d\d:\d\d; SIMULATION", line)]
    assert len(lines) >= 3
    assert any("r8500" in line for line in lines)


def test_rehearsal_leaves_a_sound_and_a_journal(rehearsed: tuple[Path, str]) -> None:
    folder, _ = rehearsed
    assert (folder / "heard.wav").stat().st_size > 48_000
    with Journal.open(folder / "baksan-rehearsal" / "search.journal", readonly=True) as journal:
        assert journal.check() == []
        assert len(journal) > 100


def test_rehearsal_runs_again_and_writes_nothing(rehearsed: tuple[Path, str]) -> None:
    folder, _ = rehearsed
    path = folder / "baksan-rehearsal" / "search.journal"
    before = path.read_bytes()
    done = ran("home", "--replay", str(path), "--speed", "60", "--plain", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "r8500" in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give SOURCEs to listen to, or --replay, or --rehearse"),
        (("--rehearse", "fixed:43,42"), "give SOURCEs to listen to, or --replay, or --rehearse"),
        (("fixed:43,42",), "--journal says where to save"),
        (("--rehearse", "--sound", "--sound-to", "a.wav"), "one of the two"),
        (("--rehearse", "--tiles", "none.mbtiles"), "none.mbtiles"),
    ],
)
def test_wrong_options_are_told_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = ran("home", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_phone_pairs_with_a_box_and_its_entries_are_rows(tmp_path: Path) -> None:
    """Nobody but the one with the code gets in; HEARD is on the disk before it is confirmed."""
    running = subprocess.Popen(
        [*BAKSAN, "map", "fixed:43,42", "--journal", "s.journal", "--port", "0"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path), "LANG": "C.UTF-8",
             "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    try:
        url, token = _invitation(running)
        with httpx.Client(base_url=url, headers={"X-Baksan": "1", "Origin": url}) as phone:
            assert phone.get("/state").status_code == 401
            paired = phone.post("/pair", json={"token": token, "observer": "Zara"})
            assert paired.status_code == 200, paired.text
            said = {"id": str(uuid.uuid4()), "what": "heard", "values": {"word": "clear"}}
            assert phone.post("/entries", json=said).json()["saved"] is True
            assert phone.post("/entries", json=said).json()["saved"] is True
            state = phone.get("/state").json()
            assert said["id"] in state["saved_ids"]
            assert json.dumps(state, allow_nan=False)
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    with Journal.open(tmp_path / "s.journal", readonly=True) as journal:
        rows = [row for row in journal.rows() if isinstance(row, Entry) and row.id == said["id"]]
    assert [row.observer for row in rows] == ["Zara"]


def _invitation(running: subprocess.Popen[str]) -> tuple[str, str]:
    assert running.stderr is not None
    found: list[re.Match[str]] = []

    def read() -> None:
        assert running.stderr is not None
        for line in running.stderr:
            if match := re.search(r"(http://\S+?)/#(\S+)", line):
                found.append(match)

    threading.Thread(target=read, daemon=True).start()
    deadline = time.monotonic() + 30.0
    while not found and time.monotonic() < deadline:
        time.sleep(0.05)
    return found[0].group(1), found[0].group(2)
