"""A search as its faces see it: snapshots, the map, entries of phones, the next collar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from receiver import searching
from receiver.clock import Stamp, SystemClock
from receiver.config import Collar, Configuration
from receiver.homing.snapshot import Snapshot
from receiver.joining import Derived
from receiver.journal import Journal
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.recording import View
from receiver.records import Detection, Entry, Observation, Place
from receiver.searching import Ground, Searching
from receiver.status import Status
from receiver.ui.web.elevation import Elevation, Sheet

T0 = datetime(2026, 11, 28, 6, tzinfo=UTC)
SHEETS = Configuration(observer="A", collars=tuple(Collar(name=n) for n in ("leo", "ira")))


class HandClock(SystemClock):
    """A clock that stands until it is moved on."""

    seconds = 0.0

    def now(self) -> Stamp:
        utc = T0 + timedelta(seconds=self.seconds)
        return Stamp(utc=utc, monotonic_ns=round((self.seconds + 100.0) * 1e9))


class Camp:
    """A search, its clock, and what its face was shown."""

    def __init__(self, **values: Any) -> None:
        self.clock, self.shown = HandClock(), list[Snapshot]()
        self.search = Searching(SHEETS, self.clock, "leo", **values)
        self.search.faces.append(self.shown.append)

    def hear(self, seconds: float, *events: Any) -> None:
        self.clock.seconds = seconds
        self.search.on_events(events)

    def look(self, **values: Any) -> Snapshot:
        now = self.clock.now()
        self.search.on_view(View(now=now.utc, now_ns=now.monotonic_ns, **values))
        return self.shown[-1]


@pytest.fixture
def camp() -> Camp:
    return Camp()


def pulse(seconds: float) -> Detection:
    return Detection(kind="pulse", time=T0 + timedelta(seconds=seconds), monotonic_ns=0,
                     source="r30", collar="leo", level_db=-45.0, level_unit="dBFS",
                     noise_db=-90.0)  # fmt: skip


def place(seconds: float, metres_north: float = 0.0, observer: str = "A") -> Place:
    return Place(time=T0 + timedelta(seconds=seconds), observer=observer, longitude_deg=42.0,
                 latitude_deg=43.0 + metres_north / 111_100)  # fmt: skip


def note(identity: str = "n", **content: Any) -> Entry:
    return Entry(id=identity, observer="A", time=T0, content={"kind": "note", **content})


def bearings(*collars: str) -> Derived:
    return Derived(observations=[
        Observation(id=name, kind="bearing", time=T0, collar=name, observer="A", heard=True,
                    latitude_deg=43.0, longitude_deg=42.0, bearing_deg=90.0,
                    bearing_sigma_deg=10.0)
        for name in collars
    ])  # fmt: skip


def answer(derived: Derived, collar: str) -> Posterior:
    stream = Stream(LocatorConfig(collar=collar))
    stream.extend(derived.observations)
    return stream.posterior()


def test_there_is_a_snapshot_before_anything_came(camp: Camp) -> None:
    assert camp.search.snapshot().collar == "leo"
    drawn = camp.search.map()
    assert (drawn["walk"], drawn["belief"], drawn["bearings"]) == ([], None, [])


def test_faces_are_shown_what_was_heard(camp: Camp) -> None:
    camp.hear(1.0, pulse(1.0), place(1.0))
    seen = camp.look(saved=7, faults=["a fault"])
    assert seen.strength is not None
    assert (seen.strength.share, seen.machine.saved, seen.faults[0].text) == (
        0.5, 7, "a fault",
    )  # fmt: skip
    assert camp.search.snapshot() is seen


@pytest.mark.parametrize(
    ("corner_deg", "deed"), [((43.5, 41.5), "walk"), ((10.5, 9.5), "that way")]
)
def test_nobody_is_told_to_walk_where_heights_are_known_of_another_country_only(
    corner_deg: tuple[float, float], deed: str
) -> None:
    elevation = Elevation([Sheet(*corner_deg, 0.01, 0.01, np.full((101, 101), 800.0))])
    camp = Camp(ground=Ground(elevation=elevation))
    seen = Stream(LocatorConfig(collar="leo"))
    seen.extend([
        Observation(id="s", kind="sighting", time=T0, collar="leo", observer="A", radius_m=50.0,
                    trust=0.99, longitude_deg=42.0, latitude_deg=43.03)
    ])  # fmt: skip
    camp.hear(1.0, place(1.0), pulse(1.0))
    camp.look()
    shown = camp.look(posterior=seen.posterior(), derived=Derived())
    assert shown.advice.deed == deed


def test_a_face_that_fails_hides_nothing_from_the_others(camp: Camp) -> None:
    seen: list[object] = []
    camp.search.faces[:0] = [lambda snapshot: 1 / 0]
    camp.search.faces.append(seen.append)
    with pytest.raises(ZeroDivisionError):  # told as a fault of looking
        camp.look()
    assert len(seen) == 1


def test_a_snapshot_grows_old_in_the_time_of_people(
    camp: Camp, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert camp.search.snapshot_age_s() == 0.0
    ticks_ns = [5_000_000_000]
    monkeypatch.setattr(searching, "_ticks_ns", lambda: ticks_ns[0])
    camp.look()
    ticks_ns[0] += 12_000_000_000
    assert camp.search.snapshot_age_s() == 12.0
    camp.look()
    assert camp.search.snapshot_age_s() == 0.0


def test_walk_is_coloured_by_what_is_heard_now(camp: Camp) -> None:
    camp.hear(1.0, pulse(1.0))
    camp.look()
    camp.hear(2.0, place(2.0), place(2.0, 500.0, "B"))
    camp.hear(20.0, pulse(1.5))
    camp.look()
    camp.hear(21.0, place(21.0, 30.0))
    walk = camp.search.map()["walk"]
    assert [(share, age_s) for _, _, share, age_s in walk] == [(0.5, 19), (None, 0)]


def test_walk_of_an_earlier_run_is_as_old_as_it_is(camp: Camp) -> None:
    camp.hear(0.1, place(-3600.0), place(-3500.0, 100.0))
    assert [age_s for *_, age_s in camp.search.map()["walk"]] == [3600, 3500]
    assert camp.look().place is None


def test_map_is_of_the_collar_homed_in_on(camp: Camp) -> None:
    derived = bearings("leo", "ira")
    camp.look(derived=derived, posterior=answer(derived, "leo"))
    version = camp.search.map_version()
    camp.clock.seconds = 60.0
    camp.look(derived=derived, posterior=answer(derived, "leo"))
    assert camp.search.map_version() > version
    drawn = camp.search.map()
    assert [(b["bearing_deg"], b["age_s"]) for b in drawn["bearings"]] == [(90.0, 60)]
    assert set(drawn["regions"]) == {"50", "95"}
    assert drawn["belief"]["south"] < 43.0 < drawn["belief"]["north"]
    number = int(drawn["belief"]["url"].partition("=")[2])
    day, night = (camp.search.belief_png(number, is_night) for is_night in (False, True))
    assert day is not None
    assert day.startswith(b"\x89PNG")
    assert day != night
    assert camp.search.belief_png(number - 1, False) is None  # no map has told of it
    assert camp.search.next_collar() == "ira"
    assert camp.search.belief_png(number, False) is None
    drawn = camp.search.map()
    assert (drawn["regions"], drawn["belief"]) == ({}, None)  # never leo's for ira


def test_a_picture_is_of_the_answer_that_was_asked_for(camp: Camp) -> None:
    told, pictures = list[int](), list[bytes | None]()
    for number in range(1, 6):
        (seen,) = bearings("leo").observations
        derived = Derived(observations=[replace(seen, bearing_deg=30.0 * number)])
        camp.look(derived=derived, posterior=answer(derived, "leo"))
        told.append(int(camp.search.map()["belief"]["url"].partition("=")[2]))
        pictures.append(camp.search.belief_png(told[-1], False))
    assert len(set(pictures)) == 5
    late = [camp.search.belief_png(number, False) for number in told]
    assert late == [None, None, *pictures[2:]]


def test_next_collar_goes_round() -> None:
    camp = Camp()
    heard_for = list[str]()
    camp.search.on_home.append(lambda sheet: heard_for.append(sheet.name if sheet else "?"))
    assert [camp.search.next_collar() for _ in range(3)] == ["ira", "leo", "ira"]
    assert heard_for == ["ira", "leo", "ira"]
    assert camp.look().collar == "ira"
    alone = Searching(replace(SHEETS, collars=SHEETS.collars[:1]), HandClock(), "leo")
    assert alone.next_collar() is None


def test_entries_are_found_once_they_are_on_the_disk(tmp_path: Path) -> None:
    """Recorded case: what was only shown from memory was called saved, and phones dropped it."""
    path, written = tmp_path / "a.journal", list[Entry]()
    with Journal.create(path, SHEETS) as journal:
        camp = Camp(journal=path)
        camp.search.begin(written.append, lambda seconds: False)
        assert camp.search.submit(note()) is False
        camp.hear(1.0, note())  # it waits for the disk, and is shown
        assert (written, camp.search.entry("n")) == ([note()], None)
        journal.append([note()])
        assert (found := camp.search.entry("n")) is not None
        assert found.content == note().content


def test_what_is_entered_before_the_recording_begins_waits_for_it(camp: Camp) -> None:
    written, kept = list[Entry](), list[str]()
    early = note("early", kind="note", heard=True)
    assert camp.search.submit(early) is False
    camp.search.begin(written.append, lambda seconds: True, lambda: kept.append("kept"))
    assert written == [early]
    assert camp.search.submit(note("later", kind="note", heard=True)) is True
    assert (len(written), kept) == (2, ["kept"])


def test_a_full_disk_does_not_silence_a_call_to_everybody(camp: Camp) -> None:
    camp.search.begin(lambda entry: None, lambda seconds: False)
    assert camp.search.submit(note("d", kind="call", call="danger")) is False
    assert [call.text for call in camp.look().calls] == ["DANGER"]


def test_receiver_switches_off_so_long_after_its_last_key() -> None:
    camp = Camp(auto_off_s={"r30": 900.0})
    statuses = [Status(name="r30", role="receiver"), Status(name="r9", role="receiver")]
    assert [s.off_in_s for s in camp.look(statuses=statuses).sources] == [900.0, None]
    camp.clock.seconds = 600.0
    assert camp.look(statuses=statuses).sources[0].off_in_s == 300.0
    camp.hear(700.0, note("k", kind="setup", receiver="r30", gain="attenuator"))
    assert camp.look(statuses=statuses).sources[0].off_in_s == 900.0
