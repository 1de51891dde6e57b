"""A made-up search whose every position and text is known, so that a leak can be looked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.case import open_case
from receiver.config import Collar, Configuration, Setup, Team
from receiver.journal import Journal
from receiver.notes import content as notes
from receiver.records import Entry, Heard, Row, Source
from receiver.report.facts import Facts, facts
from receiver.simulator import gps

T0 = datetime(2026, 11, 24, 12, 17, 31, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> den under Kogutai <img src=x onerror=alert(2)> & \"'"
PLACES = [(43.34567 + i * 0.0031, 42.44123 + i * 0.0027) for i in range(12)]
TEAM = Team(organisation="Rangers <b>", leader="Leader L", members=("Ranger B", "Ranger C"),
            permit="17-2026", authority="Office O", contact="a@example.org")  # fmt: skip
SETTINGS = Configuration(
    collars=(Collar(name="Agunda", frequency_hz=150_343_210.0, ids=("81267",), notes=HOSTILE),),
    receivers=(Setup(receiver="r30Kogutai", antenna="yagi Kogutai", directional=True),),
    team=TEAM,
)
# Every text that may stand in no coarse report, and that a report was asked to hide.
TEXTS = ("Kogutai", "script", "onerror", "150.34", "150343210", "81267", "r30", "by the river")


def said(number: int, content: notes.Content, where: int | None = None) -> Entry:
    placed = {}
    if where is not None:
        latitude_deg, longitude_deg = PLACES[where]
        placed = {"latitude_deg": latitude_deg, "longitude_deg": longitude_deg}
    return Entry(id=f"e{number}", observer="A", time=T0 + timedelta(seconds=61 * number),
                 content={**content, **placed}, monotonic_ns=61 * 10**9 * number, boot_id="b",
                 clock_source="gps")  # fmt: skip


def of_collar(content: notes.Content) -> notes.Content:
    return {**content, "collar": "Agunda"}


def contents() -> list[tuple[notes.Content, int | None]]:
    heard = [(of_collar(notes.heard("clear", receiver="r30Kogutai")), i) for i in range(6)]
    turned = [(of_collar(notes.bearing([41.7 + 7 * i], sigma_deg=8.3)), i) for i in (0, 3, 5)]
    silent = [(of_collar(notes.silence(7)), i) for i in range(6, 9)]
    seen = [(of_collar(notes.sighting(173, 0.7)), 9)]
    told: list[tuple[notes.Content, int | None]] = [
        (notes.note(HOSTILE), 2),
        (notes.call("animal seen", "by the river Kogutai"), 10),
        (notes.approach_limit(150), None),
    ]
    return [*heard, *turned, *silent, *seen, *told]


def walked() -> list[Row]:
    source = Source(source="gps", address="gps=nmea:file:Kogutai.nmea", observer="A",
                    role="position")  # fmt: skip
    rows: list[Row] = [source]
    for i, (latitude_deg, longitude_deg) in enumerate(PLACES):
        time = T0 + timedelta(seconds=61 * i)
        raw = gps.sentences(latitude_deg, longitude_deg, time)
        rows.append(Heard(source="gps", kind="bytes", time=time, monotonic_ns=61 * 10**9 * i,
                          boot_id="b", clock_source="gps", raw=raw))  # fmt: skip
    return rows


@dataclass(frozen=True)
class Made:
    """The made-up search: its journal, its facts, and everything that it must not tell."""

    path: Path
    places: tuple[tuple[float, float], ...] = tuple(PLACES)
    texts: tuple[str, ...] = TEXTS
    hostile: str = HOSTILE
    settings: Configuration = SETTINGS
    begin: datetime = T0

    def facts(self) -> Facts:
        with Journal.open(self.path, readonly=True) as journal:
            rows = list(journal.rows())
        return facts(rows, open_case(self.path, None), "Agunda", TEAM)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    path = tmp_path / "search.journal"
    entries = [said(i, content, where) for i, (content, where) in enumerate(contents())]
    with Journal.create(path, SETTINGS) as written:
        written.append([*walked(), *entries])
    return Made(path)


@pytest.fixture
def journal(made: Made) -> Path:
    return made.path
