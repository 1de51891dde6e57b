"""`baksan import` of makers' files: what is said, counted and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from receiver.cli import run
from receiver.journal import Journal

HEADS = "timestamp,location-long,location-lat,sensor-type,tag-local-identifier\n"
GOOD = "2026-11-24 12:30:00,42.5,43.25,gps,81267\n"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gps.csv"
    nowhere = GOOD.replace("12:30", "12:31").replace("42.5", "0").replace("43.25", "0")
    path.write_text(HEADS + GOOD + GOOD + nowhere + "noon,42.5,43.25,gps,81267\n")
    return path


def test_import_says_what_it_found(file: Path, capsys: Capture) -> None:
    out = file.with_name("search.journal")
    file.with_name("baksan.toml").write_text('[collars.Baksan]\nids = ["081267"]\n')
    assert run(["import", str(file), "--to", str(out)]) == 0
    said = capsys.readouterr().err
    assert "4 rows: 1 positions, 0 positions not to be trusted, 1 contacts without a" in said
    assert "1 told twice, 1 refused" in said
    assert "refused line 5: 'noon' is no date" in said
    assert "81267 is Baksan: 1 positions, last 2026-11-24 12:30 UTC" in said
    assert "2 of it new" in said
    assert run(["import", str(file), "--to", str(out)]) == 0
    assert "in it already; nothing was added" in capsys.readouterr().err


def test_json_has_every_refused_row(file: Path, capsys: Capture) -> None:
    out = file.with_name("search.journal")
    assert run(["import", str(file), "--to", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["duplicates"], said["new"], said["added"]) == (4, 1, 2, True)
    assert said["refused"][0]["text"] == "noon,42.5,43.25,gps,81267"
    assert said["collars"][0]["last_contact"] == "2026-11-24 12:31 UTC"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (HEADS + GOOD, ["--to", "out.csv"], "goes into a journal"),
        (HEADS + GOOD, ["--utc-offset", "3"], "+03:00"),
        (HEADS + GOOD, ["--utc-offset", "+03:00"], "leave out"),
        (HEADS + "noon,1,1,gps,1\n", [], "no usable row"),
        (HEADS, [], "none below its headings"),
        ("a,b\n1,2\n", [], "Movebank"),
        ("#fileTypeRecord,fileType\n", [], "TDC"),
        (HEADS + GOOD.replace("2026-11-24", "5/3/2026"), [], "--dates"),
    ],
)
def test_wrong_file_is_one_line_and_nothing_is_added(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    options: list[str],
    words: str,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("given.csv").write_text(text)
    options = options if "--to" in options else [*options, "--to", "new.journal"]
    assert run(["import", "given.csv", *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1
    assert not Path("new.journal").exists()


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "gps.csv"
    path.write_text(
        HEADS + GOOD.replace("81267", "\x1b[2J\x1b]0;x\x07") + "\x1b[31mnoon,1,1,gps,1\n"
    )
    assert run(["import", str(path), "--to", str(tmp_path / "a.journal")]) == 0
    assert "\x1b" not in capsys.readouterr().err


def test_times_in_the_future_are_said(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "gps.csv"
    path.write_text(HEADS + GOOD.replace("2026", "2190"))
    assert run(["import", str(path), "--to", str(tmp_path / "a.journal")]) == 0
    assert "1 times lie in the future" in capsys.readouterr().err


def test_what_was_imported_does_not_disturb_the_search(tmp_path: Path, capsys: Capture) -> None:
    path, out = tmp_path / "gps.csv", tmp_path / "a.journal"
    path.write_text(HEADS + GOOD)
    assert run(["import", str(path), "--to", str(out)]) == 0
    assert run(["replay", str(out), "--json"]) == 0  # its last place, as locate gives it
    said = capsys.readouterr().err
    assert "not known" not in said
    assert "the history of 81267 counts" in said
    with Journal.open(out, readonly=True) as journal:
        assert journal.check() == []


@pytest.mark.shared
def test_real_files_into_one_journal(shared: Path, tmp_path: Path, capsys: Capture) -> None:
    out, folder = tmp_path / "a.journal", shared / "data/telonics"
    for name in ("telonics_gen3_77267_vendor_24hr.csv", "Gen34moose08-09-2-12.TXT"):
        assert run(["import", str(folder / name), "--to", str(out)]) == 0
    capsys.readouterr()
    assert run(["import", str(folder / "telonics_gen4_37780.aws"), "--to", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 55
