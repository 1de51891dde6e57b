"""Causes: what evidence moves them, the leader's word, and how rough it all is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from receiver.config import Collar
from receiver.errors import ConfigError
from receiver.records import STORY, Entry, Fix
from receiver.story import Cause, Said, Story, prior, said_in, tell
from receiver.story.causes import KINDS
from receiver.story.said import CAUSES, QUESTIONS, content_of

MakeFix = Callable[..., Fix]
BARE = Collar(name="Baksan")


def daily(fix: MakeFix, count: int = 60, **more: object) -> list[Fix]:
    """Return a place every 6 hours, each a kilometre or so from the one before."""
    rng = np.random.default_rng(2)
    return [fix(6.0 * i, *(3000.0 * rng.normal(size=2)), **more) for i in range(4 * count)]


def told(
    rows: list[Fix], silent_days: float = 30.0, collar: Collar = BARE, said: Said | None = None
) -> Story:
    last = max(row.time for row in rows if row.time)
    return tell(rows, last + timedelta(days=silent_days), collar=collar, said=said)


def cause(story: Story, key: str) -> Cause:
    return next(one for one in story.causes if one.key == key)


def test_every_cause_and_no_other_can_be_weighed() -> None:
    assert tuple(KINDS) == CAUSES


def test_weights_are_whole_parts_of_a_hundred(fix: MakeFix) -> None:
    weights = [one.weight for one in told(daily(fix)).causes]
    assert sum(weights) == pytest.approx(100, abs=5)
    assert all(weight == int(weight) for weight in weights)
    assert weights == sorted(weights, reverse=True)


def test_what_is_not_overdue_is_first_of_all_asleep(fix: MakeFix) -> None:
    story = told(daily(fix), silent_days=0.1)
    assert story.causes[0].key == "schedule"
    assert told(daily(fix)).causes[-1].key in ("schedule", "gps", "den")


def test_contacts_without_places_speak_for_the_gps(fix: MakeFix) -> None:
    rows = daily(fix) + [fix(6.0 * (240 + i), None) for i in range(20)]
    story = told(rows)
    assert story.causes[0].key == "gps"
    assert story.contacts_after_last_place == 20


def test_a_voltage_that_fell_speaks_for_the_battery(fix: MakeFix) -> None:
    fell = [replace(row, battery_v=3.6 - 0.004 * max(0, i - 200))
            for i, row in enumerate(daily(fix))]  # fmt: skip
    steady = [replace(row, battery_v=3.6) for row in daily(fix)]
    assert "fell" in cause(told(fell), "battery").evidence_for[0]
    assert cause(told(fell), "battery").weight > 2 * cause(told(steady), "battery").weight


def test_dates_of_the_sheet_count(fix: MakeFix) -> None:
    rows = daily(fix)  # until 29 June 2026
    due = Collar(name="Baksan", battery_end_date=date(2026, 6, 1), drop_off_date=date(2026, 6, 30))
    assert {one.key for one in told(rows, collar=due).causes[:2]} == {"battery", "dropoff"}
    far = Collar(name="Baksan", battery_end_date=date(2028, 6, 1), drop_off_date=date(2028, 6, 30))
    assert cause(told(rows, collar=far), "dropoff").weight <= 1
    assert cause(told(rows), "dropoff").missing == ("drop_off_date in its sheet",)


def test_fixes_that_lie_together_speak_for_a_dropped_collar(fix: MakeFix) -> None:
    rows = [*daily(fix), *(fix(1440.0 + 6 * i, 9000.0 + i, mortality=True) for i in range(12))]
    story = told(rows)
    assert story.causes[0].key == "dropped"
    assert len(story.causes[0].evidence_for) == 2


def test_warmth_that_swings_more_speaks_for_a_dropped_collar(fix: MakeFix) -> None:
    rows = [replace(row, temperature_c=20.0 + (3.0 if i < 200 else 9.0) * (-1) ** i)
            for i, row in enumerate(daily(fix))]  # fmt: skip
    assert any("sun and frost" in text for text in cause(told(rows), "dropped").evidence_for)


def test_answers_move_what_they_are_about(fix: MakeFix) -> None:
    rows = daily(fix)
    before = told(rows)
    after = told(rows, said=Said(answers={"sisters": "no", "account": "yes", "road": "yes"}))
    assert cause(after, "outage").weight > cause(before, "outage").weight
    assert cause(after, "poaching").weight > cause(before, "poaching").weight
    assert {q.key: q.answer for q in after.questions} == {
        "sisters": "no", "account": "yes", "beacon": None, "road": "yes"
    }  # fmt: skip


def test_an_empty_beacon_battery_makes_silence_worthless(fix: MakeFix) -> None:
    share = {answer: told(daily(fix), said=Said(answers={"beacon": answer})).inaudible_share
             for answer in ("yes", "unknown", "no")}  # fmt: skip
    assert share["yes"] < share["unknown"] < share["no"] == 0.95


def test_own_weights_replace_the_rough_ones(fix: MakeFix) -> None:
    story = told(daily(fix), said=Said(weights={"poaching": 60.0}))
    assert (story.causes[0].key, story.causes[0].weight) == ("poaching", 60)
    assert story.causes[0].by_leader
    assert sum(one.weight for one in story.causes) == pytest.approx(100, abs=5)
    everything = told(daily(fix), said=Said(weights={"poaching": 80.0, "den": 80.0}))
    assert [one.weight for one in everything.causes[:3]] == [50, 50, 0]
    nothing = told(daily(fix), said=Said(weights=dict.fromkeys(CAUSES, 0.0)))
    assert nothing.inaudible_share == 0.4


def test_sisters_in_the_same_journal_are_evidence(fix: MakeFix) -> None:
    rows = daily(fix)
    last = rows[-1].time
    assert last is not None
    sisters = {"Terek": last + timedelta(days=3)}
    story = tell(rows, last + timedelta(days=30), collar=BARE, sisters=sisters)
    assert "Terek" in cause(story, "outage").evidence_against[0]


def test_prior_is_the_last_place_as_it_was(fix: MakeFix) -> None:
    rows = daily(fix)
    story = told(rows)
    found = prior(story)
    assert found.off_probability == story.inaudible_share
    [place] = found.observations
    assert (place.kind, place.collar, place.accuracy_m) == ("position", "Baksan", 20.0)
    assert (place.time, place.latitude_deg) == (rows[-1].time, rows[-1].latitude_deg)
    assert prior(told([fix(0, None)])).observations == ()


# --- what the leader said -----------------------------------------------------------------------


def entry(number: int, content: dict[str, object]) -> Entry:
    return Entry(id=str(number), observer="A", time=datetime.fromisoformat("2026-11-28T09:00Z"),
                 content=content)  # fmt: skip


def test_newer_words_take_the_place_of_older_ones() -> None:
    first = entry(1, content_of("Baksan", Said(), "sisters=yes", None))
    said = said_in([first], ["Baksan"])
    second = entry(2, content_of("Baksan", said, "Sisters = no", None))
    assert second.content["supersedes_id"] == "1"
    assert said_in([first, second], ["81267", "Baksan"]).answers == {"sisters": "no"}
    undone = entry(3, {"kind": "note", "supersedes_id": "2", "text": "taken back"})
    assert said_in([first, second, undone], ["81267", "Baksan"]).answers == {"sisters": "yes"}
    assert said_in([first], ["Terek"]) == Said()


@pytest.mark.parametrize(
    "content",
    [
        {}, {"question": "sisters"}, {"question": "sisters", "answer": 1},
        {"cause": "poaching", "weight": "30"}, {"cause": "poaching", "weight": True},
        {"cause": "poaching", "weight": float("nan")}, {"cause": ["x"], "weight": 3},
        {"question": ["sisters"], "answer": "yes"},
    ],
)  # fmt: skip
def test_entries_of_strangers_are_passed_over(content: dict[str, object]) -> None:
    rows = [entry(1, {"kind": STORY, "collar": "Baksan", **content})]
    assert said_in(rows, ["Baksan"]) == Said()


@pytest.mark.parametrize("text", ["", "sisters", "sisters=perhaps", "aunts=yes", "=", "=yes"])
def test_answers_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match=", ".join(QUESTIONS)):
        content_of("Baksan", Said(), text, None)


@pytest.mark.parametrize("text", ["", "poaching", "poaching=", "poaching=nan", "poaching=101",
                                  "poaching=-1", "wolves=3"])  # fmt: skip
def test_weights_that_are_none(text: str) -> None:
    with pytest.raises(ConfigError, match="poaching=30"):
        content_of("Baksan", Said(), None, text)
