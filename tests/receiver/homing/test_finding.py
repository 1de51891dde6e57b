"""The snapshot of a homing search, from what a journal says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from receiver.clock import SimulatedClock
from receiver.config import Collar, Configuration
from receiver.homing.finding import Finding, Moment, next_step
from receiver.homing.snapshot import Machine, Snapshot
from receiver.notes import content
from receiver.records import OWN_RADIO, Detection, Entry, Gap, Place

T0 = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
SHEETS = Configuration(collars=(Collar(name="M7", frequency_hz=150e6), Collar(name="F2")))
MACHINE = Machine(saved=0, waiting=0, is_stuck=False)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def seen(finding: Finding, seconds: float) -> Snapshot:
    return finding.snapshot(Moment(time=at(seconds), now_s=seconds, machine=MACHINE))


def said(what: content.Content, seconds: float, observer: str = "A") -> Entry:
    made = content.entry(what, observer, SimulatedClock(at(seconds)))
    return replace(made, time=at(seconds))


def packet(level_db: float, seconds: float, collar: str | None = "M7") -> Detection:
    return Detection(kind="packet", time=at(seconds), monotonic_ns=0, source="gateway",
                     collar=collar, level_db=level_db, level_unit="dBm")  # fmt: skip


def finding(*events: object, now_s: float = 100.0) -> Finding:
    found = Finding(SHEETS, "M7")
    found.take(events, at(now_s), now_s)
    return found


def test_nothing_is_known_at_first() -> None:
    snapshot = seen(finding(), 100.0)
    assert snapshot.strength is None
    assert snapshot.place is None
    assert snapshot.advice.deed == "wait"
    assert not snapshot.approach.must_stop
    assert snapshot.approach.limit_m == 300.0
    assert snapshot.needed


def test_ages_grow_by_the_steady_clock_and_old_rows_are_not_fresh() -> None:
    found = finding(packet(-100.0, 40.0), now_s=100.0)
    fresh = seen(found, 100.0).strength
    assert fresh is not None
    assert fresh.age_s == 60.0
    later = found.snapshot(Moment(time=at(-3600), now_s=130.0, machine=MACHINE))  # clock set back
    assert later.strength is not None
    assert later.strength.age_s == 90.0


@pytest.mark.parametrize("collar", ["F2", None])
def test_packets_of_others_are_not_the_collars(collar: str | None) -> None:
    assert seen(finding(packet(-100.0, 99.0, collar)), 100.0).strength is None


def test_next_collar_begins_without_the_levels_of_the_last() -> None:
    found = finding(packet(-100.0, 99.0))
    found.home("F2")
    snapshot = seen(found, 100.0)
    assert (snapshot.collar, snapshot.strength) == ("F2", None)


def test_calls_reach_everybody_and_can_be_taken_back() -> None:
    call = said(content.call("danger", "rockfall"), 90.0, "B")
    found = finding(call)
    (told,) = seen(found, 100.0).calls
    assert (told.text, told.observer, told.age_s) == ("DANGER: rockfall", "B", 10.0)
    found.take([said({"kind": "note", "supersedes_id": call.id, "text": "error"}, 95.0, "B")],
               at(100), 100.0)  # fmt: skip
    assert seen(found, 100.0).calls == ()


def test_call_of_half_an_hour_ago_is_over() -> None:
    assert seen(finding(said(content.call("animal seen"), 0.0), now_s=1801.0), 1801.0).calls == ()


def test_last_approach_limit_that_stands_holds() -> None:
    lowered = said(content.approach_limit(100), 10.0)
    assert seen(finding(lowered), 100.0).approach.limit_m == 100.0
    both = finding(lowered, said(content.approach_limit(0), 20.0))
    assert seen(both, 100.0).approach.limit_m == 0.0
    back = finding(lowered, said({"kind": "note", "supersedes_id": lowered.id, "text": "-"}, 30.0))
    assert seen(back, 100.0).approach.limit_m == 300.0


def test_heard_is_counted_until_it_is_taken_back() -> None:
    heard = said(content.heard("clear"), 10.0)
    found = finding(heard)
    assert seen(found, 100.0).heard_count == 1
    found.take([said({"kind": "note", "supersedes_id": heard.id, "text": "-"}, 30.0)], at(100), 100)
    assert seen(found, 100.0).heard_count == 0


def test_turn_is_shown_while_it_runs() -> None:
    found = finding(said(content.turn("r30", "start"), 99.0))
    assert seen(found, 100.0).turning
    assert seen(found, 100.0).advice.deed in ("turn", "wait")
    found.take([said(content.turn("r30", "end", full=True), 100.0)], at(100), 100.0)
    assert not seen(found, 100.0).turning


def test_own_and_other_places_are_told_apart() -> None:
    mine = Place(time=at(99), latitude_deg=43.0, longitude_deg=42.0, observer="A")
    hers = Place(time=at(40), latitude_deg=43.1, longitude_deg=42.1, observer="B")
    snapshot = seen(finding(mine, hers), 100.0)
    assert snapshot.place is not None
    assert (snapshot.place.latitude_deg, snapshot.place.age_s) == (43.0, 1.0)
    assert [(o.observer, o.age_s) for o in snapshot.others] == [("B", 60.0)]


def test_place_that_was_said_once_does_not_grow_old_while_it_holds() -> None:
    fixed = Place(time=at(0), latitude_deg=43.0, longitude_deg=42.0, observer="A", holds_s=3600.0)
    place = seen(finding(fixed, now_s=600.0), 600.0).place
    assert place is not None
    assert place.age_s == 0.0


def test_own_radio_is_shown_until_it_is_off() -> None:
    gap = Gap(source="r30", time=at(90), monotonic_ns=0, boot_id="", reason=OWN_RADIO)
    found = finding(gap)
    assert seen(found, 100.0).own_radio
    found.take([replace(gap, ended=True)], at(100), 100.0)
    assert not seen(found, 100.0).own_radio


@pytest.mark.parametrize(
    ("taken", "next_"),
    [
        ("", "attenuator"),
        ("attenuator", "off tune 5 kHz"),
        ("off tune 10 kHz", "off tune 20 kHz"),
        ("attenuator, no antenna", "body shield"),
        ("body shield", ""),
    ],
)
def test_next_gain_step_comes_after_the_furthest_taken(taken: str, next_: str) -> None:
    assert next_step(taken) == next_
