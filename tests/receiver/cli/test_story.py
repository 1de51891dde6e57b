"""`baksan story`: which collar is meant, what is kept, and what `locate` makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.journal import Journal

Capture = pytest.CaptureFixture[str]
HEADS = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier,tag-voltage\n"
SHEETS = """
[collars.Baksan]
ids = ["081267"]
[collars.Terek]
ids = ["081268", "77"]
[collars.Kuban]
ids = ["77"]
"""


def history(device: str, days: int, east: float = 42.0) -> str:
    begin = datetime.now(UTC) - timedelta(days=days + 30)
    rows = []
    for hour in range(0, 24 * days, 6):
        time = begin + timedelta(hours=hour)
        place = f"{east + 0.004 * (hour % 30) / 6:.5f},{43.25 + 0.003 * (hour % 42) / 6:.5f}"
        rows.append(f"{time:%Y-%m-%d %H:%M:%S},{place},gps,{device},3600\n")
    return "".join(rows)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "gps.csv").write_text(HEADS + history("81267", 40) + history("555", 10, east=44.0))
    (tmp_path / "baksan.toml").write_text(SHEETS)
    monkeypatch.chdir(tmp_path)
    assert run(["import", "gps.csv", "--to", "search.journal"]) == 0
    return tmp_path / "search.journal"


@pytest.mark.parametrize("identity", ["Baksan", "baksan", "81267", "081267"])
def test_name_and_ids_mean_the_same_collar(journal: Path, identity: str, capsys: Capture) -> None:
    assert run(["story", identity]) == 0
    text = capsys.readouterr().out
    assert "collar Baksan (id 81267): 160 rows, 160 positions" in text
    assert "SILENT        for 30 days" in text
    assert "it spoke about every 6.0 hours" in text
    assert "None of its 159 gaps before was as long" in text.replace("\n              ", " ")
    assert "Tell the wildlife inspector first" in text


def test_an_id_without_a_sheet_is_a_collar_too(journal: Path, capsys: Capture) -> None:
    assert run(["story", "555", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["collar"], said["rows"], said["device_ids"]) == ("555", 40, ["555"])
    assert said["battery"]["last"] == 3.6
    assert said["causes"][0]["weight"] == int(said["causes"][0]["weight"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["story", "Elbrus"], "no collar 'Elbrus' in search.journal: there are: 555, Baksan ("),
        (["story", "77"], "'77' fits several collars: Kuban, Terek"),
        (["story", "Kuban"], "no history of Kuban; there are: 555, Baksan (81267)"),
        (["story", "Baksan", "-j", "none.journal"], "none.journal: no such journal"),
        (["story", "Baksan", "--answer", "sisters"], "as in sisters=yes"),
        (["story", "Baksan", "--weight", "poaching=x"], "as in poaching=30"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    journal: Path, arguments: list[str], words: str, capsys: Capture
) -> None:
    capsys.readouterr()
    assert run(arguments) == 2
    assert words in capsys.readouterr().err
    with Journal.open(journal, readonly=True) as found:
        assert not [row for row in found.rows() if "question" in getattr(row, "content", {})]


def test_a_journal_without_a_history_says_how_to_add_one(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "empty.journal"
    assert run(["note", "text", "hello", "-j", str(path)]) == 0
    assert run(["story", "Baksan", "-j", str(path)]) == 2
    assert "baksan import FILE --to" in capsys.readouterr().err


def test_answers_are_kept_replaced_and_taken_back(journal: Path, capsys: Capture) -> None:
    def answers() -> dict[str, str | None]:
        capsys.readouterr()
        assert run(["story", "Baksan", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        own = {one["key"]: one["weight"] for one in said["causes"] if one["by_leader"]}
        return {**{q["key"]: q["answer"] for q in said["questions"] if q["answer"]}, **own}

    assert run(["story", "Baksan", "--answer", "sisters=yes", "--weight", "poaching=30"]) == 0
    said = capsys.readouterr()
    assert "sisters: yes, collar Baksan" in said.err
    assert "30 (leader): a person" in said.out
    assert answers() == {"sisters": "yes", "poaching": 30}
    assert run(["story", "81267", "--answer", "sisters=no"]) == 0
    assert answers() == {"sisters": "no", "poaching": 30}
    assert run(["note", "undo"]) == 0
    assert answers() == {"sisters": "yes", "poaching": 30}
    assert run(["story", "555"]) == 0
    assert "answered" not in capsys.readouterr().out


def test_picture_is_written(journal: Path, capsys: Capture) -> None:
    assert run(["story", "Baksan", "--png", "story.png"]) == 0
    assert (journal.parent / "story.png").read_bytes()[:4] == b"\x89PNG"


# --- locate -------------------------------------------------------------------------------------


def located(capsys: Capture, *options: str) -> dict[str, object]:
    capsys.readouterr()
    run(["locate", "search.journal", "--json", *options])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_locate_begins_at_the_last_place_and_spreads_it(journal: Path, capsys: Capture) -> None:
    found = located(capsys, "--collar", "Baksan")
    assert found["reason"] is None
    assert found["counts"]["positions"] == 1  # type: ignore[index]
    assert abs(float(str(found["time"])[:4]) - datetime.now(UTC).year) <= 1
    assert found["regions"]["50"]["area_m2"] > 50e6  # type: ignore[index]
    assert 0.2 < float(str(found["inaudible_probability"])) < 0.8
    still = located(capsys, "--collar", "Baksan", "--still")
    assert still["regions"]["50"]["area_m2"] < 1e4  # type: ignore[index]


def test_answers_reach_locate_and_are_no_evidence_of_their_own(
    journal: Path, capsys: Capture
) -> None:
    assert run(["story", "Baksan", "--answer", "beacon=no"]) == 0
    assert located(capsys, "--collar", "Baksan")["inaudible_probability"] == 0.95
    assert run(["locate", "search.journal"]) == 0
    assert "cannot be understood" not in capsys.readouterr().out


def test_locate_without_a_name_asks_only_where_it_must(journal: Path, capsys: Capture) -> None:
    assert run(["locate", "search.journal"]) == 0
    assert "the history of Baksan counts" in capsys.readouterr().out
    (journal.parent / "baksan.toml").unlink()
    (journal.parent / "two.csv").write_text(HEADS + history("1", 10) + history("2", 10))
    assert run(["import", "two.csv", "--to", "two.journal"]) == 0
    assert run(["locate", "two.journal"]) == 1
    assert "which collar? two.journal: there are: 1, 2" in capsys.readouterr().out
