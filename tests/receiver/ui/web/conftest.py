"""A search on a real journal, its server, and a phone: what the tests of the server share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("starlette", reason="the extra [ui] is not installed")
pytest.importorskip("uvicorn", reason="the extra [ui] is not installed")

from receiver.clock import SystemClock
from receiver.config import Collar, Configuration
from receiver.homing.snapshot import (
    Advice,
    Approach,
    Beat,
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
from receiver.ui.web.search import Options
from receiver.ui.web.server import Serving, serve

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
LATITUDE, LONGITUDE, MHZ = 43.34987, 42.44531, 150.3425


class Search:
    """A search that stands still, on a journal of its own."""

    def __init__(self, path: Path) -> None:
        self.clock = SystemClock()
        collar = Collar(name="Leo 150.3425", frequency_hz=MHZ * 1e6)
        self.configuration = Configuration(observer="A", collars=(collar,))
        make = Journal.open if path.exists() else self._create
        self.journal: Journal = make(path)
        self.lock = threading.Lock()
        self.is_full = False
        self.text = ""
        self.age_s = 0.0

    def _create(self, path: Path) -> Journal:
        return Journal.create(path, self.configuration)

    def snapshot(self) -> Snapshot:
        place = Standing(observer="A", latitude_deg=LATITUDE, longitude_deg=LONGITUDE, age_s=1.0)
        words = f"150.3425 MHz at {LATITUDE} N, {LONGITUDE} E{self.text}"
        return Snapshot(
            time=self.clock.now().utc,
            collar="Leo 150.3425",
            collars=("Leo 150.3425",),
            simulation=True,
            approach=Approach(limit_m=300.0, edge_m=123.4, must_stop=False),
            advice=Advice(deed="that way", reason=words, bearing_deg=236.0, distance_m=812.0),
            machine=Machine(saved=12, waiting=0, is_stuck=False, battery_percent=80),
            where=Where(bearing_deg=236.0, low_m=300.0, high_m=900.0, area_m2=2.5e5, reason=words),
            strength=Strength(receiver="r 150.3425", value=-97.0, unit="dBm", share=0.4, age_s=0.5),
            beat=Beat(pulses_per_minute=40.0, meaning=f"normal, {words}", age_s=2.0),
            gain=Gain(now=words, next_step=words),
            place=place,
            others=(Standing(observer="B 150.3425", latitude_deg=LATITUDE + 0.001,
                             longitude_deg=LONGITUDE, age_s=9.0, heading_deg=12.0),),
            sources=(SourceState(name="r", role="receiver", state="hearing", age_s=1.0,
                                 reason=words),),
            decoded=(Said(text=words, age_s=1.0),),
            calls=(Said(text=f"danger: {words}", age_s=3.0, observer="B"),),
            entered=(Said(text=words, age_s=1.0),),
            needed=(words,),
            faults=(Said(text=words, age_s=1.0),),
        )  # fmt: skip

    def snapshot_age_s(self) -> float:
        return self.age_s

    def map(self) -> dict[str, Any]:
        ring = [[LONGITUDE + e, LATITUDE + n] for e, n in ((0, 0), (0.01, 0), (0.01, 0.01), (0, 0))]
        polygon = {"type": "MultiPolygon", "coordinates": [[ring]]}
        spot = {"lat": LATITUDE, "lon": LONGITUDE, "age_s": 4.0, "observer": "B",
                "text": f"danger at {LATITUDE}, {LONGITUDE}, {MHZ} MHz"}  # fmt: skip
        return {
            "version": 7,
            "walk": [[LATITUDE + 1e-4 * k, LONGITUDE, 0.5, 60.0 - k] for k in range(50)],
            "regions": {"50": polygon, "95": polygon},
            "bearings": [{**spot, "bearing_deg": 236.0, "sd_deg": 5.0}],
            "others": [spot],
            "belief": {"url": "/belief.png?v=7", "south": LATITUDE, "west": LONGITUDE,
                       "north": LATITUDE + 0.1, "east": LONGITUDE + 0.1},
            "alarms": [spot],
            "frequency_hz": MHZ * 1e6,
        }  # fmt: skip

    def map_version(self) -> int:
        return 7

    def belief_png(self, number: int, night: bool) -> bytes | None:
        return PNG + (b"night" if night else b"") if number == 7 else None

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        return {1: PNG, 2: b"\xff\xd8\xff", 3: b"<svg onload=alert(1)>"}.get(z)

    def relief(self, z: int, x: int, y: int, night: bool) -> bytes | None:
        return PNG if z == 1 else None

    def entry(self, identity: str) -> Entry | None:
        with self.lock:
            return self.journal.entry(identity)

    def submit(self, entry: Entry) -> bool:
        if self.is_full:
            return False
        with self.lock:
            self.journal.append([entry])
        return True

    @property
    def entries(self) -> list[Entry]:
        with self.lock:
            return [row for row in self.journal.rows() if isinstance(row, Entry)]


class Phone:
    """A browser's side of it."""

    def __init__(self, serving: Serving, verify: Any = True) -> None:
        self.url = serving.url
        self.web = httpx.Client(base_url=serving.url, headers={"X-Baksan": "1"}, verify=verify)

    def pair(self, address: str, observer: str = "") -> httpx.Response:
        return self.web.post(
            "/pair", json={"token": address.partition("#")[2], "observer": observer}
        )

    def state(self) -> Any:
        return self.web.get("/state").raise_for_status().json()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.web.cookies.items())


class Camp:
    """Everything at once."""

    def __init__(self, stack: ExitStack, folder: Path, **options: Any) -> None:
        static = folder / "static"
        (static / "vendor").mkdir(parents=True, exist_ok=True)
        (static / "index.html").write_text("<!doctype html><title>baksan</title>" + " " * 2000)
        (static / "vendor" / "page.js").write_text("'use strict';")
        (static / "secret.key").write_text("no page has this")
        (folder / "outside.js").write_text("outside")
        self.search = Search(folder / "a.journal")
        stack.callback(self.search.journal.close)
        chosen = Options(**{"port": 0, "static": static, "folder": folder / "config", **options})
        (folder / "config").mkdir(exist_ok=True)
        self.serving = stack.enter_context(serve(self.search, chosen))
        self._stack = stack

    def phone(self, role: Any = "operator", observer: str = "B", verify: Any = True) -> Phone:
        phone = self.stranger(verify)
        phone.pair(self.serving.invite(role), observer).raise_for_status()
        return phone

    def stranger(self, verify: Any = True) -> Phone:
        phone = Phone(self.serving, verify)
        self._stack.callback(phone.web.close)
        return phone


@pytest.fixture
def camp(tmp_path: Path) -> Iterator[Camp]:
    with ExitStack() as stack:
        yield Camp(stack, tmp_path)


@pytest.fixture
def make_camp() -> type[Camp]:
    return Camp
