"""The page's files: what is ours keeps its rules, what is not is unchanged."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[4] / "receiver/ui/web/static"
OURS = sorted(path for path in STATIC.glob("*") if path.suffix in (".js", ".html", ".css"))
MODULES = [path for path in OURS if path.suffix == ".js"]
# What becomes HTML or a program when it is given a text.
DANGEROUS = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
             "new Function", "srcdoc", "DOMParser")  # fmt: skip


def test_vendored_files_are_those_of_the_list() -> None:
    rows = re.findall(r"^\| (\S+\.\w+) .*\| ([0-9a-f]{64}) \|$",
                      (STATIC / "vendor/README.md").read_text(encoding="utf-8"), re.M)  # fmt: skip
    for name, digest in rows:
        assert hashlib.sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == digest
    programs = {p.relative_to(STATIC / "vendor").as_posix() for p in STATIC.glob("vendor/*/*")}
    licences = {name for name in programs if name.endswith("/LICENSE")}
    assert programs - licences == {name for name, _ in rows}
    assert {name.split("/")[0] for name in programs} == {name.split("/")[0] for name in licences}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_of_ours_names_another_host_or_takes_text_for_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://\w|//\w+\.\w+/", text)
    for word in DANGEROUS:
        assert word not in text, word


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_page_has_no_program_of_its_own() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"\son\w+=|style=", page) == []
    assert re.findall(r">[^<>]*[a-z]{2,}[^<>]*<", page.partition("<body>")[2]) == []  # no words


def test_every_phrase_is_a_literal() -> None:
    """So that they can be collected for translators."""
    for path in MODULES:
        for call in re.findall(r"\bphrase\(\s*(.)", path.read_text(encoding="utf-8")):
            assert call == '"' or path.name == "phrases.js", path.name


def test_modules_import_what_is_there() -> None:
    for path in MODULES:
        for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8")):
            assert (STATIC / name).is_file(), f"{path.name}: {name}"


def test_page_names_its_modules_beforehand() -> None:
    """Else a phone asks for them one after the other, as each names the next."""
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'modulepreload" href="/static/([^"]+)"', page)
    found = {n for p in MODULES for n in re.findall(r'from "\./([^"]+)"', p.read_text("utf-8"))}
    assert set(named) == found


def test_colours_of_the_night_are_red() -> None:
    style = (STATIC / "style.css").read_text(encoding="utf-8")
    block = re.search(r'data-theme="night"\] \{(.*?)\}', style, re.S)
    assert block is not None
    for colour in re.findall(r"#[0-9a-f]{6}", block[1]):
        assert colour.endswith("0000"), colour
    rules = style.partition("* { box-sizing")[2]
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[ ;])", rules) == []  # all others are variables
    assert "animation" not in style
