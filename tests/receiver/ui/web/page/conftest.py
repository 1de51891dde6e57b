"""The page in Chromium without a window, and a laptop for it to talk to.

The server is the real one, over a search that the tests make up and a journal that they read.
"""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from receiver.clock import Clock, SystemClock
from receiver.config import Configuration
from receiver.homing.snapshot import (
    Advice,
    Approach,
    Gain,
    Machine,
    Said,
    Snapshot,
    SourceState,
    Standing,
    Strength,
    Where,
)
from receiver.journal import Journal
from receiver.records import Entry
from receiver.ui.web.elevation import Elevation, Sheet
from receiver.ui.web.pairing import Role
from receiver.ui.web.png import png
from receiver.ui.web.relief import relief_tile
from receiver.ui.web.search import Options
from receiver.ui.web.server import Serving, serve

LATITUDE_DEG, LONGITUDE_DEG = 42.9, 44.1
PHONE = (390, 844)
WAIT_S = 30.0  # on a computer that does much else; what is there is seen at once
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--hide-scrollbars", "--mute-audio", "--lang=en-US", "--disable-background-networking",
           "--no-first-run")  # fmt: skip


def snapshot(**changes: Any) -> Snapshot:
    """A search in which everything is known."""
    usual: dict[str, Any] = {
        "time": datetime.now(UTC),
        "collar": "Volna",
        "collars": ("Volna", "Agunda"),
        "simulation": False,
        "approach": Approach(limit_m=300.0, edge_m=1800.0, must_stop=False),
        "advice": Advice(deed="that way", reason="three bearings meet there", bearing_deg=58.0),
        "machine": Machine(saved=1284, waiting=0, is_stuck=False, battery_percent=71,
                           battery_hours=5.5, disk_hours=900.0, clock_source="gps"),
        "where": Where(bearing_deg=58.0, bearing_sd_deg=9.0, nearness="near", area_m2=640_000.0,
                       age_s=2.0),
        "strength": Strength(receiver="r30", source="r30", name="r30", value=-87.0,
                             unit="dB", share=0.62, age_s=0.3,
                             peak=-81.0, peak_age_s=6.0, trend_db=3.0),
        "gain": Gain(now="yagi, attenuator 0 dB", next_step="attenuator 20 dB"),
        "place": Standing(observer="Alan", latitude_deg=LATITUDE_DEG, longitude_deg=LONGITUDE_DEG,
                          age_s=2.0),
        "others": (Standing(observer="Zaur", latitude_deg=42.91, longitude_deg=44.12, age_s=40.0),),
        "sources": (SourceState(name="r30", role="receiver", state="on", age_s=0.3),),
        "decoded": (Said(text="beacon, 40 beats a minute", age_s=3.0),),
        "entered": (Said(text="heard clear", age_s=70.0, observer="Zaur"),),
        "needed": ("a bearing from the ridge in the north, across the others",),
    }  # fmt: skip
    return Snapshot(**{**usual, **changes})


def ring(radius_deg: float) -> dict[str, Any]:
    """A search area in the north-east, as GeoJSON."""
    turns = [2 * math.pi * k / 40 for k in range(41)]
    corners = [
        [LONGITUDE_DEG + 0.02 + 1.4 * radius_deg * math.cos(t),
         LATITUDE_DEG + 0.01 + radius_deg * math.sin(t)] for t in turns
    ]  # fmt: skip
    return {"type": "MultiPolygon", "coordinates": [[corners]]}


def a_map(version: int = 1, **changes: Any) -> dict[str, Any]:
    """A map on which everything is drawn."""
    walk = [
        [LATITUDE_DEG - 0.01 + k * 1.2e-4 + 4e-4 * math.cos(k / 9),
         LONGITUDE_DEG - 0.015 + k * 2e-4,
         None if k % 20 == 7 else min(1.0, k / 120), 10.0 * (120 - k)] for k in range(120)
    ]  # fmt: skip
    bearings = [
        {"lat": walk[k][0], "lon": walk[k][1], "bearing_deg": turn, "sd_deg": 9.0, "age_s": 60.0,
         "observer": "Zaur"} for k, turn in ((0, 63.0), (70, 48.0))
    ]  # fmt: skip
    usual: dict[str, Any] = {
        "version": version, "walk": walk, "bearings": bearings, "alarms": [],
        "regions": {"50": ring(0.003), "95": ring(0.006)},
        "others": [{"observer": "Zaur", "lat": 42.915, "lon": 44.1, "age_s": 40.0}],
        "belief": {"url": "/belief.png?v=1", "south": 42.9, "north": 42.92, "west": 44.105,
                   "east": 44.135},
        "has_tiles": False, "has_relief": True, "declination_deg": 7.1,
    }  # fmt: skip
    return {**usual, **changes}


def hills() -> Elevation:
    """A country of waves, 90 m a cell."""
    step = 1.0 / 1200
    lat = 43.1 - step * np.arange(480)[:, None]
    lon = 43.9 + step * np.arange(480)[None, :]
    waves = 500 * np.sin(lat * 190) * np.cos(lon * 140) + 90 * np.sin(lat * 900 + lon * 800)
    return Elevation([Sheet(43.1, 43.9, step, step, 1800 + waves)])


@dataclass
class Search:
    """What the page is told, and what it said."""

    folder: Path
    configuration: Configuration = field(default_factory=Configuration)
    clock: Clock = field(default_factory=SystemClock)
    ground: Elevation = field(default_factory=hills)
    lock: threading.Lock = field(default_factory=threading.Lock)
    count: int = 0

    def begin(self) -> None:
        """Begin anew, with an empty journal."""
        self.shown, self.drawn, self.submitted = snapshot(), a_map(), 0
        self.age_s = 0.0
        self.count += 1
        path = self.folder / f"{self.count}.journal"
        self.journal = Journal.create(path, self.configuration)

    def end(self) -> None:
        with self.lock:
            self.journal.close()

    @property
    def entries(self) -> list[Entry]:
        with self.lock:
            return [row for row in self.journal.rows() if isinstance(row, Entry)]

    def snapshot(self) -> Snapshot:
        return replace(self.shown, time=datetime.now(UTC))

    def snapshot_age_s(self) -> float:
        return self.age_s

    def map(self) -> dict[str, Any]:
        return self.drawn

    def map_version(self) -> int:
        return int(self.drawn["version"])

    def belief_png(self, number: int, night: bool) -> bytes | None:
        away = np.hypot(*np.meshgrid(np.linspace(-1, 1, 128), np.linspace(-1, 1, 128)))
        pixels = np.zeros((128, 128, 4), np.uint8)
        pixels[..., 0], pixels[..., 1] = 200, 0 if night else 60
        pixels[..., 3] = np.clip(200 * (1 - away), 0, 255)
        return png(pixels)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        return png(np.full((256, 256, 3), (225, 235, 210), np.uint8))

    def relief(self, z: int, x: int, y: int, night: bool) -> bytes | None:
        return relief_tile(self.ground, z, x, y, night=night)

    def entry(self, identity: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.id == identity), None)

    def submit(self, entry: Entry) -> bool:
        with self.lock:
            self.submitted += 1
            self.journal.append([entry])
        return True

    def contents(self, kind: str) -> list[Any]:
        return [dict(e.content) for e in self.entries if e.content["kind"] == kind]


@dataclass
class Laptop:
    """A search and its server, which may go away and come back at the same address."""

    search: Search
    folder: Path
    port: int = 0
    language: str = "en"
    serving: Serving | None = None
    _server: AbstractContextManager[Serving] | None = None

    def come(self) -> None:
        options = Options(port=self.port, folder=self.folder, language=self.language)
        self._server = serve(self.search, options)
        self.serving = self._server.__enter__()
        self.port = int(self.serving.url.rpartition(":")[2])

    def go(self) -> None:
        if self._server is not None:
            self._server.__exit__(None, None, None)
        self._server = None

    def restart(self, language: str) -> None:
        if language != self.language:
            self.go()
            self.language = language
            self.come()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Browser:
    """The browser, as a hand and an eye use it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def join(self, address: str, name: str) -> None:
        """Follow an invitation."""
        self.driver.get("about:blank")
        self.driver.get(address)
        box = self.find("textarea")
        box.clear()
        box.send_keys(name)
        self.press("Save")
        self.until(lambda: self.text("#top .link") == "live")

    def size(self, size: tuple[int, int], scale: int = 1) -> None:
        width, height = size
        shape = {"width": width, "height": height, "deviceScaleFactor": scale,
                 "mobile": width < 600}  # fmt: skip
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)

    def find(self, selector: str) -> Any:
        return self.until(lambda: next(iter(self.all(selector)), None))

    def all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector: str) -> str:
        script = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return str(self.driver.execute_script(script, selector))

    def press(self, *words: str) -> None:
        for word in words:
            self.until(partial(self._press, word))

    def _press(self, word: str) -> bool:
        script = """
          const found = [...document.querySelectorAll('button')].filter((b) => b.offsetParent
            && !b.disabled && b.textContent.trim() === arguments[0]);
          found.at(-1)?.click();
          return found.length > 0;"""
        return bool(self.driver.execute_script(script, word))

    def until(self, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.05)
        shown = self.run("return document.body.innerText")
        raise AssertionError(f"it did not come in time; the page shows: {shown}")

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def imported(self, module: str, expression: str) -> Any:
        script = f"""
          const done = arguments[arguments.length - 1];
          import('/static/{module}').then((m) => done({expression}), (e) => done(String(e)));"""
        return self.driver.execute_async_script(script)

    def pixels(self) -> Any:
        from matplotlib.image import imread

        return imread(io.BytesIO(self.driver.get_screenshot_as_png()), format="png")[..., :3]

    def requests(self) -> list[str]:
        """Return what was asked for since the last look, but for what the policy forbade."""
        rows = [json.loads(row["message"])["message"] for row in self.driver.get_log("performance")]
        events = [(row["method"].removeprefix("Network."), row["params"]) for row in rows]
        forbidden = {p["requestId"] for _, p in events if p.get("blockedReason") == "csp"}
        sent = [p for name, p in events if name == "requestWillBeSent"]
        asked = [p["request"]["url"] for p in sent if p["requestId"] not in forbidden]
        return asked + [p["url"] for name, p in events if name == "webSocketCreated"]


class Page(Browser):
    """The page of a laptop of the tests."""

    def __init__(self, driver: Any, laptop: Laptop) -> None:
        super().__init__(driver)
        self.laptop, self.search = laptop, laptop.search

    def pair(self, name: str = "Alan", role: Role = "operator") -> None:
        assert self.laptop.serving is not None
        self.join(self.laptop.serving.invite(role), name)

    def open(self) -> None:
        self.driver.get(self.laptop.origin + "/")
        self.until(lambda: "live" in self.text("#top .link"))


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    running = Laptop(Search(tmp_path_factory.mktemp("journals")), tmp_path_factory.mktemp("laptop"))
    running.search.begin()
    running.come()
    yield running
    running.go()
    running.search.end()


def chromium(home: Path | None = None) -> Any:
    """Start a browser without a window; `home` has its settings, the authorities it trusts."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    environment = {**os.environ, "HOME": str(home)} if home else None
    service = Service(shutil.which("chromedriver"), env=environment)
    return webdriver.Chrome(options=options, service=service)


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    browser = chromium()
    yield browser
    browser.quit()


@pytest.fixture
def browser_at(peer: Callable[[str], str]) -> Iterator[Callable[[Path], Browser]]:
    """Start browsers of their own, each with its own home."""
    peer("chromium"), peer("chromedriver")
    with ExitStack() as stack:

        def start(home: Path) -> Browser:
            driver = chromium(home)
            stack.callback(driver.quit)
            return Browser(driver)

        yield start


@pytest.fixture
def browser(peer: Callable[[str], str], request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser of the size of a phone that is paired with nobody; it asks this computer alone."""
    peer("chromium"), peer("chromedriver")
    shown = Browser(request.getfixturevalue("driver"))
    shown.driver.get("about:blank")
    shown.driver.delete_all_cookies()
    shown.size(PHONE)
    yield shown
    shown.driver.get("about:blank")  # it would go on to look for its laptop
    inner = ("data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")
    assert [url for url in shown.requests() if not url.startswith(inner)] == []


@pytest.fixture(scope="session")
def paired(driver: Any, laptop: Laptop) -> tuple[Any, Any]:
    """A browser that was paired, and its cookie."""
    assert laptop.serving is not None
    laptop.serving.revoke()
    Page(driver, laptop).pair()
    return driver, driver.get_cookies()[0]


@pytest.fixture
def page(
    peer: Callable[[str], str], request: pytest.FixtureRequest, laptop: Laptop
) -> Iterator[Page]:
    """The page of a phone that is paired; afterwards nothing may have left the origin."""
    peer("chromium"), peer("chromedriver")
    driver, cookie = request.getfixturevalue("paired")
    shown = Page(driver, laptop)
    laptop.search.end()
    laptop.search.begin()
    laptop.restart("en")
    assert laptop.serving is not None
    for device in laptop.serving.devices[1:]:  # those of other tests: each name is given once
        laptop.serving.revoke(device.id)
    shown.size(PHONE)
    driver.get(laptop.origin + "/no-page")  # of the same origin, and nothing runs there
    shown.run("localStorage.clear()")
    driver.delete_all_cookies()
    driver.add_cookie(cookie)
    shown.requests(), driver.get_log("browser")
    shown.open()
    yield shown
    inner = ("data:", "blob:", "about:", f"{laptop.origin}/", f"ws://127.0.0.1:{laptop.port}/")
    assert [url for url in shown.requests() if not url.startswith(inner)] == []
    told = [row["message"] for row in shown.driver.get_log("browser")]
    assert [line for line in told if "Content Security Policy" in line or "Uncaught" in line] == []
