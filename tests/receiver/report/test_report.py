"""`baksan report`: what it says, and above all what it does not."""

from __future__ import annotations

import hashlib
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from receiver.cli import run
from receiver.config import Configuration
from receiver.export.sharing import PRECISIONS, edges, snap
from receiver.journal import Journal
from receiver.records import EXPORT, Entry, Place, jsonable
from receiver.report.audience import told
from receiver.report.facts import Facts, metres_walked, seconds_out
from receiver.report.page import page
from receiver.report.public import items, public, withheld
from receiver.report.sections import public_report, report

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)

Capture = pytest.CaptureFixture[str]
COARSE = [(audience, precision) for audience in ("ministry", "partner")
          for precision in ("10km", "none")]  # fmt: skip


def numbers(value: Any) -> Iterator[float]:
    """Yield every number anywhere in a record."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def degrees(found: Facts) -> set[str]:
    """Return every position of a search, to 3 decimals, rounded and cut."""
    records = jsonable([found.observations, found.walk, found.answer.regions, found.answer.map,
                        found.answer.latitude_deg, found.answer.longitude_deg])  # fmt: skip
    known = [n for n in numbers(records) if 42.0 < n < 44.0 and n != round(n, 2)]
    assert len(known) > 100
    return {f"{n:.3f}" for n in known} | {f"{int(n * 1000) / 1000:.3f}" for n in known}


def leaks(text: str, found: Facts, texts: Iterable[str]) -> list[str]:
    times = {f"{o.time.astimezone():%H:%M}" for o in found.observations}
    wanted = (*degrees(found), *texts, *(time for time in times if not time.endswith(":00")))
    return [word for word in wanted if word in text]


@pytest.mark.parametrize(("audience", "precision"), COARSE)
def test_coarse_report_tells_nothing_exact(made: Any, audience: Any, precision: str) -> None:
    found = made.facts()
    html = page(report(told(found, audience, PRECISIONS[precision], "Recipient"))).decode()
    assert leaks(html, found, made.texts) == []
    assert re.findall(r"\d\.\d{3,}", html) == []
    assert "Agunda" in html
    assert ("<figure>" in html) == (precision == "10km")
    assert ("Ranger B" in html and "17-2026" in html) == (audience == "ministry")


def test_kilometre_grid_tells_three_decimals_of_its_own(made: Any) -> None:
    found = made.facts()
    html = page(report(told(found, "ministry", PRECISIONS["1km"], "R"))).decode()
    told_of = {
        tuple(f"{n:.3f}" for n in snap(here[0], here[1], 0.009)) for here in made.places[:10]
    }
    assert told_of <= set(re.findall(r"(\d\d\.\d{3}) N (\d\d\.\d{3}) E", html))
    assert re.findall(r"\d\.\d{4,}", html) == []
    assert [text for text in made.texts if text in html] == []


def test_cell_of_a_small_search_area_is_that_of_its_middle(made: Any) -> None:
    found = made.facts()
    chart = told(found, "ministry", PRECISIONS["10km"], "R").chart
    assert chart is not None
    marked = [cell for cell in chart.cells if cell.in_area]
    answer = found.answer
    assert answer.latitude_deg is not None
    assert answer.longitude_deg is not None
    own = edges(answer.latitude_deg, answer.longitude_deg, 0.09)
    assert own in [(c.south, c.west, c.north, c.east) for c in marked]
    assert (len(marked) == 1) == (answer.regions["95"]["area_m2"] < (0.09 * 111_195.0) ** 2)
    assert not any((chart.heard, chart.silent, chart.rings, chart.rays, chart.best))


def test_cells_of_a_large_search_area_have_no_hole_where_it_has_none(made: Any) -> None:
    found = made.facts()
    square = [[42.0, 43.0], [43.0, 43.0], [43.0, 44.0], [42.0, 44.0], [42.0, 43.0]]
    hole = [[42.4, 43.4], [42.6, 43.4], [42.6, 43.6], [42.4, 43.6], [42.4, 43.4]]
    region = {"area_m2": 9e9, "geometry": {"coordinates": [[square, hole]]}}
    answer = replace(found.answer, latitude_deg=43.2, longitude_deg=42.5,
                     regions={"95": region, "50": region})  # fmt: skip
    alone = replace(found, answer=answer, observations=())
    chart = told(alone, "ministry", PRECISIONS["10km"], "R").chart
    assert chart is not None
    for latitude, longitude in ((43.2, 42.2), (43.8, 42.8), (43.3, 42.5), (43.7, 42.5)):
        assert any(c.south <= latitude <= c.north and c.west <= longitude <= c.east
                   for c in chart.cells), (latitude, longitude)  # fmt: skip
    assert not any(c.south <= 43.5 <= c.north and c.west <= 42.5 <= c.east for c in chart.cells)


def test_what_does_not_count_is_told_all_the_same(made: Any) -> None:
    kinds = Counter(o.kind for o in made.facts().observations)
    assert kinds == {"level": 6, "bearing": 3, "silence": 3, "sighting": 1}


def test_what_can_be_ticked_is_named_as_it_is_typed_in_any_language(
    made: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recorded case: --include understood none of the names that the Russian list showed."""
    run(["--language", "ru", "report", str(made.path), "--for", "public", "--include", "год"])
    listed, _, refused = capsys.readouterr().err.partition("baksan: ")
    shown = re.findall(r"^  (\S+) +\S.*: ", listed.partition("отметите")[2], re.MULTILINE)
    known = {item.name for item in items(made.facts())}
    assert set(shown) == known
    assert all(name in refused for name in known)


def test_silences_that_prove_nothing_are_told_as_such_and_not_drawn(made: Any) -> None:
    """The made-up team tested no receiver: a ministry must not read that nothing is there."""
    found = made.facts()
    for precision in ("10km", "exact"):
        said = told(found, "ministry", PRECISIONS[precision], "R")
        assert (sum(s.silent for s in said.stays), sum(s.unproven for s in said.stays)) == (3, 3)
        assert said.chart is not None
        assert not said.chart.silent
        assert not any(cell.silent for cell in said.chart.cells)
        assert "Of these 3 prove nothing" in page(report(said)).decode()


def test_every_text_is_escaped_in_an_exact_report(made: Any) -> None:
    found = made.facts()
    html = page(report(told(found, "ministry", PRECISIONS["exact"], made.hostile))).decode()
    assert "Kogutai" in html
    assert "150.3432 MHz" in html
    assert f"{made.places[0][0]:.5f}" in html
    for tag in ("<script", "<img", "<b>"):
        assert tag not in html


def test_public_report_tells_only_what_was_ticked(made: Any) -> None:
    found = made.facts()
    nothing = page(public_report(public(found, (), "public"))).decode()
    ticked = {item.name for item in items(found)}
    everything = page(public_report(public(found, ticked, "all"))).decode()
    for html in (nothing, everything):
        assert leaks(html, found, made.texts) == []
        assert "<figure>" not in html
        assert re.findall(r"\d{4}-\d\d-\d\d|Ranger [BC]|Leader L|17-2026", html) == []
    assert "Agunda" not in nothing
    assert "2026" not in nothing
    assert "2026-11" in everything
    assert "Rangers &lt;b&gt;" in everything


def test_what_is_withheld_is_listed(made: Any) -> None:
    listed = {one.title: one for one in withheld(made.facts())}
    assert listed["frequencies"].examples == ("150.3432 MHz",)
    assert listed["exact dates"].examples == ("2026-11-24",)
    assert listed["points of the track"].count == 2 * len(made.places)  # RMC and GGA
    assert listed["notes and other texts, which may name places"].count == 2
    assert "search area and its map" in listed


def place(seconds: float, latitude_deg: float, longitude_deg: float = 42.0) -> Place:
    return Place(time=T0 + timedelta(seconds=seconds), latitude_deg=latitude_deg,
                 longitude_deg=longitude_deg)  # fmt: skip


def test_hours_and_kilometres() -> None:
    times = [T0 + timedelta(seconds=s) for s in (0, 600, 1200, 9000, 9300)]
    assert seconds_out(times) == 1500.0
    assert metres_walked([]) is None
    jitter = [place(s, 43.0 + 0.00005 * (s % 2)) for s in range(100)]
    assert metres_walked(jitter) == 0.0
    walk = [place(60 * i, 43.0 + 0.001 * i) for i in range(11)]
    assert metres_walked(walk) == pytest.approx(1112.0, abs=1.0)  # a hundredth of a degree
    driven_off = [*walk, place(60 * 10 + 7200, 44.0)]
    assert metres_walked(driven_off) == metres_walked(walk)


def test_a_note_that_was_taken_back_is_in_no_report(made: Any, journal: Path) -> None:
    with Journal.open(journal) as opened:
        note = next(row for row in opened.rows() if isinstance(row, Entry)
                    and row.content.get("kind") == "note")  # fmt: skip
        undo = Entry(id="u", observer="A", time=T0 + timedelta(hours=1),
                     content={"kind": "note", "text": "", "supersedes_id": note.id})  # fmt: skip
        opened.append([undo])
    assert made.facts().notes == ()


def exports(path: Path) -> list[dict[str, Any]]:
    with Journal.open(path, readonly=True) as opened:
        rows = [row for row in opened.rows() if isinstance(row, Entry)]
    return [row.content for row in rows if row.content.get("kind") == EXPORT]


def test_command_writes_html_and_pdf_and_logs_both(journal: Path, capsys: Capture) -> None:
    pytest.importorskip("matplotlib")
    words = ["report", str(journal), "--for", "ministry", "--pdf", "--recipient", "Office O"]
    assert run(words) == 0
    files = [journal.with_name(f"report-ministry.{kind}") for kind in ("html", "pdf")]
    logged = exports(journal)
    for path, entry in zip(files, logged, strict=True):
        content = path.read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert (entry["recipient"], entry["precision"]) == ("Office O", "10km")
    assert "written down in" in capsys.readouterr().err
    assert files[1].read_bytes()[:5] == b"%PDF-"
    inner = b"".join(_inflated(files[1].read_bytes()))
    assert b"150343210" not in inner
    assert b"CreationDate" not in files[1].read_bytes()


def _inflated(content: bytes) -> Iterator[bytes]:
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            yield stream


def test_team_of_the_settings_file_goes_before_that_of_the_journal(journal: Path) -> None:
    (journal.parent / "baksan.toml").write_text('[team]\norganisation = "Newer"\n')
    assert run(["report", str(journal), "--for", "partner"]) == 0
    html = journal.with_name("report-partner.html").read_text()
    assert "Newer" in html
    assert "Rangers" not in html


def test_public_by_names_is_confirmed_by_typing(
    journal: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    words = ["report", str(journal), "--for", "public", "--include", "year", "--include", "heard"]
    monkeypatch.setattr("click.prompt", lambda *said, **how: "yes")
    assert run(words) == 2
    assert "not confirmed" in capsys.readouterr().err
    assert not journal.with_name("report-public.html").exists()
    monkeypatch.setattr("click.prompt", lambda *said, **how: "PUBLISH")
    assert run(words) == 0
    assert exports(journal)[0]["included"] == ["heard", "year"]
    assert "150.3432 MHz" in capsys.readouterr().err  # the leader sees what is withheld


def test_public_asks_for_each_thing(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *said, **how: "PUBLISH")

    def no(question: str, **how: object) -> bool:
        asked.append(question)
        return False

    monkeypatch.setattr("click.confirm", no)
    assert run(["report", str(journal), "--for", "public"]) == 0
    assert len(asked) >= 6
    assert exports(journal)[0]["included"] == []
    html = journal.with_name("report-public.html").read_text()
    assert "2026" not in html


@pytest.mark.parametrize(("words", "said"), [
    (["--for", "public"], "nobody is there to ask"),
    (["--for", "public", "--include", "map"], "there is"),
    (["--for", "public", "--precision", "10km"], "no positions"),
    (["--for", "partner", "--include", "year"], "public reports only"),
    (["--for", "ministry", "--precision", "exact"], "by hand"),
    (["--for", "ministry", "--to", "report.doc"], ".html"),
])  # fmt: skip
def test_refusals_are_one_line_and_write_nothing(
    journal: Path, words: list[str], said: str, capsys: Capture
) -> None:
    assert run(["report", str(journal), *words]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in last
    assert exports(journal) == []
    assert list(journal.parent.glob("report*")) == []


def test_journal_in_which_nothing_was_heard(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    Journal.create(path, Configuration()).close()
    assert run(["report", str(path), "--for", "ministry"]) == 0
    html = (tmp_path / "report-ministry.html").read_text()
    assert "Nobody has listened yet." in html
    assert "no place is better than a wrong one" in html


def test_edges_hold_the_place_and_are_those_of_the_grid(made: Any) -> None:
    for here in (*made.places, (-89.99, 179.99), (0.0, -180.0)):
        south, west, north, east = edges(here[0], here[1], 0.09)
        assert south <= here[0] <= north
        assert west - 1e-4 <= here[1] <= east + 1e-4
        middle = ((south + north) / 2, (west + east) / 2)
        assert snap(*middle, 0.09) == pytest.approx(snap(here[0], here[1], 0.09), abs=1e-5)
