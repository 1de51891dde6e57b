"""The rehearsal, from emulated devices to the map, as a new user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import gpxpy
import pytest

from receiver.derive import derive
from receiver.journal import Journal
from receiver.records import Entry, Heard, Source

BAKSAN = str(Path(sys.executable).with_name("baksan"))


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    folder = tmp_path_factory.mktemp("demo")
    begin = time.monotonic()
    done = subprocess.run(
        [BAKSAN, "demo"], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "baksan-demo", done.stderr, time.monotonic() - begin


def test_it_says_that_it_is_a_simulation_and_tells_the_truth(
    rehearsal: tuple[Path, str, float],
) -> None:
    _, told, _ = rehearsal
    assert told.startswith("SIMULATION")
    assert "IT MAY BE AT" in told
    assert "the truth" in told
    assert "saved " in told


def test_every_way_in_was_used(rehearsal: tuple[Path, str, float]) -> None:
    folder, _, _ = rehearsal
    with Journal.open(folder / "search.journal", readonly=True) as journal:
        rows = list(journal.rows())
        configuration = journal.configuration
        assert journal.check() == []
    assert configuration.simulation
    assert {row.source for row in rows if isinstance(row, Source)} == {
        "r8500", "gps", "gateway1", "gateway2"
    }  # fmt: skip
    counts = dict.fromkeys(("r8500", "gps", "gateway1", "gateway2"), 0)
    for row in rows:
        if isinstance(row, Heard):
            counts[row.source] += 1
    assert counts["r8500"] > 300
    assert counts["gps"] > 200
    assert min(counts["gateway1"], counts["gateway2"]) > 20
    assert sum(isinstance(row, Entry) for row in rows) == 2
    derived = derive(rows, configuration)
    assert {o.level_unit for o in derived.observations if o.kind == "level"} == {"dBm", "dBS9"}
    assert {r.packet.details["message"] for r in derived.packets} == {"status", "u-blox fix"}


def test_files_are_there_and_say_that_they_are_made_up(rehearsal: tuple[Path, str, float]) -> None:
    folder, _, _ = rehearsal
    assert (folder / "map.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads((folder / "area.geojson").read_text())["note"] == "SIMULATION"
    assert gpxpy.parse((folder / "walk.gpx").read_text()).name == "SIMULATION"
    done = subprocess.run([BAKSAN, "locate", str(folder / "search.journal")], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.stdout.startswith("SIMULATION")


def test_second_rehearsal_does_not_write_over_the_first_and_an_interrupt_keeps_all(
    tmp_path: Path,
) -> None:
    (tmp_path / "baksan-demo").mkdir()
    process = subprocess.Popen([BAKSAN, "demo"], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    with Journal.open(tmp_path / "baksan-demo-2" / "search.journal") as journal:
        assert journal.check() == []
        assert len(list(journal.rows())) > 10
    assert list((tmp_path / "baksan-demo").iterdir()) == []


def test_folder_that_exists_or_cannot_be_made(tmp_path: Path) -> None:
    for target, words in ((tmp_path, "exists already"), (Path("/proc/x"), "cannot be made")):
        done = subprocess.run([BAKSAN, "demo", "--to", str(target)], capture_output=True, text=True,
                              timeout=30, check=False)  # fmt: skip
        assert (done.returncode, words in done.stderr) == (5, True)


def test_without_the_picture_part_everything_else_is_written(tmp_path: Path) -> None:
    """A `matplotlib` that cannot be imported stands before the real one."""
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('matplotlib')\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen([BAKSAN, "demo", "--to", str(tmp_path / "d")], env=environment,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert "pip install 'baksan[report]'" in told
    assert (tmp_path / "d" / "area.geojson").exists()
    assert not (tmp_path / "d" / "map.png").exists()
