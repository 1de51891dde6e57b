"""`baksan export`: coarse by default, exact only by hand, every file written down."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from protocols import Packet
from receiver.cli import run
from receiver.cli.export_command import _heard
from receiver.collected import Read
from receiver.config import Collar, Configuration
from receiver.journal import Journal
from receiver.records import EXPORT, Entry

Capture = pytest.CaptureFixture[str]
HEADS = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier\n"


@pytest.fixture
def journal(tmp_path: Path, capsys: Capture) -> Path:
    rows = [
        f"2026-11-24 12:{i}:00,42.5134567,43.25{i}1234,gps,{81267 + i % 2}\n" for i in range(10, 20)
    ]
    (tmp_path / "gps.csv").write_text(HEADS + "".join(rows))
    (tmp_path / "baksan.toml").write_text(
        '[collars.Baksan]\nids = ["81267"]\nfrequency_hz = 150340000\n'
    )
    path = tmp_path / "search.journal"
    assert run(["import", str(tmp_path / "gps.csv"), "--to", str(path)]) == 0
    capsys.readouterr()
    return path


def exports(journal: Path) -> list[dict[str, object]]:
    with Journal.open(journal, readonly=True) as opened:
        entries = [row for row in opened.rows() if isinstance(row, Entry)]
    return [e.content for e in entries if e.content.get("kind") == EXPORT]


def typed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *words, **how: name)


@pytest.mark.parametrize("suffix", ["csv", "gpx", "kml", "geojson", "CSV"])
def test_coarse_without_a_word(journal: Path, suffix: str, capsys: Capture) -> None:
    out = journal.with_name(f"out.{suffix}")
    assert run(["export", str(journal), "--to", str(out)]) == 0
    text = out.read_text()
    assert "43.25" not in text
    assert "42.5134" not in text
    assert "150340000" not in text
    assert "10 km grid" in text
    (entry,) = exports(journal)
    assert (entry["precision"], entry["recipient"], entry["rows"]) == ("10km", "", 10)
    assert entry["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert "10 rows, 10 with a position" in capsys.readouterr().err


def test_exact_asks_and_writes_down_who(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = journal.with_name("out.geojson")
    typed(monkeypatch, " Team leader ")
    assert run(["export", str(journal), "--to", str(out), "--precision", "exact"]) == 0
    found = json.loads(out.read_text())
    assert found["features"][0]["geometry"]["coordinates"] == [42.5134567, 43.2510123]
    assert found["features"][0]["properties"]["frequency_hz"] == 150340000
    assert "for Team leader" in found["note"]
    assert exports(journal)[0]["recipient"] == "Team leader"


def test_exact_is_refused_without_anybody_to_ask(journal: Path, capsys: Capture) -> None:
    out = journal.with_name("out.csv")
    words = ["export", str(journal), "--to", str(out), "--precision", "exact", "--recipient", "me"]
    assert run(words) == 2
    assert "by hand" in capsys.readouterr().err
    assert not out.exists()
    assert exports(journal) == []


def test_exact_without_a_name_writes_nothing(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = journal.with_name("out.csv")
    typed(monkeypatch, "  ")
    assert run(["export", str(journal), "--to", str(out), "--precision", "exact"]) == 2
    assert not out.exists()
    assert exports(journal) == []


def test_one_collar_by_name_or_id(journal: Path) -> None:
    out = journal.with_name("out.csv")
    for name in ("Baksan", "81267"):
        assert run(["export", str(journal), "--to", str(out), "--collar", name]) == 0
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert {row["individual-local-identifier"] for row in rows} == {"Baksan"}
        assert len(rows) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--to", "out.shp"], ".gpkg"), (["--to", "out.gpx", "--precision", "none"], "empty"),
     (["--to", "out.csv", "--collar", "Volna"], "no positions of Volna")],
)  # fmt: skip
def test_wrong_words_are_one_line(
    journal: Path, words: list[str], said: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(journal.parent)
    assert run(["export", str(journal), *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert exports(journal) == []


def test_log_of_exports_is_no_evidence_and_no_note(journal: Path, capsys: Capture) -> None:
    assert run(["export", str(journal), "--to", str(journal.with_name("out.csv"))]) == 0
    assert run(["replay", str(journal), "--jsonl"]) == 0
    said = capsys.readouterr()
    assert "cannot be understood" not in said.out + said.err
    with Journal.open(journal, readonly=True) as opened:
        assert opened.check() == []


def test_journal_without_positions(tmp_path: Path, capsys: Capture) -> None:
    Journal.create(tmp_path / "a.journal", Configuration()).close()
    assert run(["export", str(tmp_path / "a.journal"), "--to", str(tmp_path / "a.csv")]) == 2
    assert "baksan import" in capsys.readouterr().err


def test_packets_that_were_heard_are_told_under_the_name_of_their_collar() -> None:
    packet = Packet(protocol="x", device_id="0AFF", latitude_deg=43.2, longitude_deg=42.5,
                    position_status="ok")  # fmt: skip
    read = Read(detection_id="d", time=datetime(2026, 11, 24, tzinfo=UTC), packet=packet)
    follower = SimpleNamespace(
        result=lambda: SimpleNamespace(packets=[read]),
        configuration=Configuration(collars=(Collar(name="Volna", ids=("aff",)),)),
    )
    (fix,) = _heard(follower)
    assert (fix.collar, fix.device_id, fix.latitude_deg) == ("Volna", "0AFF", 43.2)
