"""Bad input to every command: one clear line, the documented exit code, no traceback."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.config import Configuration
from receiver.journal import Journal

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


@contextmanager
def without_rights() -> Iterator[None]:
    """Root may read everything: be nobody for a while. Modules must have been imported before."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("command", READING)
def test_file_without_permission_is_named(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given"
    words = words_of(READING[command], path, tmp_path / "out.csv")
    run(words)  # imports everything
    path.write_text("x")
    path.chmod(0)
    capfd.readouterr()
    with without_rights():
        code = run(words)
    assert (code, "Permission denied" in capfd.readouterr().err) == (2, True)


WRITING = {
    "png": ["locate", "FILE", "--png", "OUT"],
    "geojson": ["locate", "FILE", "--geojson", "OUT"],
    "gpx": ["locate", "FILE", "--gpx", "OUT"],
    "simulate": ["simulate", "--minutes", "1", "--to", "OUT"],
    "import": ["import", "FILE", "--to", "OUT"],
}
TABLE = "kind,lat,lon,latitude_deg,longitude_deg,bearing_deg\nbearing,43,42,43,42,90\n"


@pytest.mark.parametrize("command", WRITING)
@pytest.mark.parametrize("place", ["full", "folder", "missing"])
def test_where_nothing_can_be_written_is_code_five(
    command: str,
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    given, out = tmp_path / "given.csv", tmp_path / "out"
    given.write_text(TABLE)
    if place == "full":
        monkeypatch.setattr(os, "fsync", _disk_is_full)
    elif place == "folder":
        out.mkdir()
    else:
        out = tmp_path / "no" / "such" / "out"
    code = run(words_of(WRITING[command], given, out))
    error = capfd.readouterr().err.strip().splitlines()[-1]
    assert (code, error.startswith("baksan: ")) == (5, True)
    assert str(out) in error
    assert not out.is_file()


def _disk_is_full(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_disk_that_fills_up_while_listening_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    """A limit on the size of files is what a full disk is to SQLite: the commit fails."""
    journal = tmp_path / "search.journal"
    code = "import time\nwhile True: print(10**2000, flush=True); time.sleep(0.005)"
    source = f"nmea:pipe:{sys.executable} -c '{code}'"
    baksan = "from receiver import cli, recording; recording.FINISH_S = 2.0; cli.main()"
    words = ["listen", source, "--journal", str(journal)]
    script = 'ulimit -f 400; exec "$@"'
    command = ["bash", "-c", script, "bash", sys.executable, "-c", baksan, *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert "Traceback" not in error
    assert process.returncode in (5, 130), error
    assert "look out" in error or "not saved" in error or "could not be saved" in error
    with Journal.open(journal, readonly=True) as opened:
        assert len(list(opened.rows())) > 0
        assert opened.check() == []


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


ADDING = {
    "note": ["note", "text", "tracks", "--journal", "FILE"],
    "listen": ["listen", "fixed:43,42", "--journal", "FILE", "--seconds", "0.5"],
    "merge": ["import", "OUT", "--to", "FILE"],
}


@pytest.mark.parametrize("command", ADDING)
@pytest.mark.parametrize("fault", [fault for fault in SPOILT if fault != "missing"])
def test_what_is_no_journal_is_not_written_into(
    command: str, fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs.journal"
    Journal.create(theirs, Configuration()).close()
    path = tmp_path / "given.journal"
    SPOILT[fault](path)
    before = path.read_bytes() if path.is_file() else None
    code = run(words_of(ADDING[command], path, theirs))
    error = capfd.readouterr().err.strip().splitlines()[-1]
    assert code in (2, 4, 5), error
    assert error.startswith("baksan: ")
    assert path.name in error
    assert (path.read_bytes() if path.is_file() else None) == before
