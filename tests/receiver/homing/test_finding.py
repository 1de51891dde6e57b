"""The snapshot of a search: whose levels count, how old they are, what was entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from receiver.config import Collar, Configuration, Setup
from receiver.homing.finding import Finding, Moment
from receiver.homing.snapshot import Machine, Snapshot
from receiver.joining import Derived
from receiver.locator import LocatorConfig, Posterior, Stream
from receiver.records import Detection, Entry, Gap, Observation, Place
from receiver.setups import Hearing, Register

T0 = datetime(2026, 11, 28, 6, tzinfo=UTC)
START_S = 5000.0  # of the monotonic clock at T0
LEO = Collar(name="leo", frequency_hz=150.1e6, pulses_per_minute={"normal": 60.0, "still": 120.0})
IRA = Collar(name="ira", frequency_hz=150.2e6)
SHEETS = Configuration(observer="A", collars=(LEO, IRA))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def pulse(seconds: float, level_db: float = -60.0, **values: Any) -> Detection:
    usual: dict[str, Any] = {"source": "r30", "collar": "leo", "level_unit": "dBFS",
                             "noise_db": -90.0}  # fmt: skip
    return Detection(kind="pulse", time=at(seconds), monotonic_ns=0, level_db=level_db,
                     **{**usual, **values})  # fmt: skip


def packet(seconds: float, level_db: float, **values: Any) -> Detection:
    usual: dict[str, Any] = {"source": "gate", "collar": "leo", "level_unit": "dBm"}
    return Detection(kind="packet", time=at(seconds), monotonic_ns=0, level_db=level_db,
                     **{**usual, **values})  # fmt: skip


def place(seconds: float, north_deg: float = 0.0, observer: str = "A", **values: Any) -> Place:
    return Place(time=at(seconds), latitude_deg=43.0 + north_deg, longitude_deg=42.0,
                 observer=observer, **values)  # fmt: skip


def entry(seconds: float, identity: str, observer: str = "A", **content: Any) -> Entry:
    return Entry(id=identity, observer=observer, time=at(seconds), content=content)


def heard(seconds: float, identity: str, **values: Any) -> Entry:
    content = {"kind": "level", "heard": True, "level_db": 10.0, "level_unit": "hand"}
    return entry(seconds, identity, **{**content, **values})


def undo(seconds: float, identity: str, older: str) -> Entry:
    return entry(seconds, identity, kind="note", text="taken back", supersedes_id=older)


def gap(seconds: float, ended: bool) -> Gap:
    return Gap(source="r30", time=at(seconds), monotonic_ns=0, boot_id="b",
               reason="own radio transmitting", ended=ended)  # fmt: skip


class Search:
    """A finding, and a clock of its own that goes on as rows come."""

    def __init__(self, begin_s: float | None = None) -> None:
        begin = None if begin_s is None else at(begin_s)
        self.finding = Finding(SHEETS, "leo", begin=begin)

    def take(self, events: Sequence[object], now_s: float) -> None:
        self.finding.take(events, at(now_s), START_S + now_s)

    def live(self, *events: Any) -> None:
        """Take each row in the second that it says."""
        for event in events:
            self.finding.take([event], event.time,
                              START_S + (event.time - T0).total_seconds())  # fmt: skip

    def at(self, now_s: float, **values: Any) -> Snapshot:
        return self.finding.snapshot(
            Moment(time=at(now_s), now_s=START_S + now_s, machine=MACHINE, **values)
        )


MACHINE = Machine(saved=0, waiting=0, is_stuck=False)


@pytest.fixture
def search() -> Search:
    return Search()


def test_level_ages_and_is_old_after_ten_seconds(search: Search) -> None:
    search.live(pulse(10.0, -60.0))
    strength = search.at(11.5).strength
    assert strength is not None
    # 30 dB above the noise of -90, of the 90 dB up to full scale: a third of the meter.
    assert (strength.value, strength.unit, strength.share) == (-60.0, "dB", 0.333)
    assert strength.age_s == 1.5
    aged = search.at(70.0).strength
    assert aged is not None
    assert aged.age_s == 60.0


def test_clock_that_is_set_makes_nothing_young(search: Search) -> None:
    search.live(pulse(10.0), place(10.0))
    back = search.finding.snapshot(
        Moment(time=T0 - timedelta(days=900), now_s=START_S + 40.0, machine=MACHINE)
    )
    assert back.strength is not None
    assert back.place is not None
    assert (back.strength.age_s, back.place.age_s) == (30.0, 30.0)


@pytest.mark.parametrize(
    "rows_s",
    [
        pytest.param(-86_400.0, id="yesterday"),
        pytest.param(-1.0, id="a second ago by a clock that stood still meanwhile"),
        pytest.param(1e8, id="by a clock that was years ahead"),
    ],
)
def test_earlier_runs_are_nothing_of_now(rows_s: float) -> None:
    search = Search(begin_s=0.0)
    old = [pulse(rows_s + n / 100) for n in range(50)]
    search.take([*old, place(rows_s), gap(rows_s, ended=False),
                 entry(rows_s, "t", kind="turn", receiver="r30", state="start"),
                 entry(rows_s, "p", kind="place", latitude_deg=43.0, longitude_deg=42.0),
                 entry(rows_s, "l", kind="approach_limit", limit_m=100.0, collar="leo"),
                 heard(rows_s, "h")], now_s=0.5)  # fmt: skip
    seen = search.at(0.5)
    assert (seen.strength, seen.place, seen.turning, seen.own_radio) == (None, None, False, False)
    assert seen.approach.limit_m == 100.0  # it stands in the case
    assert min(said.age_s for said in seen.entered) >= 10.0


def test_what_comes_with_the_earlier_rows_and_after_them_is_of_now() -> None:
    search = Search(begin_s=0.0)
    search.take([pulse(-500.0), place(0.2, holds_s=1e9), pulse(0.3)], now_s=0.5)
    assert search.at(0.5).place is not None
    strength = search.at(0.5).strength
    assert strength is not None
    assert strength.age_s == 0.2
    search.take([pulse(-3600.0, -50.0)], now_s=1.0)  # the clock was set back meanwhile
    later = search.at(1.0).strength
    assert later is not None


def test_two_receivers_do_not_take_turns_on_the_screen(search: Search) -> None:
    shown = []
    for second in range(10):
        search.live(pulse(second, source="r30"), pulse(second + 0.4, source="r8500"))
        seen = search.at(second + 0.5).strength
        shown.append(None if seen is None else seen.receiver)
    assert len(set(shown)) == 1
    other = "r30" if shown[0] == "r8500" else "r8500"
    for second in range(10, 25):
        search.live(pulse(second, source=other))
    seen = search.at(25.0).strength
    assert seen is not None
    assert seen.receiver == other  # the first one has been silent for longer than OLD_S


def test_beacon_goes_before_its_packets_until_it_is_old(search: Search) -> None:
    """A beacon that fades for some seconds: a fall of a hundred decibels would look like a loss."""
    search.live(pulse(0.0), packet(5.0, -100.0), packet(60.0, -100.0))
    for second in (6.0, 59.0):
        assert (s := search.at(second).strength) is not None
        assert s.receiver == "r30"
    assert (s := search.at(61.0).strength) is not None
    assert (s.receiver, s.unit, s.share) == ("gate", "dBm", 0.222)  # 20 of 90 dB


def test_the_receiver_that_is_turned_stays_in_sight_where_its_antenna_is_deaf(
    search: Search,
) -> None:
    """Recorded case: in the deaf part of a turn the large figure went to a gateway."""
    search.live(pulse(5.0), packet(78.0, -80.0))
    assert (before := search.at(79.0).strength) is not None
    assert before.receiver == "gate"  # also where that is the one shown as the turn begins
    search.live(entry(79.0, "t", kind="turn", state="start", receiver="r30"))
    turned = search.at(80.0).strength
    assert turned is not None
    assert (turned.receiver, turned.age_s) == ("r30", 75.0)
    search.live(entry(81.0, "u", kind="turn", state="end", receiver="r30"))
    after = search.at(82.0).strength
    assert after is not None
    assert after.receiver == "gate"


def test_a_gateway_has_the_name_of_its_source(search: Search) -> None:
    search.live(packet(5.0, -80.0, receiver="00000000000000a1"))
    shown = search.at(6.0).strength
    assert shown is not None
    assert (shown.name, shown.receiver) == ("gate 00a1", "00000000000000a1")


def test_gateways_of_one_source_are_scales_of_their_own(search: Search) -> None:
    for second in range(0, 60, 2):
        search.live(packet(second, -80.0, receiver="gw1", session="gate/gw1@x"),
                    packet(second + 1, -110.0, receiver="gw2", session="gate/gw2@x"))  # fmt: skip
    assert (s := search.at(60.0).strength) is not None
    assert (s.value, s.trend_db) == ({"gw1": -80.0, "gw2": -110.0}[s.receiver], 0.0)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"collar": "ira"}, id="another collar"),
        pytest.param({"observer": "B"}, id="another searcher's receiver"),
        pytest.param({"collar": None, "kind": "packet"}, id="a packet of nobody"),
        pytest.param({"found": False}, id="a slot in which nothing was found"),
    ],
)
def test_what_is_no_level_of_the_collar_here(search: Search, other: dict[str, Any]) -> None:
    search.live(replace(pulse(0.0), **other))
    assert search.at(0.0).strength is None


def test_next_collar_begins_without_the_levels_and_the_answer_of_the_last(search: Search) -> None:
    search.live(pulse(0.0), place(0.0))
    answer = near_answer()
    assert search.at(1.0, posterior=answer).where.low_m is not None
    search.finding.home("ira")
    seen = search.at(1.0, posterior=answer)
    assert seen.collar == "ira"
    assert (seen.strength, seen.where.low_m, seen.advice.deed) == (None, None, "listen")
    search.live(pulse(2.0, collar="ira"))
    assert search.at(2.0).strength is not None


def test_step_begins_a_new_scale_of_its_receiver_alone(search: Search) -> None:
    step = entry(31.0, "s", kind="setup", receiver="r30", gain="attenuator")
    for second in range(30):
        search.live(pulse(second, -40.0), pulse(second, -50.0, source="r8500", collar="leo"))
    search.live(step, *[pulse(32.0 + n, -60.0) for n in range(28)])
    search.live(*[pulse(32.0 + n, -50.0, source="r8500") for n in range(28)])
    levels = dict(search.finding._levels)
    assert {p.value for p in levels["r30"].pulses} == {-60.0}
    assert len(levels["r8500"].pulses) == 58
    search.live(undo(61.0, "u", "s"), pulse(62.0, -40.0))
    assert [p.value for p in search.finding._levels["r30"].pulses] == [-40.0]


def turn(seconds: float, state: str) -> Entry:
    return entry(seconds, f"turn{seconds}", kind="turn", receiver="r30", state=state)


def test_trend_is_between_whole_turns_then_between_half_minutes(search: Search) -> None:
    search.live(turn(0.0, "start"), pulse(5.0, -70.0), turn(20.0, "end"),
                turn(60.0, "start"), pulse(65.0, -64.0))  # fmt: skip
    turning = search.at(66.0)
    assert turning.turning
    assert turning.advice.deed == "turn"
    assert turning.strength is not None
    assert (turning.strength.peak, turning.strength.trend_db) == (-64.0, None)
    search.live(turn(80.0, "end"))
    assert (s := search.at(90.0).strength) is not None
    assert (s.peak, s.peak_age_s, s.trend_db) == (-64.0, 25.0, 6.0)
    search.live(*[pulse(second, -66.0) for second in range(120, 150)])
    search.live(*[pulse(second, -61.0) for second in range(150, 180)])
    assert (s := search.at(179.5).strength) is not None
    assert (s.peak, s.trend_db) == (-61.0, 5.0)


def test_turn_that_is_taken_back_or_never_ended(search: Search) -> None:
    search.live(turn(0.0, "start"))
    assert search.at(1.0).turning
    assert not search.at(601.0).turning
    search.live(turn(700.0, "start"), undo(701.0, "u", "turn700.0"))
    assert not search.at(702.0).turning


def test_count_of_heard_is_of_what_stands(search: Search) -> None:
    search.live(heard(0.0, "a"), heard(1.0, "b", collar="leo"), heard(1.0, "b"))
    search.live(entry(2.0, "c", kind="bearing", heard=True, bearing_deg=10.0))
    assert search.at(3.0).heard_count == 2
    search.live(undo(4.0, "u", "a"))
    assert search.at(5.0).heard_count == 1
    search.live(undo(6.0, "v", "u"))
    assert search.at(7.0).heard_count == 2


def limit(
    seconds: float, limit_m: object, observer: str = "A", collar: str | None = "leo"
) -> Entry:
    return entry(seconds, f"{observer}{seconds}", observer, kind="approach_limit", limit_m=limit_m,
                 collar=collar)  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "limit_m"),
    [
        ([], 300.0),
        ([limit(0, 100)], 100.0),
        ([limit(0, 100), limit(1, 50.0)], 50.0),
        ([limit(0, 100), limit(1, 500)], 500.0),
        ([limit(0, 100), undo(1, "u", "A0")], 300.0),
        ([limit(0, 100), limit(1, 50), undo(2, "u", "A1")], 100.0),
        ([limit(0, 0)], 0.0),
        ([limit(0, 30, "B")], 300.0),  # another team's never lowers ours
        ([limit(0, 800, "B")], 800.0),
        ([limit(0, 100), limit(1, 200, "B")], 200.0),
        ([limit(0, 30, collar="ira")], 300.0),  # that of a dropped collar is no limit of a living
        ([limit(0, 800, collar="ira")], 800.0),
        ([limit(0, 30, collar=None)], 300.0),
        ([limit(0, True)], 300.0),
        ([limit(0, float("nan"))], 300.0),
        ([limit(0, -5)], 300.0),
        ([limit(0, "0")], 300.0),
        ([limit(0, 100), limit(1, None)], 100.0),
    ],
)
def test_approach_limit(search: Search, rows: list[Entry], limit_m: float) -> None:
    search.live(*rows)
    assert search.at(5.0).approach.limit_m == limit_m


def test_the_next_collar_has_its_own_approach_limit(search: Search) -> None:
    search.live(limit(0, 0))
    assert search.at(1.0).approach.limit_m == 0.0
    search.finding.home("ira")
    assert search.at(2.0).approach.limit_m == 300.0
    search.live(limit(3, 50, collar="ira"))
    assert search.at(4.0).approach.limit_m == 50.0
    search.finding.home("leo")
    assert search.at(5.0).approach.limit_m == 50.0  # what was said of the other widens it


def test_calls_are_shown_half_an_hour_with_their_age(search: Search) -> None:
    late = entry(7200.0, "d", "B", kind="call", call="danger", text="bear",
                 time="2026-11-28T06:00:00Z")  # fmt: skip
    search.live(entry(7100.0, "s", kind="call", call="animal seen"), late)
    calls = search.at(7210.0).calls
    assert [(c.text, c.observer, c.age_s) for c in calls] == [
        ("ANIMAL SEEN", "A", 110.0), ("DANGER: bear", "B", 7210.0)]  # fmt: skip
    assert [c.text for c in search.at(7100.0 + 1800.0).calls] == ["DANGER: bear"]
    search.live(undo(8950.0, "u", "d"))
    assert search.at(8951.0).calls == ()


def test_others_stand_where_their_receivers_or_phones_were(search: Search) -> None:
    search.live(place(0.0), place(5.0, 0.01, "B"))
    phone = entry(8.0, "p", "C", kind="place", latitude_deg=43.1, longitude_deg=42.1, accuracy_m=7)
    search.live(phone)
    seen = search.at(10.0)
    assert [(o.observer, o.latitude_deg, o.age_s) for o in seen.others] == [
        ("B", 43.01, 5.0), ("C", 43.1, 2.0)]  # fmt: skip
    assert seen.place is not None
    assert (seen.place.observer, seen.place.age_s) == ("A", 10.0)
    search.live(undo(11.0, "u", "p"))
    assert [o.observer for o in search.at(12.0).others] == ["B"]


def near_answer(metres_north: float = 2000.0) -> Posterior:
    """Return an answer in which leo was seen so far north of the place."""
    stream = Stream(LocatorConfig(collar="leo"))
    stream.extend([
        Observation(id="s", kind="sighting", time=T0, collar="leo", observer="A", radius_m=50.0,
                    trust=0.99, longitude_deg=42.0, latitude_deg=43.0 + metres_north / 111_100)
    ])  # fmt: skip
    return stream.posterior()


def test_others_inside_the_limit_must_stop_too(search: Search) -> None:
    answer = near_answer()
    search.live(place(0.0), place(1.0, 0.018, "B"), place(2.0, 0.05, "C"))
    seen = search.at(3.0, posterior=answer)
    assert not seen.approach.must_stop
    assert [(o.observer, o.must_stop) for o in seen.others] == [("B", True), ("C", False)]
    search.live(place(4.0, 0.05, "B"), place(4.0, 0.018, "C"))
    again = search.at(5.0, posterior=answer).others
    assert [(o.observer, o.must_stop) for o in again] == [("B", False), ("C", True)]
    search.live(limit(6.0, 0))
    assert not any(o.must_stop for o in search.at(7.0, posterior=answer).others)


def test_stop_of_the_last_collar_stands_after_the_next_is_homed_in_on(search: Search) -> None:
    search.live(place(0.0))
    assert search.at(1.0, posterior=near_answer(100.0)).approach.must_stop
    search.finding.home("ira")
    seen = search.at(2.0)
    assert (seen.approach.must_stop, seen.approach.other_collar) == (True, "leo")
    assert (seen.advice.deed, "leo" in seen.advice.reason) == ("stop", True)
    search.live(limit(3.0, 0))  # of leo, by its leader
    assert not search.at(4.0).approach.must_stop


def test_call_is_told_before_it_is_saved_and_once(search: Search) -> None:
    danger = entry(1.0, "d", kind="call", call="danger")
    search.finding.call(danger, START_S + 1.0)
    assert [call.text for call in search.at(1.0).calls] == ["DANGER"]
    search.live(danger)
    assert [call.text for call in search.at(2.0).calls] == ["DANGER"]


def test_old_place_leads_nobody_and_still_stops(search: Search) -> None:
    search.live(place(0.0))
    far = search.at(30.0, posterior=near_answer())
    assert (far.advice.deed, far.where.bearing_deg) == ("that way", 0.0)
    lost = search.at(61.0, posterior=near_answer())
    assert (lost.advice.deed, lost.where.bearing_deg) == ("wait", None)
    near = search.at(61.0, posterior=near_answer(100.0))
    assert (near.advice.deed, near.approach.must_stop) == ("stop", True)


def test_own_radio_while_it_transmits(search: Search) -> None:
    search.live(gap(0.0, ended=False))
    assert search.at(1.0).own_radio
    search.live(gap(2.0, ended=True))
    assert not search.at(3.0).own_radio


def hears_with(**setup: Any) -> Derived:
    known = Setup(receiver="r30", **setup)
    return Derived(register=Register(hearings={("A", "r30"): [(T0, Hearing(known, 0))]}))


@pytest.mark.parametrize(
    ("setup", "level_db", "nearness", "now", "next_step"),
    [
        ({"antenna": "yagi"}, -60.0, "far", "yagi", ""),
        ({"antenna": "yagi"}, -10.0, "far", "yagi", "attenuator"),
        ({"gain": "attenuator"}, -10.0, "near", "attenuator", "off tune 5 kHz"),
        ({"attenuator_db": 20.0}, -10.0, "near", "attenuator -20 dB", "off tune 5 kHz"),
        ({"gain": "attenuator, off tune 10 kHz"}, -10.0, "near",
         "attenuator, off tune 10 kHz", "off tune 20 kHz"),
        ({"gain": "off tune 20 kHz"}, -60.0, "very near", "off tune 20 kHz", ""),
        ({"gain": "body shield"}, -10.0, "very near", "body shield", ""),
    ],
)  # fmt: skip
def test_close_in_chain(
    search: Search, setup: dict[str, Any], level_db: float, nearness: str, now: str, next_step: str
) -> None:
    search.live(pulse(0.0, level_db))
    seen = search.at(1.0, derived=hears_with(**setup))
    assert seen.gain is not None
    assert (seen.where.nearness, seen.gain.now, seen.gain.next_step) == (nearness, now, next_step)
    assert search.at(30.0, derived=hears_with(**setup)).where.nearness is None  # not heard now


def test_what_is_heard_with_something_unknown_is_not_called_far(search: Search) -> None:
    search.live(pulse(0.0))
    assert search.at(1.0).where.nearness is None


def test_metres_come_with_a_calibration_alone(search: Search) -> None:
    search.live(place(0.0), packet(0.0, -80.0))
    derived = hears_with()
    assert not search.at(1.0, derived=derived, posterior=near_answer()).where.metres_known
    search.live(pulse(1.0, -80.0, level_unit="dBm"))
    assert search.at(2.0, derived=derived, posterior=near_answer()).where.metres_known


def test_rate_of_tracks_is_as_old_as_the_level(search: Search) -> None:
    beats = (("ira", 40.0, "normal"), ("leo", 59.7, "normal"))
    assert search.at(0.0, beats=beats).beat is None
    search.live(pulse(0.0))
    beat = search.at(20.0, beats=beats).beat
    assert beat is not None
    assert (beat.pulses_per_minute, beat.meaning, beat.age_s) == (60, "normal", 20.0)


def test_bearings_of_another_collar_are_no_echo(search: Search) -> None:
    def bearing(number: int, degrees: float, collar: str) -> Observation:
        return Observation(id=f"{number}", kind="bearing", time=at(number), collar=collar,
                           heard=True, latitude_deg=43.0, longitude_deg=42.0, bearing_deg=degrees,
                           bearing_sigma_deg=10.0)  # fmt: skip

    first, other, same = (
        bearing(0, 10.0, "leo"),
        bearing(1, 200.0, "ira"),
        bearing(2, 90.0, "leo"),
    )
    assert not search.at(3.0, derived=Derived(observations=[first, other])).possible_echo
    assert search.at(3.0, derived=Derived(observations=[first, other, same])).possible_echo


def test_nothing_is_known_at_first(search: Search) -> None:
    seen = search.at(0.0)
    assert isinstance(seen, Snapshot)
    assert (seen.strength, seen.beat, seen.gain, seen.place) == (None, None, None, None)
    assert seen.advice.deed == "wait"
    assert seen.where.reason


def test_stop_stands_when_the_answer_is_withdrawn(search: Search) -> None:
    search.live(place(0.0))
    assert search.at(1.0, posterior=near_answer(100.0)).approach.must_stop
    nothing = Stream(LocatorConfig(collar="leo")).posterior()
    assert search.at(2.0, posterior=nothing).approach.must_stop


def test_stop_of_a_collar_without_a_name_stands_after_the_next_is_homed_in_on() -> None:
    search = Search()
    search.finding.home(None)  # type: ignore[arg-type]
    search.live(place(0.0))
    answer = near_answer(100.0)
    nameless = replace(answer, answer=replace(answer.answer, collar=None))
    assert search.at(1.0, posterior=nameless).approach.must_stop
    search.finding.home("leo")
    assert search.at(2.0).advice.deed == "stop"


def test_who_does_not_know_where_he_is_keeps_so_much_more_away(search: Search) -> None:
    search.live(replace(place(0.0), accuracy_m=10.0))
    assert not search.at(1.0, posterior=near_answer(500.0)).approach.must_stop
    search.live(replace(place(2.0), accuracy_m=2000.0))
    seen = search.at(3.0, posterior=near_answer(500.0))
    assert (seen.approach.must_stop, seen.approach.limit_m) == (True, 300.0)


def test_leader_of_another_team_whose_observer_is_also_called_a(search: Search) -> None:
    theirs = replace(limit(0, 0), origin="theirs", id="theirs")
    search.finding.own("ours")
    search.live(theirs)
    assert search.at(1.0).approach.limit_m == 300.0
    search.live(replace(limit(2, 1000), origin="ours"))
    search.live(replace(undo(3, "u", "A2"), observer="B"))
    assert search.at(4.0).approach.limit_m == 1000.0
    search.live(replace(undo(5, "w", "A2"), origin="theirs"))
    assert search.at(6.0).approach.limit_m == 1000.0
    search.live(replace(undo(7, "x", "A2"), origin="ours"))
    assert search.at(8.0).approach.limit_m == 300.0


def test_what_is_heard_while_the_own_radio_transmits_is_no_level(search: Search) -> None:
    search.live(pulse(1.0, -60.0), gap(2.0, ended=False), pulse(3.0, -10.0), gap(4.0, ended=True))
    strength = search.at(5.0).strength
    assert strength is not None
    assert strength.peak == -60.0


def test_a_receiver_without_a_direction_is_not_turned(search: Search) -> None:
    search.live(place(0.0), pulse(1.0))
    stream = Stream(LocatorConfig(collar="leo"))
    stream.extend([
        Observation(id="l", kind="level", time=T0, collar="leo", observer="A", heard=True,
                    level_db=-60.0, level_unit="dBm", latitude_deg=43.0, longitude_deg=42.0)
    ])  # fmt: skip
    answer = stream.posterior()
    assert search.at(2.0, posterior=answer, derived=hears_with()).advice.deed == "turn"
    whip = hears_with(antenna="whip", directional=False)
    assert search.at(2.0, posterior=answer, derived=whip).advice.deed == "listen"


def slot(seconds: float, level_db: float, **values: Any) -> Detection:
    return replace(pulse(seconds, level_db), kind="slot", **values)


def test_slots_of_a_track_do_not_begin_the_level_anew(search: Search) -> None:
    """Recorded case: an SDR gives single pulses, and a track's slots of some seconds ago."""
    for second in range(70):
        search.live(pulse(float(second), -60.0 + (second > 40) * 10.0))
        search.live(slot(second - 0.5, -66.0), slot(second - 0.4, -90.0, found=False))
    strength = search.at(70.0).strength
    assert strength is not None
    assert (strength.value, strength.peak, strength.trend_db) == (-50.0, -50.0, 10.0)


def turn_row(seconds: float, state: str, **values: Any) -> Entry:
    return entry(seconds, f"turn{seconds}", kind="turn", receiver="r30", state=state, **values)


@pytest.mark.parametrize(
    ("first", "second", "trend_db"),
    [
        ({}, {}, -12.0),
        ({"polarisation": "vertical"}, {"polarisation": "vertical"}, -12.0),
        ({"polarisation": "vertical"}, {"polarisation": "horizontal"}, None),
        ({"full": True}, {"full": False}, None),
    ],
)
def test_only_turns_alike_are_compared(
    search: Search, first: Any, second: Any, trend_db: float | None
) -> None:
    search.live(turn_row(0.0, "start", **first), pulse(5.0, -60.0), turn_row(9.0, "end", **first))
    search.live(turn_row(80.0, "start", **second), pulse(85.0, -72.0))
    search.live(turn_row(89.0, "end", **second))
    strength = search.at(90.0).strength
    assert strength is not None
    assert strength.trend_db == trend_db


@pytest.mark.parametrize(
    ("setup", "nearness", "next_step"),
    [
        ({"antenna": "yagi", "gain": "off 5 kHz"}, "near", "off tune 10 kHz"),  # as phones say it
        ({"antenna": "yagi", "gain": "off tune 5 kHz"}, "near", "off tune 10 kHz"),
        ({"antenna": "yagi", "gain": "off 20 kHz"}, "very near", "no antenna"),
        ({"antenna": "yagi", "gain": "on tune"}, "far", "attenuator"),
        ({"antenna": "none"}, "very near", "body shield"),
        ({"antenna": "none", "body": "behind"}, "very near", ""),
        ({}, None, "attenuator"),
    ],
)
def test_nearness_by_what_phones_say_of_the_gain(
    search: Search, setup: dict[str, Any], nearness: str | None, next_step: str
) -> None:
    search.live(pulse(1.0, -2.0))
    seen = search.at(2.0, derived=hears_with(**setup))
    assert seen.gain is not None
    assert (seen.where.nearness, seen.gain.next_step) == (nearness, next_step)


def test_faults_say_how_long_ago_they_were_told_first(search: Search) -> None:
    search.at(0.0, faults=("the disk is full",))
    told = search.at(30.0, faults=("the disk is full", "GPS stands still")).faults
    assert [(fault.text, fault.age_s) for fault in told] == [
        ("the disk is full", 30.0), ("GPS stands still", 0.0),
    ]  # fmt: skip


def test_a_stop_that_goes_by_itself_is_told(search: Search) -> None:
    """Recorded case: at night a vanished STOP was taken for the leader's permission."""
    search.live(place(0.0))
    assert search.at(1.0, posterior=near_answer(100.0)).approach.must_stop
    gone = search.at(2.0, posterior=near_answer(5000.0))
    assert not gone.approach.must_stop
    assert [fault.text for fault in gone.faults] == [
        "STOP has gone by itself: the leader has allowed nothing"
    ]
    assert search.at(60.0).faults[0].age_s == 58.0
    assert search.at(61.0, posterior=near_answer(100.0)).faults == ()
    search.live(entry(62.0, "p", kind="approach_limit", limit_m=0.0, collar="leo"))
    lowered = search.at(63.0, posterior=near_answer(100.0))
    assert not lowered.approach.must_stop
    assert lowered.faults == ()


def test_what_was_heard_by_ear_without_a_place_is_heard(search: Search) -> None:
    """Recorded case: after HEARD the screen said that nothing had been heard or written down."""
    search.live(heard(1.0, "h", collar="leo"))
    unplaced = Derived(unplaced=[Observation(id="h", kind="level", time=at(1.0), heard=True)])
    nothing = Stream(LocatorConfig(collar="leo")).posterior()
    seen = search.at(2.0, derived=unplaced, posterior=nothing)
    assert seen.where.reason == "heard, but nobody knows where: enter the place"
    search.live(place(3.0))
    assert "heard" in search.at(4.0, derived=unplaced, posterior=nothing).advice.reason


def test_who_walks_away_from_a_stop_is_not_told_that_it_went_by_itself(search: Search) -> None:
    answer = near_answer(100.0)
    search.live(place(0.0))
    assert search.at(1.0, posterior=answer).approach.must_stop
    search.live(place(60.0, north_deg=-0.05))
    walked = search.at(61.0, posterior=answer)
    assert not walked.approach.must_stop
    assert walked.faults == ()


def test_a_fault_that_comes_again_is_news_again(search: Search) -> None:
    search.at(0.0, faults=("the disk is full",))
    again = search.at(900.0, faults=("the disk is full", "the disk is full")).faults
    assert [fault.age_s for fault in again] == [900.0, 0.0]


def test_a_turn_whose_end_was_forgotten_does_not_keep_a_deaf_receiver(search: Search) -> None:
    search.live(pulse(0.0), entry(1.0, "t", kind="turn", state="start", receiver="r30"))
    search.live(*[pulse(float(second), source="r85") for second in range(290, 300, 2)])
    shown = search.at(300.0).strength
    assert shown is not None
    assert shown.receiver == "r85"
