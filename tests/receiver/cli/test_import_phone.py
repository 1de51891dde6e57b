"""`baksan import phone-entries.json`: merged once, whatever else is in the file."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from receiver.cli import run
from receiver.config import Collar, Configuration
from receiver.journal import Journal
from receiver.records import Entry

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "a.journal"
    Journal.create(path, Configuration(observer="A", collars=(Collar(name="Leo"),))).close()
    return path


def entries_in(path: Path) -> list[Entry]:
    with Journal.open(path, readonly=True) as journal:
        return [row for row in journal.rows() if isinstance(row, Entry)]


def entry(what: str, **values: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "what": what, "values": values}


def write(path: Path, *entries: dict[str, Any]) -> Path:
    said = {"baksan_entries": 1, "observer": "B", "entries": entries}
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


def test_merging_twice_changes_nothing(journal: Path, capsys: Capture) -> None:
    heard = entry("heard", word="clear")
    undo = entry("undo", id=heard["id"])
    file = write(journal.with_name("phone-entries.json"), heard, undo, heard)
    assert run(["import", str(file), "--to", str(journal)]) == 0
    assert "2 entries" in capsys.readouterr().err
    first, second = entries_in(journal)
    assert (first.id, first.observer, first.content["collar"]) == (heard["id"], "B", "Leo")
    assert second.content["text"] == "taken back: heard clear, collar Leo"
    assert run(["import", str(file), "--to", str(journal)]) == 0
    assert "0 entries" in capsys.readouterr().err
    assert len(entries_in(journal)) == 2


def test_a_wrong_entry_does_not_stop_the_others(journal: Path, capsys: Capture) -> None:
    file = write(journal.with_name("p.json"), entry("heard", word="loud"), entry("note", text="a"))
    assert run(["import", str(file), "--to", str(journal)]) == 0
    said = capsys.readouterr().err
    assert "entry 1: heard is one of: faint, clear, strong; it is left out" in said
    assert [e.content["kind"] for e in entries_in(journal)] == ["note"]


def test_a_file_of_another_format_is_refused(journal: Path, capsys: Capture) -> None:
    file = journal.with_name("p.json")
    file.write_text('{"baksan_entries": 2, "entries": []}')
    assert run(["import", str(file), "--to", str(journal)]) == 2
    assert "no file of a phone's entries" in capsys.readouterr().err
