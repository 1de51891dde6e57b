"""The report in a real browser: no request leaves it, nothing is complained of, it fits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from receiver.cli import run
from receiver.export.sharing import PRECISIONS
from receiver.report.audience import told
from receiver.report.facts import Facts
from receiver.report.page import page
from receiver.report.sections import report

Peer = Callable[[str], str]


@pytest.fixture
def browser(peer: Peer) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = peer("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(peer("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    driver.quit()


def requested(browser: Any) -> set[str]:
    messages = [json.loads(row["message"])["message"] for row in browser.get_log("performance")]
    return {m["params"]["request"]["url"] for m in messages
            if m["method"] == "Network.requestWillBeSent"}  # fmt: skip


@pytest.mark.parametrize("precision", ["10km", "exact"])
def test_no_request_no_error_and_it_fits(made: Any, browser: Any, precision: str) -> None:
    journal: Path = made.path
    path = journal.with_name("report.html")
    if precision == "exact":
        path.write_bytes(exact(made.facts()))
    else:
        assert run(["report", str(journal), "--for", "ministry", "--to", str(path)]) == 0
    for size in ((390, 844), (1280, 900)):
        browser.set_window_size(*size)
        browser.get(path.as_uri())
        wide = "return document.documentElement.scrollWidth - window.innerWidth"
        assert browser.execute_script(wide) <= 0
    assert requested(browser) == {path.as_uri()}
    assert [row for row in browser.get_log("browser") if row["level"] == "SEVERE"] == []
    assert browser.execute_script("return document.scripts.length + document.images.length") == 0


def exact(found: Facts) -> bytes:
    return page(report(told(found, "ministry", PRECISIONS["exact"], "Leader")))
