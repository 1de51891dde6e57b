"""Where, echoes, what is needed, what was said, and the map: small parts of a snapshot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protocols.packet import Packet
from receiver.config import Configuration, Setup
from receiver.homing import mapped
from receiver.homing.echoes import possible_echo
from receiver.homing.needs import needed
from receiver.homing.said import call_words, packet_words
from receiver.homing.snapshot import SourceState, Standing, Strength
from receiver.homing.where import where
from receiver.joining import Derived
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.records import Observation
from receiver.setups import Register

T0 = datetime(2026, 11, 28, 6, tzinfo=UTC)
DEGREE_M = 111_100.0
HERE = Standing(observer="A", latitude_deg=43.0, longitude_deg=42.0, age_s=1.0)


def row(kind: Any, minutes: float = 0.0, north_m: float = 0.0, **values: Any) -> Observation:
    return Observation(
        id=f"{kind}{minutes}", kind=kind, time=T0 + timedelta(minutes=minutes), observer="A",
        latitude_deg=43.0 + north_m / DEGREE_M, longitude_deg=42.0, **values,
    )  # fmt: skip


def bearing(minutes: float, degrees: float, north_m: float = 0.0, **values: Any) -> Observation:
    known = {"bearing_sigma_deg": 10.0, **values}
    return row("bearing", minutes, north_m, bearing_deg=degrees, heard=True, **known)


@pytest.mark.parametrize(
    ("rows", "is_echo"),
    [
        ([], False),
        ([bearing(0, 10.0), bearing(1, 50.0)], False),
        ([bearing(0, 10.0), bearing(1, 60.0)], True),
        ([bearing(0, 350.0), bearing(1, 20.0)], False),  # across north
        ([bearing(0, 10.0), bearing(1, 90.0, north_m=200.0)], False),  # from elsewhere
        ([bearing(0, 10.0), bearing(1, 190.0, bearing_alternatives_deg=(10.0,))], False),
        ([bearing(0, 10.0, bearing_sigma_deg=35.0)], True),
        ([bearing(-16, 10.0), bearing(0, 90.0)], False),  # long ago
        ([row("level", heard=True)], False),
    ],
)
def test_possible_echo(rows: list[Observation], is_echo: bool) -> None:
    assert possible_echo(rows, T0) is is_echo


def answer(north_m: float) -> Posterior:
    stream = Stream(LocatorConfig(collar="leo"))
    seen = row("sighting", north_m=north_m, radius_m=30.0, trust=0.99, collar="leo")
    stream.extend([seen])
    return stream.posterior()


def test_where_a_sighting_was() -> None:
    told = where(answer(1000.0), (43.0, 42.0), "far", metres_known=True, age_s=2.0)
    assert told.bearing_deg in (359, 0, 1)
    assert told.low_m is not None
    assert told.high_m is not None
    assert 850.0 <= told.low_m <= 1000.0 <= told.high_m <= 1150.0
    south = where(answer(-1000.0), (43.0, 42.0), "far", metres_known=True, age_s=2.0)
    assert south.bearing_deg in (179, 180, 181)


def test_direction_that_makes_no_sense_is_none() -> None:
    told = where(answer(0.0), (43.0, 42.0), None, metres_known=False, age_s=2.0)
    assert told.bearing_deg is None
    assert told.high_m is not None


def test_where_without_an_answer_or_a_place_says_why() -> None:
    assert where(None, (43.0, 42.0), None, metres_known=False, age_s=None).reason
    told = where(answer(10.0), None, None, metres_known=False, age_s=1.0)
    assert (told.bearing_deg, told.reason) == (None, "your own place is not known")
    assert told.area_m2 is not None


def source(state: str) -> SourceState:
    return SourceState(name="r30", role="receiver", state=state, age_s=1.0, reason="unplugged")


LOUD = Strength(receiver="r30", value=0.0, unit="dB", share=1.0, age_s=1.0, saturated=True)
SAID = Register(at_first={("A", "r30"): Setup(receiver="r30", antenna="yagi")})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, []),
        ({"sources": [source("lost")]}, ["r30 is lost: unplugged"]),
        ({"place": None}, ["your place: wait for the GPS, or enter it"]),
        ({"place_holds": False}, ["your place is old: is the GPS still on?"]),
        ({"derived": Derived()}, ["say which antenna r30 hears with"]),
        ({"strength": LOUD}, ["too loud for the meter: take the next gain step"]),
        ({"observations": [row("level", heard=True)]},
         ["a turn with the antenna: no direction has been taken yet"]),
        ({"observations": [bearing(0, 10.0)]}, []),
        ({"derived": Derived(register=SAID, unplaced=[row("level")])},
         ["the place of one entry, which nobody knows"]),
    ],
)  # fmt: skip
def test_needed(values: dict[str, Any], words: list[str]) -> None:
    usual: dict[str, Any] = {
        "derived": Derived(register=SAID), "configuration": Configuration(observer="A"),
        "sources": [source("hearing")], "place": HERE, "strength": None, "observations": (),
    }  # fmt: skip
    assert list(needed(**{**usual, **values})) == words


def test_packets_and_calls_in_words() -> None:
    said = Packet(protocol="p", device_id="leo\x1b[2J", latitude_deg=43.0, longitude_deg=42.0,
                  position_status="stale", battery_v=3.6, temperature_c=-4.4, mortality=True,
                  )  # fmt: skip
    words = packet_words(said)
    assert "\x1b" not in words
    assert words.endswith(
        "43.00000 42.00000, its place is stale, 3.60 V, -4 C, it lies still, it says"
    )
    assert call_words({"call": "danger", "text": "b\x07ear"}).startswith("DANGER: ")
    assert "\x07" not in call_words({"call": "danger", "text": "b\x07ear"})
    assert call_words({"call": "else"}) == "CALL TO ALL"


def step(north_m: float, share: float | None = None, time_s: float = 0.0) -> mapped.Step:
    return mapped.Step(43.0 + north_m / mapped.DEGREE_M, 42.0, share, time_s)


def test_walk_keeps_the_loudest_of_a_place_and_is_thinned_not_cut() -> None:
    walk = mapped.Walk()
    for share in (0.2, 0.5, None, 0.3):
        walk.add(step(0.0, share))
    assert [s.share for s in walk.steps] == [0.5]
    versions = [walk.changes]
    for number in range(1, 10_000):
        walk.add(step(6.0 * number))
        versions.append(walk.changes)
    assert versions == sorted(set(versions))  # phones ask for a map whose number has grown
    assert len(walk.steps) <= mapped.MOST_STEPS
    assert walk.steps[0].share == 0.5
    assert walk.steps[-1].latitude_deg == pytest.approx(step(6.0 * 9_999).latitude_deg)


def test_bearings_on_the_map_are_of_the_collar() -> None:
    rows = [bearing(0, 10.0, collar="leo"), bearing(1, 20.0, collar="ira"), bearing(2, 30.0)]
    shown = mapped.bearings(rows, T0 + timedelta(minutes=3), "leo")
    assert [(b["bearing_deg"], b["age_s"]) for b in shown] == [(10.0, 180), (30.0, 60)]
    assert mapped.regions(None) == {}
